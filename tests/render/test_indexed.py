"""Pictures as numbers of colours, against the same pictures drawn by Pillow in RGB, and read back from their files."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnnviz.percentages import probability
from cnnviz.render import indexed, palettes, tiles
from cnnviz.render.indexed import IndexedPicture
from cnnviz.render.palettes import DARK, LIGHT
from pixels import pixels

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def read(content):
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture


def test_a_file_with_a_palette_holds_every_pixel():
    numbers = np.arange(6, dtype=np.uint8).reshape(2, 3) % 4
    table = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 2, 3]], np.uint8)
    picture = IndexedPicture(numbers, table)
    back = read(picture.png())
    assert (back.mode, back.size) == ("P", (3, 2))
    assert (pixels(back.convert("RGB")) == table[numbers]).all()
    assert (pixels(picture.image()) == table[numbers]).all()


@pytest.mark.parametrize(("n", "mode"), [(256, "P"), (257, "RGB")])
def test_of_more_colours_than_a_palette_holds_none_is_lost(n, mode):
    table = np.stack([np.arange(n) % 256, np.arange(n) // 256, np.full(n, 7)], axis=1).astype(np.uint8)
    numbers = np.arange(n, dtype=np.uint16)[None]
    back = read(IndexedPicture(numbers, table).png())
    assert back.mode == mode
    assert (pixels(back.convert("RGB")) == table[None]).all()


@pytest.mark.parametrize("palette", ["gray", "binary", "seismic"])
def test_a_map_has_a_pixel_for_each_number(palette):
    values = np.random.default_rng(1).normal(0, 1, (9, 12)).astype(np.float32)
    values[2, 2] = np.nan
    limits = palettes.symmetric_limits(values)
    picture = tiles.indexed_map(values, palette, limits)
    found = read(picture.png())
    assert found.mode == "P"
    assert (pixels(found.convert("RGB")) == palettes.apply_palette(values, palette, limits)).all()


def bars_in_rgb(probs, theme, height):
    """As they are to look: drawn by Pillow on one picture."""
    picture = Image.new("RGB", (height * 10, height * len(probs)), theme.paper)
    pen, typeface = ImageDraw.Draw(picture), tiles.font(round(height * 0.62))
    left, right = round(height * 0.9), height * 10 - round(height * 2.8)
    for digit, prob in enumerate(probs):
        top, middle, filled = digit * height, (digit + 0.5) * height, left + round((right - left) * float(prob))
        pen.text((4, middle), str(digit), theme.text, typeface, anchor="lm")
        pen.line((left, top + 5, left, top + height - 5), fill=theme.faint, width=2)
        colour = theme.accent if digit == probs.argmax() else theme.faint
        if filled > left:
            pen.rectangle((left, top + 5, filled, top + height - 5), fill=colour)
        share = probability(float(prob)).replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
        pen.text((filled + 10, middle), share, theme.text, typeface, anchor="lm")
    return picture


@THEMES
@pytest.mark.parametrize("height", [36, 25])
def test_bars_are_as_pillow_draws_them(theme, height):
    rng = np.random.default_rng(2)
    for probs in (np.eye(10)[4], np.full(10, 0.1), *rng.dirichlet(np.full(10, 0.2), 5)):
        expected = pixels(bars_in_rgb(probs, theme, height))
        found = pixels(read(tiles.index_bars(probs, theme, height).png()).convert("RGB"))
        assert np.abs(expected - found).max() <= 1  # of 255, at the edges of letters
        assert (pixels(tiles.probability_bars(probs, theme, height)) == found).all()


def test_bars_are_small():
    bars = tiles.index_bars(np.random.default_rng(4).dirichlet(np.ones(10)))
    assert len(bars.png()) < 0.7 * len(indexed.png(bars.image()))
