"""Training as a function: a state and a number of steps in, the next state out.

The batch of a step follows from (seed, iteration) alone, and so does its dropout, so a run cut into pieces in
any way gives the same weights to the bit.
"""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cnnviz import network as net
from cnnviz.data import Dataset
from cnnviz.lazy import keras, tf
from cnnviz.network import NetworkConfig, Weights
from cnnviz.presets import Recipe

CLIP = 1e-9


class TrainingDiverged(ArithmeticError):
    """The loss became NaN or infinite; the message names the iteration."""


@dataclass(frozen=True, eq=False)
class RunState:
    """A training run at one moment; everything that the next step depends on.

    Attributes:
        network, recipe, seed: what is trained, how, and from which chance.
        iteration: steps done since the start.
        weights: float32 arrays, named as in `network.weight_shapes`.
        slots: the optimiser's arrays, in Keras's order.
        losses: float32, shape (iteration,), the recipe's loss on each step's batch, before the step.
        accuracies: float32, shape (iteration,), accuracy on the same batch, in [0, 1].
        seconds: time spent in `advance` so far.
    """

    network: NetworkConfig
    recipe: Recipe
    seed: int
    iteration: int
    weights: Weights
    slots: tuple[np.ndarray, ...]
    losses: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    accuracies: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    seconds: float = 0.0


def batch_indices(recipe: Recipe, seed: int, iteration: int, steps: int, n: int) -> np.ndarray:
    """Which images the steps after `iteration` see.

    The images of all epochs form one endless row, each epoch shuffled by (seed, epoch); a batch takes the next
    `batch_size` of the row, across the border of two epochs where it falls there.

    Returns:
        int64, shape (steps, batch_size), in 0..n-1.
    """
    first, last = iteration * recipe.batch_size, (iteration + steps) * recipe.batch_size
    epochs = range(first // n, max(first, last - 1) // n + 1)
    row = np.concatenate([_epoch(recipe.shuffle_buffer, seed, epoch, n) for epoch in epochs])
    start = first - epochs[0] * n
    return row[start : start + steps * recipe.batch_size].reshape(steps, recipe.batch_size)


@functools.lru_cache(maxsize=4)
def _epoch(shuffle_buffer: int, seed: int, epoch: int, n: int) -> np.ndarray:
    """One epoch's order: a permutation, or what leaves a shuffle buffer that is refilled in order."""
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
    """The state before the first step: initial weights drawn from `seed`, empty optimiser."""
    model = net.build(network, seed)
    names = list(net.weight_shapes(network))
    weights = {name: variable.numpy() for name, variable in zip(names, model.trainable_variables, strict=True)}
    optimizer = _optimizer(recipe)
    optimizer.build(model.trainable_variables)
    return RunState(network, recipe, seed, 0, weights, tuple(np.asarray(v.numpy()) for v in optimizer.variables))


def advance(state: RunState, digits: Dataset, steps: int) -> RunState:
    """Train for a number of steps.

    Args:
        state: where the run stands.
        digits: the training images; the same for the whole run.
        steps: how many steps, at least 1.

    Returns:
        the state after them; `advance(advance(s, d, 50), d, 50)` equals `advance(s, d, 100)` to the bit.

    Raises:
        TrainingDiverged: when a loss is not finite; `state` is still good.
    """
    if steps < 1:
        raise ValueError(f"Expected at least 1 step. Received {steps}.")
    began = time.perf_counter()
    batches = batch_indices(state.recipe, state.seed, state.iteration, steps, len(digits))
    engine = _engine(state.network, state.recipe)
    weights, slots, losses, accuracies = engine.run(state, digits, batches)
    if not np.isfinite(losses).all():
        at = state.iteration + int(np.flatnonzero(~np.isfinite(losses))[0]) + 1
        raise TrainingDiverged(
            f"The loss is no longer a number at iteration {at:,}. "
            f"A learning rate below {state.recipe.learning_rate:g} may help."
        )
    return replace(
        state,
        iteration=state.iteration + steps,
        weights=weights,
        slots=slots,
        losses=np.concatenate([state.losses, losses]),
        accuracies=np.concatenate([state.accuracies, accuracies]),
        seconds=state.seconds + time.perf_counter() - began,
    )


def _optimizer(recipe: Recipe) -> Any:
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate)
    make = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[recipe.optimizer]
    return make(recipe.learning_rate, epsilon=recipe.epsilon)


@functools.lru_cache(maxsize=4)
def _engine(network: NetworkConfig, recipe: Recipe) -> _Engine:
    return _Engine(network, recipe)


@functools.lru_cache(maxsize=2)
def _resident(digits: Dataset) -> tuple[Any, Any]:
    """A data set's tensors: copied into TensorFlow once, not once a call."""
    return tf.constant(digits.images), tf.constant(digits.labels)


class _Engine:
    """Model, optimiser and the compiled loop for one network and recipe; the state goes in and comes out of it."""

    def __init__(self, network: NetworkConfig, recipe: Recipe) -> None:
        self.names = list(net.weight_shapes(network))
        self.recipe = recipe
        self.busy = threading.Lock()
        with self.busy:
            self.model = net.build(network)
            outputs = [self.model.layers[-2].output, self.model.output]
            self.heads = keras.Model(self.model.inputs[0], outputs)
            self.optimizer = _optimizer(recipe)
            self.optimizer.build(self.model.trainable_variables)
            self.dropouts = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout)]
            self.loop = tf.function(self._loop, input_signature=self._signature(), autograph=False)

    def _signature(self) -> list[Any]:
        image = (None, net.IMAGE_PX, net.IMAGE_PX, 1)
        return [
            tf.TensorSpec(image, tf.float32),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None, None), tf.int64),
            tf.TensorSpec((2,), tf.int64),
        ]

    def run(
        self, state: RunState, digits: Dataset, batches: np.ndarray
    ) -> tuple[Weights, tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
        with self.busy:
            for name, variable in zip(self.names, self.model.trainable_variables, strict=True):
                variable.assign(state.weights[name])
            for slot, variable in zip(state.slots, self.optimizer.variables, strict=True):
                variable.assign(slot)
            losses, accuracies = self.loop(
                *_resident(digits), tf.constant(batches), tf.constant([state.seed, state.iteration], tf.int64)
            )
            weights = {n: v.numpy() for n, v in zip(self.names, self.model.trainable_variables, strict=True)}
            slots = tuple(np.asarray(variable.numpy()) for variable in self.optimizer.variables)
        return weights, slots, losses.numpy(), accuracies.numpy()

    def _loop(self, images: Any, labels: Any, batches: Any, seed_and_iteration: Any) -> Any:
        steps = tf.shape(batches)[0]

        def one(k: Any, losses: Any, accuracies: Any) -> tuple[Any, Any, Any]:
            chance = seed_and_iteration + tf.stack([tf.constant(0, tf.int64), tf.cast(k, tf.int64)])
            for layer in self.dropouts:
                layer.seed_generator.state.assign(tf.cast(chance, layer.seed_generator.state.dtype))
            loss, accuracy = self._step(tf.gather(images, batches[k]), tf.gather(labels, batches[k]))
            return k + 1, losses.write(k, loss), accuracies.write(k, accuracy)

        begin = (tf.constant(0), tf.TensorArray(tf.float32, steps), tf.TensorArray(tf.float32, steps))
        _, losses, accuracies = tf.while_loop(lambda k, *_: k < steps, one, begin, parallel_iterations=1)
        return losses.stack(), accuracies.stack()

    def _step(self, images: Any, labels: Any) -> tuple[Any, Any]:
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits, probabilities = self.heads(images, training=True)
            loss = self._loss(logits, probabilities, labels)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        right = tf.cast(tf.argmax(logits, 1) == labels, tf.float32)
        return loss, tf.reduce_mean(right)

    def _loss(self, logits: Any, probabilities: Any, labels: Any) -> Any:
        if self.recipe.loss == "clipped_sum":
            clipped = tf.clip_by_value(probabilities, CLIP, 1.0)
            return -tf.reduce_sum(tf.math.log(tf.gather(clipped, labels, batch_dims=1)))
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(each) if self.recipe.loss == "sum" else tf.reduce_mean(each)
