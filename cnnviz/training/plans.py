"""Which plans can be trained: one place for the pages and the command line."""

from __future__ import annotations

import dataclasses
from typing import Any

from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.presets import Plan, Recipe

MAX_SEED = 2**31 - 1


def make_plan(network: NetworkConfig, recipe: Recipe, seed: int = 0, **changes: Any) -> Plan:
    """A plan that can be trained.

    Args:
        network, recipe: what to train and how.
        seed: 0 to MAX_SEED.
        changes: fields of the recipe that are to have other values.

    Raises:
        ValueError: when there can be no such network, recipe or seed; the message is one sentence that says why.
    """
    layers(network)
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"Expected a seed of 0 to {MAX_SEED}. Received {seed}.")
    return Plan(network, dataclasses.replace(recipe, **changes), seed)
