"""Exercise 12: the figures of a program of one's own beside what the plan has, and what commonly sets them apart."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnviz.data.mnist import N_TEST, N_TRAIN, N_VALIDATION
from cnnviz.experiments.statistics import stats
from cnnviz.network.config import Layer, NetworkConfig, layers, n_weights
from cnnviz.network.presets import Plan
from cnnviz.percentages import percent


class Words:
    """The sentences, whole."""

    weights_agree = "{n:,} weights: as many as the plan has."
    few = "{n:,} weights: {missing:,} too few, the plan has {wanted:,}. {why}"
    many = "{n:,} weights: {missing:,} too many, the plan has {wanted:,}. {why}"
    cause = "So many come of this: {causes}."
    no_cause = "No common slip gives this number; enter the weights layer by layer to see where they differ."
    no_biases = "the biases of {layers} are missing ({n:,})"
    no_layer = "{layer} is missing"
    no_pooling = "there is no pooling"
    other_padding = "the convolutions' padding is {padding}, not {wanted}"
    kernel = "the kernels have {px}×{px} weights"
    colour = "the image has three channels"
    optimizer = "the optimiser's own numbers are counted too, as `model.summary()` does after the training"
    layer_agrees = "{layer}: {n:,} weights, as in the plan."
    layer_differs = "{layer}: {n:,} weights; in the plan {formula} = {wanted:,}. {why}"
    layer_biases = "Its biases are missing."
    layer_inputs = "So it takes in {inputs:,} values instead of {wanted:,}: look at the layers before it."
    train_agrees = "{n:,} training images: as many as the plan learns from."
    train = "{n:,} training images; the plan learns from {wanted:,}. {why}"
    validation_learnt = "The validation digits, the last {n:,} of the training file, were learnt from too."
    validation_kept = "The last {n:,} were held back; this plan learns from them too."
    test_learnt = "The test digits are among them, so the test accuracy says nothing."
    test_only = "These are the test digits."
    train_batch = "That is one batch."
    accuracy_agrees = "{share} of the test digits: within what seeds of this plan read, {range}."
    accuracy_low = "{share} of the test digits: less than seeds of this plan read, {range}. {why}"
    accuracy_high = "{share} of the test digits: more than seeds of this plan read, {range}. {why}"
    range = "{least} to {most} ({n} seeds; of a further seed {low} to {high} is expected, 19 times of 20)"
    few_range = "{least} to {most} ({n} seeds are known, too few to say what a further one reads)"
    accuracy_unknown = (
        "{share} of the test digits: nothing is known here of this plan with {steps:,} training steps. Train it here "
        "with a few seeds, then it is compared with them."
    )
    why_guessing = "About one in ten is what guessing gives: the labels may be in another order, or the rate too large."
    why_low = (
        "Common causes: other learning rate or initial weights, fewer training steps, images that are not between 0 "
        "and 1, dropout that is on while testing."
    )
    why_high = "Common causes: test digits among those learnt from, more training steps, another network."
    loss_agrees = "First loss {loss:.4g}: as five seeds of this plan begin, {low:.4g} to {high:.4g}."
    loss = "First loss {loss:.4g}; five seeds of this plan begin with {low:.4g} to {high:.4g}. {why}"
    why_sum = "It is about {batch} times as large: summed over the batch, where the plan takes the mean."
    why_mean = "It is about a {batch}th: the mean over the batch, where the plan takes the sum."
    why_logits = (
        "About ln 10 = 2.303 is the loss of ten equal answers: the softmax may stand twice, or the weights start too "
        "near 0."
    )
    why_loss = "Common causes: other initial weights or biases, images that are not between 0 and 1."
    unread = "Test accuracy: expected a share such as 98.8 %, or a count such as 9,880 of 10,000. Received {text!r}."


@dataclass(frozen=True)
class Finding:
    """A sentence on one figure, and whether it agrees with the plan; None where nothing can be said of that."""

    agrees: bool | None
    sentence: str


def check_weights(plan: Plan, n: int) -> Finding:
    """The number of all weights."""
    wanted = n_weights(plan.network)
    if n == wanted:
        return Finding(True, Words.weights_agree.format(n=n))
    causes = list(dict.fromkeys(cause for cause, total in _slips(plan) if total == n))
    why = Words.cause.format(causes="; or ".join(causes)) if causes else Words.no_cause
    sentence = Words.few if n < wanted else Words.many
    return Finding(False, sentence.format(n=n, missing=abs(wanted - n), wanted=wanted, why=why))


def _slips(plan: Plan) -> Iterator[tuple[str, int]]:
    """Common slips, the likeliest first, each with the number of weights that a network with it has."""
    config, wanted = plan.network, n_weights(plan.network)
    weighted = [layer for layer in layers(config) if layer.n_weights]
    yield Words.optimizer, {"adam": 3 * wanted + 2, "rmsprop": 2 * wanted + 2, "sgd": wanted + 2}[plan.recipe.optimizer]
    for size in range(1, min(len(weighted), MOST_WITHOUT_BIASES) + 1):
        for some in itertools.combinations(weighted, size):
            n = sum(layer.kernel_shape[-1] for layer in some)
            yield Words.no_biases.format(layers=", ".join(layer.name for layer in some), n=n), wanted - n
    for cause, changes in _other_networks(config):
        with contextlib.suppress(ValueError):  # there may be no such network
            yield cause, n_weights(replace(config, **changes))
    if config.convolutions:
        first = config.convolutions[0]
        yield Words.colour, wanted + 2 * first.kernel_px**2 * first.filters


MOST_WITHOUT_BIASES = 6
"""Layers whose biases may be missing together: with more there are too many ways to come to a number."""


def _other_networks(config: NetworkConfig) -> Iterator[tuple[str, dict[str, Any]]]:
    """Slips that make another network, each with the fields that it changes."""
    for i in range(len(config.dense)):
        without = (*config.dense[:i], *config.dense[i + 1 :])
        yield Words.no_layer.format(layer=f"dense{i + 1}"), {"dense": without}
    for i in range(len(config.convolutions)):
        fewer = (*config.convolutions[:i], *config.convolutions[i + 1 :])
        yield Words.no_layer.format(layer=f"conv{i + 1}"), {"convolutions": fewer}
    for px in (3, 5, 7):
        other = tuple(replace(c, kernel_px=px) for c in config.convolutions)
        if other != config.convolutions:
            yield Words.kernel.format(px=px), {"convolutions": other}
    if config.convolutions:
        padding = "valid" if config.padding == "same" else "same"
        yield Words.other_padding.format(padding=padding.upper(), wanted=config.padding.upper()), {"padding": padding}
    if config.convolutions and config.pooling != "none":
        yield Words.no_pooling, {"pooling": "none"}


def check_layer(layer: Layer, n: int) -> Finding:
    """The number of one layer's weights, biases included."""
    if n == layer.n_weights:
        return Finding(True, Words.layer_agrees.format(layer=layer.name, n=n))
    *sides, units = layer.kernel_shape
    inputs = math.prod(sides)
    formula = f"{' · '.join(f'{side:,}' for side in layer.kernel_shape)} + {units:,}"
    why = ""
    if n == layer.n_weights - units:
        why = Words.layer_biases
    elif n % units == 0 and layer.kind == "dense":
        why = Words.layer_inputs.format(inputs=n // units - 1, wanted=inputs)
    values = {"layer": layer.name, "n": n, "formula": formula, "wanted": layer.n_weights}
    return Finding(False, Words.layer_differs.format(why=why, **values).rstrip())


def check_train(plan: Plan, n: int) -> Finding:
    """The number of images that are learnt from."""
    keeps = plan.recipe.keep_validation
    wanted, whole = N_TRAIN + (0 if keeps else N_VALIDATION), N_TRAIN + N_VALIDATION
    if n == wanted:
        return Finding(True, Words.train_agrees.format(n=n))
    causes = {
        N_TRAIN: Words.validation_kept.format(n=N_VALIDATION),
        whole: Words.validation_learnt.format(n=N_VALIDATION),
        whole + N_TEST: Words.test_learnt,
        N_TEST: Words.test_only,
        plan.recipe.batch_size: Words.train_batch,
    }
    return Finding(False, Words.train.format(n=n, wanted=wanted, why=causes.get(n, "")).rstrip())


def read_accuracy(text: str) -> float:
    """A share in [0, 1] from "98.8 %", "98.8", "0.988", "9880" (of 10,000), "9,880 / 10,000" or "9880 of 10000".

    Raises:
        ValueError: when it is none of these; one sentence.
    """
    found = re.fullmatch(r"([\d.,]+)\s*(?:(%)|(?:/|of)\s*([\d.,]+))?", text.strip().replace("\u00a0", " "))
    try:
        if not found:
            raise ValueError
        number, per_cent, of = found.groups()
        value = float(number.replace(",", ""))
        n = 100.0 if per_cent else float(of.replace(",", "")) if of else 1.0 if value <= 1 else 100.0
        share = value / (N_TEST if not of and not per_cent and value > n else n)
        if not 0 <= share <= 1:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise ValueError(Words.unread.format(text=text)) from None
    return share


def check_accuracy(plan: Plan, share: float, correct: Sequence[int], n: int) -> Finding:
    """A test accuracy.

    Args:
        plan: what the program is to do.
        share: its test accuracy, in [0, 1].
        correct: what seeds of the plan read right, one number a seed; of n test digits.
        n: test digits.
    """
    told = percent(share)
    if not correct:
        return Finding(None, Words.accuracy_unknown.format(share=told, steps=plan.recipe.iterations))
    low, high = min(correct) / n, max(correct) / n
    values = {"least": percent(low), "most": percent(high), "n": len(correct)}
    sentence = Words.few_range
    if len(correct) >= ENOUGH:
        spread = (
            float(stats.t.ppf(0.975, len(correct) - 1)) * statistics.stdev(correct) * math.sqrt(1 + 1 / len(correct))
        )
        middle = statistics.mean(correct)
        low, high = min(low, (middle - spread) / n), min(1.0, max(high, (middle + spread) / n))
        values |= {"low": percent(low), "high": percent(high)}
        sentence = Words.range
    known = sentence.format(**values)
    if low - HALF_A_POINT <= share <= high + HALF_A_POINT:
        return Finding(True, Words.accuracy_agrees.format(share=told, range=known))
    if share > high:
        return Finding(False, Words.accuracy_high.format(share=told, range=known, why=Words.why_high))
    why = Words.why_guessing if share < GUESSING else Words.why_low
    return Finding(False, Words.accuracy_low.format(share=told, range=known, why=why))


ENOUGH = 3
"""Seeds from which on it is said what a further one is expected to read."""
HALF_A_POINT = 0.0005
"""Half of the last place that programs commonly print: 98.8 % may be 98.75 to 98.85."""
GUESSING = 0.15
"""Below that a network has learnt next to nothing: one digit in ten is right by chance."""


def check_loss(plan: Plan, loss: float, known: Sequence[float]) -> Finding:
    """The loss of the first batch, before any step; `known`: of some seeds of the plan."""
    low, high, batch = min(known), max(known), plan.recipe.batch_size
    margin = max(high - low, 0.05 * high)
    values = {"loss": loss, "low": low, "high": high}
    if low - margin <= loss <= high + margin:
        return Finding(True, Words.loss_agrees.format(**values))
    why, ratio = Words.why_loss, loss / statistics.mean(known)
    if plan.recipe.loss == "mean" and 0.7 < ratio / batch < 1.4:
        why = Words.why_sum.format(batch=batch)
    elif plan.recipe.loss != "mean" and 0.7 < ratio * batch < 1.4:
        why = Words.why_mean.format(batch=batch)
    elif abs(loss - math.log(10)) < 0.03:
        why = Words.why_logits
    return Finding(False, Words.loss.format(why=why, **values))
