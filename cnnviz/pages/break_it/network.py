"""A network broken by hand: filters switched off, layers made random, kernels typed, noise; what it then answers."""

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation, inspection
from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer
from cnnviz.network.weights import Network
from cnnviz.pages.break_it import modifications, ranking
from cnnviz.percentages import percent, probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import choice, digit_choice, lookups, panels, refusal, session
from cnnviz.ui.changes import Changes
from cnnviz.ui.state import BreakItPage


class Words:
    """What this page says."""

    title = "Break it"
    intro = (
        "Take parts of the network away and see what it can no longer read. The network on disk is never touched, and "
        "the other pages go on with the whole one."
    )
    restore = "Restore"
    nothing = "Nothing is changed; this is the network as it was trained."
    changed = "**Changed:** {all}."

    before, after = "Accuracy before", "Accuracy after"
    points = "{points:+.2f} points"
    counts = "Of {n:,} test digits {before:,} were read right before; now {after:,} are: {difference}."
    fewer, as_many = "{n:,} fewer", "as many"
    more_right = "{n:,} more"
    cells = "Confusion cells that changed most"
    cells_caption = (
        "{n} of the 100 cells of the confusion matrix changed; here are the {shown} that changed most. "
        "Where true digit and answer are the same, the answer is right."
    )
    cells_alt = (
        "Table of {shown} cells of the confusion matrix before and after; most changed: {true} read as {predicted}, "
        "{before} before, {after} after."
    )
    columns = ("True digit", "Read as", "Before", "After", "Change")
    no_cells = "Not one cell of the confusion matrix changed."

    kernels = "Kernels of {layer}"
    kernels_whole = "The {n} kernels of {layer} for input channel {channel}; red adds, blue takes away, white is 0."
    kernels_before = "Before: the {n} kernels of {layer} for input channel {channel}. Both pictures have one scale."
    kernels_after = "After: {n_changed} of the {n} kernels changed.{crossed}"
    crossed = " 0 everywhere and crossed out: {n}."
    kernels_alt = "{n} kernels of {px} by {px} weights of {layer}, from {low:+.3f} to {high:+.3f}."

    drawing = "Your drawing"
    no_drawing = "Nothing is drawn yet. Draw a digit on the Draw page, and its answer before and after stands here."
    seen, seen_alt = "As the network sees it.", "The drawing as 28 by 28 grey pixels."
    answer_before = "Before: read as {digit}, with {share} of the softmax."
    answer_after = "After: read as {digit}, with {share} of the softmax."


N_CELLS = 10


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.intro(Words.intro)
    operate(network, test)


@session.part
def operate(network: Network, test: Dataset) -> None:
    """What is changed, and what becomes of it; only this part runs again after a choice on the page."""
    changes = modifications.changes_of(network)
    left, right = st.columns([2, 3], gap="large")
    with left:
        layer, channel = modifications.ask(network, changes)
    broken = modifications.operated(network, changes)
    with right:
        show_changes(network, changes)
        show_accuracy(network, broken, test)
    if layer.kind == "convolution":
        show_kernels(network, broken, layer, channel)
    show_drawing(network, broken)
    ranking.show(network, test, layer)


def show_changes(network: Network, changes: Changes) -> None:
    """What is changed, in words, and the way back."""
    phrases = list(modifications.in_words(network, changes))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(Words.changed.format(all="; ".join(phrases)) if phrases else Words.nothing, width="stretch")
        st.button(
            Words.restore,
            icon=":material/restart_alt:",
            key=BreakItPage.restore.name,
            on_click=modifications.restore,
            args=(network,),
            disabled=not phrases and not changes.unread,
        )


def show_accuracy(network: Network, broken: Network, test: Dataset) -> None:
    """Test accuracy before and after, and the confusion cells that changed."""
    before = evaluation.score(test.labels, lookups.probabilities(network, test))
    after = evaluation.score(test.labels, lookups.probabilities(broken, test))
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.before, percent(before.accuracy), width="content")
        points = 100 * (after.accuracy - before.accuracy)
        delta = Words.points.format(points=points) if after.correct != before.correct else None
        st.metric(Words.after, percent(after.accuracy), delta, width="content")
    lost = before.correct - after.correct
    difference = (Words.fewer if lost > 0 else Words.more_right if lost else Words.as_many).format(n=abs(lost))
    st.markdown(Words.counts.format(n=before.n, before=before.correct, after=after.correct, difference=difference))
    if broken != network:
        show_cells(before, after)


def show_cells(before: Score, after: Score) -> None:
    """The cells of the confusion matrix that changed most."""
    changed = evaluation.confusion_changes(before.confusion, after.confusion)
    if not changed:
        st.caption(Words.no_cells)
        return
    shown = changed[:N_CELLS]
    st.markdown(f"**{Words.cells}**")
    rows = [(cell.true, cell.predicted, cell.before, cell.after, cell.after - cell.before) for cell in shown]
    columns = dict(zip(Words.columns, map(list, zip(*rows, strict=True)), strict=True))
    first = shown[0]
    most = {"true": first.true, "predicted": first.predicted, "before": first.before, "after": first.after}
    panels.table(
        columns,
        Words.cells_caption.format(n=len(changed), shown=len(shown)),
        Words.cells_alt.format(shown=len(shown), **most),
        "changed-cells",
        column_config={Words.columns[4]: st.column_config.NumberColumn(format="%+d")},
        height="content",
    )


def show_kernels(network: Network, broken: Network, layer: Layer, channel: int) -> None:
    """The kernels of a layer for one input channel, before and after when they differ."""
    st.subheader(Words.kernels.format(layer=layer.name), anchor=False, divider="gray")
    old, new = (inspection.kernels(each, layer.name, channel) for each in (network, broken))
    limits = palettes.symmetric_limits(np.stack([old, new]))
    changed = (old != new).any(axis=(1, 2))
    values = {"n": len(old), "layer": layer.name, "channel": channel, "n_changed": int(changed.sum())}
    if not changed.any():
        picture_of(old, limits, Words.kernels_whole.format(**values), layer, "before")
        return
    left, right = st.columns(2, gap="large")
    with left:
        picture_of(old, limits, Words.kernels_before.format(**values), layer, "before")
    with right:
        n_off = int(tiles.is_dead(new).sum())
        after = Words.kernels_after.format(crossed=Words.crossed.format(n=n_off) if n_off else "", **values)
        picture_of(new, limits, after, layer, "after")


def picture_of(kernels: np.ndarray, limits: palettes.Limits, caption: str, layer: Layer, name: str) -> None:
    """Kernels with their numbers under them."""
    n, px, _ = kernels.shape
    picture = tiles.make_grid(
        kernels,
        "seismic",
        limits,
        columns=8 if n <= 32 else 9 if n <= 36 else 12,
        cell_px=56,
        labels=[str(i) for i in range(n)],
        mark_dead=True,
        bar=True,
        theme=panels.theme(),
    )
    alt = Words.kernels_alt.format(n=n, px=px, layer=layer.name, low=kernels.min(), high=kernels.max())
    panels.picture(picture, caption, f"{alt} {caption}", f"kernels-{name}", width=min(picture.width, 640), inline=True)


def show_drawing(network: Network, broken: Network) -> None:
    """The answer to this session's drawing before and after."""
    st.subheader(Words.drawing, anchor=False, divider="gray")
    own = digit_choice.current()
    refusal.note(network, own)
    seen, *places = st.columns([1, 2, 2], gap="large")
    with seen:
        picture = tiles.make_grid(own.image[None], "gray", (0, 1), cell_px=196, theme=panels.theme())
        panels.picture(picture, Words.seen, Words.seen_alt, "broken-drawing", width=168, inline=True)
    both = ((network, Words.answer_before, "before"), (broken, Words.answer_after, "after"))
    for place, (each, sentence, name) in zip(places, both, strict=True):
        with place:
            probs = lookups.activations(each, own.image[None, :, :, None])["softmax"][0]
            caption = sentence.format(digit=probs.argmax(), share=probability(probs.max()))
            panels.bars(probs, caption, f"answer-{name}", alt=caption, width=320)
