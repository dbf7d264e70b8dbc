"""How much the maps of each layer change when the digit is moved by one pixel."""

import numpy as np
import streamlit as st

from cnnviz.analysis import shifts
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.ui import lookups


class Words:
    """What is said of it."""

    changes = "Move this digit by one pixel, and the maps change: {list}."
    change = "after layer {number} ({name}) by {share}"
    joined = " and "
    less = "**Layer 2 is less sensitive** to this local change than layer 1."
    same = "Layer 2 is as sensitive to this local change as layer 1."
    more = "For this digit layer 2 is not less sensitive to this local change than layer 1 but more."
    measured = (
        "Relative change: the root of the summed squares of all differences, as a share of that of the maps "
        "themselves; the mean of one pixel up, down, left and right. More than 100 % is possible."
    )


def show(network: Network, image: np.ndarray) -> None:
    """The sentence for one image, float (28, 28); nothing where there is no convolution, or where all maps are 0."""
    found = lookups.ask(shifts.relative_changes, network, image)
    if found:
        st.markdown(in_words(network, found), help=Words.measured)


def in_words(network: Network, found: dict[str, float]) -> str:
    """The changes by the names of the blocks' last layers, and how the first two of them compare, as they are shown."""
    blocks = {layer.name: layer.block for layer in layers(network.config)}
    shown = {blocks[name]: percent(change, 0) for name, change in found.items()}
    parts = [Words.change.format(number=blocks[name], name=name, share=shown[blocks[name]]) for name in found]
    sentences = [Words.changes.format(list=Words.joined.join(filter(None, (", ".join(parts[:-1]), parts[-1]))))]
    if 1 in shown and 2 in shown:
        by_block = {blocks[name]: change for name, change in found.items()}
        is_less = by_block[2] < by_block[1]
        sentences.append(Words.same if shown[1] == shown[2] else Words.less if is_less else Words.more)
    return " ".join(sentences)
