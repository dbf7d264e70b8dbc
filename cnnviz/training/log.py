"""A run's training log, as the tutorials print one: line by line what was measured on the way."""

from __future__ import annotations

import numpy as np

from cnnviz.network.cards import MAX_LOG, LogLine
from cnnviz.training.run import Run


def log_of(run: Run) -> tuple[LogLine, ...]:
    """What was measured on the way of a run whose arrays are in memory.

    A line where training accuracy was measured, where the run was checked, and where a snapshot was tested. Of a long
    run those without a check are thinned out, to at most about MAX_LOG lines.

    Returns:
        ordered by iteration; none before the first step.
    """
    if run.state is None:
        return ()
    after = run.state.accuracies_after
    measured = [int(at) + 1 for at in np.flatnonzero(np.isfinite(after))]
    validation, test = _on_the_way(run)
    kept = (set(validation) | set(test)) & set(range(run.iteration + 1))
    every = -(-len(measured) // max(1, MAX_LOG - len(kept)))
    lines = sorted({*kept, *measured[:: max(1, every)]})[:MAX_LOG]
    return tuple(_line(run, at, validation.get(at), test.get(at)) for at in lines)


def _on_the_way(run: Run) -> tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]:
    """Digits read right, and all that were read, by iteration: of validation and of test.

    Where a snapshot has read all test digits, that counts more than a check on a part of them.
    """
    validation = {check.iteration: (check.correct, check.n) for check in run.validated}
    if run.final and run.final.n:
        validation[run.final.iteration] = (run.final.correct, run.final.n)
    test = {check.iteration: (check.test_correct, check.n_test) for check in run.checks if check.n_test}
    test |= {iteration: (score.correct, score.n) for iteration, score in run.scores.items()}
    return validation, test


def _line(run: Run, at: int, validation: tuple[int, int] | None, test: tuple[int, int] | None) -> LogLine:
    if at == 0 or run.state is None:
        return LogLine(at, validation=validation, test=test)
    after, loss = float(run.state.accuracies_after[at - 1]), float(run.state.losses[at - 1])
    return LogLine(at, round(after, 6) if np.isfinite(after) else None, float(f"{loss:.6g}"), validation, test)


def as_text(line: LogLine) -> str:
    """A line of the log as the command line prints it."""
    parts = [f"Iteration {line.iteration:6,}"]
    if line.training_accuracy is not None:
        parts.append(f"training accuracy {line.training_accuracy:6.1%}")
    if line.loss is not None:
        parts.append(f"loss {line.loss:.4g}")
    for name, counts in (("validation", line.validation), ("test", line.test)):
        if counts:
            parts.append(f"{name} {counts[0] / counts[1]:.1%} ({counts[0]:,} / {counts[1]:,})")
    return ", ".join(parts)
