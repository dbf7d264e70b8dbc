"""Runs that learn from digits of a class too: how they begin, and the run that each is compared with."""

from __future__ import annotations

import contextlib
import dataclasses

from cnnviz.data.dataset import Source
from cnnviz.network.presets import Plan
from cnnviz.training.limits import LimitReached
from cnnviz.training.run import Run, Status
from cnnviz.ui import access, server

WITH, WITHOUT = "{name}-with-class", "{name}-without-class"
NEVER = (Status.STOPPED, Status.FAILED)


def begin(plan: Plan, source: Source, name: str) -> Run:
    """Begin a run; where it adds the digits of a class, also the same without them, unless there is such a run.

    Args:
        plan: of both.
        source: the digits, of a class or not.
        name: of the plan, e.g. "fast"; the runs' names begin with it.

    Returns:
        the run that was asked for.

    Raises:
        LimitReached: when its owner or the server has as many as there may be.
    """
    if not source.adds_class:
        return server.scheduler().begin(plan, source, name, owner=access.owner())
    begun = server.scheduler().begin(plan, source, WITH.format(name=name), owner=access.owner())
    if without(begun) is None:
        with contextlib.suppress(LimitReached):  # the page of the run offers it
            begin_without(begun, name)
    return begun


def begin_without(run: Run, name: str) -> Run:
    """Begin the same run without the digits of the class; raises LimitReached."""
    source = dataclasses.replace(run.source, adds_class=False)
    return server.scheduler().begin(run.plan, source, WITHOUT.format(name=name), owner=access.owner())


def without(run: Run) -> Run | None:
    """The run of the same plan without the digits of the class; a finished one where there is one."""
    alike = [each for each in server.scheduler().runs() if _is_same_without(each, run)]
    return max(alike, key=lambda each: each.status is Status.FINISHED, default=None)


def to_compare(run: Run) -> Run | None:
    """Of a finished run with the digits of a class that one itself; of one without them the latest of its plan with."""
    if run.source.kind != "class" or run.source.adds_class:
        return run if run.source.adds_class and run.status is Status.FINISHED else None
    added = dataclasses.replace(run.source, adds_class=True)
    alike = [each for each in server.scheduler().runs() if each.source == added and _is_same_without(run, each)]
    return next((each for each in reversed(alike) if each.status is Status.FINISHED), None)


def _is_same_without(other: Run, run: Run) -> bool:
    same = other.plan == run.plan and other.source.learnt_from == run.source.learnt_from
    return same and not other.source.adds_class and other.status not in NEVER and other.target == run.target
