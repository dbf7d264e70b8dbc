"""The search for a small network: the frontier by hand, and a choice that no test digit has a part in."""

import pytest

from cnnviz.experiments import frontier
from cnnviz.experiments.frontier import Candidate
from cnnviz.experiments.statistics import MIN_SEEDS


def size(label, n_weights, first, seeds=6):
    return Candidate(label, n_weights, tuple(range(first, first + seeds)), 1000)


def found(*sizes):
    return frontier.search(sizes)


def labels(candidates):
    return [candidate.label for candidate in candidates]


def test_on_the_frontier_is_what_no_other_beats():
    sizes = [
        size("large", 900, 960),
        size("middling", 500, 940),
        size("good", 400, 955),
        size("tiny", 10, 800),
        size("tiny and worse", 10, 700),
        size("larger and as good", 450, 955),
        size("largest", 9000, 950),
    ]
    search = found(*sizes)
    assert labels(search.frontier) == ["tiny", "good", "large"]
    assert search.best.label == "large"
    assert labels(search.candidates) == labels(sizes)


def test_the_smallest_that_is_not_shown_to_be_worse_is_chosen():
    assert found(size("large", 900, 960), size("good", 400, 958), size("tiny", 10, 800)).chosen.label == "good"
    assert found(size("large", 900, 960), size("good", 400, 950), size("tiny", 10, 800)).chosen.label == "large"
    assert found(size("alone", 900, 960)).chosen.label == "alone"


def test_of_equal_ones_the_smaller_is_the_best():
    search = found(size("large", 900, 960), size("small", 400, 960))
    assert (search.best.label, search.chosen.label, labels(search.frontier)) == ("small", "small", ["small"])


def test_each_size_that_was_tried_counts_as_a_comparison():
    """Two groups of five that do not overlap: p = 2 / 252, which is below 5 % times 6 comparisons, but not times 7."""
    clear = [size("best", 900, 960, MIN_SEEDS), size("worse", 400, 940, MIN_SEEDS)]
    others = [size(f"other {i}", 1000 + i, 930, MIN_SEEDS) for i in range(6)]
    assert found(*clear, *others[:5]).chosen.label == "best"
    assert found(*clear, *others).chosen.label == "worse"


@pytest.mark.parametrize("seeds", [1, MIN_SEEDS - 1])
def test_with_too_few_seeds_nothing_is_chosen(seeds):
    assert found(size("a", 900, 960, seeds), size("b", 10, 700)).chosen is None


def test_runs_of_one_size_come_together_and_those_without_validation_digits_are_left_out():
    counts = [("a", 100, 90, 100), ("b", 50, 80, 100), ("a", 100, 92, 100), ("c", 10, 0, 0)]
    assert frontier.candidates(counts) == [Candidate("a", 100, (90, 92), 100), Candidate("b", 50, (80,), 100)]
    assert frontier.candidates(counts)[0].mean == pytest.approx(0.91)
    assert frontier.search(frontier.candidates(counts[-1:])) is None
