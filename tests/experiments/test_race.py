"""A race: how many runs each group has, who has won, and when the order is luck."""

import dataclasses

import pytest

from cnnviz.experiments import race, statistics
from cnnviz.experiments.comparing import Comparison, Result
from cnnviz.network.presets import PRESETS, Plan

BASE = Plan(PRESETS["fast"].network, PRESETS["fast"].recipe)
FAST, SLOW, MIDDLE = race.labels("learning rate", [0.01, 0.0001, 0.008])


def results(of, n=1000):
    """Runs by label, each given by the digits it read right of `n`; None for one that failed."""
    return [
        Result(label, dataclasses.replace(BASE, seed=seed), 1, 1.0, correct or 0, n, failure="" if correct else "Gone.")
        for label, seeds in of.items()
        for seed, correct in enumerate(seeds)
    ]


def test_every_group_has_its_value_and_the_same_seeds():
    planned = race.plan_runs(BASE, "learning rate", [0.01, 1e-4])
    assert [(run.label, run.plan.recipe.learning_rate, run.plan.seed) for run in planned] == [
        *(("Group 1: learning rate 0.01", 0.01, seed) for seed in range(5)),
        *(("Group 2: learning rate 0.0001", 1e-4, seed) for seed in range(5)),
    ]


@pytest.mark.parametrize(("n", "seeds"), [(2, 5), (3, 5), (4, 5), (5, 6)])
def test_there_are_as_many_seeds_as_it_takes_to_tell_all_groups_apart(n, seeds):
    planned = race.plan_runs(BASE, "filters", range(4, 4 + n))
    assert len(planned) == n * seeds
    n_pairs = n * (n - 1) // 2
    clearest = statistics.permutation_p([1] * seeds, [0] * seeds)
    assert max(statistics.holm([clearest] * n_pairs)) <= statistics.MAX_P


@pytest.mark.parametrize("values", [[8], [4, 5, 6, 7, 8, 9]])
def test_one_group_or_six_are_no_race(values):
    with pytest.raises(ValueError, match=r"^Expected 2 to 5 values, one for each group\. Received \d\.$"):
        race.plan_runs(BASE, "filters", values)


def test_who_is_shown_to_be_better_than_each_of_the_others_has_won():
    found = race.outcome(results({SLOW: [500, 505, 510, 515, 520], FAST: [985, 986, 987, 988, 989]}))
    assert (found.first, found.winner) == (FAST, FAST)
    assert list(found.accuracies) == [FAST, SLOW]
    assert race.summary(found).startswith(f"{FAST} read most test digits right: 98.70\u00a0%")


def test_an_order_that_seeds_explain_is_luck():
    runs = results({FAST: [980, 984, 986, 990, 991], MIDDLE: [979, 983, 987, 989, 992], SLOW: [500, 1, 2, 3, 4]})
    found = race.outcome(runs)
    assert (found.first, found.winner) == (FAST, "")
    assert found.others == {Comparison.NOT_SHOWN: (MIDDLE,), Comparison.WORSE: (SLOW,)}
    told = race.conclude(runs)
    assert f"Not told apart from it: {MIDDLE}. Their order is luck" in told
    assert f"Shown to be worse: {SLOW}." in told
    assert f"3. {SLOW}: 10.20\u00a0%, seeds 0.10\u00a0% to 50.00\u00a0%." in told
    assert "Who compares 3 times" in told


def test_runs_that_failed_are_told_and_win_nothing():
    found = race.outcome(results({FAST: [985] * 5, SLOW: [500, 500, None, None, None]}))
    assert (found.first, found.winner) == (FAST, "")
    assert found.others == {Comparison.TOO_FEW: (SLOW,)}
    told = race.conclude(results({FAST: [985, None], SLOW: [None]}))
    assert told.startswith(f"{FAST} alone came to the end")
    assert f"{SLOW}, seed 0, is left out: Gone." in told
    assert race.conclude(results({SLOW: [None]})).startswith("No run has come to the end.")
