"""The loss of a plan's first batch, before any step, for several seeds."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.data.dataset import Dataset
from cnnviz.network.presets import Plan
from cnnviz.training import advance


def first_losses(plan: Plan, digits: Dataset, n_seeds: int) -> list[float]:
    """One loss a seed, from the plan's own on; needs TensorFlow.

    Args:
        plan: network and recipe; the loss is the recipe's, of one batch.
        digits: what the batches are taken of.
        n_seeds: how many.
    """
    recipe = replace(plan.recipe, augment=False)
    states = [advance.start(plan.network, recipe, plan.seed + i) for i in range(n_seeds)]
    return [float(advance.advance(state, digits, 1).losses[0]) for state in states]
