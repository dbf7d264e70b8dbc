"""A search for the smallest network that still reads well: weights against validation accuracy, and what is chosen.

Validation digits choose, so that test digits, which nothing was chosen by, can judge the one that is chosen.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.experiments.comparing import Result
from cnnviz.experiments.statistics import MAX_P, MIN_SEEDS, holm, permutation_p


@dataclass(frozen=True)
class Candidate:
    """A size of network with its seeds.

    Attributes:
        label: the setting.
        n_weights: its trainable numbers.
        correct: validation digits read right, one number a seed.
        n: validation digits that each has read.
    """

    label: str
    n_weights: int
    correct: tuple[int, ...]
    n: int

    @property
    def accuracies(self) -> tuple[float, ...]:
        """The share read right, one a seed."""
        return tuple(correct / self.n for correct in self.correct)

    @property
    def mean(self) -> float:
        """Of the accuracies."""
        return statistics.mean(self.correct) / self.n


@dataclass(frozen=True)
class Search:
    """What a search has found.

    Attributes:
        candidates: in the order of the plan.
        frontier: those that no other beats, from the fewest weights to the most.
        best: the one of the highest mean accuracy; of equal ones that with the fewest weights.
        chosen: the smallest of the frontier that is not shown to be worse than the best; None where the seeds are too
            few to show anything.
    """

    candidates: tuple[Candidate, ...]
    frontier: tuple[Candidate, ...]
    best: Candidate
    chosen: Candidate | None


def candidates(counts: Sequence[tuple[str, int, int, int]]) -> list[Candidate]:
    """Sizes by label, from one (label, n_weights, correct, n) for each run; runs that read nothing are left out."""
    found: dict[str, Candidate] = {}
    for label, n_weights, correct, n in counts:
        if n:
            before = found[label].correct if label in found else ()
            found[label] = Candidate(label, n_weights, (*before, correct), n)
    return list(found.values())


def of_results(results: Sequence[Result]) -> list[Candidate]:
    """The sizes that completed runs have tried."""
    done = [each for each in results if not each.failure]
    return candidates([(each.label, each.n_weights, each.validation_correct, each.n_validation) for each in done])


def search(tried: Sequence[Candidate]) -> Search | None:
    """Find the frontier and choose; None where nothing was tried.

    The frontier is Pareto's: on it is what no other has at most as many weights as and at least the mean accuracy of,
    one of both for certain.
    """
    if not tried:
        return None
    frontier: list[Candidate] = []
    for each in sorted(tried, key=lambda candidate: (candidate.n_weights, -candidate.mean)):
        if not frontier or each.mean > frontier[-1].mean:
            frontier.append(each)
    return Search(tuple(tried), tuple(frontier), frontier[-1], _choose(frontier, tried))


def _choose(frontier: Sequence[Candidate], tried: Sequence[Candidate]) -> Candidate | None:
    """The smallest that is not shown to be worse than the best; each of all that were tried counts as a comparison."""
    if min(len(each.correct) for each in tried) < MIN_SEEDS:
        return None
    best = frontier[-1]
    others = [each for each in tried if each is not best]
    p_values = holm([permutation_p(best.correct, each.correct) for each in others])
    worse = {each.label for each, p in zip(others, p_values, strict=True) if p <= MAX_P and each.mean < best.mean}
    return next(each for each in frontier if each.label not in worse)
