"""What a change of a network does to its accuracy on the test set, in words: for every page that changes one."""

from __future__ import annotations

from cnnviz.analysis import evaluation
from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.ui import lookups


class Words:
    """What is said of two scores."""

    unchanged = "No change: {after:,} of {n:,} test digits are read right."
    fewer = "{after:,} of {n:,} test digits are read right, {by:,} fewer than before."
    more = "{after:,} of {n:,} test digits are read right, {by:,} more than before."


def compare(network: Network, changed: Network, test: Dataset) -> tuple[Score, Score]:
    """The scores before and after; the page waits for them, with a bar."""
    before, after = (evaluation.score(test.labels, lookups.probabilities(each, test)) for each in (network, changed))
    return before, after


def compare_soon(network: Network, changed: Network, test: Dataset) -> tuple[Score, Score] | None:
    """The same without waiting: None until both are known; they are computed from the first call on."""
    found = [lookups.probabilities_soon(each, test) for each in (network, changed)]
    scores = [evaluation.score(test.labels, probs) for probs in found if probs is not None]
    return (scores[0], scores[1]) if len(scores) == len(found) else None


def in_words(before: Score, after: Score) -> str:
    """How many digits more or fewer are read right."""
    lost = before.correct - after.correct
    sentence = Words.fewer if lost > 0 else Words.more if lost else Words.unchanged
    return sentence.format(n=before.n, after=after.correct, by=abs(lost))
