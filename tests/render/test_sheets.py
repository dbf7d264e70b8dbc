"""Small pictures packed into one and laid out: each is where it belongs, to the pixel."""

import numpy as np
import pytest
from PIL import Image

from cnnviz.render import sheets, tiles
from cnnviz.render.palettes import DARK, LIGHT


@pytest.mark.parametrize("n", [1, 9, 32, 33, 100])
def test_what_is_packed_can_be_unpacked(rng, n):
    pictures = rng.integers(0, 256, (n, 5, 7, 3), np.uint8)
    content = tiles.png(sheets.pack(pictures))
    assert (sheets.unpack(content, n, (5, 7)) == pictures).all()


def test_pictures_stand_row_by_row_enlarged_by_a_whole_number(rng):
    pictures = rng.integers(0, 256, (4, 28, 28, 3), np.uint8)
    whole = np.asarray(sheets.labelled(pictures, ["a", "b", "c", "d"], 3, DARK))
    zoom = 4
    across, down = 28 * zoom + sheets.GAP_PX, 28 * zoom + round(1.4 * sheets.TEXT_PX) + sheets.GAP_PX
    assert whole.shape == (2 * down - sheets.GAP_PX, 3 * across - sheets.GAP_PX, 3)
    enlarged = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    for i, (top, left) in enumerate([(0, 0), (0, across), (0, 2 * across), (down, 0)]):
        assert (whole[top : top + 28 * zoom, left : left + 28 * zoom] == enlarged[i]).all()
    assert (whole[-1, -1] == DARK.paper).all()


def test_long_labels_and_several_lines_have_room():
    pictures = np.zeros((2, 28, 28, 3), np.uint8)
    short, long = (sheets.labelled(pictures, [label] * 2, 2, LIGHT) for label in ("7", "True: 4, Pred: 9 " * 3 + "\nx"))
    assert isinstance(long, Image.Image)
    assert long.width > short.width
    assert long.height > short.height
