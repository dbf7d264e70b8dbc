"""What stands behind "More" on a telephone, and openly where there is room for it; style.css hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.ui import state
from cnnviz.ui.state import Session

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def more(label: str) -> None:
    """What is opened on a telephone; elsewhere it is not seen. Once on a page.

    Args:
        label: begins with "More" and says what there is.
    """
    st.expander(label, key=Session.telephone_more.name)


def behind_more(name: str) -> DeltaGenerator:
    """A part of the page that a telephone shows once `more` is open; it may stand anywhere below.

    Args:
        name: unique on its page.
    """
    return st.container(key=state.behind_more_of(name).name)
