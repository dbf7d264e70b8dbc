"""The figure of one convolution for paper: a digit a few times with the kernel on it, and the map that comes out."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.render.figures import DPI
from cnnviz.render.palettes import LIGHT, MARK_COLOUR, Limits, Palette, to_hex

figure: Any = LazyModule("matplotlib.figure")
patches: Any = LazyModule("matplotlib.patches")
patheffects: Any = LazyModule("matplotlib.patheffects")

OPACITY = 0.65
"""Of the kernel over the digit: both are seen."""
INK = 0.45
"""Grey of full ink, so that red and blue are seen on it; paper is 1."""
PANEL_INCHES, LINE_INCHES, TEXT_PT, LETTERS_PER_INCH = 2.3, 0.24, 13, 11
SIDES = ((-1, 1), (-1, -1), (1, 1), (1, -1), (-1, 0), (1, 0), (0, 1), (0, -1))
"""On which side of a pixel its number may stand: rows and columns."""
AWAY = 2.3 / 28
"""How far from it, as a share of the map."""


@dataclass(frozen=True)
class Mark:
    """One place of the kernel: its pixel in the map, where its first element lies, and what stands below its copy."""

    row: int
    column: int
    top: int
    left: int
    label: str


def as_paper(inputs: np.ndarray) -> np.ndarray:
    """Grey of what a kernel lies on: the least number is white, as paper, and the greatest a middle grey, as ink."""
    low, high = min(0.0, float(inputs.min())), float(inputs.max())
    shares = (inputs.astype(np.float64) - low) / (high - low) if high > low else np.zeros(inputs.shape)
    return np.asarray(1 - (1 - INK) * shares)


def sides_of_numbers(places: Sequence[tuple[int, int]], side: int) -> list[tuple[int, int]]:
    """On which of SIDES of each marked pixel its number stands, so that none could be taken for that of another one.

    Args:
        places: row and column of each pixel.
        side: of the map.
    """
    chosen: list[tuple[int, int]] = []
    numbers: list[np.ndarray] = []
    for i, place in enumerate(places):
        others = [np.array(other) for j, other in enumerate(places) if j != i] + numbers

        def room(way: tuple[int, int], place: tuple[int, int] = place, others: list[np.ndarray] = others) -> float:
            at = number_at(place, way, side)
            if at.min() < side * AWAY / 2 or at.max() > side * (1 - AWAY / 2):
                return -1.0
            return min((float(np.hypot(*(at - other))) for other in others), default=np.inf)

        # Further away than twice the distance to its own pixel is as good as any.
        best = max(SIDES, key=lambda way: min(room(way), 2 * side * AWAY))
        chosen.append(best)
        numbers.append(number_at(place, best, side))
    return chosen


def number_at(place: tuple[int, int], way: tuple[int, int], side: int) -> np.ndarray:
    """Row and column of the middle of a number that stands on one side of a pixel; float64 (2,)."""
    return np.array(place) + side * AWAY * np.array(way) / max(1.0, float(np.hypot(*way)) / 1.2)


def convolution_figure(
    inputs: np.ndarray,
    weights: np.ndarray,
    results: np.ndarray,
    *,
    marks: Sequence[Mark],
    looks: tuple[tuple[Palette, Limits], tuple[Palette, Limits]],
    words: tuple[str, str, str],
) -> Any:
    """Draw the kernel at each place, left to right, and the map at the right with the places' numbers.

    Args:
        inputs: float (side, side), what the kernel lies on.
        weights: float (k, k).
        results: float (out, out), the map.
        marks: the places.
        looks: palette and limits of the weights and of the map.
        words: the title, what stands below the map, and the caption of the whole.

    Returns:
        matplotlib Figure, always dark on light, since it is meant to be printed.
    """
    n, k = len(marks) + 1, len(weights)
    width = PANEL_INCHES * n
    title, below_map, caption = words[0], words[1], textwrap.fill(words[2], int(LETTERS_PER_INCH * width))
    n_lines = 2 + caption.count("\n") + max(label.count("\n") for label in (below_map, *(mark.label for mark in marks)))
    size = (width, PANEL_INCHES + LINE_INCHES * (n_lines + 2))
    fig = figure.Figure(figsize=size, dpi=DPI, layout="constrained", facecolor=to_hex(LIGHT.paper))
    text = {"color": to_hex(LIGHT.text), "fontsize": TEXT_PT}
    panels = fig.subplots(1, n, squeeze=False)[0]
    for axes, mark in zip(panels, marks, strict=False):
        axes.imshow(as_paper(inputs), cmap="gray", vmin=0, vmax=1)
        (palette, (low, high)) = looks[0]
        extent = (mark.left - 0.5, mark.left + k - 0.5, mark.top + k - 0.5, mark.top - 0.5)
        axes.imshow(weights, cmap=palette, vmin=low, vmax=high, alpha=OPACITY, extent=extent)
        axes.add_patch(_frame(mark.left, mark.top, k))
        _finish(axes, len(inputs), mark.label, text)
    palette, (low, high) = looks[1]
    panels[-1].imshow(results, cmap=palette, vmin=low, vmax=high)
    places = [(mark.row, mark.column) for mark in marks]
    for i, (place, way) in enumerate(zip(places, sides_of_numbers(places, len(results)), strict=True), 1):
        panels[-1].add_patch(_frame(place[1], place[0], 1))
        _number(panels[-1], number_at(place, way, len(results)), str(i))
    _finish(panels[-1], len(results), below_map, text)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold", **text)
    fig.supxlabel(caption, x=0.01, ha="left", **text)
    return fig


def _frame(left: int, top: int, side: int) -> Any:
    return patches.Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor=to_hex(MARK_COLOUR), lw=1.8)


def _number(axes: Any, at: np.ndarray, text: str) -> None:
    """The number of a place, legible on every colour."""
    halo = [patheffects.withStroke(linewidth=3, foreground="white")]
    style = {"fontsize": TEXT_PT, "fontweight": "bold", "color": "black", "path_effects": halo}
    axes.text(at[1], at[0], text, ha="center", va="center", **style)


def _finish(axes: Any, side: int, label: str, text: dict[str, Any]) -> None:
    """No more than the picture and its label; what of a kernel lies beyond the edge is cut off."""
    axes.set(xlim=(-0.5, side - 0.5), ylim=(side - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines[:].set_color(to_hex(LIGHT.faint))
    axes.set_xlabel(label, **text)
    axes.set_anchor("N")  # what is too high of the figure is left free below
