"""The lessons that come with cnnviz and a school's own: to walk alone, and for the teacher with their notes."""

from __future__ import annotations

import streamlit as st

from cnnviz.classroom.lessons import Lesson
from cnnviz.classroom.prompts import NO_DIGIT, Prompt
from cnnviz.ui import access, lesson_walk, lessons, panels, state


class Words:
    """What this part says."""

    intro = "A lesson leads through the pages: guess first, then look, then say why."
    about = "{minutes} minutes, {n} steps. {summary}"
    begin, again, go_on = "Begin", "Begin anew", "Go on at step {n}"
    done = "You have walked it to its end."
    notes = "For the teacher: notes and expected answers"
    misconceptions = "What is often believed"
    misconception = "- “{said}” {reply}"
    step = "**{n}. {title}**, {minutes} min"
    right = "Right: {right}."
    none = "There is no lesson here."
    no_digit = "no digit"


def show() -> None:
    """The part from top to bottom."""
    panels.intro(Words.intro)
    shelf = lessons.shelf()
    for problem in shelf.problems if access.is_teacher() else ():
        st.warning(problem, icon=":material/warning:")
    if not shelf.lessons:
        st.info(Words.none)
    for name, lesson in shelf.lessons.items():
        with st.container(border=True):
            show_lesson(name, lesson)


def show_lesson(name: str, lesson: Lesson) -> None:
    """What it is about, the buttons, and the teacher's notes."""
    st.markdown(f"**{lesson.title}**")
    st.markdown(Words.about.format(minutes=lesson.minutes, n=len(lesson.steps), summary=lesson.summary))
    if lessons.is_done(name, lesson):
        st.caption(f":material/check: {Words.done}")
    number = lessons.next_step(name, lesson)
    with st.container(horizontal=True):
        if number > 1:
            st.button(
                Words.go_on.format(n=number),
                key=state.begin_lesson_of(name, anew=False).name,
                icon=":material/arrow_forward:",
                on_click=lesson_walk.begin,
                args=(name, number),
            )
        st.button(
            Words.again if number > 1 else Words.begin,
            key=state.begin_lesson_of(name).name,
            icon=":material/school:",
            on_click=lesson_walk.begin,
            args=(name,),
        )
    if access.is_teacher():
        with st.expander(Words.notes, icon=":material/menu_book:"):
            show_notes(lesson)


def show_notes(lesson: Lesson) -> None:
    """The teacher's notes: misconceptions with what to say, and what to expect at each step."""
    st.markdown(lesson.notes)
    if lesson.misconceptions:
        told = [Words.misconception.format(said=each.said, reply=each.reply) for each in lesson.misconceptions]
        st.markdown("\n".join([f"**{Words.misconceptions}**", "", *told]))
    for number, step in enumerate(lesson.steps, 1):
        sentences = [Words.step.format(n=number, title=step.title, minutes=step.minutes)]
        if step.prompt is not None:
            sentences += [step.prompt.text, *right_of(step.prompt)]
        st.markdown("  \n".join([*sentences, *([step.expected] if step.expected else [])]))


def right_of(prompt: Prompt) -> list[str]:
    """The right answer in a sentence, where there is one."""
    if prompt.kind == "number" and prompt.value is not None:
        return [Words.right.format(right=f"{prompt.value:g} {prompt.unit}".rstrip())]
    if prompt.right is None:
        return []
    if prompt.kind == "choice":
        return [Words.right.format(right=prompt.options[prompt.right].rstrip("."))]
    return [Words.right.format(right=Words.no_digit if prompt.right == NO_DIGIT else prompt.right)]
