"""Maps, kernels and images as one figure: drawn, pointed at, opened, picked and enlarged in the browser."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from cnnviz.ui import offers, state
from cnnviz.ui.components.frontend import component
from cnnviz.ui.components.maps import sheet as sheets
from cnnviz.ui.components.maps import still
from cnnviz.ui.components.maps.sheet import Sheet
from cnnviz.ui.state import Key

HTML = '<div class="maps"></div>'


def show(
    sheet: Sheet,
    key: Key[Any] | None = None,
    *,
    caption: str,
    alt: str,
    name: str,
    goes_to: str = "",
    on_open: Callable[[int], None] | None = None,
) -> None:
    """Show pictures with their caption and a download.

    Args:
        sheet: the pictures.
        key: unique on the page; `opened` asks it. None where nothing can be opened.
        caption: what one sees, in a sentence.
        alt: the same for who cannot see it.
        name: file name of the download, without ending; unique on its page.
        goes_to: key of the container in which what is opened is shown; where that is not beside the pictures but below,
            or above and out of sight, the page goes there.
        on_open: callback, gets the number of the one that was opened; else the page asks `opened`.
    """
    key = key or state.pictures_of(name)
    offers.picture(lambda: still.still(sheet), caption, alt)

    def tell() -> None:
        number = opened(key, len(sheet.pictures))
        if on_open is not None and number is not None:
            on_open(number)

    marks = bool(sheet.marked) and on_open is None
    more = {"goesTo": goes_to, "marks": marks, "picks": False}
    _component()(key=key.name, data=_packed(sheet, caption, alt, name, more), on_opened_change=tell)


def pick(sheet: Sheet, key: Key[Any], start: int, *, caption: str, alt: str, name: str) -> int:
    """Show pictures as one, of which one is always picked: by a click, or by arrow keys.

    Args:
        sheet: the pictures; `is_one`.
        key: unique on the page; a new one forgets what was picked.
        start: the number of the one that is picked at first.
        caption, alt, name: as for `show`.

    Returns:
        the number of the one that is picked.
    """
    offers.picture(lambda: still.still(sheet), caption, alt)
    data = _packed(sheet, caption, alt, name, {"picks": True, "key": key.name, "marked": [start]})
    _component()(key=key.name, data=data, default={"picked": None}, on_picked_change=lambda: None)
    found = picked(key, len(sheet.pictures))
    return start if found is None else found


def opened(key: Key[Any], count: int) -> int | None:
    """Which of `count` pictures was opened just now; asked before they are shown, so that it can be marked."""
    return _number(key, "opened", count)


def picked(key: Key[Any], count: int) -> int | None:
    """Which of `count` pictures was picked, before they are shown again; None until one is."""
    return _number(key, "picked", count)


def _number(key: Key[Any], event: str, count: int) -> int | None:
    """A number as the browser sends it; None when there is no such picture."""
    sent = key.get()
    number = sent.get(event) if hasattr(sent, "get") else None
    return number if type(number) is int and 0 <= number < count else None


def _packed(sheet: Sheet, caption: str, alt: str, name: str, more: dict[str, Any]) -> bytes:
    told = {"name": name, "caption": caption, "alt": alt, "downloadOf": sheets.Words.download_of.format(name=name)}
    content = sheets.packed({"item": sheets.told(sheet) | told | more, "words": sheets.words()}, [sheet])
    return zlib.compress(content, level=1)


def _component() -> Any:
    return component("cnnviz.maps", "maps/maps.js", HTML, style="maps/maps.css", is_module=True)
