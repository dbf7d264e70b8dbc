"""Matrices with their numbers written in the cells, boxes around parts, and equations of pictures: a × b = c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.palettes import LIGHT, MARK_COLOUR, Colour, Limits, Palette, Theme, apply_palette
from cnnviz.render.tiles import enlarged, font

OPERATOR_PX, LABEL_PX = 48, 32
"""Width of an operator between two pictures, and height of a label below one."""
Box = tuple[int, int, int, int]
"""Top, left, bottom, right, in cells; the last two exclusive."""


def annotated_heatmap(
    values: np.ndarray,
    palette: Palette,
    limits: Limits,
    cell_px: int = 56,
    theme: Theme = LIGHT,
) -> Image.Image:
    """Draw a matrix as coloured cells with the numbers written in them; a cell of NaN stays empty.

    Args:
        values: float or int (height, width); whole numbers are written as such, others with two decimals.
        palette, limits: as in `apply_palette`.
        cell_px: side of a cell.
        theme: colours around the cells.
    """
    as_float = values.astype(float)
    cells = apply_palette(as_float, palette, limits)
    cells[np.isnan(as_float)] = theme.paper
    picture = Image.fromarray(cells.repeat(cell_px, axis=0).repeat(cell_px, axis=1))
    is_whole = values.dtype.kind in "iu"
    pen = ImageDraw.Draw(picture)
    for row, column in np.ndindex(values.shape):
        left, top = column * cell_px, row * cell_px
        pen.rectangle((left, top, left + cell_px - 1, top + cell_px - 1), outline=theme.faint)
        if not np.isnan(as_float[row, column]):
            number_on(picture, (left, top), cell_px, values[row, column], is_whole)
    return picture


def number_on(picture: Image.Image, corner: tuple[int, int], cell_px: int, value: Any, is_whole: bool) -> None:
    """Write a number into a square of a picture, black or white by the colour that is there.

    Args:
        picture: is drawn upon.
        corner: left and top of the square.
        cell_px: its side.
        value: the number.
        is_whole: write it as such; else with two decimals.
    """
    left, top = corner
    typeface = font(max(10, round(cell_px * (0.42 if is_whole else 0.27))))
    behind = np.array(picture.getpixel((left + 2, top + 2)))
    text = _text(round(float(value)) if is_whole else value, is_whole)
    middle = (left + cell_px / 2, top + cell_px / 2)
    ImageDraw.Draw(picture).text(middle, text, _text_colour(behind), typeface, anchor="mm")


def _text(value: Any, is_whole: bool) -> str:
    return f"{value}" if is_whole else f"{value:.2f}".replace("-0.00", "0.00")


def _text_colour(background: np.ndarray) -> Colour:
    """White on dark, black on light; by the luma of the television standard BT.601."""
    red, green, blue = (int(part) for part in background)
    return (255, 255, 255) if 0.3 * red + 0.59 * green + 0.11 * blue < 128 else (0, 0, 0)


def image_with_boxes(
    image: np.ndarray, palette: Palette, boxes: Sequence[Box], zoom: int, theme: Theme = LIGHT
) -> Image.Image:
    """Draw one image, a square for each pixel, with frames around parts of it.

    Args:
        image: float (height, width) in [0, 1].
        palette: a matplotlib colour map.
        boxes: what to frame.
        zoom: side of a square.
        theme: colours around the squares.
    """
    picture = enlarged(image, palette, (0.0, 1.0), zoom, theme)
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        _draw_box(pen, box, zoom, MARK_COLOUR, 3)
    return picture


def with_box(picture: Image.Image, box: Box, cell_px: int) -> Image.Image:
    """A copy of a picture of square cells, with a frame around some of them."""
    framed = picture.copy()
    _draw_box(ImageDraw.Draw(framed), box, cell_px, MARK_COLOUR, max(3, cell_px // 14))
    return framed


def _draw_box(pen: ImageDraw.ImageDraw, box: Box, cell_px: int, edge: Colour, width: int) -> None:
    top, left, bottom, right = (cell_px * side for side in box)
    pen.rectangle((left, top, right - 1, bottom - 1), outline=edge, width=width)


def equation(
    pictures: Sequence[Image.Image], operators: Sequence[str], labels: Sequence[str], theme: Theme = LIGHT
) -> Image.Image:
    """Draw an equation of pictures, such as patch × kernel = products.

    Args:
        pictures: of one height.
        operators: one between each two pictures.
        labels: one below each picture.
        theme: colours around the pictures.
    """
    parts = equation_parts(pictures, operators, labels, theme)
    whole = Image.new("RGB", (sum(part.width for part in parts), max(part.height for part in parts)), theme.paper)
    left = 0
    for part in parts:
        whole.paste(part, (left, 0))
        left += part.width
    return whole


def equation_parts(
    pictures: Sequence[Image.Image], operators: Sequence[str], labels: Sequence[str], theme: Theme = LIGHT
) -> list[Image.Image]:
    """The parts of an `equation`: each picture with its label below and, but the first, its operator at the left."""
    parts: list[Image.Image] = []
    for picture, operator, label in zip(pictures, ["", *operators], labels, strict=True):
        left = OPERATOR_PX if parts else 0
        part = Image.new("RGB", (left + picture.width, picture.height + LABEL_PX), theme.paper)
        part.paste(picture, (left, 0))
        pen = ImageDraw.Draw(part)
        pen.text((left + picture.width / 2, picture.height + 6), label, theme.text, font(20), anchor="ma")
        _draw_operator(pen, (left // 2, picture.height // 2), operator, theme)
        parts.append(part)
    return parts


def _draw_operator(pen: ImageDraw.ImageDraw, middle: tuple[int, int], operator: str, theme: Theme) -> None:
    """An operator between two pictures; × and → are drawn as lines, since Pillow's font has no glyph for them."""
    x, y, arm = *middle, 7
    if operator == "×":
        pen.line((x - arm, y - arm, x + arm, y + arm), fill=theme.text, width=2)
        pen.line((x - arm, y + arm, x + arm, y - arm), fill=theme.text, width=2)
    elif operator == "→":
        pen.line((x - 2 * arm, y, x + 2 * arm, y), fill=theme.text, width=2)
        pen.line((x + arm, y - arm, x + 2 * arm, y, x + arm, y + arm), fill=theme.text, width=2)
    else:
        pen.text(middle, operator, theme.text, font(28), anchor="mm")
