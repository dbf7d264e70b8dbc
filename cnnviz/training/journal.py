"""The records of runs in the database, so that a server that is killed finds them all, plans included.

Each record has a lease while its run is under way, so that one server drives it.  Where there is no database, or for
as long as it cannot be used, the runs go on with their files alone.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cnnviz.network.cards import BrokenModel
from cnnviz.state.database import DatabaseError
from cnnviz.state.run_records import RunRecord, RunRecords
from cnnviz.training.notes import record_of, run_of_record
from cnnviz.training.run import Run

LEASE_S = 15.0
"""A server that does not renew its leases for so long is taken to be gone; it renews them every TICK_S."""
TICK_S = 5.0
WITHOUT_DATABASE = (
    "{reason} Runs are kept in their files alone: those that have not begun are lost when the server ends."
)


class HeldElsewhere(ValueError):
    """Another server drives the run."""


class Journal:
    """Writes what becomes of runs into the database, in a thread of its own.

    Args:
        records: the table; None: nothing is written.
        root: the folder of the runs' files; records that belong to another folder are left alone.
        find: gives the record of a run as it is by then.
        without: what is said while the database cannot be used, with a place for the reason.

    Attributes:
        reason: why the database could not be used the last time, in a sentence; "" when it could.
    """

    def __init__(
        self,
        records: RunRecords | None,
        root: Path,
        find: Callable[[str], Run | None],
        without: str = WITHOUT_DATABASE,
    ) -> None:
        self.reason, self._without = "", without
        self.holder = f"{_host()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._records, self._folder, self._find = records, _folder_of(records, root), find
        self._lock = threading.Lock()  # for the sets below; never held while the database is waited for
        self._changed: set[str] = set()
        self._absent: set[str] = set()  # names of runs whose record could not be added yet
        self._forgotten: set[str] = set()
        self._queued: set[str] = set()
        self._failed_s = 0.0
        self._sure_until: dict[str, float] = {}  # by this process's clock: no other server can have the lease before
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "records")

    @property
    def problem(self) -> str:
        """Why the database could not be used the last time, and what that means; "" when it could."""
        return self._without.format(reason=self.reason) if self.reason else ""

    def recall(self) -> tuple[list[Run], list[str], list[str]]:
        """What the database knows.

        Returns:
            the runs, the oldest first; every name that is taken; a sentence for each record that cannot be read.
        """
        runs, problems = [], []
        try:
            records = self._records.all() if self._records else []
        except DatabaseError as error:
            self.failed(error)
            return [], [], []
        for record in records:
            if not self.is_of_here(record):
                continue
            try:
                runs.append(run_of_record(record.name, record.content))
            except BrokenModel as error:
                problems.append(str(error))
        return runs, [record.name for record in records], problems

    def is_of_here(self, record: RunRecord) -> bool:
        """True for the record of a run of this folder; several folders may share a database."""
        return bool(record.content.get("folder", "") == self._folder)

    def add(self, runs: Sequence[Run], held: bool = True) -> bool:
        """Reserve the names of new runs and write their records, before anything else is done with them.

        Args:
            runs: all are added, or none.
            held: whether their leases are taken, too.

        Returns:
            False when a name is taken.  Where the database cannot be used, the records are added later.
        """
        if self._records is None:
            return True
        try:
            if not self.reason or time.monotonic() - self._failed_s > TICK_S:  # else it would be waited for again
                return self._add(self._records, runs, held)
        except DatabaseError as error:
            self.failed(error)
        with self._lock:
            self._absent |= {run.name for run in runs}
        return True

    def _add(self, table: RunRecords, runs: Sequence[Run], held: bool) -> bool:
        return table.add(*map(self._record, runs), holder=self.holder if held else None, seconds=LEASE_S)

    def note(self, name: str) -> None:
        """Have a run's record written as it is by then."""
        with self._lock:
            self._changed.add(name)
        self._later(self._write)

    def forget(self, name: str) -> None:
        """Have a run's record deleted."""
        with self._lock:
            self._forgotten.add(name)
            self._absent.discard(name)
        self._later(self._write)

    def flush(self) -> None:
        """Wait until what was to be written has been written, or could not be."""
        self._thread.submit(int).result()

    def hold(self, name: str) -> None:
        """Take the lease of a run that is to be driven.

        Raises:
            HeldElsewhere: when another server has it.
        """
        if self._records is None or name in self._absent or self._closed:
            return
        try:
            taken = self.take(name)
            before = None if taken else self._records.holder(name)
        except DatabaseError as error:
            self.failed(error)
            return
        if before:
            raise HeldElsewhere(f"Another server has {name}, or had it less than {LEASE_S:.0f} s ago. Try again then.")

    def take(self, name: str) -> bool:
        """Take or renew the lease of a run; at once, when who had it is a process of this machine that has ended.

        Returns:
            False when another server has it, or when there is no such run.

        Raises:
            DatabaseError: when the database cannot be used.
        """
        if self._records is None:
            return True
        asked_s = time.monotonic()
        taken = self._records.acquire(name, self.holder, LEASE_S)
        before = None if taken else self._records.holder(name)
        if before and is_gone(before):
            self._records.release(name, before)
            taken = self._records.acquire(name, self.holder, LEASE_S)
        if taken and self._closed:  # asked for while the server ended, when all leases had been given back
            self._records.release(name, self.holder)
            return False
        if taken:
            self._sure_until[name] = asked_s + LEASE_S
        return taken

    def make_sure(self, name: str) -> None:
        """See, before a file is written, that no other server has taken the run, e.g. while this process stood still.

        Raises:
            HeldElsewhere: when one has, or when the database cannot say so.
        """
        if self._records is None or name in self._absent or time.monotonic() < self._sure_until.get(name, 0.0):
            return
        try:
            taken = self.take(name)
        except DatabaseError as error:
            self.failed(error)
            raise HeldElsewhere(
                f"{name} is not written as long as nobody can say which server trains it. {error}"
            ) from error
        if not taken:
            raise HeldElsewhere(f"Another server has {name} now.")

    def tick(self) -> None:
        """Renew the leases, and write what could not be written before."""
        self._later(self._renew)
        self._later(self._write)

    def close(self) -> None:
        """Write what is left, and give the leases back."""
        self._closed = True
        self._later(self._write)
        self._later(self._release)
        self._thread.shutdown(wait=True)

    def _later(self, work: Callable[[RunRecords], None]) -> None:
        """In the thread; what waits there already is not queued again: a database may be waited for long."""
        if self._records is None:
            return
        with self._lock:
            if work.__name__ in self._queued:
                return
            self._queued.add(work.__name__)
        self._thread.submit(self._do, self._records, work)

    def _do(self, table: RunRecords, work: Callable[[RunRecords], None]) -> None:
        with self._lock:
            self._queued.discard(work.__name__)
        try:
            work(table)
        except DatabaseError as error:
            self.failed(error)
        else:
            self.reason = ""

    def failed(self, error: DatabaseError) -> None:
        """Note why the database could not be used."""
        self.reason, self._failed_s = str(error), time.monotonic()

    def _write(self, table: RunRecords) -> None:
        with self._lock:
            changed, forgotten = self._changed, self._forgotten
            self._changed, self._forgotten = set(), set()
        try:
            for name in forgotten:
                table.delete(name)
            for run in filter(None, map(self._find, sorted(changed))):
                if not run.elsewhere:  # else what another server has written meanwhile would be taken back
                    self._save(table, run)
        except DatabaseError:
            with self._lock:
                self._changed |= changed
                self._forgotten |= forgotten
            raise

    def _save(self, table: RunRecords, run: Run) -> None:
        if run.name in self._absent:
            if self._add(table, [run], held=run.active):
                with self._lock:
                    self._absent.discard(run.name)
            return
        table.save(self._record(run), self.holder)
        if not run.active:
            self._sure_until.pop(run.name, None)
            table.release(run.name, self.holder)

    def _record(self, run: Run) -> RunRecord:
        return RunRecord(run.name, run.owner, run.status.value, record_of(run) | {"folder": self._folder})

    def _renew(self, table: RunRecords) -> None:
        asked_s = time.monotonic()
        self._sure_until |= dict.fromkeys(table.renew(self.holder, LEASE_S), asked_s + LEASE_S)

    def _release(self, table: RunRecords) -> None:
        table.release_all(self.holder)


def _folder_of(records: RunRecords | None, root: Path) -> str:
    """What tells the runs of a folder from those of others; "" where the database moves with the folder."""
    if records is None or Path(records.engine.url.database or "").parent == root.resolve():
        return ""
    return str(root.resolve())


def is_gone(holder: str) -> bool:
    """True for a server of this machine whose process is not there any more, or was this one's number before."""
    host, _, process = holder.rpartition("/")[0].rpartition("/")
    if os.name != "posix" or host != _host() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return int(process) == os.getpid()


def _host() -> str:
    return socket.gethostname()[:40]
