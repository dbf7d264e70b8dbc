"""A 28×28 grid that can be filled by keyboard alone."""

from __future__ import annotations

import numpy as np

from cnnviz.drawing.preparation import IMAGE_PX
from cnnviz.ui import drawn, state
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import DrawPage

HTML = '<div class="squares" role="grid"></div>'
CSS = """
.squares { width: min(100%, 480px); aspect-ratio: 1; display: grid; grid-template-rows: repeat(var(--side), 1fr);
  background: #000; touch-action: none; }
.squares > div { display: grid; grid-template-columns: repeat(var(--side), 1fr); }
.squares button { border: 0; padding: 0; margin: 0; background: #000; outline: 1px solid #333; outline-offset: -1px; }
.squares button.ink { background: #fff; }
.squares button:focus { outline: 2px solid #4da3ff; z-index: 1; }
"""


class Words:
    """What the grid says."""

    label = "Grid of 28 by 28 squares. Arrows move, space fills or empties, shift with an arrow fills along the way."
    row, column, ink, paper = "row", "column", "ink", "paper"


def ink() -> np.ndarray | None:
    """Show the grid.

    Returns:
        float32 (28, 28) of 0 and 1; None when no square is filled.

    Raises:
        pictures.ImageError: when the browser sent something else than the squares.
    """
    version, before = DrawPage.grid_version.get(), DrawPage.squares.get()
    data = {"side": IMAGE_PX, "cells": before, "version": version}
    data |= {"label": Words.label, "row": Words.row, "column": Words.column, "ink": Words.ink, "paper": Words.paper}
    squares = component("cnnviz.grid", "grid/grid.js", HTML, CSS)
    sent = squares(key=state.grid_of(version).name, data=data, default={"cells": before}, on_cells_change=lambda: None)
    cells = read(sent.get("cells"))  # nothing there when the server has refused what was sent
    DrawPage.squares.set("".join("1" if cell else "0" for cell in cells.ravel()))
    return cells if cells.any() else None


def read(cells: object) -> np.ndarray:
    """The squares as the browser sends them, float32 (28, 28).

    Raises:
        pictures.ImageError: when they are something else.
    """
    return drawn.squares(cells)


def clear() -> None:
    """Empty every square."""
    DrawPage.squares.forget()
    state.renew(DrawPage.grid_version)
