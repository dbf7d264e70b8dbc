"""The exercises as experiments of one click each, and sweeps over settings of one's own."""

import dataclasses
import re
from collections.abc import Sequence

import streamlit as st

from cnnviz.analysis import pooling_order
from cnnviz.compute import backend
from cnnviz.data.dataset import Source
from cnnviz.experiments import keras_source, statistics, sweep
from cnnviz.experiments.exercises import EXERCISES, Exercise, Named
from cnnviz.network.config import n_weights
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.training import scheduler
from cnnviz.training.run import Run
from cnnviz.ui import choice, lookups, panels, plan_form, results


class Words:
    """What this page says."""

    title = "Experiments"
    intro = "Each question is answered by runs that you start here; nothing is known beforehand."
    kind, kinds = "What", ("Exercises", "Sweep")
    exercise = "Exercise"
    preset, iterations = "Network and recipe", "Iterations of each run"
    iterations_help = "Short runs answer sooner; long ones more surely."
    planned = "{n} runs of {iterations:,} iterations, one after another, in turns with other people's runs."
    planned_alt = "Table of the {n} runs of this experiment."
    columns = ("Run", "Seed", "Weights")
    start = "Start the experiment"
    impossible = "This experiment cannot be run. {reason}"
    settings = "Settings to vary"
    values = "{setting}: values"
    seeds = "Seeds"
    which = "Experiment"
    none = "No experiment yet. Start one above."
    exercise_name, sweep_name = "exercise {n}", "sweep"
    progress = "{done} of {n} runs have ended; {share} of all iterations"
    stop, stop_help = "Stop the experiment", "Ends every run of it where it stands."
    delete, delete_sure = "Delete its runs", "Delete them for good"
    result_columns = ("Run", "Seed", "State", "Iterations", "Seconds per 1,000", "Weights", "Validation", "Test",
                      "95 % interval")  # fmt: skip
    results = (
        "The runs of this experiment. The interval (95 %): where the accuracy on endless digits of this kind would lie."
    )
    results_alt = "Table of {n} runs with state, time and accuracy."
    not_yet = "–"
    answer = "What it shows"
    commute = "Without any training: the chosen network in both orders"
    commuting = "Computing both orders"
    no_commute = "The network in the sidebar has no pooling, so there are no two orders."
    keras = "The program"
    look = "{question} — see **{page}**."


N_IMAGES = 256
LOOK_EVERY_S = 2.0
CHOSEN = "experiment"


def show() -> None:
    """The page from top to bottom."""
    panels.head(Words.title, Words.intro, of_network=False)
    kind = st.segmented_control(
        Words.kind, Words.kinds, default=Words.kinds[0], required=True, key="experiment kind", persist_state="session"
    )
    if kind == Words.kinds[0]:
        set_up_exercise()
    else:
        set_up_sweep()
    show_experiments()


def ask_base(default_iterations: int) -> Plan:
    """Preset and length."""
    with st.container(horizontal=True):
        name = st.selectbox(
            Words.preset, list(plan_form.presets()), key="experiment preset", width=220, persist_state="session"
        )
        iterations = st.number_input(
            Words.iterations,
            1,
            100_000,
            default_iterations,
            help=Words.iterations_help,
            key="experiment iterations",
            width=220,
            persist_state="session",
        )
    preset = PRESETS[name]
    return Plan(preset.network, dataclasses.replace(preset.recipe, iterations=int(iterations)))


def set_up_exercise() -> None:
    """One of the thirteen exercises."""
    numbers = {exercise.number: exercise for exercise in EXERCISES}
    number = st.selectbox(
        Words.exercise,
        list(numbers),
        format_func=lambda n: f"{n}. {numbers[n].question}",
        key="exercise",
        persist_state="session",
    )
    exercise = numbers[number]
    st.markdown(exercise.reading)
    for question, page in exercise.ask:
        st.markdown(f"- {Words.look.format(question=question, page=page)}")
    if exercise.ask:
        return
    base = ask_base(300)
    if exercise.program:
        with st.expander(Words.keras):
            st.code(keras_source.keras_program(base), "python")
        return
    if number == 6:
        show_commute()
    try:
        planned = exercise.plans(base, base.recipe.iterations)
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    offer(planned, Words.exercise_name.format(n=number), base.recipe.iterations)


def set_up_sweep() -> None:
    """Several values of several settings, several seeds."""
    base = ask_base(300)
    chosen = st.multiselect(
        Words.settings, list(sweep.SETTINGS), default=["learning rate"], key="sweep settings", persist_state="session"
    )
    texts = {
        name: st.text_input(
            Words.values.format(setting=name.capitalize()),
            sweep.SETTINGS[name][2],
            key=f"sweep {name}",
            persist_state="session",
        )
        for name in chosen
    }
    n_seeds = st.number_input(Words.seeds, 1, 10, 2, key="sweep seeds", width=140, persist_state="session")
    try:
        planned = sweep.plans(base, {name: sweep.values(name, text) for name, text in texts.items()}, int(n_seeds))
    except ValueError as error:
        st.error(Words.impossible.format(reason=error), icon=":material/error:")
        return
    offer(planned, Words.sweep_name, base.recipe.iterations)


def offer(planned: Sequence[Named], name: str, iterations: int) -> None:
    """The runs that there would be, and the button that starts them."""
    rows = [(named.label, named.plan.seed, n_weights(named.plan.network)) for named in planned]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    caption = Words.planned.format(n=len(planned), iterations=iterations)
    with st.expander(caption):
        panels.table(table, caption, Words.planned_alt.format(n=len(planned)), "planned")
    st.button(
        Words.start,
        icon=":material/science:",
        type="primary",
        on_click=start,
        args=(planned, name, choice.current().source),
    )


def start(planned: Sequence[Named], name: str, source: Source) -> None:
    """Begin every run of an experiment."""
    plans = [(named.label, named.plan) for named in planned]
    st.session_state[CHOSEN] = scheduler.of_server().begin_experiment(plans, source, name)


def show_experiments() -> None:
    """The experiments of this server, and what the chosen one shows."""
    st.divider()
    groups: dict[str, list[Run]] = {}
    for run in scheduler.of_server().runs():
        if run.experiment:
            groups.setdefault(run.experiment, []).append(run)
    if not groups:
        st.info(Words.none, icon=":material/science:")
        return
    names = list(reversed(groups))
    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = names[0]
    chosen = groups[st.selectbox(Words.which, names, key=CHOSEN)]
    active = any(run.active for run in chosen)
    st.fragment(watch, run_every=LOOK_EVERY_S if active else None)(chosen, active)


def watch(members: list[Run], was_active: bool) -> None:
    """Progress of an experiment, its runs, and once they have ended its answer."""
    active = any(run.active for run in members)
    if was_active and not active:
        st.rerun()
    room = scheduler.of_server()
    if active:
        done = sum(not run.active for run in members)
        share = scheduler.progress(members)
        st.progress(share, Words.progress.format(done=done, n=len(members), share=percent(share, 0)))
        if st.button(Words.stop, icon=":material/stop:", help=Words.stop_help):
            room.stop_all(members)
            st.rerun()
    elif st.popover(Words.delete, icon=":material/delete:").button(Words.delete_sure, icon=":material/delete:"):
        for run in members:
            room.delete(run)
        st.rerun()
    show_results(members)
    number = re.fullmatch(r"exercise (\d+) \(\d+\)", members[0].experiment)
    ended = [result for run in members if (result := results.of_run(run))]
    if number and ended and not active:
        show_answer(next(e for e in EXERCISES if e.number == int(number[1])), ended)


def show_results(members: Sequence[Run]) -> None:
    """One line a run."""
    rows = []
    for run in members:
        final = results.share_and_interval(run.final.correct, run.final.n)[0] if run.final else Words.not_yet
        test = results.share_and_interval(*run.test) if run.test else (Words.not_yet,) * 2
        speed = f"{run.seconds_per_1000:.2f}" if run.iteration else Words.not_yet
        weights = n_weights(run.plan.network)
        rows.append((run.label, run.plan.seed, results.state(run), run.iteration, speed, weights, final, *test))
    table = dict(zip(Words.result_columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.results, Words.results_alt.format(n=len(rows)), "experiment")


def show_answer(exercise: Exercise, ended: Sequence[statistics.Result]) -> None:
    """What the results let one say."""
    st.subheader(Words.answer, anchor=False)
    st.markdown(exercise.conclude(ended))


def show_commute() -> None:
    """Exercise 6 on the network of the sidebar: both orders on some test digits, to the bit, with their times."""
    network, images = choice.network(), choice.dataset().images[:N_IMAGES]
    st.markdown(f"**{Words.commute}**")
    if network.config.pooling == "none" or not network.config.convolutions:
        st.info(Words.no_commute)
        return
    with st.spinner(Words.commuting, show_time=True):
        for config in (network.config, dataclasses.replace(network.config, activation="sigmoid", pooling="average")):
            found = commuted(Network(config, network.weights), images)
            st.markdown(f"- {config.activation}, {config.pooling}-pooling: {found.sentence()}")


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Network: lambda network: network.key})
def commuted(network: Network, images: object) -> pooling_order.Commute:
    """Both orders of a network, computed once."""
    with lookups.failures():
        found: pooling_order.Commute = backend.call(pooling_order.commute, network, images)
    return found


show()
