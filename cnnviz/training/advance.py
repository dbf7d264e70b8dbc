"""Training as a function: a state and a number of steps in, the next state out.

The batch of a step follows from (seed, iteration) alone, and so do its dropout, its augmentation and its learning
rate, so a run cut into pieces in any way gives the same weights to the bit.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field, replace

import numpy as np

from cnnviz.data.dataset import Dataset
from cnnviz.network.config import NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.presets import Recipe, learning_rate_at
from cnnviz.network.weights import Weights
from cnnviz.training import engine


class TrainingDiverged(ArithmeticError):
    """The loss became NaN or infinite; the message names the iteration."""


@dataclass(frozen=True, eq=False)
class RunState:
    """Where a training run stands: everything that the next step depends on.

    Attributes:
        network, recipe, seed: what is trained, how, and from which random numbers.
        iteration: steps done since the start.
        weights: float32 arrays, named as in `network.weight_shapes`.
        optimizer_variables: the optimiser's arrays, in Keras's order.
        losses: float32, shape (iteration,), the recipe's loss on each step's batch, before the step, with dropout; of
            the labels alone where there are teachers.
        accuracies: float32, shape (iteration,), accuracy on the same batch, before the step, with dropout, in [0, 1].
        seconds: time spent in `advance` so far.
        accuracies_after: float32, shape (iteration,), accuracy on the same batch after the step, without dropout, as
            the tutorials print it; NaN where it was not measured (see `is_measured`).
    """

    network: NetworkConfig
    recipe: Recipe
    seed: int
    iteration: int
    weights: Weights
    optimizer_variables: tuple[np.ndarray, ...]
    losses: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    accuracies: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    seconds: float = 0.0
    accuracies_after: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))


SHORT_RUN = 1000
"""Iterations; a shorter run is measured, and reported, ten times as often."""


def measured_every(iterations: int) -> int:
    """Steps from one measurement of a run of so many iterations to the next, as the tutorials have it."""
    return 10 if iterations <= SHORT_RUN else 100


def is_measured(recipe: Recipe, iterations: np.ndarray) -> np.ndarray:
    """After which iterations the training accuracy is measured: the first, every 10th or 100th, the last as planned.

    It follows from the recipe alone, so that cutting a run changes nothing.

    Args:
        recipe: of the run.
        iterations: counted from 1, int, shape (n,).

    Returns:
        bool, shape (n,).
    """
    regular = iterations % measured_every(recipe.iterations) == 0
    due: np.ndarray = regular | (iterations == 1) | (iterations == recipe.iterations)
    return due


def batch_indices(recipe: Recipe, seed: int, iteration: int, steps: int, n: int) -> np.ndarray:
    """Which images the steps after `iteration` see.

    The images of all epochs form one endless sequence, each epoch shuffled by (seed, epoch); a batch takes the next
    `batch_size` of it, across the border of two epochs where it falls there.

    Returns:
        int64, shape (steps, batch_size), in 0..n-1.
    """
    first, last = iteration * recipe.batch_size, (iteration + steps) * recipe.batch_size
    epochs = range(first // n, max(first, last - 1) // n + 1)
    sequence = np.concatenate([_epoch(recipe.shuffle_buffer, seed, epoch, n) for epoch in epochs])
    start = first - epochs[0] * n
    return sequence[start : start + steps * recipe.batch_size].reshape(steps, recipe.batch_size)


@functools.lru_cache(maxsize=4)
def _epoch(shuffle_buffer: int, seed: int, epoch: int, n: int) -> np.ndarray:
    """One epoch's order: a permutation, or what leaves a shuffle buffer that is refilled in order.

    The random generator is of the epoch alone, never one that is carried from step to step: so any epoch can be
    made anew wherever a piece of a run begins.
    """
    rng = np.random.default_rng((seed, epoch))
    if not 0 < shuffle_buffer < n:
        return rng.permutation(n)
    buffer, order = np.arange(shuffle_buffer), np.empty(n, np.int64)
    places = rng.integers(shuffle_buffer, size=n - shuffle_buffer)
    for i, place in enumerate(places):
        order[i], buffer[place] = buffer[place], shuffle_buffer + i
    order[n - shuffle_buffer :] = rng.permutation(buffer)
    return order


def start(network: NetworkConfig, recipe: Recipe, seed: int = 0) -> RunState:
    """The state before the first step: initial weights drawn from `seed`, the optimiser's variables as they begin."""
    model = build(network, seed)
    names = list(weight_shapes(network))
    weights = {name: variable.numpy() for name, variable in zip(names, model.trainable_variables, strict=True)}
    optimizer = engine.make_optimizer(recipe)
    optimizer.build(model.trainable_variables)
    return RunState(network, recipe, seed, 0, weights, tuple(np.asarray(v.numpy()) for v in optimizer.variables))


def advance(state: RunState, digits: Dataset, steps: int) -> RunState:
    """Train for a number of steps.

    Args:
        state: where the run stands.
        digits: the training set; the same for the whole run.
        steps: how many steps, at least 1.

    Returns:
        the state after them; `advance(advance(s, d, 50), d, 50)` equals `advance(s, d, 100)` to the bit.

    Raises:
        TrainingDiverged: when a loss or a weight is not finite; `state` is still good.
        ValueError: for no steps, or more than the recipe's schedule has.
    """
    if steps < 1:
        raise ValueError(f"Expected at least 1 step. Received {steps}.")
    iterations = range(state.iteration, state.iteration + steps)
    rates = np.array([learning_rate_at(state.recipe, iteration) for iteration in iterations], np.float32)
    began = time.perf_counter()
    batches = batch_indices(state.recipe, state.seed, state.iteration, steps, len(digits))
    loop = engine.engine(state.network, state.recipe)
    is_due = is_measured(state.recipe, np.array(iterations) + 1)
    weights, optimizer_variables, of_steps = loop.run(state, digits, batches, rates, is_due)
    if not np.isfinite(of_steps.losses).all():
        at = state.iteration + int(np.flatnonzero(~np.isfinite(of_steps.losses))[0]) + 1
        raise _diverged(state, at)
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise _diverged(state, state.iteration + steps)
    return replace(
        state,
        iteration=state.iteration + steps,
        weights=weights,
        optimizer_variables=optimizer_variables,
        losses=np.concatenate([state.losses, of_steps.losses]),
        accuracies=np.concatenate([state.accuracies, of_steps.accuracies]),
        accuracies_after=np.concatenate([state.accuracies_after, of_steps.accuracies_after]),
        seconds=state.seconds + time.perf_counter() - began,
    )


def _diverged(state: RunState, iteration: int) -> TrainingDiverged:
    return TrainingDiverged(
        f"The loss is no longer a number at iteration {iteration:,}. "
        f"A learning rate below {state.recipe.learning_rate:g} may help."
    )
