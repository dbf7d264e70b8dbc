"""Calibrated: how many test digits that the network read as surely as this drawing were read right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis import calibration
from cnnviz.bounded import Bounded
from cnnviz.data.dataset import Dataset
from cnnviz.network.reliability import Reliability
from cnnviz.network.weights import Network
from cnnviz.pages.draw.answer import Reading
from cnnviz.percentages import percent
from cnnviz.ui import choice, lookups
from cnnviz.ui.components.figures.figures import Text
from cnnviz.ui.state import DrawPage


class Words:
    """What is said of it."""

    switch = "Calibrated"
    help = (
        "Says of how many test digits that the network read as surely as your drawing it was right. Your drawing is no "
        "test digit: of drawings fewer may be right."
    )
    right = "Of {n:,} test digits read this surely ({low} to {high}) {right:,} turned out right."
    one = {
        True: "Of the test digits one was read this surely ({low} to {high}); it was right.",
        False: "Of the test digits one was read this surely ({low} to {high}); it was wrong.",
    }
    none = "No test digit was read this surely ({low} to {high}), so nothing can be said of how often that is right."
    waits = (
        "The test digits are still being read; from the next stroke on it says how many read this surely were right."
    )


BINS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Narrower where most answers are; whole numbers that can be said."""
MOST = 64
_counted: Bounded[tuple[str, str], Reliability] = Bounded(1_000_000, lambda _: 1_000, MOST)


@dataclass(frozen=True, eq=False)
class Sureness:
    """What is compared with: a network's answers to the test digits. Touches nothing of a session."""

    network: Network
    test: Dataset

    def known(self) -> Reliability | None:
        """The test digits in bins; None while they are read, which begins with the first call."""
        key = (self.network.key, self.test.key)
        found = _counted.find(key)
        if found is None:
            probs = lookups.probabilities_begun(self.network, self.test)
            if probs is not None and np.isfinite(probs).all():
                found = _counted.get(key, lambda: calibration.reliability(probs, self.test.labels, BINS))
        return found

    def told(self, reading: Reading) -> Iterator[Text]:
        """The sentence beside an answer; none where there is no digit."""
        if reading.answer is not None:
            yield Text(sentence(self.known(), reading.answer[1]), "small")


def chosen(network: Network) -> Sureness | None:
    """What is compared with where the switch is on; reading the test digits begins here."""
    if not DrawPage.calibrated.get():
        return None
    sureness = Sureness(network, choice.dataset())
    sureness.known()
    return sureness


def sentence(counted: Reliability | None, confidence: float) -> str:
    """How many test digits were read this surely, and how many of them right."""
    found = counted and calibration.share_right_among(counted, min(confidence, 1.0))
    if not found:
        return Words.waits
    edges = {"low": _edge(found.low), "high": _edge(found.high)}
    if found.count == 1:
        return Words.one[found.right == 1].format(**edges)
    return (Words.right if found.count else Words.none).format(n=found.count, right=found.right, **edges)


def _edge(share: float) -> str:
    return percent(share, 1 if share == BINS[-2] else 0)
