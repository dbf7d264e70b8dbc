"""Small images as pictures, and the colour bar beside one.

NumPy colours the values, Pillow adds words.  Values are never interpolated: one number, one square of one colour.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.bars import index_bars, probability_bars
from cnnviz.render.indexed import IndexedPicture, png
from cnnviz.render.palettes import Limits, Palette, Theme, apply_palette, palette_numbers, palette_table
from cnnviz.render.typeface import font

__all__ = [
    "enlarged", "font", "index_bars", "indexed_map", "is_dead", "png", "probability_bars", "with_colour_bar",
    "with_colours_beside",
]  # fmt: skip


def is_dead(maps: np.ndarray) -> np.ndarray:
    """Which of n maps are zero everywhere; bool, shape (n,)."""
    return np.logical_not(maps.reshape(len(maps), -1).any(axis=1))


def indexed_map(values: np.ndarray, palette: Palette, limits: Limits) -> IndexedPicture:
    """One map, float (height, width), a pixel for each number, with the colours that occur."""
    occurring, numbers = np.unique(palette_numbers(values, limits), return_inverse=True)
    return IndexedPicture(numbers.reshape(values.shape).astype(np.uint16), palette_table(palette)[occurring])


def enlarged(values: np.ndarray, palette: Palette, limits: Limits, zoom: int, theme: Theme) -> Image.Image:
    """One map, float (height, width), each number a square of `zoom` pixels, with a line around all of them."""
    picture = apply_palette(values, palette, limits).repeat(zoom, axis=0).repeat(zoom, axis=1)
    picture[[0, -1]] = theme.faint
    picture[:, [0, -1]] = theme.faint
    return Image.fromarray(picture)


def with_colour_bar(picture: Image.Image, palette: Palette, limits: Limits, theme: Theme) -> Image.Image:
    """The picture with a colour bar at its right, labelled with its limits, and zero where it lies between them."""
    return with_colours_beside(picture, palette_table(palette)[:256], limits, theme)


def with_colours_beside(picture: Image.Image, colours: np.ndarray, limits: Limits, theme: Theme) -> Image.Image:
    """The same with a bar of any colours, uint8 (n, 3), those of the lower limit first."""
    text_px = max(14, min(22, picture.width // 36))
    height = min(picture.height, max(160, picture.width // 2))
    bar_px, pad = text_px, text_px
    low, high = limits
    shares = np.linspace(1, 0, height) if high > low else np.full(height, 0.5)
    bar = colours[(shares * (len(colours) - 1)).round().astype(int)][:, None].repeat(bar_px, axis=1)
    typeface = font(text_px)
    labels = {high: 0, low: height - 1} if high > low else {high: height // 2}
    if low < 0 < high:
        labels[0.0] = round(height * high / (high - low))
    label_px = max(int(typeface.getlength(_signed(value))) for value in labels) + 8
    whole = Image.new("RGB", (picture.width + pad + bar_px + 6 + label_px, picture.height), theme.paper)
    whole.paste(picture, (0, 0))
    left, top = picture.width + pad, (picture.height - height) // 2
    whole.paste(Image.fromarray(bar), (left, top))
    pen = ImageDraw.Draw(whole)
    pen.rectangle((left, top, left + bar_px - 1, top + height - 1), outline=theme.faint)
    for value, y in labels.items():
        anchor = "lt" if y == 0 else "lb" if y == height - 1 else "lm"
        pen.text((left + bar_px + 6, top + y), _signed(value), theme.text, typeface, anchor=anchor)
    return whole


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"
