"""Many small pictures of one size: packed into one to be sent, and laid out with labels to be taken home."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.palettes import Theme
from cnnviz.render.typeface import font

ACROSS = 32
"""Pictures side by side in a packed sheet."""
CELL_PX, GAP_PX, TEXT_PX = 120, 10, 16


def pack(pictures: np.ndarray) -> Image.Image:
    """All pictures, uint8 (n, height, width, 3), edge to edge, ACROSS in a row."""
    n, height, width, _ = pictures.shape
    rows = -(-n // ACROSS)
    page = np.zeros((rows * ACROSS, height, width, 3), np.uint8)
    page[:n] = pictures
    page = page.reshape(rows, ACROSS, height, width, 3).swapaxes(1, 2)
    return Image.fromarray(page.reshape(rows * height, ACROSS * width, 3)[:, : min(n, ACROSS) * width])


def unpack(content: bytes, n: int, size: tuple[int, int]) -> np.ndarray:
    """The pictures, uint8 (n, height, width, 3), of the PNG file of a packed sheet."""
    height, width = size
    page = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    return np.stack(
        [
            page[i // ACROSS * height : (i // ACROSS + 1) * height, i % ACROSS * width : (i % ACROSS + 1) * width]
            for i in range(n)
        ]
    )


def labelled(pictures: np.ndarray, labels: Sequence[str], columns: int, theme: Theme) -> Image.Image:
    """Lay pictures out row by row on paper, enlarged by a whole number, with a label of one or more lines under each.

    Args:
        pictures: uint8 (n, height, width, 3).
        labels: one for each.
        columns: how many stand side by side.
        theme: colours around them.
    """
    n, height, width, _ = pictures.shape
    zoom = max(1, round(CELL_PX / width))
    lines = max((label.count("\n") + 1 for label in labels), default=0)
    typeface = font(TEXT_PX)
    widest = max((typeface.getlength(line) for label in labels for line in label.split("\n")), default=0)
    across = max(width * zoom, round(widest)) + GAP_PX
    down = height * zoom + round(1.4 * TEXT_PX * lines) + GAP_PX
    columns = min(columns, n)
    whole = Image.new("RGB", (columns * across - GAP_PX, -(-n // columns) * down - GAP_PX), theme.paper)
    pen = ImageDraw.Draw(whole)
    for i, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        middle, top = i % columns * across + (across - GAP_PX) // 2, i // columns * down
        enlarged = Image.fromarray(picture.repeat(zoom, axis=0).repeat(zoom, axis=1))
        whole.paste(enlarged, (middle - enlarged.width // 2, top))
        place = (middle, top + enlarged.height + 4)
        pen.multiline_text(place, label, theme.text, typeface, anchor="ma", align="center")
    return whole
