"""Which digit a page works on: a test image by its number, or this session's drawing."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.ui import drawn


class Words:
    """What the choice says."""

    which, test, drawing, number = "Which digit", "Test image", "My drawing", "Number"
    no_drawing = "Nothing is drawn yet. Draw a digit on the Draw page, then come back."


def ask(test: Dataset, kind_key: str, number_key: str) -> np.ndarray | None:
    """Show the choice.

    Args:
        test: the test digits.
        kind_key, number_key: where the choice is kept, a pair of its own for each page.

    Returns:
        the digit, float32 (28, 28); None, and a hint where to draw, when the drawing is chosen and there is none.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault(kind_key, Words.test)
        which = st.segmented_control(
            Words.which, [Words.test, Words.drawing], required=True, key=kind_key, persist_state="session"
        )
        if which == Words.test:
            return np.asarray(test.images[ask_number(test, number_key), :, :, 0])
    last = drawn.last()
    if last is None:
        st.info(Words.no_drawing, icon=":material/draw:")
        return None
    return last.centred


def ask_number(test: Dataset, key: str) -> int:
    """Number of a test image; one that was chosen in a larger set becomes the last of this one."""
    st.session_state[key] = min(int(st.session_state.get(key, 0)), len(test) - 1)
    return int(st.number_input(Words.number, 0, len(test) - 1, key=key, width=130, persist_state="session"))
