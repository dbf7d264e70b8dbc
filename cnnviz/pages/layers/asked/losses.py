"""Questions about logits, softmax and the loss."""

from __future__ import annotations

import numpy as np

from cnnviz.analysis import arithmetic, evaluation, loss
from cnnviz.network.config import N_CLASSES
from cnnviz.network.presets import Recipe
from cnnviz.pages.layers.asked.case import (
    Answer,
    Case,
    Pictures,
    Question,
    contributions_to,
    number,
    share,
    squares,
    table,
)
from cnnviz.percentages import probability


class Words:
    """Questions, answers and captions."""

    logit = "What is a logit?"
    logit_answer = (
        "The number that the last layer gives a digit, before the softmax: any number, also below 0, the larger the "
        "likelier. It is a sum: each of the {n:,} values of {below} times its weight, and a bias. For {read}, which is "
        "read here, that is {sum} + {bias} = {logit}. The largest part, {part}, comes from neuron {neuron}."
    )
    logit_heads = ("Digit", "Sum of products", "Bias", "Logit")
    logit_caption = "The ten logits of this digit."

    softmax = "Why a softmax?"
    softmax_answer = (
        "Logits may be negative and add up to anything. Exp makes each positive, and divided by their sum, {total}, "
        "they add up to 1, as probabilities do; the order stays. Exp also makes the lead of the largest clear: "
        "{first} has {ratio} times the probability of {second}, since their logits are {gap} apart and "
        "exp({gap}) = {ratio}."
    )
    softmax_heads = ("Digit", "Logit", "Minus the largest", "exp", "Probability")
    softmax_caption = (
        "From logits to probabilities; the largest is taken off first, so that no exp is too large to store."
    )

    cross = "What is cross-entropy?"
    cross_answer = (
        "The loss of one digit: −log p, where p is the probability of the true digit, by the natural logarithm. "
        "{truth}: p = {p}, so the loss is {loss}. It is never negative, 0 only when p is 1, and the larger the less "
        "the network believed in the truth. It is computed from the logits themselves, log of the sum of exp minus "
        "the logit, so that no p is rounded to 0 first."
    )
    cross_heads = ("If it is a", "p", "−log p", "")
    cross_caption = "The loss of this digit for every true digit that it could have."
    true = "taken for true"

    batch = "What is the loss of a batch?"
    batch_answer = (
        "The cross-entropies of all its images, as a mean or as a sum. For these {n} digits, beginning with yours, the "
        "sum is {sum} and the mean {mean}; yours has {own}. {which} The mean does not depend on the size of the batch; "
        "with the sum, a batch twice as large makes gradients twice as large."
    )
    which = {
        "mean": "This network was trained with the mean.",
        "sum": "This network was trained with the sum.",
        "clipped_sum": "This network was trained with the sum, of probabilities of at least 1e-9.",
        "outlier_exposure": "This network was trained with the mean; drawings of no digit should get 0.1 each.",
    }
    taught = "This network was trained with the mean, 0.1 each for drawings of no digit, and to answer as {n} more do."
    batch_caption = (
        "The losses of the {n} digits, as squares: yours first, then the first test digits. Largest: {largest}; "
        "{small} are below 0.01."
    )
    batch_alt = "{n} losses as squares, from {low} to {largest}."


def logit(case: Case) -> Answer:
    """The ten sums."""
    step = arithmetic.explain_prediction(case.network, case.outputs)
    sums = step.contributions.sum(axis=0)
    rows = [(d, float(sums[d]), float(step.biases[d]), float(step.logits[d])) for d in range(N_CLASSES)]
    read = step.predicted
    neuron, part = contributions_to(step, read)
    text = Words.logit_answer.format(
        n=len(step.contributions),
        below=step.below,
        read=read,
        sum=number(sums[read]),
        bias=number(step.biases[read]),
        logit=number(step.logits[read]),
        part=number(part),
        neuron=neuron,
    )
    return Answer(text, [table(Words.logit_heads, rows, Words.logit_caption)])


def softmax(case: Case) -> Answer:
    """Step by step."""
    step = arithmetic.explain_prediction(case.network, case.outputs)
    found = step.softmax
    columns = (found.logits, found.shifted, found.exponentials)
    rows = [
        (d, *(float(column[d]) for column in columns), probability(float(found.probabilities[d])))
        for d in range(N_CLASSES)
    ]
    gap = float(found.logits[step.predicted] - found.logits[step.runner_up])
    text = Words.softmax_answer.format(
        total=number(found.total),
        first=step.predicted,
        second=step.runner_up,
        ratio=number(float(np.exp(gap))),
        gap=number(gap),
    )
    return Answer(text, [table(Words.softmax_heads, rows, Words.softmax_caption)])


def cross_entropy(case: Case) -> Answer:
    """The loss for every digit that could be the true one."""
    found = arithmetic.explain_prediction(case.network, case.outputs).softmax
    losses = loss.cross_entropies(found)
    rows = [
        (d, share(found.probabilities[d]), number(losses[d]), Words.true if d == case.true else "")
        for d in range(N_CLASSES)
    ]
    text = Words.cross_answer.format(
        truth=case.truth(), p=share(found.probabilities[case.true]), loss=number(losses[case.true])
    )
    return Answer(text, [table(Words.cross_heads, rows, Words.cross_caption)])


MOST_IN_A_BATCH = 128


def read_test_digits(case: Case, n: int) -> np.ndarray:
    """The losses of this digit and of the first test digits, float64 (n,)."""
    test = case.tools.digits("test")
    images = np.concatenate([case.image[None], test.images[: n - 1]])
    labels = np.concatenate([[case.true], test.labels[: n - 1]])
    return loss.batch_losses(case.tools.ask(evaluation.probabilities, case.network, images), labels)


def _which(recipe: Recipe) -> str:
    """What a network was trained with."""
    return Words.taught.format(n=recipe.teachers) if recipe.teachers else Words.which[recipe.loss]


def batch(case: Case) -> Answer:
    """The losses of a batch of the size that the network was trained with."""
    losses = read_test_digits(case, min(case.recipe.batch_size, MOST_IN_A_BATCH))
    values = {"n": len(losses), "largest": number(losses.max()), "low": number(losses.min())}
    text = Words.batch_answer.format(
        sum=number(losses.sum()),
        mean=number(losses.mean()),
        own=number(losses[0]),
        which=_which(case.recipe),
        **values,
    )
    caption = Words.batch_caption.format(small=int((losses < 0.01).sum()), **values)
    return Answer(text, [Pictures(squares(losses), caption, Words.batch_alt.format(**values))])


QUESTIONS = {
    "logit": Question(Words.logit, logit, layers=("dense",)),
    "softmax": Question(Words.softmax, softmax, layers=("softmax",)),
    "cross-entropy": Question(Words.cross, cross_entropy, layers=("softmax",)),
    "batch-loss": Question(Words.batch, batch, layers=("softmax",)),
}
