"""The compiled training loop: weights and optimiser variables go in, many steps are taken, and they come out again."""

from __future__ import annotations

import functools
import threading
from typing import Any, NamedTuple, Protocol

import numpy as np

from cnnviz.data.dataset import OUTLIER, Dataset
from cnnviz.lazy import keras, tf
from cnnviz.network.config import IMAGE_PX, N_CLASSES, NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Weights
from cnnviz.training import augmentation, distillation

CLIP = 1e-9


class State(Protocol):
    """Where a run stands; see `advance.RunState`, which imports this module and so cannot be named here."""

    @property
    def weights(self) -> Weights:
        """Arrays by name."""

    @property
    def optimizer_variables(self) -> tuple[np.ndarray, ...]:
        """The optimiser's arrays."""

    @property
    def seed(self) -> int:
        """What random numbers are drawn from."""

    @property
    def iteration(self) -> int:
        """Steps done."""


class Steps(NamedTuple):
    """What was seen of some steps; float32 arrays of one value a step, as `advance.RunState` has them."""

    losses: np.ndarray
    accuracies: np.ndarray
    accuracies_after: np.ndarray


def make_optimizer(recipe: Recipe) -> Any:
    """The recipe's Keras optimiser, not built yet."""
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate)
    make = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[recipe.optimizer]
    return make(recipe.learning_rate, epsilon=recipe.epsilon)


@functools.lru_cache(maxsize=16)
def engine(network: NetworkConfig, recipe: Recipe) -> Engine:
    """The compiled loop for a network and a recipe, built once while up to 16 take turns."""
    return Engine(network, recipe)


@functools.lru_cache(maxsize=2)
def _resident(digits: Dataset) -> tuple[Any, Any, Any]:
    """A data set's tensors: copied into TensorFlow once, not once a call. Without teachers nobody reads the answers."""
    answers = np.zeros((0, N_CLASSES), np.float16) if digits.answers is None else digits.answers
    return tf.constant(digits.images), tf.constant(digits.labels), tf.constant(answers)


class Engine:
    """Model, optimiser and the compiled loop for one network and recipe; a run's state goes in and comes out of it."""

    def __init__(self, network: NetworkConfig, recipe: Recipe) -> None:
        self.names = list(weight_shapes(network))
        self.recipe = recipe
        self.busy = threading.Lock()
        with self.busy:
            self.model = build(network)
            outputs = [self.model.layers[-2].output, self.model.output]
            self.heads = keras.Model(self.model.inputs[0], outputs)
            self.optimizer = make_optimizer(recipe)
            self.optimizer.build(self.model.trainable_variables)
            self.dropouts = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout)]
            self.loop = tf.function(self._loop, input_signature=self._signature(), autograph=False)

    def _signature(self) -> list[Any]:
        image = (None, IMAGE_PX, IMAGE_PX, 1)
        return [
            (
                tf.TensorSpec(image, tf.uint8 if self.recipe.uses_outliers else tf.float32),
                tf.TensorSpec((None,), tf.int64),
                tf.TensorSpec((None, N_CLASSES), tf.float16),
            ),
            tf.TensorSpec((None, None), tf.int64),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((None,), tf.bool),
            tf.TensorSpec((2,), tf.int64),
        ]

    def run(
        self, state: State, digits: Dataset, batches: np.ndarray, rates: np.ndarray, is_due: np.ndarray
    ) -> tuple[Weights, tuple[np.ndarray, ...], Steps]:
        """Take some steps.

        Args:
            state: where the run stands.
            digits: the training set; with answers where the recipe has teachers.
            batches: int64 (steps, batch_size), which images each step sees.
            rates: float32 (steps,), each step's learning rate.
            is_due: bool (steps,), after which steps their batch is read once more, without dropout.

        Returns:
            weights and optimiser variables after the last step, and what was seen of the steps.
        """
        if self.recipe.teachers and digits.answers is None:
            raise ValueError("Expected the answers of the recipe's teachers in the training set. Received none.")
        with self.busy:
            for name, variable in zip(self.names, self.model.trainable_variables, strict=True):
                variable.assign(state.weights[name])
            for value, variable in zip(state.optimizer_variables, self.optimizer.variables, strict=True):
                variable.assign(value)
            seed = tf.constant([state.seed, state.iteration], tf.int64)
            given = (tf.constant(batches), tf.constant(rates), tf.constant(is_due), seed)
            seen = self.loop(_resident(digits), *given)
            weights = {n: v.numpy() for n, v in zip(self.names, self.model.trainable_variables, strict=True)}
            values = tuple(np.asarray(variable.numpy()) for variable in self.optimizer.variables)
        return weights, values, Steps(*(array.numpy() for array in seen))

    def _loop(self, digits: Any, batches: Any, rates: Any, is_due: Any, seed_and_iteration: Any) -> Any:
        # The loop is part of the graph (tf.while_loop) instead of Python around a compiled step: crossing from Python
        # into TensorFlow for each step takes longer than the step of a small network.
        images, labels, answers = digits
        steps = tf.shape(batches)[0]

        def step(k: Any, *seen: Any) -> tuple[Any, ...]:
            # Dropout and augmentation get (seed, iteration) anew in every step, so that a run can be cut anywhere.
            seed = seed_and_iteration + tf.stack([tf.constant(0, tf.int64), tf.cast(k, tf.int64)])
            for layer in self.dropouts:
                layer.seed_generator.state.assign(tf.cast(seed, layer.seed_generator.state.dtype))
            self.optimizer.learning_rate.assign(rates[k])
            batch = tf.gather(images, batches[k])
            if self.recipe.uses_outliers:
                batch = tf.cast(batch, tf.float32) / 255
            if self.recipe.augment:
                batch = augmentation.distort(batch, seed)
            if self.recipe.shift_px:
                batch = augmentation.shift(batch, seed, self.recipe.shift_px)
            truth = tf.gather(labels, batches[k])
            loss, accuracy = self._step(batch, truth, tf.gather(answers, batches[k]) if self.recipe.teachers else None)
            after = tf.cond(is_due[k], lambda: self._accuracy_after(batch, truth), lambda: tf.constant(np.nan))
            values = (loss, accuracy, after)
            return k + 1, *(array.write(k, value) for array, value in zip(seen, values, strict=True))

        begin = (tf.constant(0), *(tf.TensorArray(tf.float32, steps) for _ in Steps._fields))
        _, *seen = tf.while_loop(lambda k, *_: k < steps, step, begin, parallel_iterations=1)
        return [array.stack() for array in seen]

    def _step(self, images: Any, labels: Any, answers: Any) -> tuple[Any, Any]:
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits, probabilities = self.heads(images, training=True)
            loss = self._loss(logits, probabilities, labels)
            learnt = loss if answers is None else distillation.mixed(loss, logits, answers)
        self._apply(tape.gradient(learnt, variables), variables)
        return loss, _share_right(logits, labels)

    def _accuracy_after(self, images: Any, labels: Any) -> Any:
        """The accuracy on a batch with the weights as they are now, nothing dropped."""
        logits, _ = self.heads(images, training=False)
        return _share_right(logits, labels)

    def _apply(self, gradients: list[Any], variables: list[Any]) -> None:
        """Change weights and optimiser variables; Adam as Keras does it, to the bit, with fewer passes over memory.

        With both betas at 1 the fused kernel leaves Adam's moment estimates as they are and only changes the weights.
        It cannot update the moment estimates too: it takes 1 - beta in float32, Keras in float64.
        """
        optimizer = self.optimizer
        if self.recipe.optimizer != "adam":
            optimizer.apply(gradients, variables)
            return
        optimizer.iterations.assign_add(1)
        step = tf.cast(optimizer.iterations.value, tf.float32)
        powers = {"beta1_power": tf.pow(optimizer.beta_1, step), "beta2_power": tf.pow(optimizer.beta_2, step)}
        fixed = {"lr": optimizer.learning_rate.value, "epsilon": optimizer.epsilon, "beta1": 1.0, "beta2": 1.0}
        moments = [variable.value for variable in optimizer.variables[2:]]  # after iterations and learning rate
        for variable, m, v, gradient in zip(variables, moments[::2], moments[1::2], gradients, strict=True):
            _move_towards(m, gradient, 1 - optimizer.beta_1)
            _move_towards(v, tf.square(gradient), 1 - optimizer.beta_2)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle, m=m.handle, v=v.handle, grad=gradient, **powers, **fixed
            )

    def _loss(self, logits: Any, probabilities: Any, labels: Any) -> Any:
        if self.recipe.loss == "clipped_sum":
            clipped = tf.clip_by_value(probabilities, CLIP, 1.0)
            return -tf.reduce_sum(tf.math.log(tf.gather(clipped, labels, batch_dims=1)))
        if self.recipe.uses_outliers:
            # For an outlier one_hot is all zeros, so this adds the same probability for each of the ten.
            uniform = tf.cast(labels[:, None] == OUTLIER, tf.float32) / N_CLASSES
            target = tf.one_hot(labels, N_CLASSES) + uniform
            return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(each) if self.recipe.loss == "sum" else tf.reduce_mean(each)


def _share_right(logits: Any, labels: Any) -> Any:
    """Share of the digits that are read right; outliers are none."""
    right = tf.cast(tf.argmax(logits, 1) == labels, tf.float32)
    n_digits = tf.reduce_sum(tf.cast(labels < N_CLASSES, tf.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(right), n_digits)


def _move_towards(average: Any, value: Any, fraction: float) -> None:
    """Move a running average towards a value by a fraction of their difference, in place.

    A step of gradient descent along that difference does it in one pass over memory.
    """
    tf.raw_ops.ResourceApplyGradientDescent(var=average.handle, alpha=fraction, delta=average - value)
