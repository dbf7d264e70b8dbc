"""What the page that is open offers to a person's report.

Pages do little for it: `panels`, `maps` and `figures` offer each picture and table that they show, with its caption and
its description; a page adds what is more than that. It is gathered in the run of the page in which "Add to my report"
was pressed, and in no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnviz.ui.state import Session

Fact = tuple[str, str]
"""A label and a value."""
MAX_TITLE = 110


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that is drawn when it is wanted: what makes its PNG, and what it shows for who cannot see it."""

    draw: Callable[[], bytes]
    alt: str


@dataclass(frozen=True, eq=False)
class Offer:
    """Something that can be added.

    Attributes:
        caption: what one sees.
        pictures: of it, in a light theme.
        facts: what belongs to it.
        table: its header, and then its rows; None for none.
    """

    caption: str
    pictures: Sequence[Drawn] = ()
    facts: Sequence[Fact] = ()
    table: tuple[Sequence[Any], Sequence[Sequence[Any]]] | None = None

    @property
    def title(self) -> str:
        """The first sentence of the caption, if need be its part before a colon, or its beginning."""
        first = re.split(r"(?<=[.?!])\s", self.caption, maxsplit=1)[0].rstrip(".:")
        if len(first) > MAX_TITLE:
            first = first.split(": ", maxsplit=1)[0]
        return first if len(first) <= MAX_TITLE else f"{first[:MAX_TITLE].rpartition(' ')[0]} …"


@dataclass
class Gathered:
    """What was offered in this run of the page, and facts that belong to all of it."""

    offers: list[Offer] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def begin(*, wanted: bool) -> None:
    """Gather what this run of the page offers, where that is wanted; at its beginning."""
    Session.offers.set(Gathered() if wanted else None)


def wanted() -> bool:
    """Whether this run of the page gathers, for what costs something to offer."""
    return Session.offers.get() is not None


def taken() -> Gathered | None:
    """What was gathered, once; None where nothing was wanted."""
    gathered: Gathered | None = Session.offers.get()
    Session.offers.set(None)
    return gathered


def offer(caption: str, pictures: Sequence[Drawn] = (), facts: Sequence[Fact] = (), table: Any = None) -> None:
    """Offer something, see `Offer`; simple Markdown in the caption becomes text."""
    gathered: Gathered | None = Session.offers.get()
    if gathered is not None:
        gathered.offers.append(Offer(on_paper(caption), pictures, facts, table))


def picture(draw: Callable[[], bytes], caption: str, alt: str) -> None:
    """Offer one picture.

    Args:
        draw: makes its PNG; it may be called later, or never.
        caption, alt: as for `panels.picture`.
    """
    offer(caption, [Drawn(draw, plain(alt) or on_paper(caption))])


def table(columns: Mapping[str, Sequence[Any]], caption: str) -> None:
    """Offer a table: header and values of each column."""
    offer(caption, table=(list(columns), list(zip(*columns.values(), strict=True))))


def fact(label: str, value: str) -> None:
    """Say what belongs to all that this page offers, e.g. its accuracy."""
    gathered: Gathered | None = Session.offers.get()
    if gathered is not None:
        gathered.facts.append((plain(label), plain(value)))


def plain(markdown: str) -> str:
    """Sentences without their Markdown: bold, code and icons."""
    return re.sub(r"\*\*|`|:material/\w+:\s*", "", markdown).strip()


def on_paper(caption: str) -> str:
    """A caption without its Markdown and without the sentences that say where to click: nobody can on paper."""
    return re.sub(r"(^|(?<=[.!?;]) )(Click|A click|Point at)\b[^.]*\.", "", plain(caption)).strip()
