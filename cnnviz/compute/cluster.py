"""Long work on other machines: a Dask scheduler and its workers, behind the same `submit` as a local process.

Nothing here waits: connecting and sending happen in a thread of their own, with the synchronous client, so that the
server's event loop is left alone.  What a worker must have is checked before it gets work, for a result that is the
same to the bit needs the same code.
"""

from __future__ import annotations

import functools
import math
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cnnviz.compute.packing import pack, unpack
from cnnviz.compute.tasks import ClusterError, Task, perform
from cnnviz.compute.versions import difference, versions
from cnnviz.lazy import LazyModule

distributed: Any = LazyModule("distributed")

CONNECT_S = 5
WORKERS_S = 5
WATCH_S, SILENT_S = 5.0, 20.0
"""While something is under way the scheduler is asked that often, and given up when it has not answered for so long: a
host that drops packets ends no connection."""
N_SCATTERED = 4
LARGE_BYTES = 2**21
"""More than that goes straight to a worker: the scheduler keeps what it passes on with a task."""
START = "in the project's folder with PYTHONPATH=. and the packages of requirements-cluster.txt"


@dataclass(frozen=True)
class _Refused:
    """In place of a result: the worker has other versions."""

    reason: str


def _perform_pickled(
    expected: Mapping[str, str], pickled: bytes, keys: tuple[str, ...], *values: Any
) -> tuple[str, Any]:
    """In the worker: perform the task if this worker's versions are the expected ones.

    Args:
        expected: the server's versions.
        pickled: function and arguments; they are unpickled after the check, since that imports their modules.
        keys: of the values.
        values: networks and data sets, packed.

    Returns:
        the worker's address, and what `perform` returns, or _Refused.
    """
    here = distributed.get_worker().address
    differs = difference(here, versions(), expected)
    if differs:
        return here, _Refused(differs)
    # Dask itself unpickles whatever a scheduler sends: who can send to a worker can run code there in any case, and a
    # cluster belongs into a network of its own.
    function, args = pickle.loads(pickled)  # nosec B301 # `_send` pickled it
    return here, perform(function, args, dict(zip(keys, map(unpack, values), strict=True)))


class Answer(Future[Any]):
    """A future that also says on which worker the task was performed, "" as long as that is not known."""

    worker = ""


@dataclass(eq=False)
class _Submission:
    """A task on its way.

    Attributes:
        task: what the worker shall perform.
        values: networks and data sets by key.
        worker: where it should run, "" to leave that to the scheduler.
        sent: Dask's future; the cluster forgets the task when it is gone.
    """

    task: Task
    values: Mapping[str, Any]
    worker: str
    answer: Answer = field(default_factory=Answer)
    sent: Any = None


class ClusterWorkers:
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
        self._left = threading.Event()
        self._failed_s = -math.inf
        self._checked: set[str] = set()
        self._scattered: OrderedDict[str, Any] = OrderedDict()
        self._submissions: set[_Submission] = set()
        self._lock = threading.Lock()
        self._sender = ThreadPoolExecutor(1, "cluster")
        self._sender.submit(self._try_to_connect)
        threading.Thread(target=self._watch, name="cluster watch", daemon=True).start()

    def post(self, task: Task, values: Mapping[str, Any], before: Future[Any] | None) -> Answer:
        """See `Workers.post`; values that a worker missed are sent to that worker, if it is still there.

        Returns:
            a future; it carries what the function raised, a ClusterError, or a BrokenExecutor when what had been
            sent was lost with a worker or a connection and should be sent again.
        """
        submission = _Submission(task, values, before.worker if isinstance(before, Answer) else "")
        with self._lock:
            self._submissions.add(submission)
        self._sender.submit(self._send, submission)
        return submission.answer

    def shutdown(self) -> None:
        """Leave the cluster; what is not done is cancelled there."""
        self._closed = True
        self._left.set()
        self._sender.submit(self._disconnect)
        self._sender.shutdown(wait=False)
        for submission in list(self._submissions):
            self._finish(submission, error=ClusterError("The application has left the cluster."))

    def _finish(self, submission: _Submission, result: Any = None, error: BaseException | None = None) -> None:
        """Answer once: shutting down and an arrival may come together."""
        with self._lock:
            if submission not in self._submissions:
                return
            self._submissions.discard(submission)
        submission.sent = None
        if error is not None:
            submission.answer.set_exception(error)
        else:
            submission.answer.set_result(result)

    def _send(self, submission: _Submission) -> None:
        try:
            pickled = pickle.dumps((submission.task.function, submission.task.args), 5)
        except Exception as error:  # who waits for it is told why it cannot be sent
            self._finish(submission, error=error)
            return
        try:
            self._submit(self._connected(submission.task.asked_s), submission, pickled)
        except ClusterError as error:
            self._finish(submission, error=error)
        except Exception as error:  # the connection or a worker was lost on the way
            self._finish(submission, error=BrokenExecutor(str(error)))

    def _submit(self, client: Any, submission: _Submission, pickled: Any) -> None:
        """Give the task to the scheduler; what is large goes to a worker first, and the task after it."""
        if submission.worker not in self._checked:
            submission.worker = ""
        if len(pickled) > LARGE_BYTES:
            busy = [other.worker for other in list(self._submissions)]
            submission.worker = submission.worker or min(sorted(self._checked), key=busy.count)
            pickled = client.scatter(pickled, workers=[submission.worker], hash=False)
        workers = [submission.worker] if submission.worker else None
        values = [self._scatter(client, key, value, workers) for key, value in submission.values.items()]
        where = {"workers": workers, "allow_other_workers": True} if workers else {}
        submission.sent = client.submit(
            _perform_pickled, versions(), pickled, tuple(submission.values), *values, pure=False, **where
        )
        submission.sent.add_done_callback(functools.partial(self._arrived, submission))

    def _scatter(self, client: Any, key: str, value: Any, workers: list[str] | None) -> Any:
        """A future of the value on some worker; workers hand it to each other."""
        there = self._scattered.pop(key, None)
        if there is None or there.status != "finished":
            there = client.scatter(pack(value), workers=workers, hash=False)
        self._scattered[key] = there
        while len(self._scattered) > N_SCATTERED:
            self._scattered.popitem(last=False)
        return there

    def _arrived(self, submission: _Submission, sent: Any) -> None:
        """In Dask's thread for callbacks: hand over what came."""
        if sent.status == "error":
            error = sent.exception()
            if isinstance(error, distributed.KilledWorker):
                error = ClusterError(f"A task ended {error.allowed_failures + 1} workers one after another.")
            self._finish(submission, error=error)
            return
        try:
            submission.answer.worker, result = sent.result()  # raises when it was cancelled with what it depended on
        except BaseException as error:
            self._finish(submission, error=BrokenExecutor(str(error)))
            return
        if isinstance(result, _Refused):
            self._checked.clear()
            self.problem = result.reason
            self._finish(submission, error=ClusterError(result.reason))
        else:
            self._finish(submission, result)

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
        self._failed_s, self.problem = -math.inf, ""
        return self._client

    def _check_workers(self, client: Any) -> None:
        """Ask workers that were not here before for their versions."""
        present = _workers_of(client)
        if not present:
            _wait_for_a_worker(client, self.address)
            present = _workers_of(client)
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

    def _watch(self) -> None:
        """In a thread: see that the scheduler answers while somebody waits for it."""
        while not self._left.wait(WATCH_S):
            client = self._client
            if client is None or not self._submissions:
                continue
            try:
                _workers_of(client)
            except TimeoutError:
                self._give_up(client)
            except Exception:  # nosec B112 # it is being closed, or has closed: whoever sends sees that
                continue

    def _give_up(self, client: Any) -> None:
        """Leave a scheduler that is silent; what was sent is to be sent again, which says what is the matter."""
        if self._client is client:
            self._client = None
        for submission in list(self._submissions):
            error = BrokenExecutor(f"The scheduler {self.address} has not answered for {SILENT_S:.0f} s.")
            self._finish(submission, error=error)
        client.close(timeout=1)

    def _disconnect(self) -> None:
        self._checked.clear()
        self._scattered.clear()
        if self._client is not None:
            self._client.close(timeout=1)
            self._client = None


def _workers_of(client: Any) -> set[str]:
    """The addresses of the workers that there are; a TimeoutError when the scheduler does not answer in SILENT_S."""
    return set(client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=SILENT_S)["workers"])


def _connect(address: str) -> Any:
    try:
        make = distributed.Client
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"CNNVIZ_SCHEDULER needs a package that is not installed ({error.name}): "
            "pip install -r requirements-cluster.txt"
        ) from error
    try:
        client = _in_time(make, address, timeout=CONNECT_S, set_as_default=False, name="cnnviz")
    except OSError as error:  # a TimeoutError is one
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


def _in_time(make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a function gives, or a TimeoutError after twice CONNECT_S.

    Dask's own limit is not for what comes after the connection is there, and a host that drops packets never answers.
    """
    made: Future[Any] = Future()

    def work() -> None:
        try:
            made.set_result(make(*args, **kwargs))
        except BaseException as error:
            made.set_exception(error)

    threading.Thread(target=work, name="cluster connect", daemon=True).start()
    try:
        return made.result(2 * CONNECT_S)
    except TimeoutError:
        made.add_done_callback(_close_late)
        raise


def _close_late(made: Future[Any]) -> None:
    """What nobody waits for any more is closed when it is there after all."""
    if made.exception() is None:
        made.result().close(timeout=1)


def _wait_for_a_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        raise ClusterError(
            f"The scheduler {address} has no workers: start one (dask worker {address} --nthreads 1)."
        ) from error
