"""The experiments of this server on the page Experiments: progress, the table of the runs, the conclusion."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.experiments import exercises
from cnnviz.network.config import n_weights
from cnnviz.percentages import percent
from cnnviz.training import scheduler
from cnnviz.training.run import Run, Status
from cnnviz.ui import access, panels, results, server
from cnnviz.ui.state import ExperimentsPage


class Words:
    """What the experiments that were started say."""

    which = "Experiment"
    none = "No experiment yet. Start one above."
    progress = "{done} of {n} runs have ended; {share} of all iterations"
    stop, stop_help = "Stop the experiment", "Ends every run of it where it stands."
    resume = "Resume the experiment"
    resume_help = "Runs of it that are paused: {n:,}. Each goes on from where it is on disk, or begins anew."
    delete, delete_sure = "Delete its runs", "Delete them for good"
    columns = ("Run", "Seed", "State", "Iterations", "Seconds per 1,000", "Weights", "Validation", "Test",
               "95 % interval")  # fmt: skip
    results = (
        "The runs of this experiment. The interval (95 %): where the accuracy on endless digits of this kind would lie."
    )
    results_alt = "Table of {n} runs with state, time and accuracy."
    not_yet = "–"
    conclusion = "What it shows"


REFRESH_S = 2.0


def show_experiments() -> None:
    """Choose one of the experiments, the latest first, and see how it stands."""
    st.divider()
    names = list(dict.fromkeys(run.experiment for run in reversed(server.scheduler().runs()) if run.experiment))
    if not names:
        st.info(Words.none, icon=":material/science:")
        return
    key = ExperimentsPage.experiment
    if key.get() not in names:
        key.set(names[0])
    name = st.selectbox(Words.which, names, key=key.name)
    active = any(run.active for run in runs_of(name))
    st.fragment(show_experiment, run_every=REFRESH_S if active else None)(name, active)


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
    show_table(runs)
    if not active:
        show_conclusion(runs)


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
        access.button(Words.stop, ":material/stop:", names, stop_one, Words.stop_help)
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
        access.button(Words.resume, ":material/play_arrow:", paused, server.scheduler().resume, help)


def show_table(runs: Sequence[Run]) -> None:
    """State, time and accuracy of every run."""
    rows = []
    for run in runs:
        validation = results.share_and_interval(run.final.correct, run.final.n)[0] if run.final else Words.not_yet
        test = results.share_and_interval(*run.test) if run.test else (Words.not_yet,) * 2
        speed = f"{run.seconds_per_1000:.2f}" if run.iteration else Words.not_yet
        weights = n_weights(run.plan.network)
        rows.append((run.label, run.plan.seed, results.state(run), run.iteration, speed, weights, validation, *test))
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.results, Words.results_alt.format(n=len(rows)), "experiment")


def show_conclusion(runs: Sequence[Run]) -> None:
    """What the results of an exercise show; nothing for a sweep, nor before a run has a result."""
    number = runs[0].exercise
    exercise = exercises.find(number) if number is not None else None
    outcomes = [outcome for run in runs if (outcome := results.of_run(run))]
    if exercise and outcomes:
        st.subheader(Words.conclusion, anchor=False)
        st.markdown(exercise.conclude(outcomes))
