"""What a class is asked, which answers it takes, and what they come to; in a room and in a lesson.

A prompt travels to browsers as JSON: without what the network says (`public`) until it is revealed.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from cnnviz.validation import expected, from_content, validated

Kind = Literal["digit", "choice", "cell", "number", "text", "drawing", "breaking"]
N_DIGITS, NO_DIGIT = 10, 10
MAX_OPTIONS, MAX_CELLS = 12, 128
MAX_SENTENCE = 500
N_BINS = 20
"""Of the histogram of numbers."""
Text = Annotated[str, Field(max_length=MAX_SENTENCE), expected(f"at most {MAX_SENTENCE} characters")]
Png = Annotated[str, Field(max_length=60_000, pattern=r"^[A-Za-z0-9+/=]*$"), expected("a small PNG in base64")]
Share = Annotated[float, Field(ge=0, le=1), expected("shares between 0 and 1")]


@validated
@dataclass(frozen=True)
class Prompt:
    """One question.

    Attributes:
        kind: what an answer is: a "digit" 0 to 9, or NO_DIGIT; a "choice" of `options`; a "cell" of the picture, by
            number, row by row; a "number"; a "text", one sentence; a "drawing" of a digit; "breaking", filters that are
            switched off in a network (see `breaking`).
        text: the question.
        picture: a PNG in base64; "" for none.
        alt: what the picture shows, in words.
        options: what one chooses from; of a "choice".
        n_cells, columns: how many cells the picture has, and how many stand side by side; of a "cell".
        low, high: the ends of the line on which a number is put, and its `unit`, e.g. "%".
        label: the digit that is to be drawn; None where any may be.
        network, steps, source: the network that is to be broken, by name and training steps, and the digits that it
            reads; of "breaking".
        right: the digit that the network says, or the option or the cell that is right; None where none is.
        shares: the network's probability of each digit, option or cell; empty where it has none.
        value: the number that is right.
        explanation: a sentence that is said once it is revealed.
        again_of: the number of the same question, asked before; 0 when this is the first time.
    """

    kind: Kind
    text: Text
    picture: Png = ""
    alt: Text = ""
    options: Annotated[tuple[Text, ...], Field(max_length=MAX_OPTIONS)] = ()
    n_cells: Annotated[int, Field(ge=0, le=MAX_CELLS)] = 0
    columns: Annotated[int, Field(ge=1, le=MAX_CELLS)] = 1
    low: float = 0.0
    high: float = 100.0
    unit: Annotated[str, Field(max_length=20)] = ""
    label: Annotated[int | None, Field(ge=0, lt=N_DIGITS)] = None
    network: Text = ""
    steps: Annotated[int, Field(ge=0)] = 0
    source: Text = ""
    right: Annotated[int | None, Field(ge=0, le=MAX_CELLS)] = None
    shares: Annotated[tuple[Share, ...], Field(max_length=MAX_CELLS)] = ()
    value: float | None = None
    explanation: Text = ""
    again_of: Annotated[int, Field(ge=0)] = 0

    def __post_init__(self) -> None:
        if self.kind == "choice" and len(self.options) < 2:
            raise ValueError(f"Expected at least 2 options. Received {len(self.options)}.")
        if self.kind == "cell" and self.n_cells < 2:
            raise ValueError(f"Expected at least 2 cells. Received {self.n_cells}.")
        if self.kind == "number" and not self.low < self.high:
            raise ValueError(f"Expected low to be below high. Received {self.low:g} and {self.high:g}.")
        if self.kind == "breaking" and not self.network:
            raise ValueError("Expected the name of a network. Received none.")

    @property
    def n_options(self) -> int:
        """How many answers there are to choose from; 0 where one is a number, a sentence, a drawing, a network."""
        return {"digit": N_DIGITS + 1, "choice": len(self.options), "cell": self.n_cells}.get(self.kind, 0)


def of_content(content: Mapping[str, Any]) -> Prompt:
    """The prompt of what JSON gives; raises ValueError for what is none."""
    return from_content(Prompt, dict(content))


def content_of(prompt: Prompt) -> dict[str, Any]:
    """The prompt for JSON, without what is as it is by default."""
    given = {field.name: getattr(prompt, field.name) for field in dataclasses.fields(prompt)}
    defaults = {field.name: field.default for field in dataclasses.fields(prompt)}
    return {name: value for name, value in given.items() if value != defaults[name]}


TRUTH = ("right", "shares", "value", "explanation")


def public(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a class may see of a prompt's content before it is revealed."""
    return {name: value for name, value in content.items() if name not in TRUTH}


def checked(prompt: Prompt, answer: Any) -> int | float | str:
    """An answer as it is kept: a number of `n_options`, a number on the line, or a sentence.

    Raises:
        ValueError: one sentence, for what is no answer to this prompt; also for a drawing or a broken network, which
            come another way.
    """
    if prompt.n_options:
        if type(answer) is not int or not 0 <= answer < prompt.n_options:
            raise ValueError(f"Expected an answer of 0 to {prompt.n_options - 1}.")
        return answer
    if prompt.kind == "number":
        if type(answer) not in (int, float) or not math.isfinite(answer):
            raise ValueError("Expected a number.")
        return min(max(float(answer), prompt.low), prompt.high)
    if prompt.kind == "text":
        text = " ".join(answer.split()) if isinstance(answer, str) else ""
        if not 0 < len(text) <= MAX_SENTENCE:
            raise ValueError(f"Expected a sentence of at most {MAX_SENTENCE} characters.")
        return text
    raise ValueError("Expected a drawing from the canvas, or filters that are switched off on Layers.")


def in_words(prompt: Prompt, answer: Any) -> str:
    """An answer as `checked` gives it, for a person; "–" for none."""
    if answer is None:
        return "–"
    if prompt.kind == "digit":
        return "no digit" if answer == NO_DIGIT else str(answer)
    if prompt.kind == "choice":
        return str(prompt.options[answer])
    return f"{answer:g} {prompt.unit}".strip() if prompt.kind == "number" else str(answer)


def tally(prompt: Prompt, answers: Iterable[Any]) -> list[int]:
    """How many gave each answer; of numbers, how many lie in each of N_BINS equal parts of the line; else nothing."""
    given = list(answers)
    if prompt.n_options:
        counts = Counter(given)
        return [counts[n] for n in range(prompt.n_options)]
    if prompt.kind == "number":
        width = (prompt.high - prompt.low) / N_BINS
        bins = Counter(min(N_BINS - 1, int((value - prompt.low) / width)) for value in given)
        return [bins[n] for n in range(N_BINS)]
    return []
