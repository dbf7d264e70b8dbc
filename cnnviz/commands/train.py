"""`train`: a preset's network is trained and becomes a model."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from cnnviz.commands import common, teachers
from cnnviz.commands.common import UsageError
from cnnviz.data import dataset
from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.synthesis import invented, training_set
from cnnviz.training import checkpoints, folder_lock, log
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import Digits, digits_of, load_digits
from cnnviz.training.plans import make_plan
from cnnviz.training.run import Run

SET_SEED = 0
"""Of the training set with outliers: the same for all seeds, so that they can learn from the same teachers."""
NOT_SAVED = (
    "At iteration {n:,} the run could not be kept on disk ({reason}). It goes on in memory; this is tried again."
)


def train(args: argparse.Namespace) -> int:
    """Train, print how it goes, and write the model; an interrupted run is kept beside the model's folder."""
    plan = _plan(args)
    if args.characters and not plan.recipe.uses_outliers:
        raise UsageError(f"--characters: {args.preset} learns digits alone. Leave it out, or use --preset robust.")
    with _reserved(args.out, args.preset, args.resume) as folder:
        kept = _kept_run(folder, plan, args.resume)
        _check_writable(folder.parent)
        source = common.digit_source(args.data)
        every = args.snapshots == "all"
        run = kept or Run(folder.name, plan, source, plan.recipe.iterations)
        run = dataclasses.replace(run, source=source, target=plan.recipe.iterations, every_snapshot=every)
        digits = _digits(source, plan, args.characters)
        folders = [teachers.folder_of(teacher, folder, args.preset) for teacher in teachers.plans_of(plan)]
        digits = teachers.with_answers(digits, plan, folders, source, _to_the_end)
        return _trained(LocalRun(folder, run, digits))


def _to_the_end(teacher: LocalRun) -> None:
    """Train a teacher; where that is interrupted it is kept, and the same command goes on with it."""
    print(f"Training a teacher of seed {teacher.run.plan.seed} in {teacher.folder}.", file=sys.stderr)
    try:
        _show_steps(teacher)
    except KeyboardInterrupt:
        teacher.save()
        print(f"Stopped at iteration {teacher.run.iteration:,}. To go on: the same command.", file=sys.stderr)
        raise


def _trained(local: LocalRun) -> int:
    folder = local.folder
    try:
        _show_steps(local)
    except KeyboardInterrupt:
        local.save()
        print(f"Stopped at iteration {local.run.iteration:,}. {_how_to_go_on(local)}", file=sys.stderr)
        return common.INTERRUPTED
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{folder} could not be written: {reason}. {_how_to_go_on(local)}") from None
    model = store.open_model(folder)
    if model.card is None:
        raise BrokenModel(model.reason)
    last = model.card.last
    print(f"Test accuracy {common.accuracy(last.correct, last.n)} on {model.card.test_digits}.")
    print(f"Time used: {local.run.seconds:.0f} s. Written to {folder}.")
    return 0


def _how_to_go_on(local: LocalRun) -> str:
    """What is on disk of a run that did not come to its end, and what to do about it."""
    if local.saved_at is None:
        return f"Nothing of it is on disk ({local.not_saved or 'it had not begun'})."
    way = f"To go on: the same command with --resume --out {local.folder}."
    if local.not_saved:
        return f"It is on disk as it was at iteration {local.saved_at:,} ({local.not_saved}). {way}"
    return way


def _plan(args: argparse.Namespace) -> Plan:
    preset = PRESETS[args.preset]
    iterations = preset.recipe.iterations if args.iterations is None else args.iterations
    with contextlib.suppress(ValueError):  # what is no number is refused as the recipe refuses every other value
        iterations = int(iterations)
    try:
        return make_plan(preset.network, preset.recipe, args.seed, iterations=iterations)
    except ValueError as error:
        raise UsageError(str(error)) from None


@contextlib.contextmanager
def _reserved(out: Path | None, preset: str, resume: bool) -> Iterator[Path]:
    """The new model's folder, which no other process trains for as long as this one does."""
    if out is None:
        folder, lock = _free_folder(preset)
    else:
        folder = out
        _check_absent(folder)
        if not resume:
            _check_writable(folder.parent)
        lock = folder_lock.reserve(folder)
    try:
        yield folder
    finally:
        lock.release()


def _free_folder(preset: str) -> tuple[Path, folder_lock.Lock]:
    """The first folder that neither a model nor a run has, finished or under way."""
    root = store.own_root()
    _check_writable(root)
    for folder in (root / f"{preset}-{number}" for number in range(1, 10_000)):
        if not folder.exists() and not checkpoints.run_file(folder).exists():
            with contextlib.suppress(folder_lock.InUse):
                return folder, folder_lock.reserve(folder)
    raise UsageError(f"{root} has no name left for another {preset}. Choose one with --out.")


def _check_absent(folder: Path) -> None:
    if os.path.lexists(folder):
        raise UsageError(f"{folder} is already there; nothing is overwritten. Choose another --out.")
    try:
        store.check_name(folder.name)
    except ValueError as error:
        raise UsageError(f"--out: {error}") from None


def _kept_run(folder: Path, plan: Plan, resume: bool) -> Run | None:
    """The interrupted run to go on with; None for a new one."""
    _check_absent(folder)  # again: another process may have finished it before this one had the name
    path = checkpoints.run_file(folder)
    if resume:
        run, _ = checkpoints.read(path)
        if run.plan != plan:
            raise UsageError(f"{path}: expected the run of these settings, found another preset, seed or length.")
        return run
    if os.path.lexists(path):
        raise UsageError(f"{path} holds an interrupted run. Add --resume to go on with it, or delete it.")
    return None


def _check_writable(folder: Path) -> None:
    """Before the training, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(f"{folder}: expected a folder that can be written to. {error.strerror}.") from None


def _digits(source: Source, plan: Plan, characters: Path | None) -> Digits:
    """What the plan learns from, and what it is checked and tested on."""
    recipe = plan.recipe
    if not recipe.uses_outliers:
        return load_digits(source, recipe.keep_validation)
    try:
        written = invented.read_written(characters) if characters else []
    except ValueError as error:
        raise UsageError(f"--characters: {error}") from None
    with tqdm(unit="img", desc="Drawing digits") as bar:
        train = training_set.load(
            source, recipe.keep_validation, SET_SEED, written, lambda done, total: common.show(bar, done, total)
        )
    validation = dataset.load(source, "validation") if recipe.keep_validation else None
    return digits_of(train, validation, dataset.load(source, "test"))


def _show_steps(local: LocalRun) -> None:
    """Take the run to its end with a progress bar and a line now and then."""
    reason = ""
    with tqdm(total=local.run.target, initial=local.run.iteration, unit="it", desc="Training") as bar:
        for run in local.steps():
            if local.not_saved and local.not_saved != reason:
                with tqdm.external_write_mode(sys.stderr):
                    print(NOT_SAVED.format(n=run.iteration, reason=local.not_saved), file=sys.stderr)
            reason = local.not_saved
            bar.update(run.iteration - bar.n)
            if run.state:
                with tqdm.external_write_mode():
                    print(log.as_text(log.log_of(run)[-1]))
            if run.iteration == run.target:
                bar.close()
