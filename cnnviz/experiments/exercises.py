"""The readers' thirteen exercises: which runs answer each, and what their results let one say.

An exercise is answered by runs that somebody has just made.  Nothing is stored here but the questions and the way
to read an answer: accuracies are compared with the interval that so many digits leave open, and over seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cnnviz.experiments import conclusions
from cnnviz.experiments.statistics import Result, listed, number_words
from cnnviz.network.config import Activation, Convolution, NetworkConfig, Pooling, layers, n_weights
from cnnviz.network.presets import Plan, Recipe

N_SEEDS = 2
LEARNING_RATES = (1e-5, 1e-4, 1e-3, 1e-2)
FEW_WEIGHTS = 500
MOST_WEIGHTS = 10_000_000
"""Of the first fully connected layer in an exercise: without pooling that of `deep-mnist` would have 51 million."""

Page = Literal["Draw", "Filters", "Feature maps", "Mistakes", "Network", "Data", "Train", "Compare"]


@dataclass(frozen=True)
class Named:
    """A run to make.

    Attributes:
        label: what sets it apart, e.g. "learning rate 0.001"; runs that differ in their seed alone share it.
        plan: the run.
    """

    label: str
    plan: Plan


@dataclass(frozen=True)
class Exercise:
    """One exercise, as a page shows it.

    Attributes:
        number: 1 to 13.
        question: one sentence.
        reading: how to read the answer, and where in the app to look.
        plans: the runs that answer it, for a plan to start from and a number of iterations; the run to compare
            with comes first. None where nothing is to be run.
        conclude: sentences that say what the results show.
        program: True when the answer is the Keras program of the plan.
        ask: questions to ask one another, each with the page that helps to answer it.
    """

    number: int
    question: str
    reading: str
    plans: Callable[[Plan, int], list[Named]] = lambda base, iterations: []
    conclude: Callable[[Sequence[Result]], str] = lambda results: ""
    program: bool = False
    ask: tuple[tuple[str, Page], ...] = ()


def _runs(base: Plan, iterations: int, variants: Sequence[tuple[str, NetworkConfig, Recipe]]) -> list[Named]:
    """Every variant with every seed, equal ones once."""
    found: dict[Plan, Named] = {}
    for label, network, recipe in variants:
        layers(network)  # a network that cannot be is refused here, by the name of the layer
        for seed in range(base.seed, base.seed + N_SEEDS):
            plan = Plan(network, replace(recipe, iterations=iterations), seed)
            found.setdefault(plan, Named(label, plan))
    return list(found.values())


def _networks(base: Plan, iterations: int, variants: Sequence[tuple[str, NetworkConfig]]) -> list[Named]:
    return _runs(base, iterations, [(label, network, base.recipe) for label, network in variants])


def _again(base: Plan, iterations: int) -> list[Named]:
    plan = replace(base, recipe=replace(base.recipe, iterations=iterations))
    other = replace(plan, seed=plan.seed + 1)
    return [Named("the first run", plan), Named("the same again", plan), Named("another seed", other)]


def _longer(base: Plan, iterations: int) -> list[Named]:
    return [
        run
        for n in (iterations, 2 * iterations)
        for run in _runs(base, n, [(f"{n:,} iterations", base.network, base.recipe)])
    ]


def _rates(base: Plan, iterations: int) -> list[Named]:
    rates = [base.recipe.learning_rate, *LEARNING_RATES]
    recipes = [replace(base.recipe, learning_rate=rate) for rate in dict.fromkeys(rates)]
    return _runs(
        base, iterations, [(f"learning rate {number_words(r.learning_rate)}", base.network, r) for r in recipes]
    )


def _sizes(base: Plan, iterations: int) -> list[Named]:
    config = base.network
    variants = [("as it is", config)]
    for share in (0.5, 2):
        fewer = tuple(replace(c, filters=max(1, int(c.filters * share))) for c in config.convolutions)
        variants.append((f"{listed(c.filters for c in fewer)} filters", replace(config, convolutions=fewer)))
    for px in (3, 7):
        kernels = tuple(replace(c, kernel_px=px) for c in config.convolutions)
        variants.append((f"kernels of {px}×{px}", replace(config, convolutions=kernels)))
    for share in (0.5, 2):
        neurons = tuple(max(1, int(width * share)) for width in config.dense)
        variants.append((f"{listed(neurons)} neurons", replace(config, dense=neurons)))
    return _networks(base, iterations, variants)


def _dropout(base: Plan, iterations: int) -> list[Named]:
    without, dropped = (replace(base.network, dropout=share) for share in (0.0, 0.5))
    return _networks(base, iterations, [("no dropout", without), ("dropout of 50 %", dropped)])


def _swapped(base: Plan, iterations: int) -> list[Named]:
    variants = []
    pairs: tuple[tuple[Activation, Pooling], ...] = (("relu", "max"), ("sigmoid", "average"))
    for activation, pooling in pairs:
        config = replace(base.network, activation=activation, pooling=pooling)
        variants.append((f"{activation}, then {pooling}-pooling", replace(config, pool_first=False)))
        variants.append((f"{pooling}-pooling, then {activation}", replace(config, pool_first=True)))
    return _networks(base, iterations, variants)


def _deeper(base: Plan, iterations: int) -> list[Named]:
    config = base.network
    last = config.convolutions[-1] if config.convolutions else Convolution(16)
    convolution = replace(config, convolutions=(*config.convolutions, replace(last, stride=1)))
    dense = replace(config, dense=(*config.dense, config.dense[-1] if config.dense else 128))
    more = [("one more convolution layer", convolution), ("one more fully connected layer", dense)]
    return _networks(base, iterations, [("as it is", config), *more])


def _smaller(base: Plan, iterations: int) -> list[Named]:
    found = [base.network]
    while n_weights(found[-1]) > FEW_WEIGHTS:
        convolutions = tuple(replace(c, filters=max(1, c.filters // 4)) for c in found[-1].convolutions)
        dense = tuple(max(1, width // 4) for width in found[-1].dense)
        smaller = replace(found[-1], convolutions=convolutions, dense=dense)
        if smaller == found[-1]:
            break
        found.append(smaller)
    return _networks(base, iterations, [(f"{n_weights(config):,} weights", config) for config in found])


def _activated(base: Plan, iterations: int) -> list[Named]:
    plain, activated = (replace(base.network, activate_logits=on) for on in (False, True))
    label = f"{base.network.activation} on the ten outputs"
    return _networks(base, iterations, [("outputs as they are", plain), (label, activated)])


def _unpooled(base: Plan, iterations: int) -> list[Named]:
    pooled, dense = _with_pooling(base.network), base.network.dense
    flattened = next(e for e in layers(replace(pooled, pooling="none", dense=())) if e.kind == "flatten").shape[0]
    while dense and flattened * dense[0] > MOST_WEIGHTS:
        dense = tuple(max(1, width // 2) for width in dense)
    pooled = replace(pooled, dense=dense)
    unpooled = replace(pooled, pooling="none")
    neurons = f", {listed(pooled.dense)} neurons" if pooled.dense != base.network.dense else ""
    variants = [(f"{pooled.pooling}-pooling{neurons}", pooled), (f"no pooling{neurons}", unpooled)]
    return _networks(base, iterations, variants)


def _strided(base: Plan, iterations: int) -> list[Named]:
    pooled = _with_pooling(base.network)
    doubled = tuple(replace(c, stride=2 * c.stride) for c in pooled.convolutions)
    strided = replace(pooled, convolutions=doubled, pooling="none")
    label = f"stride {listed(c.stride for c in doubled)}, no pooling"
    return _networks(base, iterations, [(f"{pooled.pooling}-pooling", pooled), (label, strided)])


def _with_pooling(config: NetworkConfig) -> NetworkConfig:
    return config if config.pooling != "none" else replace(config, pooling="max")


EXERCISES = (
    Exercise(
        1,
        "Run again with nothing changed: are the results the same, and where does the chance come from?",
        "The seed decides the initial weights, the order of the images and what dropout drops. Weights are compared "
        "to the bit; the run with another seed shows what chance alone does to the accuracy.",
        _again,
        conclusions.again,
    ),
    Exercise(
        2,
        "Does it get better when it trains for as long again?",
        "Each further iteration tends to bring less, and what is learnt by heart does not help with other digits. "
        "With a constant learning rate the longer run begins with the shorter one; with one that rises and falls it "
        "does not.",
        _longer,
        conclusions.compare,
    ),
    Exercise(
        3,
        "What does the learning rate do?",
        "Too small, and so many iterations do not take it far; too large, and its steps jump over what they look for.",
        _rates,
        conclusions.compare,
    ),
    Exercise(
        4,
        "What do the number of filters, their size and the number of neurons do?",
        "Look at the weights and the time beside the accuracy: most weights are in the first fully connected layer.",
        _sizes,
        conclusions.compare_with_times,
    ),
    Exercise(
        5,
        "What does dropout after the fully connected layer do?",
        "In training each value is dropped with a chance of one half and the others are doubled; in testing nothing is "
        "dropped. It holds back learning by heart, so a short run may gain nothing by it.",
        _dropout,
        conclusions.compare,
    ),
    Exercise(
        6,
        "Is it the same with ReLU and max-pooling swapped, which is faster, and does it hold for sigmoid and average?",
        "ReLU never turns a larger number into a smaller one, so the largest of four stays the largest: "
        "relu(max(x)) = max(relu(x)), with a quarter of the ReLUs. The sigmoid of a mean is not the mean of sigmoids.",
        _swapped,
        conclusions.swapped,
    ),
    Exercise(
        7,
        "Do one more convolution layer or one more fully connected layer help?",
        "With pooling the maps shrink from 28 to 14, 7 and 4 pixels a side; the Network page shows what is left.",
        _deeper,
        conclusions.compare_with_times,
    ),
    Exercise(
        8,
        "What is the smallest network that still works well?",
        "From one network to the next, a quarter of the filters and of the neurons. To choose one, look at the "
        "validation digits; the test digits then say how good the chosen one is.",
        _smaller,
        conclusions.smallest,
    ),
    Exercise(
        9,
        "What happens with the activation on the ten outputs too, and why?",
        "ReLU turns every output below 0 into 0: digits whose outputs are all 0 can no longer be told apart, "
        "and while an output is below 0 no gradient reaches its weights.",
        _activated,
        conclusions.compare,
    ),
    Exercise(
        10,
        "What happens to accuracy and training time without pooling?",
        "Without pooling the maps stay 28 pixels a side, so the first fully connected layer has many times the inputs. "
        "Where that makes too many weights, both runs have fewer neurons.",
        _unpooled,
        conclusions.compare_with_times,
    ),
    Exercise(
        11,
        "Is a stride of 2 as good as max-pooling?",
        "Both halve the side of the maps. The stride leaves three quarters of the places out before it computes them.",
        _strided,
        conclusions.compare_with_times,
    ),
    Exercise(
        12,
        "Can you write the program again without looking?",
        "Write your own first. Then compare: the layers in their order, the loss, the batches.",
        program=True,
    ),
    Exercise(
        13,
        "Can you explain to a friend how it works?",
        "Ask one another, answer, then look.",
        ask=(
            ("What does one kernel of the first layer look for, and how do its colours show it?", "Filters"),
            ("Why does the same kernel give a different map for another digit?", "Feature maps"),
            ("Where do most of the weights sit, and what does pooling do to their number?", "Network"),
            ("What does one iteration do with its batch, and what do the loss and the accuracy then do?", "Train"),
            ("Which digits are taken for one another, and what do the misread ones have in common?", "Mistakes"),
        ),
    ),
)
