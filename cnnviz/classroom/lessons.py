"""Lessons: lists of steps, each a page as it is to be shown, with a text, a question and a hint; TOML files.

A file that is damaged is told of in one sentence and left out. How one is written stands in `lessons/README.md`.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import Field

from cnnviz import files
from cnnviz.classroom.prompts import Prompt
from cnnviz.validation import expected, from_content, validated

SHIPPED = Path(__file__).resolve().parent.parent.parent / "lessons"
MAX_BYTES, MAX_LESSONS, MAX_STEPS = 200_000, 50, 40
MAX_TITLE, MAX_TEXT, MAX_NOTES, MAX_MARKS = 80, 700, 4_000, 4
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KINDS = ("digit", "choice", "number", "text", "drawing")
"""What a lesson may ask for; a click on a cell needs a room."""

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE), expected(f"a title of 1 to {MAX_TITLE} characters")]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), expected(f"a text of 1 to {MAX_TEXT} characters")]
Notes = Annotated[str, Field(max_length=MAX_NOTES), expected(f"notes of at most {MAX_NOTES:,} characters")]
Page = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z-]{0,30}(\?[^\s#?]{1,2000})?$"),
    expected("a page as in the browser's address, e.g. layers?net=hvass&digit=0"),
]
Mark = Annotated[
    str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60), expected("the name of a part of the screen")
]
Minutes = Annotated[int, Field(ge=1, le=90), expected("1 to 90 minutes")]


@validated
@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    Attributes:
        title: a few words.
        minutes: that it takes.
        page: what is shown, as the browser's address says it: "layers?net=hvass&digit=0".
        text: what to do, in short sentences.
        prompt: what is asked; None for nothing.
        then: the page that is shown once the question is answered; "" for the same.
        marks: parts of the screen that are outlined; where `then` leads to another page, of that one.
        hint: what helps, on request.
        expected: for the teacher, which answers will come and which are right.
        of_mnist: True when what is said of the digits is true of MNIST's alone.
    """

    title: Title
    minutes: Minutes
    page: Page
    text: Text
    prompt: Prompt | None = None
    then: Annotated[str, Field(max_length=2_031)] = ""
    marks: Annotated[tuple[Mark, ...], Field(max_length=MAX_MARKS)] = ()
    hint: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    expected: Notes = ""
    of_mnist: bool = False

    def __post_init__(self) -> None:
        if self.prompt is not None and self.prompt.kind not in KINDS:
            raise ValueError(f"Expected a question of kind {', '.join(KINDS)}. Received {self.prompt.kind!r}.")
        if self.then and self.prompt is None:
            raise ValueError("Expected a question where `then` says what its answer leads to. Received none.")
        if self.then and not re.fullmatch(r"[a-z][a-z-]{0,30}(\?[^\s#?]{1,2000})?", self.then):
            raise ValueError(f"Expected `then` to be a page as in the browser's address. Received {self.then[:60]!r}.")


@validated
@dataclass(frozen=True)
class Misconception:
    """Something that is often believed and not so, and what to say."""

    said: Text
    reply: Text


@validated
@dataclass(frozen=True)
class Lesson:
    """A lesson: its steps, and what stands in the teacher's notes.

    Attributes:
        title: of the lesson.
        summary: what one learns, in a sentence.
        steps: in their order.
        notes: for the teacher.
        misconceptions: what to expect, and what to say.
    """

    title: Title
    summary: Text
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    notes: Notes = ""
    misconceptions: Annotated[tuple[Misconception, ...], Field(max_length=20)] = ()

    @property
    def minutes(self) -> int:
        """That all of its steps take."""
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, eq=False)
class Shelf:
    """The lessons that there are, by name, and a sentence for each file that is none."""

    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def parts_of(page: str) -> tuple[str, dict[str, str]]:
    """The place of a page, and what its address says."""
    path, _, query = page.partition("?")
    return path.replace("-", "_"), dict(parse_qsl(query, keep_blank_values=True))


def read(folders: Sequence[Path]) -> Shelf:
    """The lessons of some folders, in the order of their names; of two with one name that of the later folder.

    What has been read is read again when a file has changed.
    """
    return _read(tuple(found for folder in folders for found in _files_in(folder)))


def _files_in(folder: Path) -> list[tuple[Path, int, int]]:
    """Each lesson's file with its time and size."""
    try:
        paths = sorted(folder.glob("*.toml"))[:MAX_LESSONS]
    except OSError:
        return []
    found = []
    for path in paths:
        try:
            about = path.stat()
        except OSError:
            found.append((path, 0, 0))
            continue
        found.append((path, about.st_mtime_ns, about.st_size))
    return found


@functools.lru_cache(maxsize=8)
def _read(found: tuple[tuple[Path, int, int], ...]) -> Shelf:
    lessons, problems = {}, []
    for path, _, _ in found:
        try:
            lessons[_name(path)] = of_bytes(files.read_bounded(path, MAX_BYTES))
        except (ValueError, RecursionError) as error:
            reason = " ".join(str(error).split()) or "It cannot be read."
            problems.append(f"{files.shown(path.name)}: {reason}")
    return Shelf(lessons, tuple(problems))


def _name(path: Path) -> str:
    if not NAME.fullmatch(path.stem):
        raise ValueError("Expected a name of small letters, digits and -, at most 40.")
    return path.stem


def of_bytes(content: bytes) -> Lesson:
    """The lesson of a file's content.

    Raises:
        ValueError: one sentence, with the number of the step where it is one.
    """
    table = json.loads(json.dumps(tomllib.loads(content.decode("utf-8")), default=str))
    steps = table.get("steps")
    if not isinstance(steps, list):
        raise ValueError("Expected steps, each under [[steps]]. Received none.")
    for number, step in enumerate(steps, 1):
        try:
            from_content(Step, step)
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    return from_content(Lesson, table)
