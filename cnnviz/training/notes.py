"""A run's record without its arrays, as JSON holds it: in its checkpoint, and in the database."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import Source
from cnnviz.network.cards import BrokenModel, network_from, recipe_from
from cnnviz.network.presets import Plan
from cnnviz.training.run import Check, Elsewhere, Kept, Run, Status, Timing

AT_REST = {status.value: status for status in (Status.PAUSED, Status.FINISHED, Status.STOPPED, Status.FAILED)}
"""A run that had another status when its server ended was under way."""


def notes_of(run: Run) -> dict[str, Any]:
    """What is to be known again of a run, but for its plan and where it stands."""
    return {
        "name": run.name,
        "target": run.target,
        "source": _notes_of_source(run.source),
        "experiment": run.experiment,
        "label": run.label,
        "exercise": run.exercise,
        "owner": run.owner,
        "every_snapshot": run.every_snapshot,
        "in_turns": run.in_turns,
        "status": run.status.value,
        "reason": run.reason,
        "interrupted": run.interrupted,
        "scores": [[i, score.n, score.correct, score.confusion.tolist()] for i, score in run.scores.items()],
        "checks": [dataclasses.astuple(check) for check in run.checks],
        "final": dataclasses.astuple(run.final) if run.final else None,
        "test": run.test,
        "times": dataclasses.astuple(run.timing),
    }


def run_from(plan: Plan, notes: Mapping[str, Any]) -> Run:
    """A run as it was noted, without arrays; what was under way stands paused.

    Raises:
        KeyError, TypeError, ValueError, IndexError: when the notes are no run's.
    """
    status = AT_REST.get(notes["status"])
    return Run(
        notes["name"],
        plan,
        _source_from(*notes["source"]),
        notes["target"],
        experiment=notes["experiment"],
        label=notes["label"],
        exercise=notes["exercise"] if "exercise" in notes else _exercise_in(notes["experiment"]),
        owner=notes.get("owner", ""),
        every_snapshot=notes.get("every_snapshot", not notes["experiment"]),
        in_turns=notes.get("in_turns", False),
        status=status or Status.PAUSED,
        reason=notes["reason"],
        interrupted=status is None or notes.get("interrupted", False),
        scores={i: Score(n, correct, np.array(counts)) for i, n, correct, counts in notes.get("scores", ())},
        checks=tuple(Check(*values) for values in notes["checks"]),
        final=Check(*notes["final"]) if notes["final"] else None,
        test=(notes["test"][0], notes["test"][1]) if notes["test"] else None,
        timing=Timing(*notes["times"]),
    )


def _notes_of_source(source: Source) -> list[Any]:
    """Kind and path; of the digits of a class also their key, what they are added to, and whether they are."""
    place = [source.kind, str(source.path) if source.path else None]
    return [*place, source.key, _notes_of_source(source.base), source.adds_class] if source.base else place


def _source_from(kind: Any, path: Any, key: Any = "", base: Any = None, adds_class: Any = False) -> Source:
    if base is not None and base[0] == "class":
        raise ValueError("The digits of a class go with those of another.")
    return Source(kind, Path(path) if path else None, str(key), _source_from(*base) if base else None, bool(adds_class))


def _exercise_in(experiment: str) -> int | None:
    """The exercise of a run that was noted before runs carried its number: "exercise 3 (1)" is of the third."""
    named = re.fullmatch(r"exercise (\d+) \(\d+\)", experiment)
    return int(named[1]) if named else None


def record_of(run: Run) -> dict[str, Any]:
    """All of a run but its arrays."""
    return notes_of(run) | {
        "network": dataclasses.asdict(run.plan.network),
        "recipe": dataclasses.asdict(run.plan.recipe),
        "seed": run.plan.seed,
        "iteration": run.iteration,
        "seconds": run.seconds,
        "kept": dataclasses.astuple(run.kept) if run.kept else None,
        "not_on_disk": run.not_on_disk,
    }


def run_of_record(name: str, record: Mapping[str, Any]) -> Run:
    """A run as its record has it: it stands where its checkpoint stands, and knows what was found out up to there.

    Raises:
        BrokenModel: when the record is no run's.
    """
    run = _recorded(name, record)
    if run.iteration == record["iteration"]:
        return run
    known = tuple(check for check in run.checks if check.iteration <= run.iteration)
    final = run.final if run.final and run.final.iteration <= run.iteration else None
    return _interrupted(dataclasses.replace(run, checks=known, final=final))


def run_elsewhere(name: str, record: Mapping[str, Any]) -> Run:
    """A run that another server drives, or did last, as its record has it; its arrays are in its checkpoint.

    Raises:
        BrokenModel: when the record is no run's.
    """
    run = _recorded(name, record)
    try:
        stands = Elsewhere(record["iteration"], record.get("seconds", run.seconds))
        status, interrupted = Status(record["status"]), bool(record.get("interrupted", False))
    except ValueError as error:
        raise BrokenModel(f"{name}: expected the record of a run. {error}") from None
    not_on_disk = str(record.get("not_on_disk", ""))
    return dataclasses.replace(run, status=status, interrupted=interrupted, not_on_disk=not_on_disk, elsewhere=stands)


def _recorded(name: str, record: Mapping[str, Any]) -> Run:
    """What a record says, of a run that stands where its checkpoint stands."""
    try:
        run = run_from(Plan(network_from(record["network"]), recipe_from(record["recipe"]), record["seed"]), record)
        if not isinstance(record["iteration"], int):
            raise TypeError("Its iteration is no whole number.")
        return dataclasses.replace(run, kept=_kept_from(record["kept"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenModel(f"{name}: expected the record of a run. {error}") from None


def _kept_from(values: Sequence[Any] | None) -> Kept | None:
    if values is None:
        return None
    iteration, seconds, snapshots, _ = values
    return Kept(iteration, seconds, tuple(snapshots))


def _interrupted(run: Run) -> Run:
    """What stood in memory alone is gone; a finished run can reach its end once more."""
    status = Status.PAUSED if run.status is Status.FINISHED else run.status
    return dataclasses.replace(run, status=status, interrupted=run.interrupted or status is Status.PAUSED)
