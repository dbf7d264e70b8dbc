"""The race: each group of the class changes one setting, predicts which reads most, and sees their runs train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cnnviz.classroom.live import EXPERIMENT, GROUPS, NAMES, QUESTION, RACE, group_of
from cnnviz.classroom.prompts import MAX_SENTENCE, Prompt
from cnnviz.experiments import race, sweep
from cnnviz.pages.classroom import room as room_part
from cnnviz.pages.train import planning, progress
from cnnviz.state.database import DatabaseError
from cnnviz.state.questions import Question
from cnnviz.state.rooms import RoomError, Standing
from cnnviz.ui import asking, browser, panels, present, rooms, server, session, state
from cnnviz.ui.state import ClassroomPage, RoomKeys


class Words:
    """What this part says."""

    intro = (
        "Each group changes one setting of the same network. Predict first which group will read most test digits; "
        "then all of them train, and at the end the table says what of their order is luck."
    )
    no_room = "A race needs a room: open one, or come into one, under “Room”."
    none = "Your teacher has not begun a race."
    group = "You are in **{group}**."
    setting, values = "Setting", "Values, one for each group, separated by commas"
    impossible = "This race cannot be run. {reason}"
    members = "**{group}** · {names}"
    nobody, line_break = "nobody yet", "  \n"
    subject = "Who will win the race?"
    question = "Which group will read most test digits after {steps:,} training steps?"
    predict, predict_again = "Ask for predictions", "Ask for predictions once more"
    predict_first = "The class predicts first: ask for predictions, then start."
    predicting = "The class predicts. Start when all have answered; answers are closed then."
    start = "Start the race"
    name = "race"
    reveal = "Reveal the predictions beside the result"
    another, end = "Another race", "End the race"
    gone = "The runs of this race were deleted."


SETTLED = "explanation"
"""A prediction has one once it was revealed beside the result."""
STUDENTS_EVERY_S = 5.0
"""A whole class may watch; each look costs the server as much as one of the teacher's."""


def show() -> None:
    """The teacher's race, or what a student sees of it."""
    panels.intro(Words.intro)
    standing = RoomKeys.standing.get()
    if standing is None:
        st.info(Words.no_room, icon=":material/groups:")
        return
    try:
        now = _race_of(standing)
        if standing.is_teacher:
            _teacher(standing, now)
        else:
            _student(standing, now)
    except DatabaseError as error:
        st.error(room_part.Words.away.format(reason=error), icon=":material/cloud_off:")


def _race_of(standing: Standing) -> Mapping[str, Any]:
    """What is told of the race in a room; empty when there is none."""
    room = server.live_rooms().rooms.find(standing.code)
    found: Mapping[str, Any] = (room.scene.get(RACE) if room else None) or {}
    return found


def _student(standing: Standing, now: Mapping[str, Any]) -> None:
    groups = now.get(GROUPS)
    if not groups:
        st.info(Words.none, icon=":material/hourglass_empty:")
        return
    st.markdown(Words.group.format(group=groups[group_of(standing.number, len(groups))]))
    if progress.runs_of(now.get(EXPERIMENT) or "-"):
        progress.watch(now[EXPERIMENT], STUDENTS_EVERY_S)


def _teacher(standing: Standing, now: Mapping[str, Any]) -> None:
    if not now.get(EXPERIMENT):
        _plan(standing, now)
        return
    _members(standing, now[GROUPS])
    if progress.runs_of(now[EXPERIMENT]):
        _reveal(standing, now)
        with present.screen("race"):
            progress.watch(now[EXPERIMENT])
    else:
        st.info(Words.gone, icon=":material/delete:")
    st.button(Words.end, icon=":material/flag:", on_click=_change, args=(standing, {}))
    with st.expander(Words.another):
        _plan(standing, now)


def _plan(standing: Standing, now: Mapping[str, Any]) -> None:
    """What each group changes, the question, and the start, which comes after it."""
    base, _ = planning.ask_base()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        setting = st.selectbox(
            Words.setting,
            list(sweep.SETTINGS),
            key=ClassroomPage.race_setting.name,
            width=220,
            persist_state="session",
        )
        key = state.sweep_values_of(setting)
        text = st.text_input(
            Words.values, sweep.SETTINGS[setting].example, key=key.name, width=440, persist_state="session"
        )
    try:
        values = sweep.parse_values(setting, text or "")
        planned = race.plan_runs(base, setting, values)
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    groups = race.labels(setting, values)
    prompt = Prompt("choice", Words.question.format(steps=base.recipe.iterations), options=tuple(groups))
    asking.offer(Words.subject, lambda: prompt)
    asked = _asked(standing, groups, now)
    if asked and (now.get(GROUPS), now.get(QUESTION)) != (groups, asked.number):
        _change(standing, {GROUPS: groups, QUESTION: asked.number})
        st.rerun()
    if not now.get(EXPERIMENT):
        _members(standing, groups)
    with st.container(horizontal=True, vertical_alignment="center"):
        words = Words.predict_again if asked else Words.predict
        st.button(words, icon=":material/contact_support:", on_click=asking.ask, args=(prompt,))
        start_place = st.container(width="content")
    st.caption(Words.predicting if asked else Words.predict_first)
    if planning.offer(planned, start_place, Words.start, disabled=asked is None) and asked:
        begun = planning.start(planned, Words.name, in_turns=True)
        if begun:
            _change(standing, {GROUPS: groups, QUESTION: asked.number, EXPERIMENT: begun})
            st.rerun()


def _asked(standing: Standing, groups: Sequence[str], now: Mapping[str, Any]) -> Question | None:
    """The last question in which the class chose among these groups, and that belongs to no race that has begun."""
    begun = now.get(QUESTION, 0) if now.get(EXPERIMENT) else 0
    those = [
        each
        for each in server.live_rooms().questions.all(standing.code)
        if each.number > begun and each.content.get("options") == list(groups) and SETTLED not in each.content
    ]
    return those[-1] if those else None


def _change(standing: Standing, now: Mapping[str, Any]) -> None:
    """Have everybody told of the race; why that cannot be is told by the next run. Also a callback."""
    try:
        server.live_rooms().change_race(standing.code, browser.owner(), now)
    except (RoomError, DatabaseError) as error:
        RoomKeys.refused.set(str(error))


@session.part
def _members(standing: Standing, groups: Sequence[str]) -> None:
    """Who is in which group; runs again when somebody comes."""
    rooms.listen(standing.code)
    asking.close_dialog()
    live = server.live_rooms()
    room, members = live.rooms.find(standing.code), live.rooms.members(standing.code)
    called = room_part.naming(shown=room is not None and bool(room.scene.get(NAMES, True)))
    told = []
    for i, group in enumerate(groups):
        names = [called(member) for member in members if group_of(member.number, len(groups)) == i]
        told.append(Words.members.format(group=group, names=", ".join(names) or Words.nobody))
    st.markdown(Words.line_break.join(told))


def _reveal(standing: Standing, now: Mapping[str, Any]) -> None:
    """The button by which the class sees its predictions beside what came of them, once all runs have ended."""
    runs = progress.runs_of(now[EXPERIMENT])
    questions = server.live_rooms().questions.all(standing.code)
    asked = next((each for each in questions if each.number == now.get(QUESTION)), None)
    if asked is None or SETTLED in asked.content or any(run.active for run in runs):
        return
    st.button(
        Words.reveal, icon=":material/visibility:", type="primary", on_click=_settle, args=(standing, asked, dict(now))
    )


def _settle(standing: Standing, asked: Question, now: Mapping[str, Any]) -> None:
    """Callback: what came of the race is what is right of the prediction; nothing is, where the order is luck."""
    found = race.outcome(progress.outcomes_of(progress.runs_of(now[EXPERIMENT])))
    right = list(now[GROUPS]).index(found.winner) if found.winner else None
    explanation = race.summary(found)[:MAX_SENTENCE]
    try:
        server.live_rooms().settle(standing.code, browser.owner(), asked, right, explanation)
    except (RoomError, DatabaseError) as error:
        RoomKeys.refused.set(str(error))
