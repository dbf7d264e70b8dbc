"""Which images of a list to look at, and in which order: by number, class, right or wrong, surest or least sure."""

from __future__ import annotations

from typing import Literal

import numpy as np

Order = Literal["number", "random", "surest", "least"]
Answers = Literal["all", "right", "wrong"]


def needs_answers(order: Order, answers: Answers) -> bool:
    """True when the network has to read every image first."""
    return order in ("surest", "least") or answers != "all"


def chosen(
    labels: np.ndarray,
    probs: np.ndarray | None = None,
    *,
    digit: int | None = None,
    answers: Answers = "all",
    order: Order = "number",
    seed: int = 0,
) -> np.ndarray:
    """The numbers of the images that are asked for, in order.

    Args:
        labels: true digits, int (n,).
        probs: the network's softmax, float (n, 10); only where `needs_answers` says so.
        digit: only images of this class; None for all.
        answers: only images whose largest probability is at the true digit ("right"), or is not ("wrong").
        order: "number"; "random", decided by the seed; "surest" for the largest probability of a prediction first,
            "least" for the smallest first, images that are equal in it by their number.
        seed: of the random order.

    Returns:
        int64, at most n.

    Raises:
        ValueError: when probabilities are needed and not given.
    """
    if probs is None and needs_answers(order, answers):
        raise ValueError(f"Expected probabilities for {order}, {answers}. Received none.")
    fits = np.ones(len(labels), bool) if digit is None else labels == digit
    if probs is not None and answers != "all":
        fits &= (probs.argmax(axis=1) == labels) == (answers == "right")
    numbers = np.flatnonzero(fits)
    if order == "random":
        return np.random.default_rng(seed).permutation(numbers)
    if probs is not None and order in ("surest", "least"):
        sign = -1 if order == "surest" else 1
        return numbers[np.argsort(sign * probs[numbers].max(axis=1), kind="stable")]
    return numbers


def position(numbers: np.ndarray, number: int) -> int:
    """Where an image stands among those chosen; where it does not, the next larger number, else the largest.

    Args:
        numbers: int, at least one, in any order.
        number: of the image.
    """
    larger = np.where(numbers >= number, numbers, np.iinfo(np.int64).max)
    return int(larger.argmin() if (numbers >= number).any() else numbers.argmax())
