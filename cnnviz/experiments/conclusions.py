"""What the runs of an exercise show, in sentences; no difference is claimed that may be luck."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from cnnviz.experiments.statistics import Result, capital, interval, verdict
from cnnviz.percentages import percent

NOTHING = "There is nothing to compare yet."


def _groups(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The runs that came to their end, by label, in their order."""
    found: dict[str, list[Result]] = {}
    for result in results:
        if not result.failure:
            found.setdefault(result.label, []).append(result)
    return found


def _mean(runs: Sequence[Result]) -> float:
    return statistics.mean(run.accuracy for run in runs)


def _first(label: str, runs: Sequence[Result]) -> str:
    low, high = interval(round(statistics.mean(r.test_correct for r in runs)), runs[0].n_test)
    seeds = f", the mean of {len(runs)} seeds" if len(runs) > 1 else ""
    return f"{capital(label)}: {percent(_mean(runs))}{seeds} (95 % interval {percent(low)} to {percent(high)})."


def _against(first_label: str, first: Sequence[Result], label: str, runs: Sequence[Result]) -> str:
    found, points = verdict(first, runs), 100 * (_mean(runs) - _mean(first))
    says = {
        "better": f"{points:.2f} points better than {first_label}",
        "worse": f"{-points:.2f} points worse than {first_label}",
        "digits": f"no difference from {first_label} that these digits could show",
        "seeds": f"the seeds differ as much as this does from {first_label}, so these runs show no difference",
    }[found]
    return f"{capital(label)}: {percent(_mean(runs))}, {says}."


def _sentences(results: Sequence[Result]) -> list[str]:
    """One sentence for the first setting, one for each other, one for each run that failed."""
    groups = _groups(results)
    if len(groups) < 2:
        return [NOTHING, *_left_out(results)]
    (label, first), *others = groups.items()
    found = [_first(label, first), *(_against(label, first, other, runs) for other, runs in others)]
    if max(map(len, groups.values())) == 1:
        found.append("With one seed each, another seed may say otherwise.")
    return found + _left_out(results)


def _left_out(results: Sequence[Result]) -> list[str]:
    """One sentence for each run that did not come to its end."""
    return [f"{capital(r.label)}, seed {r.plan.seed}, is left out: {r.failure}" for r in results if r.failure]


def _times(results: Sequence[Result]) -> list[str]:
    """How long 1,000 iterations took, each setting beside the first."""
    groups = {label: statistics.mean(r.seconds_per_1000 for r in runs) for label, runs in _groups(results).items()}
    if len(groups) < 2:
        return []
    said = ", ".join(f"{seconds:.1f} s ({label})" for label, seconds in groups.items())
    return [f"1,000 iterations took {said}; other work on the machine changes such times."]


def compare(results: Sequence[Result]) -> str:
    """Each setting beside the first, by accuracy."""
    return " ".join(_sentences(results))


def compare_with_times(results: Sequence[Result]) -> str:
    """Each setting beside the first, by accuracy and by time."""
    return " ".join(_sentences(results) + _times(results))


def again(results: Sequence[Result]) -> str:
    """Exercise 1: equal plans by their weights' keys, then another seed by its accuracy."""
    done = [result for result in results if not result.failure]
    again = [(a, b) for i, a in enumerate(done) for b in done[i + 1 :] if a.plan == b.plan]
    other = [(a, b) for a, b in ((done[0], b) for b in done[1:]) if a.plan.seed != b.plan.seed]
    found = []
    if again:
        same = all(a.key == b.key for a, b in again)
        found.append(
            "The same plan with the same seed ended in the same weights, to the bit."
            if same
            else "The same plan with the same seed ended in other weights: something here is not decided by the seed."
        )
    for first, second in other:
        words = "the same" if first.key == second.key else "other"
        found.append(f"Another seed ended in {words} weights.")
        found.append(_first(first.label, [first]))
        found.append(_against(first.label, [first], second.label, [second]))
        found.append("Only chance sets these two apart: a difference no larger than this one need mean nothing.")
    return " ".join([*(found or [NOTHING]), *_left_out(results)])


def swapped(results: Sequence[Result]) -> str:
    """Exercise 6: each activation with its pooling, one order beside the other."""
    found = []
    for activation in dict.fromkeys(result.plan.network.activation for result in results):
        pair = [result for result in results if result.plan.network.activation == activation]
        keys = [{r.plan.seed: r.key for r in runs} for runs in _groups(pair).values()]
        if len(keys) == 2 and keys[0].keys() == keys[1].keys():
            words = "the same weights, to the bit" if keys[0] == keys[1] else "different weights"
            found.append(f"With {activation} both orders ended in {words}.")
        found += _sentences(pair) + _times(pair)
    return " ".join(found)


def smallest(results: Sequence[Result]) -> str:
    """Exercise 8: the smallest network that is not worse than the first."""
    found, groups = _sentences(results), _groups(results)
    if len(groups) < 2:
        return " ".join(found)
    first = next(iter(groups.values()))
    as_good = [runs[0].n_weights for runs in groups.values() if verdict(first, runs) != "worse"]
    found.append(f"The smallest of these that is not shown to be worse than the first has {min(as_good):,} weights.")
    return " ".join(found)
