"""The breaking contest: as few filters as possible are switched off, so that a network reads fewer than half right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from cnnviz.validation import from_content, validated

Count = Annotated[int, Field(ge=0)]


@validated
@dataclass(frozen=True)
class Attempt:
    """What somebody has handed in.

    Attributes:
        n_off: how many filters were switched off.
        correct, n: test digits that the network without them read right, and all that it read.
    """

    n_off: Count
    correct: Count
    n: Annotated[int, Field(ge=1)]

    @property
    def is_broken(self) -> bool:
        """True when fewer than half of the digits were read right."""
        return 2 * self.correct < self.n

    @property
    def place(self) -> tuple[bool, int]:
        """The lower, the better: first those that are broken, by filters; what is the same stands together."""
        return not self.is_broken, self.n_off


def of_content(content: Mapping[str, Any] | None) -> Attempt | None:
    """The attempt of what JSON gives; None for anything else."""
    try:
        return from_content(Attempt, dict(content or {}))
    except ValueError:
        return None


def best(first: Attempt | None, second: Attempt) -> Attempt:
    """The better one of two attempts of one person; of two in one place the one that read fewer digits right."""
    return second if first is None else min(first, second, key=lambda each: (each.place, each.correct / each.n))


def table(attempts: Iterable[tuple[str, Attempt]]) -> list[dict[str, Any]]:
    """The places, the best one first; nothing says who was quick.

    Args:
        attempts: the name and the best attempt of each; "" of who is not to be named.

    Returns:
        of each place "off", the number of filters; "broken"; "accuracies", in [0, 1], the lowest first; and "names" in
            the same order, none where nobody is to be named.
    """
    given = sorted(attempts, key=lambda each: (each[1].place, each[1].correct / each[1].n, each[0]))
    rows: dict[tuple[bool, int], dict[str, Any]] = {}
    for name, each in given:
        empty = {"off": each.n_off, "broken": each.is_broken, "accuracies": [], "names": []}
        row = rows.setdefault(each.place, empty)
        row["accuracies"].append(round(each.correct / each.n, 4))
        row["names"] += [name] if name else []
    return list(rows.values())
