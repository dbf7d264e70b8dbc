"""The experiments of this server on the page Experiments: progress, the table of the runs, the conclusion."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import streamlit as st

from cnnviz.experiments import exercises, frontier, race
from cnnviz.experiments.comparing import Result
from cnnviz.experiments.statistics import mean_interval
from cnnviz.network.config import n_weights
from cnnviz.pages.train import heats
from cnnviz.percentages import percent
from cnnviz.render import charts, figures
from cnnviz.render.charts import Size, Spread
from cnnviz.training import scheduler
from cnnviz.training.run import Run, Status
from cnnviz.ui import access, offers, panels, results, server
from cnnviz.ui.state import ExperimentsPart


class Words:
    """What the experiments that were started say."""

    which = "Experiment"
    none = "Nobody has asked this yet. Start the experiment above."
    others = "Experiments on this server"
    progress = "{done} of {n} runs have ended; {share} of all training steps"
    stop, stop_help = "Stop the experiment", "It ends every run where it stands."
    resume = "Resume the experiment"
    resume_help = "Runs of it that are paused: {n:,}. Each goes on from where it is on disk, or begins anew."
    delete, delete_sure = "Delete its runs", "Delete them for good"
    columns = ("Run", "Seed", "State", "Training steps", "Seconds per 1,000 steps", "Weights", "Validation", "Test",
               "95 % interval")  # fmt: skip
    results = (
        "The runs of this experiment. The interval (95 %): where the accuracy of this one network on endless digits of "
        "this kind would lie; how far other seeds come out apart, the chart above shows."
    )
    results_alt = "Table of {n} runs with state, time and accuracy."
    not_yet = "–"
    conclusion = "What it shows"
    race = "Which group reads most test digits?"
    chosen_later = "Some of its runs are paused. A network is chosen, and tested, when all have ended."
    chart = (
        "Test accuracy of each setting: a point for each seed, a stroke at their mean. The line is the 95 % interval "
        "of the mean, over other seeds and other digits; of one seed alone over digits only."
    )
    chart_alt = "Chart with a point for each seed of each setting, by test accuracy. {settings}."
    setting = "{label}: mean {mean}, seeds {seeds}"
    frontier = (
        "Weights, on a logarithmic axis, against validation accuracy: a small point for each seed. The line is the "
        "frontier: no other size has as few weights and as good a mean; a large point is such a mean, the ring what is "
        "chosen. Test digits are not shown here, so that nothing is chosen by them."
    )
    frontier_alt = "Chart of weights against validation accuracy. {sizes}."
    size = {
        "": "{label}: {n:,} weights, mean {mean}, seeds {seeds}",
        "frontier": "{label}, on the frontier: {n:,} weights, mean {mean}, seeds {seeds}",
        "chosen": "{label}, on the frontier and chosen: {n:,} weights, mean {mean}, seeds {seeds}",
    }
    results_chosen = (
        "The runs of this experiment. Their test accuracy is left out here, since a choice by test digits would make "
        "them useless as judges."
    )


REFRESH_S = 2.0


def take_wanted(exercises_kind: str, sweep_kind: str) -> None:
    """Show the question of the experiment that was chosen in the list; before the widgets that ask for it."""
    wanted = ExperimentsPart.wanted.get()
    ExperimentsPart.wanted.set(None)
    runs = runs_of(wanted) if wanted else []
    if not wanted or not runs:
        return
    number = runs[0].exercise
    ExperimentsPart.kind.set(exercises_kind if number is not None else sweep_kind)
    if number is not None:
        ExperimentsPart.exercise.set(number)
    ExperimentsPart.experiment.set(wanted)


def show_experiments(number: int | None) -> None:
    """How the latest experiment of a question stands; others of this question, and of all others, can be chosen.

    Args:
        number: of the exercise that is asked; None for a sweep.
    """
    of = {run.experiment: run.exercise for run in reversed(server.scheduler().runs()) if run.experiment}
    names = [name for name, exercise in of.items() if exercise == number]
    if names:
        key = ExperimentsPart.experiment
        if key.get() not in names:
            key.set(names[0])
        name = st.selectbox(Words.which, names, key=key.name) if len(names) > 1 else names[0]
        watch(name)
    elif number is None or exercises.find(number) in exercises.WITH_RUNS:
        st.info(Words.none, icon=":material/science:")
    if others := [name for name in of if name not in names]:
        st.selectbox(Words.others, others, index=None, key=ExperimentsPart.listed.name, on_change=open_listed)


def watch(name: str, every_s: float = REFRESH_S) -> None:
    """How an experiment stands, shown again every few seconds as long as something happens to it."""
    active = any(run.active for run in runs_of(name))
    st.fragment(show_experiment, run_every=every_s if active else None)(name, active)


def open_listed() -> None:
    """Callback: show another experiment, under its own question."""
    ExperimentsPart.wanted.set(ExperimentsPart.listed.get())
    ExperimentsPart.listed.forget()


def runs_of(experiment: str) -> list[Run]:
    """The runs of an experiment as they are now."""
    return [run for run in server.scheduler().runs() if run.experiment == experiment]


def show_experiment(name: str, was_active: bool) -> None:
    """Progress of an experiment while it is active, the table of its runs, and its conclusion when all have ended."""
    runs = runs_of(name)
    active = any(run.active for run in runs)
    if not runs or active != was_active:  # deleted, ended or resumed: the page is to be drawn anew
        st.rerun()
    show_controls(runs, active)
    exercise = exercises.find(runs[0].exercise) if runs[0].exercise is not None else None
    chooses = exercise is not None and exercise.chooses
    if chooses and any(run.status is Status.PAUSED for run in runs):  # test digits would judge what is not chosen yet
        st.info(Words.chosen_later, icon=":material/pause:")
    elif not active:
        show_conclusion(runs)
    if runs[0].in_turns:
        heats.show(runs)
    if chooses:
        show_frontier(runs, active)
    else:
        show_chart(runs)
    show_table(runs, with_test=not chooses)


def show_controls(runs: Sequence[Run], active: bool) -> None:
    """How far the experiment is, and the buttons that stop or delete it."""
    if active:
        ended = sum(not run.active for run in runs)
        fraction = scheduler.progress(runs)
        st.progress(fraction, Words.progress.format(done=ended, n=len(runs), share=percent(fraction, 0)))
    names = [run.name for run in runs]
    access.show_refusal(names)
    if not all(map(access.may_change, runs)):
        st.caption(access.Words.others)
        return
    if active:
        access.button(Words.stop, ":material/stop:", names, stop_one, help=Words.stop_help)
        return
    show_resume([run.name for run in runs if run.status is Status.PAUSED])
    with st.popover(Words.delete, icon=":material/delete:"):
        access.button(Words.delete_sure, ":material/delete:", names, server.scheduler().delete)


def stop_one(name: str) -> None:
    """Stop a run of an experiment; one that has failed becomes no network."""
    server.scheduler().stop_all([name])


def show_resume(paused: Sequence[str]) -> None:
    """The button by which an experiment goes on as one, e.g. after a restart."""
    if paused:
        help = Words.resume_help.format(n=len(paused))
        access.button(Words.resume, ":material/play_arrow:", paused, server.scheduler().resume, help=help)


def show_chart(runs: Sequence[Run]) -> None:
    """Every tested seed of each setting as a point, in the order of the plan."""
    tested: dict[str, list[tuple[int, int]]] = {}
    for run in runs:
        if run.test and run.status is Status.FINISHED:
            tested.setdefault(run.label, []).append(run.test)
    if not tested:
        return
    spreads = [spread(label, tests) for label, tests in tested.items()]
    told = (
        Words.setting.format(label=each.label, mean=percent(each.mean), seeds=", ".join(map(percent, each.shares)))
        for each in spreads
    )
    panels.chart(
        charts.spread_chart(spreads, panels.theme()),
        Words.chart_alt.format(settings="; ".join(told)),
        figure=functools.partial(figures.spreads_figure, spreads),
        caption=Words.chart,
    )
    st.caption(Words.chart)


def show_frontier(runs: Sequence[Run], active: bool) -> None:
    """Every size that was tried, by its weights and what its seeds read right of the validation digits."""
    counts = [
        (run.label, n_weights(run.plan.network), run.final.correct, run.final.n)
        for run in runs
        if run.final and run.status is Status.FINISHED and run.iteration == run.plan.recipe.iterations
    ]
    found = frontier.search(frontier.candidates(counts))
    if found is None:
        return
    chosen = None if active else found.chosen
    sizes = [
        Size(each.label, each.n_weights, each.accuracies, each in found.frontier, each is chosen)
        for each in found.candidates
    ]
    told = "; ".join(map(size_in_words, sizes))
    panels.chart(charts.frontier_chart(sizes, panels.theme()), Words.frontier_alt.format(sizes=told))
    st.caption(Words.frontier)


def size_in_words(size: Size) -> str:
    """A size for who cannot see the chart."""
    kind = "chosen" if size.is_chosen else "frontier" if size.on_frontier else ""
    seeds = ", ".join(map(percent, size.accuracies))
    return Words.size[kind].format(label=size.label, n=size.n_weights, mean=percent(size.mean), seeds=seeds)


def spread(label: str, tests: Sequence[tuple[int, int]]) -> Spread:
    """A setting's seeds, each digits read right and all of them, with the interval of their mean."""
    n, correct = tests[0][1], [correct for correct, _ in tests]
    return Spread(label, tuple(each / n for each in correct), *mean_interval(correct, n))


def show_table(runs: Sequence[Run], *, with_test: bool) -> None:
    """State, time and accuracy of every run; test digits only where nothing is to be chosen."""
    rows = []
    for run in runs:
        validation = results.share_and_interval(run.final.correct, run.final.n)[0] if run.final else Words.not_yet
        test = results.share_and_interval(*run.test) if run.test else (Words.not_yet,) * 2
        speed = f"{run.seconds_per_1000:.2f}" if run.iteration else Words.not_yet
        weights = n_weights(run.plan.network)
        row = (run.label, run.plan.seed, results.state(run), run.iteration, speed, weights, validation)
        rows.append((*row, *test) if with_test else row)
    columns = Words.columns if with_test else Words.columns[:-2]
    table = dict(zip(columns, zip(*rows, strict=True), strict=True))
    panels.table(
        table, Words.results if with_test else Words.results_chosen, Words.results_alt.format(n=len(rows)), "experiment"
    )


def show_conclusion(runs: Sequence[Run]) -> None:
    """What the results of an exercise or a race show; nothing for a sweep, nor before a run has a result."""
    number = runs[0].exercise
    exercise = exercises.find(number) if number is not None else None
    conclude = race.conclude if runs[0].in_turns else exercise.conclude if exercise else None
    outcomes = outcomes_of(runs)
    if conclude and outcomes:
        st.subheader(Words.conclusion, anchor=False)
        conclusion = conclude(outcomes)
        st.markdown(conclusion)
        question = exercise.question if exercise else Words.race
        offers.offer(question, facts=[(Words.conclusion, offers.plain(conclusion))])


def outcomes_of(runs: Sequence[Run]) -> list[Result]:
    """What has come of the runs that have ended."""
    return [outcome for run in runs if (outcome := results.of_run(run))]
