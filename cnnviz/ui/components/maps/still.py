"""A sheet as one picture, drawn by the server as the browser draws its file (`scene.js`), for what is handed in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render import palettes
from cnnviz.render.indexed import png
from cnnviz.render.matrices import number_on
from cnnviz.render.palettes import LIGHT, MARK_COLOUR, Colour, Limits
from cnnviz.render.tiles import font, with_colours_beside
from cnnviz.ui.components.maps.sheet import Sheet

TEXT_PX, LINE_PX, GAP_PX = 15, 20, 8
BORDER: Colour = (213, 214, 218)


@dataclass(frozen=True)
class Layout:
    """Where pictures lie: how many side by side, how wide and high each place is, what is free between two, below each.

    All but the first in pixels.
    """

    side: int
    across: int
    down: int
    gap: int
    below: int

    def corner(self, i: int, size: tuple[int, int]) -> tuple[int, int]:
        """Left and top of the i-th picture, which is so wide and high."""
        left = (i % self.side) * (self.across + self.gap) + (self.across - size[0]) // 2
        top = (i // self.side) * (self.down + self.below + self.gap) + (self.down - size[1]) // 2
        return left, top

    def whole(self, n: int) -> tuple[int, int]:
        """Width and height of all n."""
        rows = math.ceil(n / self.side)
        return self.side * (self.across + self.gap) - self.gap, rows * (self.down + self.below + self.gap) - self.gap


def still(sheet: Sheet) -> bytes:
    """The pictures of a sheet, their labels, frames, crosses, numbers and colour bar, as a PNG file on white."""
    n = len(sheet.pictures)
    if not n:
        return png(Image.new("RGB", (1, 1), LIGHT.paper))
    named = bool(sheet.item) and not sheet.is_one
    labels = [] if sheet.is_one else [*sheet.labels] or ([str(i) for i in range(n)] if named else [])
    sizes = [_size(picture, sheet.cell_px) for picture in sheet.pictures]
    layout = _layout(sheet, sizes, labels)
    whole = Image.new("RGB", layout.whole(n), LIGHT.paper)
    pen = ImageDraw.Draw(whole)
    for i, size in enumerate(sizes):
        left, top = layout.corner(i, size)
        whole.paste(_picture(sheet, i, size), (left, top))
        if labels:
            middle = (left + size[0] / 2, top + size[1] + 2)
            pen.multiline_text(middle, labels[i], LIGHT.text, font(TEXT_PX), anchor="ma", align="center")
    if sheet.bar and sheet.limits is not None:
        whole = with_colours_beside(whole, sheet.table[:256], _limits(sheet, 0), LIGHT)
    return png(whole)


def _size(picture: np.ndarray, cell_px: int) -> tuple[int, int]:
    """How wide and high a picture is drawn: enlarged by a whole number, or scaled down."""
    fits = cell_px / max(picture.shape)
    zoom = round(fits) if fits > 1 else fits
    height, width = (max(1, round(side * zoom)) for side in picture.shape)
    return width, height


def _layout(sheet: Sheet, sizes: list[tuple[int, int]], labels: list[str]) -> Layout:
    lines = [line for label in labels for line in label.split("\n")]
    words = max((math.ceil(font(TEXT_PX).getlength(line)) for line in lines), default=0)
    below = LINE_PX * max((label.count("\n") + 1 for label in labels), default=0)
    side = max(1, min(sheet.columns, len(sizes)))
    across, down = max(words, *(width for width, _ in sizes)), max(height for _, height in sizes)
    return Layout(side, across, down, sheet.gap_px if sheet.is_one else GAP_PX, below)


def _limits(sheet: Sheet, i: int) -> Limits:
    """The limits of the i-th picture."""
    limits: Any = sheet.limits or (0.0, 1.0)
    low, high = limits[i] if isinstance(limits[0], Sequence) else limits
    return float(low), float(high)


def _picture(sheet: Sheet, i: int, size: tuple[int, int]) -> Image.Image:
    """One of them with all that is drawn on it."""
    values = sheet.pictures[i]
    numbers = palettes.palette_numbers(values, _limits(sheet, i)) if values.dtype.kind == "f" else values
    pixels = Image.fromarray(sheet.table[np.minimum(numbers, len(sheet.table) - 1)])
    is_smaller = size[0] < values.shape[1]
    picture = pixels.resize(size, Image.Resampling.BOX if is_smaller else Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(picture)
    width, height = size
    if width > 6:
        pen.rectangle((0, 0, width - 1, height - 1), outline=BORDER)
    if sheet.is_written:
        _write(picture, values, sheet)
    if i in sheet.crossed:
        picture = Image.blend(picture, Image.new("RGB", size, LIGHT.paper), 0.6)
        pen = ImageDraw.Draw(picture)
        pen.line((0, 0, width, height), LIGHT.text)
        pen.line((0, height, width, 0), LIGHT.text)
    for top, left, bottom, right, *kind in (sheet.boxes or {}).get(i, ()):
        zoom = width / values.shape[1]
        box = (left * zoom, top * zoom, right * zoom - 1, bottom * zoom - 1)
        pen.rectangle(box, outline=LIGHT.accent if kind else MARK_COLOUR, width=max(2, round(zoom / 14)))
    return picture


def _write(picture: Image.Image, values: np.ndarray, sheet: Sheet) -> None:
    """Each number in its square; NaN as paper, and pale what lies behind the bright rows and columns."""
    pen, side = ImageDraw.Draw(picture), picture.width // values.shape[1]
    finite = values[np.isfinite(values)]
    is_whole = bool((finite == np.round(finite)).all())
    for row, column in np.ndindex(values.shape):
        left, top = column * side, row * side
        square = (left, top, left + side - 1, top + side - 1)
        if np.isnan(values[row, column]):
            pen.rectangle(square, LIGHT.paper, BORDER)
            continue
        pen.rectangle(square, outline=BORDER)
        number_on(picture, (left, top), side, values[row, column], is_whole)
        if sheet.bright and (row >= sheet.bright[0] or column >= sheet.bright[1]):
            faint = Image.new("RGB", (side, side), LIGHT.paper)
            picture.paste(Image.blend(picture.crop((left, top, left + side, top + side)), faint, 0.7), (left, top))
