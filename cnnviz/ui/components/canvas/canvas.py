"""The canvas: strokes in, ink out.  The only module that imports the drawing component.

What is done here around `streamlit-drawable-canvas`, and why:

- A stroke is sent when the pen is lifted; the component by itself waits 0.2 s. See pen_up.js.
- A drawing is put back (after an undo, or another page) by giving the component something else to load, never by a new
  key: see `DrawingHistory.to_load`.
- The component takes what the browser sends apart without a check, so it is guarded; strokes and points are bounded
  before anything is kept, and its picture is checked before it is decoded: a PNG of 10 kB can claim to have 9000×9000
  pixels. Of a drawing that is refused a sentence is said, and the one before stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from cnnviz.drawing import pictures, strokes
from cnnviz.server import messages
from cnnviz.ui import drawn
from cnnviz.ui.components.canvas import hint
from cnnviz.ui.components.frontend import component
from cnnviz.ui.drawing_history import Drawing
from cnnviz.ui.drawn import history
from cnnviz.ui.state import DrawPage


class Words:
    """What the canvas says of a drawing that is not kept."""

    too_large = "The canvas sent {size:.1f} MB, more than a drawing needs."
    unreadable = "The canvas sent something that cannot be read."
    before = "{reason} The drawing is as it was before; Undo takes the rest off the canvas, Clear empties it."


SIDE_PX = drawn.SIDE_PX
WIDEST_PX = 480
"""The canvas is shown as large as there is room, up to this; its drawing has SIDE_PX pixels all the same."""
PLACES = {
    "frame": DrawPage.canvas_frame.selector,
    "canvas": DrawPage.canvas.selector,
    "loads": ", ".join(f"{key.selector} button" for key in (DrawPage.undo, DrawPage.clear, DrawPage.surprise)),
}
"""Where pen_up.js finds them."""


def enter() -> None:
    """Call when the canvas comes onto the page: what was drawn before comes back."""
    history().load()


def frame() -> Any:
    """The container that holds the canvas and, below it, buttons side by side; how they stand says frame.css."""
    return st.container(horizontal=True, width=WIDEST_PX, key=DrawPage.canvas_frame.name)


def listen() -> None:
    """Have strokes sent at pen up, on a page with a canvas in its `frame`.

    No part of what runs again after a stroke: it takes no room, and stays.
    """
    send_at_pen_up = component(
        "cnnviz.pen_up", "canvas/pen_up.js", css=hint.css(), style="canvas/frame.css", isolate_styles=False
    )
    send_at_pen_up(key=DrawPage.pen_up.name, data=PLACES, width="content", height="content")


def ink(pen_px: int, below: np.ndarray | None = None, *, sends: bool = True) -> np.ndarray | None:
    """Show the canvas.

    Args:
        pen_px: width of the pen.
        below: an image, float (28, 28) in [0, 1], that is drawn over and counts as ink.
        sends: False where strokes come beside Streamlit, so that the component sends when it is asked to alone.

    Returns:
        float32 (280, 280) in [0, 1], 1 = ink; None when nothing is drawn. Where the browser sent something else than a
        drawing, it says so and gives the one before.
    """
    under = None if below is None else drawn.enlarged(below)
    try:
        drawing = _read(_show(pen_px, under, sends=sends))
        if drawing is not None:
            history().add(drawing)
    except pictures.ImageError as error:
        if history().refuse(DrawPage.canvas.get()):
            st.error(Words.before.format(reason=error), icon=":material/error:")
    return drawn.ink(under)


def is_empty() -> bool:
    """True when nothing stands on the canvas that could be taken back."""
    return not history().drawings and not history().refused


def _show(pen_px: int, under: Image.Image | None, *, sends: bool) -> Any:
    """The component."""
    try:
        shown = st_canvas(
            stroke_width=pen_px,
            stroke_color="#ffffff",
            background_color="#000000",
            background_image=under,
            width=SIDE_PX,
            height=SIDE_PX,
            drawing_mode="freedraw",
            update_streamlit=sends,
            initial_drawing=history().to_load,
            return_image_data=True,
            key=DrawPage.canvas.name,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise pictures.ImageError(
            f"The canvas sent something that is not a drawing ({type(error).__name__})."
        ) from None
    if refusal := _refused(DrawPage.canvas.get()):
        raise pictures.ImageError(refusal)
    return shown


def _refused(sent: Any) -> str:
    """Why the server did not let the canvas's message through; "" when it did."""
    reason = sent.get(messages.REFUSED) if isinstance(sent, Mapping) else None
    if reason is None:
        return ""
    size = sent.get(messages.SIZE)
    return (
        Words.too_large.format(size=size / 1e6) if reason == "too large" and isinstance(size, int) else Words.unreadable
    )


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
    sent = result.json_data
    if not isinstance(sent, dict):
        raise pictures.ImageError("The canvas sent something that is not a drawing.")
    if not history().is_new(sent):
        history().refused = None
        return None
    strokes.lines_of({"objects": []} | sent)
    image = pictures.open_image(content, "The canvas's picture", ("PNG",), SIDE_PX * SIDE_PX)
    if image.size != (SIDE_PX, SIDE_PX):
        raise pictures.ImageError(f"The canvas sent {image.width}×{image.height} pixels, expected {SIDE_PX}×{SIDE_PX}.")
    return Drawing(sent, np.asarray(_on_black(image.convert("RGBA")).convert("L")))


def _on_black(image: Image.Image) -> Image.Image:
    """A picture on black; what the canvas sends by itself is opaque already."""
    if image.getchannel("A").getextrema() == (255, 255):
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
