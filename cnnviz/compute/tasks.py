"""A task as it is sent to a worker: networks and data sets apart, so that each worker receives every one only once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network

N_TRIES = 3
N_KEPT = 24
"""Networks and data sets that a worker keeps; the least recently used is forgotten and sent again when needed."""


class Priority(IntEnum):
    """Who waits for a task; a smaller number is more urgent."""

    ANSWER = 0
    """A person has drawn or clicked and looks at the place where the answer will appear."""
    PAGE = 1
    """A page computes something long and shows its progress."""
    RUN = 2
    """Training, and what belongs to it; also what is done ahead of time."""
    ASIDE = 3
    """Takes minutes, cannot be divided, needs no TensorFlow, and nobody waits for it: a process of its own."""


class BackendError(RuntimeError):
    """The computing process ended again and again with the same task, or the cluster cannot do the work."""


class ClusterError(RuntimeError):
    """One sentence on why the cluster cannot do the work; sending the task again at once would not help."""


@dataclass(frozen=True)
class Reference:
    """Stands for a network or a data set that the worker already has."""

    key: str


@dataclass(frozen=True)
class Missing:
    """A worker's answer when it does not have what the task refers to."""

    keys: tuple[str, ...]


class Task:
    """A function with its arguments.

    Attributes:
        function: a module's function.
        args: its arguments, with a Reference in place of every network and data set.
        large: the networks and data sets by key.
        answer: the future that whoever asked waits for.
        asked_s: `time.monotonic()` when it was asked for, or last lost; a cluster that has failed since then is not
            tried again for it.
        tries: how often it may still be sent.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.function = function
        self.large = {arg.key: arg for arg in args if isinstance(arg, (Network, Dataset))}
        self.args = tuple(Reference(arg.key) if isinstance(arg, (Network, Dataset)) else arg for arg in args)
        self.answer: Future[Any] = Future()
        self.asked_s = time.monotonic()
        self.tries = N_TRIES


class Workers(Protocol):
    """What computes: a local process, or the workers of a cluster."""

    @property
    def n_workers(self) -> int:
        """How many tasks are computed at once, at least 1."""

    @property
    def problem(self) -> str:
        """One sentence on why they cannot be used, as of the last attempt; "" when they can."""

    def post(self, task: Task, values: Mapping[str, Any], before: Future[Any] | None) -> Future[Any]:
        """Have `perform` called with the task and the values; returns at once.

        Args:
            task: what to compute.
            values: networks and data sets by key.
            before: the future of the last sending, which found the values missing; None the first time.

        Returns:
            a future of what `perform` returns; it carries a BrokenExecutor when the task was lost on the way.

        Raises:
            RuntimeError: when nothing can be sent.
        """

    def shutdown(self) -> None:
        """End what computes; the next task starts it again."""


_kept: OrderedDict[str, Any] = OrderedDict()
_keeping = threading.Lock()  # a worker of a cluster may have several threads


def perform(function: Callable[..., Any], args: tuple[Any, ...], values: Mapping[str, Any]) -> Any:
    """In the worker: put the networks and data sets back in place, then call the function.

    Args:
        function: what to call.
        args: its arguments, with a Reference for what was or is sent apart.
        values: networks and data sets by key; they are kept for later tasks.

    Returns:
        what the function returns, or Missing when this worker lacks something.
    """
    needed = [arg.key for arg in args if isinstance(arg, Reference)]
    with _keeping:
        _kept.update(values)
        missing = tuple(key for key in needed if key not in _kept)
        if missing:
            return Missing(missing)
        for key in needed:
            _kept.move_to_end(key)
        while len(_kept) > N_KEPT:
            _kept.popitem(last=False)
        whole = [_kept[arg.key] if isinstance(arg, Reference) else arg for arg in args]
    return function(*whole)
