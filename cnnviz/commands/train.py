"""`train`: a preset's network is trained and becomes a model."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from cnnviz.commands import common
from cnnviz.commands.common import UsageError
from cnnviz.data import dataset
from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.synthesis import training_set
from cnnviz.training import checkpoints
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import Digits
from cnnviz.training.plans import make_plan
from cnnviz.training.run import Run


def train(args: argparse.Namespace) -> int:
    """Train, print how it goes, and write the model; an interrupted run is kept beside the model's folder."""
    plan = _plan(args)
    folder = args.out or _free_folder(args.preset)
    kept = _kept_run(folder, plan, args.resume)
    _check_writable(folder.parent)
    source = common.digit_source(args.data)
    every = args.snapshots == "all"
    run = kept or Run(folder.name, plan, source, plan.recipe.iterations)
    run = dataclasses.replace(run, source=source, target=plan.recipe.iterations, every_snapshot=every)
    local = LocalRun(folder, run, _digits(source, plan))
    try:
        _show_steps(local)
    except KeyboardInterrupt:
        local.save()
        print(
            f"Stopped at iteration {local.run.iteration:,}. To go on: the same command with --resume --out {folder}.",
            file=sys.stderr,
        )
        return common.INTERRUPTED
    model = store.open_model(folder)
    if model.card is None:
        raise BrokenModel(model.reason)
    last = model.card.last
    print(f"Test accuracy {common.accuracy(last.correct, last.n)} on {model.card.test_digits}.")
    print(f"Time used: {local.run.seconds:.0f} s. Written to {folder}.")
    return 0


def _plan(args: argparse.Namespace) -> Plan:
    preset = PRESETS[args.preset]
    iterations = preset.recipe.iterations if args.iterations is None else args.iterations
    try:
        return make_plan(preset.network, preset.recipe, args.seed, iterations=iterations)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _kept_run(folder: Path, plan: Plan, resume: bool) -> Run | None:
    """The interrupted run to go on with; None for a new one."""
    if folder.exists():
        raise UsageError(f"{folder} is already there; nothing is overwritten. Choose another --out.")
    path = checkpoints.run_file(folder)
    if resume:
        run, _ = checkpoints.read(path)
        if run.plan != plan:
            raise UsageError(f"{path}: expected the run of these settings, found another preset, seed or length.")
        return run
    if path.exists():
        raise UsageError(f"{path} holds an interrupted run. Add --resume to go on with it, or delete it.")
    return None


def _check_writable(folder: Path) -> None:
    """Before the training, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(f"{folder}: expected a folder that can be written to. {error.strerror}.") from None


def _free_folder(preset: str) -> Path:
    names = (f"{preset}-{number}" for number in range(1, 10_000))
    return next(store.own_root() / name for name in names if not (store.own_root() / name).exists())


def _digits(source: Source, plan: Plan) -> Digits:
    """What the plan learns from, and the test digits; no validation digits, of which nothing is printed."""
    recipe, test = plan.recipe, dataset.load(source, "test")
    if not recipe.uses_outliers:
        return Digits(dataset.load_for_training(source, recipe.keep_validation), None, None, test)
    with tqdm(unit="img", desc="Drawing digits") as bar:
        train = training_set.load(
            source, recipe.keep_validation, plan.seed, lambda done, total: common.show(bar, done, total)
        )
    return Digits(train, None, None, test)


def _show_steps(local: LocalRun) -> None:
    """Take the run to its end with a progress bar and a line now and then."""
    with tqdm(total=local.run.target, initial=local.run.iteration, unit="it", desc="Training") as bar:
        for run in local.steps():
            bar.update(run.iteration - bar.n)
            if run.state:
                accuracy, loss = run.state.accuracies[-1], run.state.losses[-1]
                with tqdm.external_write_mode():
                    print(f"Iteration {run.iteration:6,}, training accuracy {accuracy:6.1%}, loss {loss:.4g}")
            if run.iteration == run.target:
                bar.close()
