"""A stack of small images as one coloured picture: kernels, feature maps, digits, bars.

NumPy colours the values, Pillow adds words.  A value is never interpolated: one number, one square of one colour.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnnviz.lazy import LazyModule
from cnnviz.percentages import NO_BREAK, probability

matplotlib: Any = LazyModule("matplotlib")

Palette = Literal["seismic", "PuOr", "gray", "binary", "viridis"]
Limits = tuple[float, float]

MARK = (224, 123, 0)
"""Frames what is pointed at."""
NAN_COLOUR = (0, 190, 90)
"""Green stands in no palette that is used: what has it is not a number."""


@dataclass(frozen=True)
class Theme:
    """Colours of what surrounds the tiles."""

    paper: tuple[int, int, int]
    text: tuple[int, int, int]
    faint: tuple[int, int, int]
    accent: tuple[int, int, int]


LIGHT = Theme((255, 255, 255), (49, 51, 63), (190, 193, 204), (28, 100, 190))
DARK = Theme((14, 17, 23), (250, 250, 250), (90, 94, 105), (95, 165, 245))


@functools.cache
def _table(palette: Palette) -> np.ndarray:
    """256 colours, uint8 (256, 3)."""
    ramp = np.arange(256, dtype=np.uint8)
    if palette in ("gray", "binary"):
        grey = ramp if palette == "gray" else ramp[::-1]
        return np.repeat(grey[:, None], 3, axis=1)
    colours = matplotlib.colormaps[palette](np.arange(256))[:, :3]
    return np.asarray(np.round(colours * 255), np.uint8)


def colour(values: np.ndarray, palette: Palette, limits: Limits) -> np.ndarray:
    """Colour numbers.

    Args:
        values: float, any shape.
        palette: a matplotlib colour map.
        limits: the numbers that get the first and the last colour; equal limits give the middle colour.

    Returns:
        uint8, shape (*values.shape, 3); what is not a number is NAN_COLOUR.
    """
    low, high = limits
    span = high / 4 - low / 4  # quarters: the difference of the greatest numbers is one too
    share = (values.astype(np.float64) / 4 - low / 4) / span if span > 0 else np.full(values.shape, 0.5)
    index = np.nan_to_num(share.clip(0, 1) * 255).round().astype(np.uint8)
    coloured: np.ndarray = _table(palette)[index]
    coloured[np.isnan(values)] = NAN_COLOUR
    return coloured


def symmetric(values: np.ndarray) -> Limits:
    """Limits with zero in the middle: plus and minus the largest magnitude; not-a-number is left out."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    return -largest, largest


def span(values: np.ndarray) -> Limits:
    """Least and greatest value; zero counts as one of them, so that an empty map looks empty."""
    finite = np.isfinite(values)
    return float(np.min(values, initial=0.0, where=finite)), float(np.max(values, initial=0.0, where=finite))


def is_dead(maps: np.ndarray) -> np.ndarray:
    """Which maps are zero everywhere; bool, shape (n,)."""
    return np.array([not one.any() for one in maps], bool)


def sheet(
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
    """Lay small images out as a grid.

    Args:
        maps: float, shape (n, height, width).
        palette: a matplotlib colour map.
        limits: one pair for all, or one pair a map.
        columns: how many side by side; by default as square as can be.
        cell_px: about how wide one image becomes; always a whole multiple of its own width.
        labels: a word under each image.
        mark_dead: cross out maps that are zero everywhere.
        bar: add a colour bar; needs one pair of limits for all.
        theme: colours around the images.
    """
    grid = sheet_grid(maps.shape, columns, cell_px)
    cell_width = grid.cell[1]
    text_px = max(11, min(20, cell_width // 5)) if labels else 0
    cells = enlarged(maps, palette, limits, zoom=cell_width // maps.shape[2], outline=theme.faint)
    grid = dataclasses.replace(grid, below=round(text_px * 1.4))
    picture = Image.fromarray(_laid_out(cells, grid, theme.paper))
    pen = ImageDraw.Draw(picture)
    for i in np.flatnonzero(is_dead(maps)) if mark_dead else ():
        _cross(pen, grid.box(int(i)), theme)
    for place, label in enumerate(labels):
        left, _, right, bottom = grid.box(place)
        pen.text(((left + right + 1) / 2, bottom + 3), label, theme.text, typeface(text_px), anchor="ma")
    return beside_bar(picture, palette, limits, theme) if bar and isinstance(limits, tuple) else picture


@dataclass(frozen=True)
class Grid:
    """Where the cells of a sheet lie, in pixels: their (height, width), the gap between them, room for words below."""

    columns: int
    cell: tuple[int, int]
    gap: int
    below: int

    @property
    def step(self) -> tuple[int, int]:
        """From one cell to the next: down, across."""
        return self.cell[0] + self.gap + self.below, self.cell[1] + self.gap

    def box(self, i: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of cell i; its last pixels included."""
        top, left = i // self.columns * self.step[0], i % self.columns * self.step[1]
        return left, top, left + self.cell[1] - 1, top + self.cell[0] - 1


def sheet_grid(shape: tuple[int, ...], columns: int | None = None, cell_px: int = 84) -> Grid:
    """Where `sheet` lays out maps of a shape (n, height, width) without labels."""
    n, height, width = shape
    zoom = max(1, round(cell_px / width))
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    return Grid(columns, (height * zoom, width * zoom), max(2, zoom * width // 24), 0)


def enlarged(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    *,
    zoom: int,
    outline: tuple[int, int, int],
) -> np.ndarray:
    """Every map coloured, enlarged and outlined; uint8 (n, height * zoom, width * zoom, 3)."""
    if isinstance(limits, tuple):
        coloured = colour(maps, palette, limits)
    else:
        coloured = np.stack([colour(one, palette, pair) for one, pair in zip(maps, limits, strict=True)])
    cells = coloured.repeat(zoom, axis=1).repeat(zoom, axis=2)
    if zoom > 1:
        cells[:, [0, -1]] = outline
        cells[:, :, [0, -1]] = outline
    return cells


def _laid_out(cells: np.ndarray, grid: Grid, paper: tuple[int, int, int]) -> np.ndarray:
    """The cells row by row on paper, in one array."""
    n, height, width, _ = cells.shape
    rows = math.ceil(n / grid.columns)
    page = np.empty((rows * grid.columns, *grid.step, 3), np.uint8)
    page[:] = paper
    page[:n, :height, :width] = cells
    page = page.reshape(rows, grid.columns, *grid.step, 3).swapaxes(1, 2)  # (rows, down, columns, across, 3)
    page = page.reshape(rows * grid.step[0], grid.columns * grid.step[1], 3)
    return page[: -grid.gap, : -grid.gap]


def _cross(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], theme: Theme) -> None:
    left, top, right, bottom = box
    pen.rectangle(box, fill=theme.paper, outline=theme.faint)
    pen.line((left, top, right, bottom), fill=theme.faint)
    pen.line((left, bottom, right, top), fill=theme.faint)


def beside_bar(picture: Image.Image, palette: Palette, limits: Limits, theme: Theme) -> Image.Image:
    """The picture with a colour bar at its right: least value, zero where it lies between, greatest value."""
    text_px = max(13, min(22, picture.width // 36))
    height = min(picture.height, max(160, picture.width // 2))
    bar_px, pad = text_px, text_px
    low, high = limits
    values = np.linspace(high, low, height)[:, None].repeat(bar_px, axis=1)
    font = typeface(text_px)
    marks = {high: 0, low: height - 1} if high > low else {high: height // 2}
    if low < 0 < high:
        marks[0.0] = round(height * high / (high - low))
    room = max(int(font.getlength(_number(value))) for value in marks) + 8
    wide = Image.new("RGB", (picture.width + pad + bar_px + 6 + room, picture.height), theme.paper)
    wide.paste(picture, (0, 0))
    left, top = picture.width + pad, (picture.height - height) // 2
    wide.paste(Image.fromarray(colour(values, palette, limits)), (left, top))
    pen = ImageDraw.Draw(wide)
    pen.rectangle((left, top, left + bar_px - 1, top + height - 1), outline=theme.faint)
    for value, y in marks.items():
        anchor = "lt" if y == 0 else "lb" if y == height - 1 else "lm"
        pen.text((left + bar_px + 6, top + y), _number(value), theme.text, font, anchor=anchor)
    return wide


def row(images: Sequence[np.ndarray], labels: Sequence[str], cell_px: int = 160, theme: Theme = LIGHT) -> Image.Image:
    """Images of any size side by side, each as large as its cell allows, black to white, with a word under each.

    Args:
        images: float (height, width) in [0, 1] each.
        labels: one for each.
        cell_px: side of a cell.
        theme: colours around them.
    """
    gap, text_px = cell_px // 8, max(12, cell_px // 9)
    height = cell_px + round(text_px * 1.6)
    picture = Image.new("RGB", (len(images) * (cell_px + gap) - gap, height), theme.paper)
    pen = ImageDraw.Draw(picture)
    for place, (image, label) in enumerate(zip(images, labels, strict=True)):
        share = cell_px / max(image.shape)
        size = max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share))
        way = Image.Resampling.NEAREST if share > 1 else Image.Resampling.BOX
        shown = Image.fromarray(np.round(image.clip(0, 1) * 255).astype(np.uint8)).resize(size, way)
        left = place * (cell_px + gap) + (cell_px - size[0]) // 2
        top = (cell_px - size[1]) // 2
        picture.paste(shown.convert("RGB"), (left, top))
        pen.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), outline=theme.faint)
        middle = place * (cell_px + gap) + cell_px / 2
        pen.text((middle, height - 2), label, theme.text, typeface(text_px), anchor="md")
    return picture


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"


def bars(probs: np.ndarray, theme: Theme = LIGHT, height_px: int = 36) -> Image.Image:
    """Ten probabilities as horizontal bars, the greatest in colour, each with its digit and its share.

    Args:
        probs: float, shape (10,), in [0, 1].
    """
    width, text_px = height_px * 10, round(height_px * 0.62)
    picture = Image.new("RGB", (width, height_px * len(probs)), theme.paper)
    pen, font = ImageDraw.Draw(picture), typeface(text_px)
    left, right = round(height_px * 0.9), width - round(height_px * 2.8)
    for digit, prob in enumerate(probs):
        top, middle = digit * height_px, (digit + 0.5) * height_px
        filled = left + round((right - left) * float(prob))
        best = digit == int(probs.argmax())
        pen.text((4, middle), str(digit), theme.text, font, anchor="lm")
        pen.line((left, top + 5, left, top + height_px - 5), fill=theme.faint, width=2)
        if filled > left:
            pen.rectangle((left, top + 5, filled, top + height_px - 5), fill=theme.accent if best else theme.faint)
        pen.text((filled + 10, middle), probability(float(prob)).replace(NO_BREAK, " "), theme.text, font, anchor="lm")
    return picture


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file; quick rather than small."""
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)
    return content.getvalue()


@functools.cache
def typeface(size_px: int) -> Any:
    """The font of the pictures."""
    return ImageFont.load_default(size_px)
