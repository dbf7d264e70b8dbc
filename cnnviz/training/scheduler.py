"""The server's training runs: takes events in, keeps the records, and has carried out what follows from them.

A run is a chain of short pieces that are sent to the workers one after another.  So it can be watched, paused and
stopped, and runs take turns piece by piece, an experiment counting as one; a worker that dies is replaced and its
piece sent again; a server that dies finds its runs paused in their files.
"""

from __future__ import annotations

import functools
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cnnviz.compute import backend
from cnnviz.data.dataset import Source
from cnnviz.data.mnist import DataError
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints, events, pieces
from cnnviz.training.events import Effect, Event, SendPiece, TestSnapshot, Validation
from cnnviz.training.folder_lock import Reservations
from cnnviz.training.lifecycle import transition
from cnnviz.training.pieces import Digits, load_digits
from cnnviz.training.run import Run, Status
from cnnviz.training.turns import Turns

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (advance.TrainingDiverged, DataError, BrokenModel, OSError, backend.BackendError, ValueError)
"""Their message is a sentence for a person; of any other error the name is needed, too."""
WITH_WORK_LEFT = frozenset({Status.WAITING, Status.TRAINING, Status.PAUSED, Status.TESTING})

Work = SendPiece | TestSnapshot


class Scheduler:
    """Begins, pauses, resumes and ends runs; every method but `delete` and `close` returns at once.

    Records are frozen: what `runs` and `find` give does not change any more.  A name is never given twice, so a page
    that still shows a deleted run cannot touch another one.

    Args:
        root: folder for the runs' files and for the networks that come of them.
        problems: what a page is to say beside what is found here, in sentences.

    Attributes:
        refusal: why no run can begin, in a sentence; "" where they can.
    """

    refusal = ""

    def __init__(self, root: Path, problems: Sequence[str] = ()) -> None:
        self.root = root
        self.problems = list(problems)
        self._reserved = Reservations(root)
        self._lock = threading.RLock()  # the only one; it guards everything below
        self._runs: dict[str, Run] = {}
        self._names: set[str] = set()
        self._digits: dict[str, Digits] = {}
        self._work: dict[str, Work] = {}  # what waits for its turn
        self._in_flight: dict[str, str] = {}  # runs of which something was sent, and whose turn that was
        self._sent: dict[str, Future[Any]] = {}  # what was sent
        self._reading: set[str] = set()
        self._writing: set[str] = set()
        self._wishes: dict[str, Event] = {}  # of a person, until what is computed or written has come back
        self._saved: dict[str, int] = {}  # revision of the checkpoint
        self._turns = Turns()
        self._closed = False
        self._readers = ThreadPoolExecutor(2, "digits")
        self._files = ThreadPoolExecutor(1, "files")  # one thread: what is deleted last stays deleted
        for path in sorted(root.glob(".*.run.npz")) if root.is_dir() else ():
            self._recall(path)

    def _recall(self, path: Path) -> None:
        try:
            run, of_server = checkpoints.read(path)
        except BrokenModel as error:
            self.problems.append(str(error))
            return
        if of_server:
            self._runs[run.name], self._saved[run.name] = run, run.revision
            self._names |= {run.name, run.experiment}

    def runs(self) -> list[Run]:
        """Every run, the latest last."""
        with self._lock:
            return list(self._runs.values())

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        with self._lock:
            return self._runs.get(name)

    def begin(
        self,
        plan: Plan,
        source: Source,
        name: str,
        *,
        experiment: str = "",
        label: str = "",
        exercise: int | None = None,
    ) -> Run:
        """Begin a run; it gets a free name that starts with `name`."""
        with self._lock:
            run = Run(
                self._free(f"{name}-{{}}"),
                plan,
                source,
                plan.recipe.iterations,
                experiment=experiment,
                label=label,
                exercise=exercise,
                every_snapshot=not experiment,
            )
            self._runs[run.name] = run
            self._happen(run.name, events.Begin())
            return self._runs[run.name]

    def begin_experiment(
        self, planned: Sequence[tuple[str, Plan]], source: Source, name: str, exercise: int | None = None
    ) -> str:
        """Begin a run for every label and plan; gives the experiment's name, which no other has: name (2)."""
        with self._lock:
            experiment = self._free(f"{name} ({{}})")
            number = experiment.removeprefix(f"{name} (").removesuffix(")")
            stem = re.sub(r"[^a-z0-9]+", "-", name)
            for label, plan in planned:
                self.begin(plan, source, f"{stem}-{number}", experiment=experiment, label=label, exercise=exercise)
        return experiment

    def _free(self, pattern: str) -> str:
        """A name that nothing has or had since the server began; a ValueError for one that leads out of the folder."""
        store.check_name(pattern)
        taken = self._names | {model.name for model in store.models()}
        names = (pattern.format(i) for i in range(1, 100_000))
        name = next(name for name in names if name not in taken and self._reserved.take(name))
        self._names.add(name)
        return name

    def pause(self, name: str) -> None:
        """Hold a run after the piece that is under way."""
        self._wish(name, events.Pause())

    def resume(self, name: str) -> None:
        """Go on with a run that is paused or has failed."""
        self._wish(name, events.Resume())

    def stop(self, name: str) -> None:
        """End a run where it stands; what it has learnt becomes a model."""
        self._wish(name, events.Stop())

    def stop_all(self, names: Sequence[str]) -> None:
        """End every run of an experiment: what has begun becomes a model, what has not never does."""
        with self._lock:
            for name in names:
                run = self._runs.get(name)
                if run and run.status in WITH_WORK_LEFT:
                    self._wish(name, events.Stop())

    def extend(self, name: str, iterations: int) -> None:
        """Train another `iterations`; the count goes on.

        Raises:
            ValueError: for no iterations, or more than the run's learning rate has left.
        """
        with self._lock:
            run = self._runs.get(name)
            if run and not 1 <= iterations <= run.most_more:
                raise ValueError(f"{name}: expected 1 to {run.most_more:,} iterations more. Received {iterations:,}.")
            self._wish(name, events.Extend(iterations))

    def delete(self, name: str) -> None:
        """Forget a run and the model that came of it; one that waits or trains, or does so again, stays."""
        with self._lock:
            if self._closed:
                return
            self._happen(name, events.Delete())
            self._fill()
            files_are_gone = self._files.submit(int)  # after everything that is to be done with files before it
        files_are_gone.result()

    def close(self) -> None:
        """At the server's end: keep every run that is not finished as it stands."""
        with self._lock:
            self._closed = True
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._files.shutdown(wait=True, cancel_futures=True)
        for run in self.runs():
            try:
                self._save(run.name)
            except OSError:
                log.exception("%s", run.name)  # the others are to be kept all the same
        self._reserved.close()

    def _file(self, name: str) -> Path:
        return checkpoints.run_file(self.root / name)

    # Events come in.

    def _wish(self, name: str, event: Event) -> None:
        """What a person wants waits for what is computed or written of the run; the last wish counts."""
        with self._lock:
            if name in self._in_flight or name in self._writing:
                self._wishes[name] = event
                if isinstance(event, events.Pause | events.Stop):
                    self._call_back(name)
            else:
                self._happen(name, event)
                self._fill()

    def _call_back(self, name: str) -> None:
        """Cancel what was sent, if no worker has it yet; nobody waits for it any more."""
        if name in self._sent:
            self._sent[name].cancel()

    def _come_back(self, name: str, event: Event | None) -> None:
        """Something that was to be done is done, could not be done, or was called back, which is no event."""
        with self._lock:
            if event:
                self._happen(name, event)
            if name in self._wishes and name not in self._writing:
                self._happen(name, self._wishes.pop(name))
            self._fill()

    def _happen(self, name: str, event: Event) -> None:
        """The one place where a record makes way for the next one."""
        run = self._runs.get(name)
        if run is None or self._closed:
            return
        changed, effects = transition(run, event)
        self._runs[name] = changed
        if changed.status is not run.status:
            self._work.pop(name, None)
            if changed.status is Status.STOPPED:
                self._reserved.release(name)  # there is nothing of it on disk, and perhaps never will be
        for effect in effects:
            self._carry_out(changed, effect)

    # Effects go out.

    def _carry_out(self, run: Run, effect: Effect) -> None:
        match effect:
            case SendPiece() | TestSnapshot():
                self._work[run.name] = effect
            case events.ReadDigits():
                if run.name not in self._reading:
                    self._reading.add(run.name)
                    self._readers.submit(self._do, run.name, functools.partial(self._read, run), self._reading)
            case events.SaveCheckpoint():
                self._files.submit(self._do, run.name, functools.partial(self._save, run.name))
            case events.WriteModel():
                self._work.pop(run.name, None)  # a test that is not needed any more
                self._writing.add(run.name)
                self._files.submit(self._do, run.name, functools.partial(self._write, run), self._writing)
            case events.DeleteFiles():
                del self._runs[run.name]
                self._wishes.pop(run.name, None)
                self._call_back(run.name)
                self._files.submit(self._do, run.name, functools.partial(self._delete, run.name))

    def _do(self, name: str, work: Callable[[], Event | None], under_way: set[str] | None = None) -> None:
        """In a thread: do something; what comes of it is an event, and what goes wrong is one, too."""
        try:
            event = work()
        except Exception as error:
            event = events.Failed(_sentence(name, error))
        with self._lock:
            if under_way is not None:
                under_way.discard(name)
            if event:
                self._come_back(name, event)

    def _read(self, run: Run) -> Event:
        digits = load_digits(run.source, run.plan.recipe.keep_validation)
        snapshots = checkpoints.model_snapshots(self.root / run.name)
        with self._lock:
            self._digits[run.name] = digits
        return events.DigitsReady(len(digits.validation) if digits.validation else 0, snapshots)

    def _save(self, name: str) -> None:
        run = self.find(name)
        if run and self._saved.get(name) != run.revision:
            checkpoints.write(self._file(name), run)
            with self._lock:
                self._saved[name] = run.revision

    def _write(self, run: Run) -> Event | None:
        if self.find(run.name) is None:
            return None
        digits = load_digits(run.source, run.plan.recipe.keep_validation)
        folder = self.root / run.name
        replace = store.open_model(folder).card is not None
        checkpoints.write_model(folder, run, digits, replace=replace)
        self._reserved.release(run.name)  # its folder holds the name from now on
        return events.Written()

    def _delete(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)
        store.delete(self.root / name)
        self._reserved.release(name)

    # Turns.

    def _fill(self) -> None:
        """Send work until every worker has some and another waits; experiments and single runs take turns."""
        needed = self._reading | {name for name, run in self._runs.items() if run.active}
        self._digits = {name: digits for name, digits in self._digits.items() if name in needed}
        self._work = {name: work for name, work in self._work.items() if name in needed}
        while not self._closed and len(self._in_flight) <= backend.n_workers():
            name = self._next()
            if name is None:
                return
            self._send(name)

    def _next(self) -> str | None:
        waiting = {
            name: run.turn
            for name, run in self._runs.items()
            if name in self._work and name in self._digits and name not in self._in_flight
        }
        return self._turns.next(waiting, list(self._in_flight.values()), backend.n_workers())

    def _send(self, name: str) -> None:
        work, digits = self._work.pop(name), self._digits[name]
        if isinstance(work, SendPiece):
            self._happen(name, events.PieceSent())
        run = self._runs[name]
        self._in_flight[name] = run.turn
        function, args = _call(run, work, digits)
        self._sent[name] = backend.submit(function, *args, priority=backend.Priority.RUN)
        self._sent[name].add_done_callback(functools.partial(self._arrived, name, work))

    def _arrived(self, name: str, work: Work, sent: Future[Any]) -> None:
        event = None if sent.cancelled() else _event(name, work, sent)
        with self._lock:
            del self._in_flight[name], self._sent[name]
            if event is None:
                self._work[name] = work
            self._come_back(name, event)


def _call(run: Run, work: Work, digits: Digits) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What a worker is to compute."""
    if isinstance(work, TestSnapshot):
        return pieces.examine, (run.plan.network, run.snapshots[work.iteration], digits.test)
    if run.state is None:
        return pieces.begin, (run.plan,)
    of = {Validation.NONE: None, Validation.SUBSET: digits.validation_subset, Validation.ALL: digits.validation}
    return pieces.piece, (run.state, digits.train, of[work.validation], work.stop - run.iteration)


def _event(name: str, work: Work, sent: Future[Any]) -> Event:
    """What a worker's answer means to the run."""
    if error := sent.exception():
        return events.Failed(_sentence(name, error))
    result = sent.result()
    if isinstance(work, TestSnapshot):
        return events.SnapshotTested(work.iteration, result)
    state, check = result
    return events.PieceDone(state, check, work.validation, time.monotonic())


def _sentence(name: str, error: BaseException) -> str:
    if isinstance(error, EXPECTED_ERRORS):
        return str(error)
    log.error("%s", name, exc_info=error)
    return f"{type(error).__name__}: {error}"


def progress(members: Sequence[Run]) -> float:
    """Share of the iterations of some runs that are done, in [0, 1]."""
    target = sum(run.target for run in members)
    return sum(min(run.iteration, run.target) for run in members) / target if target else 0.0
