"""A training run as a frozen record: what it is, how it is, where it stands, and what is known of it so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import Source
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import MAX_ITERATIONS, Plan
from cnnviz.network.weights import Network, Weights
from cnnviz.training.advance import RunState, measured_every

PIECE_S = 1.0
"""Seconds that one piece of a run aims at: short enough to watch and to take turns, long enough to be quick."""
MANY_STEPS = 5
"""The time of a piece shorter than that is mostly what is done around its steps."""
N_CHECKS = 20
"""How often a run is checked on validation digits, evenly over its length."""


class Status(Enum):
    """How a run is."""

    WAITING = "waiting"
    TRAINING = "training"
    PAUSED = "paused"
    TESTING = "testing"
    FINISHED = "finished"
    STOPPED = "stopped"  # before it began: there is no network and nothing on disk
    FAILED = "failed"


ACTIVE = frozenset({Status.WAITING, Status.TRAINING, Status.TESTING})
"""Something will still happen to such a run without anyone's doing."""


@dataclass(frozen=True)
class Check:
    """How a run read digits at one iteration that it does not learn from.

    Attributes:
        iteration: steps done.
        correct, n: validation digits read right, and all of them; 0 of 0 where it learns from those too.
        loss: mean cross-entropy of the validation digits.
        test_correct, n_test: the same of test digits; 0 of 0 at the end, where `Run.scores` has them all.
        least_energy: at the end, of which few of the validation digits have less (see `drawing.rejection`).
    """

    iteration: int
    correct: int
    n: int
    loss: float
    test_correct: int = 0
    n_test: int = 0
    least_energy: float | None = None

    @property
    def accuracy(self) -> float:
        """Share of the validation digits read right, in [0, 1]."""
        return self.correct / self.n


@dataclass(frozen=True)
class Timing:
    """How fast a run is.

    Attributes:
        step_s: seconds a step took in the last piece; 0 when it is not known.
        seconds, steps: of all pieces but the first, which compiles, and very short ones.
    """

    step_s: float = 0.0
    seconds: float = 0.0
    steps: int = 0

    def after(self, steps: int, seconds: float) -> Timing:
        """With one more piece."""
        if steps < MANY_STEPS:
            return Timing(seconds / steps, self.seconds, self.steps)
        return Timing(seconds / steps, self.seconds + seconds, self.steps + steps)


@dataclass(frozen=True)
class Kept:
    """What a run's checkpoint on disk holds.

    Attributes:
        iteration, seconds: where the run stood when it was written.
        snapshots: the iterations whose weights are in it.
        revision: of the record then.
    """

    iteration: int
    seconds: float = 0.0
    snapshots: tuple[int, ...] = ()
    revision: int = 0


@dataclass(frozen=True)
class Elsewhere:
    """Where a run stands that another server drives, as its record has it."""

    iteration: int
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Run:
    """A training run at one moment; `lifecycle.transition` makes the next one.  All but arrays can be written as JSON.

    The arrays of a run that does nothing are on disk alone: then `state` is None, and `kept` says where it stands.

    Attributes:
        name: unique among runs and models; the finished network's folder has it.
        plan: network, recipe and seed.
        source: where its digits are loaded from.
        target: iteration at which it ends.
        experiment, label: what it is part of and what it is called there; "" when it stands alone.
        exercise: number of the exercise that it belongs to; None when it belongs to none.
        owner: fingerprint of who began it; "" when nobody is known.
        every_snapshot: keep snapshots on the way, not the last one alone; testing them all would take longer than the
            short runs of an experiment.
        in_turns: the runs of its experiment with the same seed take turns piece by piece, so that they advance
            together; else one begins when the one before it has ended.
        status, reason: how it is, and why when it has failed or was stopped before it began.
        state: where it stands; None before its first piece.
        snapshots: weights by iteration, until they stand in the model's folder.
        scores: how snapshots did on the test digits, by iteration, until the model is written.
        n_validation: how many validation digits there are; known once its digits have been read.
        checks: results on validation digits and on test digits on the way, in order of iteration.
        final: the last check, on all validation digits.
        test: correct answers and number of test digits, once it is finished.
        timing: how fast it is.
        saved_s: time of the last checkpoint that was due, by the clock of the events; None before the first piece.
        kept: what the checkpoint on disk holds; None when there is none.
        not_on_disk: why the last checkpoint could not be written; "" when it could.
        interrupted: whether the server ended while it was active, and nobody has resumed it since.
        revision: counts the changes of this record, but for those of what is on disk.
        elsewhere: where it stands, when another server drives it or did so last; None for one of this server's.
    """

    name: str
    plan: Plan
    source: Source
    target: int
    experiment: str = ""
    label: str = ""
    exercise: int | None = None
    owner: str = ""
    every_snapshot: bool = True
    in_turns: bool = False
    status: Status = Status.WAITING
    reason: str = ""
    state: RunState | None = field(default=None, repr=False)
    snapshots: Mapping[int, Weights] = field(default_factory=dict, repr=False)
    scores: Mapping[int, Score] = field(default_factory=dict, repr=False)
    n_validation: int = 0
    checks: tuple[Check, ...] = ()
    final: Check | None = None
    test: tuple[int, int] | None = None
    timing: Timing = Timing()
    saved_s: float | None = None
    kept: Kept | None = None
    not_on_disk: str = ""
    interrupted: bool = False
    revision: int = 0
    elsewhere: Elsewhere | None = None

    @property
    def turn(self) -> str:
        """Whose turn it is when this run is sent something: its owner's; where nobody is known, its unit's."""
        return f"owner {self.owner}" if self.owner else self.unit

    @property
    def unit(self) -> str:
        """What takes turns within a person's, and counts as one thing under way: an experiment, or a run alone."""
        return self.experiment or f"run {self.name}"

    @property
    def rank(self) -> tuple[int, int]:
        """Of runs of one unit that wait, the one with the lowest is next; where they are the same, the oldest."""
        return (self.plan.seed, self.iteration) if self.in_turns else (0, 0)

    @property
    def active(self) -> bool:
        """True while something will still happen without anyone's doing."""
        return self.status in ACTIVE

    @property
    def begun(self) -> bool:
        """True once there are weights, in memory or on disk."""
        return bool(self.state or self.kept)

    @property
    def on_disk(self) -> bool:
        """True when the checkpoint holds all that there is."""
        return self.kept is not None and self.kept.revision >= self.revision

    @property
    def n_bytes(self) -> int:
        """Memory that its arrays take; snapshots are often of the state's own."""
        arrays = {id(array): array for weights in self.snapshots.values() for array in weights.values()}
        if self.state:
            of_state = (*self.state.weights.values(), *self.state.optimizer_variables)
            of_steps = (self.state.losses, self.state.accuracies, self.state.accuracies_after)
            arrays |= {id(array): array for array in (*of_state, *of_steps)}
        return sum(array.nbytes for array in arrays.values())

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        stands = self.state or self.elsewhere or self.kept
        return stands.iteration if stands else 0

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        stands = self.state or self.elsewhere or self.kept
        return stands.seconds if stands else 0.0

    @property
    def seconds_per_1000(self) -> float:
        """Seconds that 1,000 iterations take once the network is compiled."""
        if self.timing.steps:
            return 1000 * self.timing.seconds / self.timing.steps
        return 1000 * self.seconds / self.iteration if self.iteration else 0.0

    @property
    def step_s(self) -> float:
        """Seconds a step took in the last piece; 0 when it is not known."""
        return self.timing.step_s

    @property
    def left_s(self) -> float:
        """Seconds of training that are left at its present speed; 0 when it is not known."""
        return max(0, self.target - self.iteration) * self.step_s

    @property
    def snapshot_iterations(self) -> tuple[int, ...]:
        """The iterations that one can go back to."""
        if self.state is None and self.kept:
            return self.kept.snapshots
        return tuple(sorted(self.snapshots))

    def network_at(self, iteration: int) -> Network:
        """The network as it was after some iterations; the present one where no snapshot is.

        Raises:
            BrokenModel: when it has not begun, or its arrays are not in memory.
        """
        weights = self.snapshots.get(iteration)
        if weights is None and self.state:
            weights = self.state.weights
        if weights is None:
            raise BrokenModel(
                f"{self.name}: its weights are not in memory." if self.kept else f"{self.name} has not begun."
            )
        return Network(self.plan.network, weights)

    def is_planned_snapshot(self, iteration: int) -> bool:
        """True where a snapshot is to be kept."""
        return iteration in self._planned_snapshots

    @property
    def _planned_snapshots(self) -> list[int]:
        return snapshot_schedule(self.target) if self.every_snapshot else [self.target]

    @property
    def validated(self) -> tuple[Check, ...]:
        """The checks on validation digits; none where it learns from those too."""
        return tuple(check for check in self.checks if check.n)

    @property
    def check_every(self) -> int:
        """Iterations between two checks; of the plan alone, so that cutting changes nothing.

        A multiple of the iterations between two measurements of the training accuracy, to stand in one line with them.
        """
        iterations = self.plan.recipe.iterations
        every, regular = max(1, iterations // N_CHECKS), measured_every(iterations)
        return every if every < regular else math.ceil(every / regular) * regular

    def next_stop(self) -> int:
        """The iteration at which the next piece ends: a snapshot, a check, or about PIECE_S from here."""
        if not self.begun:
            return 0
        at = self.iteration
        reach = at + (max(1, round(PIECE_S / self.step_s)) if self.step_s else 1)
        snapshot = next((stop for stop in self._planned_snapshots if stop > at), self.target)
        return min(reach, snapshot, (at // self.check_every + 1) * self.check_every, self.target)

    def target_after(self, iterations: int) -> int:
        """The target when it trains for some iterations more."""
        return max(self.target, self.iteration) + iterations

    @property
    def most_more(self) -> int:
        """How many iterations more it may train: a schedule that brings the learning rate to 0 has an end."""
        if self.plan.recipe.schedule == "constant":
            return MAX_ITERATIONS
        return max(0, self.plan.recipe.iterations - max(self.target, self.iteration))


def snapshot_schedule(iterations: int) -> list[int]:
    """The iterations whose snapshots are kept: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    steps = [first * 10**power for power in range(12) for first in (1, 2, 5)]
    return [0, *(step for step in steps if step < iterations), iterations]


def measured(run: Run, n_points: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy of training batches after their step, without dropout, averaged so that at most `n_points` are left.

    Returns:
        iterations and accuracies, float64 (n,) each; each point is the mean of the measurements up to its iteration.
            Empty where none was made, as before there were any.
    """
    after = run.state.accuracies_after if run.state else np.zeros(0)
    at = np.flatnonzero(np.isfinite(after))
    edges = np.unique(np.linspace(0, len(at), min(len(at), n_points) + 1).round().astype(int))
    if len(edges) < 2:
        return np.zeros(0), np.zeros(0)
    return at[edges[1:] - 1] + 1.0, np.add.reduceat(after[at].astype(float), edges[:-1]) / np.diff(edges)


def curves(run: Run, n_points: int = 200) -> dict[str, np.ndarray]:
    """Accuracy and loss of the training batches before each step, averaged so that at most `n_points` are left.

    Returns:
        "iteration", "accuracy", "loss": float64, one length; each point is the mean of the steps up to its iteration.
    """
    n = run.iteration
    if run.state is None or n == 0:
        return {name: np.zeros(0) for name in ("iteration", "accuracy", "loss")}
    edges = np.unique(np.linspace(0, n, min(n, n_points) + 1).round().astype(int))
    counts = np.diff(edges)
    return {
        "iteration": edges[1:].astype(float),
        "accuracy": np.add.reduceat(run.state.accuracies.astype(float), edges[:-1]) / counts,
        "loss": np.add.reduceat(run.state.losses.astype(float), edges[:-1]) / counts,
    }
