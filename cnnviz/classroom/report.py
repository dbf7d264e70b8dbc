"""What a student hands in, and a teacher's overview of a room: entries, checked when read, and one HTML file of them.

The file needs nothing else: its style stands in it, its pictures are data: addresses, and it has no script. Its
Content-Security-Policy lets a browser load nothing and run nothing even if something were in it.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from markupsafe import Markup
from pydantic import Field

from cnnviz.lazy import LazyModule
from cnnviz.state.reports import MAX_ENTRIES
from cnnviz.validation import expected, from_content, validated

jinja2: Any = LazyModule("jinja2")

MAX_PICTURE_BYTES = 300_000
MAX_SENTENCE, MAX_LINE, MAX_VALUE, MAX_ALT = 500, 300, 2_000, 4_000
MAX_PICTURES, MAX_FACTS, MAX_ROWS, MAX_COLUMNS = 4, 12, 30, 12
MAX_LINK = 9_000
"""Characters; an address of ours has at most 8,000 behind the question mark."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SMALL_PX = 64
"""A picture that is no wider is enlarged, each pixel a square."""
FOLDER = Path(__file__).parent
Line = Annotated[str, Field(max_length=MAX_LINE), expected(f"at most {MAX_LINE} characters")]
Value = Annotated[str, Field(max_length=MAX_VALUE), expected(f"at most {MAX_VALUE:,} characters")]
Sentence = Annotated[str, Field(max_length=MAX_SENTENCE), expected(f"at most {MAX_SENTENCE} characters")]
Cells = Annotated[tuple[Line, ...], Field(min_length=1, max_length=MAX_COLUMNS)]


class Words:
    """What stands in the file."""

    unnamed = "Report"
    of_name = "Report of {name}"
    made = "Made with cnnviz on {date}."
    asked = "What I see, and what I expected"
    link = "The page as it was"
    nothing = "Nothing was added to this report."


@validated
@dataclass(frozen=True)
class Picture:
    """A picture of an entry: a PNG in base64, and what it shows in words."""

    content: Annotated[str, Field(max_length=4 * MAX_PICTURE_BYTES // 3 + 4), expected("a PNG of at most 300 kB")]
    alt: Annotated[str, Field(max_length=MAX_ALT), expected(f"at most {MAX_ALT:,} characters")]

    def __post_init__(self) -> None:
        try:
            content = base64.b64decode(self.content, validate=True)
        except binascii.Error:
            content = b""
        if content[:8] != SIGNATURE or content[12:16] != b"IHDR" or len(content) < 24:
            raise ValueError("Expected a PNG in base64. Received something else.")
        if len(content) > MAX_PICTURE_BYTES:
            most = MAX_PICTURE_BYTES // 1000
            raise ValueError(f"Expected a picture of at most {most} kB. Received {len(content) // 1000:,} kB.")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = struct.unpack(">II", base64.b64decode(self.content[:32])[16:24])
        return int(width), int(height)

    @property
    def is_small(self) -> bool:
        """Whether it is to be enlarged."""
        return self.size[0] <= SMALL_PX


@validated
@dataclass(frozen=True)
class Table:
    """A table: its header, and rows of as many cells."""

    header: Cells
    rows: Annotated[tuple[Cells, ...], Field(max_length=MAX_ROWS)]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            raise ValueError(f"Expected rows of {len(self.header)} cells, as many as the header has.")


@validated
@dataclass(frozen=True)
class Entry:
    """One thing that somebody has put down.

    Attributes:
        when: by the browser's clock, as "2026-11-26 20:19".
        place: the page, as its menu calls it.
        title: what it is, in a few words.
        note: more of what one sees; "" for nothing.
        pictures, table: what was seen.
        facts: labels and values, e.g. of the network, the accuracy, the answer and its share.
        sentence: what the person writes.
        link: to the page as it was; "" for none.
    """

    when: Annotated[str, Field(max_length=40)]
    place: Line
    title: Line
    pictures: Annotated[tuple[Picture, ...], Field(max_length=MAX_PICTURES)] = ()
    facts: Annotated[tuple[tuple[Line, Value], ...], Field(max_length=MAX_FACTS)] = ()
    table: Table | None = None
    note: Value = ""
    sentence: Sentence = ""
    link: Annotated[str, Field(max_length=MAX_LINK, pattern=r"^(https?://.*)?$"), expected("a link of http(s)")] = ""


@validated
@dataclass(frozen=True)
class Report:
    """What is handed in: entries, and the name that the person wants on it ("" for none)."""

    name: Annotated[str, Field(max_length=100)]
    entries: Annotated[tuple[Entry, ...], Field(max_length=MAX_ENTRIES), expected(f"at most {MAX_ENTRIES} entries")]


def entry_of(content: Mapping[str, Any]) -> Entry:
    """The entry of what JSON gives; raises ValueError, one sentence, for what is none."""
    return from_content(Entry, dict(content))


def content_of(entry: Entry) -> dict[str, Any]:
    """The entry for JSON."""
    return dataclasses.asdict(entry)


def html(report: Report, date: str) -> str:
    """A report as the text of one HTML file.

    Args:
        report: what is handed in; nothing of it is trusted: HTML in it is shown as text.
        date: of the file, as it is to be read.
    """
    title = Words.of_name.format(name=report.name) if report.name else Words.unnamed
    return rendered("report.html.jinja", title=title, date=date, report=report, words=Words)


def rendered(template: str, **values: Any) -> str:
    """One of the files beside this module, filled in."""
    style, policy = _style()
    text: str = _environment().get_template(template).render(style=style, policy=policy, **values)
    return text


@functools.cache
def _style() -> tuple[Markup, str]:
    """The style as it stands in the file, and the policy that allows no other one, and pictures of the file alone."""
    style = (FOLDER / "report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return Markup(style), policy  # nosec B704 # a file of ours, with nothing of a person in it


@functools.cache
def _environment() -> Any:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
