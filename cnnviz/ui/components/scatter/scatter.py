"""Many points on one canvas, a point for each image of a data set: pointed at, and opened, in the browser."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.data.dataset import Dataset
from cnnviz.render.palettes import CLASS_COLOURS, to_hex
from cnnviz.server import immutable
from cnnviz.ui.components.frontend import component
from cnnviz.ui.components.maps import sheet as sheets
from cnnviz.ui.state import Key

HTML = '<div class="scatter"></div>'
STEPS = 65_535
"""From one edge of what is shown to the other; places travel as 16-bit numbers."""
MARGIN = 0.03


@dataclass(frozen=True, eq=False)
class Points:
    """Where each image of a data set lies, and what is known of it.

    Attributes:
        digits: the images, n of them.
        positions: float (n, 2), x to the right and y upwards, in one unit.
        reads: the digits that the network reads, int (n,).
        frame: float (2, 2), the lowest and the highest x and y that are shown at least.
    """

    digits: Dataset
    positions: np.ndarray
    reads: np.ndarray
    frame: np.ndarray


@dataclass(frozen=True, eq=False)
class Own:
    """The digit that is marked.

    Attributes:
        position: float (2,).
        number: of the image that it is; None where it is none of the points.
        words: what to call it.
    """

    position: np.ndarray
    number: int | None
    words: str


@dataclass(frozen=True)
class Shown:
    """Which points are shown.

    Attributes:
        only_misread: no others.
        label: the only digit whose points are shown in full, the others faintly; None for all.
    """

    only_misread: bool = False
    label: int | None = None


@dataclass(frozen=True)
class Said:
    """Words at the map.

    Attributes:
        caption, alt: below it, and for who cannot see it.
        right, wrong: of a point, with places for {number}, {label} and {read}.
        open: the button that a finger gets.
        name: of the file that can be downloaded, without ending.
    """

    caption: str
    alt: str
    right: str
    wrong: str
    open: str
    name: str


def show(
    points: Points, own: Own, shown: Shown, key: Key[Any], *, said: Said, dark: bool, on_open: Callable[[int], None]
) -> None:
    """Show the map.

    Args:
        points: all of them.
        own: the one that is marked.
        shown: which are shown.
        key: unique on the page.
        said: the words.
        dark: whether the page is dark.
        on_open: callback, gets the number of the image that was clicked on.
    """
    n = len(points.digits)

    def tell() -> None:
        number = opened(key, n)
        if number is not None:
            on_open(number)

    component("cnnviz.scatter", "scatter/scatter.js", HTML, style="scatter/scatter.css", is_module=True)(
        key=key.name, data=packed(points, own, shown, said, dark), on_opened_change=tell
    )


def opened(key: Key[Any], n: int) -> int | None:
    """The number of the image that was clicked on just now; None where there is no such image."""
    sent = key.get()
    number = sent.get("opened") if hasattr(sent, "get") else None
    return number if type(number) is int and 0 <= number < n else None


def packed(points: Points, own: Own, shown: Shown, said: Said, dark: bool) -> bytes:
    """What the browser gets: JSON, x and y of each point as 16-bit numbers, its label, and how it is read."""
    steps, place = _in_steps(points, own)
    head = {
        "n": len(points.digits),
        "data": points.digits.key,
        "images": immutable.offer_digits(points.digits),
        "steps": STEPS,
        "own": {"x": place[0], "y": place[1], "number": own.number, "words": own.words},
        "misread": shown.only_misread,
        "label": shown.label,
        "colours": [to_hex(colour) for colour in CLASS_COLOURS["dark" if dark else "light"]],
        "words": vars(said) | {"download": sheets.Words.download_of.format(name=said.name)},
    }
    text = sheets.packed(head, [])
    labels = (points.digits.labels.astype(np.uint8), points.reads.astype(np.uint8))
    return zlib.compress(text + steps.tobytes() + b"".join(each.tobytes() for each in labels), level=1)


def _in_steps(points: Points, own: Own) -> tuple[np.ndarray, tuple[int, int]]:
    """All x, then all y, downwards, as uint16 (2, n), of a square that shows all points; and the place of the own."""
    everything = np.vstack([points.positions, points.frame, own.position])
    low, high = everything.min(axis=0), everything.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2 * (1 + 2 * MARGIN) or 1.0
    places = np.vstack([points.positions, own.position])
    shares = np.stack([(places[:, 0] - middle[0]) / half, (middle[1] - places[:, 1]) / half])
    steps = np.round((shares + 1) / 2 * STEPS).astype("<u2")
    return steps[:, :-1], (int(steps[0, -1]), int(steps[1, -1]))
