"""Palettes and limits, with the colours worked out by hand."""

import math

import numpy as np
import pytest

from cnnviz.render import palettes

NAN, INF = math.nan, math.inf
GREEN = (0, 190, 90)
BLUE_END, MIDDLE, RED_END = (0, 0, 76), (255, 253, 253), (128, 0, 0)  # seismic at 0, 128 and 255
ONE = (0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        pytest.param(-2.0, (-2.0, 2.0), BLUE_END, id="low"),
        pytest.param(2.0, (-2.0, 2.0), RED_END, id="high"),
        pytest.param(0.0, (-2.0, 2.0), MIDDLE, id="zero"),
        pytest.param(-9.0, (-2.0, 2.0), BLUE_END, id="below"),
        pytest.param(9.0, (-2.0, 2.0), RED_END, id="above"),
        pytest.param(-INF, (-2.0, 2.0), BLUE_END, id="minus-infinity"),
        pytest.param(INF, (-2.0, 2.0), RED_END, id="infinity"),
        pytest.param(NAN, (-2.0, 2.0), GREEN, id="nan"),
        pytest.param(3.0, (3.0, 3.0), MIDDLE, id="equal-limits"),
        pytest.param(0.0, (-0.0, 0.0), MIDDLE, id="all-zero"),
        pytest.param(INF, (3.0, 3.0), MIDDLE, id="equal-limits-infinity"),
        pytest.param(NAN, (3.0, 3.0), GREEN, id="equal-limits-nan"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_gets_the_colour_of_its_place_between_the_limits(value, limits, expected, dtype):
    coloured = palettes.apply_palette(np.array([[value]], dtype), "seismic", limits)
    assert coloured.dtype == np.uint8
    assert coloured.shape == (1, 1, 3)
    assert tuple(coloured[0, 0]) == expected


def test_gray_shows_ink_white_and_binary_shows_it_black():
    values = np.array([0, 0.25, 1])
    assert palettes.apply_palette(values, "gray", ONE).tolist() == [[0] * 3, [64] * 3, [255] * 3]
    assert palettes.apply_palette(values, "binary", ONE).tolist() == [[255] * 3, [191] * 3, [0] * 3]


@pytest.mark.parametrize(
    ("values", "symmetric", "span"),
    [
        pytest.param([-3, 1, 2], (-3, 3), (-3, 2), id="both-signs"),
        pytest.param([1, 2, 5], (-5, 5), (0, 5), id="positive"),
        pytest.param([-4, -1], (-4, 4), (-4, 0), id="negative"),
        pytest.param([0, 0], (0, 0), (0, 0), id="all-zero"),
        pytest.param([NAN, -1, 0.5], (-1, 1), (-1, 0.5), id="nan-left-out"),
        pytest.param([INF, -INF, 2], (-2, 2), (0, 2), id="infinity-left-out"),
        pytest.param([NAN], (0, 0), (0, 0), id="only-nan"),
    ],
)
def test_limits_come_from_the_finite_values(values, symmetric, span):
    array = np.array(values, np.float32)
    assert palettes.symmetric_limits(array) == symmetric
    assert palettes.limits_with_zero(array) == span
    assert all(type(limit) is float for limit in (*palettes.symmetric_limits(array), *palettes.limits_with_zero(array)))
