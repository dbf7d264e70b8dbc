"""The router: which pages there are, what is chosen in the sidebar, and the page that is open."""

import streamlit as st
from starlette.middleware import Middleware

from cnnviz.server.cookie import SessionCookie
from cnnviz.server.limits import MessageLimits
from cnnviz.server.this_machine import ThisMachine
from cnnviz.ui import drawn, session, sidebar, startup

PAGES = {
    "": {"draw": ("Draw", ":material/draw:")},
    "Look inside": {
        "filters": ("Filters", ":material/grid_view:"),
        "feature_maps": ("Feature maps", ":material/layers:"),
        "convolution": ("Convolution", ":material/calculate:"),
        "look": ("What it looks at", ":material/visibility:"),
        "network": ("Network", ":material/account_tree:"),
        "laboratory": ("Laboratory", ":material/biotech:"),
    },
    "Test": {
        "mistakes": ("Mistakes", ":material/rule:"),
        "robustness": ("Robustness", ":material/vibration:"),
        "break_it": ("Break it", ":material/build:"),
        "data": ("Data", ":material/dataset:"),
    },
    "Train": {
        "train": ("Train", ":material/model_training:"),
        "experiments": ("Experiments", ":material/science:"),
        "compare": ("Compare", ":material/compare_arrows:"),
    },
}


def route() -> None:
    """One run of the script for one browser."""
    st.set_page_config(page_title="cnnviz", page_icon=startup.icon(), layout="wide")
    startup.begin()
    pages = {
        section: [
            st.Page(f"cnnviz/pages/{name}/page.py", title=title, icon=icon, url_path=name.replace("_", "-"))
            for name, (title, icon) in entries.items()
        ]
        for section, entries in PAGES.items()
    }
    page = st.navigation(pages, expanded=True)
    comes_back = session.begin()
    try:
        sidebar.show(page.title)
        if comes_back:
            drawn.bring_back()
        page.run()
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
