"""The page's address carries what is shown: whoever opens it elsewhere sees the same; and the digit in the head."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.data.mnist import DataError
from cnnviz.ui import address_names, choice, digit_choice, drawn, lessons, state
from cnnviz.ui.address_names import (
    BEGINNINGS,
    DIGIT,
    EMBED,
    INK,
    NET,
    OWN,
    SCREEN,
    SOURCE,
    STEPS,
    WITH_DRAWING,
    keys_of,
)
from cnnviz.ui.components.frontend import component
from cnnviz.ui.digit import Digit, Kind
from cnnviz.ui.state import DrawPage, Key, Session


class Words:
    """What is said of an address."""

    left_out = "This link asks for something that is not here. Left out: {names}."
    too_long = "This link is too long, so that nothing of it was used."
    names = {
        "net": "the network",
        "steps": "the training steps",
        "source": "the digits",
        "digit": "the digit",
        "ink": "the drawing",
        "squares": "the squares",
        "hide": "what to hide",
        "part": "the part of the page",
        "data": "the part of the data",
        "from": "the place among the images",
        "class": "the class",
        "lesson": "the lesson",
        "lesson-step": "the step of the lesson",
    }
    else_ = "something unknown"


TOO_LONG = "too long"
PAGE = "the page"


INK_HERE = "~ink~"
"""Of letters that an address has as they are; no drawing's text has the first."""
NONE = "none"
"""No digit: what no address of ours says."""


def written(place: str, digit: Callable[[], dict[str, str]] | None = None) -> dict[str, str]:
    """What is shown, as the address of a place has it; after the head of the page.

    Args:
        place: that is open.
        digit: what says which digit is shown; by default the session's.
    """
    params: dict[str, str] = {}
    for part in (_network, digit or _digit, _hidden, _lesson):
        with suppress(DataError, ValueError):
            params |= part()
    if Session.present.get():
        params[Session.present.address] = "1"
    for address, key in keys_of(place).items():
        if _is_chosen(key) and key is not DrawPage.squares:
            _put(params, address, key.get())
    _put_many(params, place)
    return params


def _put_many(params: dict[str, str], place: str) -> None:
    """Keys that a function makes, e.g. one for each network; what is remembered is asked for once, which takes 2 ms."""
    if place in BEGINNINGS:
        remembered = sorted(state.remembered().items(), key=lambda item: item[0])
        for address, (beginning, _) in BEGINNINGS[place].items():
            for name, value in remembered:
                if name.startswith(beginning):
                    _put(params, f"{address}.{name.removeprefix(beginning)}", value)


def _is_chosen(key: Key[Any]) -> bool:
    return address_names.text_of(key.get()) != address_names.text_of(key.default)


def _put(params: dict[str, str], address: str, value: Any) -> None:
    text = address_names.text_of(value)
    if text is not None:
        params[address] = text


def _network() -> dict[str, str]:
    chosen = choice.current()
    if chosen.entry is None:
        return {}
    return {NET: chosen.entry.name} | ({STEPS: str(chosen.iteration)} if len(chosen.entry.iterations) > 1 else {})


def _digit() -> dict[str, str]:
    """The image of the data, or the drawing; of a photograph there is no short text."""
    shown = digit_choice.current()
    return (of_own(shown) if shown.is_own else {}) or _image()


def _drawing(kind: Kind, own: Mapping[str, str]) -> dict[str, str]:
    """A drawing of some kind that is this text; nothing where there is none."""
    over = kind == "drawing over a test image"
    if not over and not own:
        return {}
    params = {DIGIT: OWN, **own}
    for key in WITH_DRAWING:
        if _is_chosen(key):
            _put(params, key.address, key.get())
    if over:
        params[SOURCE] = source_text(choice.current().source)
        params[DrawPage.below.number.address] = str(DrawPage.below.number.get())
    return params


def of_own(digit: Digit) -> dict[str, str]:
    """What of an address shows a digit that a person gave; nothing where that has no short text, as a photograph."""
    return _drawing(digit.origin.kind, _own()) if digit.origin.kind != "photograph" else {}


def _image() -> dict[str, str]:
    source = {SOURCE: source_text(choice.current().source)}
    if Session.place.get() == "draw" and not Session.shown.number.exists():
        return source  # none is chosen: the canvas is empty, and is so elsewhere
    return source | {DIGIT: address_names.spot_text(*digit_choice.spot())}


def _own() -> dict[str, str]:
    if DrawPage.way.get() == "grid":
        bits = int("1" + DrawPage.squares.get(), 2)
        return {DrawPage.squares.address: address_names.packed(bits.to_bytes(-(-bits.bit_length() // 8), "big"))}
    text = drawn.history().text
    return {INK: text} if text else {}


def _hidden() -> dict[str, str]:
    hidden = Session.hidden.get()
    return {Session.hidden.address: ",".join(hidden)} if hidden else {}


def _lesson() -> dict[str, str]:
    found = lessons.walked()
    if found is None:
        return {}
    return {Session.lesson.address: found.name, Session.lesson_step.address: str(found.number)}


def source_text(source: Source) -> str:
    """What digits are called in an address."""
    if source.kind == "class" and source.path:
        return f"class-{source.path.stem}"
    return "bundled" if source == BUNDLED else "mnist"


def query() -> str:
    """What stands behind the question mark of the address."""
    return _query(written(Session.place.get()))


def queries_with_drawing(kind: Kind) -> tuple[str, str]:
    """The query once something else is drawn: with INK_HERE in the place of its text, and where it has no short one."""
    place = Session.place.get()
    return (
        _query(written(place, lambda: _drawing(kind, {INK: INK_HERE}))),
        _query(written(place, lambda: _drawing(kind, {}) or _image())),
    )


def _query(params: Mapping[str, str]) -> str:
    return urlencode(params, safe=",")


def follow(part: str = PAGE) -> None:
    """Have the address in the browser, and the digit on the button in the head, follow what is shown.

    Both by one component, since each element costs the server about as much as the network's answer to a stroke.

    Args:
        part: of the page, that runs alone and has just run; by default the page itself.
    """
    params = written(Session.place.get())
    if part == PAGE:
        _tell(params)
    picture, title = digit_choice.thumbnail()
    now, before = (_query(params), title, picture), Session.address.get()
    answers = DrawPage.answers.get()
    if now != before[:3] or (answers and answers.answered_at > before[3]):  # the browser has the stroke's address
        Session.address.set((*now, time.time()))
    query, title, picture, since = Session.address.get()
    data = {"query": query, "title": title, "picture": picture, "since": since, "keep": (SCREEN, EMBED)}
    data["place"] = Session.place.get() if part == PAGE else ""
    with st.container(key=state.address_frame_of(part).name):
        component("cnnviz.address", "address/address.js")(data=data, key=state.address_of(part).name)


def _tell(params: Mapping[str, str]) -> None:
    """In one sentence, what of the address was left out, once the page was shown with it."""
    linked = Session.linked.get()
    if linked is None:
        return
    Session.linked.set(None)
    keys = keys_of(Session.place.get())
    defaults = {name: address_names.text_of(keys[name].default) for name in linked if name in keys}
    defaults[DIGIT] = NONE
    if DIGIT in linked and linked[DIGIT] == _under_the_drawing(params):  # Draw lays it on the canvas
        linked = linked | {DIGIT: OWN}
    changed = [name for name, text in linked.items() if params.get(name, defaults.get(name) or text) != text]
    left_out = (*Session.left_out.get(), *changed)
    Session.left_out.set(())
    if left_out:
        st.toast(sentence(left_out), icon=":material/link_off:", duration="long")


def _under_the_drawing(params: Mapping[str, str]) -> str | None:
    """The test image on which is drawn in an address, as its digit; None for none."""
    number = params.get(DrawPage.below.number.address)
    return address_names.spot_text("test", int(number)) if number else None


def sentence(left_out: Sequence[str]) -> str:
    """What was left out; nothing of what a stranger may have written into the address is repeated."""
    if TOO_LONG in left_out:
        return Words.too_long
    return Words.left_out.format(
        names=", ".join(dict.fromkeys(Words.names.get(name, Words.else_) for name in left_out))
    )
