"""What is asked for of the images: part, how many at a time, order, class and answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from cnnviz.analysis.browsing import Answers, Order
from cnnviz.data.dataset import Dataset, Split
from cnnviz.data.parts import SPLITS, Images, Part
from cnnviz.render.palettes import Palette
from cnnviz.ui import choice, panels
from cnnviz.ui.state import DataPage, Key


class Words:
    """What the choices are called."""

    part = "Part"
    parts: dict[Part, str] = {
        "train": "Training, {n:,}",
        "validation": "Validation, {n:,}",
        "all": "Both, {n:,}",
        "test": "Test, {n:,}",
    }
    at_a_time = "At a time"
    sizes = {5: "Five", 9: "Nine", 100: "Sheet of 100"}
    order = "Order"
    orders: dict[Order, str] = {
        "number": "By number",
        "random": "At random",
        "surest": "Surest first",
        "least": "Least sure first",
    }
    digit = "Digit"
    any = "any"
    answers = "Answers"
    kinds: dict[Answers, str] = {"all": "All", "right": "Right only", "wrong": "Wrong only"}
    shuffle = "Shuffle again"
    loading = "Loading the digits"


PALETTES: tuple[Palette, ...] = ("gray", "binary", "hot")
ANY = DataPage.digit.default
DIGITS: dict[int, str] = {ANY: Words.any} | {digit: str(digit) for digit in range(10)}


def load() -> dict[Split, Dataset]:
    """The three parts of the digits."""
    with st.spinner(Words.loading, show_time=True):
        return {split: choice.dataset(split) for split in (*SPLITS["all"], *SPLITS["test"])}


def images_of(part: Part, splits: dict[Split, Dataset]) -> Images:
    """The images of a part."""
    return Images(tuple((split, splits[split]) for split in SPLITS[part]))


def ask(splits: dict[Split, Dataset]) -> Images:
    """The widgets; the images of the part that is chosen."""
    _leave_out_what_does_not_fit()
    names = {part: words.format(n=len(images_of(part, splits))) for part, words in Words.parts.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose(Words.part, names, DataPage.part, _begin_anew)
        _choose(Words.at_a_time, Words.sizes, DataPage.at_a_time)
        _select(Words.order, Words.orders, DataPage.order)
        _select(Words.digit, DIGITS, DataPage.digit, 90)
        _select(Words.answers, Words.kinds, DataPage.answers)
        if DataPage.order.get() == "random":
            st.button(Words.shuffle, icon=":material/casino:", on_click=_shuffle)
    return images_of(DataPage.part.get(), splits)


def _choose(label: str, words: Mapping[Any, str], key: Key[Any], on_change: Callable[[], None] | None = None) -> None:
    st.segmented_control(
        label,
        list(words),
        default=key.default,
        required=True,
        format_func=words.__getitem__,
        key=key.name,
        on_change=on_change,
        persist_state="session",
    )


def _leave_out_what_does_not_fit() -> None:
    """Begin with the default where an address or a record asks for what there is not; before the widgets are made."""
    choices: dict[Key[Any], Collection[Any]] = {
        DataPage.part: SPLITS,
        DataPage.at_a_time: Words.sizes,
        DataPage.order: Words.orders,
        DataPage.digit: DIGITS,
        DataPage.answers: Words.kinds,
        DataPage.palette: PALETTES,
    }
    for key, fitting in choices.items():
        if key.get() not in fitting:
            key.set(key.default)


def _select(label: str, words: Mapping[Any, str], key: Key[Any], width: int = 160) -> None:
    st.selectbox(
        label,
        list(words),
        format_func=words.__getitem__,
        key=key.name,
        width=round(panels.scale() * width),
        on_change=_begin_anew,
        persist_state="session",
    )


def _begin_anew() -> None:
    DataPage.first.set(0)


def _shuffle() -> None:
    DataPage.seed.set(DataPage.seed.get() + 1)
    _begin_anew()
