"""A sweep: every combination of several values of several settings, each with several seeds."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnnviz.experiments.exercises import Named
from cnnviz.network.config import layers
from cnnviz.network.presets import Plan

MAX_RUNS = 60


def _recipe(field: str) -> Callable[[Plan, Any], Plan]:
    return lambda plan, value: dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, **{field: value}))


def _network(field: str) -> Callable[[Plan, Any], Plan]:
    return lambda plan, value: dataclasses.replace(plan, network=dataclasses.replace(plan.network, **{field: value}))


def _convolutions(field: str) -> Callable[[Plan, Any], Plan]:
    def change(plan: Plan, value: Any) -> Plan:
        changed = tuple(dataclasses.replace(c, **{field: value}) for c in plan.network.convolutions)
        return _network("convolutions")(plan, changed)

    return change


def _neurons(plan: Plan, value: Any) -> Plan:
    return _network("dense")(plan, (value,) * len(plan.network.dense))


SETTINGS: dict[str, tuple[Callable[[str], Any], Callable[[Plan, Any], Plan], str]] = {
    "learning rate": (float, _recipe("learning_rate"), "0.0001, 0.001"),
    "batch": (int, _recipe("batch_size"), "32, 64, 128"),
    "optimiser": (str, _recipe("optimizer"), "adam, sgd"),
    "filters": (int, _convolutions("filters"), "8, 16, 32"),
    "kernel size": (int, _convolutions("kernel_px"), "3, 5, 7"),
    "neurons": (int, _neurons, "32, 128"),
    "activation": (str, _network("activation"), "relu, sigmoid, tanh"),
    "pooling": (str, _network("pooling"), "max, average, none"),
    "dropout": (float, _network("dropout"), "0, 0.5"),
}
"""By name: how a value is read, how it changes a plan, and an example; the same value for every layer."""


def values(setting: str, text: str) -> list[Any]:
    """Read the values of a setting, separated by commas.

    Raises:
        ValueError: when one cannot be read; the message names setting and value.
    """
    read, _, example = SETTINGS[setting]
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise ValueError(f"{setting}: expected values such as {example}. Received none.")
    found = []
    for word in words:
        try:
            found.append(read(word))
        except ValueError:
            raise ValueError(f"{setting}: expected values such as {example}. Received {word!r}.") from None
    return list(dict.fromkeys(found))


def plans(base: Plan, chosen: Mapping[str, Sequence[Any]], n_seeds: int) -> list[Named]:
    """Every combination of the chosen values with every seed, from the base's seed on.

    Raises:
        ValueError: when there are too many runs, or a combination is no network; the message says which.
    """
    n_runs = math.prod(map(len, chosen.values())) * n_seeds
    if n_runs > MAX_RUNS:  # before any is made: there may be millions
        raise ValueError(f"Expected at most {MAX_RUNS} runs. These settings make {n_runs:,}.")
    found = []
    for combination in itertools.product(*chosen.values()):
        label = (
            ", ".join(f"{setting} {value}" for setting, value in zip(chosen, combination, strict=True)) or "as it is"
        )
        plan = base
        try:
            for setting, value in zip(chosen, combination, strict=True):
                plan = SETTINGS[setting][1](plan, value)
            layers(plan.network)
        except ValueError as error:
            raise ValueError(f"{label}: {error}") from None
        found += [Named(label, dataclasses.replace(plan, seed=base.seed + i)) for i in range(n_seeds)]
    return found
