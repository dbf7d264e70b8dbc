"""A stack of small images as one coloured picture: kernels, feature maps, digits, bars.

NumPy colours the values, Pillow adds words.  A value is never interpolated: one number, one square of one colour.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnnviz.lazy import LazyModule

matplotlib: Any = LazyModule("matplotlib")

Palette = Literal["seismic", "PuOr", "gray", "binary", "viridis"]
Limits = tuple[float, float]

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
    n, height, width = maps.shape
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    zoom = max(1, round(cell_px / width))
    pairs = [limits] * n if isinstance(limits, tuple) else limits
    gap = max(2, zoom * width // 24)
    text_px = max(11, min(20, zoom * width // 5)) if labels else 0
    step_x, step_y = width * zoom + gap, height * zoom + gap + round(text_px * 1.4)
    size = columns * step_x - gap, math.ceil(n / columns) * step_y - gap
    picture = Image.new("RGB", size, theme.paper)
    pen = ImageDraw.Draw(picture)
    font = _font(text_px) if labels else None
    dead = is_dead(maps) if mark_dead else np.zeros(n, bool)
    for i in range(n):
        x, y = i % columns * step_x, i // columns * step_y
        cell = colour(maps[i], palette, pairs[i]).repeat(zoom, axis=0).repeat(zoom, axis=1)
        picture.paste(Image.fromarray(cell), (x, y))
        box = (x, y, x + width * zoom - 1, y + height * zoom - 1)
        if dead[i]:
            _cross(pen, box, theme)
        if zoom > 1:
            pen.rectangle(box, outline=theme.faint)
        if labels:
            pen.text((x + width * zoom / 2, y + height * zoom + 2), labels[i], theme.text, font, anchor="ma")
    return beside_bar(picture, palette, pairs[0], theme) if bar else picture


def _cross(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], theme: Theme) -> None:
    left, top, right, bottom = box
    pen.rectangle(box, fill=theme.paper)
    pen.line((left, top, right, bottom), fill=theme.faint)
    pen.line((left, bottom, right, top), fill=theme.faint)


def beside_bar(picture: Image.Image, palette: Palette, limits: Limits, theme: Theme) -> Image.Image:
    """The picture with a colour bar at its right: least value, zero where it lies between, greatest value."""
    text_px = max(13, min(22, picture.width // 36))
    height = min(picture.height, max(160, picture.width // 2))
    bar_px, pad = text_px, text_px
    low, high = limits
    values = np.linspace(high, low, height)[:, None].repeat(bar_px, axis=1)
    font = _font(text_px)
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


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"


def bars(probs: np.ndarray, theme: Theme = LIGHT, height_px: int = 36) -> Image.Image:
    """Ten probabilities as horizontal bars, the greatest in colour, each with its digit and its share.

    Args:
        probs: float, shape (10,), in [0, 1].
    """
    width, text_px = height_px * 10, round(height_px * 0.62)
    picture = Image.new("RGB", (width, height_px * len(probs)), theme.paper)
    pen, font = ImageDraw.Draw(picture), _font(text_px)
    left, right = round(height_px * 0.9), width - round(height_px * 2.8)
    for digit, prob in enumerate(probs):
        top, middle = digit * height_px, (digit + 0.5) * height_px
        filled = left + round((right - left) * float(prob))
        best = digit == int(probs.argmax())
        pen.text((4, middle), str(digit), theme.text, font, anchor="lm")
        pen.line((left, top + 5, left, top + height_px - 5), fill=theme.faint, width=2)
        if filled > left:
            pen.rectangle((left, top + 5, filled, top + height_px - 5), fill=theme.accent if best else theme.faint)
        pen.text((filled + 10, middle), percent(float(prob)), theme.text, font, anchor="lm")
    return picture


def percent(prob: float) -> str:
    """A probability in words that does not claim more than it is: 99.97 % is not 100 %."""
    if 0 < prob < 0.0005:
        return "<0.1\u00a0%"
    if 0.9995 <= prob < 1:
        return ">99.9\u00a0%"
    return f"{100 * prob:.1f}\u00a0%"


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file; quick rather than small."""
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)
    return content.getvalue()


@functools.cache
def _font(size_px: int) -> Any:
    return ImageFont.load_default(size_px)
