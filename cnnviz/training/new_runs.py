"""New runs before they begin: their names, which are given once, and their first records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.training import checkpoints
from cnnviz.training.folder_lock import Reservations
from cnnviz.training.run import Run


class Names:
    """Gives names that nothing has or had since the server began, and that no other process has.

    Args:
        root: the folder of the runs; a name is reserved in it as soon as it is given.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._reserved = root, Reservations(root)
        self._given: set[str] = set()

    def know(self, names: Iterable[str]) -> None:
        """Never give these."""
        self._given.update(names)

    def free(self, pattern: str) -> str:
        """The first free name of a pattern with one number; a ValueError for one that leads out of the folder."""
        store.check_name(pattern)
        name = next(name for i in range(1, 100_000) if self._is_free(name := pattern.format(i)))
        self._given.add(name)
        return name

    def release(self, name: str) -> None:
        """Let other processes have a name: its model is there, or there never will be one."""
        self._reserved.release(name)

    def close(self) -> None:
        """Give all reservations back."""
        self._reserved.close()

    def _is_free(self, name: str) -> bool:
        if name in self._given or checkpoints.run_file(self._root / name).exists():
            return False
        return not any((folder / name).exists() for folder in (self._root, store.ROOT)) and self._reserved.take(name)


@dataclass(frozen=True)
class Start:
    """What several new runs have in common.

    Attributes:
        name: how their names start.
        source, owner, exercise, in_turns: as of `Run`.
    """

    name: str
    source: Source
    owner: str = ""
    exercise: int | None = None
    in_turns: bool = False


def run_alone(names: Names, start: Start, plan: Plan, experiment: str = "", label: str = "") -> Run:
    """A run with a free name that starts with `start.name`."""
    return _run(names.free(f"{start.name}-{{}}"), start, plan, experiment, label)


def experiment_of(names: Names, start: Start, planned: Sequence[tuple[str, Plan]]) -> list[Run]:
    """A run for every label and plan, of an experiment whose name no other has: name (2)."""
    experiment = names.free(f"{start.name} ({{}})")
    number = experiment.removeprefix(f"{start.name} (").removesuffix(")")
    pattern = re.sub(r"[^a-z0-9]+", "-", start.name) + f"-{number}-{{}}"
    return [_run(names.free(pattern), start, plan, experiment, label) for label, plan in planned]


def _run(name: str, start: Start, plan: Plan, experiment: str, label: str) -> Run:
    return Run(
        name,
        plan,
        start.source,
        plan.recipe.iterations,
        experiment=experiment,
        label=label,
        exercise=start.exercise,
        owner=start.owner,
        every_snapshot=not experiment,
        in_turns=start.in_turns,
    )
