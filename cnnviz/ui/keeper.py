"""Writes down what sessions have chosen and drawn, aside, so that nobody who draws waits for a disk."""

from __future__ import annotations

import base64
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import Rooms
from cnnviz.state.sessions import SessionStore

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

Record = dict[str, Any]
SAVE_EVERY_S = 1.0
"""Of one session; the last state always gets there."""
RETRY_S = 10.0
"""A database that could not be used is tried again after that; a page does not wait for it before."""
EXPIRE_EVERY_S = 3600.0
START_S = 3.0
"""The first page is shown before the database is opened, unless somebody comes back."""
MAX_WAITING = 1_000
"""Records that wait for a database that cannot be used; of more, the oldest are not stored."""


class Keeper:
    """The sessions' store, with a thread that writes to it.

    Args:
        connect: opens the database, or gives the one that is open; raises DatabaseError.
    """

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._waiting: OrderedDict[str, Record | None] = OrderedDict()
        self._saved_s: dict[str, float] = {}
        self._writing: dict[str, Record | None] = {}
        self._changed = threading.Condition()
        self._opening = threading.Lock()
        self._ends = False
        self._unusable_until_s = 0.0
        self._expire_s = self._start_s = time.monotonic() + START_S
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def save(self, token: str, record: Record | None) -> None:
        """Have a record stored soon, in place of the one before; None deletes it. Returns at once."""
        with self._changed:
            self._waiting[token] = record
            self._waiting.move_to_end(token)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
            self._changed.notify()

    def load(self, token: str) -> Record | None:
        """What is stored, or waits to be; None for nothing, and when the database cannot be used."""
        with self._changed:
            for records in (self._waiting, self._writing):
                if token in records:
                    return records[token]
        try:
            record = self._store().load(token)
        except DatabaseError as error:
            self._note(error)
            return None
        self._note(None)
        return record

    def _store(self) -> SessionStore:
        """The store; raises DatabaseError, at once while it is not to be tried again yet."""
        with self._opening:  # where it takes long to fail, one waits for it and not each in turn
            if time.monotonic() < self._unusable_until_s:
                raise DatabaseError(self.problem)
            try:
                return SessionStore(self._connect())
            except DatabaseError as error:
                self._note(error)
                raise

    def close(self) -> None:
        """Write what waits, once, and end the thread."""
        with self._changed:
            self._ends = True
            self._changed.notify()
        self._thread.join(10)

    def _note(self, error: DatabaseError | None) -> None:
        with self._changed:
            if error is None:
                self.problem, self._unusable_until_s = "", 0.0
            elif time.monotonic() >= self._unusable_until_s:
                self.problem, self._unusable_until_s = str(error), time.monotonic() + RETRY_S

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._ends and (wait_s := self._wait_s()) > 0:
                    self._changed.wait(wait_s)
                    continue
                ends = self._ends
                self._take(everything=ends)
            try:
                self._write()
            except DatabaseError as error:
                self._note(error)
            if ends:
                return

    def _wait_s(self) -> float:
        """Seconds until there is something to do; called under the lock, as is `_take`."""
        now = time.monotonic()
        due = min((self._due_s(token) for token in self._waiting), default=now + EXPIRE_EVERY_S)
        return max(min(due, self._expire_s), self._unusable_until_s, self._start_s) - now

    def _due_s(self, token: str) -> float:
        return self._saved_s.get(token, 0.0) + SAVE_EVERY_S

    def _take(self, *, everything: bool) -> None:
        now = time.monotonic()
        due = [token for token in self._waiting if everything or self._due_s(token) <= now]
        self._writing = {token: self._waiting.pop(token) for token in due}
        self._saved_s = {token: saved for token, saved in self._saved_s.items() if saved > now - SAVE_EVERY_S}
        self._saved_s |= dict.fromkeys(due, now)

    def _write(self) -> None:
        try:
            store = self._store()
            for token in list(self._writing):
                _write(store, token, self._writing[token])
                with self._changed:
                    del self._writing[token]
            self._note(None)
            if time.monotonic() >= self._expire_s:
                store.expire()
                Rooms(store.engine).expire()
                self._expire_s = time.monotonic() + EXPIRE_EVERY_S
        finally:  # what could not be written waits again, unless something newer does
            with self._changed:
                for token, record in self._writing.items():
                    self._waiting.setdefault(token, record)
                self._writing = {}


def _write(store: SessionStore, token: str, record: Record | None) -> None:
    if record is None:
        store.delete(token)
        return
    content = _as_text(record)
    try:
        store.save(token, content)
    except (ValueError, TypeError):  # too large, or no JSON: without the drawing it is not
        store.save(token, {name: value for name, value in content.items() if name != "drawing"})


def _as_text(content: Any) -> Any:
    """What is given, with its bytes in base64."""
    if isinstance(content, dict):
        return {name: _as_text(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_as_text(value) for value in content]
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content
