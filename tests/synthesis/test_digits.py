"""Digits drawn by program: every variant can be drawn, seeds repeat, and variants differ where they should."""

import numpy as np
import pytest

from cnnviz.synthesis import digits, strokes
from cnnviz.synthesis import glyphs_0_to_4 as low
from cnnviz.synthesis import glyphs_5_to_9 as high

DIGITS = range(10)


def control_points(variant, seed):
    """The control points that a variant places."""
    rng = np.random.default_rng(seed)
    return variant(lambda low, high: low + (high - low) * float(rng.random()))


def holes(ink):
    """How many pieces of paper the ink encloses."""
    paper = np.pad(ink < 0.5, 1, constant_values=True)
    pieces = 0
    while paper.any():
        piece = np.zeros_like(paper)
        piece[tuple(np.argwhere(paper)[0])] = True
        size = 0
        while piece.sum() > size:
            size = piece.sum()
            for axis in (0, 1):
                for step in (1, -1):
                    piece |= np.roll(piece, step, axis) & paper
        pieces += size > 30
        paper &= ~piece
    return pieces - 1


@pytest.mark.parametrize(
    ("digit", "variant"),
    [(digit, variant) for digit in DIGITS for _, variant in digits.VARIANTS[digit]],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_variant_fits_a_box_about_one_tall(digit, variant):
    for seed in range(50):
        lines = control_points(variant, seed)
        points = np.concatenate([np.array(line, float) for line in lines])
        assert 1 <= len(lines) <= 2
        assert all(len(line) >= 2 for line in lines)
        assert 0.8 <= np.ptp(points[:, 1]) <= 1.35
        assert np.ptp(points[:, 0]) <= 1.7


@pytest.mark.parametrize("digit", DIGITS)
def test_a_seed_repeats_its_strokes_and_they_fill_a_box_of_one(digit):
    first, again, other = (digits.sample_strokes(digit, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len(first) != len(other) or any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    points = np.concatenate(first)
    assert np.allclose(points.min(axis=0), 0)
    assert points.max() == pytest.approx(1)


@pytest.mark.parametrize("digit", [-1, 10])
def test_numbers_that_are_no_digit_are_refused(digit):
    with pytest.raises(ValueError, match="Expected a digit, 0 to 9"):
        digits.sample_strokes(digit, np.random.default_rng(0))


def test_a_barred_seven_has_a_second_stroke_across_its_stem():
    for seed in range(50):
        seven, bar = (np.array(line) for line in control_points(high.barred_seven, seed))
        assert bar[0, 0] < bar[1, 0]
        assert seven[0, 1] < bar[:, 1].mean() < seven[:, 1].max()


def test_a_curly_nine_ends_further_left_than_a_straight_one():
    ends = {
        variant: np.mean([control_points(variant, seed)[0][-1][0] for seed in range(200)])
        for variant in (high.curly_nine, high.straight_nine)
    }
    assert ends[high.curly_nine] < ends[high.straight_nine] - 0.2


def test_a_one_has_no_flag_a_flag_or_a_flag_and_a_foot():
    assert len(control_points(low.plain_one, 0)[0]) == 3
    flagged = control_points(low.flagged_one, 0)
    assert len(flagged) == 1
    assert min(x for x, _ in flagged[0]) < -0.05
    assert len(control_points(low.footed_one, 0)) == 2


@pytest.mark.parametrize(("variant", "expected"), [(low.open_four, 0), (low.closed_four, 1)])
def test_a_four_is_open_or_encloses_a_hole(variant, expected):
    rng = np.random.default_rng(0)
    n_holes = []
    for _ in range(12):
        curves = [strokes.catmull_rom(line) for line in control_points(variant, rng.integers(99))]
        n_holes.append(holes(strokes.render(strokes.normalize(curves), 0.03)))
    assert np.median(n_holes) == expected


def test_images_repeat_with_their_seed_and_are_centred_as_mnist():
    labels = np.arange(10).repeat(3)
    images = digits.sample_images(labels, np.random.default_rng(0))
    assert images.shape == (30, 28, 28)
    assert images.dtype == np.uint8
    assert np.array_equal(images, digits.sample_images(labels, np.random.default_rng(0)))
    places = np.arange(28) + 0.5
    ink = images / images.sum(axis=(1, 2), keepdims=True)
    assert np.abs((ink * places[:, None]).sum(axis=(1, 2)) - 14).max() < 1.5
    assert np.abs((ink * places).sum(axis=(1, 2)) - 14).max() < 1.5
