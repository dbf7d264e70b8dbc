"""This session's drawing, its ink and the digit that it makes, also while the canvas is not on the page."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from PIL import Image

from cnnviz.data.mnist import DataError
from cnnviz.drawing import pictures, strokes
from cnnviz.drawing.preparation import IMAGE_PX, STEPS, prepare
from cnnviz.ui import choice, digit, digits, state
from cnnviz.ui.digit import Origin
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.state import DrawPage, Session

SIDE_PX = strokes.SIDE_PX


def history() -> DrawingHistory:
    """This session's drawing, stroke by stroke."""
    return state.opened(DrawPage.history, DrawingHistory)


def enlarged(image: np.ndarray) -> Image.Image:
    """An image, float (28, 28) in [0, 1], as large as the canvas."""
    whole = Image.fromarray(np.round(image * 255).astype(np.uint8))
    return whole.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)


def ink(under: Image.Image | None = None) -> np.ndarray | None:
    """The drawing, with what lies under it: float32 (280, 280) in [0, 1], 1 = ink; None when there is neither."""
    current = history().ink
    drawn = None if current is None else current.astype(np.float32) / 255
    if under is None:
        return drawn
    image = np.asarray(under, np.float32) / 255
    return image if drawn is None else np.maximum(image, drawn)


def pen_px() -> int:
    """The pen's width that is chosen."""
    return int(DrawPage.pen_px.get() or DrawPage.pen_px.default)


def thinned() -> np.ndarray | None:
    """The strokes drawn again with MNIST's pen; a dot stays as it was.

    Raises:
        pictures.ImageError: when the strokes cannot be read.
    """
    current = history().current
    lines = strokes.lines_of(current.strokes) if current else []
    again = strokes.with_pen(lines) if lines else None
    return strokes.redraw(lines, pen_px()) if again is None else again


def squares(cells: object) -> np.ndarray:
    """The grid's squares as the browser sends them, float32 (28, 28) of 0 and 1.

    Raises:
        pictures.ImageError: when they are something else.
    """
    n = IMAGE_PX * IMAGE_PX
    if not isinstance(cells, str) or len(cells) != n or not set(cells) <= {"0", "1"}:
        raise pictures.ImageError(f"The grid sent something else than {n} squares.")
    return (np.frombuffer(cells.encode(), np.uint8) - ord("0")).astype(np.float32).reshape(IMAGE_PX, IMAGE_PX)


def bring_back() -> None:
    """Let what was drawn before a reload be this session's digit, on whichever page it is opened; after the head."""
    with suppress(pictures.ImageError, DataError):  # then it is as if nothing were drawn
        ink, origin = _ink_before()
        steps = frozenset(STEPS) - frozenset(DrawPage.steps.get() or ())
        preparation = None if ink is None else prepare(ink, steps)
        Session.digit.set(digit.given(preparation, origin).packed() if preparation else None)


def _ink_before() -> tuple[np.ndarray | None, Origin]:
    way = DrawPage.way.get()
    if way == "grid":
        cells = squares(DrawPage.squares.get())
        return (cells if cells.any() else None), Origin("squares")
    if way == "over":
        test = digits.load(choice.current().source, "test")
        number = min(max(0, DrawPage.below.number.get()), len(test) - 1)
        image = test.images[number, :, :, 0]
        return ink(enlarged(image)), Origin("drawing over a test image", test.name, number)
    if way == "canvas" and history().drawings:
        return (thinned() if DrawPage.thin_pen.get() else ink()), Origin("drawing")
    return None, Origin("drawing")
