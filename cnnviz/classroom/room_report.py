"""A teacher's overview of a room as one HTML file: what was asked and answered, and what was drawn and read.

Answers stand there counted, without who gave them; a drawing has its pseudonym.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from cnnviz.classroom import breaking, prompts
from cnnviz.classroom.prompts import N_BINS, NO_DIGIT, Prompt
from cnnviz.classroom.report import Picture, rendered
from cnnviz.percentages import percent, probability
from cnnviz.render.indexed import png

BAR_PX = 120


class Words:
    """What stands in the file."""

    title = "Room {code}"
    made = "Made with cnnviz on {date}. {n}"
    n_members = ("Nobody is in the room.", "1 person took part.", "{n} people took part.")
    members, questions, drawings = "Who took part", "Questions", "Drawings"
    question = "Question {number}: {text}"
    answered = ("Nobody has answered.", "1 answer.", "{n} answers.")
    columns = ("Answer", "Class", "Network")
    columns_alone = ("Answer", "Class")
    no_digit, cell = "no digit", "Picture {number}"
    between = "{low} to {high}"
    was = "It is {value}."
    right = "✓ marks what the network says, or what is right."
    again = "Asked for the second time, after question {number}."
    count = "{count} ({share})"
    off = ("Filters off: {n}, not under half", "Filters off: {n}")
    reads_right = "{count}: {shares} read right"
    read = "{right} of {n} drawings were read as the digit that was asked for."
    reads = "reads {digit}, {share}"
    refused = "no digit here"
    wanted = "a {digit}: "
    drawing_alt = "A drawing of {name}."


@dataclass(frozen=True)
class Asked:
    """A question, and what was answered: as `prompts.checked` gives it, or the best `breaking.Attempt` of each."""

    prompt: Prompt
    answers: Sequence[Any]


@dataclass(frozen=True, eq=False)
class Drawing:
    """What somebody has drawn, and what the network makes of it.

    Attributes:
        image: uint8 (28, 28), 255 = full ink.
        name: the pseudonym of who drew it.
        digit: what the network reads; None where it sees no digit.
        share: of that digit in the softmax.
        wanted: the digit that was to be drawn; None where anyone might be.
    """

    image: np.ndarray
    name: str
    digit: int | None
    share: float = 0.0
    wanted: int | None = None

    @property
    def picture(self) -> Picture:
        """The drawing as a PNG."""
        content = base64.b64encode(png(Image.fromarray(self.image))).decode()
        return Picture(content, Words.drawing_alt.format(name=self.name))

    @property
    def kind(self) -> str:
        """How the drawing stands out: "refused", "misread", or "" where it was read as it was wanted."""
        if self.digit is None:
            return "refused"
        return "misread" if self.wanted not in (None, self.digit) else ""

    @property
    def sentence(self) -> str:
        """What was wanted, and what it is read as."""
        wanted = "" if self.wanted is None else Words.wanted.format(digit=self.wanted)
        if self.digit is None:
            return wanted + Words.refused
        return wanted + Words.reads.format(digit=self.digit, share=probability(self.share))


@dataclass(frozen=True)
class Overview:
    """What there is of a room: its code, the pseudonyms of its members, its questions in their order, its drawings."""

    code: str
    members: Sequence[str]
    asked: Sequence[Asked]
    drawings: Sequence[Drawing] = ()


@dataclass(frozen=True)
class Row:
    """An answer: its name, how many gave it and what the network gives it, each in words and as a bar in pixels."""

    name: str
    count: str
    count_px: int
    share: str
    share_px: int
    is_right: bool


def html(overview: Overview, date: str) -> str:
    """The overview as the text of one HTML file, as that of `report.html`; nothing in it is trusted.

    Args:
        overview: of the room.
        date: of the file, as it is to be read.
    """
    asked = [(number, each, rows(each)) for number, each in enumerate(overview.asked, 1)]
    return rendered(
        "room.html.jinja",
        title=Words.title.format(code=overview.code),
        under=Words.made.format(date=date, n=_counted(Words.n_members, len(overview.members))),
        overview=overview,
        asked=[(number, each, _counted(Words.answered, len(each.answers)), told) for number, each, told in asked],
        pictures=[
            Picture(each.prompt.picture, each.prompt.alt) if each.prompt.picture else None for _, each, _ in asked
        ],
        values=[_value(each.prompt) for _, each, _ in asked],
        drawn=_read(overview.drawings),
        words=Words,
        bar_px=BAR_PX,
    )


def rows(asked: Asked) -> list[Row]:
    """The answers that there are to choose from, or parts of the line: how many gave each, and what the network says.

    Of the cells of a picture only those that somebody chose, or that are right.
    """
    prompt = asked.prompt
    if prompt.kind == "breaking":
        return _attempts(asked)
    counts = prompts.tally(prompt, asked.answers)
    most, top = max(counts, default=0), max(prompt.shares, default=0.0)
    made = []
    for i, (name, count) in enumerate(zip(_names(prompt), counts, strict=True)):
        share = prompt.shares[i] if i < len(prompt.shares) else None
        is_right = i == prompt.right or (prompt.value is not None and i == _bin(prompt, prompt.value))
        if prompt.kind == "cell" and not count and not is_right:
            continue
        made.append(
            Row(
                name,
                Words.count.format(count=count, share=percent(count / len(asked.answers), 0)) if count else "0",
                round(BAR_PX * count / most) if most else 0,
                "" if share is None else probability(share),
                round(BAR_PX * share / top) if share and top else 0,
                is_right,
            )
        )
    return made


def _attempts(asked: Asked) -> list[Row]:
    """Of a breaking contest a row for each place."""
    places = breaking.table(("", attempt) for attempt in asked.answers)
    counts = [len(place["accuracies"]) for place in places]
    return [
        Row(
            Words.off[place["broken"]].format(n=place["off"]),
            Words.reads_right.format(count=count, shares=", ".join(map(percent, place["accuracies"]))),
            round(BAR_PX * count / max(counts)),
            "",
            0,
            is_right=False,
        )
        for place, count in zip(places, counts, strict=True)
    ]


def _names(prompt: Prompt) -> list[str]:
    if prompt.kind == "digit":
        return [*map(str, range(NO_DIGIT)), Words.no_digit]
    if prompt.kind == "choice":
        return list(prompt.options)
    if prompt.kind == "cell":
        return [Words.cell.format(number=i + 1) for i in range(prompt.n_cells)]
    if prompt.kind == "number":
        ends = np.linspace(prompt.low, prompt.high, N_BINS + 1)
        pairs = itertools.pairwise(ends)
        return [Words.between.format(low=f"{low:.4g}", high=_with_unit(high, prompt)) for low, high in pairs]
    return []


def _bin(prompt: Prompt, value: float) -> int:
    """In which part of the line a number lies."""
    inside = min(max(value, prompt.low), prompt.high)
    return min(N_BINS - 1, int((inside - prompt.low) / (prompt.high - prompt.low) * N_BINS))


def _value(prompt: Prompt) -> str:
    return "" if prompt.value is None else Words.was.format(value=_with_unit(prompt.value, prompt))


def _with_unit(value: float, prompt: Prompt) -> str:
    return f"{value:.4g}\u00a0{prompt.unit}".rstrip("\u00a0")


def _read(drawings: Sequence[Drawing]) -> str:
    asked = [each for each in drawings if each.wanted is not None]
    right = sum(each.digit == each.wanted for each in asked)
    return Words.read.format(right=right, n=len(asked)) if asked else ""


def _counted(words: Sequence[str], n: int) -> str:
    return words[min(n, 2)].format(n=n)
