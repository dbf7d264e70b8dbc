"""Questions about a whole training: epochs and batches, overfitting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.analysis import small_training
from cnnviz.network.cards import LogLine
from cnnviz.pages.layers.asked.case import Answer, Case, Chart, Log, Question, Table, number, table
from cnnviz.pages.layers.asked.losses import read_test_digits
from cnnviz.pages.layers.asked.start import N_CHECKED, trained
from cnnviz.percentages import percent
from cnnviz.render import charts


class Words:
    """Questions, answers and captions."""

    epoch = "What are an epoch and a batch, and why batches?"
    epoch_answer = (
        "A batch is what one training step looks at, here {batch} images; an epoch is once through all {n_train:,}, "
        "that is {steps} steps. {iterations:,} steps are {epochs} epochs. A gradient of all {n_train:,} would take "
        "{times} times as long for a single step; that of a random batch is a good estimate of it, and the larger the "
        "batch, the better. Training on random batches is called stochastic gradient descent."
    )
    epoch_heads = ("Images in a batch", "Smallest mean loss", "Largest mean loss", "Images read")
    epoch_caption = (
        "Mean loss of up to eight batches of a size, out of {n} digits beginning with yours: the larger they are, the "
        "less they differ. All together: {mean}."
    )

    overfit = "What is overfitting?"
    overfit_answer = (
        "The network reads the digits that it learns from better than others: it learnt them by heart, not what makes "
        "them digits. A small network on {n} digits reads {training} of them right, and {validation} of validation "
        "digits that it never saw. The gap is the overfitting; more digits and dropout make it smaller. {log}"
    )
    logged = "{name} ended with {training} on its last batches and {validation} on digits it never saw."
    not_logged = "This network keeps no log of its training."
    overfit_caption = (
        "784 → {hidden} → 10, trained on {n} digits only: accuracy on these, and on {others:,} validation digits."
    )
    overfit_alt = "Two curves over training steps: training up to {training}, validation up to {validation}."
    lines = ("Training", "Validation")
    accuracy = "Accuracy"
    log_heads = ("Training steps", "On the batch", "On digits it never saw")
    log_caption = "From the training log of {name}."


N_READ, SIZES = 256, (1, 8, 32, 256)


def epoch(case: Case) -> Answer:
    """How far the mean losses of batches lie apart."""
    recipe, n_train = case.recipe, case.n_train
    losses = read_test_digits(case, N_READ)
    rows = []
    for size in (size for size in SIZES if size <= len(losses)):
        means = losses[: min(8, len(losses) // size) * size].reshape(-1, size).mean(axis=1)
        rows.append((size, means.min(), means.max(), means.size * size))
    per_epoch = n_train / recipe.batch_size
    text = Words.epoch_answer.format(
        batch=recipe.batch_size,
        n_train=n_train,
        steps=f"{per_epoch:,.1f}",
        iterations=recipe.iterations,
        epochs=f"{recipe.iterations / per_epoch:.2f}",
        times=f"{per_epoch:,.0f}",
    )
    caption = Words.epoch_caption.format(n=len(losses), mean=number(losses.mean()))
    return Answer(text, [table(Words.epoch_heads, rows, caption)])


N_FEW, STEPS = 200, 400


def overfitting(case: Case) -> Answer:
    """A small network on few digits, and the log of a large one."""
    digits, others = case.tools.digits("train"), case.tools.digits("validation")
    curves = trained(case, digits, others, N_FEW, STEPS, relu=True)
    values = {"training": percent(curves.training[-1], 1), "validation": percent(curves.validation[-1], 1)}
    log = case.tools.log()
    lines = compared(log) if log else []
    series = {Words.lines[0]: (curves.steps, curves.training), Words.lines[1]: (curves.steps, curves.validation)}
    drawn = charts.curve_chart(series, Words.accuracy, case.tools.theme, height_px=220)
    n = min(N_FEW, len(digits))
    caption = Words.overfit_caption.format(hidden=small_training.HIDDEN, n=n, others=min(N_CHECKED, len(others)))
    text = Words.overfit_answer.format(n=n, log=_of_log(log, lines), **values)
    shown: list[Table | Chart] = [Chart(drawn, caption, Words.overfit_alt.format(**values))]
    return Answer(text, [*shown, *([_log_table(log, lines)] if log and lines else [])])


def compared(log: Log) -> list[LogLine]:
    """The lines where the batch was read, and digits that are not learnt from."""
    return [line for line in log.lines if line.training_accuracy is not None and _unseen(line)]


def _of_log(log: Log | None, lines: Sequence[LogLine]) -> str:
    if log is None or not lines:
        return Words.not_logged
    last = [line.training_accuracy for line in log.lines if line.training_accuracy is not None][-10:]
    return Words.logged.format(name=log.name, training=percent(float(np.mean(last)), 1), validation=_unseen(lines[-1]))


def _unseen(line: LogLine) -> str:
    """The accuracy on validation digits, or on test digits where there are none."""
    counts = line.validation or line.test
    return percent(counts[0] / counts[1], 1) if counts else ""


MOST_LINES = 8


def _log_table(log: Log, lines: Sequence[LogLine]) -> Table:
    shown = [lines[i] for i in sorted({round(i) for i in np.linspace(0, len(lines) - 1, MOST_LINES)})]
    rows = [(f"{line.iteration:,}", percent(line.training_accuracy or 0.0, 1), _unseen(line)) for line in shown]
    return table(Words.log_heads, rows, Words.log_caption.format(name=log.name))


QUESTIONS = {
    "epoch": Question(Words.epoch, epoch, layers=("softmax",)),
    "overfitting": Question(Words.overfit, overfitting, layers=("softmax",)),
}
