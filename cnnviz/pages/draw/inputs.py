"""Ways of giving a digit: drawn on the canvas, over a test image too, photographed, filled in square by square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnnviz.drawing import photo, pictures, reading
from cnnviz.pages.draw import strokes
from cnnviz.ui import choice, digit_choice, drawn, panels, state
from cnnviz.ui.components.canvas import canvas
from cnnviz.ui.components.grid import grid
from cnnviz.ui.digit import Origin, Photograph
from cnnviz.ui.state import DrawPage, Key

PENS_PX = (12, 16, 24, 32)
MAX_UPLOAD_BYTES = 10_000_000
TYPES = ["png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff"]


class Words:
    """What these ways of giving a digit say."""

    way = "Input"
    ways = {"canvas": "Draw", "over": "Test image", "photo": "Photograph", "grid": "Squares"}
    pen = "Pen, pixels"
    thin = "Draw the strokes again with MNIST's pen"
    thin_help = (
        "The strokes are known, so they can be drawn again as large as fits, with a pen that is 2.9 pixels wide in the "
        "20×20 box, as MNIST's strokes are."
    )
    upload = "A photograph or scan of one digit"
    upload_help = "Dark on light or light on dark, any size; uneven light does not matter."
    use_camera = "Use the camera"
    camera = "One digit, as large as the picture allows"
    too_large = "{name}: expected at most {most:.0f} MB, found {size:.0f} MB."
    kept = "Still here: {name}."
    photographed = "What was photographed, without its colours."
    photographed_alt = "The photograph {name} in shades of grey."
    undo, clear = "Undo", "Clear"


@dataclass(frozen=True, eq=False)
class Given:
    """What was given.

    Attributes:
        ink: float32 (height, width) in [0, 1], or None when there is nothing.
        origin: where it came from.
        below: what was drawn over, float32 (28, 28) in [0, 1].
    """

    ink: np.ndarray | None
    origin: Origin
    below: np.ndarray | None = None


def enter() -> None:
    """Call when a way of giving comes onto the page: what was given in it before comes back."""
    canvas.enter()
    renew_uploader()


def renew_uploader() -> None:
    """Have the next uploader be a new, empty one; a photograph that was read is kept.

    A browser forgets the file of an uploader that leaves the page once it hears that the page has run.  Where it is
    slow to hear, it still sends the file when the uploader is back, and then sends none: as if that were removed.
    """
    state.renew(DrawPage.uploader_version)


def ask() -> Given:
    """Show the chosen way of giving a digit.

    Raises:
        pictures.ImageError: when what was given cannot be read; the message is for the person.
    """
    ways: dict[str, Callable[[], Given]] = {
        "canvas": draw,
        "over": draw_over,
        "photo": upload,
        "grid": fill,
    }
    return ways[DrawPage.way.get()]()


def ask_way() -> None:
    """How one wants to give a digit, in the way of tabs."""
    st.segmented_control(
        Words.way,
        list(Words.ways),
        default=DrawPage.way.default,
        required=True,
        format_func=Words.ways.__getitem__,
        key=DrawPage.way.name,
        persist_state="session",
        on_change=enter,
        label_visibility="collapsed",
    )


def draw() -> Given:
    """On the canvas."""
    ink = canvas.ink(drawn.pen_px(), sends=not strokes.are_answered())
    _undo_and_clear()
    return Given(drawn.thinned() if ink is not None and DrawPage.thin_pen.get() else ink, Origin("drawing"))


def ask_pen() -> None:
    """The pen's width, and whether it is chosen anew."""
    pen = DrawPage.pen_px
    st.segmented_control(Words.pen, PENS_PX, default=pen.default, required=True, key=pen.name, persist_state="session")
    st.toggle(Words.thin, key=DrawPage.thin_pen.name, help=Words.thin_help, persist_state="session")


def draw_over() -> Given:
    """On the canvas, over a test image."""
    test = choice.dataset()
    number = digit_choice.ask_number(test, DrawPage.below)
    below = np.asarray(test.images[number, :, :, 0])
    ink = canvas.ink(drawn.pen_px(), below, sends=not strokes.are_answered())
    _undo_and_clear()
    return Given(ink, Origin("drawing over a test image", test.name, number), below)


def _undo_and_clear() -> None:
    # Never disabled, since a stroke need not run this again: while nothing is drawn, frame.css makes them faint.
    kind: Literal["secondary", "tertiary"] = "tertiary" if canvas.is_empty() else "secondary"
    st.button(Words.undo, icon=":material/undo:", on_click=drawn.history().undo, type=kind, key=DrawPage.undo.name)
    st.button(Words.clear, icon=":material/delete:", on_click=drawn.history().clear, type=kind, key=DrawPage.clear.name)


def upload() -> Given:
    """A file or a picture from the camera, or the one read before another page was open: widgets forget theirs."""
    from_camera = st.toggle(Words.use_camera, key=DrawPage.use_camera.name, on_change=renew_uploader)
    sent = _ask_camera() if from_camera else _ask_file()
    photograph = DrawPage.photograph.get() if sent is None else _read(sent, shown=not from_camera)
    if photograph is not None and sent is None:
        st.caption(Words.kept.format(name=photograph.name))
        _show_photograph(photograph.name, photograph.grey)
        st.button(Words.clear, icon=":material/delete:", on_click=DrawPage.photograph.forget)
    return Given(photograph.ink if photograph else None, Origin("photograph"))


def _ask_file() -> UploadedFile | None:
    key = state.upload_of(DrawPage.uploader_version.get())
    return st.file_uploader(
        Words.upload, TYPES, help=Words.upload_help, key=key.name, on_change=_forget_another, args=(key,)
    )


def _ask_camera() -> UploadedFile | None:
    """Only once it is wanted: the browser asks at once whether the camera may be used."""
    key = state.camera_of(DrawPage.uploader_version.get())
    return st.camera_input(Words.camera, key=key.name, on_change=_forget_another, args=(key,))


def _forget_another(uploader: Key[UploadedFile | None]) -> None:
    sent, kept = uploader.get(), DrawPage.photograph.get()
    if kept and (sent is None or sent.file_id != kept.file_id):
        DrawPage.photograph.forget()


def _read(sent: UploadedFile, *, shown: bool) -> Photograph:
    """The ink of a file; its picture is shown, if at all, before it is searched for ink, which may fail."""
    if sent.size > MAX_UPLOAD_BYTES:
        raise pictures.ImageError(
            Words.too_large.format(name=sent.name, most=MAX_UPLOAD_BYTES / 1e6, size=sent.size / 1e6)
        )
    image = pictures.open_image(sent.getvalue(), sent.name)
    grey = photo.grey(image)
    if shown:
        _show_photograph(sent.name, grey)
    photograph = Photograph(sent.file_id, sent.name, grey, reading.read_ink(image, sent.name))
    DrawPage.photograph.set(photograph)
    return photograph


def _show_photograph(name: str, grey: np.ndarray) -> None:
    picture = Image.fromarray((grey * 255).round().astype(np.uint8))
    panels.picture(picture, Words.photographed, Words.photographed_alt.format(name=name), "photographed", inline=True)


def fill() -> Given:
    """Square by square."""
    ink = grid.ink()
    st.button(Words.clear, icon=":material/delete:", on_click=grid.clear, disabled=ink is None)
    return Given(ink, Origin("squares"))
