"""How many runs one person and one server may have: under way, and on the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cnnviz.training.run import Run, Status

FORGETTABLE = frozenset({Status.PAUSED, Status.STOPPED, Status.FAILED})
"""Unfinished, and nothing happens to it without anyone's doing."""


class LimitReached(ValueError):
    """No further run may begin; the message says what is full and what can be done."""


@dataclass(frozen=True)
class Limits:
    """How many runs there may be.

    An experiment counts as one run under way, so that it may have many; on the list it counts as its runs.  It may
    begin while one place on the list is left, so the list has never more than the limit and the largest experiment.

    Attributes:
        max_active_per_person, max_active: experiments and runs alone under way, of one person and of all.
        max_kept_per_person, max_kept: runs on the list, finished ones too.
    """

    max_active_per_person: int = 3
    max_kept_per_person: int = 100
    max_active: int = 20
    max_kept: int = 500

    def check_active(self, runs: Collection[Run], owner: str, unit: str = "") -> None:
        """Refuse to let one more be under way.

        Args:
            runs: all there are.
            owner: whose it is; "" when nobody is known: then only the server's limit counts.
            unit: what is to be under way; it is no further one when it is so already.

        Raises:
            LimitReached: when there are as many as there may be.
        """
        units = dict.fromkeys(run.unit for run in runs if run.active)
        mine = dict.fromkeys(run.experiment or run.name for run in runs if run.active and run.owner == owner)
        if unit in units:
            return
        if owner and len(mine) >= self.max_active_per_person:
            raise LimitReached(
                f"{', '.join(mine)}: so many of yours are under way, and one person may have "
                f"{self.max_active_per_person:,} at once. Wait until one has ended, or pause or stop one."
            )
        if len(units) >= self.max_active:
            raise LimitReached(
                f"{len(units):,} runs and experiments are under way on this server, as many as it takes at once. Wait "
                "until one has ended, or pause or stop one."
            )

    def surplus(self, runs: Sequence[Run], owner: str, may_go: Collection[str]) -> list[tuple[Run, str]]:
        """Which runs are to be forgotten so that one more can begin, the oldest first, each with the reason.

        Args:
            runs: all there are, the oldest first.
            owner: who begins one.
            may_go: names of those that can be forgotten.

        Raises:
            LimitReached: when not enough of them can be.
        """
        gone = self._surplus_of_person(runs, owner, may_go) if owner else []
        left = [run for run in runs if run not in gone]
        too_many = len(left) - self.max_kept + 1
        old = [run for run in left if run.name in may_go][: max(0, too_many)]
        if len(old) < too_many:
            raise LimitReached(
                f"{len(left):,} runs are on the list, and this server keeps {self.max_kept:,}. Delete some that nobody "
                "needs any more: they are finished or under way, so none is forgotten by itself."
            )
        own = f"one person may keep {self.max_kept_per_person:,} runs"
        return [*((run, own) for run in gone), *((run, f"this server keeps {self.max_kept:,} runs") for run in old)]

    def _surplus_of_person(self, runs: Sequence[Run], owner: str, may_go: Collection[str]) -> list[Run]:
        mine = [run for run in runs if run.owner == owner]
        too_many = len(mine) - self.max_kept_per_person + 1
        old = [run for run in mine if run.name in may_go][: max(0, too_many)]
        if len(old) < too_many:
            raise LimitReached(
                f"{len(mine):,} runs of yours are on the list, and one person may keep {self.max_kept_per_person:,}. "
                "Delete some that you need no more: they are finished or under way, so none is forgotten by itself."
            )
        return old
