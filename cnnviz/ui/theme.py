"""A switch between light and dark."""

from __future__ import annotations

import streamlit as st

from cnnviz.ui import panels, places
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Session


class Words:
    """What the switch says."""

    dark, light = "Dark", "Light"


def switch() -> None:
    """The button; the page is loaded again, since Streamlit has no other way."""
    is_dark = panels.is_dark()
    name, icon = (Words.light, ":material/light_mode:") if is_dark else (Words.dark, ":material/dark_mode:")
    if st.button(name, icon=icon, type="tertiary"):
        data = {
            "theme": "Light" if is_dark else "Dark",
            "places": [*map(places.address, places.PLACES), *places.OLD_ADDRESSES],
        }
        component("cnnviz.theme", "theme/theme.js")(key=Session.theme.name, data=data)
