"""A whole training run: which moments are kept, the unfinished run on disk, the finished model."""

from __future__ import annotations

import dataclasses
import io
import json
import platform
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

import cnnviz
from cnnviz import evaluation, store, training
from cnnviz.cards import BrokenModel, Card, Snapshot, network_from, weights_file
from cnnviz.data import Dataset
from cnnviz.network import Network, Weights, check_weights, weight_shapes
from cnnviz.presets import Recipe
from cnnviz.store import npz_bytes, write_atomically
from cnnviz.training import RunState

SHORT_RUN = 1000
"""Iterations; a shorter run reports more often and is kept on disk only when it is interrupted."""


def snapshot_iterations(iterations: int) -> list[int]:
    """The moments that are kept: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    steps = [first * 10**power for power in range(12) for first in (1, 2, 5)]
    return [0, *(step for step in steps if step < iterations), iterations]


def finish(
    folder: Path, state: RunState, snapshots: Mapping[int, Weights], train: Dataset, test: Dataset
) -> store.Model:
    """Evaluate every snapshot and write the model.

    Args:
        folder: the new model's folder, which must not exist.
        state: the run at its end.
        snapshots: weights by iteration, the run's last among them.
        train, test: what it was trained on, and what it is tested on.
    """
    entries = []
    for iteration, weights in sorted(snapshots.items()):
        probs = evaluation.probabilities(Network(state.network, weights), test.images)
        result = evaluation.score(test.labels, probs)
        entries.append(Snapshot(iteration, weights_file(iteration), "", result.correct, result.n))
    card = Card(
        name=folder.name,
        network=state.network,
        recipe=state.recipe,
        seed=state.seed,
        digits=train.name,
        n_train=len(train),
        test_digits=test.name,
        seconds=state.seconds,
        versions={"cnnviz": cnnviz.__version__, "python": platform.python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy")},
        confusion_matrix=tuple(tuple(int(count) for count in row) for row in result.confusion),
        snapshots=tuple(entries),
    )
    return store.write(folder, card, snapshots)


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
                self.state = training.advance(self.state, train, stop - self.state.iteration)
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
        model = finish(self.folder, self.state, self.snapshots, train, test)
        run_file(self.folder).unlink(missing_ok=True)
        return model


def run_file(folder: Path) -> Path:
    """Where the unfinished run of a model lies until the model is written."""
    return folder.parent / f".{folder.name}.run.npz"


def save_run(path: Path, state: RunState, snapshots: Mapping[int, Weights]) -> None:
    """Keep an unfinished run, with its snapshots so far, so that it can be resumed to the bit."""
    about = {
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


def load_run(path: Path) -> tuple[RunState, dict[int, Weights]]:
    """Read an unfinished run.

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
            Recipe(**about["recipe"]),
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
    return state, kept
