"""Small images as one picture: grids of kernels, feature maps or digits, rows of images, bars of probabilities.

NumPy colours the values, Pillow adds words.  Values are never interpolated: one number, one square of one colour.  A
grid is one array, not one matplotlib subplot a map: 36 maps take 4 ms instead of 282.

`index_grid`, `index_row` and `index_bars` give the same pictures as `make_grid`, `image_row` and `probability_bars`, to
the pixel, as numbers of colours: drawn and encoded in a fifth of the time, for what changes with every stroke.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.bars import index_bars, probability_bars
from cnnviz.render.indexed import MAX_COLOURS, IndexedPicture, png
from cnnviz.render.palettes import (
    LIGHT,
    NAN_NUMBER,
    Colour,
    Limits,
    Palette,
    Theme,
    apply_palette,
    palette_numbers,
    palette_table,
)
from cnnviz.render.rows import image_row, index_row
from cnnviz.render.typeface import font

__all__ = [
    "GridLayout", "enlarge", "font", "grid_layout", "image_row", "index_bars", "index_grid", "index_row", "is_dead",
    "make_grid", "png", "probability_bars", "with_colour_bar",
]  # fmt: skip

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


def is_dead(maps: np.ndarray) -> np.ndarray:
    """Which of n maps are zero everywhere; bool, shape (n,)."""
    return np.logical_not(maps.reshape(len(maps), -1).any(axis=1))


def make_grid(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    *,
    columns: int | None = None,
    cell_px: int = 84,
    labels: Sequence[str] = (),
    mark_dead: bool = False,
    bar: bool = False,
    theme: Theme = LIGHT,
) -> Image.Image:
    """Draw maps, or other small images, as a grid.

    Args:
        maps: float, shape (n, height, width).
        palette: a matplotlib colour map.
        limits: one pair for all maps, or a list with a pair for each.
        columns: how many side by side; by default the grid is as square as can be.
        cell_px: about how wide a map is drawn; always a whole multiple of its own width.
        labels: a label under each map.
        mark_dead: cross out maps that are zero everywhere.
        bar: add a colour bar, where one pair of limits holds for all maps.
        theme: colours around the maps.
    """
    layout = grid_layout(maps.shape, columns, cell_px)
    text_px = max(11, min(20, layout.cell[1] // 5), min(14, layout.cell[1] * 14 // 25)) if labels else 0
    layout = dataclasses.replace(layout, below=round(text_px * 1.4))
    picture = _index(maps, palette, limits, layout, mark_dead=mark_dead, theme=theme).image()
    pen = ImageDraw.Draw(picture)
    for i, label in enumerate(labels):
        left, _, right, bottom = layout.box(i)
        pen.text(((left + right + 1) / 2, bottom + 3), label, theme.text, font(text_px), anchor="ma")
    return with_colour_bar(picture, palette, limits, theme) if bar and isinstance(limits, tuple) else picture


def index_grid(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    *,
    columns: int | None = None,
    cell_px: int = 84,
    mark_dead: bool = False,
    theme: Theme = LIGHT,
) -> IndexedPicture:
    """Draw maps as `make_grid` does, without labels and colour bar, to be encoded at once."""
    layout = grid_layout(maps.shape, columns, cell_px)
    return _index(maps, palette, limits, layout, mark_dead=mark_dead, theme=theme)


@dataclass(frozen=True)
class GridLayout:
    """Where the cells of a grid lie.

    Attributes:
        columns: cells side by side.
        cell: (height, width) of a cell in pixels.
        gap: pixels between two cells.
        below: pixels below each cell, for its label.
    """

    columns: int
    cell: tuple[int, int]
    gap: int
    below: int

    @property
    def pitch(self) -> tuple[int, int]:
        """Pixels from one cell to the next: down, across."""
        return self.cell[0] + self.gap + self.below, self.cell[1] + self.gap

    def box(self, i: int) -> Box:
        """Left, top, right, bottom of cell i; its last pixels included."""
        top, left = i // self.columns * self.pitch[0], i % self.columns * self.pitch[1]
        return left, top, left + self.cell[1] - 1, top + self.cell[0] - 1


def grid_layout(shape: tuple[int, ...], columns: int | None = None, cell_px: int = 84) -> GridLayout:
    """Where `make_grid` draws maps of a shape (n, height, width) that have no labels."""
    n, height, width = shape
    zoom = max(1, round(cell_px / width))
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    return GridLayout(columns, (height * zoom, width * zoom), max(2, zoom * width // 24), 0)


def enlarge(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    *,
    zoom: int,
    outline: Colour,
) -> np.ndarray:
    """Colour, enlarge and outline every map.

    Args:
        maps: float, shape (n, height, width).
        palette, limits: as for `make_grid`.
        zoom: side in pixels of the square that a number becomes; with 1 there is no room for an outline.
        outline: its colour.

    Returns:
        uint8, shape (n, height * zoom, width * zoom, 3).
    """
    if isinstance(limits, tuple):
        coloured = apply_palette(maps, palette, limits)
    else:
        coloured = np.stack([apply_palette(map_, palette, pair) for map_, pair in zip(maps, limits, strict=True)])
    return _enlarge(coloured, zoom, outline)


def _enlarge(coloured: np.ndarray, zoom: int, outline: Colour | int) -> np.ndarray:
    """Every map larger and outlined; colours, or numbers of colours, in and out."""
    cells: np.ndarray = coloured.repeat(zoom, axis=1).repeat(zoom, axis=2)
    if zoom > 1:
        cells[:, [0, -1]] = outline
        cells[:, :, [0, -1]] = outline
    return cells


def _index(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    layout: GridLayout,
    *,
    mark_dead: bool,
    theme: Theme,
) -> IndexedPicture:
    """The maps in a grid; the numbers of the colours that do not occur are left out before anything is enlarged."""
    if isinstance(limits, tuple):
        numbers = palette_numbers(maps, limits)
    else:
        numbers = np.stack([palette_numbers(map_, pair) for map_, pair in zip(maps, limits, strict=True)])
    occurring = np.unique(numbers)
    paper, faint = len(occurring), len(occurring) + 1
    table = np.concatenate([palette_table(palette)[occurring], np.array([theme.paper, theme.faint], np.uint8)])
    renumbered = np.zeros(NAN_NUMBER + 1, np.uint8 if len(table) <= MAX_COLOURS else np.uint16)
    renumbered[occurring] = np.arange(paper)
    page = _arrange(_enlarge(renumbered[numbers], layout.cell[1] // maps.shape[2], faint), layout, paper)
    for dead in np.flatnonzero(is_dead(maps)) if mark_dead else ():
        left, top, right, bottom = layout.box(int(dead))
        page[top : bottom + 1, left : right + 1] = np.where(_cross(layout.cell), faint, paper)
    return IndexedPicture(page, table)


def _arrange(cells: np.ndarray, layout: GridLayout, paper: int) -> np.ndarray:
    """The cells, numbers of colours, row by row on paper: (height, width).

    Built as one array of empty cells into which all cells are copied at once; exchanging two axes then puts the rows
    of pixels in their order.
    """
    n, height, width = cells.shape
    rows = math.ceil(n / layout.columns)
    down, across = layout.pitch
    page = np.full((rows * layout.columns, down, across), paper, cells.dtype)
    page[:n, :height, :width] = cells
    page = page.reshape(rows, layout.columns, down, across).swapaxes(1, 2)  # (rows, down, columns, across)
    page = page.reshape(rows * down, layout.columns * across)
    return page[: -layout.gap, : -layout.gap]  # no gap behind the last cells


@functools.lru_cache(maxsize=64)
def _cross(cell: tuple[int, int]) -> np.ndarray:
    """An outlined cell (height, width) that is crossed out: bool, True on the lines."""
    bottom, right = cell[0] - 1, cell[1] - 1
    picture = Image.new("L", (cell[1], cell[0]))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, right, bottom), outline=1)
    pen.line((0, 0, right, bottom), fill=1)
    pen.line((0, bottom, right, 0), fill=1)
    return np.asarray(picture) > 0


def with_colour_bar(picture: Image.Image, palette: Palette, limits: Limits, theme: Theme) -> Image.Image:
    """The picture with a colour bar at its right, labelled with its limits, and zero where it lies between them."""
    text_px = max(14, min(22, picture.width // 36))
    height = min(picture.height, max(160, picture.width // 2))
    bar_px, pad = text_px, text_px
    low, high = limits
    values = np.linspace(high, low, height)[:, None].repeat(bar_px, axis=1)
    typeface = font(text_px)
    labels = {high: 0, low: height - 1} if high > low else {high: height // 2}
    if low < 0 < high:
        labels[0.0] = round(height * high / (high - low))
    label_px = max(int(typeface.getlength(_signed(value))) for value in labels) + 8
    whole = Image.new("RGB", (picture.width + pad + bar_px + 6 + label_px, picture.height), theme.paper)
    whole.paste(picture, (0, 0))
    left, top = picture.width + pad, (picture.height - height) // 2
    whole.paste(Image.fromarray(apply_palette(values, palette, limits)), (left, top))
    pen = ImageDraw.Draw(whole)
    pen.rectangle((left, top, left + bar_px - 1, top + height - 1), outline=theme.faint)
    for value, y in labels.items():
        anchor = "lt" if y == 0 else "lb" if y == height - 1 else "lm"
        pen.text((left + bar_px + 6, top + y), _signed(value), theme.text, typeface, anchor=anchor)
    return whole


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"
