"""Data sets by their source: loaded once for all sessions, and by name."""

from __future__ import annotations

import streamlit as st

from cnnviz.data import dataset
from cnnviz.data.dataset import BUNDLED, Dataset, Source, Split
from cnnviz.ui import texts


@st.cache_resource(show_spinner=False)
def title(source: Source) -> str:
    """What to call the digits of a source; what is not MNIST is not called so."""
    if source == BUNDLED:
        return texts.BUNDLED
    return texts.MNIST if dataset.has_mnist_labels(source) else texts.OTHER.format(path=source.path)


@st.cache_resource(show_spinner=False, max_entries=4)
def load(source: Source, split: Split) -> Dataset:
    """One part of the digits, kept for all sessions.

    Raises:
        DataError: when a file is damaged.
    """
    return dataset.load(source, split)
