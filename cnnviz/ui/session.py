"""A session that outlives a reload, a sleeping tablet and a restarted server.

What is chosen and drawn is stored for a day, under the browser's token, which lies in a cookie. Nothing is stored of a
browser without one.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from cnnviz.server import cookie
from cnnviz.state.database import DatabaseError
from cnnviz.state.reports import Reports
from cnnviz.ui import address, address_reading, browser, digit_choice, drawn, kept, lessons, rooms, server, state
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.state import DrawPage, Key, Session

P = ParamSpec("P")
T = TypeVar("T")
CHOICES, DRAWING = "choices", "drawing"


class Words:
    """What is said of what is stored."""

    stored = (
        "So that a reload finds it again, this server keeps your drawing, your report, what you have chosen and your "
        "answers in lessons for a day after your last visit: no name, no address; a photograph only where you add it "
        "to your report. Your browser is known by a random number in a cookie."
    )
    not_stored = "Nothing is stored of this session: your browser keeps no cookie."
    delete = "Delete what is stored of me"
    deleted = "Deleted. What you draw and choose from now on is kept for a day again."
    problem = "What you draw and choose is not stored at present; it is here as long as this page is open. {reason}"


def begin(place: str) -> bool:
    """Put back what was stored and what the address says, in the first run of a session, before any widget is made.

    Args:
        place: that is open; "" for an address that only leads to one.

    Returns:
        True when something was put back.
    """
    if Session.has_begun.get():
        digit_choice.take_in()
        brings = Session.scene_brings_drawing.get() and not Session.place_wanted.get()
        if brings:
            Session.scene_brings_drawing.set(False)
        return brings
    Session.has_begun.set(True)
    token = browser.token()
    is_known = bool(token) and not cookie.take_fresh(token)
    record = server.keeper().load(token) if is_known else None
    if record:
        _put_back(record)
    brings = address_reading.read(place)
    rooms.begin(is_known=is_known)
    return record is not None or brings


def _put_back(record: dict[str, Any]) -> None:
    choices = kept.decoded(record.get(CHOICES))
    put = []
    for name, value in choices.items():
        key = Key[Any](name, None)
        if not key.exists():
            key.set(value)
            put.append(name)
    history = DrawingHistory.of_record(record.get(DRAWING))
    if history.drawings:
        DrawPage.history.set(history)
    Session.restored.set(frozenset(put))


def leave_out_restored() -> bool:
    """Forget the choices that were put back, since a page failed with them; False when there are none."""
    names = Session.restored.get()
    for name in names:
        Key[Any](name, None).forget()
    Session.restored.set(frozenset())
    Session.left_out.set((*Session.left_out.get(), *(Session.linked.get() or ())))
    Session.linked.set({})
    return bool(names)


def keep() -> None:
    """Have the session stored when something that is worth keeping has changed; returns at once."""
    token = browser.token()
    if not token:
        return
    record: dict[str, Any] = {CHOICES: kept.encoded(state.remembered())}
    history = DrawPage.history.get()
    if history is not None and history.record is not None:
        record[DRAWING] = history.record
    answers = DrawPage.answers.get()
    if answers is not None and history is not None:
        answers.keep = functools.partial(_keep_stroke, token, record[CHOICES], history)
    if Session.deleted.get():
        Session.deleted.set(False)
        Session.stored.set(record)
    elif record != Session.stored.get():
        Session.stored.set(record)
        server.keeper().save(token, record)


def _keep_stroke(token: str, choices: dict[str, Any], history: DrawingHistory) -> None:
    """Have a drawing stored that is the session's digit since, with the choices of its last run."""
    own = {Session.shown.which.name: "own"}
    server.keeper().save(token, {CHOICES: choices | own, DRAWING: history.record})


def part(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function a part of a page that runs alone, after which the session is stored if it has changed."""

    @functools.wraps(function)
    def run(*args: P.args, **named: P.kwargs) -> T:
        digit_choice.take_in()
        try:
            result = function(*args, **named)
            address.follow(f"{function.__module__} {function.__qualname__}".replace("_", "-"))
            rooms.publish()
            return result
        finally:
            keep()

    return st.fragment(run)


def show_problem() -> None:
    """One sentence while sessions cannot be stored."""
    if browser.token() and (reason := server.keeper().problem):
        st.caption(Words.problem.format(reason=reason))


def show_stored() -> None:
    """What is stored, for how long, and the button that deletes it."""
    if not browser.token():
        st.caption(Words.not_stored)
        return
    st.caption(Words.stored)
    st.button(Words.delete, icon=":material/delete_forever:", key=Session.delete_stored.name, on_click=delete)


def delete() -> None:
    """Delete what is stored, and the drawing that would be stored again."""
    digit_choice.take_in()
    rooms.leave()
    drawn.history().clear()
    DrawPage.squares.forget()
    state.renew(DrawPage.grid_version)
    DrawPage.photograph.forget()
    state.renew(DrawPage.uploader_version)
    Session.digit.forget()
    lessons.forget_all()
    Session.teacher_proof.forget()
    Session.deleted.set(True)
    for token in (browser.token(), TEACHER.format(token=browser.token())):
        server.keeper().save(token, None)
    with contextlib.suppress(DatabaseError):  # the keeper does it too, soon; until then the page Class would show it
        Reports(server.database()).delete_all(browser.token())
    st.toast(Words.deleted, icon=":material/check:")


TEACHER = "teacher {token}"
"""Under this name it is stored that a browser is the teacher's: apart, so that no other tab writes over it."""
