"""The server's training runs: takes events in, keeps the records, and has carried out what follows from them.

A run is a chain of short pieces that are sent to the workers one after another.  So it can be watched, paused and
stopped, and persons take turns piece by piece; a worker that dies is replaced and its piece sent again; a server that
dies finds its runs paused, by their records in the database and the checkpoints beside them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import re
import threading
import time
import weakref
from collections import deque
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
from cnnviz.network.weights import Network
from cnnviz.state.run_records import RunRecords
from cnnviz.training import advance, checkpoints, events, journal, pieces
from cnnviz.training.events import Effect, Event, SendPiece, TestSnapshot, Validation
from cnnviz.training.folder_lock import Reservations
from cnnviz.training.journal import Journal
from cnnviz.training.lifecycle import transition
from cnnviz.training.limits import FORGETTABLE, Limits
from cnnviz.training.pieces import Digits, load_digits
from cnnviz.training.recall import LoadedRuns, recall
from cnnviz.training.run import Kept, Run, Status
from cnnviz.training.turns import Turns

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (advance.TrainingDiverged, DataError, BrokenModel, OSError, backend.BackendError, ValueError)
"""Their message is a sentence for a person; of any other error the name is needed, too."""
WITH_WORK_LEFT = frozenset({Status.WAITING, Status.TRAINING, Status.PAUSED, Status.TESTING})
N_NOTICES = 5
NOT_SAVED = "{file} could not be written: {reason}."
NOT_WRITTEN = "Its network is not on disk, {folder} could not be written: {reason}. Resume writes it again."
FORGOTTEN = "Forgotten to make room, because {why}: {names}."

Work = SendPiece | TestSnapshot


class Scheduler:
    """Begins, pauses, resumes and ends runs; every method but `delete` and `close` returns at once.

    Records are frozen: what `runs` and `find` give does not change any more.  A name is never given twice, so a page
    that still shows a deleted run cannot touch another one.

    Args:
        root: folder for the runs' files and for the networks that come of them.
        records: the table of their records; None: their files alone are kept, once they have begun.
        limits: how many there may be.
        problems: what a page is to say beside what is found here, in sentences.

    Attributes:
        refusal: why no run can begin, in a sentence; "" where they can.
        notices: what was forgotten by itself, and why, in sentences; the latest last.
    """

    refusal = ""

    def __init__(
        self,
        root: Path,
        records: RunRecords | None = None,
        limits: Limits | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        self.root, self.limits = root, limits or Limits()
        self.notices: deque[str] = deque(maxlen=N_NOTICES)
        self._problems = list(problems)
        self._reserved = Reservations(root)
        self._beginning = threading.Lock()  # those who begin wait for one another, and for the database
        self._loaded = LoadedRuns()
        self._lock = threading.RLock()  # guards everything below; nobody who holds it waits for a disk or a database
        self._runs: dict[str, Run] = {}
        self._names: set[str] = set()
        self._digits: dict[str, Digits] = {}
        self._shared_digits: weakref.WeakValueDictionary[tuple[Source, bool], Digits] = weakref.WeakValueDictionary()
        self._work: dict[str, Work] = {}  # what waits for its turn
        self._in_flight: dict[str, str] = {}  # runs of which something was sent, and whose turn that was
        self._sent: dict[str, Future[Any]] = {}  # what was sent
        self._reading: set[str] = set()
        self._writing: set[str] = set()
        self._to_save: set[str] = set()
        self._wishes: dict[str, Event] = {}  # of a person, until what is computed or written has come back
        self._turns = Turns()
        self._closed = False
        self._end, self._ticker = threading.Event(), threading.Thread(target=self._tick, name="tick", daemon=True)
        self._readers = ThreadPoolExecutor(2, "digits")
        self._files = ThreadPoolExecutor(1, "files")  # one thread: what is deleted last stays deleted
        self._journal = Journal(records, root, self.find)
        recalled = recall(root, self._journal)
        self._runs |= {run.name: run for run in recalled.runs}
        self._names |= recalled.names
        self._problems += recalled.problems

    @property
    def problems(self) -> list[str]:
        """What is the matter with the folder, with runs in it, and with the database, in sentences."""
        return [*self._problems, *filter(None, [self._journal.problem])]

    def runs(self) -> list[Run]:
        """Every run, the latest last."""
        with self._lock:
            return list(self._runs.values())

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        with self._lock:
            return self._runs.get(name)

    def loaded(self, name: str) -> Run | None:
        """The run of that name with its arrays, which are read where they are on disk alone.

        Raises:
            BrokenModel: when its checkpoint cannot be read.
        """
        run = self.find(name)
        if run is None or run.state or run.kept is None:
            return run
        of_file = self._loaded.get(self._file(name))
        return dataclasses.replace(run, state=of_file.state, snapshots=of_file.snapshots)

    def network_at(self, name: str, iteration: int) -> Network:
        """The network of a run after some iterations.

        Raises:
            BrokenModel: when there is no such run any more, or its checkpoint cannot be read.
        """
        run = self.loaded(name)
        if run is None:
            raise BrokenModel(f"{name} was deleted.")
        return run.network_at(iteration)

    def begin(
        self,
        plan: Plan,
        source: Source,
        name: str,
        *,
        owner: str = "",
        experiment: str = "",
        label: str = "",
        exercise: int | None = None,
    ) -> Run:
        """Begin a run; it gets a free name that starts with `name`.

        Raises:
            LimitReached: when its owner or the server has as many as there may be.
        """

        def make() -> list[Run]:
            return [_new(self._free(f"{name}-{{}}"), plan, source, owner, experiment, label, exercise)]

        return self._begin(make, owner, experiment)[0]

    def begin_experiment(
        self,
        planned: Sequence[tuple[str, Plan]],
        source: Source,
        name: str,
        exercise: int | None = None,
        *,
        owner: str = "",
    ) -> str:
        """Begin a run for every label and plan, all or none; gives the experiment's name, which no other has: name (2).

        Raises:
            LimitReached: when its owner or the server has as many as there may be.
        """

        def make() -> list[Run]:
            experiment = self._free(f"{name} ({{}})")
            number = experiment.removeprefix(f"{name} (").removesuffix(")")
            pattern = re.sub(r"[^a-z0-9]+", "-", name) + f"-{number}-{{}}"
            return [
                _new(self._free(pattern), plan, source, owner, experiment, label, exercise) for label, plan in planned
            ]

        return self._begin(make, owner)[0].experiment

    def _begin(self, make: Callable[[], list[Run]], owner: str, experiment: str = "") -> list[Run]:
        """Begin runs of one owner; they are in the database before anything is done with them."""
        with self._beginning:
            with self._lock:
                self.limits.check_active(self._runs.values(), owner, experiment)
                self._make_room(owner)
                runs = make()
            while not self._journal.add(runs):  # another server has one of the names
                for run in runs:
                    self._reserved.release(run.name)
                with self._lock:
                    runs = make()
            with self._lock:
                self._runs |= {run.name: run for run in runs}
                for run in runs:
                    self._happen(run.name, events.Begin())
                return [self._runs[run.name] for run in runs]

    def _make_room(self, owner: str) -> None:
        """Forget old unfinished runs where one more would be too many; one that has been a network stays."""
        idle = [run.name for run in self._runs.values() if run.status in FORGETTABLE]
        may_go = {name for name in idle if name not in self._busy() and not (self.root / name).exists()}
        reasons: dict[str, list[str]] = {}
        for run, why in self.limits.surplus(list(self._runs.values()), owner, may_go):
            reasons.setdefault(why, []).append(f"{run.name} ({run.status.value}, iteration {run.iteration:,})")
            self._happen(run.name, events.Delete())
        self.notices.extend(FORGOTTEN.format(why=why, names=", ".join(names)) for why, names in reasons.items())

    def _busy(self) -> set[str]:
        return {*self._in_flight, *self._writing, *self._reading}

    def _free(self, pattern: str) -> str:
        """A name that nothing has or had since the server began; a ValueError for one that leads out of the folder."""
        store.check_name(pattern)
        name = next(name for i in range(1, 100_000) if self._is_free(name := pattern.format(i)))
        self._names.add(name)
        return name

    def _is_free(self, name: str) -> bool:
        if name in self._names or self._file(name).exists():
            return False
        return not any((folder / name).exists() for folder in (self.root, store.ROOT)) and self._reserved.take(name)

    def pause(self, name: str) -> None:
        """Hold a run after the piece that is under way."""
        self._wish(name, events.Pause())

    def resume(self, name: str) -> None:
        """Go on with a run that is paused or has failed.

        Raises:
            LimitReached: when its owner or the server has as many under way as there may be.
        """
        self.resume_all([name])

    def resume_all(self, names: Sequence[str]) -> None:
        """Go on with runs, e.g. of an experiment.

        Raises:
            LimitReached: as `resume`; those before the one that is too many go on.
        """
        with self._lock:
            for name in names:
                run = self._runs.get(name)
                if run is None:
                    continue
                if not run.active:
                    self.limits.check_active(self._runs.values(), run.owner, run.unit)
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

    def stop_all_runs(self) -> int:
        """End every run that is under way, whoever's it is; gives their number."""
        with self._lock:
            names = [run.name for run in self._runs.values() if run.active]
            self.stop_all(names)
        return len(names)

    def extend(self, name: str, iterations: int) -> None:
        """Train another `iterations`; the count goes on.

        Raises:
            ValueError: for no iterations, or more than the run's learning rate has left.
            LimitReached: when its owner or the server has as many under way as there may be.
        """
        with self._lock:
            run = self._runs.get(name)
            if run and not 1 <= iterations <= run.most_more:
                raise ValueError(f"{name}: expected 1 to {run.most_more:,} iterations more. Received {iterations:,}.")
            if run and not run.active:
                self.limits.check_active(self._runs.values(), run.owner, run.unit)
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
        self._journal.flush()

    def close(self) -> None:
        """At the server's end: keep every run that is not finished as it stands, each on its own."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._end.set()
        if self._ticker.is_alive():
            self._ticker.join()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._files.shutdown(wait=True, cancel_futures=True)
        for run in self.runs():
            try:
                event = self._save(run.name)
            except Exception:  # whatever it is, the others are to be kept all the same
                log.exception("%s", run.name)
                continue
            if event:
                self._runs[run.name], _ = transition(run, event)
            if isinstance(event, events.NotSaved):
                log.error("%s: %s", run.name, event.reason)
            if event or run.active:
                self._journal.note(run.name)
        self._journal.close()
        self._reserved.close()

    def _tick(self) -> None:
        """In a thread: renew the leases, and try again what could not be written of runs that do nothing."""
        while not self._end.wait(journal.TICK_S):
            self._journal.tick()
            with self._lock:
                for run in self._runs.values():
                    if run.state and not run.active and not run.on_disk:
                        self._carry_out(run, events.SaveCheckpoint())

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
            if name in self._wishes and name not in self._writing and name not in self._in_flight:
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
        if _differs_for_others(changed, run) or not changed.active:
            self._journal.note(name)
        if not self._ticker.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended: the server ends, too
                self._ticker.start()
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
                if run.name not in self._to_save and not self._closed:
                    self._to_save.add(run.name)
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
                self._journal.forget(run.name)

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
        self._journal.hold(run.name)
        digits = self._digits_of(run)
        snapshots = checkpoints.model_snapshots(self.root / run.name)
        restored = checkpoints.read(self._file(run.name))[0] if run.kept and not run.state else None
        with self._lock:
            self._digits[run.name] = digits
        return events.DigitsReady(len(digits.validation) if digits.validation else 0, snapshots, restored)

    def _digits_of(self, run: Run) -> Digits:
        """The digits of a run; runs that learn from the same have the same arrays."""
        key = (run.source, run.plan.recipe.keep_validation)
        with self._lock:
            shared = self._shared_digits.get(key)
        digits = shared or load_digits(*key)
        with self._lock:
            return self._shared_digits.setdefault(key, digits)

    def _save(self, name: str) -> Event | None:
        with self._lock:
            self._to_save.discard(name)
            run = self._runs.get(name)
        if run is None or run.state is None or run.on_disk:
            return None
        path = self._file(name)
        try:
            checkpoints.write(path, run)
        except OSError as error:
            return events.NotSaved(NOT_SAVED.format(file=path, reason=error.strerror or error))
        return events.Saved(Kept(run.iteration, run.seconds, run.snapshot_iterations, run.revision))

    def _write(self, run: Run) -> Event | None:
        if self.find(run.name) is None:
            return None
        digits = self._digits_of(run)
        folder = self.root / run.name
        replace = store.open_model(folder).card is not None
        try:
            checkpoints.write_model(folder, run, digits, replace=replace)
        except OSError as error:
            return events.Failed(NOT_WRITTEN.format(folder=folder, reason=error.strerror or error))
        self._reserved.release(run.name)  # its folder holds the name from now on
        return events.Written()

    def _delete(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)
        store.delete(self.root / name)
        self._reserved.release(name)

    # Turns.

    def _fill(self) -> None:
        """Send work until every worker has some and another waits; persons take turns."""
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
            name: (run.turn, run.unit)
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
        if self._closed:  # its workers may have been ended with it
            return
        event = None if sent.cancelled() else _event(name, work, sent)
        with self._lock:
            del self._in_flight[name], self._sent[name]
            if event is None:
                self._work[name] = work
            self._come_back(name, event)


def _new(name: str, plan: Plan, source: Source, *of: Any) -> Run:
    owner, experiment, label, exercise = of
    return Run(
        name,
        plan,
        source,
        plan.recipe.iterations,
        experiment=experiment,
        label=label,
        exercise=exercise,
        owner=owner,
        every_snapshot=not experiment,
    )


def _differs_for_others(run: Run, before: Run) -> bool:
    """True when the record in the database is to be written anew."""
    fields = ("status", "reason", "target", "kept", "not_on_disk", "interrupted")
    return any(getattr(run, name) != getattr(before, name) for name in fields)


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
