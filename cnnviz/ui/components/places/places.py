"""A kernel at a few places of a digit, and the map that comes out, in the browser; one more copy follows a pointer."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from cnnviz.render import convolution_figure, palettes, tiles
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

Look = tuple[Palette, Limits]

HTML = '<div class="places"></div>'
CSS = """
.places { font: 1rem/1.4 var(--st-font); color: var(--st-text-color); display: grid; gap: 12px 16px;
  grid-template-columns: repeat(6, minmax(0, 15rem)); }
figure { margin: 0; min-width: 0; }
.picture { position: relative; line-height: 0; }
canvas { width: 100%; height: auto; image-rendering: pixelated; box-sizing: border-box;
  border: 1px solid var(--st-border-color); }
.map, .moving { cursor: crosshair; touch-action: manipulation; }
.map:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.picture b { position: absolute; translate: -50% -50%; line-height: 1; pointer-events: none; color: #000;
  font-size: 1rem; text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff; }
figcaption { margin-top: 4px; font-variant-numeric: tabular-nums; white-space: pre-line;
  color: color-mix(in srgb, var(--st-text-color) 82%, var(--st-background-color)); }
@media (max-width: 1000px) { .places { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@media (max-width: 640px) { .places { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
"""


@dataclass(frozen=True)
class Place:
    """A place of the kernel that is marked.

    Attributes:
        row, column: of the pixel in the map.
        label: what stands under its copy.
        alt: the same for who cannot see it.
    """

    row: int
    column: int
    label: str
    alt: str


@dataclass(frozen=True)
class Said:
    """What stands at the map, and at the copy that follows the pointer.

    Attributes:
        map, map_alt: under the map, and for who cannot see it.
        here: under the copy that follows, with places for {row}, {column} and {value}.
        moving_alt: for who cannot see it.
    """

    map: str
    map_alt: str
    here: str
    moving_alt: str


def show(
    inputs: np.ndarray,
    weights: np.ndarray,
    results: np.ndarray,
    key: Key[Any],
    *,
    marks: Sequence[Place],
    start: tuple[int, int],
    stride: int,
    pad_px: int,
    looks: tuple[Look, Look],
    map_of: tuple[int, int],
    said: Said,
) -> None:
    """Show copies of the input with the kernel on them, the map with the same places marked, and one that follows.

    Args:
        inputs: float (side, side), what the kernel lies on.
        weights: float (k, k).
        results: float (out, out), a number for each place of the kernel.
        key: unique on the page.
        marks: at most four places.
        start: row and column at which the copy that follows begins.
        stride, pad_px: how the kernel moves; pad_px zeros lie before the first row and column.
        looks: palette and limits of the weights and of the map.
        map_of: block and number of the network's map: the sliding kernel of the same map goes to the same place.
        said: the words.
    """
    at = [(mark.row, mark.column) for mark in marks]
    ways = convolution_figure.sides_of_numbers(at, len(results))
    numbers = [convolution_figure.number_at(*pair, len(results)).tolist() for pair in zip(at, ways, strict=True)]
    data = {
        "input": _address(palettes.apply_palette(convolution_figure.as_paper(inputs), "gray", (0.0, 1.0))),
        "weights": _address(palettes.apply_palette(weights, *looks[0])),
        "map": _address(palettes.apply_palette(results, *looks[1])),
        "values": [signed(value) for value in results.ravel()],
        "marks": [vars(mark) | {"at": number} for mark, number in zip(marks, numbers, strict=True)],
        "start": start,
        "side": len(inputs),
        "out": len(results),
        "kernel": len(weights),
        "stride": stride,
        "pad": pad_px,
        "opacity": convolution_figure.OPACITY,
        "block": map_of[0],
        "number": map_of[1],
        "words": {"map": said.map, "mapAlt": said.map_alt, "here": said.here, "movingAlt": said.moving_alt},
    }
    component("cnnviz.places", "places/places.js", HTML, CSS)(key=key.name, data=data)


def signed(value: float, places: int = 3) -> str:
    """A number with its sign, as it stands in sentences; 0 has a plus."""
    return f"{round(float(value), places) + 0.0:+.{places}f}".replace("-", "−")


def _address(pixels: np.ndarray) -> str:
    """One pixel a number, as a data address."""
    return f"data:image/png;base64,{base64.b64encode(tiles.png(Image.fromarray(pixels))).decode()}"
