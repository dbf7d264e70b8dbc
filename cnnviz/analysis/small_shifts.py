"""How much the maps of a network change when the digit moves by a pixel, with its pooling and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.shifts import relative_change, shifted
from cnnviz.network.config import Activation, NetworkConfig, layers

ACTIVATIONS: dict[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 0.5 + 0.5 * np.tanh(x / 2),
    "tanh": np.tanh,
}


@dataclass(frozen=True)
class BlockChange:
    """The relative change of what leaves a convolution, behind its activation: without pooling, and with it."""

    convolution: str
    without_pooling: float
    with_pooling: float


def moved_right(image: np.ndarray) -> np.ndarray:
    """The image, float (28, 28, 1), one pixel further right; paper comes in at the left."""
    return shifted(image[..., 0], 0, 1)[..., None]


def changes(
    config: NetworkConfig, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]
) -> list[BlockChange]:
    """What a move of the digit does to each block with a pooling, in their order.

    The activation is applied in both cases, also where the network pools first: its bias would hide the difference.

    Args:
        config: the network.
        before, after: every layer's output for the image and for the moved one, without the batch axis.
    """
    every, activation = layers(config), ACTIVATIONS[config.activation]
    found = []
    for pooling in (layer for layer in every if layer.kind == "pooling"):
        convolution = f"conv{pooling.block}"
        end = [layer for layer in every if layer.block == pooling.block][-1].name
        without = relative_change(activation(before[convolution]), activation(after[convolution]))
        found.append(BlockChange(convolution, without, relative_change(before[end], after[end])))
    return found
