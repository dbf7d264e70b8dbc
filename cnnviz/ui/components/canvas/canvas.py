"""The canvas: strokes in, ink out.  The only module that imports the drawing component."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from cnnviz.drawing import pictures, strokes

SIDE_PX = 280
PEN_PX = 24
KEY = "easel"
CANVAS_KEY = "canvas"
N_REMEMBERED = 50

send_at_pen_up = st.components.v2.component(
    "cnnviz.pen_up", js=(Path(__file__).parent / "pen_up.js").read_text("utf-8"), isolate_styles=False
)


@dataclass(frozen=True, eq=False)
class Stage:
    """A drawing after one of its strokes: as the component tells it, and as uint8 ink (280, 280)."""

    strokes: dict[str, Any]
    ink: np.ndarray

    def is_same_as(self, other: Stage | None) -> bool:
        """Whether the strokes and every pixel are the same."""
        return other is not None and self.strokes == other.strokes and np.array_equal(self.ink, other.ink)

    @property
    def n_strokes(self) -> int:
        """How many strokes are on the canvas."""
        return len(self.strokes.get("objects", []))


@dataclass
class Easel:
    """A session's drawing, stroke by stroke; the component alone forgets it when the page changes.

    Attributes:
        stages: the drawing after each stroke, the last one is what stands on the canvas.
        begun_with: what the component is to load.  It loads again when this differs from before, and stays the same
            element of the page: a new one would be missing for a tenth of a second, with every stroke drawn in it.
        last_sent: what the component sent last; the server keeps handing it out until something else is sent.
    """

    stages: list[Stage] = field(default_factory=list)
    begun_with: dict[str, Any] = field(default_factory=lambda: {"objects": [], "opened": 0})
    last_sent: Stage | None = None

    def open(self) -> None:
        """Let the canvas show the last stage."""
        strokes = self.stages[-1].strokes if self.stages else {"objects": []}
        self.begun_with = strokes | {"opened": self.begun_with["opened"] + 1}

    def add(self, stage: Stage) -> None:
        """What the canvas sent; stages with as many strokes or more were taken back on the canvas itself."""
        if stage.is_same_as(self.last_sent):
            return
        self.last_sent = stage
        earlier = [old for old in self.stages if old.n_strokes < stage.n_strokes]
        self.stages = [*earlier, stage][-N_REMEMBERED:] if stage.n_strokes else []


def easel() -> Easel:
    """This session's drawing."""
    found: Easel = st.session_state.setdefault(KEY, Easel())
    return found


def enter() -> None:
    """Call when the canvas comes onto the page: what was drawn before comes back."""
    easel().open()


def listen() -> None:
    """Call outside the fragment: a stroke is sent the moment it ends, and not 0.2 s later."""
    send_at_pen_up(key="pen up", width="content", height="content")


def undo() -> None:
    """Take the last stroke away."""
    easel().stages = easel().stages[:-1]
    easel().open()


def clear() -> None:
    """Take every stroke away."""
    easel().stages = []
    easel().open()


def ink(pen_px: int = PEN_PX, below: np.ndarray | None = None) -> np.ndarray | None:
    """Show the canvas.

    Args:
        pen_px: width of the pen.
        below: an image, float (28, 28) in [0, 1], that is drawn over and counts as ink.

    Returns:
        float32 (280, 280) in [0, 1], 1 = ink; None when nothing is drawn.

    Raises:
        drawing.ImageError: when the browser sent something else than a picture of the canvas.
    """
    under = None if below is None else _enlarged(below)
    sent = _read(_show(pen_px, under))
    if sent is not None:
        easel().add(sent)
    drawn = easel().stages[-1].ink.astype(np.float32) / 255 if easel().stages else None
    if under is None:
        return drawn
    image = np.asarray(under, np.float32) / 255
    return image if drawn is None else np.maximum(image, drawn)


def _show(pen_px: int, under: Image.Image | None) -> Any:
    """The component; it takes what the browser sends apart without a check."""
    try:
        return st_canvas(
            stroke_width=pen_px,
            stroke_color="#ffffff",
            background_color="#000000",
            background_image=under,
            width=SIDE_PX,
            height=SIDE_PX,
            drawing_mode="freedraw",
            initial_drawing=easel().begun_with,
            return_image_data=True,
            key=CANVAS_KEY,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise pictures.ImageError(
            f"The canvas sent something that is not a drawing ({type(error).__name__})."
        ) from None


def lines() -> list[np.ndarray]:
    """The strokes of this session's drawing as points; empty when nothing is drawn.

    Raises:
        drawing.ImageError: when the browser sent something else.
    """
    return strokes.lines_of(easel().stages[-1].strokes) if easel().stages else []


def _enlarged(image: np.ndarray) -> Image.Image:
    whole = Image.fromarray(np.round(image * 255).astype(np.uint8))
    return whole.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)


def _read(result: Any) -> Stage | None:
    try:
        content = result.image_bytes
    except (ValueError, TypeError, AttributeError) as error:
        raise pictures.ImageError(f"The canvas sent something that is not a picture ({error}).") from None
    if content is None:
        return None
    image = pictures.open_image(content, "The canvas's picture", ("PNG",), SIDE_PX * SIDE_PX)
    if image.size != (SIDE_PX, SIDE_PX):
        raise pictures.ImageError(f"The canvas sent {image.width}×{image.height} pixels, expected {SIDE_PX}×{SIDE_PX}.")
    sent = result.json_data
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA")).convert("L")
    return Stage(sent if isinstance(sent, dict) else {}, np.asarray(flat))
