"""The sidebar: network, snapshot and digits, the same on every page."""

from __future__ import annotations

import streamlit as st

from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.data.download import Download
from cnnviz.network import store
from cnnviz.ui import choice, digits, server, session, state, texts
from cnnviz.ui.entry import Choice, Entry
from cnnviz.ui.state import Key, Session

PLAY_EVERY_S = 1.0


def page_is_new() -> bool:
    """True in the first run of a page after another page was open."""
    return Session.page_is_new.get()


def show(page: str) -> None:
    """Draw the sidebar and remember what is chosen.

    Args:
        page: name of the page that is open.
    """
    Session.page_is_new.set(Session.open_page.get() != page)
    Session.open_page.set(page)
    with st.sidebar:
        entry = _network()
        iteration = _iteration(entry)
        source = _source()
        if problem := backend.problem():
            st.warning(problem, icon=":material/cloud_off:")
        session.show_problem()
        Session.choice.set(Choice(entry, iteration, source))


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
    )
    return entries[name]


def _label(entry: Entry) -> str:
    """The name; it does not change while a run goes on, because the browser sends it back.

    When it becomes broken the browser still sends the name alone, which stays the value of the choice.
    """
    return texts.BROKEN_LABEL.format(name=entry.name) if choice.is_broken(entry) else entry.name


def _iteration(entry: Entry | None) -> int:
    """The time machine: a slider through the snapshots of a network, and a button that plays them."""
    if entry is None or not entry.iterations:
        return 0
    iterations = list(entry.iterations)
    if len(iterations) == 1:
        return iterations[0]
    key = state.iteration_of(entry.name)
    playing = _playing(entry.name)
    _step(key, iterations)
    chosen: int = st.select_slider(
        texts.SNAPSHOT,
        iterations,
        format_func=lambda n: f"{n:,}",
        key=key.name,
        help=texts.SNAPSHOT_HELP,
        persist_state="session",
    )
    if playing:
        st.button(texts.HOLD, icon=":material/pause:", on_click=_hold)
        Session.play_ticking.set(False)
        _tick(key, iterations)
    else:
        st.button(texts.PLAY, icon=":material/play_arrow:", on_click=_play, args=(entry.name, key, iterations))
    return chosen


def _playing(name: str) -> bool:
    """True while this network's snapshots are played; another network's playing ends."""
    if Session.playing.get() not in (None, name):
        _hold()
    return Session.playing.get() == name


def _play(name: str, key: Key[int], iterations: list[int]) -> None:
    """Begin at the snapshot that is shown, at the first when the last is shown."""
    Session.playing.set(name)
    if key.get() == iterations[-1]:
        Session.play_next.set(iterations[0])


def _hold() -> None:
    Session.playing.set(None)
    Session.play_next.set(None)


def _step(key: Key[int], iterations: list[int]) -> None:
    """Move the slider where the play button wants it; before the slider is made, which is the only time one may."""
    wanted = Session.play_next.get()
    Session.play_next.set(None)
    if wanted is not None and wanted in iterations:
        key.set(wanted)
    elif not key.exists() or key.get() not in iterations:
        key.set(iterations[-1])


@st.fragment(run_every=PLAY_EVERY_S)
def _tick(key: Key[int], iterations: list[int]) -> None:
    """Each time this part runs by itself, everything goes on to the next snapshot; at the last it stops."""
    if not Session.play_ticking.get():
        Session.play_ticking.set(True)
        return
    Session.play_ticking.set(False)
    later = [n for n in iterations if n > key.get()]
    if later:
        Session.play_next.set(later[0])
    if len(later) <= 1:
        Session.playing.set(None)
    st.rerun()


def _source() -> Source:
    known = server.data_sources()
    download = known.download  # once: another session may take it away
    if download and not download.finished:
        _arriving(download)
    elif download and download.error:
        _failed(download)
    elif download:
        known.look()
    source: Source = st.selectbox(texts.DIGITS, known.available(), format_func=digits.title, key=Session.digits.name)
    if source == BUNDLED:
        st.caption(texts.BUNDLED_CAPTION)
    for problem in known.problems:
        st.warning(problem, icon=":material/folder_off:")
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
