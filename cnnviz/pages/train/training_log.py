"""The training log of a network: line by line what was measured, as a table, as text and as CSV."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.network.cards import LogLine
from cnnviz.network.presets import Plan
from cnnviz.percentages import percent
from cnnviz.training import log as logs
from cnnviz.ui import panels


class Words:
    """What is said of it."""

    title = "More: training log"
    none = "Nothing was measured on the way when {name} was trained."
    columns = ("Training steps", "Training accuracy", "Loss", "Loss per image", "Validation accuracy", "Test accuracy")
    counted = "{share} ({correct:,} / {n:,})"
    empty = ""
    training = "Training accuracy is of the batch of that step, after the step and with no value dropped."
    losses = {
        "mean": "The loss is of the same batch before the step, the mean over its {n} images.",
        "sum": "The loss is of the same batch before the step, the sum over its {n} images.",
    }
    dropout = "Dropout is on in the loss."
    on_the_way = "Validation and test accuracy on the way are of the first digits of each set, as the counts say."
    unchecked = "There is no validation accuracy: it learns from the validation digits too."
    alt = "Table of {n} lines: training steps, accuracy and loss of the batch, accuracy on validation and test digits."
    total = "{n:,} training steps in all, {time}."
    as_text = "As text"


def show(name: str, plan: Plan, log: Sequence[LogLine], iterations: int, seconds: float) -> None:
    """The log, and what its figures are of."""
    if not log:
        st.caption(Words.none.format(name=name))
        return
    st.markdown(Words.total.format(n=iterations, time=panels.duration(seconds)))
    columns = dict(zip(Words.columns, zip(*(_cells(line, plan) for line in log), strict=True), strict=True))
    panels.table(columns, _caption(plan), Words.alt.format(n=len(log)), f"{name}-log", height=280)
    with st.popover(Words.as_text, icon=":material/notes:"):
        st.code("\n".join(logs.as_text(line) for line in log), language=None, height=280)


def _cells(line: LogLine, plan: Plan) -> tuple[object, ...]:
    per_image = 1 if is_mean(plan) else plan.recipe.batch_size
    return (
        line.iteration,
        Words.empty if line.training_accuracy is None else percent(line.training_accuracy, 1),
        None if line.loss is None else round(line.loss, 4),
        None if line.loss is None else round(line.loss / per_image, 4),
        *(
            Words.counted.format(share=percent(counts[0] / counts[1], 1), correct=counts[0], n=counts[1])
            if counts
            else Words.empty
            for counts in (line.validation, line.test)
        ),
    )


def is_mean(plan: Plan) -> bool:
    """True where the loss is a mean over the batch, not a sum."""
    return plan.recipe.loss in ("mean", "outlier_exposure")


def _caption(plan: Plan) -> str:
    sentences = [Words.training, Words.losses["mean" if is_mean(plan) else "sum"].format(n=plan.recipe.batch_size)]
    if plan.network.dropout:
        sentences.append(Words.dropout)
    sentences.append(Words.on_the_way if plan.recipe.keep_validation else Words.unchecked)
    return " ".join(sentences)
