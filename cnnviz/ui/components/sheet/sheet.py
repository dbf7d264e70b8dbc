"""A sheet of small numbered pictures, feature maps or kernels, one of which can be opened."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnnviz.render import tiles
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui import panels
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

FILE_CELL_PX = 84
"""About how wide a picture is in the file that can be downloaded."""
HTML = '<div class="sheet" role="group"></div>'
CSS = """
.sheet { display: grid; gap: 4px; justify-content: start;
  --fit: calc((100% - (var(--columns) - 1) * 4px) / var(--columns) - 0.5px);
  grid-template-columns: repeat(auto-fill, max(var(--least), min(var(--fit), var(--at-most))));
  max-width: calc(var(--columns) * (var(--at-most) + 4px) - 4px); --least: 28px; --at-most: var(--widest);
  font: 0.875rem/1.3 var(--st-font); color: var(--st-text-color); }
button { display: flex; flex-direction: column; align-items: center; min-width: 0; padding: 0; border: 0;
  position: relative; background: none; color: inherit; font: inherit; cursor: pointer; }
canvas { display: block; width: 100%; height: auto; box-sizing: border-box; image-rendering: pixelated;
  border: 1px solid var(--st-border-color); }
.label { white-space: nowrap; font-variant-numeric: tabular-nums; }
button:hover canvas { outline: 2px solid var(--st-primary-color); }
button[aria-pressed=true] canvas { outline: 3px solid #e07b00; }
button[aria-pressed=true] .label { font-weight: 700; }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; z-index: 1; }
.picture { display: block; position: relative; width: 100%; }
.crossed .picture::after { content: ""; position: absolute; inset: 0; background:
  linear-gradient(to top right, transparent calc(50% - 1px), #9aa0ac 50%, transparent calc(50% + 1px)),
  linear-gradient(to bottom right, transparent calc(50% - 1px), #9aa0ac 50%, transparent calc(50% + 1px)); }
@media (min-width: 1700px) { .sheet { --at-most: calc(1.35 * var(--widest)); } }
@media (max-width: 1000px) { .sheet { --least: 44px; } button { min-height: 44px; } }
"""


def opened(key: Key[Any], count: int) -> int | None:
    """Which picture of a sheet was opened just now; asked before the sheet is shown, so that it can mark it."""
    sent = key.get()
    number = sent.get("opened") if hasattr(sent, "get") else None
    return number if type(number) is int and 0 <= number < count else None


def sheet(
    maps: np.ndarray,
    palette: Palette,
    limits: Limits | list[Limits],
    key: Key[Any],
    *,
    columns: int,
    alt: str,
    caption: str,
    name: str,
    item: str,
    marked: int | None = None,
    labels: Sequence[str] = (),
    widest_px: int = 44,
    mark_dead: bool = False,
    shows: str = "",
    on_open: Callable[[int], None] | None = None,
) -> None:
    """Show small pictures with their numbers, a caption and a download.

    Args:
        maps, palette, limits: as for `tiles.make_grid`.
        key: unique on the page; `opened` asks it.
        columns: how many stand side by side where there is room.
        alt, caption, name: as for `panels.picture`.
        item: what a picture is, e.g. "map".
        marked: the number of the one that is open.
        labels: what stands under each; their numbers by default.
        widest_px: how wide a picture is shown at most.
        mark_dead: cross out those that are zero everywhere.
        shows: key of the container in which what is opened is shown; where it is not beside the sheet but below, or
            above and out of sight, the page goes there.
        on_open: callback, gets the number of the one that was opened; else the page asks `opened`.
    """
    n, height, width = maps.shape
    layout = tiles.grid_layout(maps.shape, columns, width)
    content = tiles.index_grid(maps, palette, limits, columns=columns, cell_px=width).png()
    data = {
        "src": f"data:image/png;base64,{base64.b64encode(content).decode()}",
        "count": n,
        "columns": layout.columns,
        "shown": min(columns, n),
        "cell": (height, width),
        "gap": layout.gap,
        "labels": list(labels) or [str(i) for i in range(n)],
        "crossed": np.flatnonzero(tiles.is_dead(maps)).tolist() if mark_dead else [],
        "opened": -1 if marked is None else marked,
        "item": item,
        "alt": alt,
        "widest": widest_px,
        "shows": shows,
    }
    show = component("cnnviz.sheet", "sheet/sheet.js", HTML, CSS)

    def tell() -> None:
        number = opened(key, n)
        if on_open is not None and number is not None:
            on_open(number)

    show(key=key.name, data=data, on_opened_change=tell)
    theme = panels.theme()  # here: the file is made in a thread that does not know whose page it is for
    file = {"columns": columns, "cell_px": FILE_CELL_PX, "labels": data["labels"], "mark_dead": mark_dead}
    bar = isinstance(limits, tuple)
    panels.below_picture(
        lambda: tiles.png(tiles.make_grid(maps, palette, limits, bar=bar, theme=theme, **file)), caption, name
    )
