"""Distortions: distances and pens on strokes whose answer is known, chance that repeats, images that are refused."""

import numpy as np
import pytest

from cnnviz.synthesis import distortion

BAR = np.zeros((1, 28, 28), np.uint8)
BAR[0, 4:24, 12:16] = 255


def measured_pen(ink):
    """Width of an upright bar, in places, along its middle row."""
    return ink[len(ink) // 2].sum()


def test_distances_are_taken_to_the_edge_and_cut_off_at_reach():
    field = distortion.distance_fields(BAR)[0]
    row = field[42]  # the bar covers the places 36 to 47: pixels 12 to 15, three places each
    assert np.allclose(row[36:42] * 3, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert np.allclose(row[33:36] * 3, [-2.5, -1.5, -0.5])
    assert row[0] == -distortion.REACH_PX
    assert field.shape == (84, 84)


def test_distance_around_a_corner_is_euclidean():
    mask = np.ones((1, 9, 9), bool)
    mask[0, 0, 0] = False
    assert distortion._depth(mask)[0, 3, 4] == pytest.approx(5 - 0.5)
    assert distortion._depth(mask)[0, 0, 0] == 0


def test_natural_pen_of_a_bar_four_pixels_wide():
    (pen,) = distortion.natural_pens(distortion.distance_fields(BAR))
    assert 3.3 <= pen <= 4


def test_a_new_pen_adds_or_takes_its_difference():
    fields = distortion.distance_fields(np.repeat(BAR, 2, axis=0))
    old = np.array([4.0, 4.0], np.float32)

    class Never:
        """Chance by which every digit gets a new pen."""

        def random(self, n):
            return np.ones(n)

        def normal(self, *_):
            return np.zeros(2)

    thin, thick = distortion.repen(fields, old, np.array([3.0, 6.0]), Never())
    assert measured_pen(thin) == pytest.approx(9)
    assert measured_pen(thick) == pytest.approx(18)


def test_a_pen_loses_at_most_two_thirds():
    fields, rng = distortion.distance_fields(np.repeat(BAR, 50, axis=0)), np.random.default_rng(0)
    inks = distortion.repen(fields, np.full(50, 4.0, np.float32), np.zeros(50), rng)
    assert min(measured_pen(ink) for ink in inks) == pytest.approx(4, abs=0.01)  # 12 places less two thirds


def test_drawn_pens_come_out_within_their_bounds():
    pens = distortion.drawn_pens(1000, np.random.default_rng(0))
    final = 20 * pens / (17 + pens)
    low, high = distortion.PEN_PX
    assert low <= final.min() < low + 0.1
    assert high - 0.1 < final.max() <= high


def test_knots_blend_smoothly_and_keep_a_constant():
    blend = distortion._smooth_blend(11)
    assert blend.shape == (11, distortion.KNOTS)
    assert np.allclose(blend.sum(axis=1), 1)
    assert np.allclose(blend[::2], np.eye(6), atol=1e-6)  # every other place of eleven is a knot


def test_reading_between_places_is_bilinear_and_paper_outside():
    field = np.array([[[0, 1], [2, 3]]], np.float32)
    x, y = np.array([[[0.5, 1.0, 1.5]]]), np.array([[[0.5, 0.0, 0.0]]])
    assert np.allclose(distortion._read(field, x, y), [[[1.5, 1.0, -distortion.REACH_PX]]])


def test_warp_without_chance_only_adds_paper(monkeypatch):
    for name in ("TURN", "SHEAR", "STRETCH"):
        monkeypatch.setattr(distortion, name, 0.0)
    monkeypatch.setattr(distortion, "BEND_PX", 1e-9)
    fields = distortion.distance_fields(BAR)
    margin = (distortion.SPAN_PX - 28) * distortion.FINE // 2
    (warped,) = distortion.warp(fields, np.random.default_rng(0))
    assert np.allclose(warped[margin + 1 : -margin - 1, margin + 1 : -margin - 1], fields[0, 1:-1, 1:-1], atol=1e-4)
    assert (warped[: margin - 1] == -distortion.REACH_PX).all()


def test_distorted_digits_are_prepared_repeat_and_differ():
    images = np.repeat(BAR, 3, axis=0)
    once, again = (distortion.distort(images, np.random.default_rng(7), copies=2) for _ in range(2))
    assert once.shape == (2, 3, 28, 28)
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)
    assert len(np.unique(once.reshape(6, -1), axis=0)) == 6
    for image in once.reshape(6, 28, 28):
        inked = np.argwhere(image > 0)
        assert max(inked.max(axis=0) - inked.min(axis=0)) + 1 in (19, 20)


@pytest.mark.parametrize(
    "work",
    [
        lambda images: distortion.distort(images, np.random.default_rng(0)),
        lambda images: distortion.prepared(images / 255),
    ],
)
def test_an_image_without_ink_is_refused(work):
    with pytest.raises(ValueError, match="Expected ink on every"):
        work(np.concatenate([BAR, np.zeros_like(BAR)]))


def test_a_smooth_line_goes_through_its_points_and_keeps_straight_lines():
    points = [(0.0, 0.0), (1.0, 0.5), (0.5, 1.0), (2.0, 2.0)]
    curve = distortion.smooth(points, steps=4)
    assert np.allclose(curve[::4], points)
    assert np.allclose(
        distortion.smooth([(0, 0), (1, 2), (2, 4)], steps=2), [[0, 0], [0.5, 1], [1, 2], [1.5, 3], [2, 4]]
    )


def test_half_way_between_two_points_of_a_catmull_rom_curve():
    curve = distortion.smooth([(0, 0), (0, 1), (1, 1), (1, 0)], steps=2)
    assert np.allclose(curve[3], [0.5, 1.125])  # (9 (P1 + P2) - P0 - P3) / 16


def test_a_point_named_twice_is_a_corner_with_a_small_overshoot():
    curve = distortion.smooth([(0, 0), (1, 0), (1, 0), (1, 1)], steps=9)
    assert np.allclose(curve[:10, 1], 0)
    assert np.allclose(curve[18:, 0], 1)
    assert curve[:, 0].max() == pytest.approx(1 + 2 / 27)


def test_fit_begins_at_zero_and_makes_the_longer_side_one():
    first, second = distortion.fit([np.array([[2.0, 2.0], [4.0, 3.0]]), np.array([[3.0, 6.0]])])
    assert np.allclose(first, [[0, 0], [0.5, 0.25]])
    assert np.allclose(second, [[0.25, 1]])


def test_swaying_keeps_the_number_of_points_and_fits():
    strokes = [np.random.default_rng(0).random((9, 2)), np.random.default_rng(1).random((4, 2))]
    swayed = distortion.swayed(strokes, np.random.default_rng(2))
    assert [points.shape for points in swayed] == [(9, 2), (4, 2)]
    every = np.concatenate(swayed)
    assert np.allclose(every.min(axis=0), 0)
    assert every.max() == pytest.approx(1)


@pytest.mark.parametrize("pen", [0.06, 0.1, 0.3])
def test_a_rendered_line_is_as_wide_as_its_pen(pen):
    ink = distortion.render([np.array([[0.0, 0.0], [0.0, 1.0]])], pen)
    assert set(np.unique(ink)) == {0, 1}
    assert measured_pen(ink) == pytest.approx(pen * distortion.DRAWN_PX, abs=1.5)
    assert ink.any(axis=1).sum() == pytest.approx((1 + pen) * distortion.DRAWN_PX, abs=2)
