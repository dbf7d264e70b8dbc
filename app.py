"""The router: which pages there are, the bar at their head, and the page that is open."""

import streamlit as st
from starlette.middleware import Middleware

from cnnviz.server.cookie import SessionCookie
from cnnviz.server.limits import MessageLimits
from cnnviz.server.this_machine import ThisMachine
from cnnviz.ui import address, head, places, session, startup


def route() -> None:
    """One run of the script for one browser."""
    st.set_page_config(page_title="cnnviz", page_icon=startup.icon(), layout="wide")
    startup.begin()
    page = st.navigation(places.pages(), position="top")
    place = places.name_of(page)
    comes_back = session.begin(place)
    try:
        head.show(place, comes_back=comes_back)
        page.run()
        if place:
            address.follow()
    except Exception:  # a choice that was stored may not fit any more: then the page is shown without it
        if not session.leave_out_restored():
            raise
        st.rerun()
    finally:
        session.keep()


if __name__ == "__main__":
    route()
else:  # the server imports this file once, before the first browser comes: what is slow begins then
    app = st.App(
        __file__,
        lifespan=startup.lifespan,
        middleware=[Middleware(SessionCookie), Middleware(ThisMachine), Middleware(MessageLimits)],
    )
