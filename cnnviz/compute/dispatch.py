"""The order in which tasks go to the workers, and what happens when they come back.

Tasks wait here and not at the workers: what has reached a process can be neither overtaken nor cancelled.  Only one
more than the workers compute at once is sent, so that none of them waits for the next.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Future
from typing import Any

from cnnviz.compute.tasks import N_TRIES, BackendError, ClusterError, Missing, Priority, Task, Workers

MAX_OVERTAKEN = 10
"""A task that so many more urgent ones have overtaken goes next, so that training does not stand still while pages are
waited for.  A ranking of 20 parts lets two pieces of training pass, of a second each."""


class Dispatcher:
    """Sends tasks to workers: the more urgent first, in the order of asking among equals.

    A value that the worker lacks is sent after its task, a task that was lost is sent again, and one that was
    cancelled before it was sent is forgotten.
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self._waiting: dict[Priority, deque[Task]] = {priority: deque() for priority in Priority}
        self._overtaken = dict.fromkeys(Priority, 0)
        self._n_sent = 0
        self._sending = False
        self._lock = threading.Lock()

    def submit(self, task: Task, priority: Priority) -> Future[Any]:
        """Queue a task; returns the future of what its function returns."""
        with self._lock:
            self._waiting[priority].append(task)
        # A future keeps its callbacks when it is done: this one must not keep the task with its arguments.
        task.answer.add_done_callback(functools.partial(self._forget_cancelled, priority))
        self._send_waiting()
        return task.answer

    def n_waiting(self) -> dict[Priority, int]:
        """How many tasks wait here, by who waits for them."""
        with self._lock:
            return {priority: len(tasks) for priority, tasks in self._waiting.items()}

    def shutdown(self) -> None:
        """End the workers; what still waits here carries a BackendError."""
        with self._lock:
            waiting = [task for tasks in self._waiting.values() for task in tasks if _claim(task)]
            for tasks in self._waiting.values():
                tasks.clear()
        self.workers.shutdown()
        for task in waiting:
            task.answer.set_exception(BackendError("The computing processes were ended before this task was begun."))

    def _forget_cancelled(self, priority: Priority, answer: Future[Any]) -> None:
        """Let a cancelled task's arguments go, and wake who waits for it by `concurrent.futures.wait`."""
        if not answer.cancelled():
            return
        with self._lock:
            for task in self._waiting[priority]:
                if task.answer is answer:
                    self._waiting[priority].remove(task)
                    _claim(task)
                    return

    def _send_waiting(self) -> None:
        """Send as many tasks as there is room for.

        One thread at a time does it, without holding the lock: the answers' callbacks may run in here, and they may
        ask for something themselves.  Another thread leaves its task to the one that is at it.
        """
        with self._lock:
            if self._sending:
                return
            self._sending = True
        while True:
            with self._lock:
                task = self._next()
                if task is None:
                    self._sending = False
                    return
                self._n_sent += 1
            self._send(task, {}, None)

    def _next(self) -> Task | None:
        """Take the task that is to be sent now; None when there is no room or nothing waits."""
        while self._n_sent <= self.workers.n_workers:
            waiting = [priority for priority, tasks in self._waiting.items() if tasks]
            if not waiting:
                return None
            patient = [priority for priority in waiting if self._overtaken[priority] >= MAX_OVERTAKEN]
            chosen = patient[0] if patient else waiting[0]
            task = self._waiting[chosen].popleft()
            if _claim(task):
                for priority in waiting:
                    self._overtaken[priority] += priority > chosen
                self._overtaken[chosen] = 0
                return task
        return None

    def _send(self, task: Task, values: Mapping[str, Any], before: Future[Any] | None) -> None:
        while True:
            if before is None:  # sending what was missing is no new attempt
                task.tries -= 1
            try:
                sent = self.workers.post(task, values, before)
            except RuntimeError as error:  # it broke this moment, or the server is ending
                if not _may_be_sent_again(task):
                    self._end(task, error=_lost(error))
                    return
                values, before = {}, None
                task.asked_s = time.monotonic()
            except Exception as error:  # no process could be started
                self._end(task, error=error)
                return
            else:
                sent.add_done_callback(lambda arrived: self._arrived(task, arrived))
                return

    def _arrived(self, task: Task, sent: Future[Any]) -> None:
        error = sent.exception()
        if isinstance(error, BrokenExecutor):
            if _may_be_sent_again(task):
                task.asked_s = time.monotonic()
                self._send(task, {}, None)  # ahead of what waits: it has been sent before
                return
            error = _lost(error)
        elif isinstance(error, ClusterError):
            error = BackendError(str(error))
        elif error is None and isinstance(sent.result(), Missing):
            self._send(task, {key: task.large[key] for key in sent.result().keys}, sent)
            return
        self._end(task, None if error else sent.result(), error)

    def _end(self, task: Task, result: Any = None, error: BaseException | None = None) -> None:
        with self._lock:
            self._n_sent -= 1
        if error is not None:
            task.answer.set_exception(error)
        else:
            task.answer.set_result(result)
        self._send_waiting()


def _claim(task: Task) -> bool:
    """From here on the task cannot be cancelled; False when it has been already."""
    return task.answer.set_running_or_notify_cancel()


def _may_be_sent_again(task: Task) -> bool:
    return task.tries > 0 and not sys.is_finalizing()


def _lost(error: BaseException) -> BackendError:
    return BackendError(f"The computing process ended {N_TRIES} times with the same task ({error}).")
