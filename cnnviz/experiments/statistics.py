"""Runs side by side: what sets them apart, and whether a difference is more than luck."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnnviz.experiments.keras_source import float_literal as number
from cnnviz.lazy import LazyModule
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Weights
from cnnviz.percentages import NO_BREAK

stats: Any = LazyModule("scipy.stats")


@dataclass(frozen=True)
class Result:
    """What came of a run.

    Attributes:
        label, plan: as in `Named`.
        n_weights: trainable numbers of its network.
        seconds_per_1000: time that 1,000 iterations took, in seconds.
        test_correct, n_test: test digits read right, and all of them.
        validation_correct, n_validation: the same of the digits held back; 0 of 0 when none were.
        key: `weights_key` of the trained weights.
        failure: why the run did not come to its end, e.g. what `TrainingDiverged` says; such a run has no counts.
    """

    label: str
    plan: Plan
    n_weights: int
    seconds_per_1000: float
    test_correct: int
    n_test: int
    validation_correct: int = 0
    n_validation: int = 0
    key: str = ""
    failure: str = ""

    @property
    def accuracy(self) -> float:
        """Share of the test digits that is read right, in [0, 1]."""
        return self.test_correct / self.n_test


def weights_key(weights: Weights) -> str:
    """SHA-256 of the weights alone; equal when two runs ended in the same weights to the bit."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share: which accuracies, on endless digits of this kind, fit so many right of n.

    Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209).

    Returns:
        lower and upper end, in [0, 1].

    Raises:
        ValueError: when there are no digits, or more right than there are.
    """
    found = stats.binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(found.low), float(found.high)


def difference_interval(correct: int, other: int, n: int) -> tuple[float, float]:
    """The 95 % interval of how much more is read right by the first of two networks on n digits each.

    Newcombe's method 10, two Wilson intervals put together (R. G. Newcombe, Stat. Med. 17, 1998, p. 873).  It takes
    the two as independent; on the same digits they are alike, so it is rather too wide than too narrow.

    Returns:
        lower and upper end, in [-1, 1].
    """
    (low, high), (other_low, other_high) = interval(correct, n), interval(other, n)
    p, q = correct / n, other / n
    return p - q - math.hypot(p - low, other_high - q), p - q + math.hypot(high - p, q - other_low)


def verdict(first: Sequence[Result], other: Sequence[Result]) -> Literal["better", "worse", "digits", "seeds"]:
    """Whether the other runs are better than the first ones, each a setting with all its seeds.

    Returns:
        "better" or "worse" when the means differ by more than the digits leave open and no seed says otherwise;
        "digits" when the interval of the difference holds 0, "seeds" when the ranges over the seeds overlap.

    Raises:
        ValueError: when they were tested on different numbers of digits.
    """
    counts = {result.n_test for result in [*first, *other]}
    if len(counts) != 1:
        raise ValueError(f"Expected results on the same digits. Received {sorted(counts)} digits.")
    mean, mean_other = (round(statistics.mean(r.test_correct for r in runs)) for runs in (first, other))
    low, high = difference_interval(mean_other, mean, counts.pop())
    if low <= 0 <= high:
        return "digits"
    right, right_other = ([r.test_correct for r in runs] for runs in (first, other))
    if low > 0:
        return "better" if min(right_other) > max(right) else "seeds"
    return "worse" if max(right_other) < min(right) else "seeds"


_NAMES = {
    "dense": "neurons",
    "pool_first": "order",
    "activate_logits": "activation on the outputs",
    "initializer": "initial weights",
    "initial_stddev": "initial standard deviation",
    "batch_size": "batch",
    "warm_up": "warm-up",
    "augment": "augmentation",
    "optimizer": "optimiser",
    "keep_validation": "validation digits held back",
}

_WORDS: dict[str, Callable[[Any], str]] = {
    "pool_first": lambda first: "pooling, then activation" if first else "activation, then pooling",
    "warm_up": lambda share: f"{100 * share:g}{NO_BREAK}%",
    "dropout": lambda share: f"{100 * share:g}{NO_BREAK}%" if share else "none",
    "shuffle_buffer": lambda n: f"{n:,}" if n else "all images",
}


def differences(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """The settings in which plans differ.

    Returns:
        for each setting that is not the same in all plans its name, e.g. "learning rate", and its value in every
        plan in words, e.g. ["0.0001", "0.001"]; empty when the plans are equal.
    """
    settings = [_settings(plan) for plan in plans]
    names = dict.fromkeys(name for found in settings for name in found)
    rows = {name: [found[name] for found in settings] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _settings(plan: Plan) -> dict[str, str]:
    convolutions = plan.network.convolutions
    found = {
        "filters": listed(c.filters for c in convolutions) or "none",
        "kernel size": ", ".join(f"{c.kernel_px}×{c.kernel_px}" for c in convolutions) or "none",
        "stride": listed(c.stride for c in convolutions) or "none",
    }
    for part in (plan.network, plan.recipe):
        for field in dataclasses.fields(part):
            if field.name != "convolutions":
                name = _NAMES.get(field.name, field.name.replace("_", " "))
                found[name] = _in_words(field.name, getattr(part, field.name))
    return found | {"seed": str(plan.seed)}


def _in_words(name: str, value: Any) -> str:
    if name in _WORDS:
        return _WORDS[name](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_words(value)
    if isinstance(value, tuple):
        return listed(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("_", " ")


def capital(words: str) -> str:
    """The words with a capital at their start."""
    return words[:1].upper() + words[1:]


def number_words(value: float) -> str:
    """A number without an exponent: 0.0001."""
    return number(value).removesuffix(".0")


def listed(values: Any) -> str:
    """Whole numbers in a row: 16, 36."""
    return ", ".join(f"{value:,}" for value in values)
