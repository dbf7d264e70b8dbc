"""Questions about one training step: gradient and chain rule, a step of each optimiser, why Adam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.analysis import training_step
from cnnviz.analysis.training_step import WeightGradient
from cnnviz.network.config import N_CLASSES, n_weights
from cnnviz.network.presets import Optimizer
from cnnviz.pages.layers.asked.case import Answer, Case, Question, number, share, table
from cnnviz.percentages import percent


class Words:
    """Questions, answers and captions."""

    gradient = "What is a gradient, and what has the chain rule to do with it?"
    gradient_answer = (
        "The gradient of a weight says how fast the loss grows when the weight grows. The weight from neuron {neuron} "
        "to the logit of {digit} changes the logit by {a}, the neuron's value, for each 1 of its own; and the logit "
        "changes the loss by p − y = {p} − {y} = {error}. The chain rule multiplies the two: ∂L/∂w = "
        "(p − y) · a = {gradient}. {truth}, so y is {y}."
    )
    gradient_heads = ("Weight from {neuron} to", "p", "y", "p − y", "a", "Gradient")
    gradient_caption = "The gradient of all ten weights that neuron {neuron} of {below} has, for this digit alone."
    slope = " The activation behind the logits puts a third factor between them, its slope {slope}."

    step = "What does one training step do with a weight?"
    step_answer = (
        "It moves each weight against its gradient, so that the loss falls: a step of gradient descent. SGD takes the "
        "learning rate times the gradient g. RMSprop and Adam divide by √v, a running mean of g², so that small "
        "gradients count too; Adam also takes a running mean m of g itself. With rate {rate} and g = {gradient}, the "
        "weight {weight} becomes {after} by {name}."
    )
    step_heads = ("Optimiser", "Change of the weight, in its first step", "Change", "Weight after")
    step_caption = (
        "One step from this digit alone, each time from the same weight, that of neuron {neuron} "
        "to the logit of {digit}; ε = {epsilon}."
    )
    formulas: dict[Optimizer, str] = {
        "sgd": "−{rate} · g",
        "rmsprop": "−{rate} · g / √(0.1 g² + ε), v = 0.1 g² = {v}",
        "adam": "−{rate} · m̂ / (√v̂ + ε / √0.001), m̂ = m / 0.1 = {m}, v̂ = v / 0.001 = {v}",
    }
    optimizers: dict[Optimizer, str] = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}

    adam = "Why Adam?"
    adam_answer = (
        "It keeps two running means for each of the {n:,} weights, of its gradient and of the gradient's square, and "
        "moves it by the first divided by the root of the second, times the learning rate, {rate}{peak}. So a weight "
        "with a small gradient moves about as fast as one with a large one, and noise of single batches cancels out. "
        "Here the largest gradient is {ratio} times the smallest: so are the steps of SGD, but Adam's only "
        "{adam_ratio} times.{other}"
    )
    peak = " at its largest, after {warm_up} of the steps, from where it falls back to 0"
    other = " This network was trained without it, by {name}."
    adam_heads = ("Weight to digit", "Gradient", "Step of SGD", "Step of Adam")
    adam_caption = "First steps of the ten weights of neuron {neuron}, from this digit alone, at a rate of {rate}."


def strongest_weight(case: Case) -> WeightGradient:
    """The weight to the true digit's logit from the neuron with the largest value."""
    below = case.below(case.layers_of("dense")[-1])
    neuron = int(np.abs(case.outputs[below.name]).argmax())
    return training_step.weight_gradient(case.network, case.outputs, case.true, case.true, neuron)


def gradients_of(case: Case, neuron: int) -> list[WeightGradient]:
    """Of the ten weights of a neuron."""
    return [
        training_step.weight_gradient(case.network, case.outputs, case.true, digit, neuron)
        for digit in range(N_CLASSES)
    ]


def gradient(case: Case) -> Answer:
    """The chain rule for one weight, and for its nine neighbours."""
    found = strongest_weight(case)
    rows = [
        (w.digit, share(w.probability), f"{w.target:g}", w.probability - w.target, w.activation, w.gradient)
        for w in gradients_of(case, found.neuron)
    ]
    text = Words.gradient_answer.format(
        neuron=found.neuron,
        digit=found.digit,
        a=number(found.activation),
        p=share(found.probability),
        error=number(found.probability - found.target),
        y=f"{found.target:g}",
        gradient=number(found.gradient),
        truth=case.truth(),
    )
    below = case.below(case.layers_of("dense")[-1]).name
    caption = Words.gradient_caption.format(neuron=found.neuron, below=below)
    if case.config.activate_logits:
        caption += Words.slope.format(slope=number(found.slope))
    heads = [head.format(neuron=found.neuron) for head in Words.gradient_heads]
    return Answer(text, [table(heads, rows, caption)])


def step(case: Case) -> Answer:
    """The first step of each optimiser."""
    found, recipe = strongest_weight(case), case.recipe
    g, rate = found.gradient, number(recipe.learning_rate)
    rows = []
    for name, formula in Words.formulas.items():
        change = training_step.first_change(name, g, recipe.learning_rate, recipe.epsilon)
        v = number((1 - training_step.RHO) * g**2 if name == "rmsprop" else g**2)
        written = formula.format(rate=rate, v=v, m=number(g))
        rows.append((Words.optimizers[name], written, change, f"{found.weight + change:.6f}"))
    change = training_step.first_change(recipe.optimizer, g, recipe.learning_rate, recipe.epsilon)
    text = Words.step_answer.format(
        rate=rate,
        gradient=number(g),
        weight=f"{found.weight:.6f}",
        after=f"{found.weight + change:.6f}",
        name=Words.optimizers[recipe.optimizer],
    )
    return Answer(
        text,
        [
            table(
                Words.step_heads,
                rows,
                Words.step_caption.format(epsilon=f"{recipe.epsilon:g}", neuron=found.neuron, digit=found.digit),
            )
        ],
    )


def adam(case: Case) -> Answer:
    """Steps of SGD and of Adam for gradients of many sizes."""
    found, recipe = strongest_weight(case), case.recipe
    every = [each.gradient for each in gradients_of(case, found.neuron)]
    steps = {
        name: [training_step.first_change(name, g, recipe.learning_rate, recipe.epsilon) for g in every]
        for name in Words.optimizers
    }
    rows = list(zip(range(N_CLASSES), every, steps["sgd"], steps["adam"], strict=True))
    rate = number(recipe.learning_rate)
    text = Words.adam_answer.format(
        n=n_weights(case.config),
        rate=rate,
        peak="" if recipe.schedule == "constant" else Words.peak.format(warm_up=percent(recipe.warm_up, 0)),
        ratio=number(_ratio(every)),
        adam_ratio=number(_ratio(steps["adam"])),
        other="" if recipe.optimizer == "adam" else Words.other.format(name=Words.optimizers[recipe.optimizer]),
    )
    return Answer(text, [table(Words.adam_heads, rows, Words.adam_caption.format(neuron=found.neuron, rate=rate))])


def _ratio(values: Sequence[float]) -> float:
    """Of the largest magnitude to the smallest that is not 0; 1 where all are 0."""
    sizes = [abs(value) for value in values if value]
    return max(sizes) / min(sizes) if sizes else 1.0


QUESTIONS = {
    "gradient": Question(Words.gradient, gradient, layers=("softmax",)),
    "training-step": Question(Words.step, step, layers=("softmax",)),
    "adam": Question(Words.adam, adam, numbers=(28,), layers=("softmax",)),
}
