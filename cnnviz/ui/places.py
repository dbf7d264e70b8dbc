"""The nine places of the application, in the order of its menu, and the old addresses that lead to them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnnviz.ui.state import (
    BreakItPage,
    ClassroomPage,
    KernelsPage,
    Key,
    LayersPage,
    MistakesPage,
    Session,
    TrainPage,
    WhyPage,
)

PLACES = {
    "draw": ("Draw", ":material/draw:"),
    "layers": ("Layers", ":material/layers:"),
    "kernels": ("Kernels", ":material/grid_on:"),
    "why": ("Why", ":material/visibility:"),
    "mistakes": ("Mistakes", ":material/rule:"),
    "break_it": ("Break it", ":material/build:"),
    "train": ("Train", ":material/model_training:"),
    "data": ("Data", ":material/dataset:"),
    "classroom": ("Class", ":material/groups:"),
}
IN_A_ROW = tuple(name for name in PLACES if name != "classroom")
"""Through which Present goes, one after the other: the class is no part of what is shown to it."""
PART_KEYS: dict[str, Key[str]] = {
    "layers": LayersPage.part,
    "kernels": KernelsPage.part,
    "why": WhyPage.part,
    "mistakes": MistakesPage.part,
    "break_it": BreakItPage.part,
    "train": TrainPage.part,
    "classroom": ClassroomPage.part,
}
OLD_ADDRESSES = {
    "filters": ("layers", "filters"),
    "feature-maps": ("layers", "maps"),
    "convolution": ("layers", "network"),
    "network": ("layers", "network"),
    "laboratory": ("kernels", ""),
    "look": ("why", "depends"),
    "robustness": ("break_it", "digit"),
    "experiments": ("train", "experiments"),
    "compare": ("train", "compare"),
}
"""Pages that there were once: the place that shows the same now, and its part."""


FIRST, LAST = "first", "last"
"""Ask, in place of a part's name, for the one that a place has there."""


def path(name: str) -> str:
    """The script of a place, as Streamlit wants it for a link."""
    return f"cnnviz/pages/{name}/page.py"


def name_of(page: StreamlitPage) -> str:
    """The place that is open; "" for an old address, which only leads to one."""
    return next((name for name, (title, _) in PLACES.items() if title == page.title), "")


def address(name: str) -> str:
    """The address of a place."""
    return name.replace("_", "-")


def pages() -> list[StreamlitPage]:
    """Every page for `st.navigation`; old addresses are not in the menu."""
    places = [
        st.Page(path(name), title=title, icon=icon, url_path=address(name)) for name, (title, icon) in PLACES.items()
    ]
    moved = [
        st.Page(_forward(name, part), title=address, url_path=address, visibility="hidden")
        for address, (name, part) in OLD_ADDRESSES.items()
    ]
    return places + moved


def _forward(name: str, part: str) -> Callable[[], None]:
    return functools.partial(go, name, part)


def go_on() -> None:
    """Go where the last run's callbacks want to go, before anything is shown; ends this run where that is elsewhere."""
    if wanted := Session.place_wanted.get():
        Session.place_wanted.set("")
        go(wanted)


def go(name: str, part: str = "") -> None:
    """Go to a place, and to one of its parts; ends this run of the script."""
    if part:
        PART_KEYS[name].set(part)
    st.switch_page(path(name))
