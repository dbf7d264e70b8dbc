"""What in an image an answer or a filter depends on: gradients, occlusion, the images a filter likes best.

All of it evaluates the network, so it needs TensorFlow and runs behind the door.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis.arithmetic import find_layer
from cnnviz.analysis.evaluation import probabilities
from cnnviz.analysis.explanations import Position
from cnnviz.analysis.inspection import on_device
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import keras, tf
from cnnviz.network.config import IMAGE_PX, N_CLASSES, NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.weights import Network

BATCH_SIZE = 250
"""Images a batch when all test images are searched."""
STEP, DECAY = 0.1, 0.02
"""Gradient ascent: the largest change of a pixel in a step, and the share of its ink that a pixel loses."""
START_INK = 0.1


@dataclass(frozen=True, eq=False)
class TopImages:
    """The images that excite each filter of a layer most, the strongest first; arrays of shape (filters, n).

    Attributes:
        indices: int64, which images; of one image only its best place counts.
        rows, columns: int64, the place in the filter's map; the first of several equal ones.
        activations: float32, what the filter gives there.
    """

    indices: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    activations: np.ndarray


@dataclass(frozen=True, eq=False)
class ExcitingInput:
    """An image made to excite a filter.

    Attributes:
        image: float32 (28, 28) in [0, 1].
        before, after: the filter's number, before its activation, for the noise it began with and for `image`.
    """

    image: np.ndarray
    before: float
    after: float


@functools.lru_cache(maxsize=32)
def _up_to(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any], Any]:
    """The network up to a layer, dropout off: a function of all its weights and of images; not yet compiled."""
    model = build(config)
    below = keras.Model(model.inputs[0], model.get_layer(layer_name).output)
    frozen = [variable.value for variable in below.non_trainable_variables]
    n = len(below.trainable_variables)

    def run(weights: list[Any], images: Any) -> Any:
        return below.stateless_call(weights[:n], frozen, images, training=False)[0]

    return run


def signature(config: NetworkConfig) -> list[Any]:
    """What compiled functions of a network take: its arrays in the order of `weight_shapes`, and images."""
    weights = [tf.TensorSpec(shape, tf.float32) for shape in weight_shapes(config).values()]
    return [weights, tf.TensorSpec((None, IMAGE_PX, IMAGE_PX, 1), tf.float32)]


@functools.lru_cache(maxsize=32)
def outputs_of(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any], Any]:
    """The network up to a layer as a compiled function of its weights, as in `network.forward`, and of images."""
    compiled: Callable[[list[Any], Any], Any] = tf.function(
        _up_to(config, layer_name), input_signature=signature(config), autograph=False
    )
    return compiled


@functools.lru_cache(maxsize=32)
def _gradient_of(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any, Any], tuple[Any, Any]]:
    """One number of a layer for one image, and its gradient: a function of weights, image and position."""
    run = _up_to(config, layer_name)

    def gradient(weights: list[Any], images: Any, position: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            number = tf.gather_nd(run(weights, images)[0], position[tf.newaxis])  # (1,)
        return number, tape.gradient(number, images)

    position = tf.TensorSpec((len(find_layer(config, layer_name).shape),), tf.int32)
    compiled: Callable[[list[Any], Any, Any], tuple[Any, Any]] = tf.function(
        gradient, input_signature=[*signature(config), position], autograph=False
    )
    return compiled


def _number_and_gradient(
    network: Network, image: np.ndarray, layer_name: str, position: Position
) -> tuple[float, np.ndarray]:
    run = _gradient_of(network.config, layer_name)
    batch = image.astype(np.float32).reshape(1, IMAGE_PX, IMAGE_PX, 1)
    number, gradient = run(on_device(network), batch, np.array(position, np.int32))
    return float(number[0]), gradient.numpy().reshape(IMAGE_PX, IMAGE_PX)


def saliency(network: Network, image: np.ndarray, digit: int) -> np.ndarray:
    """How much more a digit's logit would be for a little more ink at each pixel.

    The gradient of the logit, before the softmax: that of the probability would also ask which pixels speak against
    the other digits, and is nearly 0 when the network is sure (K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside
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
    return _number_and_gradient(network, image, "logits", (digit,))[1]


def occlusion(
    network: Network, image: np.ndarray, digit: int, side: int = 5, stride: int = 1, *, grey: float = 0.5
) -> np.ndarray:
    """The probability of a digit with a grey square laid on each place of the image.

    M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", 2014.

    Args:
        network: configuration and weights.
        image: float32, shape (28, 28) or (28, 28, 1), in [0, 1].
        digit: whose probability, in 0..9.
        side: the square's side in pixels, 1 to 28; it stays inside the image.
        stride: pixels from one place to the next.
        grey: its ink, in [0, 1].

    Returns:
        float32, shape (n, n) with n = (28 - side) // stride + 1, in [0, 1]; entry (i, j) is for the square whose
        first pixel is (i * stride, j * stride).

    Raises:
        ValueError: when the digit, the square, the stride or the grey is not possible.
    """
    _check_digit(digit)
    if not (1 <= side <= IMAGE_PX and stride >= 1 and 0 <= grey <= 1):
        raise ValueError(
            f"Expected a side of 1 to {IMAGE_PX}, a stride of at least 1 and a grey in [0, 1]. "
            f"Received {side}, {stride} and {grey}."
        )
    starts = range(0, IMAGE_PX - side + 1, stride)
    covered = np.tile(image.astype(np.float32).reshape(1, IMAGE_PX, IMAGE_PX, 1), (len(starts) ** 2, 1, 1, 1))
    for i, (top, left) in enumerate((top, left) for top in starts for left in starts):
        covered[i, top : top + side, left : left + side] = grey
    return probabilities(network, covered)[:, digit].reshape(len(starts), len(starts))


def strongest_in(network: Network, digits: Dataset, layer_name: str, start: int, stop: int) -> np.ndarray:
    """The greatest number in each filter's map for the images start..stop-1, for searching a data set in pieces.

    Returns:
        float32, shape (stop - start, filters).

    Raises:
        ValueError: when the layer has no maps.
    """
    _check_maps(network.config, layer_name)
    run, weights = outputs_of(network.config, layer_name), on_device(network)
    images = digits.images[start:stop]
    parts = [run(weights, images[i : i + BATCH_SIZE]) for i in range(0, len(images), BATCH_SIZE)]
    return np.concatenate([tf.reduce_max(part, axis=(1, 2)).numpy() for part in parts])


def top_images(network: Network, digits: Dataset, layer_name: str, n: int = 9) -> TopImages:
    """The images that excite each filter of a layer most; every image of the data set is searched.

    Args:
        network: configuration and weights.
        digits: at least n images.
        layer_name: a layer with maps; only what lies below it is computed.
        n: how many images for each filter.

    Raises:
        ValueError: when the layer has no maps or there are fewer than n images.
    """
    return places_of(network, digits, layer_name, strongest_in(network, digits, layer_name, 0, len(digits)), n)


def places_of(network: Network, digits: Dataset, layer_name: str, strongest: np.ndarray, n: int = 9) -> TopImages:
    """The second half of `top_images`: from all pieces of `strongest_in`, one after another, to images and places."""
    if not (1 <= n <= len(digits) == len(strongest)):
        raise ValueError(f"Expected 1 to {len(digits)} images with a number each. Received {n}, {len(strongest)}.")
    indices = np.argsort(-strongest, axis=0, kind="stable")[:n].T  # (filters, n)
    needed, where = np.unique(indices, return_inverse=True)
    run, weights = outputs_of(network.config, layer_name), on_device(network)
    rows, columns, activations = (np.zeros(indices.shape, dtype) for dtype in (np.int64, np.int64, np.float32))
    where = where.reshape(indices.shape)
    for first in range(0, len(needed), BATCH_SIZE):
        maps = run(weights, digits.images[needed[first : first + BATCH_SIZE]]).numpy()
        for filter_, k in zip(*np.nonzero((where >= first) & (where < first + len(maps))), strict=True):
            found = maps[where[filter_, k] - first, :, :, filter_]
            rows[filter_, k], columns[filter_, k] = np.unravel_index(found.argmax(), found.shape)
            activations[filter_, k] = found.max()
    return TopImages(indices, rows, columns, activations)


def exciting_input(network: Network, layer_name: str, filter_: int, seed: int = 0, steps: int = 100) -> ExcitingInput:
    """An image that excites a filter, found by gradient ascent from faint noise.

    What grows is the number in the middle of the filter's map, or the neuron, before its activation: behind a ReLU
    that gives 0 there would be no way up, and over a whole map the mean would only ask for ink everywhere or nowhere.
    Each step moves the pixels along the gradient, smoothed with the 3×3 binomial kernel and scaled so that the fastest
    changes by STEP; then every pixel loses a share DECAY of its ink, so that what does not matter stays blank, and is
    kept in [0, 1].

    Args:
        network: configuration and weights.
        layer_name: a convolution or fully connected layer, e.g. "conv2" or "logits".
        filter_: which filter or neuron.
        seed: decides the noise; the same seed gives the same image.
        steps: how many steps.

    Raises:
        ValueError: when the layer has no weights, or no such filter.
    """
    layer = find_layer(network.config, layer_name)
    if layer.kind not in ("convolution", "dense"):
        raise ValueError(f"Expected a convolution or fully connected layer. Received {layer_name!r}.")
    if not 0 <= filter_ < layer.shape[-1]:
        raise ValueError(f"{layer_name}: expected a filter in 0..{layer.shape[-1] - 1}. Received {filter_}.")
    position = (*(n // 2 for n in layer.shape[:-1]), filter_)
    image = np.random.default_rng(seed).random((IMAGE_PX, IMAGE_PX), np.float32) * np.float32(START_INK)
    before, gradient = _number_and_gradient(network, image, layer_name, position)
    for _ in range(steps):
        image = _climbed(image, gradient)
        after, gradient = _number_and_gradient(network, image, layer_name, position)
    return ExcitingInput(image, before, after if steps else before)


def _climbed(image: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    padded = np.pad(gradient, 1)
    across = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    smooth = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    # With a gradient of 0 everywhere there is nothing to scale.
    moved = image + STEP * smooth / max(float(np.abs(smooth).max()), 1e-30)
    return np.asarray(np.clip(moved * (1 - DECAY), 0, 1), np.float32)


def _check_digit(digit: int) -> None:
    if not 0 <= digit < N_CLASSES:
        raise ValueError(f"Expected a digit in 0..9. Received {digit}.")


def _check_maps(config: NetworkConfig, layer_name: str) -> None:
    if not find_layer(config, layer_name).is_map or layer_name == "image":
        raise ValueError(f"Expected a layer with maps above the image. Received {layer_name!r}.")
