"""A session's drawing on the canvas, stroke by stroke, with undo.

It is kept small, since a server has many sessions: the strokes once, as compressed JSON, and for each step of the undo
history how many of them there were and what they looked like, compressed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnviz.drawing import strokes as pen
from cnnviz.drawing.pictures import ImageError

Strokes = dict[str, Any]
"""The canvas's own JSON (of Fabric.js): "objects" holds a path with its points, width and colour for each stroke."""
N_REMEMBERED = 50
MAX_INKS_BYTES = 300_000
"""Of all steps together, compressed; one of a digit takes about 2,000. Older steps are drawn again from the strokes."""
MAX_STROKES_BYTES = 1_000_000
"""Of the strokes' JSON."""
SHAPE = (pen.SIDE_PX, pen.SIDE_PX)
DEFAULT_PEN_PX = 24


@dataclass(frozen=True, eq=False)
class Drawing:
    """What stands on the canvas: its strokes, and what they look like as uint8 ink (280, 280)."""

    strokes: Strokes
    ink: np.ndarray

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Drawing) and self.strokes == other.strokes and np.array_equal(self.ink, other.ink)

    __hash__ = None  # type: ignore[assignment] # arrays and dicts have none either

    @property
    def n_strokes(self) -> int:
        """How many strokes are on the canvas."""
        return len(self.strokes.get("objects", []))


@dataclass(frozen=True)
class Step:
    """The drawing after a stroke: the number of strokes, and their ink, compressed; None where it is drawn again."""

    n_strokes: int
    ink: bytes | None


@dataclass
class DrawingHistory:
    """The drawing after each of its strokes; the canvas alone forgets it when the page changes.

    Attributes:
        drawings: after each stroke; the last one is what stands on the canvas.
        refused: what of the canvas's messages could not be kept, by fingerprint; None when the last one was kept.
        taken_off: the refused message that undo or clear has taken off the canvas since.
    """

    drawings: list[Step] = field(default_factory=list)
    refused: str | None = None
    taken_off: str | None = None
    _strokes: bytes | None = None
    _loaded: bytes | None = None
    _n_loads: int = 0
    _last_sent: str | None = None
    _read: tuple[Strokes, str] | None = None
    _record: dict[str, Any] | None = None

    @property
    def current(self) -> Drawing | None:
        """What stands on the canvas; None when it is empty."""
        ink = self.ink
        return None if ink is None else Drawing(_unpacked(self._strokes), ink)

    @property
    def ink(self) -> np.ndarray | None:
        """What it looks like, uint8 (280, 280); None when it is empty."""
        if not self.drawings:
            return None
        packed = self.drawings[-1].ink
        return _drawn_again(_unpacked(self._strokes)) if packed is None else _ink_of(packed)

    @property
    def strokes(self) -> Strokes:
        """The strokes that stand on the canvas."""
        return _unpacked(self._strokes)

    @property
    def to_load(self) -> Strokes:
        """What the canvas is told to load.

        It loads when this differs from what it was told before, so a counter goes with it; the canvas itself stays the
        same element of the page. (A new element would be missing for a tenth of a second, and with it every stroke that
        is drawn then.)
        """
        return _unpacked(self._loaded) | {"n_loads": self._n_loads}

    def is_new(self, strokes: Strokes) -> bool:
        """False for what was sent before.

        Streamlit hands out what the canvas sent last in every run until something else is sent. After an undo that is
        the very stroke that was taken back. Strokes with all their points are as good as the pixels they make.
        """
        text = _as_text(strokes)
        is_new = _hash(text) != self._last_sent
        self._read = (strokes, text) if is_new else None
        return is_new

    def add(self, drawing: Drawing) -> None:
        """Take what the canvas sent; drawings with as many strokes or more were taken back on the canvas itself."""
        read = self._read
        text = read[1] if read and read[0] is drawing.strokes else _as_text(drawing.strokes)
        self._last_sent, self._read = _hash(text), None
        self.refused = self.taken_off = None
        earlier = [old for old in self.drawings if old.n_strokes < drawing.n_strokes]
        step = Step(drawing.n_strokes, zlib.compress(drawing.ink.tobytes(), 1))
        self._put([*earlier, step][-N_REMEMBERED:] if drawing.n_strokes else [], text)

    def _put(self, steps: list[Step], text: str) -> None:
        self.drawings = _bounded(steps)
        self._strokes = zlib.compress(text.encode(), 1) if steps else None
        self._record = None

    def refuse(self, sent: Any) -> bool:
        """Note that what the canvas sent cannot be kept; False when undo or clear has taken it off the canvas."""
        self.refused, self._read = fingerprint(sent), None
        if self.refused == self.taken_off:
            self.refused = None
        return self.refused is not None

    def load(self) -> None:
        """Let the canvas load what stands here, also when it has just come onto the page."""
        self._loaded = self._strokes
        self._n_loads += 1
        if self.refused:
            self.refused, self.taken_off = None, self.refused

    def undo(self) -> None:
        """Take the last stroke back, or what was drawn after it and could not be kept."""
        if not self.refused and self.drawings:
            steps, strokes = self.drawings[:-1], _unpacked(self._strokes)
            n = steps[-1].n_strokes if steps else 0
            self._put(steps, _as_text(strokes | {"objects": strokes["objects"][:n]}))
        self.load()

    def clear(self) -> None:
        """Take every stroke back."""
        self._put([], "")
        self.load()

    @property
    def record(self) -> dict[str, Any] | None:
        """The drawing as it is to be stored; None when there is none. The same object until it changes."""
        if self._record is None and self._strokes is not None:
            steps = [step.n_strokes for step in self.drawings]
            self._record = {"strokes": self._strokes, "steps": steps, "ink": self.drawings[-1].ink}
        return self._record

    @classmethod
    def of_strokes(cls, strokes: Strokes) -> DrawingHistory:
        """A drawing of which only the strokes are known; they can be taken back one by one."""
        history = cls()
        n = len(strokes["objects"])
        history._put([Step(number, None) for number in range(1, n + 1)][-N_REMEMBERED:], _as_text(strokes))
        return history

    @classmethod
    def of_record(cls, record: Any) -> DrawingHistory:
        """The drawing of a record, whose bytes may be in base64; what is no such record gives an empty one."""
        history = cls()
        try:
            strokes = _unpacked(_as_bytes(record["strokes"]))
            n = len(pen.lines_of(strokes))
            numbers = [int(number) for number in record["steps"]][-N_REMEMBERED:]
            ink = _as_bytes(record["ink"]) if record["ink"] else None
            if ink is not None:
                _ink_of(ink)
        except (ImageError, LookupError, TypeError, ValueError, AttributeError, RecursionError, zlib.error):
            return history
        if n and numbers == sorted(set(numbers)) and numbers[:1] > [0] and numbers[-1] == len(strokes["objects"]):
            history._put([*(Step(number, None) for number in numbers[:-1]), Step(numbers[-1], ink)], _as_text(strokes))
        return history


def fingerprint(content: Any) -> str:
    """A short name for what JSON can hold."""
    return _hash(_as_text(content))


def _as_text(content: Any) -> str:
    return json.dumps(content, default=repr, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _as_bytes(content: bytes | str) -> bytes:
    return content if isinstance(content, bytes) else base64.b64decode(content)


def _unpacked(packed: bytes | None) -> Strokes:
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


def _ink_of(packed: bytes) -> np.ndarray:
    """Compressed ink as uint8 (280, 280).

    Raises:
        ValueError: when it is something else.
    """
    return np.frombuffer(_decompressed(packed, SHAPE[0] * SHAPE[1]), np.uint8).reshape(SHAPE)


def _decompressed(packed: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(packed, most)
    if unpacking.unconsumed_tail:
        raise ValueError("too large")
    return content


def _bounded(steps: list[Step]) -> list[Step]:
    """The same steps; the oldest without their ink where all of it takes too much room."""
    left = MAX_INKS_BYTES
    kept: list[Step] = []
    for step in reversed(steps):
        left -= len(step.ink or b"")
        kept.append(step if left >= 0 or not kept else Step(step.n_strokes, None))
    return kept[::-1]


def _drawn_again(strokes: Strokes) -> np.ndarray:
    """Ink of strokes that are known and whose picture is not."""
    inks = [
        pen.redraw(pen.lines_of({"objects": [entry]}), _pen_px(entry)) for entry in strokes["objects"] if entry["path"]
    ]
    whole = np.max(inks, axis=0) if inks else np.zeros(SHAPE, np.float32)
    return (whole * 255).round().astype(np.uint8)


def _pen_px(entry: dict[str, Any]) -> float:
    width = entry.get("strokeWidth", DEFAULT_PEN_PX)
    return float(width) if isinstance(width, (int, float)) and 1 <= width <= 100 else DEFAULT_PEN_PX
