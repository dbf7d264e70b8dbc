"""Shares in words."""

import pytest

from cnnviz.percentages import NO_BREAK, percent, probability


@pytest.mark.parametrize(
    ("share", "places", "words"),
    [(0.9882, 2, "98.82 %"), (1, 2, "100.00 %"), (0.5, 0, "50 %"), (0.70833, 1, "70.8 %"), (0, 1, "0.0 %")],
)
def test_percent_rounds_and_stays_on_one_line(share, places, words):
    assert percent(share, places) == words.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("prob", "words"),
    [
        (0, "0.0 %"),
        (0.0004, "<0.1 %"),
        (0.0005, "0.1 %"),
        (0.5, "50.0 %"),
        (0.9994, "99.9 %"),
        (0.99951, ">99.9 %"),
        (1, ">99.9 %"),
    ],
)
def test_a_probability_claims_no_more_than_is_true(prob, words):
    assert probability(prob).replace(NO_BREAK, " ") == words
