"""Numbers in squares, frames around them, and pictures side by side like a sum: patch × kernel = products.

Built from what `tiles` colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.tiles import LIGHT, MARK, Limits, Palette, Theme, colour, enlarged, typeface

SIGN_PX, LABEL_PX = 48, 32


def numbers(
    values: np.ndarray,
    palette: Palette,
    limits: Limits,
    cell_px: int = 56,
    theme: Theme = LIGHT,
    *,
    marked: tuple[int, int] | None = None,
) -> Image.Image:
    """A matrix with its numbers written in the cells; what is not a number has a cell without words.

    Args:
        values: float or int (height, width); whole numbers are written as such, others with two places.
        palette, limits: as in `colour`.
        cell_px: side of a cell.
        theme: colours around it.
        marked: row and column of a cell to frame.
    """
    height, width = values.shape
    whole = values.dtype.kind in "iu"
    cells = colour(values.astype(float), palette, limits)
    cells[np.isnan(values.astype(float))] = theme.paper
    picture = Image.fromarray(cells.repeat(cell_px, axis=0).repeat(cell_px, axis=1))
    pen, font = ImageDraw.Draw(picture), typeface(max(10, round(cell_px * (0.42 if whole else 0.27))))
    for row, column in np.ndindex(height, width):
        left, top = column * cell_px, row * cell_px
        pen.rectangle((left, top, left + cell_px - 1, top + cell_px - 1), outline=theme.faint)
        if np.isnan(float(values[row, column])):
            continue
        red, green, blue = (int(part) for part in cells[row, column])
        ink = (255, 255, 255) if 0.3 * red + 0.59 * green + 0.11 * blue < 128 else (0, 0, 0)
        words = f"{values[row, column]}" if whole else f"{values[row, column]:.2f}".replace("-0.00", "0.00")
        pen.text((left + cell_px / 2, top + cell_px / 2), words, ink, font, anchor="mm")
    if marked:
        left, top = marked[1] * cell_px, marked[0] * cell_px
        pen.rectangle((left, top, left + cell_px - 1, top + cell_px - 1), outline=MARK, width=max(3, cell_px // 14))
    return picture


def framed(
    image: np.ndarray, palette: Palette, boxes: Sequence[tuple[int, int, int, int]], zoom: int, theme: Theme = LIGHT
) -> Image.Image:
    """One image, a square for each pixel, with frames around parts of it.

    Args:
        image: float (height, width) in [0, 1].
        palette: a matplotlib colour map.
        boxes: top, left, bottom, right of each frame in pixels, the last two exclusive.
        zoom: side of a square.
        theme: colours around it.
    """
    picture = Image.fromarray(enlarged(image[None], palette, (0.0, 1.0), zoom=zoom, outline=theme.faint)[0])
    pen = ImageDraw.Draw(picture)
    for top, left, bottom, right in boxes:
        pen.rectangle((left * zoom, top * zoom, right * zoom - 1, bottom * zoom - 1), outline=MARK, width=3)
    return picture


def outlined(
    picture: Image.Image, box: tuple[int, int, int, int], cell_px: int, edge: tuple[int, int, int] = MARK
) -> Image.Image:
    """A picture of square cells with a frame around some of them: top, left, bottom, right, the last two exclusive."""
    top, left, bottom, right = (cell_px * side for side in box)
    framed_picture = picture.copy()
    width = max(3, cell_px // 14)
    ImageDraw.Draw(framed_picture).rectangle((left, top, right - 1, bottom - 1), outline=edge, width=width)
    return framed_picture


def faded(picture: Image.Image, box: tuple[int, int, int, int], cell_px: int, theme: Theme = LIGHT) -> Image.Image:
    """A picture of square cells in which those outside a box, given as for `outlined`, are pale."""
    top, left, bottom, right = (cell_px * side for side in box)
    pale = Image.blend(picture, Image.new("RGB", picture.size, theme.paper), 0.7)
    pale.paste(picture.crop((left, top, right, bottom)), (left, top))
    return pale


def beside(
    pictures: Sequence[Image.Image], signs: Sequence[str], labels: Sequence[str], theme: Theme = LIGHT
) -> Image.Image:
    """Pictures of one height in a row, a sign between each two and a word under each: a × b = c."""
    parts = terms(pictures, signs, labels, theme)
    whole = Image.new("RGB", (sum(part.width for part in parts), max(part.height for part in parts)), theme.paper)
    left = 0
    for part in parts:
        whole.paste(part, (left, 0))
        left += part.width
    return whole


def terms(
    pictures: Sequence[Image.Image], signs: Sequence[str], labels: Sequence[str], theme: Theme = LIGHT
) -> list[Image.Image]:
    """The parts of `beside`, each but the first with the sign at its left, each with its word below."""
    parts: list[Image.Image] = []
    for picture, sign, label in zip(pictures, ["", *signs], labels, strict=True):
        left = SIGN_PX if parts else 0
        part = Image.new("RGB", (left + picture.width, picture.height + LABEL_PX), theme.paper)
        part.paste(picture, (left, 0))
        pen = ImageDraw.Draw(part)
        pen.text((left + picture.width / 2, picture.height + 6), label, theme.text, typeface(20), anchor="ma")
        _sign(pen, (left // 2, picture.height // 2), sign, theme)
        parts.append(part)
    return parts


def _sign(pen: ImageDraw.ImageDraw, middle: tuple[int, int], sign: str, theme: Theme) -> None:
    """A sign between two pictures; × and → are drawn, since the font of the pictures has no glyph for them."""
    x, y, arm = *middle, 7
    if sign == "×":
        pen.line((x - arm, y - arm, x + arm, y + arm), fill=theme.text, width=2)
        pen.line((x - arm, y + arm, x + arm, y - arm), fill=theme.text, width=2)
    elif sign == "→":
        pen.line((x - 2 * arm, y, x + 2 * arm, y), fill=theme.text, width=2)
        pen.line((x + arm, y - arm, x + 2 * arm, y, x + arm, y + arm), fill=theme.text, width=2)
    else:
        pen.text(middle, sign, theme.text, typeface(28), anchor="mm")
