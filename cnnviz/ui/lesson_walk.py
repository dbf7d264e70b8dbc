"""A lesson that is walked: the strip under the bar with its step, and what is to be looked at, outlined."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import streamlit as st

from cnnviz.classroom import lessons as lesson_files
from cnnviz.classroom.prompts import N_DIGITS, NO_DIGIT, Prompt
from cnnviz.data.dataset import Source
from cnnviz.ui import address, address_reading, choice, lessons, server, state
from cnnviz.ui.address_names import SOURCE
from cnnviz.ui.lessons import Walked
from cnnviz.ui.state import ClassroomPage, Session


class Words:
    """What the strip says."""

    step = "**Step {n} of {all}** · {title}"
    back, on, end, leave = "Back", "Next", "End", "Leave"
    leave_help = "Leave the lesson. It is on Class, Lessons, to go on with."
    answer = {"text": "Hand in", "drawing": "I have drawn it"}
    guess = "That is my answer"
    no_digit = "no digit"
    none = "Answer first."
    sentence = "One sentence"
    yours, right = "Your answer: **{given}**.", "Right: **{right}**."
    is_right = "Your answer: **{given}**. That is right."
    hint = "Hint"
    not_mnist = "These are not MNIST's digits. What this step says of the digit is true of those; you see another one."


MARK = (
    "{selectors} {{ outline: 3px dashed #d98200; outline-offset: 4px; border-radius: 4px; scroll-margin-top: 5rem; }}"
)

MNIST = "mnist"
"""What an address calls it."""
FINE = 10
"""On a line that is shorter one may answer more finely than by whole numbers."""


def show() -> None:
    """The strip; nothing where no lesson is walked, and in Present."""
    found = lessons.walked()
    if found is None or Session.present.get():
        return
    answer = found.answer
    _mark(found, answer)
    with st.container(key=Session.lesson_strip.name, horizontal=True, gap="small"):
        title = Words.step.format(n=found.number, all=len(found.lesson.steps), title=found.step.title)
        text = state.lesson_text_of(found.name, found.number).name
        with st.expander(title, expanded=True), st.container(key=text):
            with st.container(key=state.stack_of("lesson").name):
                left, right = st.columns([1, 1], gap="medium")
            with left:
                _show_text(found)
            if found.step.prompt is not None:
                with right:
                    _show_prompt(found, found.step.prompt, answer)
        _show_buttons(found)


def progress() -> tuple[str, int, int] | None:
    """How far this session is: title of the lesson, number of its step, how many there are; None in none."""
    found = lessons.walked()
    return None if found is None else (found.lesson.title, found.number, len(found.lesson.steps))


def begin(name: str, number: int = 1) -> None:
    """Go to a step of a lesson; a callback."""
    if number == 1:
        lessons.forget_answers(name)
    _go(name, number)


def _go(name: str, number: int) -> None:
    Session.lesson.set(name)
    Session.lesson_step.set(number)
    found = lessons.walked()
    if found is not None:
        _show_page(found)


def _show_page(found: Walked) -> None:
    """Have the session show the step's page, with MNIST where it is there."""
    is_answered = found.answer is not None
    place, params = lesson_files.parts_of((is_answered and found.step.then) or found.step.page)
    if any(_is_mnist(source) for source in server.data_sources().available()):
        params.setdefault(SOURCE, MNIST)
    address_reading.show(place, params)


def _is_mnist(source: Source) -> bool:
    return address.source_text(source) == MNIST


def _leave() -> None:
    Session.lesson.set("")


def _end() -> None:
    """Callback: to the list of the lessons, which says that this one is done."""
    Session.lesson.set("")
    ClassroomPage.part.set("lessons")
    if Session.place.get() != "classroom":
        Session.place_wanted.set("classroom")


def _show_buttons(found: Walked) -> None:
    """To the step before, to the next one, out of the lesson."""
    n = len(found.lesson.steps)
    is_last = found.number == n
    st.button(
        Words.back,
        icon=":material/arrow_back:",
        key=Session.lesson_back.name,
        disabled=found.number == 1,
        on_click=_go,
        args=(found.name, found.number - 1),
    )
    st.button(
        Words.end if is_last else Words.on,
        icon=":material/flag:" if is_last else ":material/arrow_forward:",
        type="primary" if found.step.prompt is None or found.answer is not None else "secondary",
        key=Session.lesson_next.name,
        on_click=_end if is_last else _go,
        args=() if is_last else (found.name, found.number + 1),
    )
    if not is_last:
        st.button(
            Words.leave,
            icon=":material/close:",
            type="tertiary",
            key=Session.lesson_leave.name,
            help=Words.leave_help,
            on_click=_leave,
        )


def _show_text(found: Walked) -> None:
    st.markdown(found.step.text)
    if found.step.of_mnist and not _is_mnist(choice.current().source):
        st.caption(Words.not_mnist)
    if found.step.hint:
        with st.popover(Words.hint, icon=":material/lightbulb:"):
            st.markdown(found.step.hint)


class _Kept(TypedDict):
    """What all widgets of guesses are given."""

    key: str
    label_visibility: Literal["collapsed"]
    persist_state: Literal["session"]


def _show_prompt(found: Walked, prompt: Prompt, answer: Any) -> None:
    """The question; once it is answered, what is right."""
    st.markdown(f"**{prompt.text}**")
    if answer is not None:
        _show_answered(prompt, answer)
        return
    key = state.lesson_guess_of(found.name, found.number)
    # It is kept while one looks at another page or step.
    kept: _Kept = {"key": key.name, "label_visibility": "collapsed", "persist_state": "session"}
    if prompt.kind == "digit":
        st.pills(prompt.text, range(N_DIGITS + 1), format_func=_digit, **kept)
    elif prompt.kind == "choice":
        st.radio(prompt.text, range(len(prompt.options)), None, prompt.options.__getitem__, **kept)
    elif prompt.kind == "number":
        step = 1.0 if prompt.high - prompt.low >= FINE else (prompt.high - prompt.low) / 100
        key.begin(prompt.low + step * round((prompt.high - prompt.low) / 2 / step))
        label, form = prompt.text, f"%g {prompt.unit.replace('%', '%%')}"
        st.slider(label, prompt.low, prompt.high, step=step, format=form, **kept)
    elif prompt.kind == "text":
        st.text_area(Words.sentence, height=80, max_chars=500, **kept)
    words = Words.answer.get(prompt.kind, Words.guess)
    st.button(words, key=Session.lesson_answer.name, icon=":material/check:", on_click=_take, args=(found,))


def _take(found: Walked) -> None:
    """Callback: keep the answer that was given, and show what it leads to."""
    guess = state.lesson_guess_of(found.name, found.number).get()
    try:
        lessons.keep_answer(found, guess)
    except ValueError:
        st.toast(Words.none, icon=":material/edit:")
        return
    if found.step.then:
        _show_page(found)


def _show_answered(prompt: Prompt, answer: Any) -> None:
    if prompt.kind == "text":
        st.text(answer)
    elif prompt.kind != "drawing":
        _show_verdict(prompt, answer)
    if prompt.explanation:
        st.markdown(prompt.explanation)


def _show_verdict(prompt: Prompt, answer: Any) -> None:
    right = prompt.value if prompt.kind == "number" else prompt.right
    given = _in_words(prompt, answer)
    if right is None:
        st.markdown(Words.yours.format(given=given))
    elif right == answer:
        st.markdown(Words.is_right.format(given=given))
    else:
        sentences = Words.yours.format(given=given), Words.right.format(right=_in_words(prompt, right))
        st.markdown(" ".join(sentences))


def _in_words(prompt: Prompt, answer: Any) -> str:
    """An answer as a person reads it."""
    if prompt.kind == "digit":
        return _digit(answer)
    if prompt.kind == "choice":
        return str(prompt.options[answer].rstrip("."))
    return f"{answer:g} {prompt.unit}".rstrip().replace("-", "−")


def _digit(number: int) -> str:
    return Words.no_digit if number == NO_DIGIT else str(number)


def _mark(found: Walked, answer: Any) -> None:
    """Outline what is to be looked at: at once, or once the question is answered where that leads to another page."""
    if found.step.marks and (answer is not None or not found.step.then):
        selectors = ", ".join(f".st-key-screen-{mark}, .st-key-{mark}" for mark in found.step.marks)
        st.html(f"<style>{MARK.format(selectors=selectors)}</style>")
