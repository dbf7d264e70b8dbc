"""Exercise 12: the figures of a program of one's own are entered, and compared with what the plan has."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.experiments import own_program, recorded
from cnnviz.experiments.own_program import Finding
from cnnviz.network.config import layers
from cnnviz.network.presets import Plan
from cnnviz.training import first_loss
from cnnviz.training.run import Status
from cnnviz.ui import choice, digits, lookups, server, state, texts
from cnnviz.ui.state import ExperimentsPart


class Words:
    """What the check says."""

    title = "Check your program"
    intro = (
        "Enter what your own program prints, as much as you have; the network and recipe above are the plan that it is "
        "compared with."
    )
    weights, n_train = "Weights in all", "Training images"
    accuracy, accuracy_help = "Test accuracy", "A share, 98.8 %, or a count of 10,000, 9880."
    loss, loss_help = "Loss of the first batch", "Before the first step has changed anything."
    by_layer = "More: weights layer by layer"
    marks = {True: ":material/check:", False: ":material/close:", None: ":material/help:"}
    finding = "{mark} {sentence}"
    nothing = "Nothing entered yet."
    summary = "{agree} of {n} figures agree with the plan."


N_SEEDS, N_DIGITS = 5, 1000
MOST_WEIGHTS = 10**9


def show(plan: Plan) -> None:
    """The fields, and a sentence on each figure that is entered."""
    st.markdown(f"**{Words.title}**")
    st.markdown(Words.intro)
    found = list(check(plan))
    if not found:
        st.caption(Words.nothing)
        return
    judged = [finding.agrees for finding in found if finding.agrees is not None]
    if judged:
        st.markdown(Words.summary.format(agree=sum(judged), n=len(judged)))
    lines = (Words.finding.format(mark=Words.marks[each.agrees], sentence=each.sentence) for each in found)
    st.markdown("\n".join(f"- {line}" for line in lines))


def check(plan: Plan) -> Iterator[Finding]:
    """Ask for the figures, and judge those that are there."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        keys = (ExperimentsPart.own_weights, ExperimentsPart.own_train)
        weights, n_train = (
            st.number_input(label, 1, MOST_WEIGHTS, value=None, key=key.name, width=180, persist_state="session")
            for label, key in zip((Words.weights, Words.n_train), keys, strict=True)
        )
        accuracy = st.text_input(
            Words.accuracy,
            key=ExperimentsPart.own_accuracy.name,
            help=Words.accuracy_help,
            width=180,
            persist_state="session",
        )
        loss = st.number_input(
            Words.loss,
            0.0,
            1e9,
            value=None,
            key=ExperimentsPart.own_loss.name,
            help=Words.loss_help,
            format="%g",
            width=180,
            persist_state="session",
        )
    by_layer = list(check_layers(plan))
    if weights is not None:
        yield own_program.check_weights(plan, int(weights))
    yield from by_layer
    if n_train is not None:
        yield own_program.check_train(plan, int(n_train))
    if accuracy.strip():
        yield check_accuracy(plan, accuracy)
    if loss is not None:
        yield own_program.check_loss(plan, float(loss), first_losses(plan, choice.dataset()))


def check_layers(plan: Plan) -> Iterator[Finding]:
    """A field for each layer that has weights."""
    with st.expander(Words.by_layer), st.container(horizontal=True):
        for layer in layers(plan.network):
            if layer.n_weights:
                key = state.own_layer_of(layer.name).name
                n = st.number_input(layer.name, 0, MOST_WEIGHTS, value=None, key=key, width=150)
                if n is not None:
                    yield own_program.check_layer(layer, int(n))


def check_accuracy(plan: Plan, text: str) -> Finding:
    """A test accuracy beside those of recorded seeds and of runs of this server, on the digits that are chosen."""
    try:
        share = own_program.read_accuracy(text)
    except ValueError as error:
        return Finding(None, str(error))
    source = choice.current().source
    runs = [
        run.test
        for run in server.scheduler().runs()
        if (run.plan.network, run.plan.recipe, run.source) == (plan.network, plan.recipe, source)
        and run.test
        and (run.status, run.iteration) == (Status.FINISHED, plan.recipe.iterations)
    ]
    known = recorded.correct_of(plan) if digits.title(source) == texts.MNIST else ()
    n = len(choice.dataset())
    return own_program.check_accuracy(plan, share, [*known, *(correct for correct, _ in runs)], n)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs={Dataset: lambda test: test.key, Plan: repr})
def first_losses(plan: Plan, test: Dataset) -> list[float]:
    """The first losses of some seeds, computed once."""
    some = Dataset(test.images[:N_DIGITS], test.labels[:N_DIGITS], test.name)
    losses: list[float] = lookups.ask(first_loss.first_losses, plan, some, N_SEEDS)
    return losses
