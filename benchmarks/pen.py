"""Digits drawn by program as the canvas sends them, stroke by stroke: its strokes as JSON, its picture as a PNG."""

from __future__ import annotations

import base64
import io
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.drawing import strokes
from cnnviz.synthesis.digits import sample_strokes

SIDE_PX = strokes.SIDE_PX
PEN_PX = 24
SIZES_PX = (110, 190)
"""Longer side of a digit, without the pen's width."""


@dataclass(frozen=True)
class Drawing:
    """What stands on the canvas after a stroke.

    Attributes:
        value: as the component sends it, JSON.
        digit: what is drawn.
        whole: whether that was its last stroke.
        points: of the stroke.
        packed_ink: what it looks like, compressed.
    """

    value: str
    digit: int
    whole: bool
    points: Sequence[Sequence[float]] = ()
    packed_ink: bytes = b""

    def message(self, time_ms: float, n_loads: int) -> bytes:
        """The stroke as the browser sends it beside Streamlit: see `cnnviz.ui.drawing_history.Stroke`."""
        head = json.dumps({"points": self.points, "time": time_ms, "loads": n_loads}, separators=(",", ":")).encode()
        return len(head).to_bytes(4, "little") + head + self.packed_ink


def drawings(digits: Sequence[int], rng: np.random.Generator) -> list[Drawing]:
    """Synthetic digits one after the other, each stroke by stroke on an empty canvas."""
    drawn = []
    for digit in digits:
        lines = placed(sample_strokes(digit, rng), rng)
        drawn += [_drawing(lines[:n], digit, whole=n == len(lines)) for n in range(1, len(lines) + 1)]
    return drawn


def _drawing(lines: strokes.Lines, digit: int, *, whole: bool) -> Drawing:
    ink = (strokes.redraw(lines, PEN_PX) * 255).round().astype(np.uint8)
    return Drawing(canvas_value(lines), digit, whole, lines[-1].tolist(), zlib.compress(ink.tobytes()))


def placed(lines: strokes.Lines, rng: np.random.Generator) -> list[np.ndarray]:
    """Lines whose longer side is 1, at some size and place on the canvas where the pen stays on it."""
    size = rng.uniform(*SIZES_PX)
    extent = np.concatenate(list(lines)).max(axis=0) * size
    corner = PEN_PX / 2 + rng.uniform(0, 1, 2) * (SIDE_PX - PEN_PX - extent)
    return [line * size + corner for line in lines]


def canvas_value(lines: strokes.Lines) -> str:
    """What the canvas sends when these lines have been drawn on it."""
    raw = {"version": "7.4.0", "objects": [_stroke(line) for line in lines], "background": "#000000"}
    return json.dumps({"drawing": {"raw": raw, "data": _picture(lines)}}, separators=(",", ":"))


def _stroke(line: np.ndarray) -> dict[str, Any]:
    low, high = line.min(axis=0), line.max(axis=0)
    (left, top), (width, height) = ((low + high) / 2).round(4).tolist(), (high - low).round(4).tolist()
    box = {"originX": "center", "originY": "center", "left": left, "top": top, "width": width, "height": height}
    pen = {"stroke": "#ffffff", "strokeWidth": PEN_PX, "strokeLineCap": "round", "strokeLineJoin": "round"}
    return {"type": "Path", "version": "7.4.0", **box, "fill": None, **pen, "path": svg_path(line)}


def svg_path(line: np.ndarray) -> list[list[Any]]:
    """A line as the canvas tells it: from the middle of two points to the next middle, bent towards the point between.

    Args:
        line: points (n, 2), n at least 2.
    """
    points = line.round(3)
    middles = ((points[:-1] + points[1:]) / 2).round(3)
    bends = np.concatenate([points[:-1], middles], axis=1).tolist()
    return [["M", *points[0].tolist()], *(["Q", *bend] for bend in bends), ["L", *points[-1].tolist()]]


def _picture(lines: strokes.Lines) -> str:
    grey = Image.fromarray((strokes.redraw(lines, PEN_PX) * 255).round().astype(np.uint8))
    content = io.BytesIO()
    grey.convert("RGBA").save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
