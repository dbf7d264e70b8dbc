"""The colours of numbers with a sign on Layers: red and blue, or others that colour-blind readers can tell apart."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.render import palettes
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui import panels
from cnnviz.ui.state import FiltersPart


class Words:
    """What is said of the colours, and their names in other sentences."""

    ask = "Colours"
    palettes: dict[Palette, str] = {
        "seismic": "Blue to red (seismic)",
        "PuOr": "Orange to purple, for colour-blind readers",
    }
    names: dict[Palette, dict[str, str]] = {
        "seismic": {"above": "red", "below": "blue"},
        "PuOr": {"above": "purple", "below": "orange"},
    }


def palette() -> Palette:
    """The palette that is chosen; an address may ask for one that is not there."""
    chosen = FiltersPart.palette.get()
    return chosen if chosen in Words.palettes else FiltersPart.palette.default


def colours(values: np.ndarray) -> tuple[Palette, Limits]:
    """Palette and limits of a layer, as by `panels.colours`, in the palette that is chosen."""
    found, limits = panels.colours(values)
    return (found if found == panels.map_palette() else palette()), limits


def weights(kernels: np.ndarray) -> tuple[Palette, Limits]:
    """Palette and limits of weights: 0 in the middle."""
    return palette(), palettes.symmetric_limits(kernels)


def names() -> dict[str, str]:
    """What the colours "above" and "below" 0 are called, for sentences."""
    return Words.names[palette()]


def ask() -> None:
    """Which palette."""
    st.radio(
        Words.ask,
        list(Words.palettes),
        format_func=Words.palettes.__getitem__,
        key=FiltersPart.palette.name,
        persist_state="session",
        horizontal=True,
    )
