"""Tiles, read back from their pixels: every colour, size and place is worked out by hand."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from cnnviz.render import tiles
from cnnviz.render.palettes import DARK, LIGHT
from pixels import colours, grey, pixels

NAN, INF = math.nan, math.inf
GREEN = (0, 190, 90)
BLUE_END, MIDDLE, RED_END = (0, 0, 76), (255, 253, 253), (128, 0, 0)  # seismic at 0, 128 and 255
ONE = (0.0, 1.0)


def test_a_map_is_dead_when_it_is_zero_everywhere():
    maps = np.zeros((4, 2, 2))
    maps[1, 1, 0], maps[2, 0, 0] = -1e-30, NAN
    assert tiles.is_dead(maps).tolist() == [True, False, False, True]


def test_one_value_is_one_square_of_one_colour_with_a_line_around_all():
    values = np.array([[0, 0.5, 1], [1, 0.25, 0]])
    image = pixels(tiles.enlarged(values, "gray", ONE, 10, LIGHT))
    assert image.shape == (20, 30, 3)
    for row, levels in enumerate([[0, 128, 255], [255, 64, 0]]):
        for column, level in enumerate(levels):
            square = image[10 * row : 10 * row + 10, 10 * column : 10 * column + 10]
            assert colours(square[1:-1, 1:-1]) == {grey(level)}
    assert colours(image[1:-1, 1:-1]) == {grey(0), grey(64), grey(128), grey(255)}  # nothing in between
    assert colours(image[[0, -1]]) == colours(image[:, [0, -1]]) == {LIGHT.faint}


def test_nan_is_green_and_a_constant_map_has_the_middle_colour():
    image = pixels(tiles.enlarged(np.array([[0.0, NAN]]), "seismic", (-1.0, 1.0), 10, LIGHT))
    assert colours(image[1:9, 1:10]) == {MIDDLE}
    assert colours(image[1:9, 10:19]) == {GREEN}
    image = pixels(tiles.enlarged(np.full((2, 2), 7.0), "gray", (7.0, 7.0), 10, LIGHT))
    assert colours(image[1:19, 1:19]) == {grey(128)}


@pytest.mark.parametrize("limits", [(-3.0, 3.0), (0.0, 3.0)], ids=["signed", "positive"])
def test_the_bar_runs_from_the_greatest_to_the_least_colour(limits):
    plain = tiles.enlarged(np.zeros((5, 5)), "seismic", limits, 40, DARK)
    picture = tiles.with_colour_bar(plain, "seismic", limits, DARK)
    assert picture.width > plain.width
    assert picture.height == plain.height
    image = pixels(picture)
    assert (image[:, : plain.width] == pixels(plain)).all()
    assert tuple(image[0, plain.width]) == DARK.paper
    assert DARK.text in colours(image)
    near = [(np.abs(image[:, plain.width :] - end) <= 8).all(axis=2) for end in (RED_END, MIDDLE, BLUE_END)]
    inside = np.flatnonzero(near[0].any(axis=0))[0]  # the bar's first column
    high, middle, low = (np.flatnonzero(found[:, inside]) for found in near)
    assert high[0] < high[-1] < middle[0] <= middle[-1] < low[0]


def test_bars_are_as_long_as_their_probabilities_and_the_largest_is_in_colour():
    probs = np.array([0.1, 0, 0.6, 0, 0, 0, 0, 0.3, 0, 0], np.float32)
    image = pixels(tiles.probability_bars(probs))
    assert image.shape == (360, 360, 3)
    filled = [np.abs(image[36 * i + 7] - (LIGHT.accent if i == 2 else LIGHT.faint)).max(1) == 0 for i in range(10)]
    widths = [int(row.sum()) for row in filled]
    whole = 360 - 101 - 32  # right of the digit, left of the words
    assert widths == pytest.approx(whole * probs, abs=2)
    assert np.argmax(widths) == 2
    assert {int(row.argmax()) for row in filled} <= {31, 32}  # all start at one line
    assert [LIGHT.accent in colours(image[36 * i : 36 * i + 36]) for i in range(10)] == [i == 2 for i in range(10)]


def test_the_words_beside_a_full_bar_fit():
    image = pixels(tiles.probability_bars(np.array([1, *[0] * 9])))
    assert colours(image[:, -1]) == {LIGHT.paper}
    assert LIGHT.text in colours(image[:36, 260:])


def test_png_keeps_every_pixel():
    picture = tiles.enlarged(np.arange(4.0).reshape(2, 2), "viridis", (0.0, 3.0), 9, LIGHT)
    content = tiles.png(picture)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    back = Image.open(io.BytesIO(content))
    assert back.mode == "RGB"
    assert (pixels(back) == pixels(picture)).all()
