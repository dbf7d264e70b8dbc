"""A session's drawing on the canvas, stroke by stroke, with undo.

It is kept small, since a server has many sessions: the strokes once, as compressed JSON, and for each step of the undo
history how many of them there were and what they looked like, compressed.
"""

from __future__ import annotations

import functools
import math
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from cnnviz.drawing import short_strokes
from cnnviz.drawing import strokes as pen
from cnnviz.drawing.pictures import ImageError
from cnnviz.ui.packed_drawing import (
    Strokes,
    as_bytes,
    as_text,
    checksum,
    drawn_again,
    fingerprint,
    ink_of,
    unpacked,
)
from cnnviz.ui.sent_stroke import Stroke

N_REMEMBERED = 50
MAX_APPENDED, MAX_ADDED_BYTES = 200, 200_000
"""Strokes that came one by one, and their bytes, compressed."""
MAX_INKS_BYTES = 300_000
"""Of all steps together, compressed; one of a digit takes about 2,000. Older steps are drawn again from the strokes."""


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


class OutdatedError(Exception):
    """A stroke was added to another drawing than the one that stands here."""


class LoadedError(OutdatedError):
    """The canvas has been told to load something else since."""


P = ParamSpec("P")
T = TypeVar("T")


def _alone(method: Callable[Concatenate[DrawingHistory, P], T]) -> Callable[Concatenate[DrawingHistory, P], T]:
    """Let a method run while no other one of the same history does."""

    @functools.wraps(method)
    def run(history: DrawingHistory, /, *args: P.args, **named: P.kwargs) -> T:
        with history._lock:
            return method(history, *args, **named)

    return run


@dataclass
class DrawingHistory:
    """The drawing after each of its strokes; the canvas alone forgets it when the page changes.

    A stroke may come in while a page of the session runs (`append`), so one method runs at a time.

    Attributes:
        drawings: after each stroke; the last one is what stands on the canvas.
        refused: what of the canvas's messages could not be kept, by fingerprint; None when the last one was kept.
        taken_off: the refused message that undo or clear has taken off the canvas since.
    """

    drawings: list[Step] = field(default_factory=list)
    refused: str | None = None
    taken_off: str | None = None
    _strokes: bytes | None = None
    _added: list[bytes] = field(default_factory=list)  # behind these strokes, each by itself: most come one by one
    _lines: list[bytes] = field(default_factory=list)  # of the address's text, as far as they are known
    _loaded: bytes | None = None
    _n_loads: int = 0
    _last_sent: str | None = None
    _read: tuple[Strokes, str] | None = None
    _record: dict[str, Any] | None = None
    _newest_ms: float = -math.inf
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @property
    @_alone
    def current(self) -> Drawing | None:
        """What stands on the canvas; None when it is empty."""
        ink = self.ink
        return None if ink is None else Drawing(self.strokes, ink)

    @property
    @_alone
    def ink(self) -> np.ndarray | None:
        """What it looks like, uint8 (280, 280); None when it is empty."""
        if not self.drawings:
            return None
        packed = self.drawings[-1].ink
        return drawn_again(self.strokes) if packed is None else ink_of(packed)

    @property
    @_alone
    def strokes(self) -> Strokes:
        """The strokes that stand on the canvas."""
        strokes = unpacked(self._strokes)
        return strokes | {"objects": [*strokes["objects"], *map(unpacked, self._added)]}

    @property
    def n_strokes(self) -> int:
        """How many they are."""
        return self.drawings[-1].n_strokes if self.drawings else 0

    @property
    @_alone
    def text(self) -> str | None:
        """The strokes for an address; None where there are none, or they would be too long."""
        if len(self._lines) != self.n_strokes:
            self._lines = [short_strokes.line(entry) for entry in self.strokes["objects"]]
        if not self._lines:
            return None
        return short_strokes.text_of(self._lines) or short_strokes.shorten(self.strokes["objects"])

    @property
    def n_loads(self) -> int:
        """How often the canvas was told to load something: which drawing a stroke was added to."""
        return self._n_loads

    @property
    @_alone
    def to_load(self) -> Strokes:
        """What the canvas is told to load.

        It loads when this differs from what it was told before, so a counter goes with it; the canvas itself stays the
        same element of the page. (A new element would be missing for a tenth of a second, and with it every stroke that
        is drawn then.)
        """
        return unpacked(self._loaded) | {"n_loads": self._n_loads}

    def is_new(self, strokes: Strokes) -> bool:
        """False for what was sent before.

        Streamlit hands out what the canvas sent last in every run until something else is sent. After an undo that is
        the very stroke that was taken back. Strokes with all their points are as good as the pixels they make.
        """
        text = as_text(strokes)
        is_new = checksum(text) != self._last_sent
        self._read = (strokes, text) if is_new else None
        return is_new

    @_alone
    def add(self, drawing: Drawing) -> None:
        """Take what the canvas sent; drawings with as many strokes or more were taken back on the canvas itself."""
        read = self._read
        text = read[1] if read and read[0] is drawing.strokes else as_text(drawing.strokes)
        self._last_sent, self._read = checksum(text), None
        self.refused = self.taken_off = None
        earlier = [old for old in self.drawings if old.n_strokes < drawing.n_strokes]
        step = Step(drawing.n_strokes, zlib.compress(drawing.ink.tobytes(), 1))
        self._put([*earlier, step][-N_REMEMBERED:] if drawing.n_strokes else [], text)

    @_alone
    def append(self, stroke: Stroke, pen_px: int) -> None:
        """Take one more stroke, which did not come by the canvas's own message, of a pen of some width.

        Raises:
            LoadedError: when the canvas has been told to load something else since.
            OutdatedError: when it holds what is not kept, or the stroke after this one was there before it.
            ImageError: when there are too many strokes or points, or they are no numbers.
            ValueError: when the ink is none.
        """
        if stroke.n_loads != self._n_loads:
            raise LoadedError
        if self.refused or stroke.time_ms <= self._newest_ms:
            raise OutdatedError
        entry, n = short_strokes.stroke(pen_px, stroke.points), self.n_strokes
        pen.lines_of({"objects": [entry]})
        ink_of(stroke.packed_ink)
        packed = zlib.compress(as_text(entry).encode(), 1)
        if n >= MAX_APPENDED or len(packed) + sum(map(len, self._added)) > MAX_ADDED_BYTES:
            raise ImageError(f"The canvas sent more than {MAX_APPENDED} strokes, or too many points.")
        if len(self._lines) == n:
            self._lines.append(short_strokes.line(entry))
        self._added.append(packed)
        self.drawings = _bounded([*self.drawings, Step(n + 1, stroke.packed_ink)][-N_REMEMBERED:])
        self._record, self._newest_ms = None, stroke.time_ms

    def _put(self, steps: list[Step], text: str) -> None:
        self.drawings = _bounded(steps)
        self._strokes = zlib.compress(text.encode(), 1) if steps else None
        self._added, self._lines, self._record = [], [], None

    @_alone
    def refuse(self, sent: Any) -> bool:
        """Note that what the canvas sent cannot be kept; False when undo or clear has taken it off the canvas."""
        self.refused, self._read = fingerprint(sent), None
        if self.refused == self.taken_off:
            self.refused = None
        return self.refused is not None

    @_alone
    def load(self) -> None:
        """Let the canvas load what stands here, also when it has just come onto the page."""
        self._loaded = zlib.compress(as_text(self.strokes).encode(), 1) if self.drawings else None
        self._n_loads += 1
        self._newest_ms = -math.inf
        if self.refused:
            self.refused, self.taken_off = None, self.refused

    @_alone
    def undo(self) -> None:
        """Take the last stroke back, or what was drawn after it and could not be kept."""
        if not self.refused and self.drawings:
            steps, strokes = self.drawings[:-1], self.strokes
            n = steps[-1].n_strokes if steps else 0
            self._put(steps, as_text(strokes | {"objects": strokes["objects"][:n]}))
        self.load()

    @_alone
    def clear(self) -> None:
        """Take every stroke back."""
        self._put([], "")
        self.load()

    @property
    @_alone
    def record(self) -> dict[str, Any] | None:
        """The drawing as it is to be stored; None when there is none. The same object until it changes."""
        if self._record is None and self.drawings:
            steps = [step.n_strokes for step in self.drawings]
            kept = {"strokes": self._strokes, "added": list(self._added)}
            self._record = kept | {"steps": steps, "ink": self.drawings[-1].ink}
        return self._record

    @classmethod
    def of_strokes(cls, strokes: Strokes) -> DrawingHistory:
        """A drawing of which only the strokes are known; they can be taken back one by one."""
        history = cls()
        history._put(_steps_of(strokes), as_text(strokes))
        return history

    @_alone
    def replace(self, strokes: Strokes) -> None:
        """Let the canvas load another drawing in the place of the one that stands here."""
        self._put(_steps_of(strokes), as_text(strokes))
        self.load()

    @classmethod
    def of_record(cls, record: Any) -> DrawingHistory:
        """The drawing of a record, whose bytes may be in base64; what is no such record gives an empty one."""
        history = cls()
        try:
            strokes = unpacked(as_bytes(record["strokes"]) if record["strokes"] is not None else None)
            strokes["objects"] += [unpacked(as_bytes(packed)) for packed in record.get("added", ())[:MAX_APPENDED]]
            n = len(pen.lines_of(strokes))
            numbers = [int(number) for number in record["steps"]][-N_REMEMBERED:]
            ink = as_bytes(record["ink"]) if record["ink"] else None
            if ink is not None:
                ink_of(ink)
        except (ImageError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return history
        if n and numbers == sorted(set(numbers)) and numbers[:1] > [0] and numbers[-1] == len(strokes["objects"]):
            history._put([*(Step(number, None) for number in numbers[:-1]), Step(numbers[-1], ink)], as_text(strokes))
        return history


def _steps_of(strokes: Strokes) -> list[Step]:
    """One step for each stroke, the last ones."""
    return [Step(number, None) for number in range(1, len(strokes["objects"]) + 1)][-N_REMEMBERED:]


def _bounded(steps: list[Step]) -> list[Step]:
    """The same steps; the oldest without their ink where all of it takes too much room."""
    left = MAX_INKS_BYTES
    kept: list[Step] = []
    for step in reversed(steps):
        left -= len(step.ink or b"")
        kept.append(step if left >= 0 or not kept else Step(step.n_strokes, None))
    return kept[::-1]
