"""The bar at the head of every page: the session's digit, the network, how long it was trained, and the digits."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.data.download import Download
from cnnviz.network import store
from cnnviz.ui import choice, digit_choice, digits, drawn, playing, server, session, texts
from cnnviz.ui.entry import Choice, Entry
from cnnviz.ui.state import Session

NETWORK_PX = 260
STYLE = Path(__file__).with_name("style.css")


def page_is_new() -> bool:
    """True in the first run of a page after another page was open."""
    return Session.page_is_new.get()


def show(page: str, *, comes_back: bool = False) -> None:
    """Draw the bar and remember what is chosen.

    Args:
        page: name of the page that is open.
        comes_back: True when the session was stored and has just been put back.
    """
    Session.page_is_new.set(Session.open_page.get() != page)
    Session.open_page.set(page)
    st.html(STYLE)
    with st.container(key=Session.head.name, horizontal=True, vertical_alignment="bottom"):
        digit = st.container(width="content")
        entry = _network()
        iteration = playing.ask(entry)
    with digit, digit_choice.popover():
        digit_of = st.container()
        source = _source()
        Session.choice.set(Choice(entry, iteration, source))
        if comes_back:
            drawn.bring_back()
        with digit_of:
            digit_choice.ask()
    _problems(source)


def _problems(source: Source) -> None:
    """What one should know: digits that are not MNIST, a cluster that is gone, a session that is not stored."""
    if source == BUNDLED:
        st.caption(texts.BUNDLED_CAPTION)
    known = server.data_sources()
    download = known.download  # once: another session may take it away
    if download and not download.finished:
        _arriving(download)
    elif download and download.error:
        _failed(download)
    for problem in known.problems:
        st.warning(problem, icon=":material/folder_off:")
    if lost := backend.problem():
        st.warning(lost, icon=":material/cloud_off:")
    session.show_problem()


def _network() -> Entry | None:
    entries = choice.entries()
    if not entries:
        return None
    names = list(entries)
    good = [name for name in names if not choice.is_broken(entries[name])] or names
    start = next((name for name in store.DEFAULTS if name in good), good[0])
    chosen = Session.model.get()
    if chosen in entries and choice.is_broken(entries[chosen]):
        Session.model.set(chosen)  # else the browser goes on showing the label of when it was chosen
    name = st.selectbox(
        texts.NETWORK,
        names,
        index=names.index(start),
        key=Session.model.name,
        format_func=lambda name: _label(entries[name]),
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
    source: Source = st.selectbox(texts.DIGITS, known.available(), format_func=digits.title, key=Session.digits.name)
    return source


@st.fragment(run_every=1.0)
def _arriving(arriving: Download) -> None:
    """The download's progress; when it has ended, the whole page runs again."""
    megabytes = {"done": arriving.done / 1e6, "total": arriving.total / 1e6}
    st.progress(arriving.share, texts.FETCHING.format(**megabytes))
    if arriving.finished:
        if not arriving.error:
            server.data_sources().look()
            Session.digits.forget()
            st.toast(texts.FETCHED, icon=":material/check:")
        st.rerun()


def _failed(arriving: Download) -> None:
    """Why MNIST did not arrive, and a way to try again."""
    st.warning(arriving.error, icon=":material/cloud_off:")
    st.button(texts.RETRY, icon=":material/refresh:", on_click=server.data_sources().look)
