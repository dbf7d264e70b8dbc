"""The tutorials' thirteen exercises: the runs that answer each, and what may be concluded from their results.

An exercise is answered by runs that somebody has just made. Stored here are the questions, the settings to vary, and
which function of `conclusions` reads the results; no result is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cnnviz.experiments import conclusions
from cnnviz.experiments.plan_text import comma_separated, decimal
from cnnviz.experiments.statistics import Result
from cnnviz.network.config import Activation, Convolution, NetworkConfig, Pooling, layers, n_weights
from cnnviz.network.presets import Plan, Recipe

N_SEEDS = 2
LEARNING_RATES = (1e-5, 1e-4, 1e-3, 1e-2)
FEW_WEIGHTS = 500
"""The exercise on the smallest network stops at the first one that has no more than that."""
MAX_DENSE_WEIGHTS = 10_000_000
"""Of the first fully connected layer in an exercise: without pooling that of `deep-mnist` would have 51 million."""

Page = Literal["Draw", "Filters", "Feature maps", "Mistakes", "Network", "Data", "Train", "Compare"]


@dataclass(frozen=True)
class PlannedRun:
    """A training run that an experiment consists of.

    Attributes:
        label: the setting, e.g. "learning rate 0.001"; runs that differ only in their seed share it.
        plan: what is trained, and how.
    """

    label: str
    plan: Plan


@dataclass(frozen=True)
class Exercise:
    """One exercise, as a page shows it.

    Attributes:
        number: 1 to 13; written into the runs of the exercise, so a number is never given to another exercise.
        question: one sentence.
        explanation: how to interpret the answer, and where in the application to look.
        plan_runs: function of a base plan and a number of iterations that gives the runs that answer the question,
            the baseline first; no runs where nothing is to be trained.
        conclude: function of the results that gives the conclusion in sentences.
        compares_orders: True when the network in the sidebar, with pooling before and after the activation, answers a
            part of it without training.
        shows_program: True when the answer is the Keras program of the plan.
        discussion: questions to ask one another, each with the page that helps to answer it.
    """

    number: int
    question: str
    explanation: str
    plan_runs: Callable[[Plan, int], list[PlannedRun]] = lambda base, iterations: []
    conclude: Callable[[Sequence[Result]], str] = lambda results: ""
    compares_orders: bool = False
    shows_program: bool = False
    discussion: tuple[tuple[str, Page], ...] = ()


def find(number: int) -> Exercise | None:
    """The exercise with this number; None when there is none."""
    return next((exercise for exercise in EXERCISES if exercise.number == number), None)


def _vary(base: Plan, iterations: int, variants: Sequence[tuple[str, NetworkConfig, Recipe]]) -> list[PlannedRun]:
    """A run for every variant (label, network, recipe) and every seed; equal plans once, under their first label."""
    planned: dict[Plan, PlannedRun] = {}
    for label, network, recipe in variants:
        layers(network)  # raises for a network that cannot be built, before anything is trained
        for seed in range(base.seed, base.seed + N_SEEDS):
            plan = Plan(network, replace(recipe, iterations=iterations), seed)
            planned.setdefault(plan, PlannedRun(label, plan))
    return list(planned.values())


def _vary_network(base: Plan, iterations: int, variants: Sequence[tuple[str, NetworkConfig]]) -> list[PlannedRun]:
    return _vary(base, iterations, [(label, network, base.recipe) for label, network in variants])


def _repeated(base: Plan, iterations: int) -> list[PlannedRun]:
    plan = replace(base, recipe=replace(base.recipe, iterations=iterations))
    other_seed = replace(plan, seed=plan.seed + 1)
    return [
        PlannedRun("the first run", plan),
        PlannedRun("the same again", plan),
        PlannedRun("another seed", other_seed),
    ]


def _longer_training(base: Plan, iterations: int) -> list[PlannedRun]:
    return [
        run
        for n in (iterations, 2 * iterations)
        for run in _vary(base, n, [(f"{n:,} iterations", base.network, base.recipe)])
    ]


def _learning_rates(base: Plan, iterations: int) -> list[PlannedRun]:
    rates = dict.fromkeys([base.recipe.learning_rate, *LEARNING_RATES])
    recipes = [replace(base.recipe, learning_rate=rate) for rate in rates]
    variants = [(f"learning rate {decimal(recipe.learning_rate)}", base.network, recipe) for recipe in recipes]
    return _vary(base, iterations, variants)


def _layer_sizes(base: Plan, iterations: int) -> list[PlannedRun]:
    config = base.network
    variants = [("as it is", config)]
    for factor in (0.5, 2):
        convolutions = tuple(replace(c, filters=max(1, int(c.filters * factor))) for c in config.convolutions)
        label = f"{comma_separated(c.filters for c in convolutions)} filters"
        variants.append((label, replace(config, convolutions=convolutions)))
    for px in (3, 7):
        convolutions = tuple(replace(c, kernel_px=px) for c in config.convolutions)
        variants.append((f"kernels of {px}×{px}", replace(config, convolutions=convolutions)))
    for factor in (0.5, 2):
        dense = tuple(max(1, int(width * factor)) for width in config.dense)
        variants.append((f"{comma_separated(dense)} neurons", replace(config, dense=dense)))
    return _vary_network(base, iterations, variants)


def _dropout(base: Plan, iterations: int) -> list[PlannedRun]:
    without, with_dropout = (replace(base.network, dropout=rate) for rate in (0.0, 0.5))
    return _vary_network(base, iterations, [("no dropout", without), ("dropout of 50 %", with_dropout)])


def _pooling_orders(base: Plan, iterations: int) -> list[PlannedRun]:
    variants = []
    pairs: tuple[tuple[Activation, Pooling], ...] = (("relu", "max"), ("sigmoid", "average"))
    for activation, pooling in pairs:
        config = replace(base.network, activation=activation, pooling=pooling)
        variants.append((f"{activation}, then {pooling}-pooling", replace(config, pool_first=False)))
        variants.append((f"{pooling}-pooling, then {activation}", replace(config, pool_first=True)))
    return _vary_network(base, iterations, variants)


def _deeper_networks(base: Plan, iterations: int) -> list[PlannedRun]:
    config = base.network
    last = config.convolutions[-1] if config.convolutions else Convolution(16)
    # stride 1 whatever that of the last layer is, so that only the pooling shrinks the maps once more
    convolution = replace(config, convolutions=(*config.convolutions, replace(last, stride=1)))
    dense = replace(config, dense=(*config.dense, config.dense[-1] if config.dense else 128))
    deeper = [("one more convolution layer", convolution), ("one more fully connected layer", dense)]
    return _vary_network(base, iterations, [("as it is", config), *deeper])


def _smaller_networks(base: Plan, iterations: int) -> list[PlannedRun]:
    configs = [base.network]
    while n_weights(configs[-1]) > FEW_WEIGHTS:
        convolutions = tuple(replace(c, filters=max(1, c.filters // 4)) for c in configs[-1].convolutions)
        dense = tuple(max(1, width // 4) for width in configs[-1].dense)
        smaller = replace(configs[-1], convolutions=convolutions, dense=dense)
        if smaller == configs[-1]:  # every layer has one filter or neuron left
            break
        configs.append(smaller)
    return _vary_network(base, iterations, [(f"{n_weights(config):,} weights", config) for config in configs])


def _activated_logits(base: Plan, iterations: int) -> list[PlannedRun]:
    linear, activated = (replace(base.network, activate_logits=on) for on in (False, True))
    label = f"{base.network.activation} on the ten outputs"
    return _vary_network(base, iterations, [("outputs as they are", linear), (label, activated)])


def _without_pooling(base: Plan, iterations: int) -> list[PlannedRun]:
    pooled, dense = _with_pooling(base.network), base.network.dense
    flatten = next(e for e in layers(replace(pooled, pooling="none", dense=())) if e.kind == "flatten")
    while dense and flatten.shape[0] * dense[0] > MAX_DENSE_WEIGHTS:
        dense = tuple(max(1, width // 2) for width in dense)
    pooled = replace(pooled, dense=dense)  # both runs get fewer neurons, so that pooling alone sets them apart
    unpooled = replace(pooled, pooling="none")
    neurons = f", {comma_separated(pooled.dense)} neurons" if pooled.dense != base.network.dense else ""
    variants = [(f"{pooled.pooling}-pooling{neurons}", pooled), (f"no pooling{neurons}", unpooled)]
    return _vary_network(base, iterations, variants)


def _strided_convolutions(base: Plan, iterations: int) -> list[PlannedRun]:
    pooled = _with_pooling(base.network)
    doubled = tuple(replace(c, stride=2 * c.stride) for c in pooled.convolutions)
    strided = replace(pooled, convolutions=doubled, pooling="none")
    label = f"stride {comma_separated(c.stride for c in doubled)}, no pooling"
    return _vary_network(base, iterations, [(f"{pooled.pooling}-pooling", pooled), (label, strided)])


def _with_pooling(config: NetworkConfig) -> NetworkConfig:
    return config if config.pooling != "none" else replace(config, pooling="max")


EXERCISES = (
    Exercise(
        1,
        "Run again with nothing changed: are the results the same, and where does the chance come from?",
        "The seed decides the initial weights, the order of the images and what dropout drops. Weights are compared "
        "to the bit; the run with another seed shows what chance alone does to the accuracy.",
        _repeated,
        conclusions.reproducibility,
    ),
    Exercise(
        2,
        "Does it get better when it trains for as long again?",
        "Each further iteration tends to bring less, and what is learnt by heart does not help with other digits. "
        "With a constant learning rate the longer run begins with the shorter one; with one that rises and falls it "
        "does not.",
        _longer_training,
        conclusions.accuracy,
    ),
    Exercise(
        3,
        "What does the learning rate do?",
        "Too small, and so many iterations do not take it far; too large, and its steps jump over what they look for.",
        _learning_rates,
        conclusions.accuracy,
    ),
    Exercise(
        4,
        "What do the number of filters, their size and the number of neurons do?",
        "Look at the weights and the time beside the accuracy: most weights are in the first fully connected layer.",
        _layer_sizes,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        5,
        "What does dropout after the fully connected layer do?",
        "In training each value is dropped with a chance of one half and the others are doubled; in testing nothing is "
        "dropped. It holds back learning by heart, so a short run may gain nothing by it.",
        _dropout,
        conclusions.accuracy,
    ),
    Exercise(
        6,
        "Is it the same with ReLU and max-pooling swapped, which is faster, and does it hold for sigmoid and average?",
        "ReLU never turns a larger number into a smaller one, so the largest of four stays the largest: "
        "relu(max(x)) = max(relu(x)), with a quarter of the ReLUs. The sigmoid of a mean is not the mean of sigmoids.",
        _pooling_orders,
        conclusions.pooling_order,
        compares_orders=True,
    ),
    Exercise(
        7,
        "Do one more convolution layer or one more fully connected layer help?",
        "With pooling the maps shrink from 28 to 14, 7 and 4 pixels a side; the Network page shows what is left.",
        _deeper_networks,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        8,
        "What is the smallest network that still works well?",
        "From one network to the next, a quarter of the filters and of the neurons. To choose one, look at the "
        "validation digits; the test digits then say how good the chosen one is.",
        _smaller_networks,
        conclusions.smallest_network,
    ),
    Exercise(
        9,
        "What happens with the activation on the ten outputs too, and why?",
        "ReLU turns every output below 0 into 0: digits whose outputs are all 0 can no longer be told apart, "
        "and while an output is below 0 no gradient reaches its weights.",
        _activated_logits,
        conclusions.accuracy,
    ),
    Exercise(
        10,
        "What happens to accuracy and training time without pooling?",
        "Without pooling the maps stay 28 pixels a side, so the first fully connected layer has many times the inputs. "
        "Where that makes too many weights, both runs have fewer neurons.",
        _without_pooling,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        11,
        "Is a stride of 2 as good as max-pooling?",
        "Both halve the side of the maps. The stride leaves three quarters of the places out before it computes them.",
        _strided_convolutions,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        12,
        "Can you write the program again without looking?",
        "Write your own first. Then compare: the layers in their order, the loss, the batches.",
        shows_program=True,
    ),
    Exercise(
        13,
        "Can you explain to a friend how it works?",
        "Ask one another, answer, then look.",
        discussion=(
            ("What does one kernel of the first layer look for, and how do its colours show it?", "Filters"),
            ("Why does the same kernel give a different map for another digit?", "Feature maps"),
            ("Where do most of the weights sit, and what does pooling do to their number?", "Network"),
            ("What does one iteration do with its batch, and what do the loss and the accuracy then do?", "Train"),
            ("Which digits are taken for one another, and what do the misread ones have in common?", "Mistakes"),
        ),
    ),
)
