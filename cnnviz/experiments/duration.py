"""How long runs will take, told before they begin: from seconds per iteration that were measured, and by arithmetic."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from cnnviz.network.config import NetworkConfig, layers, n_weights
from cnnviz.network.presets import Plan

COST_OF_A_WEIGHT = 500
"""Multiplications that take about as long as the optimiser takes for one weight: it reads and writes four arrays."""
COST_OF_A_STEP = 15_000_000
"""Multiplications that take about as long as what is done once a step, however small the network."""
TRAINING_TO_READING = 3
"""An image that is learnt from takes about as long as three that are only read: there and back, with two products."""
COMPILE_S, RUN_S = 2.0, 2.0
"""Before its first step each network and recipe is compiled; each run's arrays travel to a worker and to disk."""
N_RECENT = 5
"""Of equally near plans as many, the latest, are asked: other work on the machine changes such times."""

Measured = tuple[Plan, float]
"""A plan, and the seconds that one of its iterations took."""


def multiplications(config: NetworkConfig) -> int:
    """How many products of a weight and a value one image needs on its way through the network."""
    n = 0
    for layer in layers(config):
        places = math.prod(layer.shape[:2]) if layer.kind == "convolution" else 1
        n += places * math.prod(layer.kernel_shape) if layer.kernel_shape else 0
    return n


def step_cost(plan: Plan) -> float:
    """What one iteration of a plan costs, in multiplications of training."""
    n = plan.recipe.batch_size * multiplications(plan.network)
    return n + COST_OF_A_WEIGHT * n_weights(plan.network) + COST_OF_A_STEP


def seconds(plans: Sequence[Plan], measured: Sequence[Measured], n_read: int) -> float:
    """How long runs take, one after another.

    Args:
        plans: of the runs.
        measured: at least one, the latest first; the time of that plan whose iteration costs most nearly the same is
            taken, in proportion.
        n_read: digits that a run reads without learning from them, on the way and at its end.
    """
    compiled = {(plan.network, plan.recipe) for plan in plans}
    return COMPILE_S * len(compiled) + RUN_S * len(plans) + sum(_seconds(plan, measured, n_read) for plan in plans)


def _seconds(plan: Plan, measured: Sequence[Measured], n_read: int) -> float:
    cost = step_cost(plan)
    nearest = min((step_cost(other) for other, _ in measured), key=lambda other: abs(math.log(cost / other)))
    step_s = statistics.median([taken for other, taken in measured if step_cost(other) == nearest][:N_RECENT])
    reading = n_read * multiplications(plan.network) / TRAINING_TO_READING
    return step_s * (plan.recipe.iterations * cost + reading) / nearest
