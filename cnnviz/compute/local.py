"""One worker process on this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from typing import Any

from cnnviz.compute import worker_start
from cnnviz.compute.tasks import Task, perform
from cnnviz.lazy import LazyModule

loky: Any = LazyModule("loky")


class LocalProcess:
    """A process that is started when it is first asked for something, and replaced when it has died.

    Args:
        niceness: how far it gives way to other processes.
        hidden: modules that cannot be found while TensorFlow is loaded there.
        loads_tensorflow: whether its tasks need it.
        leaves_after_s: ends when it has had nothing to do for so long, until it is asked again; None: never.
    """

    n_workers = 1
    problem = ""

    def __init__(
        self,
        niceness: int = 0,
        hidden: Sequence[str] = worker_start.UNNEEDED_BY_KERAS,
        *,
        loads_tensorflow: bool = True,
        leaves_after_s: float | None = None,
    ) -> None:
        self._niceness = niceness
        self._loads_tensorflow, self._leaves_after_s = loads_tensorflow, leaves_after_s
        self._hidden = tuple(hidden)
        self._executor: Any = None
        self._has_answered = False
        self._lock = threading.Lock()

    def post(self, task: Task, values: Mapping[str, Any], before: Future[Any] | None) -> Future[Any]:
        """See `Workers.post`; who missed the values does not matter, for there is one process only."""
        with self._lock:
            try:
                sent = self._submit(task, values)
            except BrokenExecutor:  # the process has died since it was last used
                self._end()
                if not self._has_answered:  # it may have been unable to load TensorFlow with something hidden
                    self._hidden = ()
                sent = self._submit(task, values)
        sent.add_done_callback(self._arrived)
        return sent

    def _submit(self, task: Task, values: Mapping[str, Any]) -> Future[Any]:
        if self._executor is None:
            self._has_answered = False
            self._executor = loky.ProcessPoolExecutor(
                max_workers=1,
                timeout=self._leaves_after_s,
                initializer=worker_start.begin,
                initargs=(os.getpid(), self._niceness, self._hidden, self._loads_tensorflow),
                env=worker_start.ENVIRONMENT,
            )
        sent: Future[Any] = self._executor.submit(perform, task.function, task.args, values)
        return sent

    def _arrived(self, sent: Future[Any]) -> None:
        self._has_answered |= not isinstance(sent.exception(), BrokenExecutor)

    def _end(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, kill_workers=True)
        self._executor = None

    def pids(self) -> list[int]:
        """The process's number; none while there is no process.

        loky keeps its processes by their numbers under a name that it does not promise: without it nothing is found.
        """
        with self._lock:
            return list(getattr(self._executor, "_processes", None) or ())

    def shutdown(self) -> None:
        """See `Workers.shutdown`."""
        with self._lock:
            self._end()
