"""The lessons that there are, the one that is walked, and what was answered on the way."""

from __future__ import annotations

import functools
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cnnviz import settings
from cnnviz.classroom import lessons, prompts
from cnnviz.classroom.lessons import Lesson, Shelf, Step
from cnnviz.classroom.prompts import Prompt
from cnnviz.ui import address_names, places, state
from cnnviz.ui.state import Session


class Words:
    """What is said of a file that is left out."""

    no_place = "{name}.toml: step {n}: there is no page {place!r}."
    unknown = "{name}.toml: step {n}: the page {place} knows nothing of {what!r}, or no such value of it."


@dataclass(frozen=True)
class Walked:
    """Where somebody is.

    Attributes:
        name: of the lesson.
        lesson: itself.
        number: of the step, from 1.
    """

    name: str
    lesson: Lesson
    number: int

    @property
    def answer(self) -> Any:
        """What was answered at the step; None for nothing yet."""
        return answers(self.name, self.lesson).get(self.number)

    @property
    def step(self) -> Step:
        """The step."""
        return self.lesson.steps[self.number - 1]


def shelf() -> Shelf:
    """Every lesson whose pages there are, and a sentence for each file that is left out."""
    own = settings.read().lessons
    return _checked(lessons.read((lessons.SHIPPED, *([own] if own else []))))


@functools.lru_cache(maxsize=8)
def _checked(found: Shelf) -> Shelf:
    """Without those that lead to what is no page; remembered, since every run of a page asks."""
    problems = {name: problem_of(name, lesson) for name, lesson in found.lessons.items()}
    fit = {name: lesson for name, lesson in found.lessons.items() if not problems[name]}
    return Shelf(fit, (*found.problems, *filter(None, problems.values())))


def problem_of(name: str, lesson: Lesson) -> str:
    """What is wrong with the pages of a lesson, in a sentence; "" for nothing."""
    for number, step in enumerate(lesson.steps, 1):
        for page in filter(None, (step.page, step.then)):
            place, params = lessons.parts_of(page)
            if place not in places.PLACES:
                return Words.no_place.format(name=name, n=number, place=place)
            if unfit := address_names.unfit(place, params):
                return Words.unknown.format(name=name, n=number, place=place, what=unfit[0])
    return ""


def walked() -> Walked | None:
    """The lesson that this session walks; None where it walks none, or one that is not there any more."""
    name = Session.lesson.get()
    lesson = shelf().lessons.get(name) if name else None
    if lesson is None:
        return None
    return Walked(name, lesson, min(max(1, Session.lesson_step.get()), len(lesson.steps)))


def answers(name: str, lesson: Lesson) -> dict[int, Any]:
    """What was answered, by step; without what does not fit, since a stored session may be of another version."""
    found: dict[int, Any] = {}
    for text in Session.lesson_answers.get():
        of, _, rest = text.partition(" ")
        number, _, answer = rest.partition(" ")
        if of != name or not number.isascii() or not number.isdigit() or not 0 < int(number) <= len(lesson.steps):
            continue
        prompt = lesson.steps[int(number) - 1].prompt
        if prompt is not None:
            with suppress(ValueError, RecursionError):
                found.setdefault(int(number), _checked_answer(prompt, json.loads(answer)))
    return found


def _checked_answer(prompt: Prompt, answer: Any) -> Any:
    return True if prompt.kind == "drawing" else prompts.checked(prompt, answer)


def keep_answer(found: Walked, answer: Any) -> None:
    """Remember an answer, once: a guess is not changed when the answer is known.

    Raises:
        ValueError: one sentence, for what is none to this question.
    """
    prompt = found.step.prompt
    if prompt is not None and found.answer is None:
        text = f"{found.name} {found.number} {json.dumps(_checked_answer(prompt, answer))}"
        Session.lesson_answers.set((*Session.lesson_answers.get(), text))


def forget_answers(name: str) -> None:
    """Begin a lesson anew, without what was answered, or typed and not handed in."""
    others = [text for text in Session.lesson_answers.get() if not text.startswith(f"{name} ")]
    Session.lesson_answers.set(tuple(others))
    if lesson := shelf().lessons.get(name):
        _forget_guesses(name, lesson)


def forget_all() -> None:
    """Be as one who has walked no lesson."""
    for name, lesson in shelf().lessons.items():
        _forget_guesses(name, lesson)
    Session.lesson_answers.forget()
    Session.lesson.forget()


def _forget_guesses(name: str, lesson: Lesson) -> None:
    for number in range(1, len(lesson.steps) + 1):
        state.lesson_guess_of(name, number).forget()


def is_done(name: str, lesson: Lesson) -> bool:
    """True once the last step was answered."""
    return len(lesson.steps) in answers(name, lesson)


def next_step(name: str, lesson: Lesson) -> int:
    """The step to go on with: where one is, or the one after the last that was answered; 1 where all is done."""
    found = walked()
    if found is not None and found.name == name:
        return found.number
    return 1 if is_done(name, lesson) else max(answers(name, lesson), default=0) + 1
