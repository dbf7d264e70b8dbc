"""The digits themselves: how many, what shape, what a label is, what they look like."""

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset, Split
from cnnviz.render import figures
from cnnviz.ui import choice, open_digits, panels, present, state
from cnnviz.ui.state import DataPage


class Words:
    """What this page says."""

    title = "Data"
    intro = (
        "The network learns from the training digits, is watched on the validation digits and is judged on the "
        "test digits, which it never learns from."
    )
    no_validation = (
        "**{name}** is an exception: it learnt from the validation digits too, so it has none to be watched on."
    )
    loading = "Loading the digits"
    sizes = (
        "An image is 28×28 pixels with one grey channel, a float between 0 (paper) and 1 (ink). "
        "A label is one whole number."
    )
    sizes_alt = "Table of the three parts of the data with their sizes and shapes."
    size_columns = ("Part", "Digits", "Images", "Labels", "What for")
    parts: dict[Split, str] = {
        "train": "learning",
        "validation": "watching while it learns",
        "test": "judging it at the end",
    }
    labels = (
        "The first ten test labels: the class number, and the same as a one-hot vector with a 1 at the place "
        "of the digit."
    )
    labels_alt = "Table of ten test images with class number and one-hot vector."
    label_columns = ("Test image", "Class number", "One-hot")
    samples = "Nine test images"
    which = "Which"
    choices = {"first": "The first nine", "random": "Nine at random"}
    another = "Another nine"
    sample_caption = "Test images with their labels. Click one to make it your digit."
    sample_alt = "Nine handwritten digits: {digits}."
    label = "True: {digit}\nImage {number}"
    sample = "Test image {number}, a {digit}"
    counts = "How many of each digit"
    part = "Part"
    counts_caption = "The {n:,} digits of the {part} part, counted: between {low:,} and {high:,} of each."
    counts_alt = "Bar chart of digits in the {part} part: {counts}."


def show() -> None:
    """The page from top to bottom."""
    panels.head(Words.title, Words.intro)
    trained, entry = choice.recipe(), choice.current().entry
    if entry and trained and not trained.keep_validation:
        st.markdown(Words.no_validation.format(name=entry.name))
    with st.spinner(Words.loading, show_time=True):
        parts = {part: choice.dataset(part) for part in Words.parts}
    with present.screen("sizes"):
        show_sizes(parts)
    with st.container(key=state.stack_of("data").name):
        left, right = st.columns(2, gap="large")
    with left, present.screen("samples"):
        show_samples(parts["test"])
    with right, present.screen("counts"):
        show_counts(parts)
    with right, present.screen("labels"):
        show_labels(parts["test"])


def show_sizes(parts: dict[Split, Dataset]) -> None:
    """Sizes and shapes of the three parts."""
    rows = [
        (part, len(digits), str(digits.images.shape), str(digits.labels.shape), Words.parts[part])
        for part, digits in parts.items()
    ]
    table = dict(zip(Words.size_columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.sizes, Words.sizes_alt, "sizes")


def show_labels(test: Dataset) -> None:
    """Class number beside one-hot vector."""
    first = test.labels[:10]
    one_hot = [" ".join(str(int(digit == place)) for place in range(10)) for digit in first]
    table = dict(zip(Words.label_columns, (list(range(len(first))), first.tolist(), one_hot), strict=True))
    panels.table(table, Words.labels, Words.labels_alt, "labels")


def show_samples(test: Dataset) -> None:
    """Nine images, the first or any."""
    st.subheader(Words.samples, anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            Words.which,
            list(Words.choices),
            default=DataPage.samples.default,
            required=True,
            format_func=Words.choices.__getitem__,
            key=DataPage.samples.name,
        )
        draw = which == "random" and st.button(Words.another, icon=":material/casino:")
    seed = DataPage.seed.get() + bool(draw)
    DataPage.seed.set(seed)
    chosen = np.arange(9)
    if which == "random":
        chosen = np.sort(np.random.default_rng(seed).choice(len(test), 9, replace=False))
    pairs = [{"number": i, "digit": test.labels[i]} for i in chosen]
    open_digits.show(
        chosen,
        test.images[chosen, :, :, 0],
        DataPage.gallery,
        labels=[Words.label.format(**pair) for pair in pairs],
        names=[Words.sample.format(**pair) for pair in pairs],
        alt=Words.sample_alt.format(digits=", ".join(str(digit) for digit in test.labels[chosen])),
        caption=Words.sample_caption,
        name="samples",
        columns=3,
        widest_px=140,
    )


def show_counts(parts: dict[Split, Dataset]) -> None:
    """How many of each digit one part holds."""
    st.subheader(Words.counts, anchor=False)
    part = st.segmented_control(
        Words.part, list(parts), default=DataPage.counts.default, required=True, key=DataPage.counts.name
    )
    counts = np.bincount(parts[part].labels, minlength=10)
    caption = Words.counts_caption.format(n=counts.sum(), part=part, low=counts.min(), high=counts.max())
    listed = ", ".join(f"{digit}: {count:,}" for digit, count in enumerate(counts))
    chart = figures.png(figures.counts_figure(counts, panels.theme()))
    panels.picture(chart, caption, Words.counts_alt.format(part=part, counts=listed), f"counts-{part}")


show()
