"""The drawing of this session, for every page to use."""

from __future__ import annotations

import streamlit as st

from cnnviz.drawing.preparation import Preparation

KEY = "drawing"


def keep(preparation: Preparation | None) -> None:
    """Remember what was drawn last; None when the canvas is empty."""
    st.session_state[KEY] = preparation


def last() -> Preparation | None:
    """What was drawn last in this session."""
    found: Preparation | None = st.session_state.get(KEY)
    return found
