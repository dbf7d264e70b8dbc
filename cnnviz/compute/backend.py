"""The way from the pages to TensorFlow: functions are sent with arrays and frozen dataclasses, arrays come back.

Two local processes compute: one the answers that a person waits for, the other what takes longer, so that a long
evaluation never keeps a stroke waiting.  A third one, without TensorFlow, is there only while something is computed
that takes minutes and cannot be divided, so that neither a page nor a training waits for it.
With CNNVIZ_SCHEDULER=tcp://host:8786 a Dask cluster stands in for the second.
A network or a data set is sent once and named by its key from then on.  A process that dies is replaced, and its task
is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cnnviz import settings
from cnnviz.compute.cluster import ClusterWorkers
from cnnviz.compute.dispatch import Dispatcher
from cnnviz.compute.local import LocalProcess
from cnnviz.compute.tasks import BackendError, Priority, Task
from cnnviz.compute.worker_start import ASIDE_LEAVES_S, ASIDE_NICENESS, LONG_WORK_NICENESS

__all__ = [
    "BackendError",
    "Priority",
    "call",
    "leave_clusters",
    "n_waiting",
    "n_workers",
    "pids",
    "problem",
    "shutdown",
    "submit",
]

_processes = {
    "answers": LocalProcess(),
    "long_work": LocalProcess(LONG_WORK_NICENESS),
    "aside": LocalProcess(ASIDE_NICENESS, loads_tensorflow=False, leaves_after_s=ASIDE_LEAVES_S),
}
_answers, _long_work, _aside = (Dispatcher(process) for process in _processes.values())
_clusters: dict[str, Dispatcher] = {}
_opening = threading.Lock()


def _dispatcher(priority: Priority) -> Dispatcher:
    """Where a task goes; long work goes to a cluster when CNNVIZ_SCHEDULER names one."""
    if priority is Priority.ANSWER:
        return _answers
    if priority is Priority.ASIDE:
        return _aside
    address = settings.read().scheduler
    if not address:
        return _long_work
    with _opening:
        if address not in _clusters:
            _clusters[address] = Dispatcher(ClusterWorkers(address))
        return _clusters[address]


def submit(
    function: Callable[..., Any],
    *args: Any,
    priority: Priority = Priority.PAGE,
) -> Future[Any]:
    """Have a function called where TensorFlow is; returns at once.

    Args:
        function: a module's function; its module may load TensorFlow, this process does not.
        args: arrays, frozen dataclasses, numbers; networks and data sets are sent once.
        priority: who waits for it.

    Returns:
        a future of what the function returns; it carries a BackendError when the process keeps dying, or with one
        sentence when the cluster cannot be used.  It can be cancelled as long as the task has not been sent.
    """
    return _dispatcher(priority).submit(Task(function, args), priority)


def call(function: Callable[..., Any], *args: Any, timeout_s: float = 120) -> Any:
    """Have a function called with priority ANSWER and wait for it.

    Raises:
        BackendError: when the process keeps dying.
        TimeoutError: after `timeout_s` seconds; nobody waits for the answer any more, so it is not computed then.
    """
    answer = submit(function, *args, priority=Priority.ANSWER)
    try:
        return answer.result(timeout_s)
    finally:
        answer.cancel()


def n_workers() -> int:
    """How many long tasks are computed at once: 1 here, the number of workers on a cluster, at least 1."""
    return _dispatcher(Priority.RUN).workers.n_workers


def n_waiting() -> dict[Priority, int]:
    """How many tasks wait for a process here or for the cluster, by who waits for them."""
    with _opening:
        dispatchers = [_answers, _long_work, _aside, *_clusters.values()]
    each = [dispatcher.n_waiting() for dispatcher in dispatchers]
    return {priority: sum(waiting[priority] for waiting in each) for priority in Priority}


def pids() -> dict[str, list[int]]:
    """The numbers of the local processes that there are now, by what they do: "answers", "long_work", "aside"."""
    return {role: process.pids() for role, process in _processes.items()}


def problem() -> str:
    """One sentence on why the cluster cannot be used, as of the last time it was tried; "" when it can, or without."""
    return _dispatcher(Priority.RUN).workers.problem


def leave_clusters() -> None:
    """Leave every cluster; the local processes go on, and the next long task connects again."""
    with _opening:
        left = list(_clusters.values())
        _clusters.clear()
    for dispatcher in left:
        dispatcher.shutdown()


def shutdown() -> None:
    """End the processes and leave the cluster; the next task starts them again."""
    _answers.shutdown()
    _long_work.shutdown()
    _aside.shutdown()
    leave_clusters()
