"""Compare the two orders of pooling and activation: do they commute to the bit, and which is faster?"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

REPETITIONS = 9
"""Timed passes in each order; their median is taken."""


@dataclass(frozen=True)
class OrderComparison:
    """A network with pooling before the activation beside the same network with pooling after it.

    Attributes:
        equal_bits: the outputs of every convolution block and the probabilities are the same, bit by bit.
        largest_difference: between any two of these values, 0 when all are equal.
        pool_first_s, activation_first_s: median time of a forward pass over the images, in seconds.
        n_images: images in a pass.
    """

    equal_bits: bool
    largest_difference: float
    pool_first_s: float
    activation_first_s: float
    n_images: int

    def sentence(self) -> str:
        """The result in two sentences, for a reader."""
        same = (
            "The same numbers in both orders, to the bit."
            if self.equal_bits
            else f"Not the same numbers: they differ by up to {self.largest_difference:.2g}."
        )
        first, second = 1000 * self.pool_first_s, 1000 * self.activation_first_s
        return (
            f"{same} One pass over {self.n_images:,} images took {first:.1f} ms with pooling first and {second:.1f} ms "
            f"with the activation first, {second / first:.2f} times as long."
        )


def compare_orders(network: Network, images: np.ndarray, repetitions: int = REPETITIONS) -> OrderComparison:
    """Compute a network with pooling before and with pooling after the activations; needs TensorFlow.

    Args:
        network: its weights are used in both orders.
        images: float32, shape (n, 28, 28, 1), in [0, 1]; some hundreds, since every layer's output is kept.
        repetitions: timed passes in each order.

    Raises:
        ValueError: when the network has no pooling or no convolution layer.
    """
    if network.config.pooling == "none" or not network.config.convolutions:
        raise ValueError("Expected a network with convolution layers and pooling. Received one without.")
    weights = on_device(network)
    orders = [replace(network.config, pool_first=first) for first in (True, False)]
    passes = [functools.partial(forward(config, every_layer=False), weights, images) for config in orders]
    pairs = list(zip(*(_block_outputs(config, weights, images) for config in orders), strict=True))
    pairs.append((passes[0]().numpy(), passes[1]().numpy()))  # which also compiles both before they are timed
    # In turns: what else the machine does meanwhile slows both.
    times = [[_seconds(run) for run in passes] for _ in range(repetitions)]
    pool_first_s, activation_first_s = (statistics.median(column) for column in zip(*times, strict=True))
    return OrderComparison(
        equal_bits=all(a.tobytes() == b.tobytes() for a, b in pairs),
        largest_difference=max(float(np.abs(a - b).max()) for a, b in pairs),
        pool_first_s=pool_first_s,
        activation_first_s=activation_first_s,
        n_images=len(images),
    )


def _block_outputs(config: NetworkConfig, weights: list[Any], images: np.ndarray) -> list[np.ndarray]:
    """The output of each convolution block, behind its pooling and activation."""
    outputs = forward(config, every_layer=True)(weights, images)
    ends = {layer.block: output for layer, output in zip(layers(config)[1:], outputs, strict=True) if layer.block}
    return [output.numpy() for output in ends.values()]


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run().numpy()
    return time.perf_counter() - began
