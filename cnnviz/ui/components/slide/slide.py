"""A kernel that slides over a map, in the browser: played, stepped, or moved by pointer and keyboard."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
from PIL import Image

from cnnviz.render import matrices, palettes, tiles
from cnnviz.render.palettes import Limits, Palette, Theme
from cnnviz.ui import panels
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

Box = tuple[int, int, int, int]
Look = tuple[Palette, Limits]
STILL_PX = 336
"""Side of the input, in pixels of its own."""

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


class Words:
    """What the animation says."""

    controls = {
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
    key: Key[Any],
    *,
    kernel_px: int,
    stride: int,
    pad_px: int,
    colours: tuple[Look, Look],
    caption: str,
    name: str,
) -> tuple[int, int]:
    """Show a map and the map that comes of it, with a caption and a download of both as they stand.

    Args:
        inputs: float (side, side).
        results: float (out, out), one number for each place of the kernel.
        place: row and column of the result that is marked at first.
        key: unique on the page; a new one forgets the place.
        kernel_px, stride, pad_px: how the kernel moves; pad_px zeros lie before the first row and column.
        colours: palette and limits of both maps.
        caption, name: as for `panels.picture`.

    Returns:
        row and column of the result that is chosen.
    """
    side, out, theme = len(inputs), len(results), panels.theme()
    data: dict[str, Any] = {
        "key": key.name,
        "input": _address(inputs, *colours[0]),
        "output": _address(results, *colours[1]),
        "values": [f"{value:+.3f}" for value in results.ravel()],
        "side": side,
        "out": out,
        "kernel": kernel_px,
        "stride": stride,
        "pad": pad_px,
        "scale": max(1, STILL_PX // side),
        "place": place,
        "paper": "rgb({}, {}, {})".format(*theme.paper),
        "words": Words.controls | {"input": Words.input.format(side=side), "output": Words.output.format(side=out)},
    }
    animation = component("cnnviz.slide", "slide/slide.js", HTML, CSS)
    sent = animation(key=key.name, data=data, default={"place": ""}, on_place_change=lambda: None)
    chosen = re.fullmatch(r"(\d{1,4}),(\d{1,4})", str(sent.place or ""))
    row, column = (int(chosen[1]), int(chosen[2])) if chosen else place
    place = (row, column) if row < out and column < out else place
    top, left = place[0] * stride - pad_px, place[1] * stride - pad_px
    patch = (top, left, top + kernel_px, left + kernel_px)
    panels.below_picture(lambda: tiles.png(still((inputs, results), colours, patch, place, theme)), caption, name)
    return place


def still(
    maps: tuple[np.ndarray, np.ndarray], colours: tuple[Look, Look], patch: Box, place: tuple[int, int], theme: Theme
) -> Image.Image:
    """Both maps side by side, as they stand.

    Args:
        maps, colours: as for `slide`: what the kernel slides over, and what comes of it.
        patch: top, left, bottom, right of the pixels under the kernel, the last two exclusive; may reach outside.
        place: row and column of the result.
        theme: colours around them.
    """
    boxes = (patch, (*place, place[0] + 1, place[1] + 1))
    pictures = []
    for values, look, box in zip(maps, colours, boxes, strict=True):
        zoom = max(1, STILL_PX // len(values))
        pixels = palettes.apply_palette(values, *look).repeat(zoom, axis=0).repeat(zoom, axis=1)
        pictures.append(matrices.with_box(Image.fromarray(pixels), box, zoom))
    return matrices.equation(pictures, ["→"], ("", ""), theme)


def _address(values: np.ndarray, palette: Palette, limits: Limits) -> str:
    """One pixel a number, as a data address."""
    picture = Image.fromarray(palettes.apply_palette(values, palette, limits))
    return f"data:image/png;base64,{base64.b64encode(tiles.png(picture)).decode()}"
