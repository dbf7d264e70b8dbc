"""A picture of cells, one of which is picked by a click or by keyboard: a map of a sheet, a pixel of a map."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from PIL import Image

from cnnviz.render import tiles
from cnnviz.ui import panels
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

HTML = """<div class="picker" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="1" aria-valuenow="0">
<img draggable="false" alt=""><div class="frame"></div></div>"""
CSS = """
.picker { position: relative; cursor: crosshair; line-height: 0; }
.picker:focus-visible { outline: 2px solid #4da3ff; outline-offset: 2px; }
.picker img { width: 100%; image-rendering: pixelated; }
.picker .frame { position: absolute; box-sizing: border-box; outline: 3px solid #e07b00; pointer-events: none; }
"""


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


def pick(image: Image.Image, cells: Cells, start: tuple[int, int], key: Key[Any], **options: Any) -> tuple[int, int]:
    """Show a picture one cell of which is always picked.

    Args:
        image, cells, key: as for `choose`.
        start: row and column of the cell that is picked at first.
        options: as for `choose`.

    Returns:
        row and column of the cell that is picked.
    """
    return choose(image, cells, key, start=start, **options) or start


def choose(
    image: Image.Image,
    cells: Cells,
    key: Key[Any],
    *,
    alt: str,
    caption: str,
    name: str,
    width_px: int = 560,
    start: tuple[int, int] = (0, 0),
    follow: bool = True,
    item: str = "",
    names: tuple[str, str] = (Words.row, Words.column),
) -> tuple[int, int] | None:
    """Show a picture with its caption and a download.

    Args:
        image: the picture.
        cells: where its cells lie.
        key: unique on the page; a new one forgets what was picked.
        alt: the picture in words.
        caption, name: as for `panels.picture`.
        width_px: as wide as that at most.
        start: row and column of the cell that is framed at first.
        follow: arrow keys pick at once; else only Enter does.
        item: what a cell is; with it cells are named by number, e.g. "map 12", else by row and column.
        names: what a row and a column are.

    Returns:
        row and column of the cell that was picked; None until one is.
    """
    content = tiles.png(image)
    encoded = base64.b64encode(content).decode()
    data = {
        "key": key.name,
        "src": f"data:image/png;base64,{encoded}",
        "alt": alt,
        "rows": cells.rows,
        "columns": cells.columns,
        "count": cells.count,
        "cell": cells.cell,
        "gap": cells.gap,
        "size": (image.height, image.width),
        "picked": start,
        "follow": follow,
        "width": f"{width_px / 16}rem",  # larger in Present
        "item": item,
        "row": names[0],
        "column": names[1],
    }
    picture = component("cnnviz.picker", "picker/picker.js", HTML, CSS)
    sent = picture(key=key.name, data=data, default={"picked": ""}, on_picked_change=lambda: None)
    panels.below_picture(lambda: content, caption, name)
    return _inside(cells, str(sent.picked or ""))


def picked(key: Key[Any], cells: Cells) -> tuple[int, int] | None:
    """Row and column of the cell that was picked, before the picture is shown again; None until one is."""
    sent = key.get()
    return _inside(cells, str(sent.get("picked") or "")) if hasattr(sent, "get") else None


def _inside(cells: Cells, sent: str) -> tuple[int, int] | None:
    """Row and column as the browser sends them; None when there is no such cell."""
    place = re.fullmatch(r"(\d{1,4}),(\d{1,4})", sent)
    if not place:
        return None
    row, column = int(place[1]), int(place[2])
    inside = row < cells.rows and column < cells.columns and row * cells.columns + column < cells.count
    return (row, column) if inside else None
