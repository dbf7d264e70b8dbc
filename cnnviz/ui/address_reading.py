"""An address as it is opened: what it says goes into the session, what does not fit here is left out, and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from cnnviz.drawing import short_strokes
from cnnviz.drawing.preparation import IMAGE_PX
from cnnviz.ui import address, address_names, choice, digit_choice, drawn, lessons, server, state
from cnnviz.ui.address_names import (
    BEGINNINGS,
    DIGIT,
    EMBED,
    HIDEABLE,
    INK,
    MAX_QUERY,
    NET,
    OWN,
    ROOM,
    SCREEN,
    SOURCE,
    STEPS,
    WITH_DRAWING,
    keys_of,
)
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.state import BreakItPage, DrawPage, Key, LayersPage, RoomKeys, Session


def read(place: str) -> bool:
    """Remember what the address says, in the first run of a session, over what was stored before.

    Args:
        place: that is open; "" for an address that only leads to one.

    Returns:
        True when the address brought a drawing.
    """
    params = dict(st.query_params.to_dict())
    Session.linked.set({})
    if sum(len(name) + len(value) for name, value in params.items()) > MAX_QUERY:
        Session.left_out.set((address.TOO_LONG,))
        return False
    if NET in params or DIGIT in params:  # the address of somebody's page, in which defaults are left out
        for key in keys_of(place).values():
            if key is not DrawPage.squares:
                key.forget()
    return _take_all(place, {name: value for name, value in params.items() if not _is_of_others(name)})


def show(place: str, params: Mapping[str, str]) -> None:
    """Have the session show a page as it is shown elsewhere; a callback, after which the page runs.

    Args:
        place: to go to.
        params: what `address.written` gave there; whatever it leaves out is as it is by default.
    """
    digit_choice.take_in()
    each: Key[Any]
    for each in (*keys_of(place).values(), *WITH_DRAWING):
        if each is not DrawPage.squares:
            _forget(each)
    for beginning, _ in BEGINNINGS.get(place, {}).values():
        for name in state.remembered():
            if name.startswith(beginning):
                Key[Any](name, None).forget()
    for count in (BreakItPage.n_restored, LayersPage.n_told):  # else the browser would go on with what it has
        count.set(count.get() + 1)
    if NET in params:
        state.iteration_of(params[NET]).forget()
    if place == "draw" and DIGIT not in params:  # else the image that was chosen elsewhere would lie on the canvas
        DrawPage.followed.set(Session.shown.number.get())
    Session.linked.set({})
    Session.scene_brings_drawing.set(_take_all(place, {n: v for n, v in params.items() if not _is_of_others(n)}))
    if place != Session.place.get():
        Session.place_wanted.set(place)


def give(params: Mapping[str, str]) -> None:
    """Have the session's digit be one that an address tells, on whichever page is open; a callback."""
    digit_choice.take_in()
    each: Key[Any]
    for each in WITH_DRAWING:
        _forget(each)
    Session.linked.set({})
    Session.scene_brings_drawing.set(_take_all(Session.place.get(), params))


def _forget(key: Key[Any]) -> None:
    """Go back to the default; told to a widget that is on the page, which would else keep what it shows."""
    if key.default in (None, "") or not key.exists():
        key.forget()
    else:
        key.set(key.default)


def _is_of_others(name: str) -> bool:
    return name.startswith((SCREEN, EMBED))


def _take_all(place: str, params: Mapping[str, str]) -> bool:
    taken, left_out = {}, []
    own = [name for name in (INK, DrawPage.squares.address) if name in params]
    for name, text in params.items():
        try:
            taken[name] = _take(place, name, text, params)
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
            left_out.append(name)
    Session.linked.set(taken)
    Session.left_out.set(tuple(left_out))
    return params.get(DIGIT) == OWN and any(name in taken for name in own)


def _take(place: str, name: str, text: str, params: Mapping[str, str]) -> str:
    """Remember one value; gives its text as `address.written` writes it, e.g. 45.0 for 45.

    Raises:
        ValueError, LookupError, TypeError: when it does not fit.
    """
    special = SPECIAL.get(name)
    if special is not None:
        special(text, params)
        return text
    key, like = address_names.key_of(place, name)
    return address_names.text_of(_set(key, like, text)) or text


def _set(key: Key[Any], like: Any, text: str) -> Any:
    value = address_names.checked(key, like, text)
    key.set(value)
    Session.restored.set(Session.restored.get() | {key.name})
    return value


def _take_network(text: str, _: Mapping[str, str]) -> None:
    if text not in choice.entries():
        raise LookupError(text)
    Session.model.set(text)


def _take_steps(text: str, params: Mapping[str, str]) -> None:
    entry = choice.entries()[params[NET]]
    if int(text) not in entry.iterations:
        raise LookupError(text)
    state.iteration_of(entry.name).set(int(text))


def _take_source(text: str, _: Mapping[str, str]) -> None:
    Session.digits.set({address.source_text(source): source for source in server.data_sources().available()}[text])


def _take_digit(text: str, _: Mapping[str, str]) -> None:
    if text == OWN:
        Session.shown.which.set("own")
    else:
        split, number = address_names.spot_of(text)
        _set(Session.shown.number, 0, str(number))
        _set(Session.shown.split, "", split)
        Session.shown.which.set("image")


def _take_ink(text: str, _: Mapping[str, str]) -> None:
    objects = short_strokes.lengthen(text)
    with suppress(ValueError):
        if drawn.history().text == text:  # e.g. a reload; this one can be undone, too
            return
    given = {"version": "7.4.0", "objects": objects}
    if DrawPage.history.exists():  # the canvas may be on the page
        drawn.history().replace(given)
    else:
        DrawPage.history.set(DrawingHistory.of_strokes(given))


def _take_squares(text: str, _: Mapping[str, str]) -> None:
    bits = f"{int.from_bytes(address_names.unpacked(text, IMAGE_PX * IMAGE_PX), 'big'):b}"
    if len(bits) != IMAGE_PX * IMAGE_PX + 1:
        raise ValueError("squares")
    DrawPage.squares.set(bits[1:])


def _take_hidden(text: str, _: Mapping[str, str]) -> None:
    names = text.split(",")
    Session.hidden.set(tuple(name for name in names if name in HIDEABLE))
    if not set(names) <= set(HIDEABLE):
        raise LookupError(text)


def _take_present(text: str, _: Mapping[str, str]) -> None:
    Session.present.set({"0": False, "1": True}[text])


def _take_room(text: str, _: Mapping[str, str]) -> None:
    if not re.fullmatch(r"[A-Za-z]{4}", text, re.ASCII):
        raise ValueError(text)
    RoomKeys.wanted.set(text)


def _take_lesson(text: str, _: Mapping[str, str]) -> None:
    if text not in lessons.shelf().lessons:
        raise LookupError(text)
    Session.lesson.set(text)
    Session.lesson_step.set(1)


def _take_lesson_step(text: str, params: Mapping[str, str]) -> None:
    number = int(text)
    if not 1 <= number <= len(lessons.shelf().lessons[params[Session.lesson.address]].steps):
        raise LookupError(text)
    Session.lesson_step.set(number)


def _take_below(text: str, _: Mapping[str, str]) -> None:
    _set(DrawPage.below.number, 0, text)


SPECIAL: dict[str, Callable[[str, Mapping[str, str]], None]] = {
    NET: _take_network,
    STEPS: _take_steps,
    SOURCE: _take_source,
    DIGIT: _take_digit,
    INK: _take_ink,
    ROOM: _take_room,
    DrawPage.squares.address: _take_squares,
    DrawPage.below.number.address: _take_below,
    Session.hidden.address: _take_hidden,
    Session.present.address: _take_present,
    Session.lesson.address: _take_lesson,
    Session.lesson_step.address: _take_lesson_step,
}
