"""What the results of an exercise show, in sentences; no difference is claimed that may be due to chance.

A function a kind of exercise: results in the order of the planned runs in, sentences out. The first setting is the
baseline; the others are compared with it.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import ClassVar

from cnnviz.experiments import frontier
from cnnviz.experiments.comparing import Comparison, Difference, Result, compare
from cnnviz.experiments.frontier import Search
from cnnviz.experiments.plan_text import capitalized
from cnnviz.experiments.statistics import MAX_P, MIN_SEEDS, mean_interval
from cnnviz.percentages import percent


class Words:
    """The sentences, whole."""

    nothing = "There is nothing to compare yet."
    baseline = (
        "{label}: {accuracy} after {steps} training steps, the mean of {n} seeds, which read {least} to {most}; "
        "95 % interval over seeds and digits {low} to {high}."
    )
    baseline_alone = "{label}: {accuracy} after {steps} training steps, with one seed."
    comparisons: ClassVar[dict[Comparison, str]] = {
        Comparison.BETTER: (
            "{label}: {accuracy} after {steps} training steps, {points:.2f} points better than “{baseline}” "
            "(95 % interval over seeds and digits {low:+.2f} to {high:+.2f})."
        ),
        Comparison.WORSE: (
            "{label}: {accuracy} after {steps} training steps, {points:.2f} points worse than “{baseline}” "
            "(95 % interval over seeds and digits {low:+.2f} to {high:+.2f})."
        ),
        Comparison.NOT_SHOWN: (
            "{label}: {accuracy} after {steps} training steps; no difference from “{baseline}” is shown, seeds of one "
            "setting differ as much."
        ),
        Comparison.TOO_FEW: (
            "{label}: {accuracy} after {steps} training steps; too few seeds to compare it with “{baseline}”, "
            "each needs {min_seeds}."
        ),
    }
    these_digits = "That is so on these test digits; on others it may not be."
    may_turn = "The gap was closing towards the end: with longer training the order may turn."
    not_followed = "Without validation digits nobody saw whether the gaps were closing: longer training may turn them."
    test_one = (
        "Better or worse is said only where chance makes so large a difference in at most {percent} of all ways of "
        "dealing the seeds into two groups (permutation test)."
    )
    test_several = (
        "Better or worse is said only where chance makes so large a difference in at most {percent} of all ways of "
        "dealing the seeds into two groups (permutation test). Who compares {n} times is wrong more easily, so each "
        "comparison must be clearer than that (Holm): the chance of even one false claim stays at most {percent}."
    )
    left_out = "{label}, seed {seed}, is left out: {reason}"
    times = "1,000 training steps took {times}; other work on the machine changes such times."
    time = "{seconds:.1f} s ({label})"
    reproduced = "The same plan with the same seed ended in the same weights, to the bit."
    not_reproduced = (
        "The same plan with the same seed ended in other weights: something here is not decided by the seed."
    )
    other_seed_same = "Another seed ended in the same weights."
    other_seed_other = "Every other seed ended in other weights."
    seed_only = (
        "After {steps} training steps {n} seeds of this one setting read {least} to {most} of the test digits right. "
        "Only chance sets them apart: a difference no larger than that, between single runs, need mean nothing."
    )
    orders_same = "With {activation} and {pooling}-pooling both orders ended in the same weights, to the bit."
    orders_differ = "With {activation} and {pooling}-pooling both orders ended in different weights."
    ratios = "Training took {ratios}; other work on the machine changes such times."
    ratio = "{ratio:.2f} times as long with {label} as with {other}"
    no_validation = "These runs kept no validation digits, so nothing can be chosen by them: choose another recipe."
    frontier = (
        "On the frontier, from the fewest weights to the most: {told}. No other size that was tried has as few "
        "weights and reads as many validation digits right, by the mean of its seeds."
    )
    on_frontier = "{label} ({n:,} weights, {accuracy})"
    too_few = "Nothing is chosen: each size needs {min_seeds} seeds."
    chosen_is_best = (
        "Chosen: {label}, {n:,} weights, which read most validation digits right; each smaller one of the frontier is "
        "shown to be worse."
    )
    chosen = (
        "Chosen: {label}, {n:,} weights, the smallest of the frontier that is not shown to be worse on the validation "
        "digits than the best, {best}, which has {times:.1f} times as many weights. Not shown to be worse is not shown "
        "to be as good: more seeds may tell them apart."
    )
    chosen_tested = (
        "Worse is said only where chance makes so large a difference in at most {percent} of all ways of dealing the "
        "seeds into two groups (permutation test), raised for {n} comparisons (Holm)."
    )
    judged = (
        "The test digits, by which nothing was chosen, judge it alone: {accuracy}, the mean of {n} seeds, which read "
        "{least} to {most}; 95 % interval over seeds and digits {low} to {high}."
    )


PARAGRAPH = "\n\n"
"""Between two sentences or what belongs to one setting, in Markdown."""
Runs = Sequence[Result]
Pair = tuple[tuple[str, Runs], tuple[str, Runs]]
"""The baseline and the setting that is compared with it, each a label and its runs."""


def accuracy(results: Runs) -> str:
    """Each setting compared with the first by test accuracy."""
    return PARAGRAPH.join(_accuracy_sentences([results]))


def accuracy_and_time(results: Runs) -> str:
    """Each setting compared with the first by test accuracy, and their training times."""
    return PARAGRAPH.join(_accuracy_sentences([results]) + _time_sentences(results))


def reproducibility(results: Runs) -> str:
    """Exercise 1: runs of the same plan by their weights, then how far other seeds come out apart."""
    completed = [result for result in results if not result.failure]
    repeated = [(a, b) for i, a in enumerate(completed) for b in completed[i + 1 :] if a.plan == b.plan]
    sentences = []
    if repeated:
        same = all(a.weights_checksum == b.weights_checksum for a, b in repeated)
        sentences.append(Words.reproduced if same else Words.not_reproduced)
    seeds = list({result.plan.seed: result for result in completed}.values())
    if len(seeds) > 1:
        other = len({result.weights_checksum for result in seeds}) == len(seeds)
        sentences.append(Words.other_seed_other if other else Words.other_seed_same)
        sentences.append(Words.seed_only.format(n=len(seeds), steps=_steps(seeds), **_range(seeds)))
    return PARAGRAPH.join([*(sentences or [Words.nothing]), *left_out(results)])


def pooling_order(results: Runs) -> str:
    """Exercise 6: for each activation with each pooling, activating first compared with pooling first."""
    both_orders: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        network = result.plan.network
        both_orders.setdefault((network.activation, network.pooling), []).append(result)
    sentences = []
    for (activation, pooling), of_one in both_orders.items():
        # by seed, not by position: a run that failed must not shift the others against each other
        checksums = [{r.plan.seed: r.weights_checksum for r in runs} for runs in _by_label(of_one).values()]
        if len(checksums) == 2 and checksums[0].keys() == checksums[1].keys():
            sentence = Words.orders_same if checksums[0] == checksums[1] else Words.orders_differ
            sentences.append(sentence.format(activation=activation, pooling=pooling))
    sentences += _accuracy_sentences(list(both_orders.values()))
    return PARAGRAPH.join([*sentences, *_ratio_sentence(list(both_orders.values()))])


def _ratio_sentence(parts: Sequence[Runs]) -> list[str]:
    """How many times as long the first setting of each part took as the second, by the medians over their seeds."""
    told = []
    for part in parts:
        groups = {label: [run.seconds_per_1000 for run in runs] for label, runs in _by_label(part).items()}
        if len(groups) == 2 and all(statistics.median(times) > 0 for times in groups.values()):
            (label, times), (other, others) = groups.items()
            ratio = statistics.median(times) / statistics.median(others)
            told.append(Words.ratio.format(ratio=ratio, label=label, other=other))
    return [Words.ratios.format(ratios="; ".join(told))] if told else []


def smallest_network(results: Runs) -> str:
    """Exercise 8: the frontier of weights and validation accuracy, what is chosen on it, and the test of that alone."""
    found = frontier.search(frontier.of_results(results))
    if found is None:
        is_unwatched = any(not result.failure for result in results)
        return PARAGRAPH.join([Words.no_validation if is_unwatched else Words.nothing, *left_out(results)])
    told = (
        Words.on_frontier.format(label=each.label, n=each.n_weights, accuracy=percent(each.mean))
        for each in found.frontier
    )
    sentences = [Words.frontier.format(told="; ".join(told)), *_choice_sentences(found)]
    if found.chosen:
        sentences.append(_judgement(_by_label(results)[found.chosen.label]))
    return PARAGRAPH.join([*sentences, *left_out(results)])


def _choice_sentences(found: Search) -> list[str]:
    """Which size is chosen, and by what."""
    chosen, best = found.chosen, found.best
    if chosen is None:
        return [Words.too_few.format(min_seeds=MIN_SEEDS)]
    n_compared = len(found.candidates) - 1
    tested = [Words.chosen_tested.format(n=n_compared, percent=percent(MAX_P, 0))] if n_compared else []
    values = {"label": chosen.label, "n": chosen.n_weights}
    if chosen is best:
        return [Words.chosen_is_best.format(**values), *tested]
    times = best.n_weights / chosen.n_weights
    return [Words.chosen.format(best=best.label, times=times, **values), *tested]


def _judgement(runs: Runs) -> str:
    low, high = mean_interval([run.test_correct for run in runs], runs[0].n_test)
    shares = {"accuracy": percent(_mean_accuracy(runs)), "low": percent(low), "high": percent(high)}
    return Words.judged.format(n=len(runs), **shares, **_range(runs))


def _by_label(results: Runs) -> dict[str, list[Result]]:
    """The completed runs, grouped by label; labels and runs keep their order."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if not result.failure:
            groups.setdefault(result.label, []).append(result)
    return groups


def _pairs(results: Runs) -> list[Pair]:
    """The first setting with each of the others; none where nothing is to be compared."""
    first, *others = _by_label(results).items() or [("", [])]
    return [(first, other) for other in others]


def _compare(pairs: Sequence[Pair]) -> list[Difference]:
    return compare([(baseline, runs) for (_, baseline), (_, runs) in pairs])


def _accuracy_sentences(parts: Sequence[Runs]) -> list[str]:
    """Every part's settings compared with its first, and how that was tested; all parts count as one experiment."""
    pairs = [_pairs(part) for part in parts]
    incomplete = [sentence for part in parts for sentence in left_out(part)]
    differences = iter(_compare([pair for of_part in pairs for pair in of_part]))
    sentences, found = [], []
    for of_part in pairs:
        sentences += [_baseline_sentence(*of_part[0][0])] if of_part else []
        for (baseline, _), (label, runs) in of_part:
            found.append(next(differences))
            sentences.append(_comparison_sentences(baseline, label, runs, found[-1]))
    return [*(sentences or [Words.nothing]), *_how_tested(found), *incomplete]


def _how_tested(found: Sequence[Difference]) -> list[str]:
    """What a claim rests on, and what it does not; nothing where no claim could be made."""
    if all(difference.comparison is Comparison.TOO_FEW for difference in found):
        return []
    sentences = [how_tested(len(found))]
    if any(difference.is_claimed and difference.may_turn is None for difference in found):
        sentences.append(Words.not_followed)
    return sentences


def how_tested(n_comparisons: int) -> str:
    """What is meant by better and worse, where so many pairs were compared."""
    sentence = Words.test_one if n_comparisons == 1 else Words.test_several
    return sentence.format(n=n_comparisons, percent=percent(MAX_P, 0))


def _baseline_sentence(label: str, runs: Runs) -> str:
    low, high = mean_interval([run.test_correct for run in runs], runs[0].n_test)
    sentence = Words.baseline if len(runs) > 1 else Words.baseline_alone
    return sentence.format(
        label=capitalized(label),
        accuracy=percent(_mean_accuracy(runs)),
        steps=_steps(runs),
        n=len(runs),
        low=percent(low),
        high=percent(high),
        **_range(runs),
    )


def _comparison_sentences(baseline: str, label: str, runs: Runs, difference: Difference) -> str:
    sentence = Words.comparisons[difference.comparison].format(
        label=capitalized(label),
        accuracy=percent(_mean_accuracy(runs)),
        steps=_steps(runs),
        points=abs(100 * difference.difference),
        low=100 * difference.low,
        high=100 * difference.high,
        baseline=baseline,
        min_seeds=MIN_SEEDS,
    )
    doubts = []
    if difference.is_claimed and not difference.holds_for_other_digits:
        doubts.append(Words.these_digits)
    if difference.is_claimed and difference.may_turn:
        doubts.append(Words.may_turn)
    return " ".join([sentence, *doubts])


def left_out(results: Runs) -> list[str]:
    """One sentence for each run that did not complete."""
    return [
        Words.left_out.format(label=capitalized(r.label), seed=r.plan.seed, reason=r.failure)
        for r in results
        if r.failure
    ]


def _time_sentences(results: Runs) -> list[str]:
    """How long 1,000 iterations took in each setting, the mean over its seeds; nothing for less than two settings."""
    groups = _by_label(results)
    if len(groups) < 2:
        return []
    times = (
        Words.time.format(seconds=statistics.mean(run.seconds_per_1000 for run in runs), label=label)
        for label, runs in groups.items()
    )
    return [Words.times.format(times=", ".join(times))]


def _mean_accuracy(runs: Runs) -> float:
    return statistics.mean(run.accuracy for run in runs)


def _range(runs: Runs) -> dict[str, str]:
    """The least and the most that a seed read right."""
    accuracies = [run.accuracy for run in runs]
    return {"least": percent(min(accuracies)), "most": percent(max(accuracies))}


def _steps(runs: Runs) -> str:
    return f"{runs[0].plan.recipe.iterations:,}"
