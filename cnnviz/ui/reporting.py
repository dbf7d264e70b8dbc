"""The report that a person hands in: "Add to my report" on every page, and what is kept of it.

The dialog opens when the page has run, since what can be added is what that run has shown (`offers`).
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.classroom import report
from cnnviz.classroom.report import MAX_PICTURE_BYTES, MAX_SENTENCE, Entry, Picture, Table
from cnnviz.percentages import probability
from cnnviz.render import tiles
from cnnviz.render.palettes import LIGHT
from cnnviz.state.database import DatabaseError
from cnnviz.state.reports import MAX_ENTRIES, ReportFullError, Reports
from cnnviz.ui import browser, choice, digit_choice, lookups, offers, panels, places, refusal, server, sharing, texts
from cnnviz.ui.offers import Drawn, Fact, Offer
from cnnviz.ui.state import Session


class Words:
    """What is said of the report."""

    button = title = "Add to my report"
    what = "What to add"
    sentence = "What do you see? What did you expect?"
    add = "Add"
    added = "Added to your report, which is on the page Class: {n} of {most} entries."
    no_cookie = "Nothing can be kept for you: your browser keeps no cookie."
    away = "This cannot be kept at present. {reason}"
    not_now = "Your report cannot be read at present. {reason}"
    network, steps, digit, answer, share, label, all_ten = (
        *("Network", texts.SNAPSHOT, "Digit", "Answer", "Share of the softmax", "Right answer", "All ten shares"),
    )
    no_digit = "no digit"
    digit_alt = "The digit as the network sees it, 28 by 28 pixels: {title}."
    read = "{title}, and how the network reads it."


OF_NETWORK = ("draw", "layers", "why", "mistakes", "break_it")
"""Places that show the network of the head."""
OF_DIGIT = ("layers", "why")
WIDEST_PX, SHOWN_PX, ENLARGED_PX = 1_460, 460, 196
MOST_IN_PREVIEW = 60
"""Characters of a fact."""


@dataclass(frozen=True)
class Place:
    """Where something is added: the page's title and address, and what belongs to everything on it."""

    title: str
    link: str
    facts: Sequence[Fact]


def show() -> None:
    """The dialog, in the run of a page in which it was asked for; in the run after it, what was added."""
    gathered = offers.taken()
    if n := Session.report_added.get():  # not by the button's callback: that runs in the dialog, which cannot say it
        Session.report_added.set(0)
        st.toast(Words.added.format(n=n, most=MAX_ENTRIES), icon=":material/note_add:")
    if gathered is None:
        return
    place = Session.place.get()
    own = _digit()
    found = ([*own, *gathered.offers] if place == "draw" else [*gathered.offers, *own]) if place else []
    facts = [*gathered.facts, *_network(place)]
    for key in (Session.report_choice, Session.report_sentence, Session.report_problem):
        key.forget()
    if found:
        _dialog(found, Place(places.PLACES[place][0], _link(), facts))


@st.dialog(Words.title, width="medium")
def _dialog(found: Sequence[Offer], place: Place) -> None:
    """What can be added, what it looks like, and the sentence that goes with it."""
    if not browser.token():
        st.info(Words.no_cookie)
        return
    number = st.selectbox(
        Words.what,
        range(len(found)),
        format_func=lambda i: found[i].title,
        key=Session.report_choice.name,
    )
    offer = found[number]
    _preview(offer)
    st.text_area(Words.sentence, key=Session.report_sentence.name, max_chars=MAX_SENTENCE)
    if problem := Session.report_problem.get():
        st.error(problem, icon=":material/error:")
    args = (offer, place)
    if st.button(Words.add, type="primary", key=Session.report_add.name, on_click=_add, args=args) and not problem:
        st.rerun()


def _preview(offer: Offer) -> None:
    with st.container(horizontal=True):
        for drawn in offer.pictures:
            show_picture(drawn.draw(), drawn.alt, SHOWN_PX if len(offer.pictures) == 1 else SHOWN_PX // 2)
    if offer.table is not None:
        header, rows = offer.table
        st.dataframe(dict(zip(header, zip(*rows, strict=True), strict=True)), hide_index=True, height=180)
    if short := [(label, value) for label, value in offer.facts if len(value) <= MOST_IN_PREVIEW]:
        st.caption(in_words(short))


def in_words(facts: Sequence[Fact]) -> str:
    """Facts one after the other, as Markdown that shows them as they are."""
    return " · ".join(f"{as_markdown(label)}: {as_markdown(value)}" for label, value in facts)


def as_markdown(words: str) -> str:
    """Words as Markdown that shows them as they are."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|~$:^" else letter for letter in words)


def show_picture(content: bytes, alt: str, widest_px: int = SHOWN_PX) -> None:
    """A PNG as it will be in the report: a small one enlarged, each pixel a square."""
    with Image.open(io.BytesIO(content)) as picture:
        zoom = ENLARGED_PX // picture.width if picture.width <= report.SMALL_PX else 1
        if zoom > 1:
            content = tiles.png(picture.resize((zoom * picture.width, zoom * picture.height), Image.Resampling.NEAREST))
        width = min(widest_px, zoom * picture.width)
    st.image(content, width=width, alt=alt, output_format="PNG")


def _add(offer: Offer, place: Place) -> None:
    """Add what is chosen in the dialog; a callback."""
    n, problem = _kept(entry_of(offer, place, Session.report_sentence.get()))
    Session.report_problem.set(problem)
    Session.report_added.set(n)


def add(entry: Entry) -> str:
    """Put an entry into this browser's report; gives a sentence that says why it could not be, else ""."""
    return _kept(entry)[1]


def _kept(entry: Entry) -> tuple[int, str]:
    """How many entries there are once this one is stored, and why it could not be, if so."""
    if not browser.token():
        return 0, Words.no_cookie
    try:
        return Reports(server.database()).add(browser.token(), report.content_of(entry)), ""
    except ReportFullError as error:
        return 0, str(error)
    except DatabaseError as error:
        return 0, Words.away.format(reason=error)


def entry_of(offer: Offer, place: Place, sentence: str) -> Entry:
    """What is offered as it is kept; what is too long for an entry is cut off."""
    return Entry(
        now(),
        place.title,
        offer.title,
        tuple(
            Picture(base64.b64encode(fitted(drawn.draw())).decode(), _cut(drawn.alt, report.MAX_ALT))
            for drawn in offer.pictures[: report.MAX_PICTURES]
        ),
        tuple(
            (_cut(label), _cut(value, report.MAX_VALUE))
            for label, value in [*offer.facts, *place.facts][: report.MAX_FACTS]
        ),
        _table(offer),
        _note(offer),
        sentence.strip()[:MAX_SENTENCE],
        place.link,
    )


def _note(offer: Offer) -> str:
    """The caption without what the title says already; all of it where the title is not its first sentence."""
    rest = offer.caption.removeprefix(offer.title)
    is_sentence = rest != offer.caption and (rest.lstrip(".:")[:1] in (" ", "") and not rest.startswith(": "))
    return _cut(rest.lstrip(".: ") if is_sentence else offer.caption, report.MAX_VALUE)


def _table(offer: Offer) -> Table | None:
    if offer.table is None:
        return None
    header, rows = offer.table
    cells = [tuple(_cut(_text(cell)) for cell in row[: report.MAX_COLUMNS]) for row in (header, *rows)]
    return Table(cells[0], tuple(cells[1 : report.MAX_ROWS + 1]))


def _text(cell: object) -> str:
    """A cell of a table in words."""
    is_long = isinstance(cell, float | np.floating) and not float(cell).is_integer()
    return f"{cell:.4g}" if is_long else offers.plain("" if cell is None else str(cell))


def _cut(text: str, most: int = report.MAX_LINE) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def now() -> str:
    """The time by the browser's clock, to the minute."""
    try:
        zone = ZoneInfo(st.context.timezone or "")
    except (ValueError, KeyError, OSError):  # what a browser may say is not always a zone that is known here
        zone = None
    return f"{datetime.now(zone):%Y-%m-%d %H:%M}"


def fitted(content: bytes) -> bytes:
    """A PNG of at most MAX_PICTURE_BYTES: in fewer colours and smaller where it has to be."""
    with Image.open(io.BytesIO(content)) as picture:
        if len(content) <= MAX_PICTURE_BYTES and picture.width <= WIDEST_PX:
            return content
        whole = picture.convert("RGB")
    scale = min(1.0, WIDEST_PX / whole.width)
    while True:
        size = (max(1, round(scale * whole.width)), max(1, round(scale * whole.height)))
        small = io.BytesIO()
        whole.resize(size, Image.Resampling.BOX).quantize(256).save(small, "PNG")
        if (n_bytes := len(small.getvalue())) <= MAX_PICTURE_BYTES:
            return small.getvalue()
        scale *= min(0.9, (MAX_PICTURE_BYTES / n_bytes) ** 0.5)


def _link() -> str:
    """The link to the page as it is; "" where an entry cannot keep it."""
    link = sharing.current()
    return link if link.startswith(("http://", "https://")) and len(link) <= report.MAX_LINK else ""


def _network(place: str) -> list[Fact]:
    """Which network, and which digit, the pictures of a place are of."""
    chosen = choice.current()
    facts: list[Fact] = []
    if place in OF_NETWORK and chosen.entry is not None:
        facts.append((Words.network, texts.network_title(chosen.entry.name)))
        if len(chosen.entry.iterations) > 1:
            facts.append((Words.steps, f"{chosen.iteration:,}"))
    if place in OF_DIGIT:
        facts.append((Words.digit, digit_choice.title(digit_choice.current())))
    return facts


def _digit() -> list[Offer]:
    """The session's digit, and what the chosen network reads; nothing where no network can be used."""
    network, shown, chosen = choice.usable_network(), digit_choice.current(), choice.current()
    if network is None or chosen.entry is None:
        return []
    outputs = lookups.activations(network, shown.image[None, :, :, None])
    probs = outputs["softmax"][0]
    of_one = {name: output[0] for name, output in outputs.items()}
    is_refused = shown.preparation is not None and refusal.refuse(
        shown.preparation, of_one, chosen.entry, chosen.iteration
    )
    first = int(probs.argmax())
    title = digit_choice.title(shown)
    facts = [(Words.answer, Words.no_digit if is_refused else str(first))]
    facts.append((Words.share, probability(float(probs[first]))))
    if shown.label is not None:
        facts.append((Words.label, str(shown.label)))
    shares = ", ".join(f"{digit}: {probability(float(share))}" for digit, share in enumerate(probs))
    facts.append((Words.all_ten, shares))
    seen = tiles.indexed_map(shown.image, panels.map_palette(), (0, 1))
    bars = functools.partial(tiles.index_bars, probs, LIGHT)
    pictures = [
        Drawn(seen.png, Words.digit_alt.format(title=title)),
        Drawn(lambda: bars().png(), panels.probabilities_in_words(probs)),
    ]
    return [Offer(Words.read.format(title=title), pictures, facts)]
