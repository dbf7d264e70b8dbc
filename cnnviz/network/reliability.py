"""How sure a network was and how often it was right: its answers counted by their probability, in bins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from cnnviz.network.counts import MAX_COUNT, Count, Share
from cnnviz.validation import expected, validated

MAX_BINS = 100
ROUNDING = 1e-3
"""By how much the mean of a bin's confidences may lie outside of it: a card's numbers are rounded."""

Sum = Annotated[float, Field(ge=0, le=MAX_COUNT), expected(f"a sum of confidences of 0 to {MAX_COUNT:,}")]


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies above `low` and is `high` at most; the first bin has `low` itself too.

    Attributes:
        low, high: its edges, in [0, 1].
        count, right: how many answers it holds, and how many of them were right.
        confidence_sum: their confidences added up.
    """

    low: float
    high: float
    count: int
    right: int
    confidence_sum: float

    @property
    def accuracy(self) -> float:
        """The share that was right, in [0, 1]; of a bin with answers."""
        return self.right / self.count

    @property
    def confidence(self) -> float:
        """The mean confidence, in [0, 1]; of a bin with answers."""
        return self.confidence_sum / self.count


@validated
@dataclass(frozen=True)
class Reliability:
    """Answers in bins by confidence, which is the probability of the digit that was answered.

    Attributes:
        edges: of the bins, rising, one more than there are bins.
        counts, right: of each bin, how many answers it holds and how many of them were right.
        confidence_sums: of each bin, the confidences of its answers added up.
    """

    edges: Annotated[tuple[Share, ...], Field(min_length=2, max_length=MAX_BINS + 1)]
    counts: tuple[Count, ...]
    right: tuple[Count, ...]
    confidence_sums: tuple[Sum, ...]

    def __post_init__(self) -> None:
        n = len(self.edges) - 1
        if not all(low < high for low, high in pairwise(self.edges)):
            raise ValueError("Expected the edges of bins to rise.")
        if {len(self.counts), len(self.right), len(self.confidence_sums)} != {n}:
            raise ValueError(f"Expected counts, right ones and sums of confidences for {n} bins.")
        for each in self.bins:
            slack = ROUNDING * max(each.count, 1)
            low, high = each.low * each.count - slack, each.high * each.count + slack
            if each.right > each.count or not low <= each.confidence_sum <= high:
                raise ValueError(
                    f"Expected of {each.count:,} answers with confidences of {each.low:.3f} to {each.high:.3f} at most "
                    f"as many right, and a sum that fits. Received {each.right:,} and {each.confidence_sum:.4f}."
                )

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Each bin, from the least sure answers to the surest."""
        edges = pairwise(self.edges)
        columns = zip(edges, self.counts, self.right, self.confidence_sums, strict=True)
        return tuple(Bin(low, high, count, right, total) for (low, high), count, right, total in columns)

    @property
    def n(self) -> int:
        """How many answers all bins hold."""
        return sum(self.counts)

    @property
    def n_right(self) -> int:
        """How many of them were right."""
        return sum(self.right)

    @property
    def confidence(self) -> float:
        """The mean confidence of all answers, in [0, 1]; where there are any."""
        return sum(self.confidence_sums) / self.n
