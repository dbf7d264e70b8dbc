"""Answers to strokes that come beside Streamlit: no page runs, and the session knows of them when its next run begins.

A page that has a canvas says in each of its runs how strokes are read from then on (`StrokeAnswers.read_with`); the
stroke itself comes in by `server/strokes.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.drawing.pictures import ImageError
from cnnviz.server.strokes import Answerer, NotAnsweredError
from cnnviz.ui.digit import Digit
from cnnviz.ui.drawing_history import DrawingHistory, LoadedError, OutdatedError
from cnnviz.ui.sent_stroke import Stroke

Reader = Callable[[np.ndarray, str | None], Awaitable[tuple[Digit, dict[str, Any]]]]
"""Of the drawing's ink, uint8 (280, 280), and its text for an address, if it has a short one: the digit that it is, and
what the page is to show, as JSON. It must touch nothing of Streamlit's session; raises NotAnsweredError."""


@dataclass(frozen=True)
class Reading:
    """How strokes are read: into which drawing, with which pen, and what makes the answer."""

    history: DrawingHistory
    pen_px: int
    read: Reader


class StrokeAnswers(Answerer):
    """What answers the strokes of one session.

    Attributes:
        keep: stores the session's drawing; is called after each stroke.
        answered_at: when the last stroke was answered, in seconds since 1970; 0 when none was.
    """

    def __init__(self) -> None:
        super().__init__()
        self.keep: Callable[[], None] = lambda: None
        self.answered_at = 0.0
        self._reading: Reading | None = None
        self._given: Digit | None = None

    def read_with(self, reading: Reading) -> str:
        """Say how strokes are read from now on; gives the address to which the browser sends them."""
        self._reading = reading
        return self.address

    def read_no_more(self) -> None:
        """Let strokes come by Streamlit alone."""
        self._reading = None

    def take(self) -> Digit | None:
        """The digit that the strokes made since the last time; None when none came."""
        given, self._given = self._given, None
        return given

    async def answer(self, content: bytes) -> bytes:
        """See `Answerer`; 412 says that another drawing is on its way to the canvas, 409 that this one is not known."""
        now = self._reading
        if now is None:
            raise NotAnsweredError(404)
        try:
            stroke = Stroke.of_bytes(content)
            now.history.append(stroke, now.pen_px)
        except LoadedError:
            raise NotAnsweredError(412) from None
        except OutdatedError:
            raise NotAnsweredError(409) from None
        except (ImageError, ValueError):
            raise NotAnsweredError(422) from None
        self.keep()
        record, ink, text = now.history.record, now.history.ink, now.history.text
        if ink is None:
            raise NotAnsweredError(412)  # it was cleared this moment
        digit, shown = await now.read(ink, text)
        if now.history.n_loads != stroke.n_loads:
            raise NotAnsweredError(412)
        self.answered_at = time.time()
        if now.history.record is record:  # else something was drawn since
            self._given = digit.packed()
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
