"""Pen strokes as lines: read from the canvas, drawn again with another pen or at another size.

Where the strokes are known, the pen's width can be chosen anew: small digits drawn with a thick pen run together,
and MNIST's strokes are about 2.9 of the 20 pixels wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.drawing.pictures import ImageError
from cnnviz.drawing.preparation import BOX_PX

SIDE_PX = 280
MARGIN_PX = 10
MNIST_PEN_PX = 2.9
"""Width of a stroke in MNIST's 20×20 box; measured over its training images."""
MAX_POINTS = 20_000
MAX_STROKES = 500
N_END = {"M": 2, "L": 2, "Q": 4, "C": 6}
OVERSAMPLING = 2

Lines = Sequence[np.ndarray]


def lines_of(canvas: Any) -> list[np.ndarray]:
    """The strokes that the drawing component sends, each as the points that its path goes through.

    Args:
        canvas: the component's JSON: "objects", each with a "path" of SVG-like commands in canvas pixels.

    Returns:
        float64 arrays (n, 2) of x, y, n at least 1.

    Raises:
        ImageError: when it is something else, or has more than MAX_STROKES strokes or MAX_POINTS points.
    """
    try:
        paths = [entry["path"] for entry in canvas["objects"][: MAX_STROKES + 1]]
        n_points = sum(map(len, paths))
    except _UNREADABLE as error:
        raise _unreadable(error) from None
    if len(paths) > MAX_STROKES:
        raise ImageError(f"The canvas sent more than {MAX_STROKES:,} strokes.")
    if n_points > MAX_POINTS:
        raise ImageError(f"The canvas sent more than {MAX_POINTS:,} points.")
    try:
        lines = [_points(path) for path in paths]
    except _UNREADABLE as error:
        raise _unreadable(error) from None
    return [points for points in lines if len(points)]


_UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
"""What Python and NumPy raise for JSON that is no drawing; OverflowError for integers that are no float64."""


def _unreadable(error: Exception) -> ImageError:
    return ImageError(f"The canvas sent strokes that cannot be read ({type(error).__name__}).")


def _points(path: Any) -> np.ndarray:
    points = np.array([command[N_END[command[0]] - 1 : N_END[command[0]] + 1] for command in path], np.float64)
    if points.shape != (len(path), 2) and len(path):
        raise ValueError("points")
    points = points.reshape(len(path), 2)
    if not (np.isfinite(points).all() and np.abs(points).max(initial=0) <= 10 * SIDE_PX):
        raise ValueError("points")
    return points


def redraw(lines: Lines, pen_px: float, side_px: int = SIDE_PX) -> np.ndarray:
    """Draw strokes with a round pen.

    Returns:
        float32 (side_px, side_px) in [0, 1], 1 = ink; what lies outside is cut off.
    """
    size = side_px * OVERSAMPLING
    picture = Image.new("L", (size, size))
    pen = ImageDraw.Draw(picture)
    radius = pen_px * OVERSAMPLING / 2
    for line in lines:
        points = [(float(x), float(y)) for x, y in line * OVERSAMPLING]
        if len(points) > 1:
            pen.line(points, fill=255, width=max(1, round(2 * radius)), joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    small = picture.resize((side_px, side_px), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


def with_pen(lines: Lines, box_pen_px: float = MNIST_PEN_PX) -> np.ndarray | None:
    """Draw strokes as large as the canvas holds, with a pen that is `box_pen_px` wide in the 20×20 box.

    Returns:
        ink as of `redraw`; None when the strokes are a dot, whose size says nothing about a pen.
    """
    points = np.concatenate(list(lines))
    low, high = points.min(axis=0), points.max(axis=0)
    longest = float((high - low).max())
    if longest < 2:
        return None
    pen_share = box_pen_px / BOX_PX  # of the longer side of the ink, pen included
    inside_px = SIDE_PX - 2 * MARGIN_PX
    scale = inside_px * (1 - pen_share) / longest
    shift = SIDE_PX / 2 - (low + high) / 2 * scale
    return redraw([line * scale + shift for line in lines], inside_px * pen_share)
