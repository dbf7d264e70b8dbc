"""A whole training run: its pieces, which moments are kept, the unfinished run on disk, the finished model."""

from __future__ import annotations

import dataclasses
import io
import json
import platform
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import cnnviz
from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel, Card, Snapshot, network_from, recipe_from, weights_file
from cnnviz.network.config import weight_shapes
from cnnviz.network.store import npz_bytes, write_atomically
from cnnviz.network.weights import Network, Weights, check_weights
from cnnviz.training import advance
from cnnviz.training.advance import RunState

SHORT_RUN = 1000
"""Iterations; a shorter run reports more often and is kept on disk only when it is interrupted."""


def snapshot_iterations(iterations: int) -> list[int]:
    """The moments that are kept: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    steps = [first * 10**power for power in range(12) for first in (1, 2, 5)]
    return [0, *(step for step in steps if step < iterations), iterations]


@dataclass(frozen=True)
class Check:
    """What a run knew at one moment of digits that it does not learn from."""

    iteration: int
    correct: int
    n: int
    loss: float

    @property
    def accuracy(self) -> float:
        """Share read right, in [0, 1]."""
        return self.correct / self.n


def piece(state: RunState, train: Dataset, watched: Dataset | None, steps: int) -> tuple[RunState, Check | None]:
    """A short part of a run, as it is sent through the door: some steps, then a look at digits held back.

    Args:
        state: where the run stands.
        train: the digits that it learns from.
        watched: digits that it does not learn from; None: no look.
        steps: how many; 0 only looks.

    Raises:
        TrainingDiverged: when a loss is not finite.
    """
    if steps:
        state = advance.advance(state, train, steps)
    return state, check(state, watched) if watched else None


def check(state: RunState, digits: Dataset) -> Check:
    """Accuracy and mean cross-entropy on digits that the run does not learn from."""
    probs = evaluation.probabilities(Network(state.network, state.weights), digits.images)
    correct = int((probs.argmax(axis=1) == digits.labels).sum())
    of_truth = probs[np.arange(len(probs)), digits.labels]
    loss = float(-np.log(np.maximum(of_truth, np.finfo(np.float32).tiny)).mean())
    return Check(state.iteration, correct, len(digits), loss)


@dataclass(frozen=True)
class Trained:
    """What a run learnt from, for its card."""

    digits: str
    n: int


def examine(network: Network, test: Dataset) -> evaluation.Score:
    """How a network does on the test digits."""
    return evaluation.score(test.labels, evaluation.probabilities(network, test.images))


def finish(
    folder: Path,
    state: RunState,
    snapshots: Mapping[int, Weights],
    results: Mapping[int, evaluation.Score],
    *,
    train: Trained,
    test_digits: str,
    replace: bool = False,
) -> store.Model:
    """Write the model.

    Args:
        folder: the new model's folder, which must not exist unless it is to be replaced.
        state: the run at its end.
        snapshots: weights by iteration, the run's last among them.
        results: how each snapshot did on the test digits.
        train, test_digits: what it learnt from, and the name of what it was tested on.
        replace: take the place of the model that the run wrote before it went on.
    """
    entries = [
        Snapshot(iteration, weights_file(iteration), "", results[iteration].correct, results[iteration].n)
        for iteration in sorted(snapshots)
    ]
    result = results[max(snapshots)]
    card = Card(
        name=folder.name,
        network=state.network,
        recipe=state.recipe,
        seed=state.seed,
        digits=train.digits,
        n_train=train.n,
        test_digits=test_digits,
        seconds=state.seconds,
        versions={"cnnviz": cnnviz.__version__, "python": platform.python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy")},
        confusion_matrix=tuple(tuple(int(count) for count in row) for row in result.confusion),
        snapshots=tuple(entries),
    )
    return store.write(folder, card, snapshots, replace=replace)


class Recorder:
    """Takes a run to its end in pieces, keeps its snapshots, and keeps it on disk so that it can be resumed."""

    def __init__(self, folder: Path, state: RunState, snapshots: Mapping[int, Weights], keep: list[int]) -> None:
        self.folder, self.state, self.keep = folder, state, keep
        self.snapshots = dict(snapshots)

    def run(self, train: Dataset) -> Iterator[RunState]:
        """Train to the end; yields after iteration 1, then every 100 (every 10 of a short run), and at the end."""
        total = self.state.recipe.iterations
        every = 10 if total <= SHORT_RUN else 100
        self._keep_snapshot()
        stops = sorted({1, total, *range(every, total, every), *self.keep})
        for stop in stops:
            if stop > self.state.iteration:
                self.state = advance.advance(self.state, train, stop - self.state.iteration)
                self._keep_snapshot()
                if stop in (1, total) or stop % every == 0:
                    yield self.state

    def _keep_snapshot(self) -> None:
        at = self.state.iteration
        if at in self.keep and at not in self.snapshots:
            self.snapshots[at] = self.state.weights
            if at >= SHORT_RUN:
                self.save()

    def save(self) -> None:
        """Write the unfinished run beside the folder that the model will get."""
        save_run(run_file(self.folder), self.state, self.snapshots)

    def finish(self, train: Dataset, test: Dataset) -> store.Model:
        """Evaluate the snapshots, write the model, and forget the unfinished run."""
        results = {i: examine(Network(self.state.network, weights), test) for i, weights in self.snapshots.items()}
        trained = Trained(train.name, len(train))
        model = finish(self.folder, self.state, self.snapshots, results, train=trained, test_digits=test.name)
        run_file(self.folder).unlink(missing_ok=True)
        return model


def run_file(folder: Path) -> Path:
    """Where the unfinished run of a model lies until the model is written."""
    return folder.parent / f".{folder.name}.run.npz"


def save_run(
    path: Path, state: RunState, snapshots: Mapping[int, Weights], notes: Mapping[str, Any] | None = None
) -> None:
    """Keep an unfinished run, with its snapshots so far, so that it can be resumed to the bit.

    Args:
        path: the file.
        state, snapshots: the run.
        notes: what else its owner wants to know again; anything that JSON can hold.
    """
    about = {
        "notes": notes,
        "network": dataclasses.asdict(state.network),
        "recipe": dataclasses.asdict(state.recipe),
        "seed": state.seed,
        "iteration": state.iteration,
        "seconds": state.seconds,
        "n_slots": len(state.slots),
        "snapshots": list(snapshots),
    }
    arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    arrays |= {"losses": state.losses, "accuracies": state.accuracies}
    arrays |= {f"weights/{name}": array for name, array in state.weights.items()}
    arrays |= {f"slot/{i}": slot for i, slot in enumerate(state.slots)}
    for iteration, weights in snapshots.items():
        arrays |= {f"snapshot/{iteration}/{name}": array for name, array in weights.items()}
    write_atomically(path, npz_bytes(arrays))


def load_run(path: Path) -> tuple[RunState, dict[int, Weights], dict[str, Any] | None]:
    """Read an unfinished run: its state, its snapshots, its owner's notes.

    Raises:
        BrokenModel: when it is not there or damaged.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(arrays["about"].tobytes())
        config = network_from(about["network"])
        names = list(weight_shapes(config))
        weights = {name: arrays[f"weights/{name}"] for name in names}
        check_weights(config, weights)
        slots = tuple(arrays[f"slot/{i}"] for i in range(about["n_slots"]))
        state = RunState(
            config,
            recipe_from(about["recipe"]),
            about["seed"],
            about["iteration"],
            weights,
            slots,
            arrays["losses"],
            arrays["accuracies"],
            about["seconds"],
        )
        kept: dict[int, Weights] = {
            int(i): {name: arrays[f"snapshot/{i}/{name}"] for name in names} for i in about["snapshots"]
        }
    except FileNotFoundError:
        raise BrokenModel(f"{path}: expected an unfinished run, found none.") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BrokenModel(f"{path}: expected an unfinished run. {error}") from None
    return state, kept, about.get("notes")
