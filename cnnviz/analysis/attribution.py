"""Attribution: which pixels of an image a prediction depends on, by a step of ink at each and by occlusion.

Evaluates the network, so it needs TensorFlow and runs in a worker process.
"""

from __future__ import annotations

import numpy as np

from cnnviz.analysis.evaluation import probabilities
from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.submodel import compiled_up_to
from cnnviz.network.config import IMAGE_PX, N_CLASSES
from cnnviz.network.weights import Network

INK_STEP = 0.05
"""Of full ink: 13 of 255 grey levels. Large beside the rounding of float32, small beside a stroke."""


def has_room(ink: np.ndarray) -> np.ndarray:
    """Where ink, float32 in [0, 1] in any shape, can become more by INK_STEP; bool in that shape."""
    return ink + np.float32(INK_STEP) <= 1


def saliency(network: Network, image: np.ndarray) -> np.ndarray:
    """By how much each digit's logit changes with a step of ink at each pixel alone, computed with that step.

    The step is more ink, INK_STEP of full ink. Where a pixel has no room for it the step is less ink, and the change
    has its sign turned, so that its sign says everywhere what ink does.

    Of the logit, before the softmax: the probability would also ask which pixels speak against the other digits, and
    hardly changes when the network is sure (K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional
    networks", 2013). They take the gradient. On blank paper all four numbers of a pooling window are the same, there is
    none, and what TensorFlow gives is that of one of the four: often of the wrong sign.

    Args:
        network: configuration and weights.
        image: float32, shape (28, 28) or (28, 28, 1), in [0, 1].

    Returns:
        float32, shape (28, 28, 10), in units of the logits; negative where ink speaks against the digit.
    """
    ink = image.astype(np.float32).ravel()
    steps = np.where(has_room(ink), np.float32(INK_STEP), np.float32(-INK_STEP))
    batch = np.concatenate([ink + np.diag(steps), ink[np.newaxis]]).reshape(-1, IMAGE_PX, IMAGE_PX, 1)
    logits = compiled_up_to(network.config, "logits")(on_device(network), batch).numpy()
    changes: np.ndarray = np.sign(steps)[:, np.newaxis] * (logits[:-1] - logits[-1])
    return changes.reshape(IMAGE_PX, IMAGE_PX, N_CLASSES)


def occlusion(
    network: Network, image: np.ndarray, digit: int, side: int = 5, stride: int = 1, *, grey: float = 0.5
) -> np.ndarray:
    """The probability of a digit with a grey square laid on each position of the image: `occluded` for one digit.

    Raises:
        ValueError: when the digit, the square, the stride or the grey is not possible.
    """
    if not 0 <= digit < N_CLASSES:
        raise ValueError(f"Expected a digit in 0..9. Received {digit}.")
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
