"""Which digit a page works on: a test image by its number, or what this session gave last on the Draw page."""

from __future__ import annotations

import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.ui import digit, state, texts
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import DigitKeys, Key, Which


class Words:
    """What the choice says."""

    which, number = "Which digit", "Number"
    names: dict[Which, str] = {"test": "Test image", "own": "My drawing"}


def ask(test: Dataset, keys: DigitKeys) -> Digit | None:
    """Show the choice.

    Args:
        test: the test digits.
        keys: where the choice is kept; each page has its own.

    Returns:
        the digit; None, and a hint where to draw, when one's own is chosen and there is none.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if ask_which(Words.which, keys.which) == "test":
            return digit.of_test(test, ask_number(test, keys.number))
    return own()


def ask_which(label: str, key: Key[Which]) -> Which:
    """A test image or one's own digit."""
    key.begin(key.default)
    which = st.segmented_control(
        label,
        list(Words.names),
        format_func=Words.names.__getitem__,
        required=True,
        key=key.name,
        persist_state="session",
    )
    return which or key.default


def ask_number(test: Dataset, key: Key[int]) -> int:
    """Number of a test image; one that was chosen in a larger set becomes the last of this one."""
    key.set(min(key.get(), len(test) - 1))
    return int(st.number_input(Words.number, 0, len(test) - 1, key=key.name, width=130, persist_state="session"))


def own(hint: str = texts.NOTHING_DRAWN) -> Digit | None:
    """What this session gave last on the Draw page; None, and a hint, when that is nothing."""
    last = state.Session.digit.get()
    if last is None:
        st.info(hint, icon=":material/draw:")
    return last
