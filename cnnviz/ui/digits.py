"""Data sets by their source: loaded once for all sessions, and by name."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from cnnviz.data import collections, dataset
from cnnviz.data.dataset import BUNDLED, Dataset, Source, Split
from cnnviz.ui import texts


def title(source: Source) -> str:
    """What to call the digits of a source; what is not MNIST is not called so."""
    return _title_of_class(source) if source.kind == "class" else _title(source)


def _title_of_class(source: Source) -> str:
    """By when it was kept, on the clock of the browser; the same once it is gone."""
    told = collections.told_by_name(source.path) if source.path else None
    if told is None:
        return texts.CLASS_UNKNOWN
    then, n = time_of(told[0]), texts.N_DIGITS[told[1] == 1].format(n=told[1])
    return texts.CLASS.format(day=then.day, month=texts.MONTHS[then.month - 1], time=f"{then:%H:%M}", n=n)


def time_of(seconds: float) -> datetime:
    """A time in seconds since 1970, on the clock of the browser; of the server where the browser's is not known."""
    zone = None
    if name := st.context.timezone:
        with contextlib.suppress(ValueError, LookupError, OSError):  # no such zone here
            zone = ZoneInfo(name)
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


@st.cache_resource(show_spinner=False)
def _title(source: Source) -> str:
    if source == BUNDLED:
        return texts.BUNDLED
    return texts.MNIST if dataset.has_mnist_labels(source) else texts.OTHER.format(path=source.path)


def load(source: Source, split: Split) -> Dataset:
    """One part of the digits, kept for all sessions; that of a class as long as its file is there.

    Raises:
        DataError: when a file is damaged, or a class's is not there any more.
    """
    if source.kind == "class" and (split == "test" or source.adds_class):
        return dataset.load(source, split)
    return loaded(source.learnt_from, split)


@st.cache_resource(show_spinner=False, max_entries=4)
def loaded(source: Source, split: Split) -> Dataset:
    """One part of the digits that are no class's."""
    return dataset.load(source, split)
