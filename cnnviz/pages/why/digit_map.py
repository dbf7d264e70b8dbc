"""A map of the test digits by what a layer makes of them; beside it the training digits nearest to the session's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from cnnviz.analysis import embedding, neighbours
from cnnviz.analysis.embedding import Axes
from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.weights import Network
from cnnviz.pages.why import features, nearest_digits
from cnnviz.percentages import percent
from cnnviz.ui import choice, digit_choice, glossary, lookups, open_digits, panels, present, refusal, session, state
from cnnviz.ui.components.scatter import scatter
from cnnviz.ui.components.scatter.scatter import Own, Points, Said, Shown
from cnnviz.ui.digit import Digit
from cnnviz.ui.entry import Entry
from cnnviz.ui.state import MapPart, Session

Way = Literal["pca", "tsne"]
LOOK_EVERY_S = 3


class Words:
    """What this part says."""

    intro = "Each point is a test digit. Digits that are alike to the network lie near each other."
    way = "Map by"
    ways: dict[Way, str] = {"pca": "PCA", "tsne": "t-SNE"}
    only_misread = "Only misread digits"
    more = "More"
    label, every_label = "Digit", "all"

    numbers = "the {n} numbers of {layer}"
    caption_pca = (
        "{n:,} test digits, coloured by label, by {numbers}: the two directions in which they differ most, which hold "
        "{share} of all differences. A ring: one of the {n_misread:,} that are misread. The cross: {own}. Click "
        "a point to make it your digit."
    )
    caption_tsne = (
        "{n:,} test digits, coloured by label, by {numbers}: t-SNE puts alike digits side by side; how far apart two "
        "groups are means little. A ring: one of the {n_misread:,} that are misread. The cross: {own}. Click a point "
        "to make it your digit."
    )
    same_axes = (
        "The two directions are those of the end of training, at every training step, so that places can be compared."
    )
    alt = (
        "A map of {n:,} test digits as points, by {way}. {n_misread:,} are misread. {own} lies among these test "
        "digits: {near}. Its nearest training digits stand beside the map as buttons."
    )
    placed = (
        "t-SNE has no place for a new digit: the cross stands in the middle of the {n} test digits that are nearest to "
        "it."
    )
    right = "Test image {number}, a {label}"
    wrong = "Test image {number}, a {label}, read as {read}"
    open = "Open"
    only_last = ":material/info: t-SNE is computed for the end of training alone. For this training step PCA is shown."
    being_computed = (
        ":material/hourglass_top: t-SNE of this network is being computed: for 10,000 digits it takes some minutes. "
        "You may go on; until then PCA is shown."
    )
    not_proven = (
        "that two digits which lie side by side are alike in everything: the map shows two numbers in place of {n}."
    )


@dataclass(frozen=True, eq=False)
class Map:
    """Where everything lies.

    Attributes:
        way: how it was made.
        positions: float (n, 2), of the test digits.
        own: float (2,), of the session's digit.
        frame: float (2, 2), the lowest and the highest places at the end of training.
        share: of the variance that the two axes hold; None where there are none.
    """

    way: Way
    positions: np.ndarray
    own: np.ndarray
    frame: np.ndarray
    share: float | None


def show() -> None:
    """The part from top to bottom."""
    panels.intro(Words.intro)
    look_at_map(choice.network())


@session.part
def look_at_map(network: Network) -> None:
    """The map, and beside it the nearest training digits."""
    if Session.digit_opened.get():  # the head of the page shows it too
        st.rerun()
    chosen = digit_choice.current()
    refusal.note(network, chosen)
    with present.screen("map"):
        way, shown = ask()
    with st.container(key=state.stack_of("digit-map").name):
        left, right = st.columns(2, gap="large")
    outputs = lookups.activations(network, chosen.image[None, :, :, None])
    point = outputs[embedding.layer_of(network.config)][0]
    with left, present.screen("map", 2):
        show_map(network, chosen, point, way, shown)
    with right, present.screen("nearest"):
        nearest_digits.show(network, chosen, point, int(outputs["softmax"][0].argmax()))


def ask() -> tuple[Way, Shown]:
    """How the map is made, and which points are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        way = st.segmented_control(
            Words.way,
            list(Words.ways),
            format_func=Words.ways.__getitem__,
            default=MapPart.way.default,
            required=True,
            key=MapPart.way.name,
            help=glossary.help_of("PCA", "t-SNE"),
            persist_state="session",
        )
        only_misread = st.toggle(Words.only_misread, key=MapPart.only_misread.name, persist_state="session")
        with st.popover(Words.more):
            label = st.selectbox(
                Words.label,
                [None, *range(10)],
                format_func=lambda digit: Words.every_label if digit is None else str(digit),
                key=MapPart.label.name,
                persist_state="session",
            )
    return ("tsne" if way == "tsne" else "pca"), Shown(only_misread, label)


def show_map(network: Network, chosen: Digit, point: np.ndarray, way: Way, shown: Shown) -> None:
    """The points, with the session's digit among them."""
    test, entry = choice.dataset(), choice.current().entry
    reads = lookups.probabilities(network, test).argmax(axis=1)
    numbers = features.of(network, test, "test")
    number = chosen.origin.number if chosen.origin.kind == "test image" else None
    near = neighbours.nearest(point, numbers, without=number)
    made = _by_tsne(network, test, near, number) if way == "tsne" else None
    made = made or _by_pca(network, entry, test, point)
    points = Points(test, made.positions, reads, made.frame)
    own = digit_choice.title(chosen)
    values = {
        "n": len(test),
        "numbers": Words.numbers.format(n=numbers.shape[1], layer=embedding.layer_of(network.config)),
        "n_misread": int((reads != test.labels).sum()),
        "own": own,
        "way": Words.ways[made.way],
        "near": ", ".join(str(test.labels[i]) for i in near.indices),
    }
    if made.share is not None:
        values["share"] = percent(made.share, 0)
    caption = (Words.caption_pca if made.way == "pca" else Words.caption_tsne).format(**values)
    name = f"map-{made.way}"
    said = Said(caption, Words.alt.format(**values), Words.right, Words.wrong, Words.open, name)
    scatter.show(
        points,
        Own(made.own, number, own),
        shown,
        MapPart.points,
        said=said,
        dark=panels.is_dark(),
        on_open=lambda i: open_digits.open_digit("test", i),
    )
    say_more(made, entry, number, len(near.indices))
    panels.not_proven(Words.not_proven.format(n=numbers.shape[1]))


def say_more(made: Map, entry: Entry | None, number: int | None, n_near: int) -> None:
    """What the places mean, where that is not plain."""
    if made.way == "tsne" and number is None:
        st.markdown(Words.placed.format(n=n_near))
    if made.way == "pca" and entry and len(entry.iterations) > 1:
        st.markdown(Words.same_axes)


def _by_pca(network: Network, entry: Entry | None, test: Dataset, point: np.ndarray) -> Map:
    """Along the axes of the end of training."""
    last = choice.opened(entry, entry.iterations[-1]) if entry else network
    axes: Axes = features.axes_of(last, test)
    at_end = embedding.project(features.of(last, test, "test"), axes)
    positions = at_end if last == network else embedding.project(features.of(network, test, "test"), axes)
    frame = np.stack([at_end.min(axis=0), at_end.max(axis=0)])
    own = embedding.project(point[None].astype(np.float64), axes)[0]
    return Map("pca", positions, own, frame, float(axes.shares[:2].sum()))


def _by_tsne(network: Network, test: Dataset, near: neighbours.Nearest, number: int | None) -> Map | None:
    """By t-SNE; None where it is not there, with a sentence on why."""
    entry, iteration = choice.current().entry, choice.current().iteration
    if entry and iteration != entry.iterations[-1]:
        st.caption(Words.only_last)
        return None
    model = store.find(entry.name) if entry else None
    positions = features.tsne_of(network, test, model.folder if model else None)
    if positions is None:
        wait(network, test)
        return None
    own = neighbours.place_among(positions, near) if number is None else positions[number]
    return Map("tsne", positions, own, np.stack([positions.min(axis=0), positions.max(axis=0)]), None)


@st.fragment(run_every=LOOK_EVERY_S)
def wait(network: Network, test: Dataset) -> None:
    """Say that t-SNE is being computed, and run the page again when it is done."""
    st.caption(Words.being_computed)
    if features.is_computed(network, test):
        st.rerun()
