"""Outliers: every kind can be drawn, seeds repeat, and letters that look like a digit are left out."""

import numpy as np
import pytest

from cnnviz.drawing import rejection
from cnnviz.drawing.preparation import crop
from cnnviz.synthesis import non_digits, strokes


def test_there_are_many_kinds_and_no_letter_that_some_write_for_a_digit():
    assert len(non_digits.KINDS) >= 25
    assert not set("OIlSZBgqb") & set(non_digits.KINDS)


@pytest.mark.parametrize("kind", non_digits.KINDS)
def test_every_kind_fills_a_box_of_one_and_repeats_with_its_seed(kind):
    for seed in range(10):
        first, again = (non_digits.sample_strokes(kind, np.random.default_rng(seed)) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        points = np.concatenate(first)
        assert np.allclose(points.min(axis=0), 0)
        assert points.max() == pytest.approx(1)


def test_a_square_has_four_corners_and_a_pentagon_five():
    rng = np.random.default_rng(0)
    assert len(non_digits.KINDS["square"](rng)[0]) == 4 * 10 + 1
    assert len(non_digits.KINDS["pentagon"](rng)[0]) == 5 * 10 + 1


def test_several_digits_stand_side_by_side():
    """In a thin pen most of them leave paper from top to bottom between two digits."""
    rng = np.random.default_rng(0)
    for kind, n in (("two digits", 2), ("three digits", 3)):
        inks = [strokes.render(strokes.normalize(non_digits.KINDS[kind](rng)), 0.02) for _ in range(15)]
        assert np.median([rejection.count_side_by_side(crop(ink) > 0) for ink in inks]) == n


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"Expected one of dot, .* Received 'seven'"):
        non_digits.sample_strokes("seven", np.random.default_rng(0))


def test_images_have_the_format_of_mnist_and_repeat_with_their_seed():
    kinds = ["dot", "face", "A"]
    images = non_digits.sample_images(kinds, np.random.default_rng(0))
    assert images.shape == (3, 28, 28)
    assert images.dtype == np.uint8
    assert np.array_equal(images, non_digits.sample_images(kinds, np.random.default_rng(0)))
