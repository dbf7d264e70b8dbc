"""Pieces of runs go to the workers, by turns of persons, and come back as events."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from cnnviz.compute import backend
from cnnviz.state.run_records import RunRecords
from cnnviz.training import events, pieces
from cnnviz.training.driver import Driver, Work, sentence_of
from cnnviz.training.events import Event, SendPiece, TestSnapshot
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Run
from cnnviz.training.turns import Turns


class Dispatcher(Driver):
    """A driver that sends what waits to the workers; arguments as of `Driver`."""

    def __init__(self, root: Path, records: RunRecords | None) -> None:
        self._sent: dict[str, Future[Any]] = {}  # what was sent
        self._turns = Turns()
        super().__init__(root, records)

    def _call_back(self, name: str) -> None:
        """Cancel what was sent, if no worker has it yet; nobody waits for it any more."""
        if name in self._sent:
            self._sent[name].cancel()

    def _fill(self) -> None:
        """Send work until every worker has some and another waits; persons take turns."""
        needed = self._reading | {name for name, run in self._runs.items() if run.active and not run.elsewhere}
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
            for name, run in sorted(self._runs.items(), key=lambda item: item[1].rank)
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


def _call(run: Run, work: Work, digits: Digits) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What a worker is to compute."""
    if isinstance(work, TestSnapshot):
        return pieces.examine, (run.plan.network, run.snapshots[work.iteration], digits.test)
    if run.state is None:
        return pieces.begin, (run.plan,)
    checked = pieces.checked(digits, work.validation)
    return pieces.piece, (run.state, digits.train, *checked, work.stop - run.iteration)


def _event(name: str, work: Work, sent: Future[Any]) -> Event:
    """What a worker's answer means to the run."""
    if error := sent.exception():
        return events.Failed(sentence_of(name, error))
    result = sent.result()
    if isinstance(work, TestSnapshot):
        return events.SnapshotTested(work.iteration, result)
    state, check = result
    return events.PieceDone(state, check, work.validation, time.monotonic())
