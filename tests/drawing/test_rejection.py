"""When there is no digit: worked examples of each reason, and drawn digits that are none of them."""

import numpy as np
import pytest

from cnnviz.drawing import rejection
from cnnviz.drawing.preparation import prepare
from cnnviz.drawing.rejection import Refusal
from cnnviz.synthesis import digits, strokes

CANVAS = 100
LIKE = {"logits": np.array([4] + [0] * 9, np.float32)}
LEAST = 3.0


def canvas(*boxes):
    """Ink in (top, bottom, left, right)."""
    ink = np.zeros((CANVAS, CANVAS), np.float32)
    for top, bottom, left, right in boxes:
        ink[top:bottom, left:right] = 1
    return prepare(ink)


DRAWINGS = {
    "a click of the pen": ([(50, 60, 40, 50)], Refusal("dot")),
    "a full square": ([(10, 90, 10, 90)], Refusal("full")),
    "a bar is a one": ([(10, 90, 40, 60)], None),
    "a lying bar is for the network": ([(40, 60, 10, 90)], None),
    "three bars far apart": ([(10, 50, 5, 10), (10, 50, 45, 50), (12, 50, 85, 90)], Refusal("many", 3)),
    "two bars close by, as in a four": ([(10, 80, 20, 30), (10, 90, 60, 70)], None),
    "a five with its bar apart": ([(10, 15, 50, 90), (20, 90, 20, 45)], None),
    "a bar above a wide one": ([(10, 15, 5, 95), (20, 60, 20, 90)], None),
}


@pytest.mark.parametrize(("boxes", "expected"), DRAWINGS.values(), ids=DRAWINGS)
def test_ink_alone(boxes, expected):
    assert rejection.refuse(canvas(*boxes), LIKE, LEAST) == expected


def test_energy_by_hand():
    """log(e^0 + e^0) = log 2, and large logits do not overflow."""
    assert rejection.energies(np.array([[0.0, 0.0], [1000.0, 0.0]])) == pytest.approx([np.log(2), 1000])


def test_energy_counts_only_for_a_network_whose_least_energy_is_known():
    one = canvas((10, 90, 40, 60))
    unlike = {"logits": np.full(10, LEAST - np.log(10) - 0.1)}
    like = {"logits": np.full(10, LEAST - np.log(10) + 0.1)}
    assert rejection.refuse(one, unlike) is None
    assert rejection.refuse(one, unlike, LEAST) == Refusal("unlike")
    assert rejection.refuse(one, like, LEAST) is None


def test_five_of_a_thousand_digits_have_less_than_the_least_energy(rng):
    logits = rng.normal(size=(1000, 10)).astype(np.float32)
    least = rejection.least_energy_of(logits)
    assert sum(rejection.is_unlike(each, least) for each in logits) == 5
    ordered = np.sort(np.log(np.exp(logits.astype(np.float64)).sum(axis=1)))
    assert ordered[4] < least < ordered[5]


def test_too_few_digits_have_no_least_energy():
    assert rejection.least_energy_of(np.zeros((199, 10))) is None
    assert rejection.least_energy_of(np.zeros((200, 10))) == pytest.approx(np.log(10))


def test_a_network_whose_numbers_are_no_longer_finite_has_no_least_energy():
    logits = np.zeros((1000, 10))
    logits[7, 3] = np.nan
    assert rejection.least_energy_of(logits) is None


def test_drawn_digits_are_not_refused_for_their_ink(rng):
    inks = [strokes.render(digits.sample_strokes(label % 10, rng), 0.12) for label in range(200)]
    assert sum(rejection.refuse_ink(prepare(np.pad(ink, 40))) is not None for ink in inks) <= 1
