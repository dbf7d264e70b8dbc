"""Whether numbers of digits read right differ by more than chance: tests, and intervals over seeds and digits."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Any

from cnnviz.lazy import LazyModule

stats: Any = LazyModule("scipy.stats")

MIN_SEEDS = 5
"""Of each setting: with four, chance alone makes the clearest order of eight results in 2 of 70 experiments, and two
comparisons could never be told."""
MAX_P = 0.05
"""A difference is claimed where chance alone makes one as large at most that often."""


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % confidence interval of an accuracy: `correct` successes in n trials.

    Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209). It knows that other digits would have
    been read otherwise; not that another seed would have made another network.

    Returns:
        lower and upper end, in [0, 1].

    Raises:
        ValueError: when n is 0, or `correct` is larger than n.
    """
    interval = stats.binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mean_interval(correct: Sequence[int], n: int) -> tuple[float, float]:
    """The 95 % confidence interval of a setting's mean accuracy, over other seeds and other digits of this kind.

    Wilson's interval of the mean for the digits and Student's for the seeds, their lengths added as the sides of a
    right angle (G. Y. Zou and A. Donner, Stat. Med. 27, 2008, p. 1693). What sets seeds apart also holds some of what
    the choice of digits does, so the interval is rather too wide than too narrow.

    Args:
        correct: digits read right, one number a seed; of one seed alone only the digits are known.
        n: digits that each has read.

    Returns:
        lower and upper end, in [0, 1].

    Raises:
        ValueError: as `wilson_interval`.
    """
    mean = statistics.mean(correct) / n
    low, high = wilson_interval(round(statistics.mean(correct)), n)
    of_seeds = 0.0
    if len(correct) > 1:
        student = float(stats.t.ppf(0.975, len(correct) - 1))
        of_seeds = student * statistics.stdev(correct) / n / math.sqrt(len(correct))
    return max(0.0, mean - math.hypot(mean - low, of_seeds)), min(1.0, mean + math.hypot(high - mean, of_seeds))


def difference_interval(baseline: Sequence[int], other: Sequence[int], n: int) -> tuple[float, float]:
    """The 95 % confidence interval of a difference, other minus baseline, over other seeds and other digits.

    Two of `mean_interval` put together as Newcombe's method 10 does (R. G. Newcombe, Stat. Med. 17, 1998, p. 873). Both
    read the same digits, which the interval does not use: rather too wide than too narrow.

    Args:
        baseline, other: digits read right, one number a seed.
        n: digits that each has read.

    Returns:
        lower and upper end, in [-1, 1].
    """
    (low, high), (other_low, other_high) = mean_interval(baseline, n), mean_interval(other, n)
    p, q = statistics.mean(other) / n, statistics.mean(baseline) / n
    return p - q - math.hypot(p - other_low, high - q), p - q + math.hypot(other_high - p, q - low)


def permutation_p(first: Sequence[int], other: Sequence[int]) -> float:
    """How often chance alone sets two settings at least as far apart: the exact permutation test of two means.

    If a setting made no difference, each way of dealing all the results into two groups of these sizes would be as
    likely as the one that was seen (R. A. Fisher, The Design of Experiments, 1935, section 21). Nothing is assumed of
    how accuracies are spread, while Welch's test takes them for normal: after a short training a few seeds are far
    below the others. Runs with the same seed are not paired: five pairs could never reach 5 %.

    Args:
        first, other: digits read right, one number a seed; counts, so that ties are ties.

    Returns:
        the p-value, two-sided, in (0, 1]: the share of those ways, the one that was seen among them.
    """
    values, n = [*first, *other], len(first)
    total, seen = sum(values), abs(len(values) * sum(first) - n * sum(values))
    sums = [sum(group) for group in itertools.combinations(values, n)]
    return sum(abs(len(values) * group - n * total) >= seen for group in sums) / len(sums)


def mcnemar_p(only_first: int, only_other: int) -> float:
    """Whether one of two networks reads more of the same digits right than chance explains: McNemar's test, exact.

    Digits that both read right, or both wrong, do not tell them apart (Q. McNemar, Psychometrika 12, 1947, p. 153).

    Args:
        only_first, only_other: how many digits this one alone reads right.

    Returns:
        the p-value, two-sided, in (0, 1]: of a fair coin that is tossed once for each of these digits.
    """
    n = only_first + only_other
    return float(stats.binomtest(only_first, n).pvalue) if n else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values of several comparisons, raised so that a limit on each holds for the chance of any false claim.

    S. Holm, Scand. J. Stat. 6, 1979, p. 65: the smallest times their number, the next one times one less, and so on.
    """
    adjusted, reached = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        reached = max(reached, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = reached
    return adjusted


def seeds_needed(n_comparisons: int) -> int:
    """Seeds of each setting with which every one of some comparisons can be told: at least MIN_SEEDS."""
    n = MIN_SEEDS
    while n_comparisons * 2 / math.comb(2 * n, n) > MAX_P:
        n += 1
    return n
