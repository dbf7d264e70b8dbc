"""One image as numbers: 784 bytes, divided by 255; the shapes on the way to the network; its label as one-hot."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import pixels
from cnnviz.data.dataset import BUNDLED
from cnnviz.percentages import probability
from cnnviz.ui import choice, digit_choice, panels
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import written
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import DataPage


class Words:
    """What is said of the numbers."""

    bytes = "The 784 numbers of one image"
    bytes_caption = (
        "{title} as MNIST's file has it: 28 rows of 28 bytes, whole numbers from 0 (paper) to 255 (ink). Point at one "
        "to see its row and column; click to enlarge."
    )
    bytes_alt = "{title}: 28 by 28 whole numbers from 0 to {largest}."
    rounded = " This image is not of MNIST: the numbers are rounded here, and the network gets them unrounded."
    item = "byte"
    division = "From a byte to a number from 0 to 1"
    divided = "A network learns better from small numbers, so each byte is divided by 255: {byte} / 255 = {value:.3f}."
    row = (
        "{title}: some pixels of row {row}. The one in column {column} is number 28 · {row} + {column} = {place} of "
        "the 784; rows, columns and the 784 are counted from 0."
    )
    row_alt = "Table of pixels of row {row}: byte, and byte divided by 255."
    row_columns = ("Column", "Number of the 784", "Byte", "Byte / 255")
    shapes = "From 28 × 28 to (-1, 28, 28, 1)"
    shape_columns = ("What", "In Python", "Shape")
    keras_what = "MNIST as Keras loads it: 60,000 training images and their labels"
    keras = "(x, y), _ = keras.datasets.mnist.load_data()"
    bundled_what = "scikit-learn's digits: 1,797 small images and their labels, here enlarged and centred"
    bundled = "x, y = load_digits().images, load_digits().target"
    one = "One image"
    one_row = "Its 28 rows one after the other: a row of 784 numbers"
    four = "As the network takes it: images, rows, columns, channels"
    part_rows = "The part that is chosen, an image a row, as in TensorFlow's tutorials"
    part_four = "The same with four axes"
    minus_one = (
        "-1 says: work it out. All numbers are kept, so {total:,} / (28 · 28 · 1) = {n:,} images. The last 1 is the "
        "channel: grey has one, a colour photograph three."
    )
    shapes_alt = "Table of five shapes, from 28 by 28 to minus 1, 28, 28, 1."
    labels = "A label as ten numbers, and back"
    one_hot = (
        "The network has ten outputs, so the label is written as ten numbers too, 1 at the place of the true digit and "
        "0 elsewhere (one-hot): each output has its own target. The digit itself would not do as a target, since a 9 "
        "is not nine times as much as a 1, and a 4 is not halfway between a 3 and a 5."
    )
    back = "Back: np.argmax gives the place of the largest number. np.argmax({one_hot}) = {label}."
    back_read = " Of the network's ten probabilities it gives {read}, {agrees}."
    agrees = {True: "the same: the answer is right", False: "another place: the answer is wrong"}
    no_label = "Nobody has written down which digit this is: it has no label, and so no one-hot vector."
    place, label_column, probability = "Place", "Label, one-hot", "Network's probability"
    table_caption = "The largest number of each column stands at the digit that it means."
    table_alt = "Table of ten places with the label as one-hot vector and the network's probabilities."


AROUND = 3
"""So many pixels on each side of the one whose division is shown."""
CELL_PX = 33
"""So wide that the numbers can be read from the last row in Present."""


def show_bytes(shown: Digit) -> None:
    """All 784 numbers, each in its square."""
    st.subheader(Words.bytes, anchor=False)
    title, values = digit_choice.title(shown), pixels.to_bytes(shown.image)
    caption = Words.bytes_caption.format(title=title)
    caption += "" if pixels.are_bytes(shown.image) else Words.rounded
    sheet = written(
        values.astype(np.float64), DataPage.palette.get(), (0.0, 255.0), CELL_PX, item="", called=[Words.item]
    )
    alt = Words.bytes_alt.format(title=title, largest=values.max())
    maps.show(sheet, caption=caption, alt=alt, name="bytes")


def show_division(shown: Digit) -> None:
    """The division, and one row of the image before and after it."""
    st.subheader(Words.division, anchor=False)
    values = pixels.to_bytes(shown.image)
    row, column = pixels.example(values)
    byte = int(values[row, column])
    st.markdown(Words.divided.format(byte=byte, value=byte / 255))
    shown_columns = np.arange(max(0, min(column - AROUND, 27 - 2 * AROUND)), 28)[: 2 * AROUND + 1]
    bytes_there = values[row][shown_columns]
    divided = [f"{each / 255:.3f}" for each in bytes_there.tolist()]
    columns = (shown_columns.tolist(), (28 * row + shown_columns).tolist(), bytes_there.tolist(), divided)
    table = dict(zip(Words.row_columns, columns, strict=True))
    place = {"row": row, "column": column, "place": 28 * row + column, "title": digit_choice.title(shown)}
    caption = Words.row.format(**place)
    panels.table(table, caption, Words.row_alt.format(row=row), "row")


def show_shapes(shown: Digit, n: int) -> None:
    """The shapes on the way to the network: of one image, and of the n images of the part that is chosen."""
    st.subheader(Words.shapes, anchor=False)
    image = shown.image
    rows = np.broadcast_to(np.float32(0), (n, 784))  # as large as they, without a copy of them
    is_bundled = choice.current().source.learnt_from == BUNDLED
    loaded = "x (1797, 8, 8), y (1797,)" if is_bundled else "x (60000, 28, 28), y (60000,)"
    steps = (
        (Words.bundled_what, Words.bundled, loaded) if is_bundled else (Words.keras_what, Words.keras, loaded),
        (Words.one, "image", str(image.shape)),
        (Words.one_row, "image.reshape(784)", str(image.reshape(784).shape)),
        (Words.four, "image.reshape(-1, 28, 28, 1)", str(image.reshape(-1, 28, 28, 1).shape)),
        (Words.part_rows, f"images.reshape({n}, 784)", str(rows.shape)),
        (Words.part_four, "images.reshape(-1, 28, 28, 1)", str(rows.reshape(-1, 28, 28, 1).shape)),
    )
    table = dict(zip(Words.shape_columns, map(list, zip(*steps, strict=True)), strict=True))
    caption = Words.minus_one.format(total=n * 784, n=n)
    panels.text_table(table, caption, Words.shapes_alt, "shapes")


def show_label(shown: Digit, probs: np.ndarray | None) -> None:
    """The label as one-hot vector, and back by argmax; beside it what the network gives."""
    st.subheader(Words.labels, anchor=False)
    st.markdown(Words.one_hot)
    table: dict[str, list[Any]] = {Words.place: list(range(10))}
    if shown.label is None:
        st.markdown(Words.no_label)
    else:
        one_hot = pixels.one_hot(shown.label)
        table[Words.label_column] = one_hot.tolist()
        words = Words.back.format(one_hot=one_hot.tolist(), label=int(one_hot.argmax()))
        if probs is not None:
            read = int(probs.argmax())
            words += Words.back_read.format(read=read, agrees=Words.agrees[read == shown.label])
        st.markdown(words)
    if probs is not None:
        table[Words.probability] = [probability(share) for share in probs]
    if len(table) > 1:
        panels.table(table, Words.table_caption, Words.table_alt, "one-hot")
