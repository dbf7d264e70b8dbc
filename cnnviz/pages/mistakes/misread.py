"""The digits that the network misreads: how often, which ones, and with which others it confuses them."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.experiments.statistics import wilson_interval
from cnnviz.network.weights import Network
from cnnviz.pages.mistakes import batches
from cnnviz.percentages import percent, probability
from cnnviz.render import charts, figures
from cnnviz.ui import (
    choice,
    digit_choice,
    lookups,
    offers,
    open_digits,
    panels,
    places,
    present,
    refusal,
    state,
    telephone,
)
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import Key, MistakesPage


class Words:
    """What this part says."""

    intro = (
        "The network reads every test digit: how often it is wrong, and what it is wrong about. Click a cell or a "
        "digit to open it."
    )
    accuracy = "Test accuracy"
    right = "Read right"
    wrong = "Mistakes"
    of = "{part:,} of {n:,}"
    few = "With so few test digits chance counts: on many more the accuracy may be {low} to {high} (95 % interval)."
    none = "It read every test digit right; there is no mistake to show."
    which = "Mistakes shown"
    choices: dict[evaluation.MistakeOrder, str] = {
        "first": "First nine",
        "random": "Nine at random",
        "surest": "Surest nine",
    }
    another = "Another nine"
    label = "True: {true}, Pred: {predicted}\nImage {number}"
    pair = "{true}, read as {predicted}"
    tile = "Test image {number}: {pair}"
    shown = {
        "first": "The first {n} of {all:,} mistakes. Click one to open it.",
        "random": "{n} of {all:,} mistakes, at random. Click one to open it.",
        "surest": (
            "Of {all:,} mistakes the {n} in which the network gave its wrong answer the highest probability, {share} "
            "and more. Click one to open it."
        ),
    }
    gallery_alt = "{n} test digits: {pairs}."
    worst = "{n} images of a {true} read as {predicted}"
    corner = "true \\ predicted"
    matrix_caption = (
        "Confusion matrix. Row: the true digit. Column: what the network read. The grey cells are the digits read "
        "right; the blue ones are mistakes. Click a cell to see its digits."
    )
    matrix_alt = "Confusion matrix, {right:,} of {n:,} on the diagonal; most often confused: {worst}."
    cell = {
        False: "{true} read as {predicted}: {n} test image",
        True: "{true} read as {predicted}: {n:,} test images",
    }
    cell_none = "No {true} was read as {predicted}."
    whole_cell = "Show all {n:,}"
    cell_caption = "{shown:,} of {n:,}, in the order of the test set. Click one to open it."
    opened = "The network reads {first}; its second guess is {second}."
    opened_wrong = "This is a {true}. The network reads {first}; its second guess is {second}."
    opened_alt = "{title}, 28 by 28 grey pixels."
    opened_bars = "Probability of each digit, by the softmax."
    links = {"layers": "Follow it through the layers", "why": "Why this answer?"}
    more, more_gallery = "More: each digit", "More: nine of all mistakes, each digit"
    per_digit = "Each digit"
    per_digit_caption = (
        "Precision, for example: Of everything read as 7, how many really were 7? Recall: Of all that really are 7, "
        "how many were read as 7?"
    )
    per_digit_alt = "Table of precision and recall for the ten digits."
    columns = ("Digit", "Images", "Precision, %", "Recall, %")


FEW = 30
FEW_TESTED = 1000
"""Test digits, fewer than MNIST has by far: of more, chance moves the accuracy by a few hundredths at most."""


def show() -> None:
    """The part from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.intro(Words.intro)
    probs = lookups.probabilities(network, test)
    result = evaluation.score(test.labels, probs)
    with st.container(key=state.stack_of("mistakes").name):
        left, middle, right = st.columns([10, 9, 7], gap="medium")
    with left, present.screen("matrix"):
        show_accuracy(result)
        show_matrix(result)
    cell = selected_cell()
    with middle, present.screen("gallery"):
        if cell:
            show_cell(test, probs, cell)
            telephone.more(Words.more_gallery)
        with telephone.behind_more("gallery") if cell else st.container():
            show_gallery(test, probs)
    with right, present.screen("gallery", 2):
        show_opened(network)
        if not cell:
            telephone.more(Words.more)
    with telephone.behind_more("per-digit"), present.screen("per-digit"):
        show_per_digit(test, probs)
    with telephone.behind_more("batches"), st.expander(batches.Words.title, icon=":material/memory:"):
        batches.show(network, test)


def show_accuracy(result: evaluation.Score) -> None:
    """Accuracy with its counts."""
    with st.container(horizontal=True, gap="medium"):
        share, part = percent(result.accuracy), Words.of.format(part=result.correct, n=result.n)
        st.metric(Words.accuracy, share, width="content")
        st.metric(Words.right, part, width="content")
        st.metric(Words.wrong, f"{result.n - result.correct:,}", width="content")
    if result.n < FEW_TESTED:
        low, high = wilson_interval(result.correct, result.n)
        st.caption(Words.few.format(low=percent(low, 0), high=percent(high, 0)))
    offers.fact(Words.accuracy, f"{share} ({part})")


def show_gallery(test: Dataset, probs: np.ndarray) -> None:
    """Nine misread digits, 3×3."""
    wrong = int((probs.argmax(axis=1) != test.labels).sum())
    if not wrong:
        st.info(Words.none)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            Words.which,
            list(Words.choices),
            default=MistakesPage.which.default,
            required=True,
            format_func=Words.choices.__getitem__,
            key=MistakesPage.which.name,
            persist_state="session",
        )
        draw = which == "random" and st.button(Words.another, icon=":material/casino:")
    seed = MistakesPage.seed.get() + bool(draw)
    MistakesPage.seed.set(seed)
    chosen = evaluation.mistakes(test.labels, probs, which, seed=seed)
    share = probability(probs[chosen].max(axis=1).min())
    caption = Words.shown[which].format(n=len(chosen), all=wrong, share=share)
    show_digits(test, probs, chosen, MistakesPage.gallery, caption=caption, name=f"mistakes-{which}", columns=3)


def show_digits(test: Dataset, probs: np.ndarray, chosen: np.ndarray, key: Key[Any], **options: Any) -> None:
    """Test images with what they are and what they were read as; a click opens one."""
    pairs = list(zip(chosen, test.labels[chosen], probs[chosen].argmax(axis=1), strict=True))
    pairs_in_words = [Words.pair.format(true=true, predicted=predicted) for _, true, predicted in pairs]
    open_digits.show(
        chosen,
        test.images[chosen, :, :, 0],
        key,
        labels=[Words.label.format(number=i, true=true, predicted=predicted) for i, true, predicted in pairs],
        names=[Words.tile.format(number=i, pair=pair) for (i, _, _), pair in zip(pairs, pairs_in_words, strict=True)],
        alt=Words.gallery_alt.format(n=len(chosen), pairs="; ".join(pairs_in_words)),
        widest_px=130,
        **options,
    )


def show_matrix(result: evaluation.Score) -> None:
    """The confusion matrix to click on, its picture and its numbers to take home."""
    theme = panels.theme()
    matrix = result.confusion
    off = np.where(np.eye(10, dtype=bool), -1, matrix)
    true, predicted = np.unravel_index(off.argmax(), off.shape)
    worst = Words.worst.format(n=off.max(), true=true, predicted=predicted)
    alt = Words.matrix_alt.format(right=result.correct, n=result.n, worst=worst)
    chart = charts.confusion_chart(matrix, "cell", theme)
    panels.chart(chart, alt, key=MistakesPage.matrix, on_select="rerun")
    offers.picture(lambda: figures.png(figures.confusion_figure(matrix)), Words.matrix_caption, alt)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        st.caption(Words.matrix_caption, width="stretch")
        panels.download_figure(figures.confusion_figure, (matrix,), "confusion-matrix")
        columns = {Words.corner: range(10), **{str(digit): matrix[:, digit].tolist() for digit in range(10)}}
        panels.download_csv(columns, "confusion-matrix")


def selected_cell() -> tuple[int, int] | None:
    """The cell that was clicked: true digit, predicted digit."""
    event = MistakesPage.matrix.get() or {}
    picked = event.get("selection", {}).get("cell") or []
    return (int(picked[0]["true"]), int(picked[0]["predicted"])) if picked else None


def show_cell(test: Dataset, probs: np.ndarray, cell: tuple[int, int]) -> None:
    """The images of the cell that was clicked: the first of many, all of them on request."""
    true, predicted = cell
    found = np.flatnonzero((test.labels == true) & (probs.argmax(axis=1) == predicted))
    values = {"n": len(found), "true": true, "predicted": predicted}
    if not len(found):
        st.info(Words.cell_none.format(**values), icon=":material/check:")
        return
    st.markdown(f"**{Words.cell[len(found) > 1].format(**values)}**")
    chosen = found
    if len(found) > FEW and not st.toggle(Words.whole_cell.format(**values), key=MistakesPage.whole_cell.name):
        chosen = found[:FEW]
    caption = Words.cell_caption.format(shown=len(chosen), **values)
    name = f"true-{true}-read-as-{predicted}"
    show_digits(test, probs, chosen, MistakesPage.cell, caption=caption, name=name, columns=3)


def show_opened(network: Network) -> None:
    """The session's digit, what the network makes of it, and the pages that say more."""
    shown = digit_choice.current()
    probs = lookups.activations(network, shown.image[None, :, :, None])["softmax"][0]
    first, second = np.argsort(-probs)[:2]
    st.markdown(f"**{digit_choice.title(shown)}**")
    is_wrong = shown.label is not None and shown.label != first
    sentence = (Words.opened_wrong if is_wrong else Words.opened).format(true=shown.label, first=first, second=second)
    sheet = images(shown.image[None], panels.map_palette(), 1, cell_px=196, widest_px=108)
    maps.show(sheet, caption=sentence, alt=Words.opened_alt.format(title=digit_choice.title(shown)), name="opened")
    refusal.note(network, shown)
    for place, words in Words.links.items():
        st.page_link(places.path(place), label=words, icon=places.PLACES[place][1])
    panels.bars(probs, Words.opened_bars, "opened-answer", width=250)


def show_per_digit(test: Dataset, probs: np.ndarray) -> None:
    """Precision and recall of each digit."""
    st.subheader(Words.per_digit, anchor=False)
    precision, recall = evaluation.precision_and_recall(test.labels, probs)
    counts = np.bincount(test.labels, minlength=10)
    values = (list(range(10)), counts.tolist(), (100 * precision).tolist(), (100 * recall).tolist())
    table = dict(zip(Words.columns, values, strict=True))
    formats = {name: st.column_config.NumberColumn(format="%.2f") for name in Words.columns[2:]}
    panels.table(
        table, Words.per_digit_caption, Words.per_digit_alt, "per-digit", column_config=formats, height="content"
    )
