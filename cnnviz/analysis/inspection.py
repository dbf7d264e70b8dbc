"""Read a network's kernels and its activations."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from cnnviz.lazy import tf
from cnnviz.network.config import IMAGE_PX, Layer, layers
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

N_RANDOM = 4


@functools.lru_cache(maxsize=16)
def on_device(network: Network) -> list[Any]:
    """The weights as TensorFlow tensors, in the order of `weight_shapes`; copied once, since copies cost every call."""
    return [tf.constant(array) for array in network.weights.values()]


def activations(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer, dropout off.

    Args:
        network: configuration and weights.
        images: float32, shape (n, 28, 28, 1), in [0, 1].

    Returns:
        float32 arrays by layer name, input to softmax: (n, height, width, channels) or (n, units).
    """
    names = [layer.name for layer in layers(network.config)]
    outputs = forward(network.config, every_layer=True)(on_device(network), images)
    return dict(zip(names, [images, *(output.numpy() for output in outputs)], strict=True))


def reading(network: Network, images: np.ndarray, of_first: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The logits and the softmax for images, and some layers' outputs for the first of them; dropout off.

    The outputs of every layer for five images are a megabyte, and the way to the server takes longer than the network.

    Args:
        network, images: as for `activations`.
        of_first: the layers whose outputs are for the first image alone.

    Returns:
        the arrays of `activations`, to the bit; those of layers in `of_first` have a batch of one.
    """
    outputs = activations(network, images)
    return {name: outputs[name][:1] for name in of_first} | {name: outputs[name] for name in ("logits", "softmax")}


def has_finite_outputs(network: Network) -> bool:
    """Whether every layer's values are numbers for a blank image, one full of ink, a checkerboard and random ones."""
    board = np.indices((IMAGE_PX, IMAGE_PX)).sum(axis=0) % 2
    random = np.random.default_rng(0).random((N_RANDOM, IMAGE_PX, IMAGE_PX))
    images = np.concatenate([np.stack([0 * board, 0 * board + 1, board]), random])[..., None].astype(np.float32)
    return all(bool(np.isfinite(outputs).all()) for outputs in activations(network, images).values())


def pixel_weights(network: Network, most: int) -> tuple[Layer, np.ndarray]:
    """Of a network without convolutions the weights of its first fully connected layer, laid out as the pixels are.

    Args:
        network: configuration and weights.
        most: neurons, the first of the layer.

    Returns:
        the layer, and float32 (n, 28, 28), n at most `most`.

    Raises:
        ValueError: when the network has convolutions: what its neurons take in are no pixels of the image.
    """
    if network.config.convolutions:
        raise ValueError("Expected a network without convolution layers.")
    layer = next(each for each in layers(network.config) if each.kind == "dense")
    weights: np.ndarray = network.weights[f"{layer.name}/kernel"].T[:most]
    return layer, weights.reshape(-1, IMAGE_PX, IMAGE_PX)


def kernels(network: Network, layer: str, channel: int | None = None) -> np.ndarray:
    """A convolution layer's kernels, filters first.

    Args:
        network: configuration and weights.
        layer: name of a convolution layer, e.g. "conv1".
        channel: one input channel, or None for all.

    Returns:
        float32, shape (filters, kernel_px, kernel_px) for one channel, else (filters, channels, kernel_px, kernel_px).

    Raises:
        ValueError: when there is no such convolution layer or channel.
    """
    kernel = network.weights.get(f"{layer}/kernel")
    if kernel is None or kernel.ndim != 4:
        raise ValueError(f"Expected the name of a convolution layer. Received {layer!r}.")
    by_filter = kernel.transpose(3, 2, 0, 1)  # (filters, channels, height, width)
    if channel is None:
        return by_filter
    if not 0 <= channel < by_filter.shape[1]:
        raise ValueError(f"{layer}: expected an input channel in 0..{by_filter.shape[1] - 1}. Received {channel}.")
    return by_filter[:, channel]
