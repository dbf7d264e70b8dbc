"""Two networks on the same few digits; the answers are written out by hand."""

import numpy as np
import pytest

from cnnviz.experiments.before_after import BeforeAfter, compared


def test_counts_chance_and_intervals():
    # 27 of 40 before and 31 after: six won, two lost
    before = np.array([True] * 27 + [False] * 13)
    after = np.array([False] * 2 + [True] * 31 + [False] * 7)
    both = compared(before, after)
    assert both == BeforeAfter(40, 27, 31, lost=2, won=6)
    # two or fewer heads of eight coins, or as many tails: 2 · (1 + 8 + 28) / 256
    assert both.p == pytest.approx(74 / 256)
    (low, high), (after_low, after_high) = both.intervals
    # Wilson: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96
    assert (low, high) == pytest.approx((0.5202, 0.7992), abs=1e-3)
    assert (after_low, after_high) == pytest.approx((0.6250, 0.8768), abs=1e-3)


def test_the_same_answers_are_no_difference():
    both = compared(np.array([True]), np.array([True]))
    assert (both.n, both.lost, both.won, both.p) == (1, 0, 0, 1.0)
    assert both.intervals[0] == both.intervals[1]
