"""Which images are looked at, and in which order: answers written out by hand."""

import numpy as np
import pytest

from cnnviz.analysis import browsing

LABELS = np.array([7, 2, 7, 0, 2, 7])
READ = [(7, 0.9), (7, 0.6), (1, 0.8), (0, 0.9), (2, 0.5), (7, 0.7)]
"""What a network reads, and with which probability: images 1 and 2 are wrong."""


@pytest.fixture
def probs():
    found = np.zeros((6, 10), np.float32)
    for row, (digit, share) in zip(found, READ, strict=True):
        row[:] = (1 - share) / 9
        row[digit] = share
    return found


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"digit": 7}, [0, 2, 5]),
        ({"digit": 0}, [3]),
        ({"digit": 9}, []),
        ({"answers": "right"}, [0, 3, 4, 5]),
        ({"answers": "wrong"}, [1, 2]),
        ({"answers": "wrong", "digit": 7}, [2]),
        ({"order": "surest"}, [0, 3, 2, 5, 1, 4]),
        ({"order": "least"}, [4, 1, 5, 2, 0, 3]),
        ({"order": "surest", "answers": "wrong"}, [2, 1]),
        ({"order": "least", "answers": "right", "digit": 7}, [5, 0]),
    ],
)
def test_images_are_chosen_and_ordered(probs, asked, numbers):
    assert browsing.chosen(LABELS, probs, **asked).tolist() == numbers


def test_a_random_order_has_every_image_once_and_is_the_same_again(rng):
    labels = rng.integers(0, 10, 1000)
    found = browsing.chosen(labels, digit=3, order="random", seed=1)
    assert sorted(found) == np.flatnonzero(labels == 3).tolist()
    assert found.tolist() == browsing.chosen(labels, digit=3, order="random", seed=1).tolist()
    assert found.tolist() != browsing.chosen(labels, digit=3, order="random", seed=2).tolist()


@pytest.mark.parametrize("asked", [{"order": "surest"}, {"order": "least"}, {"answers": "right"}, {"answers": "wrong"}])
def test_what_depends_on_the_network_needs_its_answers(asked):
    with pytest.raises(ValueError, match="Expected probabilities"):
        browsing.chosen(LABELS, **asked)
    assert browsing.needs_answers(asked.get("order", "number"), asked.get("answers", "all"))


def test_number_class_and_a_random_order_need_no_network():
    assert not browsing.needs_answers("number", "all")
    assert not browsing.needs_answers("random", "all")


@pytest.mark.parametrize(("number", "place"), [(3, 1), (4, 2), (8, 2), (9, 0), (10, 2), (0, 1)])
def test_an_image_is_found_or_the_next_larger_one(number, place):
    assert browsing.position(np.array([9, 3, 8] if number != 10 else [3, 8, 9]), number) == place
