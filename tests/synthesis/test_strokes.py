"""Strokes: curves through points, deformations, and pens as wide as they should be."""

import numpy as np
import pytest

from cnnviz.synthesis import strokes


def test_a_curve_goes_through_its_points_and_keeps_straight_lines():
    points = [(0.0, 0.0), (1.0, 0.5), (0.5, 1.0), (2.0, 2.0)]
    curve = strokes.catmull_rom(points, n_per_segment=4)
    assert np.allclose(curve[::4], points)
    assert np.allclose(
        strokes.catmull_rom([(0, 0), (1, 2), (2, 4)], n_per_segment=2), [[0, 0], [0.5, 1], [1, 2], [1.5, 3], [2, 4]]
    )


def test_half_way_between_two_points_of_a_catmull_rom_curve():
    curve = strokes.catmull_rom([(0, 0), (0, 1), (1, 1), (1, 0)], n_per_segment=2)
    assert np.allclose(curve[3], [0.5, 1.125])  # (9 (P1 + P2) - P0 - P3) / 16


def test_a_point_named_twice_is_a_corner_with_a_small_overshoot():
    curve = strokes.catmull_rom([(0, 0), (1, 0), (1, 0), (1, 1)], n_per_segment=9)
    assert np.allclose(curve[:10, 1], 0)
    assert np.allclose(curve[18:, 0], 1)
    assert curve[:, 0].max() == pytest.approx(1 + 2 / 27)


def test_normalizing_begins_at_zero_and_makes_the_longer_side_one():
    first, second = strokes.normalize([np.array([[2.0, 2.0], [4.0, 3.0]]), np.array([[3.0, 6.0]])])
    assert np.allclose(first, [[0, 0], [0.5, 0.25]])
    assert np.allclose(second, [[0.25, 1]])


def test_deforming_keeps_the_number_of_points_and_normalizes():
    drawing = [np.random.default_rng(0).random((9, 2)), np.random.default_rng(1).random((4, 2))]
    deformed = strokes.deform(drawing, np.random.default_rng(2))
    assert [points.shape for points in deformed] == [(9, 2), (4, 2)]
    points = np.concatenate(deformed)
    assert np.allclose(points.min(axis=0), 0)
    assert points.max() == pytest.approx(1)


@pytest.mark.parametrize("pen", [0.06, 0.1, 0.3])
def test_a_rendered_line_is_as_wide_as_its_pen(pen):
    ink = strokes.render([np.array([[0.0, 0.0], [0.0, 1.0]])], pen)
    assert set(np.unique(ink)) == {0, 1}
    assert ink[len(ink) // 2].sum() == pytest.approx(pen * strokes.RENDER_PX, abs=1.5)
    assert ink.any(axis=1).sum() == pytest.approx((1 + pen) * strokes.RENDER_PX, abs=2)


def test_a_drawn_image_has_the_format_of_mnist():
    image = strokes.draw_image([np.array([[0.0, 0.0], [0.0, 1.0]])], 0.1)
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (rows[0], rows[-1]) == (4, 23)  # 20 pixels, in the middle
    assert columns.mean() == pytest.approx(13.5, abs=0.5)
    assert image.max() == 255


def test_pens_are_between_the_narrowest_and_the_widest_that_either_half_allows():
    pens = np.array([strokes.sample_pen_width(np.random.default_rng(seed)) for seed in range(2000)])
    # On the canvas: 10 pixels around the largest digit, 34 around the smallest; on 28×28: 1 and 7.2 of 20 pixels.
    assert min(10 / (0.85 * 270), 1 / 19) <= pens.min() < 0.06
    assert 0.5 < pens.max() <= max(34 / (0.2 * 246), 7.2 / 12.8)
