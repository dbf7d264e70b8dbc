"""Which browser a session belongs to: its token, and whether it runs on the server's own machine."""

from __future__ import annotations

import streamlit as st

from cnnviz.server import cookie, this_machine
from cnnviz.state.sessions import fingerprint


def token() -> str:
    """The random token that this browser keeps in its cookie; "" where there is none, as without a browser."""
    value = st.context.cookies.get(cookie.NAME)
    return value if isinstance(value, str) and cookie.TOKEN.fullmatch(value) else ""


def owner() -> str:
    """What this browser's runs are known by: its token's fingerprint; "" where there is none."""
    value = token()
    return fingerprint(value) if value else ""


def is_this_machine() -> bool:
    """True when the browser runs on the server's own machine, and no proxy has forwarded its request."""
    return st.context.headers.get(this_machine.HEADER) == "yes"
