"""One of several servers that share a folder of runs and a database: each run is driven by one of them, seen by all.

Every `LOOK_S` a server reads who has to do with each record.  What others have written it shows, what a person here
wants of their runs it leaves in the record, and what has lost its server it takes over: a run goes on from its
checkpoint to the same weights, since a step follows from (seed, iteration) alone.

Which server drives a run is a lease in its record, by the database's clock (`state.run_records`).  One that stood still
longer than its lease (a stopped process, a lost network) asks for it again before it writes anything.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cnnviz.network.cards import BrokenModel
from cnnviz.state.database import DatabaseError
from cnnviz.state.run_records import RunRecord, RunRecords, Standing
from cnnviz.training import checkpoints, events, wishes
from cnnviz.training.events import Event
from cnnviz.training.journal import is_gone
from cnnviz.training.limits import LimitReached, Limits
from cnnviz.training.notes import run_elsewhere, run_of_record
from cnnviz.training.recall import as_found
from cnnviz.training.run import Elsewhere, Run, Status
from cnnviz.training.scheduler import Scheduler

LOOK_S = 1.0
KNOWN_S, DELETED_S = 2.0, 5.0
"""So long a person waits at most until what is wanted is known, and until a run that another server has is deleted."""
DELETABLE = frozenset(Status) - {Status.WAITING, Status.TRAINING}
NO_DATABASE = "No run can begin for as long as the database, which all servers share, cannot be used. {reason}"
WITHOUT_DATABASE = (
    "{reason} All servers share it: until it is back, no run can begin, and those of other servers are shown as they "
    "were. What trains goes on."
)

log = logging.getLogger(__name__)


class Replica(Scheduler):
    """A scheduler beside others.

    Args:
        root: folder of the runs' files, the same for all.
        records: the table of their records, which all share.
        limits: how many runs there may be, on all servers together.
        problems: as of `Scheduler`.
    """

    without_database = WITHOUT_DATABASE

    def __init__(
        self, root: Path, records: RunRecords, limits: Limits | None = None, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(root, records, limits, problems)
        self._table = records
        self._runs = {
            name: dataclasses.replace(run, elsewhere=Elsewhere(run.iteration, run.seconds))
            for name, run in self._runs.items()
        }
        self._seen: dict[str, float] = {}  # when the records that are shown were written
        self._foreign: set[str] = set()  # names of other folders' runs
        self._listed: set[str] = set()
        self._wanted: dict[str, Event] = {}  # by persons here, until their servers know
        self._stop, self._wake = threading.Event(), threading.Event()
        self._look()
        self._looker = threading.Thread(target=self._look_always, name="look", daemon=True)
        self._looker.start()

    # What persons want.

    def _wish(self, name: str, event: Event) -> None:
        with self._lock:
            run = self._runs.get(name)
            if run is None:
                return
            if run.active and not run.elsewhere and not isinstance(event, events.Delete):
                super()._wish(name, event)
                return
            self._wanted[name] = event  # what nobody drives has no lease: that is asked for first
        self._wake.set()

    def _forget(self, name: str) -> None:
        self._wish(name, events.Delete())

    def resume_all(self, names: Sequence[str]) -> None:
        """As `Scheduler.resume_all`; waits for the leases, mostly some milliseconds, for a page that is drawn next."""
        super().resume_all(names)
        self._wait_for(names)

    def stop(self, name: str) -> None:
        """As `Scheduler.stop`; waits as `resume_all`."""
        super().stop(name)
        self._wait_for([name])

    def extend(self, name: str, iterations: int) -> None:
        """As `Scheduler.extend`; waits as `resume_all`."""
        super().extend(name, iterations)
        self._wait_for([name])

    def _wait_for(self, names: Sequence[str]) -> None:
        """Wait until what is wanted is done or its server knows; not under the lock, which whoever does it needs."""
        until_s = time.monotonic() + KNOWN_S
        while any(name in self._wanted for name in names) and time.monotonic() < until_s:
            time.sleep(0.01)

    def delete(self, name: str) -> None:
        """As `Scheduler.delete`; of a run that another server drives, by that server, which takes a moment."""
        self._wish(name, events.Delete())
        until_s = time.monotonic() + DELETED_S
        while (run := self.find(name)) and run.status in DELETABLE and time.monotonic() < until_s:
            time.sleep(0.02)
        self._files.submit(int).result()
        self._journal.flush()

    def _begin(self, make: Callable[[], list[Run]], owner: str, experiment: str = "") -> list[Run]:
        if self._journal.reason:
            raise LimitReached(NO_DATABASE.format(reason=self._journal.reason))
        return super()._begin(make, owner, experiment)

    # Whose runs are whose.

    def _make_sure(self, name: str) -> None:
        self._journal.make_sure(name)

    def _tells_of_step(self, run: Run, before: Run) -> bool:
        return run.iteration != before.iteration

    def _look_always(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(LOOK_S)
            self._wake.clear()
            if not self._stop.is_set():
                self._look()

    def _look(self) -> None:
        """Once: show what others have done, take over, and do or pass on what is wanted."""
        try:
            standings = self._table.standings()
            self._names.know(standing.name for standing in standings)
            self._show(standings)
            for standing in standings:
                if standing.name not in self._foreign:
                    self._attend(standing)
        except DatabaseError as error:
            self._journal.failed(error)
        except Exception:  # whatever it is, the next look is to come
            log.exception("Looking at the runs of other servers")
        else:
            self._journal.reason = ""

    def _show(self, standings: Sequence[Standing]) -> None:
        changed = {s.name: s.changed_at for s in standings if self._is_of_others(s) and self._is_news(s)}
        records = self._table.all(*changed) if changed else []
        with self._lock:
            for record in records:
                self._show_one(record)
                self._seen[record.name] = changed[record.name]
            self._take_away(standing.name for standing in standings)

    def _is_of_others(self, standing: Standing) -> bool:
        run = self._runs.get(standing.name)
        if run is None or run.elsewhere:
            return standing.holder != self._journal.holder or standing.is_free
        taken = not standing.is_free and standing.holder != self._journal.holder
        return taken or (standing.is_free and standing.writer not in (None, self._journal.holder))

    def _is_news(self, standing: Standing) -> bool:
        run = self._runs.get(standing.name)
        is_shown = standing.name in self._foreign or bool(run and run.elsewhere)
        return not is_shown or self._seen.get(standing.name) != standing.changed_at

    def _show_one(self, record: RunRecord) -> None:
        if not self._journal.is_of_here(record):
            self._foreign.add(record.name)
            return
        try:
            run = run_elsewhere(record.name, record.content)
        except BrokenModel as error:
            log.warning("%s", error)
            return
        self._let_go(record.name)
        self._runs[record.name] = run

    def _let_go(self, name: str) -> None:
        """Do nothing more with a run that another server has now."""
        for waiting in (self._work, self._wishes):
            waiting.pop(name, None)
        self._call_back(name)

    def _take_away(self, names: Iterable[str]) -> None:
        """Runs whose record was there and is no more were deleted."""
        now = set(names)
        for name in self._listed - now:
            run = self._runs.get(name)
            if run and (run.elsewhere or not run.active):
                del self._runs[name]
                self._wanted.pop(name, None)
        self._listed = now

    # Who does what.

    def _attend(self, standing: Standing) -> None:
        """One run: do what is wanted of it, pass that on to who has it, or go on with what its server has left."""
        name = standing.name
        with self._lock:
            run = self._runs.get(name)
            wanted = self._wanted.get(name) or (wishes.read(standing.wish) if standing.wish else None)
        if run is None or not (wanted or standing.wish or run.active):
            return
        has_lease = standing.holder == self._journal.holder
        if not run.elsewhere or standing.is_free or is_gone(standing.holder or ""):
            if (wanted or standing.wish or run.elsewhere or not has_lease) and self._journal.take(name):
                self._drive(name, wanted)
                if standing.wish:
                    self._table.take_wish(name, standing.wish)
                self._granted(name, wanted)
        elif name in self._wanted and wanted:
            self._table.leave_wish(name, wishes.written(wanted))
            self._granted(name, wanted)

    def _granted(self, name: str, wanted: Event | None) -> None:
        with self._lock:
            if self._wanted.get(name) is wanted:
                self._wanted.pop(name, None)

    def _drive(self, name: str, wanted: Event | None) -> None:
        """Take a run over, if it is not this server's yet, and do what is wanted; the lease is this server's now."""
        before = self.find(name)
        found = self._found(name) if before and before.elsewhere else None
        with self._lock:
            if before and before.elsewhere and not found and isinstance(wanted, events.Delete):
                found = dataclasses.replace(before, elsewhere=None)
            if before and found:
                self._runs[name] = found
                if before.active:
                    self._happen(name, events.Resume())
            if isinstance(wanted, events.Delete):
                self._happen(name, wanted)
            elif wanted:
                super()._wish(name, wanted)
            self._fill()
            self._journal.note(name)  # which gives the lease back where nothing is under way

    def _found(self, name: str) -> Run | None:
        """A run as its record and its files have it; None for a network of which nothing else is left."""
        (record,) = self._table.all(name) or (None,)
        if record is None:
            return None
        path = checkpoints.run_file(self.root / name)
        try:
            return as_found(run_of_record(name, record.content), self.root / name, path if path.is_file() else None)
        except BrokenModel as error:
            log.warning("%s", error)
            return None

    def close(self) -> None:
        """As `Scheduler.close`; other servers take over what is under way."""
        self._stop.set()
        self._wake.set()
        self._looker.join()
        super().close()
