"""What a run leaves on disk: the file that it can be resumed from, and the model that comes of it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import cnnviz
from cnnviz.data.dataset import BUNDLED
from cnnviz.files import MissingFile, opened, shown, write_atomically
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel, Card, Snapshot, network_from, recipe_from, weights_file
from cnnviz.network.config import weight_shapes
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Weights, check_weights
from cnnviz.npz import Npz, npz_bytes
from cnnviz.training.advance import RunState
from cnnviz.training.log import log_of
from cnnviz.training.notes import notes_of, run_from
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Check, Kept, Run, Status
from cnnviz.validation import quoted

MAX_BYTES, MAX_ARRAYS, MAX_ABOUT_BYTES = 8_000_000_000, 10_000, 10_000_000
"""Of a file: the largest network with its optimiser's variables and thirty snapshots has as much; of what is written
about a run: its checks and its scores."""


def run_file(folder: Path) -> Path:
    """Where a run is kept: beside the folder that its model gets."""
    return folder.parent / f".{folder.name}.run.npz"


def write(path: Path, run: Run, of_server: bool = True) -> None:
    """Keep a run as it stands, so that it can be resumed to the bit.

    Args:
        path: the file, which is replaced in one step.
        run: the record; one that has not begun leaves no file.
        of_server: whether a server that starts takes it up; not what the command line does.

    Raises:
        OSError: when the file cannot be written; the one that was there is as it was.
    """
    state = run.state
    if state is None:
        return
    about = {
        "notes": notes_of(run) if of_server else None,
        "network": dataclasses.asdict(state.network),
        "recipe": dataclasses.asdict(state.recipe),
        "seed": state.seed,
        "iteration": state.iteration,
        "seconds": state.seconds,
        "n_optimizer_variables": len(state.optimizer_variables),
        "snapshots": list(run.snapshots),
        "checks": [dataclasses.astuple(check) for check in run.checks],
    }
    arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    arrays |= {"losses": state.losses, "accuracies": state.accuracies, "accuracies_after": state.accuracies_after}
    arrays |= {f"weights/{name}": array for name, array in state.weights.items()}
    arrays |= {f"optimizer/{i}": variable for i, variable in enumerate(state.optimizer_variables)}
    for iteration, weights in run.snapshots.items():
        arrays |= {f"snapshot/{iteration}/{name}": array for name, array in weights.items()}
    write_atomically(path, npz_bytes(arrays))


def read(path: Path) -> tuple[Run, bool]:
    """A run as it was kept, with its arrays; what was under way stands paused.

    Returns:
        the run, and whether it is a server's; of the command line's only state, snapshots and checks are known.

    Raises:
        BrokenModel: when the file is not there or damaged.
    """
    with _opened(path) as archive:
        about = _about(archive)
        state, snapshots = _state_from(about, archive), _snapshots_from(about, archive)
        run = _run_from(path, about)
    return dataclasses.replace(run, state=state, snapshots=snapshots), about.get("notes") is not None


def read_notes(path: Path) -> tuple[Run, bool]:
    """As `read`, without the arrays: a thousandth of the file is read."""
    with _opened(path) as archive:
        about = _about(archive)
        run = _run_from(path, about)
    return run, about.get("notes") is not None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Npz]:
    """The arrays in a file; whatever a damaged one raises becomes a BrokenModel of one line."""
    try:
        with opened(path, MAX_BYTES, follow_links=False) as file:
            yield Npz(file, MAX_ARRAYS)
    except MissingFile:
        raise BrokenModel(f"{shown(path)}: expected an unfinished run, found none.") from None
    except store.UNREADABLE as error:
        raise BrokenModel(shown(f"{path}: expected an unfinished run. {error}")) from None


def _about(archive: Npz) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(archive.array("about", max_bytes=MAX_ABOUT_BYTES).tobytes())
    return about


def _state_from(about: Mapping[str, Any], arrays: Npz) -> RunState:
    config = network_from(about["network"])
    weights = {name: arrays[f"weights/{name}"] for name in weight_shapes(config)}
    check_weights(config, weights)
    # Older files say "slot" for what Keras calls an optimiser's variable.
    n, name = (about["n_slots"], "slot") if "n_slots" in about else (about["n_optimizer_variables"], "optimizer")
    return RunState(
        config,
        recipe_from(about["recipe"]),
        about["seed"],
        about["iteration"],
        weights,
        tuple(arrays[f"{name}/{i}"] for i in range(n)),
        arrays["losses"],
        arrays["accuracies"],
        about["seconds"],
        _accuracies_after(about, arrays),
    )


def _accuracies_after(about: Mapping[str, Any], arrays: Npz) -> np.ndarray:
    """What was measured after the steps; of a file that was written before there was such a thing, nothing was."""
    if "accuracies_after" in arrays.files:
        return arrays["accuracies_after"]
    return np.full(about["iteration"], np.nan, np.float32)


def _snapshots_from(about: Mapping[str, Any], arrays: Npz) -> dict[int, Weights]:
    names = list(weight_shapes(network_from(about["network"])))
    return {int(i): {name: arrays[f"snapshot/{i}/{name}"] for name in names} for i in about["snapshots"]}


def _run_from(path: Path, about: Mapping[str, Any]) -> Run:
    """The run without its arrays; one whose model is gone is not finished any more."""
    plan = Plan(network_from(about["network"]), recipe_from(about["recipe"]), about["seed"])
    kept = Kept(about["iteration"], about["seconds"], tuple(sorted(int(i) for i in about["snapshots"])))
    name, notes = path.name.removeprefix(".").removesuffix(".run.npz"), about.get("notes")
    if notes is None:
        checks = tuple(Check(*values) for values in about.get("checks", ()))
        return Run(name, plan, BUNDLED, plan.recipe.iterations, status=Status.PAUSED, kept=kept, checks=checks)
    if notes["name"] != name:  # with ".." in it, it would be another folder
        raise ValueError(f"It is of {quoted(notes['name'])}.")
    run = dataclasses.replace(run_from(plan, notes), kept=kept)
    if run.status is Status.FINISHED and not (path.parent / name / "card.json").is_file():
        run = dataclasses.replace(run, status=Status.PAUSED)
    return run


def model_snapshots(folder: Path) -> dict[int, Weights]:
    """The weights of the model that a run wrote before, by iteration; none where there is no such model.

    Raises:
        BrokenModel: when a file has changed since it was checked.
    """
    model = store.open_model(folder)
    entries = model.card.snapshots if model.card else ()
    return {entry.iteration: store.load(model, entry.iteration).weights for entry in entries}


def write_model(folder: Path, run: Run, digits: Digits, *, replace: bool = False) -> store.Model:
    """Write the model of a run that has been tested.

    Args:
        folder: the new model's folder, which must not exist unless it is to be replaced.
        run: at its end, with a score for each snapshot.
        digits: what it learnt from and was tested on.
        replace: take the place of the model that the run wrote before it was extended.
    """
    state = run.state
    if state is None:
        raise BrokenModel(f"{run.name} has not begun yet.")
    entries = [
        Snapshot(i, weights_file(i), "", run.scores[i].correct, run.scores[i].n) for i in run.snapshot_iterations
    ]
    confusion = run.scores[run.iteration].confusion
    card = Card(
        name=folder.name,
        network=state.network,
        recipe=state.recipe,
        seed=state.seed,
        digits=digits.train.name,
        n_train=len(digits.train),
        test_digits=digits.test.name,
        seconds=state.seconds,
        versions={"cnnviz": cnnviz.__version__, "python": platform.python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy")},
        confusion_matrix=tuple(tuple(int(count) for count in row) for row in confusion),
        snapshots=tuple(entries),
        log=log_of(run),
        least_energy=run.final.least_energy if run.final else None,
    )
    return store.write(folder, card, run.snapshots, replace=replace)
