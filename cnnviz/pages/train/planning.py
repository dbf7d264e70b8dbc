"""What is to be run on the page Experiments: an exercise or a sweep, the runs that it consists of, and its start."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.data.dataset import Source
from cnnviz.experiments import exercises, keras_source, sweep
from cnnviz.experiments.exercises import Exercise
from cnnviz.experiments.variations import PlannedRun
from cnnviz.network.config import n_weights
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.pages.train import orders
from cnnviz.training.limits import LimitReached
from cnnviz.ui import access, choice, panels, plan_form, server, state
from cnnviz.ui.state import ExperimentsPart

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Words:
    """What the choice of an experiment says."""

    exercise = "Exercise"
    discussion = "{question} — see **{page}**."
    preset, iterations = "Network and recipe", "Training steps of each run"
    iterations_help = "Short runs answer sooner; long ones more surely."
    keras = "The program"
    settings = "Settings to vary"
    values = "{setting}: values"
    seeds = "Seeds"
    impossible = "This experiment cannot be run. {reason}"
    planned = {
        False: "{n} run of {steps:,} training steps, in turns with other people's runs.",
        True: "{n} runs of {steps:,} training steps, one after another, in turns with other people's runs.",
    }
    planned_of_lengths = "{n} runs ({lengths} training steps), one after another, in turns with other people's runs."
    of_length = "{n} of {steps:,}"
    planned_alt = "Table of the planned runs of this experiment."
    columns = ("Run", "Seed", "Weights")
    start = "Start the experiment"
    exercise_name, sweep_name = "exercise {n}", "sweep"


def plan_exercise() -> int:
    """Choose one of the thirteen exercises, and start it where there is something to run; gives its number."""
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
        with st.expander(Words.keras):
            st.code(keras_source.keras_program(base), "python")
        return
    if exercise.compares_orders:
        orders.show()
    try:
        planned = exercise.plan_runs(base, base.recipe.iterations)
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    offer(planned, Words.exercise_name.format(n=exercise.number), start_place, exercise.number)


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
        1,
        10,
        ExperimentsPart.n_seeds.default,
        key=ExperimentsPart.n_seeds.name,
        width=140,
        persist_state="session",
    )
    try:
        grid = {name: sweep.parse_values(name, text) for name, text in texts.items()}
        planned = sweep.plan_runs(base, grid, int(n_seeds))
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    offer(planned, Words.sweep_name, start_place)


def ask_base() -> tuple[Plan, DeltaGenerator]:
    """The plan that the experiment varies, a preset and a number of training steps, and the place of the button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            Words.preset, list(plan_form.presets()), key=ExperimentsPart.preset.name, width=220, persist_state="session"
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


def offer(planned: Sequence[PlannedRun], name: str, start_place: DeltaGenerator, exercise: int | None = None) -> None:
    """The table of the planned runs, and the button that starts them."""
    rows = [(run.label, run.plan.seed, n_weights(run.plan.network)) for run in planned]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    caption = how_many(planned)
    with st.expander(caption):
        panels.table(table, caption, Words.planned_alt, "planned")
    pressed = start_place.button(
        Words.start, icon=":material/science:", type="primary", disabled=bool(server.scheduler().refusal)
    )
    if pressed:
        start(planned, name, exercise, choice.current().source)


def how_many(planned: Sequence[PlannedRun]) -> str:
    """How many runs there are, and how long each is: not all need be of one length."""
    lengths = Counter(run.plan.recipe.iterations for run in planned)
    if len(lengths) == 1:
        return Words.planned[len(planned) > 1].format(n=len(planned), steps=next(iter(lengths)))
    parts = ", ".join(Words.of_length.format(n=n, steps=steps) for steps, n in lengths.items())
    return Words.planned_of_lengths.format(n=len(planned), lengths=parts)


def start(planned: Sequence[PlannedRun], name: str, exercise: int | None, source: Source) -> None:
    """Begin every run of an experiment, which what follows on the page then shows.

    Not in a callback of the button, for the reason that `runs.start` gives.
    """
    plans = [(run.label, run.plan) for run in planned]
    try:
        begun = server.scheduler().begin_experiment(plans, source, name, exercise, owner=access.owner())
    except LimitReached as refused:
        st.error(str(refused), icon=":material/block:")
        return
    ExperimentsPart.experiment.set(begun)
