"""Small images as one picture: grids of kernels, feature maps or digits, rows of images, bars of probabilities.

NumPy colours the values, Pillow adds words.  Values are never interpolated: one number, one square of one colour.  A
grid is one array, not one matplotlib subplot a map: 36 maps take 4 ms instead of 282.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnnviz.percentages import NO_BREAK, probability
from cnnviz.render.palettes import LIGHT, Colour, Limits, Palette, Theme, apply_palette

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


def is_dead(maps: np.ndarray) -> np.ndarray:
    """Which of n maps are zero everywhere; bool, shape (n,)."""
    return np.array([not map_.any() for map_ in maps], bool)


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
    cell_width = layout.cell[1]
    text_px = max(11, min(20, cell_width // 5)) if labels else 0
    cells = enlarge(maps, palette, limits, zoom=cell_width // maps.shape[2], outline=theme.faint)
    layout = dataclasses.replace(layout, below=round(text_px * 1.4))
    picture = Image.fromarray(_arrange(cells, layout, theme.paper))
    pen = ImageDraw.Draw(picture)
    for dead in np.flatnonzero(is_dead(maps)) if mark_dead else ():
        _cross_out(pen, layout.box(int(dead)), theme)
    for i, label in enumerate(labels):
        left, _, right, bottom = layout.box(i)
        pen.text(((left + right + 1) / 2, bottom + 3), label, theme.text, font(text_px), anchor="ma")
    return with_colour_bar(picture, palette, limits, theme) if bar and isinstance(limits, tuple) else picture


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
    cells = coloured.repeat(zoom, axis=1).repeat(zoom, axis=2)
    if zoom > 1:
        cells[:, [0, -1]] = outline
        cells[:, :, [0, -1]] = outline
    return cells


def _arrange(cells: np.ndarray, layout: GridLayout, paper: Colour) -> np.ndarray:
    """The cells row by row on paper, uint8 (height, width, 3).

    Built as one array of empty cells into which all cells are copied at once; exchanging two axes then puts the rows
    of pixels in their order.
    """
    n, height, width, _ = cells.shape
    rows = math.ceil(n / layout.columns)
    down, across = layout.pitch
    page = np.empty((rows * layout.columns, down, across, 3), np.uint8)
    page[:] = paper
    page[:n, :height, :width] = cells
    page = page.reshape(rows, layout.columns, down, across, 3).swapaxes(1, 2)  # (rows, down, columns, across, 3)
    page = page.reshape(rows * down, layout.columns * across, 3)
    return page[: -layout.gap, : -layout.gap]  # no gap behind the last cells


def _cross_out(pen: ImageDraw.ImageDraw, box: Box, theme: Theme) -> None:
    left, top, right, bottom = box
    pen.rectangle(box, fill=theme.paper, outline=theme.faint)
    pen.line((left, top, right, bottom), fill=theme.faint)
    pen.line((left, bottom, right, top), fill=theme.faint)


def with_colour_bar(picture: Image.Image, palette: Palette, limits: Limits, theme: Theme) -> Image.Image:
    """The picture with a colour bar at its right, labelled with its limits, and zero where it lies between them."""
    text_px = max(13, min(22, picture.width // 36))
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


def image_row(
    images: Sequence[np.ndarray], labels: Sequence[str], cell_px: int = 160, theme: Theme = LIGHT
) -> Image.Image:
    """Draw grey images of any size side by side, each as large as its cell allows, with a label under each.

    Args:
        images: float (height, width) in [0, 1] each; 0 is black.
        labels: one for each image.
        cell_px: side of a cell.
        theme: colours around the images.
    """
    gap, text_px = cell_px // 8, max(12, cell_px // 9)
    height = cell_px + round(text_px * 1.6)
    picture = Image.new("RGB", (len(images) * (cell_px + gap) - gap, height), theme.paper)
    pen = ImageDraw.Draw(picture)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        scale = cell_px / max(image.shape)
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        # Enlarged, a pixel stays a square; reduced, thin strokes must not vanish between pixels.
        resampling = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
        shown = Image.fromarray(np.round(image.clip(0, 1) * 255).astype(np.uint8)).resize(size, resampling)
        left = i * (cell_px + gap) + (cell_px - size[0]) // 2
        top = (cell_px - size[1]) // 2
        picture.paste(shown.convert("RGB"), (left, top))
        pen.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), outline=theme.faint)
        middle = i * (cell_px + gap) + cell_px / 2
        pen.text((middle, height - 2), label, theme.text, font(text_px), anchor="md")
    return picture


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"


def probability_bars(probs: np.ndarray, theme: Theme = LIGHT, height_px: int = 36) -> Image.Image:
    """Draw ten probabilities as horizontal bars, the largest in colour, each with its digit and its percentage.

    Args:
        probs: float, shape (10,), in [0, 1].
        theme: colours.
        height_px: height of a bar with its gap.
    """
    width, text_px = height_px * 10, round(height_px * 0.62)
    picture = Image.new("RGB", (width, height_px * len(probs)), theme.paper)
    pen, typeface = ImageDraw.Draw(picture), font(text_px)
    left, right = round(height_px * 0.9), width - round(height_px * 2.8)
    for digit, prob in enumerate(probs):
        top, middle = digit * height_px, (digit + 0.5) * height_px
        filled = left + round((right - left) * float(prob))
        is_largest = digit == int(probs.argmax())
        pen.text((4, middle), str(digit), theme.text, typeface, anchor="lm")
        pen.line((left, top + 5, left, top + height_px - 5), fill=theme.faint, width=2)
        if filled > left:
            pen.rectangle(
                (left, top + 5, filled, top + height_px - 5), fill=theme.accent if is_largest else theme.faint
            )
        pen.text(
            (filled + 10, middle), probability(float(prob)).replace(NO_BREAK, " "), theme.text, typeface, anchor="lm"
        )
    return picture


def png(picture: Image.Image) -> bytes:
    """The picture as the content of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)  # the fastest: a person waits for it, and the picture is small
    return content.getvalue()


@functools.cache
def font(size_px: int) -> Any:
    """Pillow's built-in font; kept, since Pillow decodes and parses it again on every call."""
    return ImageFont.load_default(size_px)
