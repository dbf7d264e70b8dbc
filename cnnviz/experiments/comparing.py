"""Runs compared, setting by setting: what may be claimed of a difference, and whether longer training may turn it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cnnviz.experiments.statistics import MAX_P, MIN_SEEDS, difference_interval, holm, permutation_p
from cnnviz.network.presets import Plan


@dataclass(frozen=True)
class Result:
    """The outcome of one training run.

    Attributes:
        label, plan: as in `variations.PlannedRun`.
        n_weights: number of trainable weights of its network.
        seconds_per_1000: time that 1,000 iterations took, in seconds.
        test_correct, n_test: correctly classified test images, and all of them.
        validation_correct, n_validation: the same of the validation set; 0 of 0 when there was none.
        checks: iteration and accuracy of each check on validation digits on the way, in order.
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
    checks: tuple[tuple[int, float], ...] = ()
    weights_checksum: str = ""
    failure: str = ""

    @property
    def accuracy(self) -> float:
        """Test accuracy, in [0, 1]."""
        return self.test_correct / self.n_test


class Comparison(StrEnum):
    """How the test accuracy of one setting compares with that of a baseline."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SHOWN = "not shown"
    """Seeds of one setting differ as much, too often."""
    TOO_FEW = "too few"
    """Fewer than MIN_SEEDS seeds of one of them."""


@dataclass(frozen=True)
class Difference:
    """What a setting does beside a baseline.

    Attributes:
        comparison: what may be claimed of seeds that were not tried, on these test digits.
        difference: of the mean accuracies, other minus baseline, in [-1, 1].
        low, high: its 95 % interval over other seeds and other digits.
        may_turn: whether the gap was closing towards the end of the training; None when it was not followed.
    """

    comparison: Comparison
    difference: float
    low: float
    high: float
    may_turn: bool | None = None

    @property
    def is_claimed(self) -> bool:
        """True when one is said to be better than the other."""
        return self.comparison in (Comparison.BETTER, Comparison.WORSE)

    @property
    def holds_for_other_digits(self) -> bool:
        """True when the interval over seeds and digits leaves no doubt which is better."""
        return self.low > 0 or self.high < 0


def compare(pairs: Sequence[tuple[Sequence[Result], Sequence[Result]]]) -> list[Difference]:
    """Compare settings with their baselines, each given by its runs, one a seed.

    A difference is claimed when the permutation test over the seeds gives at most MAX_P, corrected by Holm's method for
    the number of pairs. So a false claim, in any of the pairs, comes in at most 5 % of experiments.

    Args:
        pairs: of one experiment, all of them: the runs of the baseline, and those of the other setting.

    Raises:
        ValueError: when the runs of a pair were tested on different numbers of images.
    """
    tests = [permutation_p(_correct(baseline), _correct(other)) for baseline, other in pairs]
    return [_difference(*pair, p) for pair, p in zip(pairs, holm(tests), strict=True)]


def _difference(baseline: Sequence[Result], other: Sequence[Result], p: float) -> Difference:
    counts = {result.n_test for result in [*baseline, *other]}
    if len(counts) != 1:
        raise ValueError(f"Expected results on the same digits. Received {sorted(counts)} digits.")
    n = counts.pop()
    difference = (statistics.mean(_correct(other)) - statistics.mean(_correct(baseline))) / n
    comparison = Comparison.NOT_SHOWN
    if min(len(baseline), len(other)) < MIN_SEEDS:
        comparison = Comparison.TOO_FEW
    elif p <= MAX_P:
        comparison = Comparison.BETTER if difference > 0 else Comparison.WORSE
    better, worse = (other, baseline) if difference > 0 else (baseline, other)
    interval = difference_interval(_correct(baseline), _correct(other), n)
    return Difference(comparison, difference, *interval, may_turn(better, worse))


def _correct(runs: Sequence[Result]) -> list[int]:
    return [run.test_correct for run in runs]


def may_turn(better: Sequence[Result], worse: Sequence[Result]) -> bool | None:
    """Whether the gap between two settings was closing towards the end, so that longer training may turn the order.

    It was when the mean gap on validation digits in the last quarter of the training is at most half of that in the
    second quarter: by as much again it would be gone.

    Returns:
        None when there were no checks in both quarters; False for trainings of different lengths.
    """
    lengths = {run.plan.recipe.iterations for run in [*better, *worse]}
    if len(lengths) != 1:
        return False
    end = lengths.pop()
    gaps = [_mean_check(better, part, end) - _mean_check(worse, part, end) for part in ((0.25, 0.5), (0.75, 1.0))]
    if not all(map(math.isfinite, gaps)):
        return None
    earlier, late = gaps
    return earlier > 0 and late <= earlier / 2


def _mean_check(runs: Sequence[Result], part: tuple[float, float], end: int) -> float:
    """Mean validation accuracy in a part of the training; NaN when there was no check."""
    values = [value for run in runs for at, value in run.checks if part[0] * end < at <= part[1] * end]
    return statistics.mean(values) if values else math.nan
