"""The server's training runs.  Each is a chain of short pieces sent through the door one after another.

From the chain come live progress, pause, resume and stop; runs take turns piece by piece, an experiment counting as
one; a worker that dies is replaced and its piece sent again; a server that dies finds its runs paused in their files.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from cnnviz.compute import backend
from cnnviz.data import dataset
from cnnviz.data.dataset import Dataset, Source
from cnnviz.data.mnist import DataError
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Network, Weights
from cnnviz.training import advance, checkpoints
from cnnviz.training.run import Run, Wish, load

log = logging.getLogger(__name__)

FILE_EVERY_S = 10.0
"""A run is on disk as it was no longer than about that ago; between its snapshots, too."""
N_WATCHED = 1000
"""Validation digits that a run looks at on its way; all of them at its end."""


@dataclasses.dataclass(frozen=True, eq=False)
class Digits:
    """What a run needs: digits to learn from, some to look at on the way and all that were held back, and the test."""

    train: Dataset
    watched: Dataset | None
    held_back: Dataset | None
    test: Dataset


_loading = threading.Lock()


def load_digits(source: Source, keep_validation: bool) -> Digits:
    """The digits of a run; nothing to look at when it learns from the validation digits too."""
    with _loading:  # the cache alone would let several threads read the same at once
        return _load_digits(source, keep_validation)


@functools.lru_cache(maxsize=2)
def _load_digits(source: Source, keep_validation: bool) -> Digits:
    held_back = dataset.load(source, "validation") if keep_validation else None
    watched = held_back and Dataset(held_back.images[:N_WATCHED], held_back.labels[:N_WATCHED], held_back.name)
    return Digits(dataset.load_for_training(source, keep_validation), watched, held_back, dataset.load(source, "test"))


class Trainer:
    """Begins, pauses, resumes and ends runs; every method returns at once.

    Args:
        root: folder for the runs' files and for the networks that come of them.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[str] = []
        self._runs: dict[str, Run] = {}
        self._ready: dict[str, Digits] = {}
        self._turns: deque[str] = deque()
        self._in_flight: set[str] = set()
        self._lock = threading.RLock()
        self._closed = False
        self._desk = ThreadPoolExecutor(4, "desk")  # reads digits, writes files, waits for tests
        for path in sorted(root.glob(".*.run.npz")) if root.is_dir() else ():
            self._recall(path)

    def _recall(self, path: Path) -> None:
        try:
            found = load(path)
        except BrokenModel as error:
            self.problems.append(str(error))
            return
        if found:
            self._runs[found.name] = found

    def runs(self) -> list[Run]:
        """Every run, the latest last."""
        with self._lock:
            return list(self._runs.values())

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        return self._runs.get(name)

    def begin(
        self,
        plan: Plan,
        source: Source,
        name: str,
        *,
        experiment: str = "",
        label: str = "",
        exercise: int | None = None,
    ) -> Run:
        """Begin a run; it gets a free name that starts with `name`."""
        with self._lock:
            free = self._free_name(name)
            run = Run(free, plan, source, plan.recipe.iterations, experiment, label, exercise=exercise)
            self._runs[run.name] = run
        self._prepare(run)
        return run

    def begin_experiment(
        self, planned: Sequence[tuple[str, Plan]], source: Source, name: str, exercise: int | None = None
    ) -> str:
        """Begin a run for every label and plan; gives the experiment's name, which no other has: name (2)."""
        with self._lock:
            taken = {run.experiment for run in self._runs.values()}
            number = next(i for i in range(1, 100_000) if f"{name} ({i})" not in taken)
            stem = re.sub(r"[^a-z0-9]+", "-", name)
            for label, plan in planned:
                self.begin(
                    plan,
                    source,
                    f"{stem}-{number}",
                    experiment=f"{name} ({number})",
                    label=label,
                    exercise=exercise,
                )
        return f"{name} ({number})"

    def _holds(self, run: Run) -> bool:
        """True while it is on the list; a page may still show one that another session has deleted."""
        return self._runs.get(run.name) is run

    def _free_name(self, name: str) -> str:
        taken = self._runs.keys() | {model.name for model in store.models()}
        return next(found for i in range(1, 100_000) if (found := f"{name}-{i}") not in taken)

    def pause(self, run: Run) -> None:
        """Hold a run after the piece that is under way."""
        self._wish(run, "pause")

    def stop(self, run: Run) -> None:
        """End a run where it stands; what it has learnt becomes a model."""
        self._wish(run, "stop")

    def stop_all(self, members: Sequence[Run]) -> None:
        """End every run of an experiment: what has begun becomes a model, what has not never does."""
        with self._lock:
            for run in members:
                if run.active or run.status == "paused":
                    self._wish(run, "stop")

    def _wish(self, run: Run, wish: Wish) -> None:
        with self._lock:
            if not self._holds(run):
                return
            run.wish = wish
            held = run.status in ("paused", "failed")
            idle = run.status in ("waiting", "running") and run.name not in self._in_flight
            if idle or (held and wish == "stop"):
                self._settle(run)

    def resume(self, run: Run) -> None:
        """Go on with a run that is paused or has failed."""
        with self._lock:
            if not self._holds(run):
                return
            if run.active:
                run.wish = "go on"
                return
            run.status, run.wish, run.reason = "waiting", "go on", ""
        self._prepare(run)

    def extend(self, run: Run, iterations: int) -> None:
        """Train another `iterations`; the count goes on."""
        with self._lock:
            if self._holds(run):
                run.target = max(run.target, run.iteration) + iterations
                self.resume(run)

    def delete(self, run: Run) -> None:
        """Forget a run and the model that came of it; one that is active, or has become so again, stays."""
        with self._lock:
            if run.active or not self._holds(run):
                return
            del self._runs[run.name]
        with run.filing:
            run.deleted = True
            run.file(self.root).unlink(missing_ok=True)
            store.delete(self.root / run.name)

    def close(self) -> None:
        """At the server's end: keep every run that is not finished as it stands."""
        with self._lock:
            self._closed = True
            unfinished = [run for run in self._runs.values() if run.status != "finished"]
        self._desk.shutdown(wait=False, cancel_futures=True)
        for run in unfinished:
            run.save(self.root)

    # From here on: the chain.

    def _prepare(self, run: Run) -> None:
        """Read the run's digits, then let it take turns."""

        def ready() -> None:
            digits = load_digits(run.source, run.plan.recipe.keep_validation)
            written = store.open_model(self.root / run.name)
            with self._lock:
                if not self._holds(run):
                    return
                self._ready[run.name] = digits
                if written.card:
                    run.snapshots = _snapshots(written) | run.snapshots
                if run.status == "waiting" and run.state is not None and run.iteration >= run.target:
                    self._settle(run)
                self._fill()

        self._at_desk(run, ready)

    def _at_desk(self, run: Run, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except (DataError, BrokenModel, OSError, backend.BackendError) as error:
                self._fail(run, str(error))
            except Exception as error:
                log.exception("%s", run.name)
                self._fail(run, f"{type(error).__name__}: {error}")

        if not self._closed:
            self._desk.submit(guarded)

    def _file(self, run: Run) -> None:
        run.filed = time.monotonic()
        self._at_desk(run, lambda: run.save(self.root))

    def _fail(self, run: Run, reason: str) -> None:
        with self._lock:
            run.status, run.reason = "failed", reason
            self._fill()

    def _fill(self) -> None:
        """Send pieces until every worker has one and another waits; experiments and single runs take turns."""
        held = {name for name, run in self._runs.items() if run.active}
        self._ready = {name: digits for name, digits in self._ready.items() if name in held}
        while not self._closed and len(self._in_flight) <= backend.n_workers():
            run = self._next()
            if run is None:
                return
            self._send(run)

    def _next(self) -> Run | None:
        waiting: dict[str, Run] = {}
        for run in self._runs.values():
            if run.status in ("waiting", "running") and run.name in self._ready and run.name not in self._in_flight:
                waiting.setdefault(run.experiment or f"run {run.name}", run)
        self._turns = deque(turn for turn in self._turns if turn in waiting or self._busy(turn))
        self._turns.extend(turn for turn in waiting if turn not in self._turns)
        turn = next((turn for turn in self._turns if turn in waiting and not self._had_enough(turn)), None)
        if turn is None:
            return None
        self._turns.remove(turn)
        self._turns.append(turn)
        return waiting[turn]

    def _busy(self, turn: str) -> bool:
        return any(self._turn_of(name) == turn for name in self._in_flight)

    def _had_enough(self, turn: str) -> bool:
        """An experiment may fill all the workers, not the place behind them that is another's turn."""
        return sum(self._turn_of(name) == turn for name in self._in_flight) >= backend.n_workers()

    def _turn_of(self, name: str) -> str:
        run = self._runs.get(name)
        return (run.experiment if run else "") or f"run {name}"

    def _send(self, run: Run) -> None:
        self._in_flight.add(run.name)
        run.status = "running"
        digits = self._ready[run.name]
        if run.state is None:
            plan = run.plan
            sent = backend.submit(advance.start, plan.network, plan.recipe, plan.seed)
        else:
            stop = run.next_stop()
            looks = run.is_kept(stop) or stop % run.check_every == 0
            watched = digits.held_back if stop == run.target else digits.watched
            sent = backend.submit(
                checkpoints.piece, run.state, digits.train, watched if looks else None, stop - run.iteration
            )
        sent.add_done_callback(lambda done: self._arrived(run, done))

    def _arrived(self, run: Run, sent: Future[object]) -> None:
        with self._lock:
            self._in_flight.discard(run.name)
            error = sent.exception()
            if self._closed or not self._holds(run):
                return
            if error is not None:
                told = isinstance(error, (advance.TrainingDiverged, backend.BackendError, ValueError))
                run.status, run.reason = "failed", str(error) if told else f"{type(error).__name__}: {error}"
                self._file(run)
            else:
                self._take(run, sent.result())
                self._settle(run)
            self._fill()

    def _take(self, run: Run, result: object) -> None:
        """The run is where the piece has brought it."""
        before = run.iteration
        state, check = result if isinstance(result, tuple) else (result, None)
        if run.state is not None and before and state.iteration > before:
            run.time(state.iteration - before, state.seconds - run.seconds)
        run.state = state
        if check:
            run.checks = (*run.checks, check)
        if run.is_kept(run.iteration):
            run.snapshots = {**run.snapshots, run.iteration: state.weights}
        if run.iteration < run.target and (
            (run.is_kept(run.iteration) and run.iteration >= checkpoints.SHORT_RUN / 10)
            or time.monotonic() - run.filed > FILE_EVERY_S
        ):
            self._file(run)

    def _settle(self, run: Run) -> None:
        """Between two pieces: end, hold, or go on."""
        if run.state is not None and (run.iteration >= run.target or run.wish == "stop"):
            run.snapshots = {**run.snapshots, run.iteration: run.state.weights}
            run.target, run.status = run.iteration, "testing"
            self._file(run)
            self._at_desk(run, lambda: self._finish(run))
        elif run.wish == "pause":
            if run.state is not None:
                run.snapshots = {**run.snapshots, run.iteration: run.state.weights}
            run.status = "paused"
            self._file(run)
        elif run.wish == "stop":
            run.status, run.reason = "failed", "It was stopped before it began."

    def _finish(self, run: Run) -> None:
        """Test every snapshot, write the model, and keep the run's state so that it can go on."""
        state, digits = run.state, load_digits(run.source, run.plan.recipe.keep_validation)
        if state is None:
            raise BrokenModel(f"{run.name} has not begun yet.")
        replace = store.open_model(self.root / run.name).card is not None
        sent = {
            iteration: backend.submit(checkpoints.examine, Network(state.network, weights), digits.test)
            for iteration, weights in run.snapshots.items()
        }
        if digits.held_back and not (run.checks and run.checks[-1].n == len(digits.held_back)):
            _, last = backend.submit(checkpoints.piece, state, digits.train, digits.held_back, 0).result()
            run.checks = (*run.checks, last)
        run.final = run.checks[-1] if digits.held_back else None
        wait(sent.values())
        results = {iteration: future.result() for iteration, future in sent.items()}
        trained = checkpoints.Trained(digits.train.name, len(digits.train))
        with run.filing:
            checkpoints.finish(
                self.root / run.name,
                state,
                run.snapshots,
                results,
                train=trained,
                test_digits=digits.test.name,
                replace=replace,
            )
        last = results[run.iteration]
        run.test = (last.correct, last.n)
        run.save(self.root, status="finished")
        with self._lock:
            run.status, run.wish, run.snapshots = "finished", "go on", {}
            self._fill()


def _snapshots(model: store.Model) -> dict[int, Weights]:
    """All the weights of a model, by iteration."""
    entries = model.card.snapshots if model.card else ()
    return {entry.iteration: store.load(model, entry.iteration).weights for entry in entries}


_server: list[Trainer] = []
_opening = threading.Lock()


def of_server() -> Trainer:
    """The trainer that all sessions of this server share."""
    with _opening:
        if not _server:
            _server.append(Trainer(store.own_root()))
        return _server[0]


def close_server() -> None:
    """Keep what is under way on disk; the next call of `of_server` opens it again."""
    with _opening:
        while _server:
            _server.pop().close()


def progress(members: Sequence[Run]) -> float:
    """Share of the iterations of some runs that are done, in [0, 1]."""
    target = sum(run.target for run in members)
    return sum(min(run.iteration, run.target) for run in members) / target if target else 0.0
