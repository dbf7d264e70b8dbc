"""Two fully connected layers without an activation between them are one: W2 (W1 x) = (W2 W1) x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import layer_below
from cnnviz.network.weights import Network


@dataclass(frozen=True, eq=False)
class Merged:
    """Ten logits each, float64 (10,).

    Attributes:
        with_activation: as the network has them.
        two_layers: its last two layers one after the other, without the activation between.
        one_layer: the same by the one layer that the two are together.
    """

    with_activation: np.ndarray
    two_layers: np.ndarray
    one_layer: np.ndarray

    @property
    def largest_difference(self) -> float:
        """Between two layers and one; not exactly 0 only by rounding."""
        return float(np.abs(self.two_layers - self.one_layer).max())


def merge(network: Network, outputs: Mapping[str, np.ndarray]) -> Merged:
    """The last two layers of a network that has a hidden fully connected one, for one image.

    Args:
        network: configuration and weights.
        outputs: every layer's output for the image, without the batch axis.

    Raises:
        IndexError: when there is no hidden fully connected layer.
    """
    hidden = [name.partition("/")[0] for name in network.weights if name.startswith("dense")][-1]
    first, first_bias, second, second_bias = (
        network.weights[f"{layer}/{part}"].astype(np.float64)
        for layer in (hidden, "logits")
        for part in ("kernel", "bias")
    )
    x = outputs[layer_below(network.config, hidden).name].astype(np.float64)
    two = (x @ first + first_bias) @ second + second_bias
    one = x @ (first @ second) + (first_bias @ second + second_bias)
    return Merged(outputs["logits"].astype(np.float64), two, one)
