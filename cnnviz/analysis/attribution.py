"""Attribution: which pixels of an image a prediction depends on, by gradient and by occlusion.

Evaluates the network, so it needs TensorFlow and runs in a worker process.
"""

from __future__ import annotations

import numpy as np

from cnnviz.analysis.evaluation import probabilities
from cnnviz.analysis.submodel import value_and_gradient
from cnnviz.network.config import IMAGE_PX, N_CLASSES
from cnnviz.network.weights import Network


def saliency(network: Network, image: np.ndarray, digit: int) -> np.ndarray:
    """The gradient of a digit's logit: how much it would grow for a little more ink at each pixel.

    Of the logit, before the softmax: the gradient of the probability would also ask which pixels speak against the
    other digits, and is nearly 0 when the network is sure (K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside
    convolutional networks", 2013).

    Args:
        network: configuration and weights.
        image: float32, shape (28, 28) or (28, 28, 1), in [0, 1].
        digit: which logit, in 0..9.

    Returns:
        float32, shape (28, 28); negative where ink speaks against the digit.

    Raises:
        ValueError: when there is no such digit.
    """
    _check_digit(digit)
    return value_and_gradient(network, image, "logits", (digit,))[1]


def occlusion(
    network: Network, image: np.ndarray, digit: int, side: int = 5, stride: int = 1, *, grey: float = 0.5
) -> np.ndarray:
    """The probability of a digit with a grey square laid on each position of the image: `occluded` for one digit.

    Raises:
        ValueError: when the digit, the square, the stride or the grey is not possible.
    """
    _check_digit(digit)
    return occluded(network, image, side, stride, grey=grey)[..., digit]


def occluded(network: Network, image: np.ndarray, side: int = 5, stride: int = 1, *, grey: float = 0.5) -> np.ndarray:
    """The probabilities of all digits with a grey square laid on each position of the image.

    M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", 2014.

    Args:
        network: configuration and weights.
        image: float32, shape (28, 28) or (28, 28, 1), in [0, 1].
        side: the square's side in pixels, 1 to 28; it stays inside the image.
        stride: pixels from one position to the next.
        grey: the square's ink, in [0, 1].

    Returns:
        float32, shape (n, n, 10) with n = (28 - side) // stride + 1, in [0, 1]; entry (i, j) is for the square whose
        first pixel is (i * stride, j * stride).

    Raises:
        ValueError: when the square, the stride or the grey is not possible.
    """
    if not (1 <= side <= IMAGE_PX and stride >= 1 and 0 <= grey <= 1):
        raise ValueError(
            f"Expected a side of 1 to {IMAGE_PX}, a stride of at least 1 and a grey in [0, 1]. "
            f"Received {side}, {stride} and {grey}."
        )
    starts = range(0, IMAGE_PX - side + 1, stride)
    covered = np.tile(image.astype(np.float32).reshape(1, IMAGE_PX, IMAGE_PX, 1), (len(starts) ** 2, 1, 1, 1))
    for i, (top, left) in enumerate((top, left) for top in starts for left in starts):
        covered[i, top : top + side, left : left + side] = grey
    return probabilities(network, covered).reshape(len(starts), len(starts), N_CLASSES)


def _check_digit(digit: int) -> None:
    if not 0 <= digit < N_CLASSES:
        raise ValueError(f"Expected a digit in 0..9. Received {digit}.")
