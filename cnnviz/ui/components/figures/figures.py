"""Pictures and words that change together, as one component: it lays them out, numbers them, and offers their files.

Each element of a page costs Streamlit's server about half a millisecond a run, whatever is in it, so what changes with
every stroke is one element.  The browser gets numbers of colours, one byte each, and draws, enlarges and encodes them
itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui.components.frontend import component
from cnnviz.ui.state import Key

Place = Literal["side", "main", "wide"]
"""Where something stands: in the narrow column, in the wide one beside it, or below both."""
Tag = Literal["h2", "p", "small"]


HTML = '<div class="figures"></div><div class="pinned" aria-hidden="true"></div>'


class Words:
    """What the component says by itself."""

    download = "PNG"
    download_of = "Download {name}.png"


@dataclass(frozen=True)
class Text:
    """A sentence: a heading, a paragraph, or smaller print."""

    words: str
    tag: Tag = "p"
    place: Place = "side"


@dataclass(frozen=True, eq=False)
class Sheet:
    """Small pictures side by side.

    Attributes:
        pictures: numbers of colours, uint8 (height, width) each.
        table: the colours, uint8 (n, 3), n at most 256.
        columns: how many stand side by side at most; on a narrow screen there are fewer.
        labels: what stands under each; without, nothing.
        crossed: the numbers of those that are crossed out.
        cell_px: how wide a picture is in the file that can be downloaded.
        widest_px: how wide a picture is shown at most.
        item: what a picture is called; with it each is numbered, can be picked, and is called e.g. "map 12".
    """

    pictures: Sequence[np.ndarray]
    table: np.ndarray
    columns: int
    labels: Sequence[str] = ()
    crossed: Sequence[int] = ()
    cell_px: int = 56
    widest_px: int = 96
    item: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """The probabilities of a softmax, float (n,)."""

    probs: np.ndarray


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture with its caption.

    Attributes:
        picture: what is shown.
        caption: what one sees, in a sentence.
        alt: the same for who cannot see it.
        name: file name of the download, without ending; unique among the figures shown together.
        place: where it stands.
    """

    picture: Sheet | Bars
    caption: str
    alt: str
    name: str
    place: Place = "main"


@dataclass(frozen=True)
class Picked:
    """A picture of a sheet that was clicked on: the figure's name, and the picture's number from 0."""

    name: str
    number: int


GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)


def sheet_of(maps: np.ndarray, palette: Palette, limits: Limits, columns: int, **options: Any) -> Sheet:
    """A sheet of maps on one scale, float (n, height, width); those that are zero everywhere are crossed out."""
    numbers = palettes.palette_numbers(maps, limits)
    table = palettes.palette_table(palette)
    if numbers.max(initial=0) == palettes.NAN_NUMBER:  # a byte has no room for it beside all 256 colours
        numbers[numbers == palettes.NAN_NUMBER - 1] -= 1
        numbers[numbers == palettes.NAN_NUMBER] -= 1
        table = np.delete(table, palettes.NAN_NUMBER - 1, axis=0)
    crossed = np.flatnonzero(tiles.is_dead(maps)).tolist()
    return Sheet(list(numbers.astype(np.uint8)), table[: palettes.NAN_NUMBER], columns, crossed=crossed, **options)


def greys(image: np.ndarray) -> np.ndarray:
    """Numbers of GREYS for an image, float in [0, 1]: uint8 of the same shape."""
    return np.round(image * 255).astype(np.uint8)


def show(items: Sequence[Figure | Text], key: Key[Any], *, faint: bool = False, n_loads: int = 0) -> Picked | None:
    """Show figures and sentences.

    Args:
        items: in the order of each place.
        key: unique on the page.
        faint: show what will be there, not what is.
        n_loads: which drawing they are of: see `DrawingHistory.n_loads`.

    Returns:
        the picture that was clicked on, in the run that follows the click; otherwise None.
    """
    shown = component("cnnviz.figures", "figures/figures.js", HTML, style="figures/figures.css")
    sent = shown(key=key.name, data=packed(items, faint=faint, n_loads=n_loads), on_picked_change=lambda: None)
    return _picked(sent.get("picked"), items)


def packed(items: Sequence[Figure | Text], *, faint: bool = False, n_loads: int = 0) -> bytes:
    """What the browser gets: the length of a JSON text in four bytes, the text, each sheet's colours and numbers."""
    in_json, arrays = [], []
    for item in items:
        in_json.append(told(item))
        if isinstance(item, Figure) and isinstance(item.picture, Sheet):
            arrays += [item.picture.table, *_different(item.picture.pictures)]
    head = {"items": in_json, "faint": faint, "loads": n_loads, "download": Words.download}
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([len(text).to_bytes(4, "little"), text, *(array.tobytes() for array in arrays)])


def _different(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The same pictures, without one that is the one before it once more."""
    return [each for i, each in enumerate(pictures) if not i or each is not pictures[i - 1]]


def told(item: Figure | Text) -> dict[str, Any]:
    """One item as JSON, without the numbers of its pictures."""
    if isinstance(item, Text):
        return {"kind": "text", "tag": item.tag, "place": item.place, "words": item.words}
    common: dict[str, Any] = {"place": item.place, "name": item.name, "caption": item.caption, "alt": item.alt}
    common["downloadOf"] = Words.download_of.format(name=item.name)
    picture = item.picture
    if isinstance(picture, Bars):
        shares = [round(float(prob), 4) for prob in picture.probs]
        return common | {"kind": "bars", "shares": shares, "words": [probability(float(p)) for p in picture.probs]}
    numbered = [str(i) for i in range(len(picture.pictures))] if picture.item else []
    return common | {
        "kind": "sheet",
        "shapes": [each.shape for each in picture.pictures],
        "colours": len(picture.table),
        "columns": picture.columns,
        "labels": list(picture.labels) or numbered,
        "again": [i for i in range(1, len(picture.pictures)) if picture.pictures[i] is picture.pictures[i - 1]],
        "crossed": list(picture.crossed),
        "cell": picture.cell_px,
        "widest": picture.widest_px,
        "item": picture.item,
    }


def _picked(sent: object, items: Sequence[Figure | Text]) -> Picked | None:
    """What was clicked on, as the browser sends it ("name,number"); None when there is no such picture."""
    parts = re.fullmatch(r"([^,]{1,100}),(\d{1,4})", sent) if isinstance(sent, str) else None
    if not parts:
        return None
    name, number = parts[1], int(parts[2])
    for item in items:
        if isinstance(item, Figure) and item.name == name and isinstance(item.picture, Sheet) and item.picture.item:
            return Picked(name, number) if number < len(item.picture.pictures) else None
    return None
