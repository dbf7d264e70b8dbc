"""Compare the two orders of pooling and activation: do they commute, and by how much do the numbers differ?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.network.config import Activation, NetworkConfig, Pooling, layers
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

ACTIVATIONS: tuple[Activation, ...] = ("relu", "sigmoid")
POOLINGS: tuple[Pooling, ...] = ("max", "average")
"""Rows and columns of the table that exercise 6 asks for."""
ROUNDING = 1e-5
"""Two numbers that differ by no larger share of the largest one differ by rounding alone."""


@dataclass(frozen=True, eq=False)
class OrderDifference:
    """A network with pooling before the activation beside the same network with pooling after it.

    Attributes:
        equal_bits: the outputs of every convolution block and the probabilities are the same, bit by bit.
        differences: of each image the largest difference between two of these values, float64 (n,).
        scale: the largest magnitude of any of them.
        other_answers: of each image whether the two orders read it as different digits, bool (n,).
    """

    equal_bits: bool
    differences: np.ndarray
    scale: float
    other_answers: np.ndarray

    @property
    def commutes(self) -> bool:
        """True when the order changes nothing, or nothing but rounding."""
        return self.equal_bits or float(self.differences.max()) <= ROUNDING * self.scale


def four(config: NetworkConfig) -> list[NetworkConfig]:
    """A configuration with each activation and each pooling of the table, row by row."""
    return [replace(config, activation=a, pooling=p) for a, p in itertools.product(ACTIVATIONS, POOLINGS)]


def both_orders(config: NetworkConfig) -> list[NetworkConfig]:
    """A configuration with pooling first and with the activation first.

    Raises:
        ValueError: when it has no pooling or no convolution layer.
    """
    if config.pooling == "none" or not config.convolutions:
        raise ValueError("Expected a network with convolution layers and pooling. Received one without.")
    return [replace(config, pool_first=first) for first in (True, False)]


def compare_orders(network: Network, images: np.ndarray) -> OrderDifference:
    """Compute a network with pooling before and with pooling after the activations; needs TensorFlow.

    Args:
        network: its weights are used in both orders.
        images: float32, shape (n, 28, 28, 1), in [0, 1]; some hundreds, since every layer's output is kept.

    Raises:
        ValueError: when the network has no pooling or no convolution layer.
    """
    weights = on_device(network)
    pool_first, activation_first = (_outputs(config, weights, images) for config in both_orders(network.config))
    pairs = list(zip(pool_first, activation_first, strict=True))
    differences = [np.abs(a.astype(np.float64) - b).reshape(len(images), -1).max(axis=1) for a, b in pairs]
    return OrderDifference(
        equal_bits=all(a.tobytes() == b.tobytes() for a, b in pairs),
        differences=np.max(differences, axis=0),
        scale=max(float(np.abs(a).max()) for pair in pairs for a in pair),
        other_answers=pool_first[-1].argmax(axis=1) != activation_first[-1].argmax(axis=1),
    )


def _outputs(config: NetworkConfig, weights: Sequence[Any], images: np.ndarray) -> list[np.ndarray]:
    """The output of each convolution block, behind its pooling and activation, and the probabilities."""
    outputs = forward(config, every_layer=True)(list(weights), images)
    ends = {layer.block: output for layer, output in zip(layers(config)[1:], outputs, strict=True) if layer.block}
    return [output.numpy() for output in (*ends.values(), outputs[-1])]
