"""Present: a page as a row of screens, one idea each, for a projector.

A page puts each of its screens into `with present.screen("answer"):`. Outside of Present all of them stand on the page
one after the other, inside of it the browser shows the one whose turn it is; the page itself runs as ever. A page
without screens is one that scrolls. After the last screen comes the next part of the page, then the next place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.ui import places, state
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Session

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Words:
    """What Present says."""

    begin = "Present"
    help = "Large, one screen after the other: arrow keys or a swipe go on, Escape ends it."
    position = "{n} / {all}"
    back, on, end = "Back", "On", "End"


HTML = """<nav><button class="back">‹</button><output></output><button class="on">›</button>
<button class="end">×</button></nav>"""
CSS = """
nav {
  position: fixed; bottom: 0.25rem; right: 1rem; z-index: 1000; display: flex; align-items: center;
  color: var(--st-text-color); background: var(--st-background-color); border-radius: 0.5rem; font-size: 24px;
}
output { min-width: 4em; text-align: center; }
button {
  all: unset; min-width: 44px; min-height: 44px; font-size: 36px; line-height: 1; text-align: center;
  cursor: pointer; opacity: 0.75;
}
button:hover, button:focus-visible { opacity: 1; outline: 2px solid var(--st-primary-color); }
"""
STYLE = """<style>
html { font-size: 20px !important; }
html, body { overscroll-behavior-x: none; } /* a swipe to the right would go back in the browser's history */
[data-testid="stHeader"], [data-testid="stSidebar"], :has(> .st-key-head) { display: none; }
:has(> .st-key-presenting) { position: absolute; }
[data-testid="stMainBlockContainer"] { padding: 1rem 1rem 3rem; }
[data-testid="stImage"] img { max-height: 60vh; object-fit: contain; object-position: left; }
@media (min-width: 1000px) {
  html { font-size: 28.8px !important; }
  [data-testid="stMainBlockContainer"] { padding-inline: 2rem; }
  [data-testid="stImage"] { zoom: 1.8; } /* panels.LARGER; a chart would be drawn too wide for its place */
  [data-testid="stImage"] img { max-height: 33vh; } /* of what is 1.8 times as large */
}
</style>"""


def screen(name: str, part: int = 1) -> DeltaGenerator:
    """A part of a page that fills one screen in Present.

    Args:
        name: unique on its page; letters and "-".
        part: 2 and more for what stands elsewhere on the page and belongs to the same screen, e.g. in another column.
    """
    return st.container(key=state.screen_of(name, part).name)


def begin() -> None:
    """Begin to present; a callback."""
    Session.present.set(True)
    Session.from_end.set(False)


def show(place: str) -> None:
    """Do what Present needs on the page of a place."""
    if not Session.present.get() or not place:
        return
    st.html(STYLE)
    data = {
        "stop": f"{place} {Session.n_stops.get()}",
        "fromEnd": Session.from_end.get(),
        "screens": state.screen_of("").name.replace(" ", "-"),
        "words": {"position": Words.position, "back": Words.back, "on": Words.on, "end": Words.end},
    }
    with st.container(key=Session.presenting.name):
        follow_keys = component("cnnviz.present", "present/present.js", HTML, CSS)
        follow_keys(key=Session.present_keys.name, data=data, on_go_change=_go)


def _go() -> None:
    """Go where the browser wants to go: on past the last screen, back before the first, or to the end of Present."""
    way = getattr(Session.present_keys.get(), "go", None)
    if way == "end":
        Session.present.set(False)
    elif way in ("on", "back"):
        Session.from_end.set(way == "back")
        Session.n_stops.set(Session.n_stops.get() + 1)
        _leave(Session.place.get(), 1 if way == "on" else -1)


def _leave(place: str, step: int) -> None:
    """Go from the part that is open to the one after or before it; coming back to a place, to its last one."""
    key = places.PART_KEYS.get(place)
    parts = list(Session.parts.get()) if key else []
    beyond = parts.index(key.get()) + step if key and key.get() in parts else -1
    if 0 <= beyond < len(parts):
        Session.part_wanted.set(parts[beyond])
        return
    names = places.IN_A_ROW
    number = names.index(place) + step if place in names else len(names)
    if 0 <= number < len(names):
        Session.place_wanted.set(names[number])
        Session.part_wanted.set(places.FIRST if step > 0 else places.LAST)
