"""The time machine: a slider through the snapshots of a network's training, and a button that plays them."""

from __future__ import annotations

import streamlit as st

from cnnviz.ui import state, texts
from cnnviz.ui.entry import Entry
from cnnviz.ui.state import Key, Session

PLAY_EVERY_S = 1.0
SLIDER_PX = 220


def ask(entry: Entry | None, *, shown: bool = True) -> int:
    """Which snapshot of a network is shown: its number of training steps, 0 where there is none to choose.

    A network of one snapshot has no slider, nor is there one where it is not to be shown.
    """
    if entry is None or not entry.iterations:
        return 0
    iterations = list(entry.iterations)
    if len(iterations) == 1:
        return iterations[0]
    key = state.iteration_of(entry.name)
    playing = _playing(entry.name)
    _step(key, iterations)
    if not shown:
        return key.get()
    chosen: int = st.select_slider(
        texts.SNAPSHOT,
        iterations,
        format_func=lambda n: texts.SNAPSHOT_STEPS.format(n=n),
        key=key.name,
        label_visibility="collapsed",
        persist_state="session",
        width=SLIDER_PX,
    )
    if playing:
        st.button(texts.PAUSE, icon=":material/pause:", on_click=_pause)
        Session.play_ticking.set(False)
        _tick(key, iterations)
    else:
        args = (entry.name, key, iterations)
        st.button(texts.PLAY, icon=":material/play_arrow:", help=texts.SNAPSHOT_HELP, on_click=_play, args=args)
    return chosen


def choose(entry: Entry, iteration: int) -> None:
    """Show another snapshot of a network; in a callback. What is being played stops."""
    if iteration in entry.iterations:
        _pause()
        state.iteration_of(entry.name).set(iteration)


def _playing(name: str) -> bool:
    """True while this network's snapshots are played; another network's playing ends."""
    if Session.playing.get() not in (None, name):
        _pause()
    return Session.playing.get() == name


def _play(name: str, key: Key[int], iterations: list[int]) -> None:
    """Begin at the snapshot that is shown, at the first when the last is shown."""
    Session.playing.set(name)
    if key.get() == iterations[-1]:
        Session.play_next.set(iterations[0])


def _pause() -> None:
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
