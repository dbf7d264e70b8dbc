"""Small pictures side by side, numbered, each of which opens by a click or by keyboard."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from cnnviz.render import sheets, tiles
from cnnviz.ui import panels
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

HTML = '<div class="gallery" role="group"></div>'
CSS = """
.gallery { display: grid; gap: 8px 6px; --fit: calc((100% - (var(--columns) - 1) * 6px) / var(--columns) - 0.5px);
  max-width: calc(var(--columns) * (var(--widest) + 6px) - 6px);
  grid-template-columns: repeat(auto-fill, minmax(max(44px, var(--fit)), 1fr));
  color: var(--st-text-color); font: 1rem/1.3 var(--st-font); }
.gallery.fixed { grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); }
.cell { display: flex; flex-direction: column; align-items: center; min-width: 0; min-height: 44px; padding: 0;
  border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
.picture { position: relative; display: block; width: 100%; line-height: 0; }
.cell canvas { display: block; width: 100%; height: auto; box-sizing: border-box; image-rendering: pixelated;
  border: 1px solid var(--st-border-color); }
.crossed canvas { opacity: 0.3; }
.crossed .picture::after { content: ""; position: absolute; inset: 0; background:
  linear-gradient(to top right, transparent calc(50% - 1.5px), var(--st-text-color) 50%, transparent calc(50% + 1.5px)),
  linear-gradient(to bottom right, transparent calc(50% - 1.5px), var(--st-text-color) 50%,
  transparent calc(50% + 1.5px)); }
.marked canvas { outline: 4px solid #e07b00; }
.label { padding-top: 2px; text-align: center; white-space: pre-line; }
.cell:hover canvas { outline: 3px solid var(--st-primary-color); }
.cell:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
"""


def show(
    pictures: np.ndarray,
    key: Key[Any],
    *,
    names: Sequence[str],
    labels: Sequence[str],
    columns: int,
    on_open: Callable[[int], None],
    alt: str,
    caption: str,
    name: str,
    widest_px: int = 96,
    marked: Collection[int] = (),
    crossed: Collection[int] = (),
    is_fixed: bool = False,
) -> None:
    """Show pictures of one size with their caption and a download.

    Args:
        pictures: uint8 (n, height, width, 3).
        key: unique on the page.
        names: what each is, for the pointer and for who cannot see it.
        labels: what stands under each.
        columns: how many stand side by side at most; on a narrow screen there are fewer.
        on_open: callback, gets the number of the picture that was opened.
        alt: what all of them are, in words.
        caption, name: as for `panels.picture`.
        widest_px: how wide a picture is at most.
        marked: those with a frame.
        crossed: those that are crossed out.
        is_fixed: keep the number of columns also on a narrow screen.
    """
    sheet = tiles.png(sheets.pack(pictures))
    data = {
        "src": f"data:image/png;base64,{base64.b64encode(sheet).decode()}",
        "across": sheets.ACROSS,
        "size": pictures.shape[1:3],
        "names": list(names),
        "labels": list(labels),
        "columns": columns,
        "widest": widest_px,
        "fixed": is_fixed,
        "marked": sorted(marked),
        "crossed": sorted(crossed),
        "alt": alt,
    }
    n, size, around = len(pictures), (pictures.shape[1], pictures.shape[2]), panels.theme()

    def opened() -> None:
        sent = key.get()
        number = sent.get("opened") if sent is not None else None
        if isinstance(number, int) and 0 <= number < n:
            on_open(number)

    component("cnnviz.gallery", "gallery/gallery.js", HTML, CSS)(key=key.name, data=data, on_opened_change=opened)
    shown = tuple(labels)
    panels.below_picture(
        lambda: tiles.png(sheets.labelled(sheets.unpack(sheet, n, size), shown, columns, around)), caption, name
    )
