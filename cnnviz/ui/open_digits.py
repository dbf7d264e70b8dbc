"""Test images as small pictures that open: a click makes one the session's digit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.ui import digit_choice, panels
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import Key, Session


class Words:
    """What an image is called where its pixels are told."""

    image = "image"


FILE_PX = 120
"""About how wide an image is in the file that can be downloaded."""


def show(
    numbers: Iterable[int],
    inks: np.ndarray,
    key: Key[Any],
    *,
    columns: int,
    caption: str,
    alt: str,
    name: str,
    **options: Any,
) -> None:
    """Show test images; the one that is the session's digit is framed.

    Args:
        numbers: of the test images.
        inks: float (n, height, width) in [0, 1], 1 = ink: the images, or parts of them.
        key: unique on the page.
        columns: how many stand side by side.
        caption, alt, name: as for `maps.show`.
        options: of the sheet.
    """
    if Session.digit_opened.get():  # in a part of a page that runs alone: the head of the page shows it too
        st.rerun()
    listed = [int(number) for number in numbers]
    shown = digit_choice.current()
    current = None if shown.is_own else shown.origin.number
    marked = [i for i, number in enumerate(listed) if number == current]
    called = [f"{Words.image} {number}" for number in listed]
    options |= {"item": Words.image, "called": called, "marked": marked, "pressed": marked, "cell_px": FILE_PX}
    sheet = images(inks, panels.map_palette(), columns, is_fixed=True, **options)
    maps.show(sheet, key, caption=caption, alt=alt, name=name, on_open=lambda i: open_digit(listed[i]))


def open_digit(number: int) -> None:
    """Callback: let a test image be the session's digit."""
    digit_choice.choose(number)
    Session.digit_opened.set(True)
