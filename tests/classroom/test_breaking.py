"""The breaking contest: what counts of several attempts, and the table of them; by hand."""

import pytest

from cnnviz.classroom import breaking
from cnnviz.classroom.breaking import Attempt


@pytest.mark.parametrize(
    ("correct", "is_broken"), [(999, True), (1000, False), (0, True)], ids=["just under", "half", "none"]
)
def test_half_is_not_under_half(correct, is_broken):
    assert Attempt(1, correct, 2000).is_broken == is_broken


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        (None, Attempt(9, 100, 100), Attempt(9, 100, 100)),
        (Attempt(1, 60, 100), Attempt(9, 40, 100), Attempt(9, 40, 100)),
        (Attempt(4, 40, 100), Attempt(5, 10, 100), Attempt(4, 40, 100)),
        (Attempt(4, 40, 100), Attempt(4, 30, 100), Attempt(4, 30, 100)),
        (Attempt(4, 40, 100), Attempt(3, 50, 100), Attempt(4, 40, 100)),
    ],
    ids=["the only one", "broken", "fewer filters", "as many, fewer digits", "fewer filters, but not broken"],
)
def test_the_better_one_counts(first, second, best):
    assert breaking.best(first, second) == best


def test_ties_stand_together_fewest_filters_first_and_what_is_not_broken_last():
    given = [
        ("Red Fox", Attempt(1, 80, 100)),
        ("Shy Owl", Attempt(4, 49, 100)),
        ("Old Bear", Attempt(3, 20, 100)),
        ("Blue Ant", Attempt(4, 31, 100)),
    ]
    expected = [
        {"off": 3, "broken": True, "accuracies": [0.2], "names": ["Old Bear"]},
        {"off": 4, "broken": True, "accuracies": [0.31, 0.49], "names": ["Blue Ant", "Shy Owl"]},
        {"off": 1, "broken": False, "accuracies": [0.8], "names": ["Red Fox"]},
    ]
    assert breaking.table(given) == breaking.table(given[::-1]) == expected
    assert [row["names"] for row in breaking.table(("", attempt) for _, attempt in given)] == [[], [], []]


@pytest.mark.parametrize("content", [None, {}, {"value": 3}, {"n_off": -1, "correct": 3, "n": 4}])
def test_what_is_no_attempt_is_left_out(content):
    assert breaking.of_content(content) is None
