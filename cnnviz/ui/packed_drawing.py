"""A drawing in little room: the canvas's strokes as compressed JSON, ink as compressed bytes, and back, bounded."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import numpy as np

from cnnviz.drawing import strokes as pen

Strokes = dict[str, Any]
"""The canvas's own JSON (of Fabric.js): "objects" holds a path with its points, width and colour for each stroke."""
MAX_STROKES_BYTES = 1_000_000
"""Of the strokes' JSON."""
SHAPE = (pen.SIDE_PX, pen.SIDE_PX)
DEFAULT_PEN_PX = 24


def fingerprint(content: Any) -> str:
    """A short name for what JSON can hold."""
    return checksum(as_text(content))


def as_text(content: Any) -> str:
    """JSON, without blanks; what JSON cannot hold as Python writes it."""
    return json.dumps(content, default=repr, separators=(",", ":"))


def checksum(text: str) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_bytes(content: bytes | str) -> bytes:
    """Bytes, which may be in base64."""
    return content if isinstance(content, bytes) else base64.b64decode(content)


def unpacked(packed: bytes | None) -> Strokes:
    """The strokes; none for None.

    Raises:
        ValueError: when they are something else.
    """
    if packed is None:
        return {"objects": []}
    strokes = json.loads(_decompressed(packed, MAX_STROKES_BYTES))
    if not isinstance(strokes, dict):
        raise ValueError("strokes")
    return strokes


def ink_of(packed: bytes) -> np.ndarray:
    """Compressed ink as uint8 (280, 280).

    Raises:
        ValueError: when it is something else.
    """
    return np.frombuffer(_decompressed(packed, SHAPE[0] * SHAPE[1]), np.uint8).reshape(SHAPE)


def _decompressed(packed: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, most)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if unpacking.unconsumed_tail:
        raise ValueError("too large")
    return content


def drawn_again(strokes: Strokes) -> np.ndarray:
    """Ink of strokes that are known and whose picture is not."""
    inks = [
        pen.redraw(pen.lines_of({"objects": [entry]}), _pen_px(entry)) for entry in strokes["objects"] if entry["path"]
    ]
    whole = np.max(inks, axis=0) if inks else np.zeros(SHAPE, np.float32)
    return (whole * 255).round().astype(np.uint8)


def _pen_px(entry: dict[str, Any]) -> float:
    width = entry.get("strokeWidth", DEFAULT_PEN_PX)
    return float(width) if isinstance(width, (int, float)) and 1 <= width <= 100 else DEFAULT_PEN_PX
