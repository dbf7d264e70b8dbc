"""The sidebar: network, snapshot and digits, the same on every page."""

from __future__ import annotations

import streamlit as st

from cnnviz import store
from cnnviz.data import BUNDLED, Source
from cnnviz.download import Download
from cnnviz.store import Model
from cnnviz.ui import choice, digits, words

OPEN = "open page"
NEW = "page is new"


def page_is_new() -> bool:
    """True in the first run of a page after another page was open."""
    return bool(st.session_state[NEW])


def show(page: str) -> None:
    """Draw the sidebar and remember what is chosen.

    Args:
        page: name of the page that is open.
    """
    st.session_state[NEW] = st.session_state.get(OPEN) != page
    st.session_state[OPEN] = page
    with st.sidebar:
        model = _model()
        iteration = _iteration(model)
        source = _source()
        st.session_state[choice.KEY] = choice.Choice(model, iteration, source)


def _model() -> Model | None:
    models = {model.name: model for model in store.models()}
    if not models:
        return None
    good = [name for name, model in models.items() if model.card] or list(models)
    start = store.DEFAULT if store.DEFAULT in good else good[0]
    name = st.selectbox(
        words.NETWORK,
        list(models),
        index=list(models).index(start),
        key="model",
        format_func=lambda name: name if models[name].card else words.BROKEN_LABEL.format(name=name),
    )
    return models[name]


def _iteration(model: Model | None) -> int:
    if model is None or model.card is None:
        return 0
    iterations = [snapshot.iteration for snapshot in model.card.snapshots]
    if len(iterations) == 1:
        return iterations[0]
    chosen: int = st.select_slider(
        words.SNAPSHOT,
        iterations,
        value=iterations[-1],
        format_func=lambda n: f"{n:,}",
        key=f"iteration of {model.name}",
        help=words.SNAPSHOT_HELP,
        persist_state="session",
    )
    return chosen


def _source() -> Source:
    shelf = digits.shelf()
    if shelf.download and not shelf.download.finished:
        _arriving(shelf.download)
    elif shelf.download and shelf.download.error:
        _failed(shelf.download)
    elif shelf.download:
        shelf.look()
    source: Source = st.selectbox(words.DIGITS, digits.sources(), format_func=digits.title, key="digits")
    if source == BUNDLED:
        st.caption(words.BUNDLED_CAPTION)
    for problem in shelf.problems:
        st.warning(problem, icon=":material/folder_off:")
    return source


@st.fragment(run_every=1.0)
def _arriving(arriving: Download) -> None:
    """The download's progress; when it has ended, the whole page runs again."""
    megabytes = {"done": arriving.done / 1e6, "total": arriving.total / 1e6}
    st.progress(arriving.share, words.FETCHING.format(**megabytes))
    if arriving.finished:
        if not arriving.error:
            digits.shelf().look()
            st.session_state.pop("digits", None)
            st.toast(words.FETCHED, icon=":material/check:")
        st.rerun()


def _failed(arriving: Download) -> None:
    """Why MNIST did not arrive, and a way to try again."""
    st.warning(arriving.error, icon=":material/cloud_off:")
    st.button(words.RETRY, icon=":material/refresh:", on_click=digits.shelf().look)
