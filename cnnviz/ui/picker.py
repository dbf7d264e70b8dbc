"""A picture of cells, one of which is picked by a click or by keyboard: a map of a sheet, a pixel of a map."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image

from cnnviz import tiles

HTML = """<div class="picker" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="1" aria-valuenow="0">
<img draggable="false"><div class="fields"></div><div class="frame"></div></div>"""
CSS = """
.picker { position: relative; cursor: crosshair; line-height: 0; }
.picker:focus-visible { outline: 2px solid #4da3ff; outline-offset: 2px; }
.picker img { width: 100%; image-rendering: pixelated; }
.picker .frame { position: absolute; box-sizing: border-box; outline: 3px solid #e07b00; pointer-events: none; }
.picker .fields div { position: absolute; box-sizing: border-box; border: 2px solid #009e73; pointer-events: none; }
"""

picture = st.components.v2.component(
    "cnnviz.picker", html=HTML, css=CSS, js=(Path(__file__).parent / "picker.js").read_text("utf-8")
)


class Words:
    """What the picker says."""

    row, column = "row", "column"


@dataclass(frozen=True)
class Cells:
    """Where the cells of a picture lie: how many, in how many columns, their (height, width) and the gap, in pixels."""

    count: int
    columns: int
    cell: tuple[int, int]
    gap: int = 0

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return -(-self.count // self.columns)


def pick(
    image: Image.Image,
    cells: Cells,
    picked: tuple[int, int],
    key: str,
    *,
    alt: str,
    width_px: int = 560,
    boxes: Sequence[tuple[int, int, int, int]] = (),
    follow: bool = True,
) -> tuple[int, int]:
    """Show the picture.

    Args:
        image: the picture.
        cells: where its cells lie.
        picked: row and column of the cell that is marked at first.
        key: unique on the page; a new one forgets what was picked.
        alt: the picture in words.
        width_px: as wide as that at most.
        boxes: cells to frame besides: top, left, height, width, in cells.
        follow: arrow keys pick at once; else only Enter does.

    Returns:
        row and column of the cell that is picked.
    """
    encoded = base64.b64encode(tiles.png(image)).decode()
    data = {
        "src": f"data:image/png;base64,{encoded}",
        "alt": alt,
        "rows": cells.rows,
        "columns": cells.columns,
        "count": cells.count,
        "cell": cells.cell,
        "gap": cells.gap,
        "size": (image.height, image.width),
        "picked": picked,
        "boxes": [list(box) for box in boxes],
        "follow": follow,
        "width": f"{width_px}px",
        "row": Words.row,
        "column": Words.column,
    }
    sent = picture(key=key, data=data, default={"picked": ""}, on_picked_change=lambda: None)
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4})", str(sent.picked or ""))
    row, column = (int(found[1]), int(found[2])) if found else picked
    inside = row < cells.rows and column < cells.columns and row * cells.columns + column < cells.count
    return (row, column) if inside else picked
