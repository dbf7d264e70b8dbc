"""Curves of runs and of networks from disk laid over each other, and the training log of one of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from cnnviz.network import store
from cnnviz.network.cards import LogLine
from cnnviz.pages.train import milestones, training_log
from cnnviz.render import charts, figures
from cnnviz.render.charts import Line
from cnnviz.training import log as logs
from cnnviz.training.run import curves, measured
from cnnviz.ui import panels, results, texts
from cnnviz.ui.results import Row
from cnnviz.ui.state import ComparePart


class Words:
    """What is said of them."""

    title = "Curves"
    what = "What"
    kinds = {
        "validation": "Validation accuracy",
        "test": "Test accuracy",
        "after": "Training accuracy",
        "accuracy": "Accuracy before each step",
        "loss": "Loss before each step",
    }
    alt = "Line chart of {what} for {names}."
    caption = "{what} over the training steps, one colour per run."
    missing = " Nothing of it is known of: {names}."
    unchecked = " Not here, because the validation digits were learnt from too: {names}."
    log_of = "Training log of"


def show(rows: Sequence[Row]) -> None:
    """Curves laid over each other, then one network's log."""
    st.subheader(Words.title, anchor=False)
    what = st.segmented_control(
        Words.what,
        list(Words.kinds),
        default=ComparePart.curves.default,
        required=True,
        format_func=Words.kinds.__getitem__,
        key=ComparePart.curves.name,
        persist_state="session",
    )
    lines = {row.name: curve(row, what) for row in rows}
    known = {name: line for name, line in lines.items() if len(line[0])}
    if known:
        chart = charts.curve_chart(known, Words.kinds[what], panels.theme(), None if what == "loss" else 1.0)
        draw = functools.partial(figures.curves_figure, known, Words.kinds[what], None if what == "loss" else 1.0)
        alt = Words.alt.format(what=Words.kinds[what], names=", ".join(known))
        panels.chart(chart, alt, figure=draw)
    absent = [row for row in rows if row.name not in known]
    unchecked = [row.name for row in absent if what == "validation" and not row.plan.recipe.keep_validation]
    missing = {Words.unchecked: unchecked, Words.missing: [row.name for row in absent if row.name not in unchecked]}
    told = [sentence.format(names=", ".join(names)) for sentence, names in missing.items() if names]
    st.caption(Words.caption.format(what=Words.kinds[what]) + "".join(told))
    show_log(rows)


def show_log(rows: Sequence[Row]) -> None:
    """The training log of one of them, beside what a tutorial reports of it."""
    with st.expander(training_log.Words.title, icon=":material/table_rows:"):
        by_name = {row.name: row for row in rows}
        if ComparePart.log.get() not in by_name:
            ComparePart.log.set(next(iter(by_name)))
        row = by_name[st.selectbox(Words.log_of, list(by_name), key=ComparePart.log.name, persist_state="session")]
        log = log_of(row)
        training_log.show(row.name, row.plan, log, row.iterations, row.seconds)
        tested = {row.iterations: row.test} if row.test else {}
        is_mnist = row.test_digits.startswith(texts.MNIST)
        milestones.show(row.plan, tested, log, is_mnist=is_mnist, seconds=row.seconds, name=f"{row.name}-reported")


def log_of(row: Row) -> Sequence[LogLine]:
    """What was measured on the way: as the card has it, or as the run stands."""
    model = store.find(row.name)
    if model and model.card and model.card.log:
        return model.card.log
    return logs.log_of(results.loaded(row.run)) if row.run else ()


def curve(row: Row, what: str) -> Line:
    """Iterations and values of one of them; none where nothing is known.

    Of a run every step is known, of a network from disk what its log has.
    """
    log = log_of(row)
    scale = 1 if what != "loss" or training_log.is_mean(row.plan) else row.plan.recipe.batch_size
    if row.run and what == "after":
        return measured(results.loaded(row.run))
    if row.run and what in ("accuracy", "loss"):
        batches = curves(results.loaded(row.run))
        return batches["iteration"], batches[what] / scale
    of_line: dict[str, Callable[[LogLine], float | None]] = {
        "validation": lambda line: line.validation[0] / line.validation[1] if line.validation else None,
        "test": lambda line: line.test[0] / line.test[1] if line.test else None,
        "after": lambda line: line.training_accuracy,
        "loss": lambda line: line.loss if line.loss is None else line.loss / scale,
    }
    points = [(line.iteration, y) for line in log if what in of_line and (y := of_line[what](line)) is not None]
    iterations, values = zip(*points, strict=True) if points else ((), ())
    return np.array(iterations, float), np.array(values, float)
