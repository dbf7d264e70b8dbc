"""A 28×28 grid that can be filled by keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import streamlit as st

from cnnviz.drawing import pictures
from cnnviz.drawing.preparation import IMAGE_PX

KEY, VERSION = "grid cells", "grid version"
N_CELLS = IMAGE_PX * IMAGE_PX

HTML = '<div class="squares" role="grid"></div>'
CSS = """
.squares { width: min(100%, 280px); aspect-ratio: 1; display: grid; grid-template-rows: repeat(var(--side), 1fr);
  background: #000; touch-action: none; }
.squares > div { display: grid; grid-template-columns: repeat(var(--side), 1fr); }
.squares button { border: 0; padding: 0; margin: 0; background: #000; outline: 1px solid #333; outline-offset: -1px; }
.squares button.ink { background: #fff; }
.squares button:focus { outline: 2px solid #4da3ff; z-index: 1; }
"""

squares = st.components.v2.component(
    "cnnviz.grid", html=HTML, css=CSS, js=(Path(__file__).parent / "grid.js").read_text("utf-8")
)


class Words:
    """What the grid says."""

    label = "Grid of 28 by 28 squares. Arrows move, space fills or empties, shift with an arrow fills along the way."
    row, column, ink, paper = "row", "column", "ink", "paper"


def ink() -> np.ndarray | None:
    """Show the grid.

    Returns:
        float32 (28, 28) of 0 and 1; None when no square is filled.

    Raises:
        drawing.ImageError: when the browser sent something else than the squares.
    """
    version = st.session_state.setdefault(VERSION, 0)
    before = st.session_state.setdefault(KEY, "0" * N_CELLS)
    data = {"side": IMAGE_PX, "cells": before, "version": version}
    data |= {"label": Words.label, "row": Words.row, "column": Words.column, "ink": Words.ink, "paper": Words.paper}
    sent = squares(key=f"grid {version}", data=data, default={"cells": before}, on_cells_change=lambda: None)
    cells = read(sent.cells)
    st.session_state[KEY] = "".join("1" if cell else "0" for cell in cells.ravel())
    return cells if cells.any() else None


def read(cells: object) -> np.ndarray:
    """The squares as the browser sends them, float32 (28, 28).

    Raises:
        drawing.ImageError: when they are something else.
    """
    if not isinstance(cells, str) or not re.fullmatch(f"[01]{{{N_CELLS}}}", cells):
        raise pictures.ImageError(f"The grid sent something else than {N_CELLS} squares.")
    return (np.frombuffer(cells.encode(), np.uint8) - ord("0")).astype(np.float32).reshape(IMAGE_PX, IMAGE_PX)


def clear() -> None:
    """Empty every square."""
    st.session_state[KEY] = "0" * N_CELLS
    st.session_state[VERSION] = st.session_state.get(VERSION, 0) + 1
