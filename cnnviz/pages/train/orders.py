"""Exercise 6 without training: the chosen network with pooling before and after the activation, as a table of 2×2."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.analysis import pooling_order
from cnnviz.analysis.pooling_order import ACTIVATIONS, POOLINGS, OrderDifference
from cnnviz.data.dataset import Dataset
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.training import order_times
from cnnviz.training.order_times import N_STEPS, REPETITIONS, OrderTimes
from cnnviz.ui import choice, digit_choice, lookups, panels, server


class Words:
    """What the comparison of both orders says."""

    title = "Without any training: the chosen network in both orders"
    computing = "Computing both orders"
    no_pooling = "The chosen network has no convolution layer with pooling, so there are no two orders."
    corner = "Activation"
    rows = {"relu": "ReLU", "sigmoid": "Sigmoid"}
    columns = {"max": "Max-pooling", "average": "Average-pooling"}
    same = "It makes no difference: every number is the same, to the bit."
    rounding = "It makes no difference but for rounding: numbers differ by up to {most:.1g}."
    differ = (
        "It makes a difference: numbers differ by up to {own:.2g} for your digit and by up to {most:.2g} for the test "
        "digits, of which {other:,} are read otherwise."
    )
    caption = (
        "Pooling before the activation or behind it: the maps behind both and the ten probabilities, compared number "
        "by number for {title} and for the first {n:,} test digits. All four have the weights of the chosen network."
    )
    alt = "Table of two activations and two poolings with what their order changes. {cells}"
    measure = "Measure which order is faster"
    measuring = "Measuring both orders: {done} of 4"
    times = "Forward pass {forward}, training step {step}"
    ratio = "{median:.2f} ({least:.2f} to {most:.2f})"
    times_caption = (
        "How many times as long it takes with the activation first as with pooling first: above 1, pooling first is "
        "faster. A forward pass over {n:,} digits, and a training step with {batch} images ({steps} timed together): "
        "the median of {repetitions} measurements, the two orders in turns, and in brackets the smallest and the "
        "largest. Where 1 lies between these, none is shown to be faster; other work on the machine sets them apart."
    )
    times_alt = "Table of two activations and two poolings with ratios of times. {cells}"
    cell = "{row}, {column}: {text}"


N_IMAGES = 256


@dataclass(frozen=True, eq=False)
class Compared:
    """The chosen network, and the digits that it is compared on: the session's, and some of the test digits."""

    network: Network
    own: np.ndarray
    test: Dataset

    def four(self) -> list[Network]:
        """The network with each activation and pooling of the table, row by row."""
        return [Network(config, self.network.weights) for config in pooling_order.four(self.network.config)]


def show(recipe: Recipe) -> None:
    """Both orders of the chosen network: what they change, and, once it is asked for, how long they take.

    Args:
        recipe: of the training steps that are timed.
    """
    st.markdown(f"**{Words.title}**")
    network, test = choice.network(), choice.dataset()
    if network.config.pooling == "none" or not network.config.convolutions:
        st.info(Words.no_pooling)
        return
    some = Dataset(test.images[:N_IMAGES], test.labels[:N_IMAGES], test.name)
    digit = digit_choice.current()
    compared = Compared(network, digit.image, some)
    show_differences(compared, digit_choice.title(digit))
    show_times(compared, recipe)


def show_differences(compared: Compared, title: str) -> None:
    """Whether activation and pooling can be swapped, in each cell of the table."""
    images = np.concatenate([compared.own[None, :, :, None], compared.test.images])
    with st.spinner(Words.computing, show_time=True):
        cells = [difference_in_words(compare_orders(each, images)) for each in compared.four()]
    caption = Words.caption.format(title=title, n=len(compared.test))
    panels.text_table(in_table(cells), caption, Words.alt.format(cells=in_words(cells)), "orders")


def difference_in_words(found: OrderDifference) -> str:
    """A cell: the first image is the session's digit, the others are test digits."""
    own, most = found.differences[0], found.differences[1:].max()
    if found.equal_bits:
        return Words.same
    if found.commutes:
        return Words.rounding.format(most=max(own, most))
    return Words.differ.format(own=own, most=most, other=int(found.other_answers[1:].sum()))


def show_times(compared: Compared, recipe: Recipe) -> None:
    """The ratios of the times, measured when it is asked for: it takes some seconds and a processor."""
    key = ("order times", compared.network.key, compared.test.key, recipe)
    known = server.jobs().results(key)
    if known is None:
        place = st.empty()
        if not place.button(Words.measure, icon=":material/timer:"):
            return
        place.empty()
        known = lookups.results(
            key,
            lambda: [(order_times.measure, each, recipe, compared.test) for each in compared.four()],
            lambda done: Words.measuring.format(done=done),
        )
    show_ratios(known, len(compared.test), recipe.batch_size)


def show_ratios(times: Sequence[OrderTimes], n: int, batch: int) -> None:
    """The table of the ratios."""
    cells = [Words.times.format(forward=ratio_in_words(each.forward), step=ratio_in_words(each.step)) for each in times]
    caption = Words.times_caption.format(n=n, batch=batch, repetitions=REPETITIONS, steps=N_STEPS)
    panels.text_table(in_table(cells), caption, Words.times_alt.format(cells=in_words(cells)), "order-times")


def ratio_in_words(ratios: Sequence[float]) -> str:
    """The median of ratios, and how far they lie apart."""
    return Words.ratio.format(median=statistics.median(ratios), least=min(ratios), most=max(ratios))


def in_table(cells: Sequence[str]) -> dict[str, list[str]]:
    """Four cells, row by row, as columns under their headers."""
    columns: dict[str, list[str]] = {Words.corner: [Words.rows[name] for name in ACTIVATIONS]}
    for i, pooling in enumerate(POOLINGS):
        columns[Words.columns[pooling]] = list(cells[i :: len(POOLINGS)])
    return columns


def in_words(cells: Sequence[str]) -> str:
    """The four cells as sentences."""
    places = [(row, column) for row in Words.rows.values() for column in Words.columns.values()]
    told = zip(places, cells, strict=True)
    return " ".join(Words.cell.format(row=row, column=column, text=text) for (row, column), text in told)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={Network: lambda network: network.key})
def compare_orders(network: Network, images: np.ndarray) -> OrderDifference:
    """Both orders of a network, computed once."""
    with lookups.failures():
        difference: OrderDifference = lookups.call(pooling_order.compare_orders, network, images)
    return difference
