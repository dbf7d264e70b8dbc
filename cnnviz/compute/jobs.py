"""Long computations in parts, shared by everyone on this server who asks for the same.

What two sessions ask for is computed once.  What nobody waits for any more is cancelled, as far as it has not been
sent to a worker; the parts that are done stay, and whoever asks again has only the rest computed.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, field
from typing import Any

from cnnviz.compute import backend
from cnnviz.compute.backend import Priority

Call = tuple[Any, ...]
"""A module's function and its arguments."""
MAX_ENTRIES = 96
"""Jobs whose results are kept; the largest, an evaluation on 55,000 digits, takes 2.2 MB."""


@dataclass(frozen=True, eq=False)
class Job:
    """A computation as one who waits for it sees it.

    Attributes:
        parts: the futures of its parts, in order.
    """

    parts: tuple[Future[Any], ...]

    @property
    def n_done(self) -> int:
        """How many parts are done."""
        return sum(part.done() for part in self.parts)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until every part is done or one has failed; False when `timeout_s` seconds have passed before."""
        done, others = wait(self.parts, timeout_s, FIRST_EXCEPTION)
        return not others or any(map(_is_lost, done))

    def results(self) -> list[Any]:
        """What the parts have come to, in order; call it when `wait` has returned True.

        Raises:
            BaseException: what the first of the failed parts raised.
        """
        for part in filter(_is_lost, self.parts):  # without waiting for others first
            part.result()
        return [part.result() for part in self.parts]


@dataclass(eq=False)
class _Entry:
    """A job as it is kept: who waits is counted under the lock of `Jobs`, parts are submitted under its own."""

    parts: tuple[Future[Any], ...] = ()
    n_waiters: int = 0
    submitting: threading.Lock = field(default_factory=threading.Lock)


class Jobs:
    """The jobs of a server by key, a bounded number of them.

    Args:
        max_entries: how many are kept.  Of those that nobody waits for the least recently asked for is forgotten
            first; one that is waited for and must be forgotten all the same goes on for those who wait.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def waiting(
        self, key: Hashable, calls: Callable[[], Sequence[Call]], priority: Priority = Priority.PAGE
    ) -> Iterator[Job]:
        """Wait for a job inside this context; it is begun if nobody has, and what was cancelled or has failed again.

        Args:
            key: what is computed; equal keys are computed once.
            calls: makes the parts' functions and arguments, the same each time; called when one is to be submitted.
            priority: of the parts.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            entry.n_waiters += 1
            self._entries.move_to_end(key)
            self._forget_some()
        try:
            yield Job(_submitted(entry, calls, priority))
        finally:  # also when Streamlit stops the page's script in here
            with self._lock:
                entry.n_waiters -= 1
                if not entry.n_waiters:
                    for part in entry.parts:
                        part.cancel()

    def begin(
        self, key: Hashable, calls: Callable[[], Sequence[Call]], priority: Priority = Priority.PAGE
    ) -> list[Any] | None:
        """What a job has come to, without waiting; None while it is computed, which begins if nobody has begun it.

        Args:
            key, calls, priority: as for `waiting`.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            self._forget_some()
        _submitted(entry, calls, priority)
        return self.results(key)

    def leave(self, key: Hashable) -> None:
        """Cancel what `begin` began and is not done, unless somebody waits for it."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and not entry.n_waiters:
                for part in entry.parts:
                    part.cancel()

    def _forget_some(self) -> None:
        while len(self._entries) > self._max_entries:
            unwanted = (key for key, entry in self._entries.items() if not entry.n_waiters)
            del self._entries[next(unwanted, next(iter(self._entries)))]

    def results(self, key: Hashable) -> list[Any] | None:
        """What a job has come to; None when it is not there or not done."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.parts or any(not part.done() or _is_lost(part) for part in entry.parts):
                return None
            self._entries.move_to_end(key)
        return [part.result() for part in entry.parts]

    def discard(self, key: Hashable) -> None:
        """Forget a job whose results are needed no longer; those who wait for it still get them."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget every job."""
        with self._lock:
            self._entries.clear()


def _submitted(entry: _Entry, calls: Callable[[], Sequence[Call]], priority: Priority) -> tuple[Future[Any], ...]:
    """The parts of a job, after submitting those that have not been, that were cancelled, or that failed."""
    with entry.submitting:
        if not entry.parts or any(map(_is_lost, entry.parts)):
            to_call = calls()
            before: Sequence[Future[Any] | None] = entry.parts or [None] * len(to_call)
            entry.parts = tuple(
                backend.submit(*call, priority=priority) if part is None or _is_lost(part) else part
                for part, call in zip(before, to_call, strict=True)
            )
        return entry.parts


def _is_lost(part: Future[Any]) -> bool:
    return part.cancelled() or (part.done() and part.exception() is not None)
