"""Digit-shaped outliers: as near to digits as digits are to one another, by worked numbers and by look."""

import numpy as np
import pytest

from cnnviz.synthesis import digit_shaped, digits, strokes
from cnnviz.synthesis.outlier_shapes import straight


def test_a_pixel_is_blurred_over_a_square_of_two_by_two():
    """The pixel (4, 5) has the weight 1 in row 1, 3 in row 2, 3 in column 2 and 1 in column 3."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 4, 5] = 255
    found = digit_shaped.features(image).reshape(14, 14)
    assert np.argwhere(found).tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]]
    rows, columns = np.array([1, 3]), np.array([3, 1])
    assert found[1:3, 2:4] == pytest.approx(np.outer(rows, columns) / np.linalg.norm(np.outer(rows, columns)))


def test_nearness_is_the_largest_cosine_and_an_empty_image_has_none():
    some, empty = np.array([[1.0, 0.0], [0.6, 0.8]]), digit_shaped.features(np.zeros((1, 28, 28), np.uint8))
    assert digit_shaped.nearness(np.array([[0.0, 1.0], [1.0, 0.0]]), some) == pytest.approx([0.8, 1.0])
    assert not empty.any()
    assert digit_shaped.nearness(np.zeros((0, 2)), some).shape == (0,)


def test_the_share_of_other_digits_that_it_finds_is_the_one_asked_for():
    rng = np.random.default_rng(0)
    known = digits.sample_images(rng.integers(10, size=3000), rng)
    others = digits.sample_images(rng.integers(10, size=500), rng)
    for share in (0.5, 0.8):
        assert digit_shaped.is_digit_shaped(others, known, share).mean() == pytest.approx(share, abs=0.06)


def test_a_ring_and_an_upright_line_are_digit_shaped_and_a_comb_is_not():
    rng = np.random.default_rng(0)
    known = digits.sample_images(rng.permutation(np.arange(4000) % 10), rng)
    angle = np.linspace(0, 2 * np.pi, 40)
    ring = [np.stack([0.35 * np.cos(angle), 0.5 * np.sin(angle)], axis=1)]
    upright = [straight((0, 0), (0, 1))]
    comb = [straight((0, 0), (1, 0)), *(straight((x, 0), (x, 0.8)) for x in (0, 0.33, 0.67, 1))]
    images = np.stack([strokes.draw_image(strokes.normalize(each), 0.12) for each in (ring, upright, comb)])
    assert digit_shaped.is_digit_shaped(images, known).tolist() == [True, True, False]
