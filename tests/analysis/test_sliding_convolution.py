"""Convolution arithmetic: the formula against counting, and every position of a kernel."""

import numpy as np
import pytest

from cnnviz.analysis import sliding_convolution
from cnnviz.analysis.sliding_convolution import EXAMPLE_IMAGE, EXAMPLE_KERNEL


def test_the_formula_counts_the_positions():
    for n, k, s, p in np.ndindex(9, 8, 4, 4):
        starts = [start for start in range(0, n + 1 + 2 * p, s + 1) if start + k + 1 <= n + 1 + 2 * p]
        if not starts:
            with pytest.raises(ValueError, match="does not fit onto"):
                sliding_convolution.output_size(n + 1, k + 1, s + 1, p)
            continue
        size, unreached = sliding_convolution.output_size(n + 1, k + 1, s + 1, p)
        assert size == len(starts)
        assert unreached == n + 1 + 2 * p - (starts[-1] + k + 1)


def test_the_formula_in_numbers():
    assert sliding_convolution.formula(7, 3, 2, 1) == "⌊(7 + 2 × 1 − 3) / 2⌋ + 1 = 4"
    assert sliding_convolution.output_size(7, 3, 2, 1) == (4, 0)
    assert sliding_convolution.output_size(7, 2, 2, 0) == (3, 1)  # the seventh pixel is never reached


@pytest.mark.parametrize("setting", [(0, 1, 1, 0), (7, 0, 1, 0), (7, 3, 0, 0), (7, 3, 1, -1)])
def test_sizes_and_strides_that_are_too_small_are_refused(setting):
    with pytest.raises(ValueError, match="Expected at least 1 pixel"):
        sliding_convolution.output_size(*setting)


def test_whole_numbers_stay_whole():
    result = sliding_convolution.slide(EXAMPLE_IMAGE, EXAMPLE_KERNEL, stride=2)
    assert (result.output.dtype, result.padded.shape, result.unreached) == (np.int64, (7, 7), 0)
    assert result.output.tolist() == [[0, -3, -4], [-1, -2, 3], [1, 5, 1]]
    position = result.positions[4]
    assert (position.row, position.column, position.top, position.left) == (1, 1, 2, 2)
    assert position.window.tolist() == [[0, 0, 3], [0, 2, 3], [1, 3, 1]]
    assert position.products.tolist() == [[0, 0, 3], [0, 0, 0], [-1, -3, -1]]
    assert position.total == -2


def test_every_position_of_the_kernel_is_in_the_output():
    result = sliding_convolution.slide(EXAMPLE_IMAGE, np.full((4, 4), 0.5), stride=2, padding_px=1)
    assert (result.padded.shape, result.output.shape, result.unreached) == ((9, 9), (3, 3), 1)
    assert result.output.dtype == np.float64
    assert [position.total for position in result.positions] == result.output.ravel().tolist()
    assert (result.padded[0] == 0).all()


def test_what_is_not_square_or_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="Expected a square"):
        sliding_convolution.slide(EXAMPLE_IMAGE, np.ones((2, 3)))
    with pytest.raises(ValueError, match="does not fit"):
        sliding_convolution.slide(EXAMPLE_IMAGE, np.ones((8, 8)))
