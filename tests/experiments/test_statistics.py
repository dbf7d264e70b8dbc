"""Tests and intervals: published values, SciPy's, and what simulated experiments with a known answer say."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy import stats

from cnnviz.experiments import comparing, statistics
from cnnviz.experiments.comparing import Comparison, Result
from cnnviz.network.presets import PRESETS, Plan

HVASS = Plan(PRESETS["hvass"].network, PRESETS["hvass"].recipe)


def runs(counts, n=10_000):
    return [Result("", dataclasses.replace(HVASS, seed=i), 1, 1.0, int(c), n) for i, c in enumerate(counts)]


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(correct, n, low, high):
    """Newcombe, Stat. Med. 17 (1998), p. 857, table I, method 3."""
    assert statistics.wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)
    assert statistics.mean_interval([correct], n) == pytest.approx((low, high), abs=5e-5)  # one seed: digits alone


def test_the_interval_is_wilsons_formula():
    n, p, z = 10_000, 0.9882, 1.959964
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    assert statistics.wilson_interval(9882, n) == pytest.approx(expected, abs=1e-8)
    assert statistics.wilson_interval(9882, n) == pytest.approx((0.98589, 0.99013), abs=1e-5)


def test_the_interval_of_a_difference_is_newcombes_with_one_seed():
    """9 of 10 against 3 of 10, from the same author's p. 873, table II, method 10: 0.1705 to 0.8090."""
    assert statistics.difference_interval([3], [9], 10) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert statistics.difference_interval([9], [3], 10) == pytest.approx((-0.8090, -0.1705), abs=5e-5)


def test_seeds_make_the_interval_wide():
    """Two seeds that read 60 and 74 %: with the digits alone it would be ±0.9 points."""
    low, high = statistics.mean_interval([6000, 7400], 10_000)
    assert (low, high) == (pytest.approx(0.67 - 12.706 * 0.07, abs=0.3), 1.0)
    assert low == 0.0
    low, high = statistics.mean_interval([9800] * 5, 10_000)  # equal seeds: the digits alone
    assert (low, high) == pytest.approx(statistics.wilson_interval(9800, 10_000))


@pytest.mark.parametrize(("of_seeds", "n"), [(0.0, 500), (0.05, 1000), (0.3, 2000)])
def test_the_interval_holds_seeds_and_digits(of_seeds, n, rng):
    """Simulated: some digits are harder than others, some seeds better; all read the same digits, others each time."""
    of_digits, times, hits = 1.0, 400, 0
    level = stats.norm.ppf(0.9) * math.sqrt(1 + of_digits**2 + of_seeds**2)  # so that 90 % is the truth
    for _ in range(times):
        digits, seeds = rng.normal(0, of_digits, n), rng.normal(0, of_seeds, (5, 1))
        correct = (level + digits + seeds + rng.normal(size=(5, n)) > 0).sum(axis=1)
        low, high = statistics.mean_interval([int(count) for count in correct], n)
        hits += low <= 0.9 <= high
    assert hits / times >= 0.93


def test_the_permutation_test_is_scipys(rng):
    for sizes in ((5, 5), (4, 6), (3, 5)):
        first, other = (rng.integers(0, 9, size) for size in sizes)

        def difference(a, b, axis):
            return abs(a.mean(axis=axis) - b.mean(axis=axis))

        theirs = stats.permutation_test((first, other), difference, vectorized=True, alternative="greater")
        assert statistics.permutation_p(first.tolist(), other.tolist()) == pytest.approx(theirs.pvalue)


def test_the_clearest_order_of_five_and_five_has_two_of_252():
    assert statistics.permutation_p([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == 2 / 252
    assert statistics.permutation_p([7], [9]) == 1
    assert statistics.permutation_p([7, 7, 7], [7, 7, 7]) == 1


def test_mcnemar_is_the_coin_of_the_digits_that_only_one_reads():
    assert statistics.mcnemar_p(0, 0) == 1
    assert statistics.mcnemar_p(5, 0) == 2 / 2**5
    assert statistics.mcnemar_p(2, 8) == pytest.approx(2 * (1 + 10 + 45) / 2**10)


def test_mcnemar_claims_too_much_in_at_most_one_of_twenty(rng):
    p_values = [statistics.mcnemar_p(n, 40 - n) for n in rng.binomial(40, 0.5, 500).tolist()]
    assert np.mean([p <= statistics.MAX_P for p in p_values]) <= 0.05


def test_holm_raises_each_as_published():
    """The smallest of three times 3, the next times 2, none below one before it."""
    assert statistics.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert statistics.holm([0.5, 0.9]) == [1.0, 1.0]
    assert statistics.holm([]) == []


def test_seeds_are_enough_for_every_comparison_to_be_told():
    assert [statistics.seeds_needed(n) for n in (0, 1, 6, 7, 23, 24)] == [5, 5, 5, 6, 6, 7]
    for n in (1, 6, 7):
        size = statistics.seeds_needed(n)
        groups = [runs(range(100 * i, 100 * i + size)) for i in range(n + 1)]
        told = comparing.compare([(groups[0], other) for other in groups[1:]])
        assert all(difference.comparison is Comparison.BETTER for difference in told)


@pytest.mark.parametrize(
    ("first", "other", "expected"),
    [
        ([9800, 9810, 9820, 9830, 9840], [9900, 9890, 9880, 9870, 9860], Comparison.BETTER),
        ([9800, 9810, 9820, 9830, 9840], [9700, 9690, 9680, 9670, 9660], Comparison.WORSE),
        ([9800, 9810, 9820, 9830, 9840], [9825, 9800, 9835, 9850, 9805], Comparison.NOT_SHOWN),
        ([9800, 9810], [9000, 9010], Comparison.TOO_FEW),
        ([9800, 9810, 9820, 9830, 9840], [1000, 1000, 1000, 1000], Comparison.TOO_FEW),
    ],
)
def test_a_difference_must_be_larger_than_seeds_allow(first, other, expected):
    (difference,) = comparing.compare([(runs(first), runs(other))])
    assert difference.comparison is expected
    assert difference.difference == pytest.approx((np.mean(other) - np.mean(first)) / 10_000)
    assert difference.low < difference.difference < difference.high


def test_results_on_other_digits_are_not_compared():
    with pytest.raises(ValueError, match="same digits"):
        comparing.compare([(runs([9800]), runs([400], n=500))])


def test_order_of_the_pairs_does_not_matter():
    groups = [runs(counts) for counts in ([10, 20, 30, 40, 50], [60, 70, 80, 90, 99], [15, 25, 35, 45, 55])]
    for order in itertools.permutations(groups[1:]):
        told = comparing.compare([(groups[0], other) for other in order])
        assert {other[0].test_correct: d.comparison for other, d in zip(order, told, strict=True)} == {
            60: Comparison.BETTER,
            15: Comparison.NOT_SHOWN,
        }
