"""Images of one part of the data, five, nine or a sheet at a time, with what they are and what the network reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.analysis import browsing, evaluation
from cnnviz.data.parts import Images
from cnnviz.network.weights import Network
from cnnviz.pages.data import asking
from cnnviz.ui import lookups, open_digits, panels
from cnnviz.ui.state import DataPage


class Words:
    """What is said of the images."""

    back, on, number, palette = "Back", "On", "Image number", "Colours"
    no_network = "No network can be used here, so there are no answers to choose by, and no order of sureness."
    none = "None of the {n:,} images is like that. Choose another digit, or all answers."
    label = {True: "True: {true}, Pred: {predicted}\nImage {number}", False: "True: {true}\nImage {number}"}
    short = {True: "{true} = {predicted}\n{number}", False: "{true} ≠ {predicted}\n{number}"}
    short_true = "{true}\n{number}"
    name = {True: "Image {number}: {true}, read as {predicted}", False: "Image {number}: {true}"}
    called = "image {number}"
    place = "{first:,} to {last:,} of {n:,} images"
    caption = "{place}. Click one to make it your digit."
    caption_short = (
        "{place}. Under each: its true digit, = or ≠, the digit that the network reads, and the number of the image. "
        "Click one to make it your digit."
    )
    of_both = "From number {start:,} on they are the validation images."
    alt = "{n} handwritten digits: {names}."


SHEET = 100
"""So many at a time that under each there is little room."""
COLUMNS = {5: 5, 9: 3, SHEET: 10}
WIDEST_PX = {5: 130, 9: 140, SHEET: 60}


@dataclass(frozen=True, eq=False)
class Page:
    """What is shown of the images that were asked for.

    Attributes:
        images: those of the part.
        numbers: of the images to show.
        first, n: the place of the first of them among those asked for, and how many these are.
        probs: the network's softmax for those shown, float (n, 10); None without a network.
    """

    images: Images
    numbers: np.ndarray
    first: int
    n: int
    probs: np.ndarray | None


def show(images: Images, network: Network | None) -> None:
    """The images that are asked for, and the widgets that go on from them."""
    order, answers = DataPage.order.get(), DataPage.answers.get()
    if network is None and browsing.needs_answers(order, answers):
        st.info(Words.no_network)
        order, answers = "number", "all"
    probs = None
    if network is not None and browsing.needs_answers(order, answers):
        probs = np.concatenate([lookups.probabilities(network, digits) for _, digits in images.splits])
    digit = None if DataPage.digit.get() == asking.ANY else DataPage.digit.get()
    seed = DataPage.seed.get()
    numbers = browsing.chosen(images.labels, probs, digit=digit, answers=answers, order=order, seed=seed)
    if not len(numbers):
        st.info(Words.none.format(n=len(images)))
        return
    page = _page(images, numbers, network, probs)
    _show_page(page)
    _ask_page(page)


def _page(images: Images, numbers: np.ndarray, network: Network | None, probs: np.ndarray | None) -> Page:
    """The images whose turn it is; the network reads them now where it has not read all of the part."""
    wanted = DataPage.wanted.get()
    first = DataPage.first.get() if wanted is None else browsing.position(numbers, wanted)
    first = min(max(0, first), len(numbers) - 1)
    DataPage.wanted.set(None)
    DataPage.first.set(first)
    shown = numbers[first : first + DataPage.at_a_time.get()]
    if probs is not None:
        answers = probs[shown]
    else:
        inks = images.inks(shown.tolist())[..., None]
        answers = None if network is None else lookups.ask(evaluation.probabilities, network, inks)
    return Page(images, shown, first, len(numbers), answers)


def _show_page(page: Page) -> None:
    size = DataPage.at_a_time.get()
    spots = [page.images.spot(number) for number in page.numbers.tolist()]
    place = Words.place.format(first=page.first + 1, last=page.first + len(page.numbers), n=page.n)
    short = size == SHEET and page.probs is not None
    caption = (Words.caption_short if short else Words.caption).format(place=place)
    if len(page.images.splits) > 1:
        caption += " " + Words.of_both.format(start=len(page.images.splits[0][1]))
    labels, names = _labels(page, size)
    open_digits.show(
        [number for _, number in spots],
        page.images.inks(page.numbers.tolist()),
        DataPage.gallery,
        splits=[split for split, _ in spots],
        palette=DataPage.palette.get(),
        labels=labels,
        names=names,
        called=[Words.called.format(number=number) for number in page.numbers],
        alt=Words.alt.format(n=len(names), names="; ".join(names)),
        caption=caption,
        name="images",
        columns=COLUMNS[size],
        widest_px=WIDEST_PX[size],
        is_fixed=size != SHEET,
    )


def _labels(page: Page, size: int) -> tuple[list[str], list[str]]:
    """What stands under each image, and what it is called."""
    true = page.images.labels[page.numbers].tolist()
    predicted = [None] * len(true) if page.probs is None else page.probs.argmax(axis=1).tolist()
    labels, names = [], []
    for values in zip(page.numbers.tolist(), true, predicted, strict=True):
        told = dict(zip(("number", "true", "predicted"), values, strict=True))
        is_read = told["predicted"] is not None
        words = Words.label[is_read]
        if size == SHEET:
            words = Words.short[told["true"] == told["predicted"]] if is_read else Words.short_true
        labels.append(words.format(**told))
        names.append(Words.name[is_read].format(**told))
    return labels, names


def _ask_page(page: Page) -> None:
    """Back and on, an image by its number, and the colours."""
    size = DataPage.at_a_time.get()
    DataPage.number.set(int(page.numbers[0]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before, after = max(0, page.first - size), page.first + size
        st.button(Words.back, icon=":material/chevron_left:", on_click=_go, args=(before,), disabled=not page.first)
        st.button(Words.on, icon=":material/chevron_right:", on_click=_go, args=(after,), disabled=after >= page.n)
        last, width = len(page.images) - 1, round(panels.scale() * 150)
        st.number_input(Words.number, 0, last, key=DataPage.number.name, width=width, on_change=_want)
        st.segmented_control(
            Words.palette,
            asking.PALETTES,
            default=DataPage.palette.default,
            required=True,
            key=DataPage.palette.name,
            persist_state="session",
        )


def _go(first: int) -> None:
    DataPage.first.set(first)


def _want() -> None:
    DataPage.wanted.set(int(DataPage.number.get()))
