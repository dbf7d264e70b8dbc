"""The door between the pages and TensorFlow: functions go out with arrays and frozen dataclasses, arrays come back.

Two processes stand behind it, each a lane: "answers" for what a person waits for, "work" for what takes longer, so
that a long evaluation never keeps a stroke waiting.  With CNNVIZ_SCHEDULER=tcp://host:8786 the lane for work is a Dask
cluster.  A network or a data set crosses once and is named by its key from then on.  A process that dies is replaced,
and its task is sent again.
"""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from typing import Any, Literal

from cnnviz import lazy
from cnnviz.compute.cluster import Answer, Cluster, ClusterError
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import LazyModule
from cnnviz.network.weights import Network

loky: Any = LazyModule("joblib.externals.loky")  # scikit-learn loads that copy of loky; two would mix

Lane = Literal["answers", "work"]
N_KEPT = 24
N_TRIES = 3
LOOK_FOR_SERVER_S = 2
NOT_FOR_KERAS = ("matplotlib", "pandas", "scipy", "sklearn")
"""Keras loads them where it finds them and needs none; without them TensorFlow is there in little more than half the
time."""
WORK_NICENESS = 10
"""Long work gives way to everything that a person waits for: the pages, the browser, the answers."""


class BackendError(RuntimeError):
    """The computing process ended again and again with the same task, or the cluster cannot do the work."""


@dataclass(frozen=True)
class _Named:
    """Stands for a network or a data set that the process already has."""

    key: str


@dataclass(frozen=True)
class _Missing:
    """What the process was asked to use and does not have."""

    keys: tuple[str, ...]


_kept: OrderedDict[str, Any] = OrderedDict()
_keeping = threading.Lock()  # a worker of a cluster may have several threads


def _begin(lane: Lane, server: int) -> None:
    """In the worker: what is done once, before the first task.

    With psutil there (Dask brings it), loky replaces a worker that has grown by 300 MB; TensorFlow and MNIST are
    larger than that and no leak.
    """
    process_executor: Any = lazy.load("joblib.externals.loky.process_executor")
    process_executor._MAX_MEMORY_LEAK_SIZE = math.inf
    threading.Thread(target=_end_with_server, args=(server,), daemon=True).start()
    if lane == "work" and hasattr(os, "nice"):
        os.nice(WORK_NICENESS)
    loading = threading.Thread(target=_load_tensorflow)
    loading.start()
    loading.join()


def _load_tensorflow() -> None:
    """In the worker: import TensorFlow without taking the processor from the browser that shows the first page.

    On Linux a thread has a niceness of its own, so the worker is at full speed again once this thread has ended.
    Nothing else is imported here meanwhile, so that nobody misses what Keras shall not find.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WORK_NICENESS)
    hidden: dict[str, Any] = {name: None for name in NOT_FOR_KERAS if name not in sys.modules}
    sys.modules.update(hidden)
    try:
        lazy.load("tensorflow")
    finally:
        for name in hidden:
            del sys.modules[name]


def _end_with_server(server: int) -> None:
    """In the worker: a server that was killed could not end its workers."""
    while os.getppid() == server:
        time.sleep(LOOK_FOR_SERVER_S)
    os._exit(0)


def settle() -> None:
    """In a warm worker: take what is loaded out of the garbage collector's sight; loky collects every second."""
    gc.collect()
    gc.freeze()


def _perform(function: Callable[..., Any], args: tuple[Any, ...], values: Mapping[str, Any]) -> Any:
    """In the worker: put back what was sent before, then call the function."""
    named = [arg.key for arg in args if isinstance(arg, _Named)]
    with _keeping:
        _kept.update(values)
        missing = tuple(key for key in named if key not in _kept)
        if missing:
            return _Missing(missing)
        for key in named:
            _kept.move_to_end(key)
        while len(_kept) > N_KEPT:
            _kept.popitem(last=False)
        whole = [_kept[arg.key] if isinstance(arg, _Named) else arg for arg in args]
    return function(*whole)


class _Task:
    """What was asked for, with networks and data sets apart from the rest."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.function = function
        self.large = {arg.key: arg for arg in args if isinstance(arg, (Network, Dataset))}
        self.slim_args = tuple(_Named(arg.key) if isinstance(arg, (Network, Dataset)) else arg for arg in args)
        self.answer: Future[Any] = Future()


class _Lane:
    """Where tasks are sent: what is missing there is sent after them, and what is lost is sent again."""

    n_workers = 1
    problem = ""

    def submit(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Future[Any]:
        """Send a task; the future is of what the function returns."""
        task = _Task(function, args)
        self._send(task, {}, N_TRIES)
        return task.answer

    def shutdown(self) -> None:
        """End what computes; the next task starts it again."""
        raise NotImplementedError

    def _post(self, task: _Task, values: Mapping[str, Any], before: Future[Any] | None) -> Future[Any]:
        """Have `_perform` called with the task and the values that `before`, its last sending, found missing."""
        raise NotImplementedError

    def _send(self, task: _Task, values: Mapping[str, Any], tries: int, before: Future[Any] | None = None) -> None:
        def arrived(sent: Future[Any]) -> None:
            error = sent.exception()
            if isinstance(error, BrokenExecutor):
                self._send_again(task, values, tries, error)
            elif isinstance(error, ClusterError):
                task.answer.set_exception(BackendError(str(error)))
            elif error is not None:
                task.answer.set_exception(error)
            elif isinstance(sent.result(), _Missing):
                self._send(task, {key: task.large[key] for key in sent.result().keys}, tries, sent)
            else:
                task.answer.set_result(sent.result())

        try:
            sent = self._post(task, values, before)
        except RuntimeError as error:  # broken since it was last used, or the server is ending
            self._send_again(task, values, tries, error)
        else:
            sent.add_done_callback(arrived)

    def _send_again(self, task: _Task, values: Mapping[str, Any], tries: int, error: Exception) -> None:
        if tries > 1 and not sys.is_finalizing():
            self._send(task, values, tries - 1)
        else:
            task.answer.set_exception(
                BackendError(f"The computing process ended {N_TRIES} times with the same task ({error}).")
            )


class _LocalLane(_Lane):
    """One worker process, started when it is first asked for something."""

    def __init__(self, name: Lane) -> None:
        self.name = name
        self._executor: Any = None
        self._lock = threading.Lock()

    def _post(self, task: _Task, values: Mapping[str, Any], before: Future[Any] | None) -> Future[Any]:
        sent: Future[Any] = self._worker().submit(_perform, task.function, task.slim_args, values)
        return sent

    def _worker(self) -> Any:
        with self._lock:
            if self._executor is not None and self._executor._flags.broken:
                self._executor.shutdown(wait=False, kill_workers=True)
                self._executor = None
            if self._executor is None:
                self._executor = loky.ProcessPoolExecutor(
                    max_workers=1, timeout=None, initializer=_begin, initargs=(self.name, os.getpid())
                )
            return self._executor

    def shutdown(self) -> None:
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=False, kill_workers=True)
            self._executor = None


class _ClusterLane(_Lane):
    """The workers of a Dask scheduler; what is missing is sent to the worker that missed it."""

    def __init__(self, address: str) -> None:
        self._cluster = Cluster(address)

    @property
    def n_workers(self) -> int:  # type: ignore[override]
        return self._cluster.n_workers

    @property
    def problem(self) -> str:  # type: ignore[override]
        return self._cluster.problem

    def _post(self, task: _Task, values: Mapping[str, Any], before: Future[Any] | None) -> Future[Any]:
        worker = before.worker if isinstance(before, Answer) else ""
        return self._cluster.submit(_perform, (task.function, task.slim_args), values, worker)

    def shutdown(self) -> None:
        self._cluster.shutdown()


_lanes: dict[str, _Lane] = {"answers": _LocalLane("answers"), "work": _LocalLane("work")}
_opening = threading.Lock()


def _lane(name: Lane) -> _Lane:
    """The lane; that for work is a cluster when CNNVIZ_SCHEDULER names one."""
    address = os.environ.get("CNNVIZ_SCHEDULER", "") if name == "work" else ""
    with _opening:
        if address and address not in _lanes:
            _lanes[address] = _ClusterLane(address)
        return _lanes[address or name]


def submit(function: Callable[..., Any], *args: Any, lane: Lane = "work") -> Future[Any]:
    """Send a task through the door.

    Args:
        function: a module's function; its module may load TensorFlow, this process does not.
        args: arrays, frozen dataclasses, numbers; networks and data sets cross once.
        lane: "answers" when a person waits for it.

    Returns:
        a future of what the function returns; it carries a BackendError when the process keeps dying, or with one
        sentence when the cluster cannot be used.
    """
    return _lane(lane).submit(function, args)


def call(function: Callable[..., Any], *args: Any, timeout_s: float = 120) -> Any:
    """Send a task on the lane for answers and wait for it.

    Raises:
        BackendError: when the process keeps dying.
        TimeoutError: after `timeout_s` seconds.
    """
    return submit(function, *args, lane="answers").result(timeout_s)


def n_workers() -> int:
    """How many tasks the lane for work does at once: 1 here, the number of workers on a cluster, at least 1."""
    return _lane("work").n_workers


def problem() -> str:
    """One sentence on why the cluster cannot be used, as of the last time it was tried; "" when it can, or without."""
    return _lane("work").problem


def shutdown() -> None:
    """End the processes and leave the cluster; the next task starts them again."""
    for name, lane in list(_lanes.items()):
        lane.shutdown()
        if isinstance(lane, _ClusterLane):
            del _lanes[name]
