"""Distortions: distances and pens on strokes whose answer is known, seeds that repeat, images that are refused."""

import numpy as np
import pytest

from cnnviz.synthesis import distortion, preparation

BAR = np.zeros((1, 28, 28), np.uint8)
BAR[0, 4:24, 12:16] = 255


def measured_pen(ink):
    """Width of an upright bar, in points, along its middle row."""
    return ink[len(ink) // 2].sum()


def test_distances_are_taken_to_the_edge_and_cut_off_at_the_largest_distance():
    field = distortion.distance_fields(BAR)[0]
    row = field[42]  # the bar covers the points 36 to 47: pixels 12 to 15, three points each
    assert np.allclose(row[36:42] * 3, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert np.allclose(row[33:36] * 3, [-2.5, -1.5, -0.5])
    assert row[0] == -distortion.MAX_DISTANCE_PX
    assert field.shape == (84, 84)


def test_distance_around_a_corner_is_euclidean():
    mask = np.ones((1, 9, 9), bool)
    mask[0, 0, 0] = False
    assert distortion._distance_inside(mask)[0, 3, 4] == pytest.approx(5 - 0.5)
    assert distortion._distance_inside(mask)[0, 0, 0] == 0


def test_estimated_pen_of_a_bar_four_pixels_wide():
    (pen,) = distortion.estimate_pen_widths(distortion.distance_fields(BAR))
    assert 3.3 <= pen <= 4


def test_a_new_pen_adds_or_takes_its_difference():
    fields = distortion.distance_fields(np.repeat(BAR, 2, axis=0))
    old = np.array([4.0, 4.0], np.float32)

    class NoneKept:
        """A generator by which every digit gets a new pen."""

        def random(self, n):
            return np.ones(n)

        def normal(self, *_):
            return np.zeros(2)

    thin, thick = distortion.change_pens(fields, old, np.array([3.0, 6.0]), NoneKept())
    assert measured_pen(thin) == pytest.approx(9)
    assert measured_pen(thick) == pytest.approx(18)


def test_a_pen_loses_at_most_two_thirds():
    fields, rng = distortion.distance_fields(np.repeat(BAR, 50, axis=0)), np.random.default_rng(0)
    inks = distortion.change_pens(fields, np.full(50, 4.0, np.float32), np.zeros(50), rng)
    assert min(measured_pen(ink) for ink in inks) == pytest.approx(4, abs=0.01)  # 12 points less two thirds


def test_sampled_pens_come_out_within_their_bounds():
    pens = distortion.sample_pen_widths(1000, np.random.default_rng(0))
    final = 20 * pens / (17 + pens)
    low, high = distortion.PEN_RANGE_PX
    assert low <= final.min() < low + 0.1
    assert high - 0.1 < final.max() <= high


def test_cubic_weights_sum_to_one_and_are_exact_at_the_knots():
    weights = distortion._cubic_weights(11)
    assert weights.shape == (11, distortion.N_KNOTS)
    assert np.allclose(weights.sum(axis=1), 1)
    assert np.allclose(weights[::2], np.eye(6), atol=1e-6)  # every other point of eleven is a knot


def test_interpolation_is_bilinear_and_paper_outside():
    field = np.array([[[0, 1], [2, 3]]], np.float32)
    x, y = np.array([[[0.5, 1.0, 1.5]]]), np.array([[[0.5, 0.0, 0.0]]])
    assert np.allclose(distortion._interpolate(field, x, y), [[[1.5, 1.0, -distortion.MAX_DISTANCE_PX]]])


def test_a_warp_of_no_strength_only_adds_paper(monkeypatch):
    for name in ("ROTATION_STD", "SHEAR_STD", "STRETCH_STD"):
        monkeypatch.setattr(distortion, name, 0.0)
    monkeypatch.setattr(distortion, "ELASTIC_PX", 1e-9)
    fields = distortion.distance_fields(BAR)
    margin = (distortion.WARPED_PX - 28) * distortion.SUBPIXELS // 2
    (warped,) = distortion.warp(fields, np.random.default_rng(0))
    assert np.allclose(warped[margin + 1 : -margin - 1, margin + 1 : -margin - 1], fields[0, 1:-1, 1:-1], atol=1e-4)
    assert (warped[: margin - 1] == -distortion.MAX_DISTANCE_PX).all()


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
        lambda images: preparation.prepare_batch(images / 255),
    ],
)
def test_an_image_without_ink_is_refused(work):
    with pytest.raises(ValueError, match="Expected ink on every"):
        work(np.concatenate([BAR, np.zeros_like(BAR)]))
