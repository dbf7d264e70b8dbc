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


@THEMES
@pytest.mark.parametrize("palette", ["gray", "binary", "seismic"])
def test_a_grid_is_the_same_picture_either_way(theme, palette):
    maps = np.random.default_rng(1).normal(0, 1, (20, 9, 9)).astype(np.float32)
    maps[3], maps[5, 2, 2] = 0, np.nan
    limits = palettes.symmetric_limits(maps)
    options = {"columns": 8, "cell_px": 56, "mark_dead": True, "theme": theme}
    rgb = tiles.make_grid(maps, palette, limits, **options)
    picture = tiles.index_grid(maps, palette, limits, **options)
    assert rgb.mode == "RGB"
    assert (pixels(rgb) == pixels(read(picture.png()).convert("RGB"))).all()
    colours = palettes.apply_palette(maps, palette, limits)
    for i in (0, 19):
        left, top, _, _ = tiles.grid_layout(maps.shape, 8, 56).box(i)
        middles = pixels(rgb)[top + 3 : top + 54 : 6, left + 3 : left + 54 : 6]
        assert (middles == colours[i]).all()


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


@THEMES
def test_a_row_is_as_pillow_draws_it(theme):
    rng = np.random.default_rng(3)
    images = [np.round(rng.random(shape) * 60) / 60 for shape in ((28, 28), (300, 200), (20, 12))]
    labels, cell, gap = ("drawn", "cropped", "q"), 160, 20
    expected = Image.new("RGB", (3 * cell + 2 * gap, cell + 27), theme.paper)
    pen = ImageDraw.Draw(expected)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        scale = cell / max(image.shape)
        size = round(image.shape[1] * scale), round(image.shape[0] * scale)
        how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
        shown = Image.fromarray(np.round(image * 255).astype(np.uint8)).resize(size, how)
        left, top = i * (cell + gap) + (cell - size[0]) // 2, (cell - size[1]) // 2
        expected.paste(shown.convert("RGB"), (left, top))
        pen.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), outline=theme.faint)
        pen.text((i * (cell + gap) + cell / 2, cell + 25), label, theme.text, tiles.font(17), anchor="md")
    picture = tiles.index_row(images, labels, cell, theme)
    found = pixels(read(picture.png()).convert("RGB"))
    assert (found[:cell] == pixels(expected)[:cell]).all()
    assert np.abs(found - pixels(expected)).max() <= 5  # of 255, at the edges of letters
    assert (pixels(tiles.image_row(images, labels, cell, theme)) == found).all()


def test_the_same_image_twice_is_shown_twice():
    image = np.linspace(0, 1, 16).reshape(4, 4)
    row = pixels(tiles.image_row([image, image.copy(), image], ["", "", ""], 40))
    assert (row[:, :40] == row[:, 45:85]).all()
    assert (row[:, :40] == row[:, 90:]).all()


def test_what_changes_with_every_stroke_is_small():
    rng = np.random.default_rng(4)
    maps = np.maximum(rng.normal(0, 1, (36, 7, 7)), 0)
    grid = tiles.index_grid(maps, "binary", palettes.limits_with_zero(maps), columns=12, cell_px=56)
    bars = tiles.index_bars(rng.dirichlet(np.ones(10)))
    for picture in (grid, bars):
        assert len(picture.png()) < 0.7 * len(indexed.png(picture.image()))
