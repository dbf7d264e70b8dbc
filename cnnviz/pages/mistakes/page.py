"""What the network gets wrong: how often, which digits, and with which others it confuses them."""

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.percentages import percent, probability
from cnnviz.render import charts, figures, tiles
from cnnviz.ui import choice, lookups, panels, present
from cnnviz.ui.state import MistakesPage


class Words:
    """What this page says."""

    title = "Mistakes"
    intro = "The network reads every test digit; here is how often it is wrong, and what it is wrong about."
    accuracy = "Test accuracy"
    right = "Read right"
    wrong = "Mistakes"
    of = "{part:,} of {n:,}"
    none = "It read every test digit right; there is no mistake to show."
    gallery = "Nine mistakes"
    which = "Which"
    choices: dict[evaluation.MistakeOrder, str] = {
        "first": "The first nine",
        "random": "Nine at random",
        "surest": "The surest nine",
    }
    another = "Another nine"
    label = "True: {true}, Pred: {predicted}"
    shown = {
        "first": "The first {n} of {all} mistakes: test images {numbers}.",
        "random": "{n} of {all} mistakes at random: test images {numbers}.",
        "surest": (
            "The {n} of {all} mistakes with the highest softmax for the wrong answer ({share} and more): "
            "test images {numbers}."
        ),
    }
    gallery_alt = "{n} misread digits: {pairs}."
    pair = "a {true} read as {predicted}"
    worst = "{n} images of a {true} read as {predicted}"
    corner = "true \\ predicted"
    matrix = "Confusion matrix"
    matrix_caption = "Row: the true digit. Column: what the network read. Click a cell to see its images."
    matrix_alt = "Confusion matrix, {right:,} of {n:,} on the diagonal; most often confused: {worst}."
    cell = "{true} read as {predicted}: {n:,} of the test images"
    cell_none = "No {true} was read as {predicted}."
    cell_caption = "All of them, in the order of the test set; the first is image {first}."
    cell_alt = "{n} handwritten digits {true} that the network read as {predicted}."
    cell_hint = "Click a cell of the matrix; its images appear here."
    per_digit = "Each digit"
    per_digit_caption = (
        "Precision: of the images read as this digit, how many are it. "
        "Recall: of the images of this digit, how many were read as it."
    )
    per_digit_alt = "Table of precision and recall for the ten digits."
    columns = ("Digit", "Images", "Precision, %", "Recall, %")


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.head(Words.title, Words.intro)
    probs = lookups.probabilities(network, test)
    result = evaluation.score(test.labels, probs)
    with present.screen("accuracy"):
        show_accuracy(result)
    left, right = st.columns(2, gap="large")
    with left, present.screen("matrix"):
        show_matrix(result)
    with right, present.screen("matrix", 2):
        show_cell(test, probs)
    with right, present.screen("gallery"):
        show_gallery(test, probs)
    with present.screen("per-digit"):
        show_per_digit(test, probs)


def show_accuracy(result: evaluation.Score) -> None:
    """Accuracy with its counts."""
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.accuracy, percent(result.accuracy), width="content")
        st.metric(Words.right, Words.of.format(part=result.correct, n=result.n), width="content")
        st.metric(Words.wrong, f"{result.n - result.correct:,}", width="content")


def show_gallery(test: Dataset, probs: np.ndarray) -> None:
    """Nine misread digits, 3×3."""
    st.subheader(Words.gallery, anchor=False)
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
    pairs = list(zip(test.labels[chosen], probs[chosen].argmax(axis=1), strict=True))
    labels = [Words.label.format(true=true, predicted=predicted) for true, predicted in pairs]
    images = test.images[chosen, :, :, 0]
    picture = tiles.make_grid(images, "binary", (0, 1), columns=3, cell_px=196, labels=labels, theme=panels.theme())
    caption = Words.shown[which].format(
        n=len(chosen),
        all=f"{wrong:,}",
        numbers=", ".join(str(i) for i in chosen),
        share=probability(probs[chosen].max(axis=1).min()),
    )
    listed = ", ".join(Words.pair.format(true=true, predicted=predicted) for true, predicted in pairs)
    panels.picture(picture, caption, Words.gallery_alt.format(n=len(chosen), pairs=listed), f"mistakes-{which}")


def show_matrix(result: evaluation.Score) -> None:
    """The confusion matrix to click on, its picture and its numbers to take home."""
    st.subheader(Words.matrix, anchor=False)
    theme = panels.theme()
    matrix = result.confusion
    off = np.where(np.eye(10, dtype=bool), -1, matrix)
    true, predicted = np.unravel_index(off.argmax(), off.shape)
    worst = Words.worst.format(n=off.max(), true=true, predicted=predicted)
    alt = Words.matrix_alt.format(right=result.correct, n=result.n, worst=worst)
    chart = charts.confusion_chart(matrix, "cell", theme)
    st.altair_chart(chart, on_select="rerun", key=MistakesPage.matrix.name, alt=alt)
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


def show_cell(test: Dataset, probs: np.ndarray) -> None:
    """Every image of the cell that was clicked."""
    cell = selected_cell()
    if cell is None:
        st.info(Words.cell_hint, icon=":material/touch_app:")
        return
    true, predicted = cell
    chosen = np.flatnonzero((test.labels == true) & (probs.argmax(axis=1) == predicted))
    values = {"n": len(chosen), "true": true, "predicted": predicted}
    if not len(chosen):
        st.info(Words.cell_none.format(**values))
        return
    st.subheader(Words.cell.format(**values), anchor=False)
    few = len(chosen) <= 60
    columns, cell_px = (6, 84) if len(chosen) <= 12 else (10, 56) if few else (32, 28)
    labels = [str(i) for i in chosen] if few else []
    images = test.images[chosen, :, :, 0]
    picture = tiles.make_grid(
        images, "binary", (0, 1), columns=columns, cell_px=cell_px, labels=labels, theme=panels.theme()
    )
    caption = Words.cell_caption.format(first=chosen[0], **values)
    panels.picture(picture, caption, Words.cell_alt.format(**values), f"true-{true}-read-as-{predicted}")


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


show()
