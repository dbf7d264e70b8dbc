"""A kernel that slides over a map, in the browser: played, stepped, or moved by pointer and keyboard."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz import tiles
from cnnviz.tiles import Limits, Palette, Theme

HTML = """<div class="slide"><div class="maps">
<canvas class="input" role="img"></canvas><canvas class="output" tabindex="0" role="application"></canvas></div>
<div class="controls"><button type="button" class="play"></button><button type="button" class="step"></button>
<button type="button" class="all"></button>
<label class="speed-label"> <input class="speed" type="range" min="1" max="60" value="20"></label>
<span class="value" aria-live="polite"></span></div></div>"""
CSS = """
.slide { font-family: var(--st-font); color: var(--st-text-color); }
.maps { display: flex; flex-wrap: wrap; gap: 24px; }
.maps canvas { width: min(100%, 270px); height: auto; image-rendering: pixelated; box-sizing: border-box;
  border: 1px solid var(--st-border-color); }
.output { cursor: crosshair; }
.output:focus-visible { outline: 2px solid #4da3ff; outline-offset: 2px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 12px; }
.controls button { font: inherit; color: inherit; padding: 4px 12px; border-radius: 4px; cursor: pointer;
  border: 1px solid var(--st-border-color); background: var(--st-background-color); }
"""

stage = st.components.v2.component(
    "cnnviz.slide", html=HTML, css=CSS, js=(Path(__file__).parent / "slide.js").read_text("utf-8")
)


class Words:
    """What the animation says."""

    all = {
        "play": "Play",
        "pause": "Pause",
        "step": "Step",
        "all": "Show all",
        "speed": "Places a second ",
        "row": "Row",
        "column": "column",
    }
    input = "The input, {side} by {side} pixels, with a frame around the patch under the kernel."
    output = (
        "The result, {side} by {side} pixels. Click a pixel, or move with the arrow keys, to see how it is computed."
    )


def slide(
    inputs: np.ndarray,
    results: np.ndarray,
    place: tuple[int, int],
    key: str,
    *,
    kernel_px: int,
    stride: int,
    pad_px: int,
    colours: tuple[tuple[Palette, Limits], tuple[Palette, Limits]],
    theme: Theme,
) -> tuple[int, int]:
    """Show a map and the map that comes of it.

    Args:
        inputs: float (side, side).
        results: float (out, out), one number for each place of the kernel.
        place: row and column of the result that is marked at first.
        key: unique on the page; a new one forgets the place.
        kernel_px, stride, pad_px: how the kernel moves; pad_px zeros lie before the first row and column.
        colours: palette and limits of both maps.
        theme: colours around them.

    Returns:
        row and column of the result that is chosen.
    """
    side, out = len(inputs), len(results)
    data: dict[str, Any] = {
        "key": key,
        "input": _address(inputs, *colours[0]),
        "output": _address(results, *colours[1]),
        "values": [f"{value:+.3f}" for value in results.ravel()],
        "side": side,
        "out": out,
        "kernel": kernel_px,
        "stride": stride,
        "pad": pad_px,
        "scale": max(1, 336 // side),
        "place": place,
        "paper": "rgb({}, {}, {})".format(*theme.paper),
        "words": Words.all | {"input": Words.input.format(side=side), "output": Words.output.format(side=out)},
    }
    sent = stage(key=key, data=data, default={"place": ""}, on_place_change=lambda: None)
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4})", str(sent.place or ""))
    row, column = (int(found[1]), int(found[2])) if found else place
    return (row, column) if row < out and column < out else place


def _address(values: np.ndarray, palette: Palette, limits: Limits) -> str:
    """One pixel a number, as a data address."""
    picture = Image.fromarray(tiles.colour(values, palette, limits))
    return f"data:image/png;base64,{base64.b64encode(tiles.png(picture)).decode()}"
