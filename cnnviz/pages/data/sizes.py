"""The parts of the data: sizes and shapes, the first labels, and how many there are of each digit."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.analysis import pixels
from cnnviz.data.parts import Images, Part
from cnnviz.render import figures
from cnnviz.render.palettes import Theme
from cnnviz.ui import panels


class Words:
    """What is said of the parts."""

    names: dict[Part, str] = {"train": "training", "validation": "validation", "all": "both", "test": "test"}
    sizes = "Sizes and shapes"
    sizes_caption = (
        "An image is 28×28 pixels with one grey channel, a float between 0 (paper) and 1 (ink), or a row of 784 such "
        "numbers. A label is one whole number. Both: training and validation images together, which Keras loads as one."
    )
    sizes_alt = "Table of the parts of the data with their sizes and shapes."
    size_columns = ("Part", "Digits", "Images", "As rows", "Labels", "What for")
    what_for: dict[Part, str] = {
        "train": "learning",
        "validation": "watching while it learns",
        "all": "learning, where none are kept for watching",
        "test": "judging it at the end",
    }
    labels = "The first ten labels"
    labels_caption = (
        "The first ten labels of the {part} part: the class number, and the same as a one-hot vector with a 1 at the "
        "place of the digit."
    )
    labels_alt = "Table of ten images with class number and one-hot vector."
    label_columns = ("Image", "Class number", "One-hot")
    counts = "How many of each digit"
    counts_caption = "The {n:,} digits of the {part} part, counted: between {low:,} and {high:,} of each."
    counts_alt = "Bar chart of digits in the {part} part: {counts}."


def show_sizes(parts: Mapping[Part, Images]) -> None:
    """Sizes and shapes of the parts."""
    st.subheader(Words.sizes, anchor=False)
    rows = [
        (
            Words.names[part],
            f"{len(images):,}",
            str((len(images), 28, 28, 1)),
            str((len(images), 28 * 28)),
            str(images.labels.shape),
            Words.what_for[part],
        )
        for part, images in parts.items()
    ]
    table = dict(zip(Words.size_columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.sizes_caption, Words.sizes_alt, "sizes")


def show_labels(part: Part, images: Images) -> None:
    """Class number beside one-hot vector."""
    st.subheader(Words.labels, anchor=False)
    first = images.labels[:10].tolist()
    one_hot = [" ".join(map(str, pixels.one_hot(digit))) for digit in first]
    table = dict(zip(Words.label_columns, (list(range(len(first))), first, one_hot), strict=True))
    panels.table(table, Words.labels_caption.format(part=Words.names[part]), Words.labels_alt, "labels")


def show_counts(part: Part, images: Images) -> None:
    """How many of each digit one part holds."""
    st.subheader(Words.counts, anchor=False)
    counts = np.bincount(images.labels, minlength=10)
    name = Words.names[part]
    caption = Words.counts_caption.format(n=counts.sum(), part=name, low=counts.min(), high=counts.max())
    listed = ", ".join(f"{digit}: {count:,}" for digit, count in enumerate(counts))
    chart = functools.partial(_chart, tuple(counts.tolist()))
    panels.picture(chart, caption, Words.counts_alt.format(part=name, counts=listed), f"counts-{part}")


@functools.lru_cache(maxsize=16)
def _chart(counts: tuple[int, ...], theme: Theme) -> bytes:
    """The bars as a PNG file; drawn once for each part and theme, which takes longer than all else on the page."""
    return figures.png(figures.counts_figure(np.array(counts), theme))
