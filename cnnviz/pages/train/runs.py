"""Train a network and watch it learn: curves, kernels that form out of noise, the answer to one's own drawing."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.config import n_weights
from cnnviz.network.presets import Plan
from cnnviz.pages.train import class_digits, milestones, old_words, program, run_view, training_log
from cnnviz.percentages import percent
from cnnviz.training import log as logs
from cnnviz.training.limits import LimitReached
from cnnviz.training.run import Run
from cnnviz.ui import access, class_runs, digits, panels, plan_form, present, results, server, state, texts
from cnnviz.ui.state import TrainPage

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Words:
    """What this page says, but for what is said of one run."""

    intro = "Start a recipe and watch the network learn from noise; the run goes on when you leave this page."
    setup_title = "Settings of the next run"
    starts = {
        "constant": "{n:,} training steps, learning rate {rate:g}, seed {seed}",
        "one_cycle": "{n:,} training steps, learning rate up to {rate:g} and back to 0, seed {seed}",
    }
    start = "Start"
    started = "{name} has begun."
    impossible = "This network cannot be built. {reason}"
    weights = "Weights"
    chart = "The network of these settings."
    chart_alt = "Flow chart of the network with {n} weights."
    code = "The same in Keras"
    none = "No run yet. Choose a recipe and press Start."
    run = "Run"
    all_runs = "All runs: {n}"
    list_columns = ("Run", "State", "Training steps", "Of", "Validation accuracy", "Experiment", "On disk")
    list_caption = "Every run of this server, the latest first, as of when this page was opened."
    list_alt = "Table of {n} runs with state and training steps."
    not_yet = "–"
    table_later = "Test accuracy at each snapshot is measured when the run pauses or ends."
    kept = {
        "all": "Runs of an earlier start of the server: {n:,}. All can go on from their checkpoints.",
        "none": "Runs of an earlier start of the server: {n:,}. None was on disk yet; all can begin anew.",
        "some": (
            "Runs of an earlier start of the server: {n:,}. From their checkpoints can go on: {kept:,}. The other "
            "{anew:,} were not on disk yet and can begin anew."
        ),
    }
    lost = "not on disk"
    at = "step {n:,}"


LOOK_EVERY_S = 1.0


def show() -> None:
    """The page from top to bottom."""
    panels.intro(Words.intro)
    if refusal := server.scheduler().refusal:
        st.warning(refusal, icon=":material/lock:")
    for problem in server.scheduler().problems:
        st.warning(problem, icon=":material/warning:")
    for notice in server.scheduler().notices:
        st.info(notice, icon=":material/delete_sweep:")
    show_interrupted()
    show_begun()
    known = {run.name: run for run in reversed(server.scheduler().runs())}
    if known and TrainPage.run.get() not in known:
        TrainPage.run.set(next((name for name, run in known.items() if is_own(run)), next(iter(known))))
    with present.screen("run"), st.container(horizontal=True, vertical_alignment="center"):
        preset = plan_form.ask_preset()
        start_place = st.container(width="content")
        if known:
            names = list(known)
            st.selectbox(Words.run, names, key=TrainPage.run.name, width=220, label_visibility="collapsed")
    set_up(preset, start_place, known.get(TrainPage.run.get()))
    if known:
        with present.screen("run", 2):
            show_run(known[TrainPage.run.get()])
        with st.expander(Words.all_runs.format(n=len(known))):
            show_list(list(known.values()))
    else:
        st.info(Words.none, icon=":material/model_training:")
    st.divider()
    access.show_teacher()


def is_own(run: Run) -> bool:
    """True for a run that this browser began: where none is chosen its latest is shown, not another person's."""
    return bool(run.owner) and run.owner == access.owner()


def show_begun() -> None:
    """What the start button began in the run of the script before this one: it is the run that is shown now."""
    if name := TrainPage.begun.get():
        TrainPage.begun.forget()
        TrainPage.run.set(name)
        st.toast(Words.started.format(name=name), icon=":material/play_arrow:")


def show_interrupted() -> None:
    """After a restart: what is there of what was under way, and what is missing."""
    runs = [run for run in server.scheduler().runs() if run.interrupted]
    kept = sum(run.begun for run in runs)
    if runs:
        which = "all" if kept == len(runs) else "some" if kept else "none"
        sentence = Words.kept[which].format(n=len(runs), kept=kept, anew=len(runs) - kept)
        st.info(sentence, icon=":material/restart_alt:")


def set_up(preset: str, start_place: DeltaGenerator, shown: Run | None) -> None:
    """The form, open until there is a run to see, and beside it what comes of it; the button stands in its place."""
    refused_place = st.container()
    source = class_digits.ask()
    key = state.plan_form_of(shown.name if shown else "")
    form = st.expander(Words.setup_title, expanded=shown is None, key=key.name)
    with form:
        left, right = st.columns(2, gap="large")
        old_words.show()
    with left:
        try:
            plan = plan_form.ask(preset)
        except ValueError as error:
            st.error(Words.impossible.format(reason=error), icon=":material/error:")
            start_place.button(Words.start, icon=":material/play_arrow:", type="primary", disabled=True)
            return
        recipe = plan.recipe
        values = {"n": recipe.iterations, "rate": recipe.learning_rate, "seed": plan.seed}
        st.caption(Words.starts[recipe.schedule].format(**values))
    pressed = start_place.button(
        Words.start, icon=":material/play_arrow:", type="primary", disabled=bool(server.scheduler().refusal)
    )
    if pressed:
        with refused_place:
            start(preset, plan, source)
    with right:
        show_plan(plan)
        if source.adds_class:
            st.caption(class_digits.Words.program)


def start(name: str, plan: Plan, source: Source) -> None:
    """Begin a run, and run the script again to show it.

    Not in a callback of the button: what it is given would be what the form said when the page was drawn, but a number
    that is typed is known no earlier than the click that leaves its field.
    """
    try:
        begun = class_runs.begin(plan, source, name)
    except LimitReached as refused:
        st.error(str(refused), icon=":material/block:")
        return
    TrainPage.begun.set(begun.name)
    st.rerun()


def show_plan(plan: Plan) -> None:
    """Flow chart, number of weights, and the Keras program."""
    n = n_weights(plan.network)
    st.metric(Words.weights, f"{n:,}", width="content")
    alt = Words.chart_alt.format(n=f"{n:,}")
    chart = functools.partial(panels.network_chart, plan.network)
    panels.picture(chart, Words.chart, alt, "planned-network")
    program.show(plan, Words.code)


def show_run(chosen: Run) -> None:
    """The run that is chosen, by itself while there is something to see, and its accuracy on the way."""
    if with_class := class_runs.to_compare(chosen):
        class_digits.show_result(with_class)
    st.fragment(run_view.watch, run_every=LOOK_EVERY_S if chosen.active else None)(chosen.name, chosen.active)
    if run_view.is_measured(chosen):
        with contextlib.suppress(BrokenModel):  # that its weights cannot be read has been said
            show_milestones(chosen)
    else:
        st.caption(Words.table_later)


def show_milestones(chosen: Run) -> None:
    """Its accuracy on the way beside a tutorial's, and its training log."""
    card = store.open_model(server.scheduler().root / chosen.name).card
    log = card.log if card else logs.log_of(results.loaded(chosen))
    have = [snapshot.iteration for snapshot in card.snapshots] if card else chosen.snapshot_iterations
    milestones.show(
        chosen.plan,
        {iteration: run_view.test_result(chosen, iteration) for iteration in have},
        log,
        is_mnist=digits.title(chosen.source) == texts.MNIST,
        seconds=chosen.seconds,
        name="milestones",
    )
    with st.expander(training_log.Words.title, icon=":material/table_rows:"):
        training_log.show(chosen.name, chosen.plan, log, chosen.iteration, chosen.seconds)


def show_list(known: Sequence[Run]) -> None:
    """Every run with its state, the latest first."""
    rows = [
        (
            run.name,
            results.state(run),
            run.iteration,
            run.target,
            percent(run.validated[-1].accuracy, 1) if run.validated else Words.not_yet,
            run.experiment,
            kept(run),
        )
        for run in known
    ]
    table = dict(zip(Words.list_columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.list_caption, Words.list_alt.format(n=len(rows)), "runs")


def kept(run: Run) -> str:
    """What of a run would be there after the server's end."""
    if run.not_on_disk or not run.kept:
        return Words.lost if run.begun else Words.not_yet
    return Words.at.format(n=run.kept.iteration)
