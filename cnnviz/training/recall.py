"""What a server knows again when it starts: records and notes, no arrays; those are read when somebody looks."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from cnnviz.bounded import Bounded
from cnnviz.network.cards import BrokenModel
from cnnviz.training import checkpoints
from cnnviz.training.journal import Journal
from cnnviz.training.run import Run, Status

N_LOADED, LOADED_BYTES = 8, 100_000_000
"""Runs that do nothing whose arrays are remembered, and how much of them: people look at the same one several times."""
UNREADABLE = "A run could not be read: {reason}"
READ_ONLY = (
    "{folder} cannot be written to: {reason}. Runs and their networks are in memory alone, and end with the server."
)


@dataclass(frozen=True)
class Recalled:
    """What was there.

    Attributes:
        runs: the oldest first; what was under way stands paused.
        names: of these and of others that are taken.
        problems: what could not be read, in sentences.
    """

    runs: list[Run]
    names: set[str]
    problems: list[str]


def recall(root: Path, journal: Journal) -> Recalled:
    """Bring records and files together; a run of which there is a file and no record gets one.

    Args:
        root: the runs' folder.
        journal: their records.
    """
    recorded, names, problems = journal.recall()
    problems = [UNREADABLE.format(reason=problem) for problem in problems]
    taken = set(names)
    files = {path.name: path for path in sorted(root.glob(".*.run.npz"))} if root.is_dir() else {}
    runs = []
    for run in recorded:
        run_file = files.pop(checkpoints.run_file(root / run.name).name, None)
        found = as_found(run, root / run.name, run_file)
        runs += [found] if found else []
    for path in files.values():
        try:
            run, of_server = checkpoints.read_notes(path)
        except BrokenModel as error:
            problems.append(UNREADABLE.format(reason=error))
            continue
        if of_server and run.name not in taken:
            journal.add([run], held=False)
            runs.append(run)
    taken |= {name for run in runs for name in (run.name, run.experiment)}
    return Recalled(runs, taken, [*problems, *filter(None, [folder_problem(root)])])


def as_found(run: Run, folder: Path, run_file: Path | None) -> Run | None:
    """A recorded run as its files allow; None for a finished one of which the network alone is there."""
    model_is_there = (folder / "card.json").is_file()
    if run.status is Status.FINISHED and model_is_there and run_file is None:
        return None
    if run.status is Status.FINISHED and not model_is_there:
        run = dataclasses.replace(run, status=Status.PAUSED, interrupted=True)
    if run_file is None:
        return dataclasses.replace(run, kept=None, checks=(), final=None, scores={})
    if run.kept is None:  # the server was killed between file and record
        try:
            of_file, _ = checkpoints.read_notes(run_file)
        except BrokenModel:
            return run
        return dataclasses.replace(run, kept=of_file.kept, checks=of_file.checks, final=of_file.final)
    return run


def folder_problem(folder: Path) -> str:
    """Why nothing can be written to a folder that is there, in a sentence; "" when it can."""
    if not folder.is_dir():
        return ""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return READ_ONLY.format(folder=folder, reason=error.strerror or error)
    return ""


class LoadedRuns:
    """Runs with their arrays, read from their checkpoints; the last few are remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: Bounded[tuple[Path, int], Run] = Bounded(LOADED_BYTES, lambda run: run.n_bytes, N_LOADED)

    def get(self, path: Path) -> Run:
        """The run of a checkpoint.

        Raises:
            BrokenModel: when it is not there or damaged.
        """
        with self._lock:
            key = (path, path.stat().st_mtime_ns if path.is_file() else 0)
            return self._runs.get(key, lambda: checkpoints.read(path)[0])
