"""Test images as small pictures that open: a click makes one the session's digit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.render import palettes
from cnnviz.ui import digit_choice, panels
from cnnviz.ui.components.gallery import gallery
from cnnviz.ui.state import Key, Session


def show(numbers: Iterable[int], images: np.ndarray, key: Key[Any], **options: Any) -> None:
    """Show test images; the one that is the session's digit is framed.

    Args:
        numbers: of the test images.
        images: float (n, 28, 28) in [0, 1], 1 = ink; or uint8 (n, height, width, 3), as they are to be seen.
        key: unique on the page.
        options: as for `gallery.show`.
    """
    if Session.digit_opened.get():  # in a part of a page that runs alone: the head of the page shows it too
        st.rerun()
    listed = [int(number) for number in numbers]
    pictures = images if images.ndim == 4 else palettes.apply_palette(images, panels.map_palette(), (0, 1))
    shown = digit_choice.current()
    current = None if shown.is_own else shown.origin.number
    marked = [i for i, number in enumerate(listed) if number == current]
    gallery.show(pictures, key, marked=marked, on_open=lambda i: open_digit(listed[i]), **options)


def open_digit(number: int) -> None:
    """Callback: let a test image be the session's digit."""
    digit_choice.choose(number)
    Session.digit_opened.set(True)
