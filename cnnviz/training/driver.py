"""The records of a server's runs: events come in, the next records are kept, and what follows is carried out."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cnnviz.compute import backend
from cnnviz.data.mnist import DataError
from cnnviz.network.cards import BrokenModel
from cnnviz.state.run_records import RunRecords
from cnnviz.training import advance, events, journal
from cnnviz.training.events import Effect, Event, SendPiece, TestSnapshot
from cnnviz.training.journal import Journal
from cnnviz.training.lifecycle import transition
from cnnviz.training.new_runs import Names
from cnnviz.training.pieces import Digits
from cnnviz.training.recall import recall
from cnnviz.training.run import Run, Status
from cnnviz.training.run_files import RunFiles

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (advance.TrainingDiverged, DataError, BrokenModel, OSError, backend.BackendError, ValueError)
"""Their message is a sentence for a person; of any other error the name is needed, too."""

Work = SendPiece | TestSnapshot


class Driver(ABC):
    """Keeps the records; what is to be sent to workers it leaves in `_work` for `_fill`.

    Args:
        root: folder for the runs' files and for the networks that come of them.
        records: the table of their records; None: their files alone are kept, once they have begun.
    """

    without_database = journal.WITHOUT_DATABASE
    """What is said while the database cannot be used."""

    def __init__(self, root: Path, records: RunRecords | None) -> None:
        self._names, self._run_files = Names(root), RunFiles(root)
        self._lock = threading.RLock()  # guards everything below; nobody who holds it waits for a disk or a database
        self._runs: dict[str, Run] = {}
        self._digits: dict[str, Digits] = {}
        self._work: dict[str, Work] = {}  # what waits for its turn
        self._in_flight: dict[str, str] = {}  # runs of which something was sent, and whose turn that was
        self._reading: set[str] = set()
        self._writing: set[str] = set()
        self._to_save: set[str] = set()
        self._wishes: dict[str, Event] = {}  # of a person, until what is computed or written has come back
        self._closed = False
        self._end, self._ticker = threading.Event(), threading.Thread(target=self._tick, name="tick", daemon=True)
        self._readers = ThreadPoolExecutor(2, "digits")
        self._files = ThreadPoolExecutor(1, "files")  # one thread: what is deleted last stays deleted
        self._journal = Journal(records, root, self.find, self.without_database)
        recalled = recall(root, self._journal)
        self._runs |= {run.name: run for run in recalled.runs}
        self._names.know(recalled.names)
        self._recall_problems = recalled.problems

    def runs(self) -> list[Run]:
        """Every run, the latest last."""
        with self._lock:
            return list(self._runs.values())

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        with self._lock:
            return self._runs.get(name)

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
        if run is None or self._closed or run.elsewhere:
            return
        changed, effects = transition(run, event)
        self._runs[name] = changed
        if changed.status is not run.status:
            self._work.pop(name, None)
            if changed.status is Status.STOPPED:
                self._names.release(name)  # there is nothing of it on disk, and perhaps never will be
        if _differs_for_others(changed, run) or not changed.active or self._tells_of_step(changed, run):
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
            event = events.Failed(sentence_of(name, error))
        with self._lock:
            if under_way is not None:
                under_way.discard(name)
            if event:
                self._come_back(name, event)

    def _read(self, run: Run) -> Event:
        self._journal.hold(run.name)
        digits = self._run_files.digits(run)
        event = self._run_files.read(run, digits)
        with self._lock:
            self._digits[run.name] = digits
        return event

    def _save(self, name: str) -> Event | None:
        with self._lock:
            self._to_save.discard(name)
            run = self._runs.get(name)
        try:
            self._make_sure(name)
        except journal.HeldElsewhere as error:
            return events.NotSaved(str(error))
        return self._run_files.save(run)

    def _write(self, run: Run) -> Event | None:
        if self.find(run.name) is None:
            return None
        self._make_sure(run.name)
        event = self._run_files.write(run)
        if isinstance(event, events.Written):
            self._names.release(run.name)  # its folder holds the name from now on
        return event

    def _delete(self, name: str) -> None:
        self._run_files.delete(name)
        self._names.release(name)

    # Other servers; one that has its folder for itself asks nobody.

    def _make_sure(self, name: str) -> None:
        """See that the run is still this server's, before a file is written; raises HeldElsewhere."""
        return

    def _tells_of_step(self, run: Run, before: Run) -> bool:
        """True when others are to know of a step, as they cannot see it by themselves."""
        return False

    # Workers.

    @abstractmethod
    def _fill(self) -> None:
        """Send what waits in `_work`, where there is a worker for it."""

    @abstractmethod
    def _call_back(self, name: str) -> None:
        """Cancel what was sent of a run, if no worker has it yet; nobody waits for it any more."""

    # The passing of time, and the end.

    def _tick(self) -> None:
        """In a thread: renew the leases, and try again what could not be written of runs that do nothing."""
        while not self._end.wait(journal.TICK_S):
            self._journal.tick()
            with self._lock:
                for run in self._runs.values():
                    if run.state and not run.active and not run.on_disk:
                        self._carry_out(run, events.SaveCheckpoint())

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
            if not run.elsewhere:
                self._keep(run)
        self._journal.close()
        self._names.close()

    def _keep(self, run: Run) -> None:
        try:
            event = self._save(run.name)
        except Exception:  # whatever it is, the others are to be kept all the same
            log.exception("%s", run.name)
            return
        if event:
            self._runs[run.name], _ = transition(run, event)
        if isinstance(event, events.NotSaved):
            log.error("%s: %s", run.name, event.reason)
        if event or run.active:
            self._journal.note(run.name)


def _differs_for_others(run: Run, before: Run) -> bool:
    """True when the record in the database is to be written anew."""
    fields = ("status", "reason", "target", "kept", "not_on_disk", "interrupted")
    return any(getattr(run, name) != getattr(before, name) for name in fields)


def sentence_of(name: str, error: BaseException) -> str:
    """What went wrong with a run, for a person; an error that nobody expects goes to the log, too."""
    if isinstance(error, EXPECTED_ERRORS):
        return str(error)
    log.error("%s", name, exc_info=error)
    return f"{type(error).__name__}: {error}"
