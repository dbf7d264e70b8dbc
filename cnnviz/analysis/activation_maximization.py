"""Activation maximization: an image made by gradient ascent so that it activates one filter strongly.

D. Erhan, Y. Bengio, A. Courville and P. Vincent, "Visualizing higher-layer features of a deep network" (2009).
Needs TensorFlow, so it runs in a worker process.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import find_layer
from cnnviz.analysis.submodel import value_and_gradient
from cnnviz.network.config import IMAGE_PX
from cnnviz.network.weights import Network

STEP_SIZE = 0.1
"""The largest change of a pixel in one update."""
DECAY = 0.02
"""The fraction of its ink that every pixel loses in one update."""
INITIAL_INK = 0.1
"""The noise at the start is uniform in [0, INITIAL_INK)."""


@dataclass(frozen=True, eq=False)
class PreferredInput:
    """An image made to activate a filter.

    Attributes:
        image: float32 (28, 28) in [0, 1].
        before, after: the filter's value, before its activation function, for the initial noise and for `image`.
    """

    image: np.ndarray
    before: float
    after: float


def maximize_activation(
    network: Network, layer_name: str, filter_: int, seed: int = 0, n_updates: int = 100
) -> PreferredInput:
    """An image that activates a filter, found by gradient ascent from faint noise.

    What grows is the value in the middle of the filter's map, or the neuron, before its activation function: behind a
    ReLU that gives 0 the gradient would be 0, and over a whole map the mean would only ask for ink everywhere or
    nowhere.  Each update moves the pixels along the gradient, smoothed with the 3×3 binomial kernel and scaled so that
    the fastest changes by STEP_SIZE; then every pixel loses the fraction DECAY of its ink, so that what does not
    matter stays blank, and is clipped to [0, 1].

    Args:
        network: configuration and weights.
        layer_name: a convolution or fully connected layer, e.g. "conv2" or "logits".
        filter_: which filter or neuron.
        seed: decides the noise; the same seed gives the same image.
        n_updates: how often the image is moved.

    Raises:
        ValueError: when the layer has no weights, or no such filter.
    """
    layer = find_layer(network.config, layer_name)
    if layer.kind not in ("convolution", "dense"):
        raise ValueError(f"Expected a convolution or fully connected layer. Received {layer_name!r}.")
    if not 0 <= filter_ < layer.shape[-1]:
        raise ValueError(f"{layer_name}: expected a filter in 0..{layer.shape[-1] - 1}. Received {filter_}.")
    position = (*(n // 2 for n in layer.shape[:-1]), filter_)
    image = np.random.default_rng(seed).random((IMAGE_PX, IMAGE_PX), np.float32) * np.float32(INITIAL_INK)
    before, gradient = value_and_gradient(network, image, layer_name, position)
    after = before
    for _ in range(n_updates):
        image = _update(image, gradient)
        after, gradient = value_and_gradient(network, image, layer_name, position)
    return PreferredInput(image, before, after)


def _update(image: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The image after one step of gradient ascent; float32 (28, 28) in [0, 1]."""
    padded = np.pad(gradient, 1)
    across = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    smooth = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    # With a gradient of 0 everywhere (a dead filter) there is nothing to scale.
    moved = image + STEP_SIZE * smooth / max(float(np.abs(smooth).max()), 1e-30)
    return np.asarray(np.clip(moved * (1 - DECAY), 0, 1), np.float32)
