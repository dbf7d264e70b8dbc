"""Where a digit comes from: drawn on the canvas, over a test image too, photographed, or filled in square by square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.drawing import photo, pictures, strokes
from cnnviz.ui import choice, digit_choice, panels
from cnnviz.ui.components.canvas import canvas
from cnnviz.ui.components.grid import grid

PENS_PX = (12, 16, 24, 32)
MAX_UPLOAD_BYTES = 10_000_000
PHOTO = "photograph kept"
TYPES = ["png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff"]


class Words:
    """What these ways in say."""

    way = "How to give a digit"
    ways = {"canvas": "Draw", "over": "Draw over a test image", "photo": "Photograph", "grid": "Squares"}
    pen = "Pen, pixels"
    thin = "Draw the strokes again with MNIST's pen"
    thin_help = (
        "The strokes are known, so they can be drawn again as large as fits, with a pen that is 2.9 pixels wide in the "
        "20×20 box, as MNIST's strokes are."
    )
    upload = "A photograph or scan of one digit"
    upload_help = "Dark on light or light on dark, any size; uneven light does not matter."
    too_large = "{name}: expected at most {most:.0f} MB, found {size:.0f} MB."
    kept = "Still here: {name}."
    photographed = "What was photographed, without its colours."
    photographed_alt = "The photograph {name} in shades of grey."
    undo, clear = "Undo", "Clear"


@dataclass(frozen=True, eq=False)
class Given:
    """What was given: ink float32 (height, width) in [0, 1], or None when there is nothing; and the way it came."""

    ink: np.ndarray | None
    way: str


def ask() -> Given:
    """Show the chosen way in.

    Raises:
        drawing.ImageError: when what was given cannot be read; the message is for the person.
    """
    way = st.session_state.get("way in", "canvas")
    ways: dict[str, Callable[[], np.ndarray | None]] = {
        "canvas": draw,
        "over": draw_over,
        "photo": upload,
        "grid": fill,
    }
    return Given(ways[way](), way)


def ask_way() -> None:
    """How one wants to give a digit."""
    st.segmented_control(
        Words.way,
        list(Words.ways),
        default="canvas",
        required=True,
        format_func=Words.ways.__getitem__,
        key="way in",
        persist_state="session",
        on_change=canvas.enter,
    )


def draw() -> np.ndarray | None:
    """On the canvas."""
    ink = canvas.ink(_pen())
    _undo_and_clear(ink is None)
    return _thinned() if ink is not None and st.session_state.get("thin pen") else ink


def ask_pen() -> None:
    """The pen's width, and whether it is chosen anew."""
    st.segmented_control(Words.pen, PENS_PX, default=canvas.PEN_PX, required=True, key="pen", persist_state="session")
    st.toggle(Words.thin, key="thin pen", help=Words.thin_help, persist_state="session")


def _pen() -> int:
    return int(st.session_state.get("pen") or canvas.PEN_PX)


def _thinned() -> np.ndarray | None:
    """The strokes drawn again; a dot stays as it was."""
    lines = canvas.lines()
    again = strokes.with_pen(lines) if lines else None
    return strokes.redraw(lines, _pen()) if again is None else again


def draw_over() -> np.ndarray | None:
    """On the canvas, over a test image."""
    test = choice.dataset()
    ink = canvas.ink(_pen(), test.images[digit_choice.ask_number(test, "image below"), :, :, 0])
    _undo_and_clear(not canvas.easel().stages)
    return ink


def _undo_and_clear(empty: bool) -> None:
    with st.container(horizontal=True):
        st.button(Words.undo, icon=":material/undo:", on_click=canvas.undo, disabled=empty)
        st.button(Words.clear, icon=":material/delete:", on_click=canvas.clear, disabled=empty)


def upload() -> np.ndarray | None:
    """A file."""
    sent = st.file_uploader(Words.upload, TYPES, help=Words.upload_help, key="photograph", on_change=_forget)
    if sent is None:
        return _kept()
    if sent.size > MAX_UPLOAD_BYTES:
        raise pictures.ImageError(
            Words.too_large.format(name=sent.name, most=MAX_UPLOAD_BYTES / 1e6, size=sent.size / 1e6)
        )
    image = pictures.open_image(sent.getvalue(), sent.name)
    grey = photo.grey(image)
    _show_photograph(sent.name, grey)
    ink = photo.ink_in(image, sent.name)
    st.session_state[PHOTO] = sent.name, grey, ink
    return ink


def _forget() -> None:
    st.session_state.pop(PHOTO, None)


def _kept() -> np.ndarray | None:
    """The photograph that was read before one looked elsewhere; the uploader itself forgets it."""
    if PHOTO not in st.session_state:
        return None
    name, grey, ink = st.session_state[PHOTO]
    st.caption(Words.kept.format(name=name))
    _show_photograph(name, grey)
    st.button(Words.clear, icon=":material/delete:", on_click=_forget)
    return np.asarray(ink)


def _show_photograph(name: str, grey: np.ndarray) -> None:
    picture = Image.fromarray((grey * 255).round().astype(np.uint8))
    panels.picture(picture, Words.photographed, Words.photographed_alt.format(name=name), "photographed", inline=True)


def fill() -> np.ndarray | None:
    """Square by square."""
    ink = grid.ink()
    st.button(Words.clear, icon=":material/delete:", on_click=grid.clear, disabled=ink is None)
    return ink
