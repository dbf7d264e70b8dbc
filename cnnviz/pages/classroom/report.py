"""What a student hands in: the entries as they will be, to be put in order, and the file."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cnnviz.classroom import report
from cnnviz.classroom.report import MAX_SENTENCE, Entry, Report
from cnnviz.state.database import DatabaseError
from cnnviz.state.reports import MAX_ENTRIES, ReportFullError, Reports
from cnnviz.ui import browser, panels, reporting, server, state
from cnnviz.ui.state import ClassroomPage, Key, Session


class Words:
    """What this part says."""

    intro = "What you have added on the other pages, to hand in as one file."
    empty = (
        "Nothing is in your report yet. Open any page, and press **Add to my report** at its head: a picture of it, "
        "what the network says and your own sentence come here."
    )
    name = "Your name on the report"
    name_help = "It is written only into the file; this server does not keep it."
    download = "Download as one HTML file"
    file = "my-report"
    how = (
        "The file opens in every browser and needs no internet. For a PDF, open it and print it there: choose “Save as "
        "PDF” as the printer."
    )
    count = "{n} of {most} entries."
    heading = "{number} · {place} · {when}"
    buttons = {"up": "Move up", "delete": "Delete"}
    link = "The page as it was"


NAME_S = 0.5
"""Until then the name is here that was sent with the click that asks for the file."""


@dataclass
class Typed:
    """The name as it was typed last, also for what runs without a session."""

    name: str = ""


BUTTONS: tuple[tuple[Literal["up", "delete"], str, Callable[[Reports, str, int], None]], ...] = (
    ("up", ":material/arrow_upward:", Reports.move_up),
    ("delete", ":material/delete:", Reports.delete),
)


def show() -> None:
    """The entries, and the file."""
    panels.intro(Words.intro)
    if not browser.token():
        st.info(reporting.Words.no_cookie)
        return
    if problem := Session.report_problem.get():
        st.error(problem, icon=":material/error:")
        Session.report_problem.forget()
    entries = _entries()
    if entries is None:
        return
    if not entries:
        st.info(Words.empty, icon=":material/note_add:")
        return
    show_file([entry for _, entry in entries])
    for place, (number, entry) in enumerate(entries, 1):
        show_entry(place, number, entry)


def _entries() -> list[tuple[int, Entry]] | None:
    """The entries with their numbers, without those that cannot be read any more; None where the database is away."""
    try:
        stored = Reports(server.database()).entries(browser.token())
    except DatabaseError as error:
        st.warning(reporting.Words.not_now.format(reason=error), icon=":material/cloud_off:")
        return None
    entries = []
    for each in stored:
        with contextlib.suppress(ValueError):
            entries.append((each.number, report.entry_of(each.content)))
    return entries


def show_file(entries: Sequence[Entry]) -> None:
    """The name on it, and the button that downloads it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = state.opened(ClassroomPage.report_typed, Typed)
        typed.name = st.text_input(
            Words.name,
            key=ClassroomPage.report_name.name,
            max_chars=100,
            help=Words.name_help,
            width=300,
            on_change=_type,
            args=(typed,),
        )
        content = functools.partial(_html, tuple(entries), typed, reporting.now())
        panels.download_file(Words.download, content, f"{Words.file}.html", "text/html")
    st.caption(f"{Words.count.format(n=len(entries), most=MAX_ENTRIES)} {Words.how}")


def _type(typed: Typed) -> None:
    typed.name = ClassroomPage.report_name.get()


def _html(entries: tuple[Entry, ...], typed: Typed, date: str) -> str:
    """The file.

    A name that was being typed leaves the browser with the click on the button, together with the wish for the file.
    """
    time.sleep(NAME_S)
    return report.html(Report(typed.name.strip(), entries), date)


def show_entry(place: int, number: int, entry: Entry) -> None:
    """One entry as it will be; its sentence can be written anew."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            heading = Words.heading.format(number=place, place=entry.place, when=entry.when)
            st.caption(heading, width="stretch")
            for what, icon, change in BUTTONS:
                st.button(
                    Words.buttons[what],
                    icon=icon,
                    key=state.entry_of_report(what, number).name,
                    type="tertiary",
                    disabled=what == "up" and place == 1,
                    on_click=_change,
                    args=(change, number),
                )
        st.markdown(f"**{reporting.as_markdown(entry.title)}**")
        with st.container(horizontal=True):
            for picture in entry.pictures:
                reporting.show_picture(base64.b64decode(picture.content), picture.alt)
        if entry.table:
            columns = zip(*entry.table.rows, strict=True)
            st.dataframe(dict(zip(entry.table.header, columns, strict=True)), hide_index=True, height="content")
        if entry.note:
            st.caption(reporting.as_markdown(entry.note))
        if entry.facts:
            st.caption(reporting.in_words(entry.facts))
        key = state.entry_of_report("sentence", number)
        key.begin(entry.sentence)
        st.text_area(
            reporting.Words.sentence,
            key=key.name,
            max_chars=MAX_SENTENCE,
            on_change=_write,
            args=(number, entry, key),
        )


def _write(number: int, entry: Entry, key: Key[str]) -> None:
    """Keep a sentence that was written anew; a callback."""
    changed = dataclasses.replace(entry, sentence=(key.get() or "").strip())
    _change(functools.partial(Reports.change, content=report.content_of(changed)), number)


def _change(change: Callable[[Reports, str, int], None], number: int) -> None:
    """Change an entry in the database, and say where that cannot be; a callback."""
    try:
        change(Reports(server.database()), browser.token(), number)
    except ReportFullError as error:
        Session.report_problem.set(str(error))
    except DatabaseError as error:
        Session.report_problem.set(reporting.Words.away.format(reason=error))
