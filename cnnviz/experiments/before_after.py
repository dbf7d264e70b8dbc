"""Two networks on the same few digits, before and after: counts, intervals, and whether chance explains the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.experiments.statistics import mcnemar_p, wilson_interval


@dataclass(frozen=True)
class BeforeAfter:
    """How two networks read the same digits.

    Attributes:
        n: how many digits.
        before, after: of these read right by the one and by the other.
        lost, won: read right by the one alone, and by the other alone.
    """

    n: int
    before: int
    after: int
    lost: int
    won: int

    @property
    def p(self) -> float:
        """McNemar's p-value: how often chance alone sets them at least as far apart."""
        return mcnemar_p(self.lost, self.won)

    @property
    def intervals(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Wilson's 95 % confidence intervals of the two accuracies, before and after, in [0, 1]."""
        return wilson_interval(self.before, self.n), wilson_interval(self.after, self.n)


def compared(before: np.ndarray, after: np.ndarray) -> BeforeAfter:
    """Count; both say of each digit whether it is read right, bool (n,), n at least 1."""
    lost, won = int((before & ~after).sum()), int((after & ~before).sum())
    return BeforeAfter(len(before), int(before.sum()), int(after.sum()), lost, won)
