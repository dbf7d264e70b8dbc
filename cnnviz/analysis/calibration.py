"""Calibration: whether a network is right as often as it is sure, and a temperature that makes it so.

Only counting and a search in NumPy and SciPy; what the network answers comes from `evaluation.probabilities`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.network.reliability import Bin, Reliability

optimize: Any = LazyModule("scipy.optimize")
special: Any = LazyModule("scipy.special")

N_BINS = 15
"""As in most figures of Guo and others, 2017."""
LEAST_T, MOST_T = 0.25, 4.0
"""Between these a temperature is looked for."""
PRECISION = 1e-4
"""Of the logarithm of a fitted temperature."""


def equal_edges(n_bins: int = N_BINS, lowest: float = 0.0) -> tuple[float, ...]:
    """The edges of bins of equal width from `lowest` to 1."""
    return tuple(np.linspace(lowest, 1, n_bins + 1).tolist())


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int | Sequence[float] = N_BINS) -> Reliability:
    """Count answers by their confidence, the largest of the ten probabilities.

    Args:
        probabilities: float, shape (n, 10); the largest of a row is the answer.
        labels: true digits, int, shape (n,).
        bins: how many of equal width from 0 to 1, or their edges, rising, the last one 1. Answers that are less sure
            than the first edge are left out.
    """
    edges = equal_edges(bins) if isinstance(bins, int) else tuple(float(edge) for edge in bins)
    confidences = probabilities.max(axis=1).astype(np.float64).clip(0, 1)  # float32 rounds to above 1
    right = probabilities.argmax(axis=1) == labels
    is_in = confidences >= edges[0]
    numbers = np.maximum(np.searchsorted(edges, confidences[is_in], side="left") - 1, 0)
    columns = (None, right[is_in], confidences[is_in])
    counts, n_right, sums = (np.bincount(numbers, weights, len(edges) - 1) for weights in columns)
    return Reliability(
        edges, tuple(counts.astype(int).tolist()), tuple(n_right.astype(int).tolist()), tuple(sums.tolist())
    )


def expected_calibration_error(counted: Reliability) -> float:
    """By how much confidence and share of right answers differ, in [0, 1]: the mean over bins, weighted by counts.

    ECE of C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks" (ICML 2017),
    equation 3; theirs has bins of equal width.

    Raises:
        ValueError: when there are no answers.
    """
    if not counted.n:
        raise ValueError("Expected at least one answer. Received none.")
    gaps = (abs(right - total) for right, total in zip(counted.right, counted.confidence_sums, strict=True))
    return sum(gaps) / counted.n


def logits_of(probabilities: np.ndarray) -> np.ndarray:
    """The logits of a softmax, up to a number that is the same for all ten of a row, which no softmax depends on.

    So they need not be computed beside the probabilities: with a temperature both give the same.

    Args:
        probabilities: float32, shape (n, 10); a 0, which float32 cannot tell from 1e-38, counts as that.

    Returns:
        float64, shape (n, 10).
    """
    logits: np.ndarray = np.log(np.maximum(probabilities.astype(np.float64), np.finfo(np.float32).tiny))
    return logits


def with_temperature(logits: np.ndarray, t: float) -> np.ndarray:
    """The softmax of the logits divided by a temperature: above 1 less sure, below 1 surer; the answer stays the same.

    Args:
        logits: float, shape (n, 10).
        t: above 0.

    Returns:
        float64, shape (n, 10); each row sums to 1.
    """
    probabilities: np.ndarray = np.exp(_log_softmax(logits, t))
    return probabilities


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, t: float = 1.0) -> float:
    """The mean of -ln of the probability of the true digit, with a temperature; the loss that training makes small.

    Args:
        logits: float, shape (n, 10), n at least 1.
        labels: true digits, int, shape (n,).
        t: above 0.
    """
    return float(-_log_softmax(logits, t)[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest negative log-likelihood, from LEAST_T to MOST_T (Guo and others, section 4.2).

    In 1/T that is convex, so it has one minimum; it is looked for in ln T by Brent's bounded method.

    Args:
        logits: float, shape (n, 10), n at least 1, of digits that the network has not learnt from.
        labels: true digits, int, shape (n,).
    """
    found = optimize.minimize_scalar(
        lambda log_t: negative_log_likelihood(logits, labels, float(np.exp(log_t))),
        bounds=(float(np.log(LEAST_T)), float(np.log(MOST_T))),
        method="bounded",
        options={"xatol": PRECISION},
    )
    return float(np.exp(found.x))


def share_right_among(counted: Reliability, confidence: float) -> Bin | None:
    """The bin of a confidence: of how many answers that were this sure how many were right; None where none is."""
    return next((each for each in counted.bins if _is_in(each, confidence, counted.edges[0])), None)


def _is_in(each: Bin, confidence: float, lowest: float) -> bool:
    return each.low < confidence <= each.high or confidence == each.low == lowest


def _log_softmax(logits: np.ndarray, t: float) -> np.ndarray:
    log_probabilities: np.ndarray = special.log_softmax(logits.astype(np.float64) / t, axis=1)
    return log_probabilities
