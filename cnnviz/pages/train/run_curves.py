"""What one run's training batches came to, before each step and after it, beside validation digits."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal

import numpy as np
import streamlit as st

from cnnviz.percentages import percent
from cnnviz.render import charts, figures
from cnnviz.training.advance import measured_every
from cnnviz.training.run import Run, curves, measured
from cnnviz.ui import panels, state


class Words:
    """What is said of them."""

    train_help = "Of the batch of training step {at:,}, after that step and with no value dropped."
    train_help_before = "Of the images of the last {n} steps, before each step: nothing was measured after a step yet."
    curves = {
        "accuracy": (
            "Accuracy of training batches: after their step with no value dropped, every {every} steps, and before "
            "each step (steps per point: {n})."
        ),
        "loss": "Cross-entropy per image of training batches before each step (steps per point: {n}).",
    }
    with_dropout = " Dropout is on in what is measured before a step."
    checked = " On validation digits, too, which it does not learn from."
    no_validation = " This run learns from the validation digits too, so there are none to check it on."
    before, before_dropped, after, validation = (
        "before the step",
        "before, with dropout",
        "after the step",
        "validation",
    )
    curve_alt = "Line chart of {what} over {n:,} training steps; it ends at: {ends}."
    curve_end = "{name} {value:.3f}"
    not_yet = "–"


N_LAST = 100
CHART_PX = 250


def training_accuracy(chosen: Run) -> tuple[str, str]:
    """The last accuracy on a training batch as the tutorials print it, and of what it is."""
    after = chosen.state.accuracies_after if chosen.state is not None else np.zeros(0)
    at = np.flatnonzero(np.isfinite(after))
    if len(at):
        return percent(float(after[at[-1]]), 1), Words.train_help.format(at=at[-1] + 1)
    recent = chosen.state.accuracies[-N_LAST:] if chosen.state is not None else np.zeros(0)
    share = percent(float(recent.mean()), 1) if len(recent) else Words.not_yet
    return share, Words.train_help_before.format(n=N_LAST)


def show_curve(chosen: Run, what: Literal["accuracy", "loss"], title: str) -> None:
    """Accuracy, or loss, of training and validation over the training steps."""
    batches = curves(chosen)
    if not len(batches["iteration"]):
        return
    dropped = bool(chosen.plan.network.dropout)
    series = curve_series(chosen, what, batches)
    ends = [Words.curve_end.format(name=name, value=values[-1]) for name, (_, values) in series.items()]
    alt = Words.curve_alt.format(what=title.lower(), n=chosen.iteration, ends=", ".join(ends))
    top = 1.0 if what == "accuracy" else None
    chart = charts.curve_chart(series, title, panels.theme(), top=top, height_px=CHART_PX)
    per_point = max(1, round(chosen.iteration / len(batches["iteration"])))
    every = measured_every(chosen.plan.recipe.iterations)
    caption = Words.curves[what].format(n=per_point, every=every)
    caption += Words.with_dropout if dropped else ""
    caption += Words.checked if chosen.plan.recipe.keep_validation else Words.no_validation
    draw = functools.partial(figures.curves_figure, series, title, top)
    panels.chart(chart, alt, key=state.run_curve_of(what), figure=draw, caption=caption)
    st.caption(caption)


def curve_series(
    chosen: Run, what: Literal["accuracy", "loss"], batches: Mapping[str, np.ndarray]
) -> dict[str, charts.Line]:
    """The lines of a chart by their names: training batches before their step, after it, and validation digits."""
    scale = 1 if what == "accuracy" or chosen.plan.recipe.loss == "mean" else chosen.plan.recipe.batch_size
    before = Words.before_dropped if chosen.plan.network.dropout else Words.before
    series = {before: (batches["iteration"], batches[what] / scale)}
    after = measured(chosen)
    if what == "accuracy" and len(after[0]):
        series[Words.after] = after
    if chosen.validated:
        at = np.array([check.iteration for check in chosen.validated], float)
        series[Words.validation] = (at, np.array([getattr(check, what) for check in chosen.validated]))
    return series
