"""A network broken by hand: filters switched off, layers made random, kernels typed, noise; what it then answers."""

import functools
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation, inspection
from cnnviz.analysis.evaluation import Score
from cnnviz.classroom.prompts import MAX_SENTENCE, Prompt
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer
from cnnviz.network.weights import Network
from cnnviz.pages.break_it import modifications, ranking
from cnnviz.percentages import percent
from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import Limits
from cnnviz.ui import accuracy as accuracies
from cnnviz.ui import asking, choice, digit_choice, lookups, offers, panels, present, refusal, session, state, subjects
from cnnviz.ui.changes import Changes
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import exact
from cnnviz.ui.state import BreakItPage, Key


class Words:
    """What this page says."""

    title = "Break it"
    intro = "Switch parts of the network off and see what it can no longer read. Other pages keep the whole network."
    restore = "Reset"
    to_ask = "Which digit will the network say with these changes?"
    to_ask_accuracy = "How many of the test digits does it still read?"
    to_ask_text = "Changed: {all}. Of 100 test digits, how many does the network still read?"
    to_ask_said = "Before the change {before}, with it {after}."
    nothing = "Nothing is changed; this is the network as it was trained."
    changed = "**Changed:** {all}."

    before, after = "Accuracy before", "Accuracy after"
    points = "{points:+.2f} points"
    cells = "Cells of the confusion matrix that changed most"
    cells_caption = {
        False: (
            "{n} of the 100 cells of the confusion matrix changed. Where true digit and answer are the same, the "
            "answer is right."
        ),
        True: (
            "{n} of the 100 cells of the confusion matrix changed; here are the {shown} that changed most. "
            "Where true digit and answer are the same, the answer is right."
        ),
    }
    cells_alt = (
        "Table of {shown} cells of the confusion matrix before and after; most changed: {true} read as {predicted}, "
        "{before} before, {after} after."
    )
    columns = ("True digit", "Read as", "Before", "After", "Change")
    no_cells = "Not one cell of the confusion matrix changed."

    kernels = "Kernels of {layer} before and after"
    kernel = "Kernel {number}: switch its filter off, or on again"
    kernels_before = (
        "Before: the {n} kernels of {layer} for input channel {channel}. Both pictures have one scale. Click one to "
        "switch its filter off or on."
    )
    kernels_after = "After: {n_changed} of the {n} kernels changed; {n_off} are 0 everywhere and crossed out."
    kernels_alt = "{n} kernels of {px} by {px} weights of {layer}, from {low:+.3f} to {high:+.3f}."

    answers = {
        "before": "Before: reads {first}; its second guess is {second}.",
        "after": "After: reads {first}; its second guess is {second}.",
    }


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
    with present.screen("change"), st.container(key=state.stack_of("break-it").name):
        left, right = st.columns([5, 7], gap="large")
    with left:
        layer, channel = modifications.ask(network, changes)
    broken = modifications.operated(network, changes)
    with right:
        show_changes(network, changes)
        accuracy = st.container()
        show_answers(network, broken)
    with accuracy:
        before, after = accuracies.compare(network, broken, test)
        show_accuracy(before, after)
    asking.offer(Words.to_ask, lambda: subjects.of_digit(broken, digit_choice.current().image))
    asking.offer(Words.to_ask_accuracy, lambda: how_many(network, changes, before, after))
    if broken != network:
        with present.screen("cells"):
            if layer.kind == "convolution":
                show_kernels(network, broken, layer, channel)
            show_cells(before, after)
    with present.screen("ranking"):
        ranking.show(network, test, layer)


def how_many(network: Network, changes: Changes, before: Score, after: Score) -> Prompt:
    """How accurate the changed network is, to be guessed."""
    phrases = "; ".join(modifications.in_words(network, changes)).replace("**", "") or Words.nothing
    said = Words.to_ask_said.format(before=percent(before.accuracy), after=percent(after.accuracy))
    text = Words.to_ask_text.format(all=phrases)[:MAX_SENTENCE]
    return Prompt("number", text, unit="%", value=round(100 * after.accuracy, 2), explanation=said)


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


def show_accuracy(before: Score, after: Score) -> None:
    """Test accuracy before and after."""
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.before, percent(before.accuracy), width="content")
        points = 100 * (after.accuracy - before.accuracy)
        delta = Words.points.format(points=points) if after.correct != before.correct else None
        st.metric(Words.after, percent(after.accuracy), delta, width="content")
    st.markdown(accuracies.in_words(before, after))
    offers.fact(Words.before, percent(before.accuracy))
    offers.fact(Words.after, percent(after.accuracy))


def show_answers(network: Network, broken: Network) -> None:
    """What the session's digit is read as, before and after."""
    own = digit_choice.current()
    st.markdown(f"**{digit_choice.title(own)}**")
    refusal.note(network, own)
    for place, each, name in zip(st.columns(2), (network, broken), ("before", "after"), strict=True):
        with place:
            probs = lookups.activations(each, own.image[None, :, :, None])["softmax"][0]
            first, second = np.argsort(-probs)[:2]
            caption = Words.answers[name].format(first=first, second=second)
            panels.bars(probs, caption, f"answer-{name}", alt=caption, width=280)


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
        Words.cells_caption[len(changed) > N_CELLS].format(n=len(changed), shown=len(shown)),
        Words.cells_alt.format(shown=len(shown), **most),
        "changed-cells",
        column_config={Words.columns[4]: st.column_config.NumberColumn(format="%+d")},
        height="content",
    )


def show_kernels(network: Network, broken: Network, layer: Layer, channel: int) -> None:
    """The kernels of a layer for one input channel before and after, where they differ."""
    old, new = (inspection.kernels(each, layer.name, channel) for each in (network, broken))
    changed = (old != new).any(axis=(1, 2))
    if not changed.any():
        return
    st.subheader(Words.kernels.format(layer=layer.name), anchor=False, divider="gray")
    limits = palettes.symmetric_limits(np.stack([old, new]))
    values = {"n": len(old), "layer": layer.name, "channel": channel}
    values |= {"n_changed": int(changed.sum()), "n_off": int(tiles.is_dead(new).sum())}
    with st.container(key=state.stack_of("kernels").name):
        left, right = st.columns(2, gap="large")
    for place, kernels, words, key, name in (
        (left, old, Words.kernels_before, BreakItPage.kernels_before, "before"),
        (right, new, Words.kernels_after, BreakItPage.kernels_after, "after"),
    ):
        with place:
            show_some(network, kernels, limits, layer, key, caption=words.format(**values), name=f"kernels-{name}")


def show_some(
    network: Network, kernels: np.ndarray, limits: Limits, layer: Layer, key: Key[Any], *, caption: str, name: str
) -> None:
    """Kernels with their numbers under them; a click switches a filter off or on again."""
    n, px, _ = kernels.shape
    alt = Words.kernels_alt.format(n=n, px=px, layer=layer.name, low=kernels.min(), high=kernels.max())
    off = np.flatnonzero(tiles.is_dead(kernels)).tolist()
    sheet = exact(
        kernels,
        "seismic",
        limits,
        8 if n <= 32 else 9 if n <= 36 else 12,
        item=modifications.Words.one_filter,
        names=[Words.kernel.format(number=i) for i in range(n)],
        crossed=off,
        pressed=off,
        cell_px=modifications.FILE_PX,
        widest_px=72,
    )
    maps.show(
        sheet,
        key,
        alt=f"{alt} {caption}",
        caption=caption,
        name=name,
        on_open=functools.partial(modifications.switch, network, layer.name),
    )
