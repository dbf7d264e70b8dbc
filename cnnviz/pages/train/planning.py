"""What is to be run on the page Experiments: an exercise or a sweep, the runs that it consists of, and its start."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.experiments import duration, exercises, sweep
from cnnviz.experiments.duration import Measured
from cnnviz.experiments.exercises import Exercise
from cnnviz.experiments.statistics import MIN_SEEDS
from cnnviz.experiments.variations import PlannedRun
from cnnviz.network import store
from cnnviz.network.config import n_weights
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.pages.train import old_words, orders, own_program, program, sharing
from cnnviz.training.limits import LimitReached
from cnnviz.training.pieces import N_SUBSET
from cnnviz.training.run import N_CHECKS
from cnnviz.ui import access, choice, panels, plan_form, server, state
from cnnviz.ui.state import ExperimentsPart

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Words:
    """What the choice of an experiment says."""

    exercise = "Exercise"
    discussion = "{question} — see **{page}**."
    preset, iterations = "Network and recipe", "Training steps of each run"
    iterations_help = "What a short run shows may turn in a longer one. With 540 the recipe `fast` reads 98.8 % right."
    keras = "The program"
    settings = "Settings to vary"
    values = "{setting}: values"
    seeds, seeds_help = "Seeds", "Runs of each setting. With fewer than {n} chance cannot be told from the setting."
    impossible = "This experiment cannot be run. {reason}"
    planned = "{n} runs, {steps:,} training steps together: about {time}, longer while others train too."
    untimed = "{n} runs, {steps:,} training steps together; nothing was trained yet that tells how long they take."
    table = "The runs that this experiment consists of. {source}"
    measured = "The time follows from training steps that were measured on this server."
    shipped = (
        "The time follows from the training of the shipped networks on another machine: here it may be half or twice "
        "that. Once something was trained here, that counts."
    )
    planned_alt = "Table of the planned runs of this experiment."
    columns = ("Run", "Seed", "Training steps", "Weights")
    start = "Start the experiment"
    exercise_name, sweep_name = "exercise {n}", "sweep"


MAX_SEEDS = 10


def plan_exercise() -> int:
    """Choose one of the exercises, and start it where there is something to run; gives its number."""
    by_number = {exercise.number: exercise for exercise in exercises.EXERCISES}
    number = st.selectbox(
        Words.exercise,
        list(by_number),
        format_func=lambda n: f"{n}. {by_number[n].question}",
        key=ExperimentsPart.exercise.name,
        persist_state="session",
    )
    exercise = by_number[number]
    st.markdown(exercise.explanation)
    plan_runs(exercise)
    return int(number)


def plan_runs(exercise: Exercise) -> None:
    """What an exercise asks for: a discussion, a program, or runs."""
    for question, page in exercise.discussion:
        st.markdown(f"- {Words.discussion.format(question=question, page=page)}")
    if exercise.discussion:
        return
    base, start_place = ask_base()
    if exercise.shows_program:
        own_program.show(base)
        program.show(base, Words.keras)
        old_words.show()
        return
    if exercise.compares_orders:
        orders.show(base.recipe)
    if exercise.compares_sharing:
        sharing.show(base.network)
    try:
        planned = exercise.plan_runs(base, base.recipe.iterations)
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    if offer(planned, start_place):
        start(planned, Words.exercise_name.format(n=exercise.number), exercise.number)


def plan_sweep() -> None:
    """Choose several values of several settings and a number of seeds, and start their runs."""
    base, start_place = ask_base()
    names = st.multiselect(
        Words.settings,
        list(sweep.SETTINGS),
        default=list(ExperimentsPart.settings.default),
        key=ExperimentsPart.settings.name,
        persist_state="session",
    )
    texts = {
        name: st.text_input(
            Words.values.format(setting=name.capitalize()),
            sweep.SETTINGS[name].example,
            key=state.sweep_values_of(name).name,
            persist_state="session",
        )
        for name in names
    }
    n_seeds = st.number_input(
        Words.seeds,
        MIN_SEEDS,
        MAX_SEEDS,
        ExperimentsPart.n_seeds.default,
        key=ExperimentsPart.n_seeds.name,
        help=Words.seeds_help.format(n=MIN_SEEDS),
        width=140,
        persist_state="session",
    )
    try:
        grid = {name: sweep.parse_values(name, text) for name, text in texts.items()}
        planned = sweep.plan_runs(base, grid, int(n_seeds))
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    if offer(planned, start_place):
        start(planned, Words.sweep_name)


def ask_base() -> tuple[Plan, DeltaGenerator]:
    """The plan that the experiment varies, a preset and a number of training steps, and the place of the button."""
    names = list(plan_form.presets())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            Words.preset,
            names,
            index=names.index(plan_form.FASTEST),
            key=ExperimentsPart.preset.name,
            width=220,
            persist_state="session",
        )
        iterations = st.number_input(
            Words.iterations,
            1,
            100_000,
            ExperimentsPart.iterations.default,
            help=Words.iterations_help,
            key=ExperimentsPart.iterations.name,
            width=220,
            persist_state="session",
        )
        start_place = st.container(width="content")
    preset = PRESETS[name]
    return Plan(preset.network, dataclasses.replace(preset.recipe, iterations=int(iterations))), start_place


def offer(
    planned: Sequence[PlannedRun], start_place: DeltaGenerator, words: str = Words.start, *, disabled: bool = False
) -> bool:
    """The table of the planned runs with the time that they take, and the button that starts them: True when pressed.

    Args:
        planned: at least one run.
        start_place: where the button stands.
        words: on it.
        disabled: True where something else has to come first.
    """
    rows = [(run.label, run.plan.seed, run.plan.recipe.iterations, n_weights(run.plan.network)) for run in planned]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    told, source = told_time([run.plan for run in planned])
    with st.expander(told):
        panels.table(table, Words.table.format(source=source).rstrip(), Words.planned_alt, "planned")
    refused = disabled or bool(server.scheduler().refusal)
    return start_place.button(words, icon=":material/science:", type="primary", disabled=refused)


def told_time(plans: Sequence[Plan]) -> tuple[str, str]:
    """How many runs and how long they take, and where that is known from."""
    here = [(run.plan, run.timing.seconds / run.timing.steps) for run in server.scheduler().runs() if run.timing.steps]
    measured = here[::-1] or of_shipped()
    n, steps = len(plans), sum(plan.recipe.iterations for plan in plans)
    if not measured:
        return Words.untimed.format(n=n, steps=steps), ""
    n_test = len(choice.dataset())
    n_validation = n_test // 2
    n_read = n_test + n_validation + N_CHECKS * min(N_SUBSET, n_validation)
    time = panels.duration(duration.seconds(plans, measured, n_read))
    return Words.planned.format(n=n, steps=steps, time=time), Words.measured if here else Words.shipped


def of_shipped() -> list[Measured]:
    """The training of the networks on disk, where they were trained."""
    cards = [model.card for model in store.models() if model.card and model.card.last.iteration]
    return [(Plan(card.network, card.recipe, card.seed), card.seconds / card.last.iteration) for card in cards]


def start(planned: Sequence[PlannedRun], name: str, exercise: int | None = None, *, in_turns: bool = False) -> str:
    """Begin every run of an experiment, which what follows on the page then shows.

    Not in a callback of the button, for the reason that `runs.start` gives.

    Returns:
        the experiment's name; "" where it cannot begin, which is said.
    """
    plans, source = [(run.label, run.plan) for run in planned], choice.current().source
    try:
        begun = server.scheduler().begin_experiment(
            plans, source, name, exercise, owner=access.owner(), in_turns=in_turns
        )
    except LimitReached as refused:
        st.error(str(refused), icon=":material/block:")
        return ""
    ExperimentsPart.experiment.set(begun)
    return begun
