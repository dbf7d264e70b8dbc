"""The runs of each exercise: a function of a base plan and a number of iterations, the baseline first.

Each varies one thing and leaves the rest of the plan as it is. All raise ValueError, with the layer's name, when a
variant is no network, and where the network has not what is to be varied.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnviz.analysis import pooling_order, weight_sharing
from cnnviz.experiments.plan_text import comma_separated, decimal
from cnnviz.experiments.statistics import MIN_SEEDS, seeds_needed
from cnnviz.network.config import Convolution, NetworkConfig, layers, n_weights
from cnnviz.network.presets import Plan, Recipe

LEARNING_RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
SHRINKING = (1, 4, 16)
"""The search for a small network divides filters by each of these, and neurons by each of these."""
MAX_MISS = 0.01
"""Networks with as many weights as another differ from it by no larger share."""
MAX_DENSE_WEIGHTS = 10_000_000
"""Of the first fully connected layer in an exercise: without pooling that of `deep-mnist` would have 51 million."""


@dataclass(frozen=True)
class PlannedRun:
    """A training run that an experiment consists of.

    Attributes:
        label: the setting, e.g. "learning rate 0.001"; runs that differ only in their seed share it.
        plan: what is trained, and how.
    """

    label: str
    plan: Plan


def repeated(base: Plan, iterations: int) -> list[PlannedRun]:
    """The base plan twice, and with other seeds."""
    plan = replace(base, recipe=replace(base.recipe, iterations=iterations))
    others = [replace(plan, seed=plan.seed + i) for i in range(1, MIN_SEEDS)]
    return [
        PlannedRun("the first run", plan),
        PlannedRun("the same again", plan),
        *(PlannedRun("another seed", other) for other in others),
    ]


def longer_training(base: Plan, iterations: int) -> list[PlannedRun]:
    """So many iterations, and twice as many."""
    recipes = [replace(base.recipe, iterations=n) for n in (iterations, 2 * iterations)]
    return _vary(base, [(f"{recipe.iterations:,} training steps", base.network, recipe) for recipe in recipes])


def learning_rates(base: Plan, iterations: int) -> list[PlannedRun]:
    """The base's learning rate, and others from too small to too large."""
    rates = dict.fromkeys([base.recipe.learning_rate, *LEARNING_RATES])
    recipes = [replace(base.recipe, learning_rate=rate, iterations=iterations) for rate in rates]
    variants = [(f"learning rate {decimal(recipe.learning_rate)}", base.network, recipe) for recipe in recipes]
    return _vary(base, variants)


def weights_shared_and_not(base: Plan, iterations: int) -> list[PlannedRun]:
    """Fully connected layers with as many weights as the base; no hidden layer; the base, whose kernels are shared.

    Raises:
        ValueError: when the base has no convolution, or so few weights that there is no such network.
    """
    config = _with_convolutions(base.network)
    dense, linear = weight_sharing.dense_like(config), replace(config, convolutions=(), dense=(), dropout=0.0)
    n = n_weights(config)
    if abs(n_weights(dense) - n) > MAX_MISS * n:
        raise ValueError(f"Expected a network that fully connected layers can equal in weights. This one has {n:,}.")
    variants = [("fully connected", dense), ("no hidden layer", linear), ("convolutions", config)]
    return _vary_network(
        base, iterations, [(f"{label}, {n_weights(each):,} weights", each) for label, each in variants]
    )


def layer_sizes(base: Plan, iterations: int) -> list[PlannedRun]:
    """Half and twice the filters, smaller and larger kernels, half and twice the neurons."""
    config = base.network
    if not (config.convolutions or config.dense):
        raise ValueError("Expected a network with layers of some size. This one has no hidden layer.")
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


def dropout(base: Plan, iterations: int) -> list[PlannedRun]:
    """Without dropout, and with a rate of one half."""
    without, with_dropout = (replace(base.network, dropout=rate) for rate in (0.0, 0.5))
    return _vary_network(base, iterations, [("no dropout", without), ("dropout of 50 %", with_dropout)])


def pooling_orders(base: Plan, iterations: int) -> list[PlannedRun]:
    """Activation before and after pooling, for ReLU and sigmoid, each with max- and with average-pooling."""
    variants = []
    for config in pooling_order.four(_with_convolutions(base.network)):
        activation, pooling = config.activation, config.pooling
        variants.append((f"{activation}, then {pooling}-pooling", replace(config, pool_first=False)))
        variants.append((f"{pooling}-pooling, then {activation}", replace(config, pool_first=True)))
    recipe = replace(base.recipe, iterations=iterations)
    in_pairs = len(variants) // 2  # the two orders of each are compared with one another alone
    return _vary(base, [(label, config, recipe) for label, config in variants], n_comparisons=in_pairs)


def deeper_networks(base: Plan, iterations: int) -> list[PlannedRun]:
    """One more convolution layer, and one more fully connected layer."""
    config = base.network
    last = config.convolutions[-1] if config.convolutions else Convolution(16)
    # stride 1 whatever that of the last layer is, so that only the pooling shrinks the maps once more
    convolution = replace(config, convolutions=(*config.convolutions, replace(last, stride=1)))
    dense = replace(config, dense=(*config.dense, config.dense[-1] if config.dense else 128))
    deeper = [("one more convolution layer", convolution), ("one more fully connected layer", dense)]
    return _vary_network(base, iterations, [("as it is", config), *deeper])


def smaller_networks(base: Plan, iterations: int) -> list[PlannedRun]:
    """All, a quarter, and a sixteenth of the filters, each with all, a quarter, and a sixteenth of the neurons."""
    config, variants = base.network, []
    if not (config.convolutions or config.dense):
        raise ValueError("Expected a network that can be made smaller. This one has no hidden layer.")
    for by, dense_by in itertools.product(SHRINKING, SHRINKING):
        convolutions = tuple(replace(c, filters=max(1, c.filters // by)) for c in config.convolutions)
        dense = tuple(max(1, width // dense_by) for width in config.dense)
        filters = [f"{comma_separated(c.filters for c in convolutions)} filters"] if convolutions else []
        neurons = [f"{comma_separated(dense)} neurons"] if dense else []
        variants.append((", ".join([*filters, *neurons]), replace(config, convolutions=convolutions, dense=dense)))
    return _vary_network(base, iterations, variants)


def activated_logits(base: Plan, iterations: int) -> list[PlannedRun]:
    """Without and with the activation on the ten outputs."""
    linear, activated = (replace(base.network, activate_logits=on) for on in (False, True))
    label = f"{base.network.activation} on the ten outputs"
    return _vary_network(base, iterations, [("outputs as they are", linear), (label, activated)])


def without_pooling(base: Plan, iterations: int) -> list[PlannedRun]:
    """With and without pooling; with fewer neurons in both where there would be too many weights."""
    pooled, dense = _with_pooling(_with_convolutions(base.network)), base.network.dense
    flatten = next(e for e in layers(replace(pooled, pooling="none", dense=())) if e.kind == "flatten")
    while dense and flatten.shape[0] * dense[0] > MAX_DENSE_WEIGHTS:
        dense = tuple(max(1, width // 2) for width in dense)
    pooled = replace(pooled, dense=dense)  # both runs get fewer neurons, so that pooling alone sets them apart
    unpooled = replace(pooled, pooling="none")
    neurons = f", {comma_separated(pooled.dense)} neurons" if pooled.dense != base.network.dense else ""
    variants = [(f"{pooled.pooling}-pooling{neurons}", pooled), (f"no pooling{neurons}", unpooled)]
    return _vary_network(base, iterations, variants)


def strided_convolutions(base: Plan, iterations: int) -> list[PlannedRun]:
    """Pooling, and twice the stride instead of it."""
    pooled = _with_pooling(_with_convolutions(base.network))
    doubled = tuple(replace(c, stride=2 * c.stride) for c in pooled.convolutions)
    strided = replace(pooled, convolutions=doubled, pooling="none")
    label = f"stride {comma_separated(c.stride for c in doubled)}, no pooling"
    return _vary_network(base, iterations, [(f"{pooled.pooling}-pooling", pooled), (label, strided)])


def _vary(
    base: Plan, variants: Sequence[tuple[str, NetworkConfig, Recipe]], n_comparisons: int | None = None
) -> list[PlannedRun]:
    """A run for every variant (label, network, recipe) and every seed; equal plans once, under their first label.

    Comparisons are those of the first variant with each of the others, where nothing else is said.
    """
    n_settings = len({(network, recipe) for _, network, recipe in variants})
    seeds = range(base.seed, base.seed + seeds_needed(n_settings - 1 if n_comparisons is None else n_comparisons))
    planned: dict[Plan, PlannedRun] = {}
    for label, network, recipe in variants:
        layers(network)  # raises for a network that cannot be built, before anything is trained
        for seed in seeds:
            plan = Plan(network, recipe, seed)
            planned.setdefault(plan, PlannedRun(label, plan))
    return list(planned.values())


def _vary_network(base: Plan, iterations: int, variants: Sequence[tuple[str, NetworkConfig]]) -> list[PlannedRun]:
    recipe = replace(base.recipe, iterations=iterations)
    return _vary(base, [(label, network, recipe) for label, network in variants])


def _with_convolutions(config: NetworkConfig) -> NetworkConfig:
    """The network, if there is something to convolve in it."""
    if not config.convolutions:
        raise ValueError("Expected a network with convolution layers. This one has none.")
    return config


def _with_pooling(config: NetworkConfig) -> NetworkConfig:
    return config if config.pooling != "none" else replace(config, pooling="max")
