"""Pictures and words that change together, as one component: it lays them out, numbers them, and offers their files.

Each element of a page costs Streamlit's server about half a millisecond a run, whatever is in it, so what changes with
every stroke is one element.  The browser gets numbers of colours, one byte each, and draws, enlarges and encodes them
itself.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnviz.percentages import probability
from cnnviz.render import tiles
from cnnviz.render.palettes import LIGHT
from cnnviz.ui import offers
from cnnviz.ui.components.frontend import component
from cnnviz.ui.components.maps import sheet as sheets
from cnnviz.ui.components.maps import still
from cnnviz.ui.components.maps.sheet import Sheet
from cnnviz.ui.state import Key

Place = Literal["side", "main", "wide"]
"""Where something stands: in the narrow column, in the wide one beside it, or below both."""
Tag = Literal["h2", "p", "small"]


STYLE = ("maps/maps.css", "figures/figures.css")
HTML = '<div class="figures"></div><div class="pinned" aria-hidden="true"></div>'


@dataclass(frozen=True)
class Text:
    """A sentence: a heading, a paragraph, or smaller print."""

    words: str
    tag: Tag = "p"
    place: Place = "side"


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
    for item in items if not faint else ():
        if isinstance(item, Figure):
            offers.picture(functools.partial(_drawn, item.picture), item.caption, item.alt)
    shown = component("cnnviz.figures", "figures/figures.js", HTML, style=STYLE, is_module=True)
    sent = shown(key=key.name, data=packed(items, faint=faint, n_loads=n_loads), on_picked_change=lambda: None)
    return _picked(sent.get("picked"), items)


def _drawn(picture: Sheet | Bars) -> bytes:
    """A picture as a PNG file."""
    return still.still(picture) if isinstance(picture, Sheet) else tiles.index_bars(picture.probs, LIGHT).png()


def packed(items: Sequence[Figure | Text], *, faint: bool = False, n_loads: int = 0) -> bytes:
    """What the browser gets, as `maps.sheet.packed` gives it."""
    pictures = [item.picture for item in items if isinstance(item, Figure)]
    head = {"items": [told(item) for item in items], "faint": faint, "loads": n_loads, "words": sheets.words()}
    return sheets.packed(head, [picture for picture in pictures if isinstance(picture, Sheet)])


def told(item: Figure | Text) -> dict[str, Any]:
    """One item as JSON, without the numbers of its pictures."""
    if isinstance(item, Text):
        return {"kind": "text", "tag": item.tag, "place": item.place, "words": item.words}
    common: dict[str, Any] = {"place": item.place, "name": item.name, "caption": item.caption, "alt": item.alt}
    common["downloadOf"] = sheets.Words.download_of.format(name=item.name)
    picture = item.picture
    if isinstance(picture, Bars):
        shares = [round(float(prob), 4) for prob in picture.probs]
        return common | {"kind": "bars", "shares": shares, "words": [probability(float(p)) for p in picture.probs]}
    return common | sheets.told(picture)


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
