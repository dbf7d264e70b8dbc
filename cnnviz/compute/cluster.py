"""Long work on other machines: a Dask scheduler and its workers, behind the same `submit` as a local process.

Nothing here waits: connecting and sending happen in a thread of their own, with the synchronous client, so that the
server's event loop is left alone.  What a worker must have is checked before it gets work, for a result that is the
same to the bit needs the same code.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import math
import pickle
import platform
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import cnnviz
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import LazyModule

distributed: Any = LazyModule("distributed")

CONNECT_S = 5
WORKERS_S = 5
N_SCATTERED = 4
LARGE_BYTES = 2**21
"""More than that goes straight to a worker: the scheduler keeps what it passes on with a task."""
PACKAGES = ("tensorflow", "keras", "numpy")
START = "in the project's folder with PYTHONPATH=. and the packages of requirements-cluster.txt"


class ClusterError(RuntimeError):
    """One sentence on why the cluster cannot do the work; sending the task again at once would not help."""


@functools.cache
def versions() -> dict[str, str]:
    """What must be the same here and on a worker: Python's minor version, packages, and this package's source."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    source = "".join(path.read_text("utf-8") for path in sorted(Path(cnnviz.__file__).parent.rglob("*.py")))
    found["cnnviz"] = f"{cnnviz.__version__} (source {hashlib.sha256(source.encode()).hexdigest()[:8]})"
    return found


def difference(worker: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """A sentence on the first package whose version differs, or ""."""
    for package, version in ours.items():
        if theirs.get(package) != version:
            return f"The worker {worker} has {package} {theirs.get(package)}, this server has {version}."
    return ""


@dataclass(frozen=True)
class _Refused:
    """In place of a result: the worker has other versions."""

    reason: str


@dataclass(frozen=True, eq=False)
class _Pixels:
    """A data set whose pixels are all k/255, a quarter of its size: k as uint8 (n, 28, 28, 1), labels uint8 (n,)."""

    images: np.ndarray
    labels: np.ndarray
    name: str
    key: str


def pack(value: Any) -> Any:
    """The value as it travels: digits of k/255 as k when that is exact, everything else as it is."""
    if isinstance(value, Dataset):
        pixels = np.rint(value.images * 255).clip(0, 255).astype(np.uint8)
        if np.array_equal(pixels / np.float32(255), value.images):
            return _Pixels(pixels, value.labels.astype(np.uint8), value.name, value.key)
    return value


def unpack(value: Any) -> Any:
    """What `pack` was given, equal to the bit."""
    if isinstance(value, _Pixels):
        return Dataset(value.images / np.float32(255), value.labels.astype(np.int64), value.name, value.key)
    return value


def _run(expected: Mapping[str, str], parcel: bytes, keys: tuple[str, ...], *values: Any) -> tuple[str, Any]:
    """In the worker: open the parcel and perform it, if this worker may; returns where that was, and the result."""
    here = distributed.get_worker().address
    differs = difference(here, versions(), expected)
    if differs:
        return here, _Refused(differs)
    # Dask itself unpickles whatever a scheduler sends: who can send to a worker can run code there in any case, and a
    # cluster belongs into a network of its own.
    perform, task = pickle.loads(parcel)  # nosec B301 # `_send` pickled it
    return here, perform(*task, dict(zip(keys, map(unpack, values), strict=True)))


class Answer(Future[Any]):
    """A future that also says on which worker the task was performed, "" as long as that is not known."""

    worker = ""


@dataclass(eq=False)
class _Order:
    """A task on its way.

    Attributes:
        content: what the worker shall perform: a function and its first arguments.
        values: networks and data sets by key.
        worker: where it should run, "" to leave that to the scheduler.
        asked_s: when it was asked for; a connection that failed after that is not tried again for it.
        sent: Dask's future; the cluster forgets the task when it is gone.
    """

    content: tuple[Any, ...]
    values: Mapping[str, Any]
    worker: str
    asked_s: float = field(default_factory=time.monotonic)
    answer: Answer = field(default_factory=Answer)
    sent: Any = None


class Cluster:
    """The workers of one scheduler.

    Attributes:
        address: of the scheduler, e.g. tcp://host:8786; tls:// with Dask's own configuration.
        n_workers: how many there were when last asked, at least 1.
        problem: the sentence of the last failure to connect, "" once it has worked.
    """

    def __init__(self, address: str) -> None:
        self.address, self.n_workers, self.problem = address, 1, ""
        self._client: Any = None
        self._closed = False
        self._failed_s = -math.inf
        self._checked: set[str] = set()
        self._scattered: OrderedDict[str, Any] = OrderedDict()
        self._orders: set[_Order] = set()
        self._lock = threading.Lock()
        self._sender = ThreadPoolExecutor(1, "cluster")
        self._sender.submit(self._try_to_connect)

    def submit(
        self, perform: Callable[..., Any], task: tuple[Any, ...], values: Mapping[str, Any], worker: str = ""
    ) -> Answer:
        """Have `perform(*task, values)` called on a worker; returns at once.

        Args:
            perform: a module's function.
            task: its first arguments.
            values: its last argument: networks and data sets by key.
            worker: where it should run if that worker is still there; "" leaves it to the scheduler.

        Returns:
            a future; it carries what the function raised, a ClusterError, or a BrokenExecutor when what had been
            sent was lost with a worker or a connection and should be sent again.
        """
        order = _Order((perform, task), values, worker)
        with self._lock:
            self._orders.add(order)
        self._sender.submit(self._send, order)
        return order.answer

    def shutdown(self) -> None:
        """Leave the cluster; what is not done is cancelled there."""
        self._closed = True
        self._sender.submit(self._disconnect)
        self._sender.shutdown(wait=False)
        for order in list(self._orders):
            self._finish(order, error=ClusterError("The application has left the cluster."))

    def _finish(self, order: _Order, result: Any = None, error: BaseException | None = None) -> None:
        """Answer once: shutting down and an arrival may come together."""
        with self._lock:
            if order not in self._orders:
                return
            self._orders.discard(order)
        order.sent = None
        if error is not None:
            order.answer.set_exception(error)
        else:
            order.answer.set_result(result)

    def _send(self, order: _Order) -> None:
        try:
            parcel = pickle.dumps(order.content, 5)
        except Exception as error:  # whatever cannot be sent tells so to who waits for it
            self._finish(order, error=error)
            return
        try:
            self._submit(self._connected(order.asked_s), order, parcel)
        except ClusterError as error:
            self._finish(order, error=error)
        except Exception as error:  # the connection or a worker was lost on the way
            self._finish(order, error=BrokenExecutor(str(error)))

    def _submit(self, client: Any, order: _Order, parcel: Any) -> None:
        """Give the task to the scheduler; what is large goes to a worker first, and the task after it."""
        if order.worker not in self._checked:
            order.worker = ""
        if len(parcel) > LARGE_BYTES:
            busy = [other.worker for other in list(self._orders)]
            order.worker = order.worker or min(sorted(self._checked), key=busy.count)
            parcel = client.scatter(parcel, workers=[order.worker], hash=False)
        workers = [order.worker] if order.worker else None
        values = [self._scatter(client, key, value, workers) for key, value in order.values.items()]
        where = {"workers": workers, "allow_other_workers": True} if workers else {}
        order.sent = client.submit(_run, versions(), parcel, tuple(order.values), *values, pure=False, **where)
        order.sent.add_done_callback(functools.partial(self._arrived, order))

    def _scatter(self, client: Any, key: str, value: Any, workers: list[str] | None) -> Any:
        """A future of the value on some worker; workers hand it to each other."""
        there = self._scattered.pop(key, None)
        if there is None or there.status != "finished":
            there = client.scatter(pack(value), workers=workers, hash=False)
        self._scattered[key] = there
        while len(self._scattered) > N_SCATTERED:
            self._scattered.popitem(last=False)
        return there

    def _arrived(self, order: _Order, sent: Any) -> None:
        """In Dask's thread for callbacks: hand over what came."""
        if sent.status == "error":
            error = sent.exception()
            if isinstance(error, distributed.KilledWorker):
                error = ClusterError(f"A task ended {error.allowed_failures + 1} workers one after another.")
            self._finish(order, error=error)
            return
        try:
            order.answer.worker, result = sent.result()  # raises when it was cancelled with what it depended on
        except BaseException as error:
            self._finish(order, error=BrokenExecutor(str(error)))
            return
        if isinstance(result, _Refused):
            self._checked.clear()
            self.problem = result.reason
            self._finish(order, error=ClusterError(result.reason))
        else:
            self._finish(order, result)

    def _try_to_connect(self) -> None:
        try:
            self._connected(time.monotonic())
        except ClusterError:
            return  # the sentence is kept in `problem`, and every task will carry it

    def _connected(self, asked_s: float) -> Any:
        """The client, connected, all workers checked.

        Raises:
            ClusterError: a sentence, the last one again when it failed after `asked_s`.
        """
        if self._closed:
            raise ClusterError("The application has left the cluster.")
        if asked_s <= self._failed_s:
            raise ClusterError(self.problem)
        try:
            if self._client is None or self._client.status != "running":
                self._disconnect()
                self._client = _connect(self.address)
            self._check_workers(self._client)
        except ClusterError as error:
            self._failed_s, self.problem = time.monotonic(), str(error)
            raise
        self.problem = ""
        return self._client

    def _check_workers(self, client: Any) -> None:
        """Ask workers that were not here before for their versions."""
        present = set(client.scheduler_info()["workers"])
        if not present:
            _wait_for_a_worker(client, self.address)
            present = set(client.scheduler_info()["workers"])
        self._checked &= present
        new = sorted(present - self._checked)
        answers = client.run(versions, workers=new, on_error="return") if new else {}
        for worker, answer in answers.items():
            if isinstance(answer, OSError):  # it has gone since
                continue
            if isinstance(answer, BaseException):
                raise ClusterError(f"The worker {worker} cannot load cnnviz ({answer}): start it {START}.")
            differs = difference(worker, answer, versions())
            if differs:
                raise ClusterError(differs)
            self._checked.add(worker)
        self.n_workers = max(1, len(self._checked))

    def _disconnect(self) -> None:
        self._checked.clear()
        self._scattered.clear()
        if self._client is not None:
            self._client.close(timeout=1)
            self._client = None


def _connect(address: str) -> Any:
    try:
        make = distributed.Client
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"CNNVIZ_SCHEDULER needs a package that is not installed ({error.name}): "
            "pip install -r requirements-cluster.txt"
        ) from error
    try:
        client = make(address, timeout=CONNECT_S, set_as_default=False, name="cnnviz")
    except OSError as error:
        raise ClusterError(
            f"The scheduler {address} cannot be reached: start it (dask scheduler) or unset CNNVIZ_SCHEDULER."
        ) from error
    except Exception as error:  # no address, no certificate, or something else than a scheduler answers there
        raise ClusterError(f"The scheduler {address} cannot be used: {error}") from error
    try:
        client.run_on_scheduler(versions)
    except Exception as error:
        client.close(timeout=1)
        raise ClusterError(f"The scheduler {address} cannot load cnnviz ({error}): start it {START}.") from error
    return client


def _wait_for_a_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        raise ClusterError(
            f"The scheduler {address} has no workers: start one (dask worker {address} --nthreads 1)."
        ) from error
