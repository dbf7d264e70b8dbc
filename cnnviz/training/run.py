"""One training run of this server: what it is, where it stands, and the file that it can be resumed from."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Network, Weights
from cnnviz.training import checkpoints
from cnnviz.training.advance import RunState
from cnnviz.training.checkpoints import Check

Status = Literal["waiting", "running", "paused", "testing", "finished", "failed"]
Wish = Literal["go on", "pause", "stop"]

PIECE_S = 1.0
"""Seconds that one piece of a run aims at: short enough to watch and to take turns, long enough to be quick."""
MANY_STEPS = 5
"""A piece shorter than that says more of what is done around it than of a step."""
CHECKS = 20
"""How often a run looks at its validation digits, evenly over its length."""


@dataclass(eq=False)
class Run:
    """A training run; only the trainer changes it, anyone may read it at any time.

    Attributes:
        name: unique among runs and models; the finished network's folder has it.
        plan: network, recipe and seed.
        source: the digits that it learns from.
        target: iteration at which it ends.
        experiment, label: what it is part of and what it is called there; "" when it stands alone.
        status, reason: how it is, and why when it has failed.
        exercise: number of the exercise that it belongs to; None when it belongs to none.
        wish: what was asked of it last.
        state: where it stands; None before its first piece.
        snapshots: weights by iteration, until they stand in the model's folder.
        checks: accuracy on validation digits, in order of iteration.
        final: the last check, on all validation digits.
        test: correct answers and number of test digits, once it is finished.
        step_s: seconds a step took in the last piece.
        timed_s, timed_steps: seconds and steps of all pieces but the first, which compiles, and very short ones.
        filed: when it was last sent to its file, by the monotonic clock.
        deleted: it is to leave no file any more.
    """

    name: str
    plan: Plan
    source: Source
    target: int
    experiment: str = ""
    label: str = ""
    status: Status = "waiting"
    reason: str = ""
    exercise: int | None = None
    wish: Wish = "go on"
    state: RunState | None = None
    snapshots: dict[int, Weights] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    final: Check | None = None
    test: tuple[int, int] | None = None
    step_s: float = 0.0
    timed_s: float = 0.0
    timed_steps: int = 0
    filed: float = field(default_factory=time.monotonic, repr=False)
    deleted: bool = False
    filing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        return self.state.iteration if self.state else 0

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        return self.state.seconds if self.state else 0.0

    @property
    def seconds_per_1000(self) -> float:
        """Seconds that 1,000 iterations take once the network is compiled."""
        if self.timed_steps:
            return 1000 * self.timed_s / self.timed_steps
        return 1000 * self.seconds / self.iteration if self.iteration else 0.0

    def time(self, steps: int, seconds: float) -> None:
        """Note how long a piece took."""
        self.step_s = seconds / steps
        if steps >= MANY_STEPS:
            self.timed_s, self.timed_steps = self.timed_s + seconds, self.timed_steps + steps

    @property
    def active(self) -> bool:
        """True while something will still happen without anyone's doing."""
        return self.status in ("waiting", "running", "testing")

    @property
    def left_s(self) -> float:
        """Seconds of training that are left at its present speed; 0 when it is not known."""
        return max(0, self.target - self.iteration) * self.step_s

    @property
    def moments(self) -> tuple[int, ...]:
        """The iterations that one can go back to."""
        return tuple(sorted(self.snapshots))

    def network_at(self, iteration: int) -> Network:
        """The network as it was after some iterations; the present one where no snapshot is."""
        weights = self.snapshots.get(iteration)
        if weights is None and self.state:
            weights = self.state.weights
        if weights is None:
            raise BrokenModel(f"{self.name} has not begun yet.")
        return Network(self.plan.network, weights)

    def next_stop(self) -> int:
        """The iteration at which the next piece ends: a snapshot, a check, or about PIECE_S from here."""
        at = self.iteration
        reach = at + (max(1, round(PIECE_S / self.step_s)) if self.step_s else 1)
        kept = next(stop for stop in self.kept_iterations if stop > at)
        return min(reach, kept, (at // self.check_every + 1) * self.check_every, self.target)

    @property
    def check_every(self) -> int:
        """Iterations between two looks at the validation digits; of the plan alone, so that cutting changes nothing."""
        return max(1, self.plan.recipe.iterations // CHECKS)

    @property
    def kept_iterations(self) -> list[int]:
        """Where snapshots belong: testing them all would take longer than the short runs of an experiment."""
        return [self.target] if self.experiment else checkpoints.snapshot_iterations(self.target)

    def is_kept(self, iteration: int) -> bool:
        """True where a snapshot belongs."""
        return iteration in self.kept_iterations

    def file(self, root: Path) -> Path:
        """Where it can be resumed from."""
        return checkpoints.run_file(root / self.name)

    def save(self, root: Path, status: Status | None = None) -> None:
        """Write it to its file as it is now; a finished run's snapshots stand in its model."""
        with self.filing:
            if self.state is not None and not self.deleted:
                notes = self._notes() | ({"status": status} if status else {})
                snapshots = {} if notes["status"] == "finished" else self.snapshots
                checkpoints.save_run(self.file(root), self.state, snapshots, notes)

    def _notes(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "target": self.target,
            "source": [self.source.kind, str(self.source.path) if self.source.path else None],
            "experiment": self.experiment,
            "label": self.label,
            "exercise": self.exercise,
            "status": self.status,
            "reason": self.reason,
            "checks": [dataclasses.astuple(check) for check in self.checks],
            "final": dataclasses.astuple(self.final) if self.final else None,
            "test": self.test,
            "times": [self.step_s, self.timed_s, self.timed_steps],
        }


def load(path: Path) -> Run | None:
    """A run of an earlier server; what was under way stands paused. None when the file is not the server's.

    Raises:
        BrokenModel: when the file is damaged.
    """
    state, snapshots, notes = checkpoints.load_run(path)
    if notes is None:
        return None
    try:
        kind, folder = notes["source"]
        found = Run(
            notes["name"],
            Plan(state.network, state.recipe, state.seed),
            Source(kind, Path(folder) if folder else None),
            notes["target"],
            notes["experiment"],
            notes["label"],
            notes["status"] if notes["status"] in ("finished", "failed") else "paused",
            notes["reason"],
            notes["exercise"] if "exercise" in notes else _exercise_in_name(notes["experiment"]),
            state=state,
            snapshots=snapshots,
            checks=tuple(Check(*values) for values in notes["checks"]),
            final=Check(*notes["final"]) if notes["final"] else None,
            test=(notes["test"][0], notes["test"][1]) if notes["test"] else None,
        )
        found.step_s, found.timed_s, found.timed_steps = notes["times"]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenModel(f"{path}: expected the notes of a run. {error}") from None
    if found.status == "finished" and store.open_model(path.parent / found.name).card is None:
        found.status = "paused"
    return found


def _exercise_in_name(experiment: str) -> int | None:
    """The exercise of a run whose file was written before runs carried its number: "exercise 3 (1)" is of the third."""
    named = re.fullmatch(r"exercise (\d+) \(\d+\)", experiment)
    return int(named[1]) if named else None


def curves(run: Run, n_points: int = 200) -> dict[str, np.ndarray]:
    """Accuracy and loss of the training batches, averaged so that at most `n_points` are left.

    Returns:
        "iteration", "accuracy", "loss": float64, one length; each point is the mean of the steps up to its iteration.
    """
    state = run.state  # once: the trainer may put another in its place
    n = state.iteration if state else 0
    if state is None or n == 0:
        return {name: np.zeros(0) for name in ("iteration", "accuracy", "loss")}
    edges = np.unique(np.linspace(0, n, min(n, n_points) + 1).round().astype(int))
    counts = np.diff(edges)
    return {
        "iteration": edges[1:].astype(float),
        "accuracy": np.add.reduceat(state.accuracies.astype(float), edges[:-1]) / counts,
        "loss": np.add.reduceat(state.losses.astype(float), edges[:-1]) / counts,
    }
