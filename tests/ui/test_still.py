"""Sheets as the server draws them for a report: each number one square of its colour, with all that is drawn on it."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnviz.render.palettes import LIGHT, MARK_COLOUR
from cnnviz.ui.components.maps.sheet import GREYS, Sheet, exact, images, neurons, numbered, written
from cnnviz.ui.components.maps.still import BORDER, GAP_PX, LINE_PX, still


def pixels(sheet):
    with Image.open(io.BytesIO(still(sheet))) as picture:
        return np.asarray(picture.convert("RGB"))


CHECKS = np.array([[0, 255], [128, 64]], np.uint8)


def test_pictures_stand_in_rows_each_number_a_square():
    shown = pixels(Sheet([CHECKS] * 3, GREYS, 2, cell_px=20))
    assert shown.shape == (20 + GAP_PX + 20, 20 + GAP_PX + 20, 3)
    for top, left in ((0, 0), (0, 20 + GAP_PX), (20 + GAP_PX, 0)):
        squares = shown[top + 5 : top + 20 : 10, left + 5 : left + 20 : 10, 0]
        assert squares.tolist() == CHECKS.tolist()
    assert (shown[20 + GAP_PX :, 20 + GAP_PX :] == 255).all()
    assert tuple(shown[0, 0]) == BORDER


def test_labels_are_below_and_what_opens_is_numbered():
    plain = pixels(Sheet([CHECKS] * 2, GREYS, 2, cell_px=20))
    for sheet in (
        Sheet([CHECKS] * 2, GREYS, 2, cell_px=20, labels=("a", "b")),
        Sheet([CHECKS] * 2, GREYS, 2, cell_px=20, item="map"),
    ):
        shown = pixels(sheet)
        assert shown.shape[0] == plain.shape[0] + LINE_PX
        assert shown[21:].min() < 128
    two_lines = pixels(Sheet([CHECKS], GREYS, 1, cell_px=20, labels=("True: 4, Pred: 9\nImage 115",)))
    assert two_lines.shape[0] == 20 + 2 * LINE_PX
    assert two_lines.shape[1] > 60


def test_values_have_the_colours_of_their_limits_each_its_own_where_there_are_several():
    maps = np.array([[[0.0, 1.0]], [[0.0, 4.0]]], np.float32)
    one = pixels(exact(maps, "gray", (0.0, 4.0), 1, cell_px=20))
    assert [int(one[5, 5, 0]), int(one[5, 15, 0])] == [0, 64]
    two = pixels(exact(maps, "gray", [(0.0, 1.0), (0.0, 4.0)], 1, cell_px=20))
    assert int(two[5, 15, 0]) == 255
    empty = exact(np.full((1, 2, 2), np.nan, np.float32), "gray", (0.0, 1.0), 1, cell_px=20)
    assert tuple(pixels(empty)[10, 5]) == (0, 190, 90)


def test_crosses_frames_and_numbers_are_drawn():
    maps = np.zeros((2, 4, 4))
    maps[1] = 1
    crossed = pixels(numbered(maps, "gray", (0.0, 1.0), 2, cell_px=20))
    assert crossed[3, 10, 0] == pytest.approx(153, abs=2)  # black, paled
    assert crossed[3, 20 + GAP_PX + 10, 0] == 255
    framed = pixels(
        images(np.zeros((1, 28, 28)), "gray", 1, cell_px=280, boxes={0: [(2, 2, 5, 5), (10, 10, 12, 12, "edge")]})
    )
    assert tuple(framed[21, 35]) == MARK_COLOUR
    assert tuple(framed[101, 110]) == LIGHT.accent
    told = pixels(written(np.array([[7.0, np.nan]]), "gray", (0.0, 7.0), 40))
    assert told[8:32, 8:32].min() < 60  # a black 7 on white
    assert (told[5:35, 45:75] == 255).all()
    pale = pixels(written(np.array([[0.0, 0.0]]), "gray", (0.0, 7.0), 40, bright=(1, 1)))
    assert pale[5, 5, 0] == 0
    assert pale[5, 60, 0] == pytest.approx(178, abs=2)


def test_a_colour_bar_stands_beside_and_large_pictures_are_scaled_down():
    shown = pixels(neurons(np.arange(10.0), "gray", (0.0, 9.0), 200))
    assert shown.shape[1] > 200 + 20
    assert pixels(images(np.zeros((1, 100, 50)), "gray", 1, cell_px=40)).shape == (40, 20, 3)
    assert pixels(Sheet([], GREYS, 1)).shape == (1, 1, 3)
