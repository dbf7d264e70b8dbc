"""What the results of an exercise show, in sentences; no difference is claimed that may be due to chance.

A function a kind of exercise: results in the order of the planned runs in, sentences out. The first setting is the
baseline; the others are compared with it.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import ClassVar

from cnnviz.experiments.plan_text import capitalized
from cnnviz.experiments.statistics import Comparison, Result, compare, wilson_interval
from cnnviz.percentages import percent


class Words:
    """The sentences, whole."""

    nothing = "There is nothing to compare yet."
    baseline = "{label}: {accuracy} (95 % interval {low} to {high})."
    baseline_mean = "{label}: {accuracy}, the mean of {n} seeds (95 % interval {low} to {high})."
    comparisons: ClassVar[dict[Comparison, str]] = {
        Comparison.BETTER: "{label}: {accuracy}, {points:.2f} points better than {baseline}.",
        Comparison.WORSE: "{label}: {accuracy}, {points:.2f} points worse than {baseline}.",
        Comparison.NOT_SIGNIFICANT: "{label}: {accuracy}, no difference from {baseline} that these digits could show.",
        Comparison.SEEDS_OVERLAP: (
            "{label}: {accuracy}, the seeds differ as much as this does from {baseline}, so these runs show no "
            "difference."
        ),
    }
    one_seed = "With one seed each, another seed may say otherwise."
    left_out = "{label}, seed {seed}, is left out: {reason}"
    times = "1,000 training steps took {times}; other work on the machine changes such times."
    time = "{seconds:.1f} s ({label})"
    reproduced = "The same plan with the same seed ended in the same weights, to the bit."
    not_reproduced = (
        "The same plan with the same seed ended in other weights: something here is not decided by the seed."
    )
    other_seed_same = "Another seed ended in the same weights."
    other_seed_other = "Another seed ended in other weights."
    seed_only = "Only chance sets these two apart: a difference no larger than this one need mean nothing."
    orders_same = "With {activation} both orders ended in the same weights, to the bit."
    orders_differ = "With {activation} both orders ended in different weights."
    smallest = "The smallest of these that is not shown to be worse than the first has {n:,} weights."


def accuracy(results: Sequence[Result]) -> str:
    """Each setting compared with the first by test accuracy."""
    return " ".join(_accuracy_sentences(results))


def accuracy_and_time(results: Sequence[Result]) -> str:
    """Each setting compared with the first by test accuracy, and their training times."""
    return " ".join(_accuracy_sentences(results) + _time_sentences(results))


def reproducibility(results: Sequence[Result]) -> str:
    """Exercise 1: runs of the same plan by their weights, then runs with another seed by weights and accuracy."""
    completed = [result for result in results if not result.failure]
    repeated = [(a, b) for i, a in enumerate(completed) for b in completed[i + 1 :] if a.plan == b.plan]
    sentences = []
    if repeated:
        same = all(a.weights_checksum == b.weights_checksum for a, b in repeated)
        sentences.append(Words.reproduced if same else Words.not_reproduced)
    for other in completed[1:]:
        first = completed[0]
        if first.plan.seed != other.plan.seed:
            same = first.weights_checksum == other.weights_checksum
            sentences.append(Words.other_seed_same if same else Words.other_seed_other)
            sentences.append(_baseline_sentence(first.label, [first]))
            sentences.append(_comparison_sentence(first.label, [first], other.label, [other]))
            sentences.append(Words.seed_only)
    return " ".join([*(sentences or [Words.nothing]), *_left_out(results)])


def pooling_order(results: Sequence[Result]) -> str:
    """Exercise 6: for each activation with its pooling, activating first compared with pooling first."""
    sentences = []
    for activation in dict.fromkeys(result.plan.network.activation for result in results):
        both_orders = [result for result in results if result.plan.network.activation == activation]
        # by seed, not by position: a run that failed must not shift the others against each other
        checksums = [{r.plan.seed: r.weights_checksum for r in runs} for runs in _by_label(both_orders).values()]
        if len(checksums) == 2 and checksums[0].keys() == checksums[1].keys():
            sentence = Words.orders_same if checksums[0] == checksums[1] else Words.orders_differ
            sentences.append(sentence.format(activation=activation))
        sentences += _accuracy_sentences(both_orders) + _time_sentences(both_orders)
    return " ".join(sentences)


def smallest_network(results: Sequence[Result]) -> str:
    """Exercise 8: the smallest network that is not significantly worse than the first."""
    sentences, groups = _accuracy_sentences(results), list(_by_label(results).values())
    if len(groups) > 1:
        as_good = [runs[0].n_weights for runs in groups if compare(groups[0], runs) is not Comparison.WORSE]
        sentences.append(Words.smallest.format(n=min(as_good)))
    return " ".join(sentences)


def _by_label(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The completed runs, grouped by label; labels and runs keep their order."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if not result.failure:
            groups.setdefault(result.label, []).append(result)
    return groups


def _accuracy_sentences(results: Sequence[Result]) -> list[str]:
    """One sentence for the baseline, one for each other setting, one for each run that did not complete."""
    groups = _by_label(results)
    if len(groups) < 2:
        return [Words.nothing, *_left_out(results)]
    (label, baseline), *others = groups.items()
    sentences = [_baseline_sentence(label, baseline)]
    sentences += [_comparison_sentence(label, baseline, other, runs) for other, runs in others]
    if max(map(len, groups.values())) == 1:
        sentences.append(Words.one_seed)
    return sentences + _left_out(results)


def _baseline_sentence(label: str, runs: Sequence[Result]) -> str:
    mean_correct = round(statistics.mean(run.test_correct for run in runs))
    low, high = wilson_interval(mean_correct, runs[0].n_test)
    sentence = Words.baseline_mean if len(runs) > 1 else Words.baseline
    return sentence.format(
        label=capitalized(label),
        accuracy=percent(_mean_accuracy(runs)),
        n=len(runs),
        low=percent(low),
        high=percent(high),
    )


def _comparison_sentence(baseline_label: str, baseline: Sequence[Result], label: str, runs: Sequence[Result]) -> str:
    return Words.comparisons[compare(baseline, runs)].format(
        label=capitalized(label),
        accuracy=percent(_mean_accuracy(runs)),
        points=abs(100 * (_mean_accuracy(runs) - _mean_accuracy(baseline))),
        baseline=baseline_label,
    )


def _left_out(results: Sequence[Result]) -> list[str]:
    """One sentence for each run that did not complete."""
    return [
        Words.left_out.format(label=capitalized(r.label), seed=r.plan.seed, reason=r.failure)
        for r in results
        if r.failure
    ]


def _time_sentences(results: Sequence[Result]) -> list[str]:
    """How long 1,000 iterations took in each setting, the mean over its seeds; nothing for less than two settings."""
    groups = _by_label(results)
    if len(groups) < 2:
        return []
    times = (
        Words.time.format(seconds=statistics.mean(run.seconds_per_1000 for run in runs), label=label)
        for label, runs in groups.items()
    )
    return [Words.times.format(times=", ".join(times))]


def _mean_accuracy(runs: Sequence[Result]) -> float:
    return statistics.mean(run.accuracy for run in runs)
