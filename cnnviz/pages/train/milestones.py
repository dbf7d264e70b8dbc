"""Accuracy on the way of a training, and beside it what the tutorial reports of the same network and recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnviz.experiments import reported
from cnnviz.experiments.reported import Reported
from cnnviz.network.cards import LogLine
from cnnviz.network.presets import Plan
from cnnviz.percentages import percent
from cnnviz.ui import panels

Counts = tuple[int, int]
"""Digits read right, and all that were read."""


class Words:
    """What the table says."""

    tables = {
        False: "Test accuracy on the way.",
        True: "Accuracy on the way, beside what the tutorials report of this network and recipe.",
    }
    table_alt = "Table of accuracy at {n} moments of the training."
    steps, mine, batch, training = "Training steps", "Here", "Here, training batch", "{source}, training batch"
    counted = "{share} ({correct:,} / {n:,})"
    time = "Time"
    not_yet = "–"


def show(  # what a run and what a card are read from
    plan: Plan,
    tested: Mapping[int, Counts],
    log: Sequence[LogLine],
    *,
    is_mnist: bool,
    seconds: float,
    name: str,
) -> None:
    """Test accuracy on the way; of a tutorial's recipe where the tutorial tells it, beside its figures.

    Args:
        plan: of the training.
        tested: test digits read right, and how many were read, by iteration, where all were read.
        log: what was measured on the way; where not all were read, a part of them is better than nothing.
        is_mnist: whether it learnt from MNIST, as the tutorials do.
        seconds: time that it took so far.
        name: of the file that the table can be downloaded as.
    """
    sources = reported.REPORTED.get(reported.preset_of(plan), ()) if is_mnist else ()
    at = sorted({i for source in sources for i in (*source.test, *source.training)}) if sources else sorted(tested)
    if not at:
        return
    columns = _of_training(at, tested, log, any(source.training for source in sources))
    for source in sources:
        columns |= _of_source(source, at)
    if times := {source.source: panels.duration(source.seconds) for source in sources if source.seconds}:
        times |= {Words.steps: Words.time, Words.mine: panels.duration(seconds)}
        for column, values in columns.items():
            values.append(times.get(column, Words.not_yet))
    panels.table(columns, Words.tables[bool(sources)], Words.table_alt.format(n=len(at)), name)


def _of_training(
    at: Sequence[int], tested: Mapping[int, Counts], log: Sequence[LogLine], with_batches: bool
) -> dict[str, list[str]]:
    """The columns of the training itself."""
    lines = {line.iteration: line for line in log}
    in_part = {i: line.test for i, line in lines.items() if line.test}
    columns = {
        Words.steps: [f"{i:,}" for i in at],
        Words.mine: [_counted(tested.get(i) or in_part.get(i)) for i in at],
    }
    if with_batches:
        columns[Words.batch] = [_share(lines[i].training_accuracy if i in lines else None) for i in at]
    return columns


def _of_source(source: Reported, at: Sequence[int]) -> dict[str, list[str]]:
    """The columns of a tutorial's figures."""
    columns = {source.source: [_share(source.test.get(i)) for i in at]}
    if source.training:
        columns[Words.training.format(source=source.source)] = [_share(source.training.get(i)) for i in at]
    return columns


def _share(accuracy: float | None) -> str:
    return Words.not_yet if accuracy is None else percent(accuracy)


def _counted(counts: Counts | None) -> str:
    if counts is None:
        return Words.not_yet
    return Words.counted.format(share=percent(counts[0] / counts[1]), correct=counts[0], n=counts[1])
