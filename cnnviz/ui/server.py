"""What lives once a server and is shared by all its sessions: made on first use, closed at shutdown.

One idiom: a `Once` that is named here. Results of pure functions are not of this kind; they are cached where they are
computed, by `st.cache_resource`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cnnviz import settings
from cnnviz.classroom.live import LiveRooms
from cnnviz.compute.jobs import Jobs
from cnnviz.network import store
from cnnviz.state import database as databases
from cnnviz.state.run_records import RunRecords
from cnnviz.training import folder_lock
from cnnviz.training.journal import WITHOUT_DATABASE
from cnnviz.training.limits import Limits
from cnnviz.training.look_only import LookOnly
from cnnviz.training.replica import NO_DATABASE, Replica
from cnnviz.training.run import Status
from cnnviz.training.scheduler import Scheduler
from cnnviz.ui.attempts import WRONG_CODES_PER_BROWSER, WRONG_CODES_PER_SERVER, Attempts
from cnnviz.ui.data_sources import DataSources
from cnnviz.ui.housekeeping import Housekeeper
from cnnviz.ui.keeper import Keeper

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

T = TypeVar("T")
ASK_EVERY_S = 2.0
log = logging.getLogger(__name__)


class Once(Generic[T]):
    """Something that is made when it is first asked for, and then is the same for everyone.

    Attributes:
        make: makes it; called under a lock, so that two sessions that ask at once get the same.
        end: ends it, e.g. its threads.
    """

    def __init__(self, make: Callable[[], T], end: Callable[[T], object] = lambda _: None) -> None:
        self.make, self.end = make, end
        self._made: list[T] = []
        self._lock = threading.Lock()

    def __call__(self) -> T:
        """The one of this server."""
        with self._lock:
            if not self._made:
                self._made.append(self.make())
            return self._made[0]

    def reset(self) -> None:
        """End it; the next call makes another one."""
        with self._lock:
            while self._made:
                self.end(self._made.pop())


data_sources = Once(DataSources)
"""The digits found on disk, and the download where there are none."""

jobs = Once(Jobs, Jobs.clear)
"""Long computations that sessions share."""


def delete_old_digits() -> None:
    """Delete what classes have drawn and what is a day old, also while no page is open."""
    data_sources().classes()


housekeeper = Once(lambda: Housekeeper(also=delete_old_digits), Housekeeper.close)
"""What gives memory back when it is quiet, and deletes digits of classes after a day; begun at start-up."""


def _connect() -> Engine:
    """Open the database of the settings, else the one in the runs folder; raises DatabaseError."""
    folder, address = store.own_root(), settings.read().database
    if address is None:
        with contextlib.suppress(OSError):  # where it cannot be made, SQLite says so
            folder.mkdir(parents=True, exist_ok=True)
    # Not by `st.connection`: a thread opens it before the first browser comes, and Streamlit warns of each such call.
    return databases.connect(address or databases.default_url(folder))


database = Once(_connect, lambda engine: engine.dispose())
"""Where sessions and runs are stored; made when it is first asked for, which takes half a second."""


def ask_database() -> None:
    """Ask the database for nothing but an answer; raises DatabaseError where there is none."""
    with databases.transaction(database()) as connection:
        connection.exec_driver_sql("SELECT 1")


keeper = Once(lambda: Keeper(database), Keeper.close)
"""What writes sessions to the database."""

overflowing: Once[set[str]] = Once(set)
"""The weights that were run and gave no numbers, by what `Entry.last` calls them."""

live_rooms = Once(lambda: LiveRooms(database), LiveRooms.close)
"""What happens in rooms in which classes work together."""

attempts = Once(Attempts)
"""How often the teacher's passphrase was tried."""

wrong_codes = Once(lambda: Attempts(per_browser=WRONG_CODES_PER_BROWSER, per_server=WRONG_CODES_PER_SERVER))
"""How often somebody tried to come into a room that is not there."""


class SchedulerOnce(Once[Scheduler]):
    """The scheduler, which one server at a time has for a folder: while another one has it, it begins no runs."""

    def __init__(self) -> None:
        super().__init__(self._open, self._close)
        self._folder: folder_lock.Lock | None = None
        self._asked_s = 0.0
        self._refusal = ""

    def __call__(self) -> Scheduler:
        """The one of this server; now and then it is tried whether the other server has ended."""
        scheduler = super().__call__()
        if scheduler.refusal and time.monotonic() - self._asked_s > ASK_EVERY_S:
            self.reset()
            scheduler = super().__call__()
        return scheduler

    def _open(self) -> Scheduler:
        root, now = store.own_root(), settings.read()
        problems = list(now.refused)
        self._asked_s = time.monotonic()
        limits = Limits(now.max_active_per_person, now.max_kept_per_person, now.max_active, now.max_kept)
        if _is_shared(now.database):
            return self._replica(root, limits, problems)
        try:
            self._folder = folder_lock.lock_folder(root)
        except folder_lock.InUse as error:
            return self._refused(root, str(error))
        except folder_lock.Unlockable as error:
            problems.append(str(error))
        try:
            records = RunRecords(database())
        except databases.DatabaseError as error:
            records = None
            problems.append(WITHOUT_DATABASE.format(reason=error))
        return Scheduler(root, records, limits, problems)

    def _replica(self, root: Path, limits: Limits, problems: list[str]) -> Scheduler:
        """One of several that share the database; without it nobody knows which runs are whose."""
        try:
            return Replica(root, RunRecords(database()), limits, problems)
        except databases.DatabaseError as error:
            return self._refused(root, NO_DATABASE.format(reason=error))

    def _refused(self, root: Path, reason: str) -> Scheduler:
        if reason != self._refusal:
            log.warning("%s", reason)
        self._refusal = reason
        return LookOnly(root, reason)

    def _close(self, scheduler: Scheduler) -> None:
        try:
            scheduler.close()
        finally:
            if self._folder is not None:
                self._folder.release()


def _is_shared(database: str | None) -> bool:
    """Whether servers share their runs through a database, which says by leases which server trains which run."""
    return database is not None and not database.startswith("sqlite")


scheduler = SchedulerOnce()
"""What trains the runs of all sessions; closing it keeps on disk what is under way."""


def count_runs() -> dict[str, int]:
    """How many runs of all persons there are, by status."""
    statuses = Counter(run.status for run in scheduler().runs())
    return {status.value: statuses[status] for status in Status}


SHARED: tuple[Once[Any], ...] = (
    *(housekeeper, keeper, scheduler, live_rooms, database, attempts, wrong_codes, jobs, data_sources, overflowing),
)
"""In the order in which they are ended."""


def reset() -> None:
    """Put everything back to how it was before the first session; for tests."""
    for shared in SHARED:
        shared.reset()


def close() -> None:
    """Keep on disk what is under way, and end every thread, each on its own; called when the server stops."""
    for shared in SHARED:
        try:
            shared.reset()
        except Exception:  # whatever it is, the others are to be ended all the same
            log.exception("At the server's end")
