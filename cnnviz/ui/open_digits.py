"""Images of the data as small pictures that open: a click makes one the session's digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Split
from cnnviz.render.palettes import Palette
from cnnviz.ui import digit, digit_choice, panels
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import Key, Session


class Words:
    """What an image is called where its pixels are told."""

    image = "image"


FILE_PX = 120
"""About how wide an image is in the file that can be downloaded."""


def show(
    numbers: Iterable[int],
    inks: np.ndarray,
    key: Key[Any],
    *,
    splits: Sequence[Split] = (),
    palette: Palette | None = None,
    columns: int,
    caption: str,
    alt: str,
    name: str,
    **options: Any,
) -> None:
    """Show images of the data; the one that is the session's digit is framed.

    Args:
        numbers: of the images.
        inks: float (n, height, width) in [0, 1], 1 = ink: the images, or parts of them.
        key: unique on the page.
        splits: which part of the data each is of; by default all are test images.
        palette: their colours; by default those of the other maps.
        columns: how many stand side by side.
        caption, alt, name: as for `maps.show`.
        options: of the sheet.
    """
    if Session.digit_opened.get():  # in a part of a page that runs alone: the head of the page shows it too
        st.rerun()
    listed = [int(number) for number in numbers]
    of: Sequence[Split] = splits or ["test"] * len(listed)
    spots = list(zip(of, listed, strict=True))
    shown = digit_choice.current().origin
    kinds = [(digit.OF_DATA[split], number) for split, number in spots]
    marked = [i for i, each in enumerate(kinds) if each == (shown.kind, shown.number)]
    called = [f"{Words.image} {number}" for number in listed]
    given = {"item": Words.image, "marked": marked, "pressed": marked, "cell_px": FILE_PX}
    ours = {"is_fixed": True, "called": called}
    sheet = images(inks, palette or panels.map_palette(), columns, **ours | options | given)
    maps.show(sheet, key, caption=caption, alt=alt, name=name, on_open=lambda i: open_digit(*spots[i]))


def open_digit(split: Split, number: int) -> None:
    """Callback: let an image of the data be the session's digit."""
    digit_choice.choose(number, split)
    Session.digit_opened.set(True)
