"""The session's digit: the same image in three palettes, where its ink lies, and what the network reads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import pixels
from cnnviz.network.weights import Network
from cnnviz.render.palettes import Palette
from cnnviz.ui import digit_choice, panels, refusal
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.digit import Digit


class Words:
    """What is said of one image."""

    read = "The network reads {first}; its second guess is {second}."
    read_wrong = "This is a {true}. The network reads {first}; its second guess is {second}."
    palettes: dict[Palette, str] = {
        "gray": "cmap='gray': 0 is black, 1 white.",
        "binary": "cmap='binary': 0 is white, 1 black.",
        "hot": "cmap='hot', a heat map: from black over red and yellow to white.",
    }
    alt = "{title}, 28 by 28 pixels, in the palette {palette}."
    same = "The same numbers three times; only the colours differ. The network gets the numbers."
    ink = (
        "**Size-normalised and centred.** The ink is {height} × {width} pixels. Its centre of mass, the point where it "
        "would balance, is {row:.1f} pixels from the top and {column:.1f} from the left; the middle of the image is at "
        "14.0 and 14.0. In MNIST the longer side of the ink is 20, and the centre of mass is less than one pixel right "
        "of the middle and below it. Framed: the ink, and the pixel at its centre of mass."
    )
    bars = "Probability of each digit, by the softmax. The largest is the answer: np.argmax(probabilities) = {first}."


PICTURE_PX = 150


def show(shown: Digit, network: Network | None, probs: np.ndarray | None) -> None:
    """The digit from top to bottom; its probabilities, float (10,), are None without a network."""
    title = digit_choice.title(shown)
    st.markdown(f"**{title}**")
    if probs is not None and network is not None:
        first, second = np.argsort(-probs)[:2]
        is_wrong = shown.label is not None and shown.label != first
        words = Words.read_wrong if is_wrong else Words.read
        st.markdown(words.format(true=shown.label, first=first, second=second))
        refusal.note(network, shown)
    show_palettes(shown, title)
    if probs is not None:
        panels.bars(probs, Words.bars.format(first=int(probs.argmax())), "probabilities", width=300)


def show_palettes(shown: Digit, title: str) -> None:
    """The image in each palette; in all of them the ink and its centre of mass are framed."""
    ink = pixels.ink_of(shown.image)
    boxes = {}
    if ink is not None:
        row, column = int(ink.row), int(ink.column)
        boxes[0] = [(ink.top, ink.left, ink.bottom, ink.right), (row, column, row + 1, column + 1)]
    for place, (palette, caption) in zip(st.columns(3, gap="small"), Words.palettes.items(), strict=True):
        with place:
            sheet = images(shown.image[None], palette, 1, cell_px=280, widest_px=PICTURE_PX, boxes=boxes)
            alt = Words.alt.format(title=title, palette=palette)
            maps.show(sheet, caption=caption, alt=alt, name=f"image-{palette}")
    st.caption(Words.same)
    if ink is not None:
        height, width = ink.size
        values = {"height": height, "width": width, "row": ink.row, "column": ink.column}
        st.markdown(Words.ink.format(**values))
