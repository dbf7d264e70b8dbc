"""Share: the link to what is shown, to copy, and as a QR code that a class scans from the projector."""

from __future__ import annotations

import io
from urllib.parse import urlparse

import segno
import streamlit as st

from cnnviz.ui import address, digit_choice, panels
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Session


class Words:
    """What sharing says."""

    button = title = "Share"
    sentence = "Whoever opens this link sees what you see now: the place, the network, the digit and the choices."
    copy, copied = "Copy link", "Copied"
    qr = "Scan it with a telephone or a tablet."
    qr_alt = "QR code of the link."
    too_long = "With this drawing the link is too long for a QR code that a camera can read. The link itself works."
    photograph = "A photograph is not part of a link. It shows “{image}” instead."
    too_large = "This drawing is too long for a link. It shows “{image}” instead."
    only_here = "This address works on this computer only. For others, open cnnviz under this computer's own address."


HTML = "<button></button><output></output>"
CSS = """
button {
  all: unset; box-sizing: border-box; min-height: 44px; padding: 0 1rem; cursor: pointer; border-radius: 0.25rem;
  color: var(--st-background-color); background: var(--st-primary-color); font: inherit;
}
button:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
output { margin-left: 1rem; }
"""
MAX_QR = 1_200
"""Characters; with more its squares are too small for the camera of a telephone."""
QR_PX = 320
HERE = ("localhost", "127.0.0.1", "::1")


@st.dialog(Words.title)
def show() -> None:
    """The link and its QR code."""
    link = current()
    st.markdown(Words.sentence)
    copy = component("cnnviz.copy", "copy/copy.js", HTML, CSS)
    copy(key=Session.copy.name, data={"link": link, "copy": Words.copy, "copied": Words.copied})
    st.code(link, language=None, wrap_lines=True, height=120)
    for sentence in _missing(link):
        st.caption(sentence)
    if len(link) <= MAX_QR:
        panels.picture(qr(link), Words.qr, Words.qr_alt, "qr", width=QR_PX)
    else:
        st.caption(Words.too_long)


def current() -> str:
    """The link to what is shown, as the browser reaches this server."""
    base = str(st.context.url or "").partition("?")[0]
    return f"{base}?{address.query()}"


def qr(link: str) -> bytes:
    """A QR code as a PNG file."""
    content = io.BytesIO()
    segno.make(link, error="l", micro=False).save(content, kind="png", scale=6, border=4, dark="black", light="white")
    return content.getvalue()


def _missing(link: str) -> list[str]:
    """What the link cannot do, a sentence each."""
    shown, said = digit_choice.current(), []
    if shown.is_own and "digit=own" not in link:
        sentence = Words.photograph if shown.origin.kind == "photograph" else Words.too_large
        said.append(sentence.format(image=digit_choice.behind()))
    if urlparse(link).hostname in HERE:
        said.append(Words.only_here)
    return said
