"""The digits that the server has: found on disk, bundled, or on their way."""

from __future__ import annotations

import streamlit as st

from cnnviz.data import dataset, download, mnist
from cnnviz.data.dataset import BUNDLED, Dataset, Source, Split
from cnnviz.ui import texts


class Shelf:
    """What was found at the server's start, and the download where nothing was."""

    def __init__(self) -> None:
        self.mnist: Source | None = None
        self.problems: list[str] = []
        self.download: download.Download | None = None
        self.look()

    def look(self) -> None:
        """Look for MNIST on disk; fetch it when it is nowhere and no folder was named."""
        try:
            source, self.problems = dataset.find(cache_dir=download.cache_dir())
        except mnist.DataError as error:
            self.mnist, self.problems = None, [str(error)]
            return
        if source is None:
            self.download = download.Download()
        elif source != BUNDLED:
            self.mnist, self.download = source, None


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The server's digits."""
    return Shelf()


def sources() -> list[Source]:
    """What one can choose from, best first."""
    mnist = shelf().mnist
    return [mnist, BUNDLED] if mnist else [BUNDLED]


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
