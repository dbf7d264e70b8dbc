"""The server's training runs: what a page can ask about them and have done with them.

A run is a chain of short pieces that are sent to the workers one after another.  So it can be watched, paused and
stopped, and persons take turns piece by piece; a worker that dies is replaced and its piece sent again; a server that
dies finds its runs paused, by their records in the database and the checkpoints beside them.

What happens to runs inside: `driver` (events, records, files) and `dispatcher` (turns, workers).
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from cnnviz.data.dataset import Source
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Network
from cnnviz.state.run_records import RunRecords
from cnnviz.training import events, new_runs
from cnnviz.training.dispatcher import Dispatcher
from cnnviz.training.limits import FORGETTABLE, Limits
from cnnviz.training.new_runs import Start
from cnnviz.training.recall import LoadedRuns
from cnnviz.training.run import Run, Status

WITH_WORK_LEFT = frozenset({Status.WAITING, Status.TRAINING, Status.PAUSED, Status.TESTING})
N_NOTICES = 5
FORGOTTEN = "Forgotten to make room, because {why}: {names}."


class Scheduler(Dispatcher):
    """Begins, pauses, resumes and ends runs; every method but `delete` and `close` returns at once.

    Records are frozen: what `runs` and `find` give does not change any more.  A name is never given twice, so a page
    that still shows a deleted run cannot touch another one.

    Args:
        root: folder for the runs' files and for the networks that come of them.
        records: the table of their records; None: their files alone are kept, once they have begun.
        limits: how many there may be.
        problems: what a page is to say beside what is found here, in sentences.

    Attributes:
        refusal: why no run can begin, in a sentence; "" where they can.
        notices: what was forgotten by itself, and why, in sentences; the latest last.
    """

    refusal = ""

    def __init__(
        self,
        root: Path,
        records: RunRecords | None = None,
        limits: Limits | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        super().__init__(root, records)
        self.root, self.limits = root, limits or Limits()
        self.notices: deque[str] = deque(maxlen=N_NOTICES)
        self._problems = [*problems, *self._recall_problems]
        self._beginning = threading.Lock()  # those who begin wait for one another, and for the database
        self._loaded = LoadedRuns()

    @property
    def problems(self) -> list[str]:
        """What is the matter with the folder, with runs in it, and with the database, in sentences."""
        return [*self._problems, *filter(None, [self._journal.problem])]

    def loaded(self, name: str) -> Run | None:
        """The run of that name with its arrays, which are read where they are on disk alone.

        Raises:
            BrokenModel: when its checkpoint cannot be read.
        """
        run = self.find(name)
        if run is None or run.state or run.kept is None:
            return run
        of_file = self._loaded.get(self._run_files.path(name))
        return dataclasses.replace(run, state=of_file.state, snapshots=of_file.snapshots)

    def network_at(self, name: str, iteration: int) -> Network:
        """The network of a run after some iterations.

        Raises:
            BrokenModel: when there is no such run any more, or its checkpoint cannot be read.
        """
        run = self.loaded(name)
        if run is None:
            raise BrokenModel(f"{name} was deleted.")
        return run.network_at(iteration)

    def begin(
        self,
        plan: Plan,
        source: Source,
        name: str,
        *,
        owner: str = "",
        experiment: str = "",
        label: str = "",
        exercise: int | None = None,
    ) -> Run:
        """Begin a run; it gets a free name that starts with `name`.

        Raises:
            LimitReached: when its owner or the server has as many as there may be.
        """

        def make() -> list[Run]:
            return [new_runs.run_alone(self._names, Start(name, source, owner, exercise), plan, experiment, label)]

        return self._begin(make, owner, experiment)[0]

    def begin_experiment(
        self,
        planned: Sequence[tuple[str, Plan]],
        source: Source,
        name: str,
        exercise: int | None = None,
        *,
        owner: str = "",
        in_turns: bool = False,
    ) -> str:
        """Begin a run for every label and plan, all or none; gives the experiment's name, which no other has: name (2).

        Args:
            planned: label and plan of each run.
            source, exercise, owner, in_turns: as of `Run`.
            name: how its name and the names of its runs start.

        Raises:
            LimitReached: when its owner or the server has as many as there may be.
        """

        def make() -> list[Run]:
            return new_runs.experiment_of(self._names, Start(name, source, owner, exercise, in_turns), planned)

        return self._begin(make, owner)[0].experiment

    def _begin(self, make: Callable[[], list[Run]], owner: str, experiment: str = "") -> list[Run]:
        """Begin runs of one owner; they are in the database before anything is done with them."""
        with self._beginning:
            with self._lock:
                self.limits.check_active(self._runs.values(), owner, experiment)
                self._make_room(owner)
                runs = make()
            while not self._journal.add(runs):  # another server has one of the names
                for run in runs:
                    self._names.release(run.name)
                with self._lock:
                    runs = make()
            with self._lock:
                self._runs |= {run.name: run for run in runs}
                for run in runs:
                    self._happen(run.name, events.Begin())
                return [self._runs[run.name] for run in runs]

    def _make_room(self, owner: str) -> None:
        """Forget old unfinished runs where one more would be too many; one that has been a network stays."""
        idle = [run.name for run in self._runs.values() if run.status in FORGETTABLE]
        may_go = {name for name in idle if name not in self._busy() and not (self.root / name).exists()}
        reasons: dict[str, list[str]] = {}
        for run, why in self.limits.surplus(list(self._runs.values()), owner, may_go):
            reasons.setdefault(why, []).append(f"{run.name} ({run.status.value}, iteration {run.iteration:,})")
            self._forget(run.name)
        self.notices.extend(FORGOTTEN.format(why=why, names=", ".join(names)) for why, names in reasons.items())

    def _forget(self, name: str) -> None:
        self._happen(name, events.Delete())

    def _busy(self) -> set[str]:
        return {*self._in_flight, *self._writing, *self._reading}

    def pause(self, name: str) -> None:
        """Hold a run after the piece that is under way."""
        self._wish(name, events.Pause())

    def resume(self, name: str) -> None:
        """Go on with a run that is paused or has failed.

        Raises:
            LimitReached: when its owner or the server has as many under way as there may be.
        """
        self.resume_all([name])

    def resume_all(self, names: Sequence[str]) -> None:
        """Go on with runs, e.g. of an experiment.

        Raises:
            LimitReached: as `resume`; those before the one that is too many go on.
        """
        with self._lock:
            for name in names:
                run = self._runs.get(name)
                if run is None:
                    continue
                if not run.active:
                    self.limits.check_active(self._runs.values(), run.owner, run.unit)
                self._wish(name, events.Resume())

    def stop(self, name: str) -> None:
        """End a run where it stands; what it has learnt becomes a model."""
        self._wish(name, events.Stop())

    def stop_all(self, names: Sequence[str]) -> None:
        """End every run of an experiment: what has begun becomes a model, what has not never does."""
        with self._lock:
            for name in names:
                run = self._runs.get(name)
                if run and run.status in WITH_WORK_LEFT:
                    self._wish(name, events.Stop())

    def stop_all_runs(self) -> int:
        """End every run that is under way, whoever's it is; gives their number."""
        with self._lock:
            names = [run.name for run in self._runs.values() if run.active]
            self.stop_all(names)
        return len(names)

    def extend(self, name: str, iterations: int) -> None:
        """Train another `iterations`; the count goes on.

        Raises:
            ValueError: for no iterations, or more than the run's learning rate has left.
            LimitReached: when its owner or the server has as many under way as there may be.
        """
        with self._lock:
            run = self._runs.get(name)
            if run and not 1 <= iterations <= run.most_more:
                raise ValueError(f"{name}: expected 1 to {run.most_more:,} iterations more. Received {iterations:,}.")
            if run and not run.active:
                self.limits.check_active(self._runs.values(), run.owner, run.unit)
            self._wish(name, events.Extend(iterations))

    def delete(self, name: str) -> None:
        """Forget a run and the model that came of it; one that waits or trains, or does so again, stays."""
        with self._lock:
            if self._closed:
                return
            self._happen(name, events.Delete())
            self._fill()
            files_are_gone = self._files.submit(int)  # after everything that is to be done with files before it
        files_are_gone.result()
        self._journal.flush()


def progress(members: Sequence[Run]) -> float:
    """Share of the iterations of some runs that are done, in [0, 1]."""
    target = sum(run.target for run in members)
    return sum(min(run.iteration, run.target) for run in members) / target if target else 0.0
