"""The training digits that are nearest to the session's digit in the numbers of a layer, as pictures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import embedding, neighbours
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.pages.why import features
from cnnviz.ui import choice, open_digits, panels
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import MapPart, Session

CLEAR, N_KINDS = 0.8, 3
"""From this share on the neighbours say one thing; of the others so many kinds of digit are named."""


class Words:
    """What is said of them."""

    heading = "The nearest training digits"
    one = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    several = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")
    all = (
        "**All {n} nearest training digits are {several}.** To the network the digit is most like those: it reads "
        "**{read}**."
    )
    most = (
        "**{n_same} of the {n} nearest training digits are {several}** (the others: {kinds}). To the network "
        "the digit is most like those: it reads **{read}**."
    )
    few = (
        "**Only {n_same} of the {n} nearest training digits are {several}** (the others: {kinds}). The network "
        "reads **{read}**, but the digit lies where different digits are near each other."
    )
    single = (
        "**Only one of the {n} nearest training digits is a {one}** (the others: {kinds}). The network reads "
        "**{read}**, but the digit lies where different digits are near each other."
    )
    none = (
        "**None of the {n} nearest training digits is a {one}** ({kinds}), though the network reads **{read}**: the "
        "digit is unlike what it learnt to call so."
    )
    kind = "{n} {name}"
    label = "{label}\n{distance:.1f}"
    name = "Training image {number}, a {label}"
    caption = (
        "The {n} of {all:,} training digits that are nearest to this digit, nearest first, with label and distance. "
        "The distance is that of the {d} numbers of {layer}. Click one to make it your digit."
    )
    alt = "{n} training digits: {labels}; their distances go from {least:.1f} to {most:.1f}."
    not_proven = (
        "that the network looks at these pictures: it keeps none of them. They are near in the numbers of {layer}, "
        "from which the answer is computed."
    )
    moving = "They are looked for as soon as the training steps are not being played."


def show(network: Network, chosen: Digit, point: np.ndarray, read: int) -> None:
    """The nearest training digits, and what they say of the answer.

    Args:
        network: that is asked.
        chosen: the session's digit.
        point: float (d,), its numbers.
        read: what the network reads.
    """
    st.markdown(f"##### {Words.heading}")
    if Session.playing.get():  # 55,000 digits take longer than a training step is shown
        st.markdown(Words.moving)
        return
    train = choice.dataset("train")
    itself = chosen.origin.number if chosen.origin.kind == "training image" else None
    found = neighbours.nearest(point, features.of(network, train, "training"), without=itself)
    labels = train.labels[found.indices]
    st.markdown(explanation(labels, read))
    show_pictures(train, found, labels, len(point), embedding.layer_of(network.config))


def explanation(labels: np.ndarray, read: int) -> str:
    """What the labels of the nearest digits say of the answer, int (n,), in a sentence or two."""
    n_same = int((labels == read).sum())
    kinds = neighbours.counts(labels[labels != read])[:N_KINDS]
    values = {
        "n_same": n_same,
        "n": len(labels),
        "read": read,
        "one": Words.one[read],
        "several": Words.several[read],
        "kinds": ", ".join(Words.kind.format(n=n, name=_name(label, n)) for label, n in kinds),
    }
    if n_same == len(labels):
        return Words.all.format(**values)
    if n_same >= CLEAR * len(labels):
        return Words.most.format(**values)
    return (Words.few if n_same > 1 else Words.single if n_same else Words.none).format(**values)


def _name(label: int, n: int) -> str:
    return (Words.one if n == 1 else Words.several)[label]


def show_pictures(train: Dataset, found: neighbours.Nearest, labels: np.ndarray, d: int, layer: str) -> None:
    """The pictures, each of which opens."""
    pairs = list(zip(found.indices.tolist(), labels.tolist(), found.distances.tolist(), strict=True))
    n = len(pairs)
    open_digits.show(
        found.indices,
        train.images[found.indices, :, :, 0],
        MapPart.nearest,
        splits=["train"] * n,
        labels=[Words.label.format(label=label, distance=distance) for _, label, distance in pairs],
        names=[Words.name.format(number=number, label=label) for number, label, _ in pairs],
        columns=5,
        widest_px=112,
        caption=Words.caption.format(n=n, all=len(train), d=d, layer=layer),
        alt=Words.alt.format(
            n=n,
            labels=", ".join(map(str, labels)),
            least=found.distances.min(initial=np.inf),
            most=found.distances.max(initial=0),
        ),
        name="nearest-training-digits",
    )
    panels.not_proven(Words.not_proven.format(layer=layer))
