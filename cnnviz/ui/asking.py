"""What a teacher can ask the class: what the page that is open offers, and a dialog in which one of it is chosen.

A page offers a question while it runs; what the network says of it is computed when it is chosen.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable

import streamlit as st

from cnnviz.classroom.prompts import MAX_SENTENCE, Prompt
from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import RoomError
from cnnviz.ui import browser, server, state, subjects
from cnnviz.ui.state import RoomKeys

Make = Callable[[], Prompt | None]


class Words:
    """What the dialog says."""

    title = "Ask the class"
    intro = (
        "The class answers on its own screens; you reveal what is right when you want to. A question that is open now "
        "is closed."
    )
    subject, text, ask = "About", "Question", "Ask"
    no_text = "Type the question."


def offer(title: str, make: Make) -> None:
    """Have something asked, in this run of a page, by a teacher whose room is open; nothing for anybody else.

    Args:
        title: in the list of all that can be asked; unique on the page.
        make: the question with what is right, or None where it cannot be asked yet; may ask for more by widgets.
    """
    if is_teacher():
        RoomKeys.offered.set({**RoomKeys.offered.get(), title: make})


def is_teacher() -> bool:
    """Whether this session has a room open."""
    standing = RoomKeys.standing.get()
    return standing is not None and standing.is_teacher


def begin() -> None:
    """Forget what the page offered in its last run; after the head, whose dialog still shows it."""
    RoomKeys.offered.forget()


def open_dialog() -> None:
    """Open the dialog where the teacher wants to ask something; in the head of every page."""
    RoomKeys.was_asked.set(False)
    if RoomKeys.wants_to_ask.get():
        RoomKeys.wants_to_ask.set(False)
        if is_teacher():
            show()


@st.dialog(Words.title, width="large")
def show() -> None:
    """What can be asked, the question as the class will see it, and the button that asks it."""
    st.caption(Words.intro)
    offered = _offered()
    title = st.selectbox(Words.subject, list(offered), key=RoomKeys.subject.name)
    prompt = offered[title]()
    if prompt is None:
        return
    if prompt.picture:
        st.image(base64.b64decode(prompt.picture), width=320, alt=prompt.alt)
    text = st.text_input(
        Words.text, prompt.text.strip(), max_chars=MAX_SENTENCE, key=state.asked_text_of(prompt.text.strip()).name
    )
    # No callback: that would ask what the dialog showed before something was chosen or typed a moment ago.
    if st.button(Words.ask, type="primary", icon=":material/send:", key=RoomKeys.ask.name):
        if text.strip():
            ask(dataclasses.replace(prompt, text=text.strip()))
        else:
            RoomKeys.refused.set(Words.no_text)
        if reason := RoomKeys.refused.get():
            RoomKeys.refused.set("")
            st.error(reason, icon=":material/error:")
        else:
            st.rerun()


def ask(prompt: Prompt) -> None:
    """Ask the class, also in a callback; why that cannot be is told by the next run of the page."""
    standing = RoomKeys.standing.get()
    if standing is None:
        return
    try:
        server.live_rooms().ask(standing.code, browser.owner(), prompt)
        RoomKeys.was_asked.set(True)
    except (RoomError, DatabaseError) as error:
        RoomKeys.refused.set(str(error))


def close_dialog() -> None:
    """End this run for one of the whole page, without the dialog, where a question was just asked.

    To be called by parts that run alone and hear of the question: their run may take the place of the dialog's.
    """
    if RoomKeys.was_asked.get():
        st.rerun()


def _offered() -> dict[str, Make]:
    of_page: dict[str, Make] = RoomKeys.offered.get()
    return of_page | subjects.OF_ANY_PAGE
