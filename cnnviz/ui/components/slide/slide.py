"""A kernel that slides over a map, in the browser: played, stepped, or moved by pointer and keyboard."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

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
EQUATION_PX = 176
"""About how wide a square of numbers is, on the page."""

HTML = """<div class="slide"><p class="value" aria-live="polite"></p><div class="maps">
<figure><canvas class="digit" role="img"></canvas><figcaption></figcaption></figure>
<figure><canvas class="input" role="img"></canvas><figcaption></figcaption></figure>
<figure><canvas class="output" tabindex="0" role="application"></canvas><figcaption></figcaption></figure></div>
<div class="controls"><button type="button" class="play"></button><button type="button" class="step"></button>
<button type="button" class="all"></button>
<label class="speed-label"> <input class="speed" type="range" min="1" max="60" value="10"></label>
<p class="held" role="status"></p></div>
<div class="equation"><figure><canvas class="patch" role="img"></canvas><figcaption></figcaption></figure>
<span class="of-kernel">×</span>
<figure class="of-kernel"><canvas class="weights" role="img"></canvas><figcaption></figcaption></figure>
<span class="of-kernel">=</span>
<figure class="of-kernel"><canvas class="products" role="img"></canvas><figcaption></figcaption></figure></div>
<p class="sum"></p><p class="channels"></p><p class="then"></p></div>"""
CSS = """
.slide { font: 1rem/1.4 var(--st-font); color: var(--st-text-color); display: flex; flex-direction: column; gap: 8px; }
[hidden] { display: none !important; }
p, figure { margin: 0; }
p:empty, figcaption:empty { display: none; }
.value { font-weight: 600; font-size: 1.125rem; }
.sum, .channels, .then { font-variant-numeric: tabular-nums; }
.channels, .then { margin-top: -6px; }
figure { display: flex; flex-direction: column; min-width: 0; }
figcaption { color: color-mix(in srgb, var(--st-text-color) 82%, var(--st-background-color)); }
.maps { display: flex; gap: 16px; }
.maps figure { flex: 0 1 11.25rem; }
.maps canvas { width: 100%; height: auto; image-rendering: pixelated; box-sizing: border-box;
  border: 1px solid var(--st-border-color); }
.output { cursor: crosshair; touch-action: manipulation; }
.held { color: color-mix(in srgb, var(--st-text-color) 82%, var(--st-background-color)); }
.output:focus-visible { outline: 2px solid #4da3ff; outline-offset: 2px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.controls button { font: inherit; color: inherit; padding: 4px 12px; border-radius: 4px; cursor: pointer;
  border: 1px solid var(--st-border-color); background: var(--st-background-color); }
.speed-label { display: flex; gap: 6px; align-items: center; }
.equation { display: flex; gap: 8px; align-items: center; }
.equation span { margin-bottom: 1.375rem; font-size: 1.375rem; }
.equation canvas { max-width: 100%; height: auto; }
@media (min-width: 1700px) and (min-height: 1000px) { .maps figure { flex-basis: max(260px, 11.25rem); } }
@media (max-width: 1000px) { .controls button { min-height: 44px; min-width: 44px; } .speed { height: 44px; } }
"""


class Words:
    """What the animation says."""

    controls = {
        "play": "Play",
        "pause": "Pause",
        "step": "Step",
        "all": "Show all",
        "speed": "Speed",
    }
    follows = "A click holds the pixel."
    held = "Held; Escape frees it."
    channels = "By channel: {list}"
    channel = "{channel} {sum}"
    others = "{n} others {sum}"
    input = "The input, {side} by {side} pixels, with a frame around the patch under the kernel."
    digit = "The digit, with a frame around what this pixel is computed from."
    under = {"patch": "patch", "weights": "kernel", "products": "products"}
    output = (
        "The result, {side} by {side} pixels. Point at a pixel, or move with the arrow keys, to see how it is computed."
    )


@dataclass(frozen=True)
class Step:
    """What becomes of a result: an activation, or the pooling of 2×2 of them.

    Attributes:
        operation: "relu", "sigmoid", "tanh", "max" or "average".
        sentence: with places for {value} and {result} of an activation, {window} and {result} of a pooling.
    """

    operation: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Calculation:
    """How one number of the result comes about, to be shown with its numbers at every place of the kernel.

    Attributes:
        kind: what slides: a kernel, the window of a pooling, or a function of one number.
        sentence: what the result is, with places for {sum}, {others}, {bias} and {total} of a convolution, {result} of
            a pooling, {value} and {result} of an activation.
        looks: palette and limits of the cells of "patch", "weights" and "products"; the same at every place.
        weights: the kernel, float (k, k), of the map that it slides over.
        bias: what is added to the sum.
        activation: "relu", "sigmoid" or "tanh": what is shown, where it is a function of one number.
        after: what becomes of the result next, one after another.
        marks_largest: frame the largest number of the patch.
    """

    kind: Literal["convolution", "pooling", "activation"]
    sentence: str
    looks: Mapping[str, Look] = field(default_factory=dict)
    weights: np.ndarray | None = None
    bias: float = 0.0
    activation: str = ""
    after: Sequence[Step] = ()
    marks_largest: bool = False


@dataclass(frozen=True, eq=False)
class Field:
    """The digit, float (height, width), and what of it a place sees.

    Row r sees `size` pixels from pixel first + r · step on, and so does a column.
    """

    digit: np.ndarray
    first: int
    step: int
    size: int


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
    title: str,
    under: tuple[str, str, str],
    caption: str,
    name: str,
    calculation: Calculation,
    seen: Field | None = None,
    start: int = 0,
    map_of: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """Show a map and the map that comes of it, with a caption and a download of both as they stand.

    Args:
        inputs: float (side, side).
        results: float (out, out), one number for each place of the kernel.
        place: row and column of the result that is marked at first.
        key: unique on the page; a new one forgets the place.
        kernel_px, stride, pad_px: how the kernel moves; pad_px zeros lie before the first row and column.
        colours: palette and limits of both maps.
        title: says at which place the kernel stands, with places for {row}, {column} and {value}.
        under: a few words under the digit, the map and the result.
        caption, name: as for `panels.picture`.
        calculation: how a number of the result comes about.
        seen: the place on the digit; None where the map is the digit itself.
        start: the place, row by row, at which playing begins: where the ink begins.
        map_of: block and number of a network's map, where an overview beside it can be pointed at.

    Returns:
        row and column of the result that is chosen.
    """
    side, out, theme = len(inputs), len(results), panels.theme()
    alts = {"input": Words.input.format(side=side), "output": Words.output.format(side=out), "digit": Words.digit}
    hints = {name: getattr(Words, name) for name in ("follows", "held", "channels", "channel", "others")}
    labels = dict(zip(("digit", "input", "output"), under, strict=True)) | Words.under
    data: dict[str, Any] = {
        "key": key.name,
        "input": _address(inputs, *colours[0]),
        "output": _address(results, *colours[1]),
        "values": [f"{value:+.3f}" for value in results.round(3).ravel() + 0.0],  # + 0.0: never -0
        "side": side,
        "out": out,
        "kernel": kernel_px,
        "stride": stride,
        "pad": pad_px,
        "scale": max(1, STILL_PX // side),
        "place": place,
        "start": start,
        "cell": min(44, EQUATION_PX // max(kernel_px, 3)),
        "paper": "rgb({}, {}, {})".format(*theme.paper),
        "words": Words.controls | hints | {"place": title, "under": labels, "alt": alts},
        "calculation": _told(calculation, inputs, results),
        "field": seen and _seen(seen),
        "mapOf": map_of,
    }
    animation = component("cnnviz.slide", "slide/slide.js", HTML, CSS)
    sent = animation(key=key.name, data=data, default={"place": ""}, on_place_change=lambda: None)
    chosen = re.fullmatch(r"(\d{1,4}),(\d{1,4})", str(sent.place or ""))
    row, column = (int(chosen[1]), int(chosen[2])) if chosen else place
    place = (row, column) if row < out and column < out else place
    top, left = place[0] * stride - pad_px, place[1] * stride - pad_px
    patch = (top, left, top + kernel_px, left + kernel_px)
    files = [
        functools.partial(_file, (inputs, results), colours, patch, place, around) for around in (theme, palettes.LIGHT)
    ]
    panels.below_picture(files[0], caption, name, light=files[1])
    return place


def _told(calculation: Calculation, inputs: np.ndarray, results: np.ndarray) -> dict[str, Any]:
    """What the browser needs to work out every place by itself."""
    weights = calculation.weights
    looks = {
        name: {"table": base64.b64encode(palettes.palette_table(palette)[:256].tobytes()).decode(), "low": low,
               "high": high}
        for name, (palette, (low, high)) in calculation.looks.items()
    }  # fmt: skip
    return {
        "kind": calculation.kind,
        "sum": calculation.sentence,
        "after": [asdict(step) for step in calculation.after],
        "activation": calculation.activation,
        "bias": calculation.bias,
        "marks": calculation.marks_largest,
        "looks": looks,
        "inputs": _rounded(inputs),
        "results": _rounded(results),
        "weights": [] if weights is None else _rounded(weights),
    }


def _seen(seen: Field) -> dict[str, Any]:
    """The place on the digit, as the browser wants it."""
    digit = _address(seen.digit, panels.map_palette(), (0.0, 1.0))
    return {"digit": digit, "first": seen.first, "step": seen.step, "size": seen.size}


def _rounded(values: np.ndarray) -> list[float]:
    """Numbers in little room, exact to the fourth decimal that is shown even where they are multiplied."""
    return [float(f"{value:.8g}") for value in values.ravel()]


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


def _file(*args: Any) -> bytes:
    """As `still`, as a PNG file."""
    return tiles.png(still(*args))


def _address(values: np.ndarray, palette: Palette, limits: Limits) -> str:
    """One pixel a number, as a data address."""
    picture = Image.fromarray(palettes.apply_palette(values, palette, limits))
    return f"data:image/png;base64,{base64.b64encode(tiles.png(picture)).decode()}"
