"""What is chosen in the sidebar, for a page to read."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnnviz import store
from cnnviz.cards import BrokenModel
from cnnviz.data import Dataset, Source, Split
from cnnviz.mnist import DataError
from cnnviz.network import Network
from cnnviz.store import Model
from cnnviz.ui import digits, words

KEY = "choice"


@dataclass(frozen=True)
class Choice:
    """Network, snapshot and digits that every page shows."""

    model: Model | None
    iteration: int
    source: Source


def current() -> Choice:
    """What is chosen in this session."""
    found: Choice = st.session_state[KEY]
    return found


def network() -> Network:
    """The chosen network; on a broken one the page says why and ends here."""
    choice = current()
    if choice.model is None:
        st.error(words.NO_MODEL.format(root=store.ROOT), icon=":material/error:")
        st.stop()
    try:
        return store.load(choice.model, choice.iteration)
    except BrokenModel as error:
        st.error(words.BROKEN.format(name=choice.model.name, reason=error), icon=":material/error:")
        st.stop()


def dataset(split: Split = "test") -> Dataset:
    """The chosen digits; where a file is damaged the page says which and ends here."""
    try:
        return digits.load(current().source, split)
    except DataError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def context() -> str:
    """One line that says which network and which digits a page shows."""
    choice = current()
    name = digits.title(choice.source)
    if choice.model is None or choice.model.card is None:
        return words.CONTEXT_NO_NETWORK.format(digits=name)
    return words.CONTEXT.format(network=choice.model.name, iteration=choice.iteration, digits=name)
