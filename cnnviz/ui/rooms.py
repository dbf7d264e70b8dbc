"""This session's place in a room: it comes in, follows the teacher, hands in a drawing; and the strip on every page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st

from cnnviz.classroom import prompts, report
from cnnviz.classroom.live import VALUE
from cnnviz.classroom.prompts import Prompt
from cnnviz.classroom.report import Entry, Picture
from cnnviz.data.mnist import DataError
from cnnviz.drawing.preparation import IMAGE_PX
from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import RoomError, Standing
from cnnviz.ui import (
    address,
    address_reading,
    breaking,
    browser,
    digit_choice,
    lesson_walk,
    places,
    reporting,
    server,
)
from cnnviz.ui.components.frontend import component
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import ClassroomPage, DrawPage, RoomKeys, Session

HOME = "classroom"
"""The page on which a teacher looks at the room: nobody is led there who follows."""


class Words:
    """What the strip says; with {placeholders} that the browser fills."""

    student_here = "Room {code} · you are {name}"
    teacher_here = "Room {code} · {n} here"
    following = "You follow the teacher."
    ask, follow, pause = "Ask the class", "Follow me", "Pause"
    reveal, why, again, close = "Reveal", "Ask why", "Ask once more", "Close the question"
    paused = "Your teacher has paused the screens."
    too_many_codes = "Too many codes were tried. Wait {seconds} s, then try again."
    over = "This room is closed. What you drew and chose is still here."
    removed = "The teacher has removed you from this room."
    count = "{n} of {all} have answered."
    sending, sent = "Sending …", "Your answer is in. You may change it until it is revealed."
    late = "Too late: this question is closed. Your answer of before counts, if you gave one."
    wait = "Wait a moment; it is sent again."
    away = "The server cannot be reached. It is sent again by itself."
    not_done = "The server cannot be reached, so nothing has changed. Try again."
    send, sentence = "Send", "One sentence"
    no_digit = "no digit"
    click = "Click on the picture."
    to_canvas = "Go to the canvas"
    hand_in, hand_in_again = "Put my drawing on the wall", "Put this drawing there instead"
    to_layers = "Go to the filters"
    hand_in_filters, hand_in_filters_again = "Hand in the filters that are off", "Hand in once more"
    group, to_race = "You are in {group}.", "Watch the race"
    filters_off, accuracy, who, how_many = "Filters off", "Reads right", "Who", "How many"
    not_broken = "not under half"
    once = "Once more:"
    option, digit = "Answer", "Digit"
    the_class, network = "The class", "The network"
    right, you = "right", "you"
    right_cell = "It is number {n}: {count} of {all} chose it."
    median = "The middle of {n} answers: {median} {unit}."
    median_and_right = "The middle of {n} answers: {median} {unit}; right: {right} {unit}."
    progress = "{lesson}: step {n} of {all}"
    to_report = "Add to my report"
    in_report = "It is in your report, on the page Class."
    report_title = "What I guessed: {text}"
    my_answer, the_answer, class_answers = "My answer", "Right", "The class"
    handed_in = "Your drawing is on the wall."
    nothing_drawn = "Draw something first; then put it on the wall."
    too_late = "Too late: drawings are not taken any more."
    not_followed = "This page cannot be shown here as the teacher sees it: {reason}"
    away_now = "The room cannot be reached now: {reason}"


def _in_javascript(name: str) -> str:
    """`not_done` as `notDone`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


BROWSER = {_in_javascript(name): text for name, text in vars(Words).items() if not name.startswith("_")}
"""The same for room.js, which fills the placeholders of those that it shows."""


def begin(*, is_known: bool) -> None:
    """Find the room that this browser is in, or come into the one that the address names; in a session's first run.

    Args:
        is_known: False of a browser that has just come for the first time.
    """
    wanted = RoomKeys.wanted.get()
    RoomKeys.wanted.set("")
    if wanted and browser.token():
        join(wanted)
    elif is_known:
        with suppress(DatabaseError):  # then the page is shown as outside of a room, and says that nothing is stored
            RoomKeys.standing.set(server.live_rooms().standing(browser.owner()))


def join(code: str) -> None:
    """Come into a room; why that cannot be is told by `refused`."""
    RoomKeys.refused.set("")
    who, wrong = browser.owner(), server.wrong_codes()
    if seconds := wrong.wait_s(who):
        RoomKeys.refused.set(Words.too_many_codes.format(seconds=seconds))
        return
    try:
        member = server.live_rooms().join(code, who)
    except (RoomError, DatabaseError) as error:
        if isinstance(error, DatabaseError):  # then it is not known whether the code was right
            wrong.forgive(who)
        RoomKeys.refused.set(str(error))
        return
    wrong.forgive(who)
    RoomKeys.standing.set(Standing(code.strip().upper(), member.name, member.number))
    RoomKeys.scene.set(0)


def leave() -> None:
    """Callback: out of the room, with all that was answered there."""
    standing = RoomKeys.standing.get()
    if standing is not None and not standing.is_teacher:
        with suppress(DatabaseError):
            server.live_rooms().rooms.leave(standing.code, browser.owner())
    _is_over()


def _is_over() -> None:
    RoomKeys.standing.forget()
    RoomKeys.handed_in.forget()
    RoomKeys.said.forget()


def strip() -> None:
    """What stands on every page of who is in a room."""
    if reason := RoomKeys.refused.get():
        RoomKeys.refused.set("")
        st.toast(reason, icon=":material/groups:", duration="long")
    standing = RoomKeys.standing.get()
    RoomKeys.page_wanted.set(False)
    if standing is None:
        return
    with st.container(key=RoomKeys.frame.name):
        _run_strip()


@st.fragment
def _run_strip() -> None:
    """Runs alone, unless more than the strip changes: sixty drawings that are handed in cost no run of a page each."""
    standing = RoomKeys.standing.get()
    if RoomKeys.page_wanted.get() or standing is None:
        places.go_on()
        st.rerun()
    breaking.hand_in()
    _show_strip(standing)


def _with_page(callback: Callable[[], object]) -> Callable[[], None]:
    """A callback of the strip after which the whole page is to run."""

    def run() -> None:
        callback()
        RoomKeys.page_wanted.set(True)

    return run


def _show_strip(standing: Standing) -> None:
    data = {
        "code": standing.code,
        "name": standing.name,
        "number": standing.number,
        "isTeacher": standing.is_teacher,
        "isAtRace": Session.place.get() == HOME and ClassroomPage.part.get() == "race",
        "layers": breaking.here(),
        "isOnCanvas": Session.place.get() == "draw" and DrawPage.way.get() == "canvas",
        "canvas": DrawPage.canvas_frame.selector,
        "scene": RoomKeys.scene.get(),
        "handedIn": RoomKeys.handed_in.get(),
        "said": RoomKeys.said.get(),
        "words": BROWSER,
    }
    shown = component("cnnviz.room", "room/room.js", '<div class="room"></div>', style="room/room.css", is_module=True)
    shown(
        key=RoomKeys.strip.name,
        data=data,
        on_scene_change=_with_page(_follow),
        on_draw_change=_with_page(_go_to_canvas),
        on_hand_in_change=_hand_in,
        on_layers_change=_with_page(breaking.go),
        on_breaks_change=breaking.press,
        on_race_change=_with_page(_go_to_race),
        on_followed_change=_with_page(_nothing),
        on_report_change=_report,
        on_ask_change=_with_page(_want_to_ask),
        on_over_change=_with_page(_is_over),
    )


def listen(code: str) -> None:
    """Have a part of the teacher's page, that runs alone, run again when something in the room has changed."""
    news = component("cnnviz.room_news", "room/news.js", is_module=True)
    news(
        key=RoomKeys.news.name, data={"code": code, "mark": server.live_rooms().mark(code)}, on_changed_change=_nothing
    )


def _nothing() -> None:
    """The page runs, by which it is shown to those who follow."""


def _want_to_ask() -> None:
    """Callback: the dialog opens with this run."""
    RoomKeys.wants_to_ask.set(True)


def _go_to_canvas() -> None:
    """Callback: an empty canvas, or what was drawn on it; not the test image that was chosen elsewhere."""
    DrawPage.way.set("canvas")
    DrawPage.followed.set(Session.shown.number.get())
    Session.place_wanted.set("draw")


def _go_to_race() -> None:
    """Callback: the part of the page Class that shows it."""
    ClassroomPage.part.set("race")
    Session.place_wanted.set(HOME)


def _follow() -> None:
    """Callback: show the page that the teacher sees."""
    standing = RoomKeys.standing.get()
    if standing is None or standing.is_teacher:
        return
    try:
        room = server.live_rooms().rooms.find(standing.code)
    except DatabaseError:
        return  # the next scene brings it
    if room is None or not room.scene.get("follow"):
        return
    place, params = room.scene.get("place"), room.scene.get("params")
    RoomKeys.scene.set(int(room.scene.get("scene", 0)))
    if place in places.PLACES and isinstance(params, dict):
        address_reading.show(place, {str(name): str(value) for name, value in params.items()})


def publish() -> None:
    """Have those who follow see what the teacher's page shows, and the teacher how far a student is; after a run."""
    standing = RoomKeys.standing.get()
    place = Session.place.get()
    if standing is not None and not standing.is_teacher:
        _note_progress(standing)
    if standing is None or not standing.is_teacher or not place or place == HOME:
        return
    try:
        server.live_rooms().show(standing.code, browser.owner(), place, followed(address.written(place)))
    except (RoomError, DatabaseError, DataError) as error:
        st.toast(Words.not_followed.format(reason=error), icon=":material/groups:")


def _note_progress(standing: Standing) -> None:
    found = lesson_walk.progress()
    told = Words.progress.format(lesson=found[0], n=found[1], all=found[2]) if found else ""
    if told != RoomKeys.progress.get():
        with suppress(DatabaseError):  # it is told with the next step
            server.live_rooms().note_progress(standing.code, browser.owner(), told)
            RoomKeys.progress.set(told)


def followed(params: Mapping[str, str]) -> dict[str, str]:
    """What of the teacher's address others follow: not how it is shown on a projector, nor the teacher's own lesson."""
    own = {key.address for key in (Session.present, Session.hidden, Session.lesson, Session.lesson_step)}
    return {name: value for name, value in params.items() if name not in own}


def shows_strokes() -> Callable[[str], None] | None:
    """What shows a drawing that grows while no page runs to those who follow; None where nobody does.

    Returns:
        takes the page's query with that drawing; returns at once.
    """
    standing, place, owner = RoomKeys.standing.get(), Session.place.get(), browser.owner()
    if standing is None or not standing.is_teacher or not place or place == HOME:
        return None
    code, live = standing.code, server.live_rooms()
    return lambda query: live.show_soon(code, owner, place, followed(dict(parse_qsl(query))))


def _hand_in() -> None:
    """Callback: the session's own digit is the answer to the question that asks for a drawing."""
    digit_choice.take_in()
    standing = RoomKeys.standing.get()
    number = getattr(RoomKeys.strip.get(), "hand_in", None)
    if standing is None or standing.is_teacher or type(number) is not int:
        return
    own = Session.digit.get() if Session.shown.which.get() == "own" else None
    if own is None:
        RoomKeys.said.set(Words.nothing_drawn)
        return
    try:
        given = server.live_rooms().hand_in(standing.code, browser.owner(), number, as_text(own), address.of_own(own))
    except (RoomError, DatabaseError) as error:
        RoomKeys.said.set(Words.away_now.format(reason=error))
        return
    RoomKeys.said.set(Words.handed_in if given else Words.too_late)
    if given:
        RoomKeys.handed_in.set(number)


def _report() -> None:
    """Callback: the question that is revealed, with this browser's own answer, goes into its report."""
    standing = RoomKeys.standing.get()
    if standing is None or standing.is_teacher:
        return
    live = server.live_rooms()
    try:
        question = live.questions.last(standing.code)
        if question is None or question.status != "revealed":
            return
        own = live.questions.of_member(standing.code, question.number, browser.owner()) or {}
    except DatabaseError as error:
        RoomKeys.said.set(Words.away_now.format(reason=error))
        return
    prompt = prompts.of_content(question.content)
    RoomKeys.said.set(reporting.add(_entry(prompt, own.get(VALUE))) or Words.in_report)


def _entry(prompt: Prompt, own: Any) -> Entry:
    facts = [(Words.my_answer, prompts.in_words(prompt, own))]
    right = prompt.value if prompt.kind == "number" else prompt.right
    if right is not None:
        facts.append((Words.the_answer, prompts.in_words(prompt, right)))
    pictures = (Picture(prompt.picture, prompt.alt),) if prompt.picture else ()
    title = Words.report_title.format(text=prompt.text)[: report.MAX_LINE]
    return Entry(reporting.now(), places.PLACES[HOME][0], title, pictures, tuple(facts), note=prompt.explanation)


def as_text(digit: Digit) -> str:
    """What a network is shown as 784 bytes in base64; 255 is ink."""
    return base64.b64encode(np.round(digit.image * 255).astype(np.uint8).tobytes()).decode()


def as_image(text: Any) -> np.ndarray | None:
    """What `as_text` gave, uint8 (28, 28); None for anything else."""
    with suppress(ValueError, TypeError):
        content = base64.b64decode(text, validate=True)
        if len(content) == IMAGE_PX * IMAGE_PX:
            return np.frombuffer(content, np.uint8).reshape(IMAGE_PX, IMAGE_PX)
    return None
