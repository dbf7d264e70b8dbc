"""A sweep: a grid search over the values of some settings, every combination with several seeds."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.experiments.variations import PlannedRun
from cnnviz.network.config import layers
from cnnviz.network.presets import Plan

MAX_RUNS = 60


@dataclass(frozen=True)
class Setting:
    """A setting that can be varied.

    Attributes:
        parse: reads one value from text; raises ValueError when it cannot.
        apply: function of a plan and a value that gives the plan with this value, the same for every layer.
        example: values as a person would type them.
    """

    parse: Callable[[str], Any]
    apply: Callable[[Plan, Any], Plan]
    example: str


def _recipe(field: str) -> Callable[[Plan, Any], Plan]:
    return lambda plan, value: dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, **{field: value}))


def _network(field: str) -> Callable[[Plan, Any], Plan]:
    return lambda plan, value: dataclasses.replace(plan, network=dataclasses.replace(plan.network, **{field: value}))


def _convolutions(field: str) -> Callable[[Plan, Any], Plan]:
    def apply(plan: Plan, value: Any) -> Plan:
        _check_convolutions(plan)
        convolutions = tuple(dataclasses.replace(c, **{field: value}) for c in plan.network.convolutions)
        return _network("convolutions")(plan, convolutions)

    return apply


def _pooling(plan: Plan, value: Any) -> Plan:
    _check_convolutions(plan)
    return _network("pooling")(plan, value)


def _check_convolutions(plan: Plan) -> None:
    if not plan.network.convolutions:
        raise ValueError("Expected a network with convolution layers. This one has none.")


def _neurons(plan: Plan, value: Any) -> Plan:
    if not plan.network.dense:
        raise ValueError("Expected a network with fully connected layers before its outputs. This one has none.")
    return _network("dense")(plan, (value,) * len(plan.network.dense))


SETTINGS = {
    "learning rate": Setting(float, _recipe("learning_rate"), "0.0001, 0.001"),
    "batch": Setting(int, _recipe("batch_size"), "32, 64, 128"),
    "optimiser": Setting(str, _recipe("optimizer"), "adam, sgd"),
    "filters": Setting(int, _convolutions("filters"), "8, 16, 32"),
    "kernel size": Setting(int, _convolutions("kernel_px"), "3, 5, 7"),
    "neurons": Setting(int, _neurons, "32, 128"),
    "activation": Setting(str, _network("activation"), "relu, sigmoid, tanh"),
    "pooling": Setting(str, _pooling, "max, average, none"),
    "dropout": Setting(float, _network("dropout"), "0, 0.5"),
}
"""By the name that the page shows."""


def parse_values(name: str, text: str) -> list[Any]:
    """Read the values of a setting, separated by commas; repeated ones once.

    Raises:
        ValueError: when one cannot be read; the message names setting and value.
    """
    setting = SETTINGS[name]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError(f"{name}: expected values such as {setting.example}. Received none.")
    values = []
    for part in parts:
        try:
            values.append(setting.parse(part))
        except ValueError:
            raise ValueError(f"{name}: expected values such as {setting.example}. Received {part!r}.") from None
    return list(dict.fromkeys(values))


def plan_runs(base: Plan, grid: Mapping[str, Sequence[Any]], n_seeds: int) -> list[PlannedRun]:
    """A run for every combination of the values in the grid and every seed, from the base's seed on.

    Args:
        base: the plan whose settings are varied.
        grid: the values of each setting, by its name in `SETTINGS`.
        n_seeds: seeds of each combination.

    Raises:
        ValueError: when there are too many runs, or a combination is no network; the message says which.
    """
    n_runs = math.prod(map(len, grid.values())) * n_seeds
    if n_runs > MAX_RUNS:  # before any is made: there may be millions
        raise ValueError(f"Expected at most {MAX_RUNS} runs. These settings make {n_runs:,}.")
    planned = []
    for combination in itertools.product(*grid.values()):
        values = dict(zip(grid, combination, strict=True))
        label = ", ".join(f"{name} {value}" for name, value in values.items()) or "as it is"
        plan = base
        try:
            for name, value in values.items():
                plan = SETTINGS[name].apply(plan, value)
            layers(plan.network)
        except ValueError as error:
            raise ValueError(f"{label}: {error}") from None
        planned += [PlannedRun(label, dataclasses.replace(plan, seed=base.seed + i)) for i in range(n_seeds)]
    return planned
