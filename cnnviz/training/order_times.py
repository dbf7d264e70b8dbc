"""How long both orders of pooling and activation take: a forward pass, and a training step."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.pooling_order import both_orders
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import NetworkConfig
from cnnviz.network.forward import forward
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.training import advance
from cnnviz.training.advance import RunState

REPETITIONS = 7
"""Of each pass in each order."""
N_STEPS = 5
"""Training steps that are timed together, so that what is done around them counts for little."""


@dataclass(frozen=True)
class OrderTimes:
    """How many times as long it takes with the activation first as with pooling first, once for each repetition.

    Attributes:
        forward: ratios of a forward pass over all images.
        step: ratios of a training step.
    """

    forward: tuple[float, ...]
    step: tuple[float, ...]


def measure(network: Network, recipe: Recipe, digits: Dataset, repetitions: int = REPETITIONS) -> OrderTimes:
    """Time a network in both orders; needs TensorFlow.

    Args:
        network: its weights are used in both orders; they stay as they are.
        recipe: of the training steps; none of them changes anything that is kept.
        digits: some hundreds, which are read, and of which the batches are taken.
        repetitions: of each pass in each order.

    Raises:
        ValueError: when the network has no pooling or no convolution layer.
    """
    orders, weights = both_orders(network.config), on_device(network)
    passes = [functools.partial(_read, forward(each, every_layer=False), weights, digits.images) for each in orders]
    steps = [functools.partial(advance.advance, _begun(each, recipe, network), digits, N_STEPS) for each in orders]
    return OrderTimes(_ratios(passes, repetitions), _ratios(steps, repetitions))


def _read(read: Callable[[list[Any], Any], Any], weights: list[Any], images: np.ndarray) -> None:
    read(weights, images).numpy()


def _begun(config: NetworkConfig, recipe: Recipe, network: Network) -> RunState:
    """A run that starts from the network's weights, and may go on for as long as one likes."""
    state = advance.start(config, replace(recipe, schedule="constant"), 0)
    return replace(state, weights=network.weights)


def _ratios(runs: Sequence[Callable[[], Any]], repetitions: int) -> tuple[float, ...]:
    """The second's time divided by the first's, taken in turns: what else the machine does meanwhile slows both."""
    for run in runs:
        run()  # which compiles it
    times = [[_seconds(run) for run in runs] for _ in range(repetitions)]
    return tuple(second / first for first, second in times)


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
