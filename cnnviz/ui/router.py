"""The router: which pages there are, the bar at their head, and the page that is open."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.ui import address, asking, head, places, reporting, rooms, session, startup


def route() -> None:
    """One run of the script for one browser."""
    st.set_page_config(page_title="cnnviz", page_icon=icon(), layout="wide")
    startup.begin()
    page = st.navigation(places.pages(), position="top")
    place = places.name_of(page)
    places.go_on()
    comes_back = session.begin(place)
    try:
        head.show(place, comes_back=comes_back)
        asking.begin()
        page.run()
        reporting.show()
        if place:
            address.follow()
            rooms.publish()
    except Exception:  # a choice that was stored may not fit any more: then the page is shown without it
        if not session.leave_out_restored():
            raise
        st.rerun()
    finally:
        session.keep()
    startup.page_was_sent()


def icon() -> Image.Image:
    """The browser tab's picture, a kernel that finds an edge; an icon by name would be fetched from the internet."""
    blue, white, red = (60, 90, 200), (240, 240, 245), (205, 50, 60)
    return Image.fromarray(np.array([[blue, white, red]] * 3, np.uint8).repeat(16, axis=0).repeat(16, axis=1))
