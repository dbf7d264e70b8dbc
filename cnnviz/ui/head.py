"""The bar at the head of every page: the session's digit, the network, how long it was trained, and the digits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import streamlit as st

from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.data.download import Download
from cnnviz.network import store
from cnnviz.ui import (
    asking,
    choice,
    digit_choice,
    digits,
    drawn,
    glossary,
    lesson_walk,
    offers,
    playing,
    present,
    reporting,
    rooms,
    server,
    session,
    sharing,
    texts,
    theme,
)
from cnnviz.ui.components.frontend import component
from cnnviz.ui.entry import Choice, Entry
from cnnviz.ui.state import Session

NETWORK_PX = 230
STYLE = Path(__file__).with_name("style.css")
NO_MENU = "<style>[data-testid=stHeader], [data-testid=stSidebar] { display: none; }</style>"


def page_is_new() -> bool:
    """True in the first run of a page after another page was open."""
    return Session.page_is_new.get()


def show(place: str, *, comes_back: bool = False) -> None:
    """Draw the bar and remember what is chosen.

    Args:
        place: that is open; "" for an old address, which only leads to one.
        comes_back: True when the session was stored and has just been put back.
    """
    Session.page_is_new.set(Session.place.get() != place)
    Session.place.set(place)
    st.html(STYLE)
    hidden = Session.hidden.get()
    if "menu" in hidden:
        st.html(NO_MENU)
    with st.container(key=Session.menu_frame.name):
        component("cnnviz.menu", "menu/menu.js")(key=Session.menu.name)
    with st.container(key=Session.head.name, horizontal=True, vertical_alignment="center", gap="small"):
        digit = st.container(width="content")
        entry = _network(shown="network" not in hidden)
        iteration = playing.ask(entry, shown="time" not in hidden)
        tools = st.container(key=Session.tools.name, horizontal=True, horizontal_alignment="right", gap="small")
    present.show(place)
    rooms.strip()
    asking.open_dialog()
    with digit, digit_choice.popover(shown="digit" not in hidden):
        digit_of = st.container()
        source = _source()
        Session.choice.set(Choice(entry, iteration, source))
        if comes_back:
            drawn.bring_back()
        with digit_of:
            digit_choice.ask()
    with tools:
        _tools(hidden)
    _problems(source)
    if place:
        lesson_walk.show()


def _tools(hidden: Collection[str]) -> None:
    """Buttons for the whole application, without those that an address hides."""
    if "words" not in hidden and st.button(glossary.Words.button, icon=":material/menu_book:", type="tertiary"):
        glossary.show()
    if "share" not in hidden and st.button(sharing.Words.button, icon=":material/share:", type="tertiary"):
        sharing.show()
    adds = "report" not in hidden and st.button(reporting.Words.button, icon=":material/note_add:", type="tertiary")
    offers.begin(wanted=adds)
    if "theme" not in hidden:
        theme.switch()
    if "present" not in hidden:
        st.button(
            present.Words.begin,
            icon=":material/slideshow:",
            type="tertiary",
            help=present.Words.help,
            on_click=present.begin,
        )


def _problems(source: Source) -> None:
    """What one should know: digits that are not MNIST, a cluster that is gone, a session that is not stored."""
    known = server.data_sources()
    download = known.download  # once: another session may take it away
    failed = download if download and download.error else None
    if source == BUNDLED or failed:
        with st.container(horizontal=True, vertical_alignment="center"):
            if source == BUNDLED:
                st.caption(texts.BUNDLED_CAPTION, width="content")
            if failed:
                _failed(failed)
    if not failed and Session.awaits_digits.get():  # also when it has finished since the widget was made
        _arriving()
    if source.kind == "class":
        st.caption(texts.CLASS_CAPTION.format(base=digits.title(source.learnt_from)))
        if choice.has_learnt_from(source):
            st.warning(texts.CLASS_LEARNT, icon=":material/school:")
    for problem in (*known.problems, *known.class_problems):
        st.warning(problem, icon=":material/folder_off:")
    if lost := backend.problem():
        st.warning(lost, icon=":material/cloud_off:")
    session.show_problem()


def _network(*, shown: bool) -> Entry | None:
    entries = choice.entries()
    if not entries:
        return None
    names = list(entries)
    good = [name for name in names if not choice.is_broken(entries[name])] or names
    start = next((name for name in store.DEFAULTS if name in good), good[0])
    if not shown:
        return entries.get(Session.model.get()) or entries[start]
    chosen = Session.model.get()
    if chosen in entries and choice.is_broken(entries[chosen]):
        Session.model.set(chosen)  # else the browser goes on showing the label of when it was chosen
    name = st.selectbox(
        texts.NETWORK,
        names,
        index=names.index(start),
        key=Session.model.name,
        format_func=lambda name: _label(entries[name]),
        label_visibility="collapsed",
        width=NETWORK_PX,
    )
    return entries[name]


def _label(entry: Entry) -> str:
    """What to call a network; it does not change while a run goes on, because the browser sends it back.

    When it becomes broken the browser still sends the label of before, which stays the value of the choice.
    """
    title = texts.network_title(entry.name)
    return texts.BROKEN_LABEL.format(name=title) if choice.is_broken(entry) else title


def _source() -> Source:
    known = server.data_sources()
    if known.download and known.download.finished and not known.download.error:
        known.look()
    _take_arrived(known.download)
    available = known.available()
    _keep_class(available)
    source: Source = st.selectbox(texts.DIGITS, available, format_func=digits.title, key=Session.digits.name)
    return source


def _keep_class(available: Sequence[Source]) -> None:
    """Go on with the first digits where those of a class are chosen that are gone, and say so; before the widget."""
    chosen = Session.digits.get()
    if chosen is None or chosen.kind != "class" or chosen in available:
        return
    # where MNIST has arrived meanwhile, the same digits go with other training digits
    same = next((source for source in available if source.path == chosen.path), None)
    Session.digits.set(same or available[0])
    if same is None:
        st.toast(
            texts.CLASS_LEFT.format(title=digits.title(available[0])), icon=":material/delete_sweep:", duration="long"
        )


def _take_arrived(download: Download | None) -> None:
    """Show MNIST once it has arrived, whichever session was the first to see it; before its widget is made."""
    if download and not download.finished:
        Session.awaits_digits.set(True)
    elif Session.awaits_digits.get():
        Session.awaits_digits.set(False)
        if not download:
            Session.digits.forget()
            st.toast(texts.FETCHED, icon=":material/check:")


@st.fragment(run_every=1.0)
def _arriving() -> None:
    """The download's progress; when it has ended, the whole page runs again."""
    download = server.data_sources().download
    if not download or download.finished:
        st.rerun()
    st.progress(download.share, texts.FETCHING.format(done=download.done / 1e6, total=download.total / 1e6))


def _failed(arriving: Download) -> None:
    """Why MNIST did not arrive, and a way to try again; closed, or a first start would show little else."""
    with st.popover(texts.NOT_FETCHED, icon=":material/cloud_off:", type="tertiary"):
        st.warning(arriving.error, icon=":material/cloud_off:")
        st.button(texts.RETRY, icon=":material/refresh:", on_click=server.data_sources().look)
