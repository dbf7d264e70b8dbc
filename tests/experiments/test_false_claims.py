"""How often an experiment claims a difference where there is none, on recorded runs of one and the same setting.

`equal_settings.json` was written by benchmarks/equal_settings.py. Its runs of one setting differ in their seed alone,
so whatever groups they are dealt into are equal settings, and every claim is a false one.
"""

import dataclasses
import itertools
import json

import numpy as np
import pytest

from cnnviz.experiments import comparing, statistics
from cnnviz.experiments.comparing import Result
from cnnviz.network.presets import PRESETS, Plan
from common import ROOT

HVASS = Plan(PRESETS["hvass"].network, PRESETS["hvass"].recipe)
TABLE = json.loads((ROOT / "tests" / "experiments" / "equal_settings.json").read_text("utf-8"))
SETTINGS = {name: entry for name, entry in TABLE.items() if isinstance(entry, dict)}


def runs(correct, n):
    return [Result("", dataclasses.replace(HVASS, seed=i), 1, 1.0, int(c), n) for i, c in enumerate(correct)]


def is_claimed(settings, n):
    """Whether any setting is said to differ from the first."""
    first, *others = (runs(correct, n) for correct in settings)
    return any(difference.is_claimed for difference in comparing.compare([(first, other) for other in others]))


def test_enough_runs_of_real_settings_were_recorded():
    assert set(SETTINGS) == {"a small network", "hvass", "fast"}
    assert all(len(entry["correct"]) >= 20 for entry in SETTINGS.values())


def is_claimed_by_test(settings):
    """The same by the permutation test and Holm alone, without the intervals, which take much longer."""
    first, *others = (correct.tolist() for correct in settings)
    tests = statistics.holm([statistics.permutation_p(first, other) for other in others])
    return min(tests) <= statistics.MAX_P


@pytest.mark.parametrize("name", SETTINGS)
def test_equal_settings_are_told_apart_in_at_most_one_of_twenty(name, rng):
    """Ten runs at a time, dealt into five and five in each of the 252 ways."""
    correct, claims = SETTINGS[name]["correct"], []
    for _ in range(20):
        ten = rng.choice(correct, 10, replace=False)
        for five in itertools.combinations(range(10), 5):
            claims.append(is_claimed_by_test([ten[list(five)], np.delete(ten, five)]))
    assert 0.02 <= np.mean(claims) <= 0.05  # 12 of 252 are 4.8 %; ties make it less


@pytest.mark.parametrize("name", SETTINGS)
def test_several_equal_settings_in_one_exercise_too(name, rng):
    """As many as there are runs for, up to the seven of exercise 4; one claim is one too many."""
    correct, n = SETTINGS[name]["correct"], SETTINGS[name]["n_test"]
    n_settings = min(7, len(correct) // 5)
    dealt = [rng.choice(correct, 5 * n_settings, replace=False).reshape(n_settings, 5) for _ in range(4000)]
    claims = [is_claimed_by_test(settings) for settings in dealt]
    assert np.mean(claims) <= 0.05  # six comparisons, each of 2 in 252: 4.8 %; five: 4.0 %
    few = [*dealt[:20], *(dealt[i] for i in np.flatnonzero(claims)[:20])]
    assert [is_claimed(settings, n) for settings in few] == [is_claimed_by_test(settings) for settings in few]


def test_two_seeds_and_an_interval_of_the_digits_alone_claimed_far_more(rng):
    """What was done before: no overlap of two seeds and two, and Newcombe's interval without 0."""
    correct, n, claims = SETTINGS["hvass"]["correct"], SETTINGS["hvass"]["n_test"], []
    for _ in range(600):
        first, other = rng.choice(correct, 4, replace=False).reshape(2, 2)
        apart = max(first) < min(other) or max(other) < min(first)
        mean, other_mean = (round(float(two.mean())) for two in (first, other))
        low, high = statistics.difference_interval([mean], [other_mean], n) if apart else (-1, 1)
        claims.append(not low <= 0 <= high)
    assert np.mean(claims) > 0.15
    assert not is_claimed([correct[:2], correct[2:4]], n)


def test_a_real_difference_is_found(rng):
    """Of twice the standard deviation between seeds: in most experiments of five and five."""
    correct, n = np.array(SETTINGS["fast"]["correct"]), SETTINGS["fast"]["n_test"]
    shift = round(2 * correct.std())
    found = []
    for _ in range(200):
        ten = rng.choice(correct, 10, replace=False)
        found.append(is_claimed([ten[:5], np.minimum(ten[5:] + shift, n)], n))
    assert np.mean(found) > 0.6
