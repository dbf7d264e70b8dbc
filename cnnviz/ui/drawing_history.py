"""A session's drawing on the canvas, stroke by stroke, with undo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Strokes = dict[str, Any]
"""The canvas's own JSON (of Fabric.js): "objects" holds a path with its points, width and colour for each stroke."""
N_REMEMBERED = 50


@dataclass(frozen=True, eq=False)
class Drawing:
    """What stands on the canvas: its strokes, and what they look like as uint8 ink (280, 280)."""

    strokes: Strokes
    ink: np.ndarray

    @property
    def n_strokes(self) -> int:
        """How many strokes are on the canvas."""
        return len(self.strokes.get("objects", []))


@dataclass
class DrawingHistory:
    """The drawing after each of its strokes; the canvas alone forgets it when the page changes.

    Attributes:
        drawings: after each stroke; the last one is what stands on the canvas.
        to_load: what the canvas is told to load. It loads when this differs from what it was told before, so a counter
            goes with it; the canvas itself stays the same element of the page. (A new element would be missing for a
            tenth of a second, and with it every stroke that is drawn then.)
        last_sent: the strokes that the canvas sent last.
    """

    drawings: list[Drawing] = field(default_factory=list)
    to_load: Strokes = field(default_factory=lambda: {"objects": [], "n_loads": 0})
    last_sent: Strokes | None = None

    @property
    def current(self) -> Drawing | None:
        """What stands on the canvas; None when it is empty."""
        return self.drawings[-1] if self.drawings else None

    def is_new(self, strokes: Strokes) -> bool:
        """False for what was sent before.

        Streamlit hands out what the canvas sent last in every run until something else is sent. After an undo that is
        the very stroke that was taken back. Strokes with all their points are as good as the pixels they make, and
        quicker to compare.
        """
        return strokes != self.last_sent

    def add(self, drawing: Drawing) -> None:
        """Take what the canvas sent; drawings with as many strokes or more were taken back on the canvas itself."""
        self.last_sent = drawing.strokes
        earlier = [old for old in self.drawings if old.n_strokes < drawing.n_strokes]
        self.drawings = [*earlier, drawing][-N_REMEMBERED:] if drawing.n_strokes else []

    def load(self) -> None:
        """Let the canvas load what stands here, also when it has just come onto the page."""
        strokes = self.current.strokes if self.current else {"objects": []}
        self.to_load = strokes | {"n_loads": self.to_load["n_loads"] + 1}

    def undo(self) -> None:
        """Take the last stroke back."""
        self.drawings = self.drawings[:-1]
        self.load()

    def clear(self) -> None:
        """Take every stroke back."""
        self.drawings = []
        self.load()
