"""The curves of a race: all groups with one seed while they train, the means of all seeds at its end."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz.render import charts, figures
from cnnviz.render.charts import Line
from cnnviz.training.run import Run, Status
from cnnviz.ui import panels


class Words:
    """What is said of them."""

    axis = "Validation accuracy"
    running = (
        "Validation accuracy over the training steps, with seed {seed}; seeds to come: {left}. The groups train in "
        "turns of equal length, so their curves grow together."
    )
    over = "Validation accuracy over the training steps, the mean of each group’s seeds."
    alt = "Line chart of validation accuracy over the training steps. {last}."
    last = "{label}: {share} after {steps:,}"
    nothing = "This recipe learns from the validation digits too, so there is nothing to draw on the way."


def show(runs: Sequence[Run]) -> None:
    """The curves of the seed that trains now, or of all at the end."""
    if not runs[0].plan.recipe.keep_validation:
        st.caption(Words.nothing)
        return
    active = {run.plan.seed for run in runs if run.active}
    seed = min(active, default=None)
    shown = [run for run in runs if run.status is Status.FINISHED] if seed is None else of_seed(runs, seed)
    lines = {label: line for label in dict.fromkeys(run.label for run in runs) if len((line := mean(shown, label))[0])}
    if not lines:
        return
    told = (
        Words.last.format(label=label, share=f"{values[-1]:.1%}", steps=int(steps[-1]))
        for label, (steps, values) in lines.items()
    )
    chart = charts.curve_chart(lines, Words.axis, panels.theme(), 1.0, legend_columns=1, end=runs[0].target)
    caption = Words.over if seed is None else Words.running.format(seed=seed, left=len(active) - 1)
    figure = functools.partial(figures.curves_figure, lines, Words.axis, 1.0)
    panels.chart(chart, Words.alt.format(last="; ".join(told)), figure=figure, caption=caption)
    st.caption(caption)


def of_seed(runs: Sequence[Run], seed: int) -> list[Run]:
    """Those with one seed: the groups whose curves grow together."""
    return [run for run in runs if run.plan.seed == seed]


def mean(runs: Sequence[Run], label: str) -> Line:
    """Iterations and mean validation accuracy of the runs with a label, where all of them were checked."""
    checked = [{check.iteration: check.accuracy for check in run.validated} for run in runs if run.label == label]
    common = sorted(set.intersection(*map(set, checked))) if checked else []
    return np.array(common, float), np.array([np.mean([each[at] for each in checked]) for at in common])
