"""Digits drawn by program: every way can be drawn, chance repeats, and the ways differ where they should."""

import numpy as np
import pytest

from cnnviz.synthesis import digits, distortion

DIGITS = range(10)


def drawn(way, seed):
    """The control points that a way places."""
    rng = np.random.default_rng(seed)
    return way(lambda low, high: low + (high - low) * float(rng.random()))


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
    ("digit", "way"),
    [(digit, way) for digit in DIGITS for _, way in digits.WAYS[digit]],
    ids=lambda part: str(part)[:24],
)
def test_every_way_places_points_near_a_box_as_tall_as_one(digit, way):
    for seed in range(50):
        lines = drawn(way, seed)
        points = np.concatenate([np.array(line, float) for line in lines])
        assert 1 <= len(lines) <= 2
        assert all(len(line) >= 2 for line in lines)
        assert 0.8 <= np.ptp(points[:, 1]) <= 1.35
        assert np.ptp(points[:, 0]) <= 1.7


@pytest.mark.parametrize("digit", DIGITS)
def test_chance_repeats_and_strokes_fill_a_box_of_one(digit):
    first, again, other = (digits.draw(digit, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len(first) != len(other) or any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    every = np.concatenate(first)
    assert np.allclose(every.min(axis=0), 0)
    assert every.max() == pytest.approx(1)


@pytest.mark.parametrize("digit", [-1, 10])
def test_what_is_no_digit_is_refused(digit):
    with pytest.raises(ValueError, match="Expected a digit, 0 to 9"):
        digits.draw(digit, np.random.default_rng(0))


def test_a_barred_seven_has_a_second_stroke_across_its_stem():
    for seed in range(50):
        seven, bar = (np.array(line) for line in drawn(digits._barred_seven, seed))
        assert bar[0, 0] < bar[1, 0]
        assert seven[0, 1] < bar[:, 1].mean() < seven[:, 1].max()


def test_a_curly_nine_ends_further_left_than_a_straight_one():
    ends = {
        way: np.mean([drawn(way, seed)[0][-1][0] for seed in range(200)])
        for way in (digits._curly_nine, digits._straight_nine)
    }
    assert ends[digits._curly_nine] < ends[digits._straight_nine] - 0.2


def test_a_one_has_no_flag_a_flag_or_a_flag_and_a_foot():
    assert len(drawn(digits._plain_one, 0)[0]) == 3
    flagged = drawn(digits._flagged_one, 0)
    assert len(flagged) == 1
    assert min(x for x, _ in flagged[0]) < -0.05
    assert len(drawn(digits._footed_one, 0)) == 2


@pytest.mark.parametrize(("way", "least"), [(digits._open_four, 0), (digits._closed_four, 1)])
def test_a_four_is_open_or_closed(way, least):
    rng = np.random.default_rng(0)
    found = [
        holes(
            distortion.render(distortion.fit([distortion.smooth(line) for line in drawn(way, rng.integers(99))]), 0.03)
        )
        for _ in range(12)
    ]
    assert np.median(found) == least


def test_written_digits_are_as_the_network_sees_them():
    labels = np.arange(10).repeat(3)
    images = digits.written(labels, np.random.default_rng(0))
    assert images.shape == (30, 28, 28)
    assert images.dtype == np.uint8
    assert np.array_equal(images, digits.written(labels, np.random.default_rng(0)))
    places = np.arange(28) + 0.5
    ink = images / images.sum(axis=(1, 2), keepdims=True)
    assert np.abs((ink * places[:, None]).sum(axis=(1, 2)) - 14).max() < 1.5
    assert np.abs((ink * places).sum(axis=(1, 2)) - 14).max() < 1.5
