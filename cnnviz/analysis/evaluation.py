"""Evaluate a network: probabilities for many images, accuracy, confusion matrix, misclassified images.

Only `probabilities` needs TensorFlow; the rest is counting in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import LazyModule
from cnnviz.network.config import N_CLASSES, layers
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

metrics = LazyModule("sklearn.metrics")

BATCH_SIZE = 256
"""Images a batch, as in the tutorials: memory stays small however many images there are."""

MistakeOrder = Literal["first", "random", "surest"]


@dataclass(frozen=True, eq=False)
class Score:
    """How well a network classifies some labelled images.

    Attributes:
        n, correct: number of images, and how many of them were classified correctly.
        confusion: int64 (10, 10); row = true digit, column = predicted digit.
    """

    n: int
    correct: int
    confusion: np.ndarray

    @property
    def accuracy(self) -> float:
        """Fraction classified correctly, in [0, 1]."""
        return self.correct / self.n


@dataclass(frozen=True)
class ConfusionChange:
    """A cell in which two confusion matrices differ: digits `true` predicted as `predicted`, how many in each."""

    true: int
    predicted: int
    before: int
    after: int


def probabilities(network: Network, images: np.ndarray) -> np.ndarray:
    """The network's softmax for every image, dropout off.

    Args:
        network: configuration and weights.
        images: float32, shape (n, 28, 28, 1), in [0, 1].

    Returns:
        float32, shape (n, 10); each row sums to 1.
    """
    run = forward(network.config, every_layer=False)
    weights = on_device(network)
    batches = [run(weights, images[i : i + BATCH_SIZE]).numpy() for i in range(0, len(images), BATCH_SIZE)]
    return np.concatenate(batches) if batches else np.zeros((0, N_CLASSES), np.float32)


def logits(network: Network, images: np.ndarray) -> np.ndarray:
    """What leaves the last layer before the softmax for every image, dropout off.

    Args:
        network, images: as for `probabilities`.

    Returns:
        float32, shape (n, 10).
    """
    at = [layer.name for layer in layers(network.config)[1:]].index("logits")
    run, weights = forward(network.config, every_layer=True), on_device(network)
    batches = [run(weights, images[i : i + BATCH_SIZE])[at].numpy() for i in range(0, len(images), BATCH_SIZE)]
    return np.concatenate(batches) if batches else np.zeros((0, N_CLASSES), np.float32)


def probabilities_of_range(network: Network, digits: Dataset, start: int, stop: int) -> np.ndarray:
    """`probabilities` of the images start..stop-1 of a data set, so that it can be evaluated in parts."""
    return probabilities(network, digits.images[start:stop])


def score(labels: np.ndarray, probs: np.ndarray) -> Score:
    """Accuracy and confusion matrix.

    Args:
        labels: true digits, int, shape (n,), n at least 1.
        probs: float, shape (n, 10); the largest of a row is the prediction.
    """
    matrix = confusion_matrix(labels, probs.argmax(axis=1))
    return Score(len(labels), int(matrix.trace()), matrix)


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Count how often each true digit was read as each other.

    Args:
        labels: true digits, int, shape (n,), in 0..9.
        predictions: predicted digits, same shape and range.

    Returns:
        int64 array, shape (10, 10); row = true, column = predicted; sums to n.

    Raises:
        ValueError: when the shapes differ, the arrays are empty, or a digit lies outside 0..9.
    """
    if labels.shape != predictions.shape or labels.ndim != 1 or not labels.size:
        raise ValueError(f"Expected two arrays of one length. Received {labels.shape} and {predictions.shape}.")
    both = np.concatenate([labels, predictions])
    if both.min() < 0 or both.max() >= N_CLASSES:
        raise ValueError(f"Expected digits in 0..9. Received {both.min()}..{both.max()}.")
    return np.asarray(metrics.confusion_matrix(labels, predictions, labels=range(N_CLASSES)), np.int64)


def confusion_changes(before: np.ndarray, after: np.ndarray) -> list[ConfusionChange]:
    """The cells in which two confusion matrices differ, the largest change first.

    Args:
        before, after: int, shape (10, 10); row = true digit, column = predicted digit.
    """
    order = np.argsort(-np.abs(after - before), axis=None, kind="stable")
    cells = [divmod(int(cell), before.shape[1]) for cell in order]
    return [
        ConfusionChange(true, predicted, int(before[true, predicted]), int(after[true, predicted]))
        for true, predicted in cells
        if before[true, predicted] != after[true, predicted]
    ]


def mistakes(
    labels: np.ndarray, probs: np.ndarray, order: MistakeOrder = "first", n: int = 9, seed: int = 0
) -> np.ndarray:
    """Choose misclassified images.

    Args:
        labels: true digits, int, shape (m,).
        probs: float, shape (m, 10).
        order: "first" for the first n, "random" for n at random in ascending order, "surest" for those with the
            highest probability of the wrong prediction, the highest first.
        n: how many at most.
        seed: decides which ones "random" gives.

    Returns:
        int64 indices into the m images; fewer than n when there are fewer mistakes.
    """
    wrong = np.flatnonzero(probs.argmax(axis=1) != labels)
    if order == "random":
        return np.sort(np.random.default_rng(seed).choice(wrong, min(n, len(wrong)), replace=False))
    if order == "surest":
        return wrong[np.argsort(-probs[wrong].max(axis=1), kind="stable")][:n]
    return wrong[:n]


def precision_and_recall(labels: np.ndarray, probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of each digit.

    Args:
        labels: true digits, int, shape (n,).
        probs: float, shape (n, 10).

    Returns:
        two float64 arrays of shape (10,), in [0, 1]: of the images predicted as d the fraction that are d, and of the
        images of d the fraction predicted as d; NaN where there are none.
    """
    precision, recall, _, _ = metrics.precision_recall_fscore_support(
        labels, probs.argmax(axis=1), labels=range(N_CLASSES), zero_division=np.nan
    )
    return precision, recall
