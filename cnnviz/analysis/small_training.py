"""A small network, 784 → hidden → 10, trained in NumPy in about a second: with its ReLU and without, on few digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.network.config import N_CLASSES

threadpoolctl: Any = LazyModule("threadpoolctl")

HIDDEN, BATCH, EVERY = 64, 50, 20
LEARNING_RATE, MOMENTUM = 0.05, 0.9


@dataclass(frozen=True, eq=False)
class Curves:
    """Accuracy on the way; arrays of one length.

    Attributes:
        steps: int, training steps done.
        training: float64 in [0, 1], on all the digits that it learns from.
        validation: the same on others.
    """

    steps: np.ndarray
    training: np.ndarray
    validation: np.ndarray


Digits = tuple[np.ndarray, np.ndarray]
"""Images, float (n, ...) of 784 pixels each, and their labels, int (n,)."""


def train(digits: Digits, others: Digits, relu: bool, steps: int, seed: int = 0) -> Curves:
    """Train by gradient descent with momentum, on batches of 50; accuracy is measured every 20 steps.

    Args:
        digits: what it learns from.
        others: what it is checked on.
        relu: put a ReLU behind the hidden layer; without it nothing stands there.
        steps: training steps.
        seed: of the initial weights and the batches.
    """
    # Products of so small matrices take longer in several threads, and far longer on a machine that is busy.
    with threadpoolctl.threadpool_limits(1):
        return _train(digits, others, relu, steps, seed)


def _train(digits: Digits, others: Digits, relu: bool, steps: int, seed: int) -> Curves:
    x, x_others = (np.asarray(part[0], np.float32).reshape(len(part[0]), -1) for part in (digits, others))
    rng, one_hot = np.random.default_rng(seed), np.eye(N_CLASSES, dtype=np.float32)[digits[1]]
    weights = _start(x.shape[1], rng)
    speeds = [np.zeros_like(each) for each in weights]
    points = []
    for step in range(steps + 1):
        if step % EVERY == 0:
            both = (_accuracy(weights, *part, relu) for part in ((x, digits[1]), (x_others, others[1])))
            points.append((step, *both))
        chosen = rng.integers(len(x), size=BATCH)
        of_batch = gradients(weights, x[chosen], one_hot[chosen], relu)
        speeds = [MOMENTUM * v - LEARNING_RATE * g for v, g in zip(speeds, of_batch, strict=True)]
        weights = [weight + speed for weight, speed in zip(weights, speeds, strict=True)]
    at, training, validation = (np.array(column) for column in zip(*points, strict=True))
    return Curves(at, training, validation)


def _start(n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Normal weights with which the sums stay about as large as the inputs (K. He et al., 2015), biases of 0."""
    shapes = ((n, HIDDEN), (HIDDEN, N_CLASSES))
    kernels = [rng.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32) for shape in shapes]
    return [array for kernel in kernels for array in (kernel, np.zeros(kernel.shape[1], np.float32))]


def gradients(weights: list[np.ndarray], x: np.ndarray, one_hot: np.ndarray, relu: bool) -> list[np.ndarray]:
    """Of the mean cross-entropy over a batch, with respect to each of the four arrays.

    Args:
        weights: kernel (784, hidden), bias (hidden,), kernel (hidden, 10), bias (10,).
        x: float (n, 784).
        one_hot: float (n, 10).
        relu: whether a ReLU stands behind the hidden layer.
    """
    hidden, logits = _forward(weights, x, relu)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors = (exponentials / exponentials.sum(axis=1, keepdims=True) - one_hot) / len(x)
    back = errors @ weights[2].T
    if relu:
        back = back * (hidden > 0)
    return [x.T @ back, back.sum(axis=0), hidden.T @ errors, errors.sum(axis=0)]


def _forward(weights: list[np.ndarray], x: np.ndarray, relu: bool) -> tuple[np.ndarray, np.ndarray]:
    sums = x @ weights[0] + weights[1]
    hidden = np.maximum(sums, 0) if relu else sums
    return hidden, hidden @ weights[2] + weights[3]


def _accuracy(weights: list[np.ndarray], x: np.ndarray, labels: np.ndarray, relu: bool) -> float:
    return float((_forward(weights, x, relu)[1].argmax(axis=1) == labels).mean())
