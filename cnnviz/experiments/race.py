"""A race: groups of a class change one setting each; which of them reads most test digits, and what of that is luck."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cnnviz.experiments import conclusions, sweep
from cnnviz.experiments.comparing import Comparison, Result, compare
from cnnviz.experiments.plan_text import decimal
from cnnviz.experiments.statistics import MIN_SEEDS, seeds_needed
from cnnviz.experiments.variations import PlannedRun
from cnnviz.network.presets import Plan
from cnnviz.percentages import percent

MIN_GROUPS, MAX_GROUPS = 2, 5


class Words:
    """The sentences, whole."""

    group = "Group {n}: {setting} {value}"
    winner = (
        "{label} read most test digits right: {accuracy}, the mean of its seeds. That is not luck: it is shown to "
        "be better than every other group."
    )
    in_front = "{label} is in front: {accuracy} of the test digits, the mean of its seeds."
    alone = "{label} alone came to the end: {accuracy} of the test digits, the mean of its seeds."
    standing = "{place}. {label}: {accuracy}, seeds {least} to {most}."
    apart: ClassVar[dict[Comparison, str]] = {
        Comparison.WORSE: "Shown to be worse: {labels}.",
        Comparison.NOT_SHOWN: (
            "Not told apart from it: {labels}. Their order is luck; seeds of one setting differ as much."
        ),
        Comparison.TOO_FEW: "Not compared with it, since fewer than {min_seeds} of its runs came to the end: {labels}.",
    }
    nothing = "No run has come to the end."


def plan_runs(base: Plan, setting: str, values: Sequence[Any]) -> list[PlannedRun]:
    """The runs of every group, each with as many seeds as are needed to tell all groups apart.

    Args:
        base: the plan in which each group changes the setting.
        setting: its name in `sweep.SETTINGS`.
        values: one of each group, in order.

    Raises:
        ValueError: when there are too few or too many groups, or a value makes no network; the message says which.
    """
    if not MIN_GROUPS <= len(values) <= MAX_GROUPS:
        raise ValueError(f"Expected {MIN_GROUPS} to {MAX_GROUPS} values, one for each group. Received {len(values)}.")
    n_pairs = len(values) * (len(values) - 1) // 2
    planned: list[PlannedRun] = []
    for label, value in zip(labels(setting, values), values, strict=True):
        runs = sweep.plan_runs(base, {setting: [value]}, seeds_needed(n_pairs))
        planned += [dataclasses.replace(run, label=label) for run in runs]
    return planned


def labels(setting: str, values: Sequence[Any]) -> list[str]:
    """What each group is called, with what it changes."""
    texts = [decimal(value) if isinstance(value, float) else str(value) for value in values]
    return [Words.group.format(n=n, setting=setting, value=text) for n, text in enumerate(texts, 1)]


@dataclass(frozen=True)
class Outcome:
    """How a race ended.

    Attributes:
        accuracies: the test accuracy of every seed by label, the best mean first; none of a run that did not end.
        others: labels of those behind the first by what may be claimed of them: worse, not told apart, too few seeds.
    """

    accuracies: dict[str, tuple[float, ...]]
    others: dict[Comparison, tuple[str, ...]]

    @property
    def first(self) -> str:
        """The label of the best mean; "" when no run came to the end."""
        return next(iter(self.accuracies), "")

    @property
    def winner(self) -> str:
        """The same where it is shown to be better than each of the others; "" where that may be luck."""
        return self.first if set(self.others) == {Comparison.WORSE} else ""


def outcome(results: Sequence[Result]) -> Outcome:
    """Order the groups by their mean, and compare every pair of them.

    Every pair counts as a comparison, not only those with the first: that it is the first was seen only afterwards.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        if not result.failure:
            groups.setdefault(result.label, []).append(result)
    groups = dict(sorted(groups.items(), key=lambda item: -_mean(item[1])))
    pairs = list(itertools.combinations(groups, 2))
    found = compare([(groups[better], groups[worse]) for better, worse in pairs])
    others: dict[Comparison, tuple[str, ...]] = {}
    for (better, worse), difference in zip(pairs, found, strict=True):
        if better == next(iter(groups)):
            others[difference.comparison] = (*others.get(difference.comparison, ()), worse)
    return Outcome({label: tuple(run.accuracy for run in runs) for label, runs in groups.items()}, others)


def conclude(results: Sequence[Result]) -> str:
    """The order of the groups, and what of it is luck, in sentences."""
    found = outcome(results)
    n_pairs = len(found.accuracies) * (len(found.accuracies) - 1) // 2
    told = Comparison.TOO_FEW not in found.others and n_pairs > 0
    sentences = [summary(found), *_standings(found), *([conclusions.how_tested(n_pairs)] if told else [])]
    return conclusions.PARAGRAPH.join([*sentences, *conclusions.left_out(results)])


def summary(found: Outcome) -> str:
    """Who read most, and whether that is luck."""
    if not found.first:
        return Words.nothing
    first = {"label": found.first, "accuracy": percent(statistics.mean(found.accuracies[found.first]))}
    if found.winner:
        return Words.winner.format(**first)
    sentence = Words.in_front if found.others else Words.alone
    told = (
        sentence_of.format(labels="; ".join(found.others[comparison]), min_seeds=MIN_SEEDS)
        for comparison, sentence_of in Words.apart.items()
        if comparison in found.others
    )
    return " ".join([sentence.format(**first), *told])


def _standings(found: Outcome) -> list[str]:
    return [
        Words.standing.format(
            place=place,
            label=label,
            accuracy=percent(statistics.mean(shares)),
            least=percent(min(shares)),
            most=percent(max(shares)),
        )
        for place, (label, shares) in enumerate(found.accuracies.items(), 1)
    ]


def _mean(runs: Sequence[Result]) -> float:
    return statistics.mean(run.accuracy for run in runs)
