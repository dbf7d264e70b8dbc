"""The canvas: strokes in, ink out.  The only module that imports the drawing component.

What is done here around `streamlit-drawable-canvas`, and why:

- A stroke is sent when the pen is lifted; the component by itself waits 0.2 s. See pen_up.js.
- A drawing is put back (after an undo, or another page) by giving the component something else to load, never by a new
  key: see `DrawingHistory.to_load`.
- The component takes what the browser sends apart without a check, so it is guarded, and its picture is checked before
  it is decoded: a PNG of 10 kB can claim to have 9000×9000 pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from cnnviz.drawing import pictures, strokes
from cnnviz.ui import state
from cnnviz.ui.components.frontend import component
from cnnviz.ui.drawing_history import Drawing, DrawingHistory
from cnnviz.ui.state import DrawPage

SIDE_PX = 280
FRAME = f".st-key-{DrawPage.canvas_frame.name.replace(' ', '-')}"
"""Streamlit gives a container with a key this class, which is documented."""


def history() -> DrawingHistory:
    """This session's drawing."""
    return state.opened(DrawPage.history, DrawingHistory)


def enter() -> None:
    """Call when the canvas comes onto the page: what was drawn before comes back."""
    history().load()


def ink(pen_px: int, below: np.ndarray | None = None) -> np.ndarray | None:
    """Show the canvas.

    Args:
        pen_px: width of the pen.
        below: an image, float (28, 28) in [0, 1], that is drawn over and counts as ink.

    Returns:
        float32 (280, 280) in [0, 1], 1 = ink; None when nothing is drawn.

    Raises:
        pictures.ImageError: when the browser sent something else than a picture of the canvas.
    """
    under = None if below is None else _enlarged(below)
    drawing = _read(_show(pen_px, under))
    if drawing is not None:
        history().add(drawing)
    current = history().current
    drawn = None if current is None else current.ink.astype(np.float32) / 255
    if under is None:
        return drawn
    image = np.asarray(under, np.float32) / 255
    return image if drawn is None else np.maximum(image, drawn)


def lines() -> list[np.ndarray]:
    """The strokes of this session's drawing as points; empty when nothing is drawn.

    Raises:
        pictures.ImageError: when the browser sent something else.
    """
    current = history().current
    return strokes.lines_of(current.strokes) if current else []


def _show(pen_px: int, under: Image.Image | None) -> Any:
    """The component, and beside it, taking no room, what sends at pen up."""
    frame = st.container(key=DrawPage.canvas_frame.name, gap=None)
    send_at_pen_up = component("cnnviz.pen_up", "canvas/pen_up.js", isolate_styles=False)
    with frame:
        send_at_pen_up(key=DrawPage.pen_up.name, data={"frame": FRAME}, width="content", height="content")
    try:
        with frame:
            return st_canvas(
                stroke_width=pen_px,
                stroke_color="#ffffff",
                background_color="#000000",
                background_image=under,
                width=SIDE_PX,
                height=SIDE_PX,
                drawing_mode="freedraw",
                initial_drawing=history().to_load,
                return_image_data=True,
                key=DrawPage.canvas.name,
            )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise pictures.ImageError(
            f"The canvas sent something that is not a drawing ({type(error).__name__})."
        ) from None


def _enlarged(image: np.ndarray) -> Image.Image:
    whole = Image.fromarray(np.round(image * 255).astype(np.uint8))
    return whole.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)


def _read(result: Any) -> Drawing | None:
    """What the canvas sent; None for nothing, or nothing new.

    Raises:
        pictures.ImageError: when it is not a drawing.
    """
    try:
        content = result.image_bytes
    except (ValueError, TypeError, AttributeError) as error:
        raise pictures.ImageError(f"The canvas sent something that is not a picture ({error}).") from None
    if content is None:
        return None
    sent = result.json_data if isinstance(result.json_data, dict) else {}
    if not isinstance(sent.get("objects", []), list):
        raise pictures.ImageError("The canvas sent something that is not a list of strokes.")
    if not history().is_new(sent):
        return None
    image = pictures.open_image(content, "The canvas's picture", ("PNG",), SIDE_PX * SIDE_PX)
    if image.size != (SIDE_PX, SIDE_PX):
        raise pictures.ImageError(f"The canvas sent {image.width}×{image.height} pixels, expected {SIDE_PX}×{SIDE_PX}.")
    return Drawing(sent, np.asarray(_on_black(image.convert("RGBA")).convert("L")))


def _on_black(image: Image.Image) -> Image.Image:
    """A picture on black; what the canvas sends by itself is opaque already."""
    if image.getchannel("A").getextrema() == (255, 255):
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
