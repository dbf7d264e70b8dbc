"""Whether one accuracy differs from another: confidence intervals, and the spread over random seeds."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cnnviz.lazy import LazyModule
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Weights

stats: Any = LazyModule("scipy.stats")


@dataclass(frozen=True)
class Result:
    """The outcome of one training run.

    Attributes:
        label, plan: as in `variations.PlannedRun`.
        n_weights: number of trainable weights of its network.
        seconds_per_1000: time that 1,000 iterations took, in seconds.
        test_correct, n_test: correctly classified test images, and all of them.
        validation_correct, n_validation: the same of the validation set; 0 of 0 when there was none.
        weights_checksum: `weights_checksum` of the trained weights.
        failure: why the run did not complete, e.g. the message of `TrainingDiverged`; such a run has no counts.
    """

    label: str
    plan: Plan
    n_weights: int
    seconds_per_1000: float
    test_correct: int
    n_test: int
    validation_correct: int = 0
    n_validation: int = 0
    weights_checksum: str = ""
    failure: str = ""

    @property
    def accuracy(self) -> float:
        """Test accuracy, in [0, 1]."""
        return self.test_correct / self.n_test


def weights_checksum(weights: Weights) -> str:
    """SHA-256 of the weights in hexadecimal; equal when two runs ended in the same weights to the bit."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % confidence interval of an accuracy: `correct` successes in n trials.

    Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209).

    Returns:
        lower and upper end, in [0, 1].

    Raises:
        ValueError: when n is 0, or `correct` is larger than n.
    """
    interval = stats.binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def newcombe_interval(correct: int, other_correct: int, n: int) -> tuple[float, float]:
    """The 95 % confidence interval of the difference between two accuracies, first minus second, on n images each.

    Newcombe's method 10, which combines two Wilson intervals (R. G. Newcombe, Stat. Med. 17, 1998, p. 873). It assumes
    independent samples. Two networks tested on the same images are positively correlated, so the interval is
    conservative: rather too wide than too narrow.

    Returns:
        lower and upper end, in [-1, 1].

    Raises:
        ValueError: as `wilson_interval`.
    """
    (low, high), (other_low, other_high) = wilson_interval(correct, n), wilson_interval(other_correct, n)
    p, q = correct / n, other_correct / n
    return p - q - math.hypot(p - low, other_high - q), p - q + math.hypot(high - p, q - other_low)


class Comparison(StrEnum):
    """How the test accuracy of one setting compares with that of a baseline."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SIGNIFICANT = "not significant"
    """The confidence interval of the difference contains 0."""
    SEEDS_OVERLAP = "seeds overlap"
    """The difference is significant, but the ranges over the seeds overlap."""


def compare(baseline: Sequence[Result], other: Sequence[Result]) -> Comparison:
    """Compare a setting with a baseline, each given by its runs, one a seed.

    A difference counts only when it passes two tests: the 95 % confidence interval of the difference between the mean
    accuracies does not contain 0 (sampling of the test images), and every seed of one setting is better than
    every seed of the other (randomness of the training).

    Raises:
        ValueError: when the runs were tested on different numbers of images.
    """
    counts = {result.n_test for result in [*baseline, *other]}
    if len(counts) != 1:
        raise ValueError(f"Expected results on the same digits. Received {sorted(counts)} digits.")
    correct, other_correct = ([result.test_correct for result in runs] for runs in (baseline, other))
    mean, other_mean = (round(statistics.mean(values)) for values in (correct, other_correct))
    low, high = newcombe_interval(other_mean, mean, counts.pop())
    if low <= 0 <= high:
        return Comparison.NOT_SIGNIFICANT
    if low > 0:
        return Comparison.BETTER if min(other_correct) > max(correct) else Comparison.SEEDS_OVERLAP
    return Comparison.WORSE if max(other_correct) < min(correct) else Comparison.SEEDS_OVERLAP
