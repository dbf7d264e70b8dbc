"""The teachers of a network that is distilled: trained before it, in folders beside its own, where they are left."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from cnnviz.commands import common
from cnnviz.commands.common import UsageError
from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Network
from cnnviz.training import checkpoints, distillation, folder_lock
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Run

SHARE = 0.25
"""Iterations of a teacher, as a share of those of the network that learns. From the labels alone a network gets surer
with every iteration, also of what is unlike all that it has learnt: after 6,000 it reads 97 to 98 % of scikit-learn's
digits, after 30,000 90 to 93 %, and takes more for a digit that is none. Several together are right more often."""
FIRST_SEED = 101
"""Of the first teacher; each next one has the next. They do not follow from the seed of the network that learns, so
that networks of several seeds can have the same teachers."""
ToTheEnd = Callable[[LocalRun], None]
"""Takes a run to its end, and shows how it goes."""


def plans_of(plan: Plan) -> list[Plan]:
    """The plan of each teacher: the same, from another seed, shorter, and without teachers."""
    iterations = max(1, round(SHARE * plan.recipe.iterations))
    recipe = dataclasses.replace(plan.recipe, teachers=0, iterations=iterations)
    return [Plan(plan.network, recipe, FIRST_SEED + i) for i in range(plan.recipe.teachers)]


def folder_of(teacher: Plan, folder: Path, preset: str) -> Path:
    """The folder of a teacher of the network that is written to `folder`."""
    return folder.parent / f"{preset}-teacher-{teacher.seed}"


def with_answers(digits: Digits, plan: Plan, folders: list[Path], source: Source, to_the_end: ToTheEnd) -> Digits:
    """The same digits, with what the plan's teachers answer to the training digits.

    Teachers that are not there yet are trained; an interrupted one goes on where it was kept.

    Args:
        digits: of the network that learns.
        plan: of that network.
        folders: of its teachers, as `folder_of` gives them.
        source: where the digits were loaded from.
        to_the_end: trains.

    Raises:
        UsageError: when a folder holds another network.
        InUse: when another process trains a teacher.
        OSError: when a teacher cannot be written.
    """
    if not plan.recipe.teachers:
        return digits
    teachers = []
    for teacher, folder in zip(plans_of(plan), folders, strict=True):
        if not folder.exists():
            _train(teacher, folder, source, digits, to_the_end)
        teachers.append(_opened(teacher, folder, digits.train.name))
    with tqdm(unit="img", desc=f"Asking {len(teachers)} teachers") as bar:
        answers = distillation.answers_of(teachers, digits.train, lambda done, total: common.show(bar, done, total))
    return dataclasses.replace(digits, train=dataclasses.replace(digits.train, key="", answers=answers))


def _train(teacher: Plan, folder: Path, source: Source, digits: Digits, to_the_end: ToTheEnd) -> None:
    lock = folder_lock.reserve(folder)
    try:
        run = Run(folder.name, teacher, source, teacher.recipe.iterations)
        path = checkpoints.run_file(folder)
        if path.exists():
            run, _ = checkpoints.read(path)
            if run.plan != teacher:
                raise UsageError(f"{path}: expected the run of a teacher, found another one. Delete or move it.")
        run = dataclasses.replace(run, source=source, target=teacher.recipe.iterations, every_snapshot=False)
        to_the_end(LocalRun(folder, run, digits))
    finally:
        lock.release()


def _opened(teacher: Plan, folder: Path, learnt_from: str) -> Network:
    model = store.open_model(folder)
    card = model.card
    found = (card.network, card.recipe, card.seed, card.digits) if card else None
    if found != (teacher.network, teacher.recipe, teacher.seed, learnt_from):
        raise UsageError(f"{folder}: expected the teacher of seed {teacher.seed}, found another network. Move it.")
    return store.load(model)
