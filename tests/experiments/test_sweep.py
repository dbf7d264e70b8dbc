"""Sweeps: every combination once, values read as their setting needs them, what cannot be is refused by name."""

import pytest

from cnnviz.experiments import sweep
from cnnviz.network.presets import PRESETS, Plan

BASE = Plan(PRESETS["hvass"].network, PRESETS["hvass"].recipe, seed=3)


def test_every_combination_with_every_seed():
    planned = sweep.plan_runs(BASE, {"learning rate": [1e-4, 1e-3], "filters": [4]}, n_seeds=2)
    assert [(run.label, run.plan.seed) for run in planned] == [
        ("learning rate 0.0001, filters 4", 3),
        ("learning rate 0.0001, filters 4", 4),
        ("learning rate 0.001, filters 4", 3),
        ("learning rate 0.001, filters 4", 4),
    ]
    assert [run.plan.recipe.learning_rate for run in planned] == [1e-4, 1e-4, 1e-3, 1e-3]
    assert all([c.filters for c in run.plan.network.convolutions] == [4, 4] for run in planned)


def test_nothing_chosen_is_the_base_with_its_seeds():
    assert [(run.label, run.plan) for run in sweep.plan_runs(BASE, {}, 1)] == [("as it is", BASE)]


def test_values_are_read_and_repeated_ones_left_out():
    assert sweep.parse_values("learning rate", "1e-4, 0.001 ,1e-3") == [1e-4, 1e-3]
    assert sweep.parse_values("pooling", "max,none") == ["max", "none"]
    assert sweep.parse_values("batch", "32") == [32]


@pytest.mark.parametrize("setting", sweep.SETTINGS)
def test_every_example_makes_valid_plans(setting):
    example = sweep.SETTINGS[setting].example
    planned = sweep.plan_runs(BASE, {setting: sweep.parse_values(setting, example)}, 1)
    assert len({run.plan for run in planned}) == len(example.split(","))


@pytest.mark.parametrize(
    ("setting", "text", "message"),
    [("batch", "many", "Received 'many'"), ("dropout", " , ", "Received none"), ("batch", "3.5", "batch: expected")],
)
def test_values_that_cannot_be_read_are_named(setting, text, message):
    with pytest.raises(ValueError, match=message):
        sweep.parse_values(setting, text)


@pytest.mark.parametrize("setting", ["filters", "kernel size", "neurons", "pooling"])
def test_a_setting_of_layers_that_are_not_there_is_refused(setting):
    base = Plan(PRESETS["linear"].network, PRESETS["linear"].recipe)
    with pytest.raises(ValueError, match=f"{setting} .*: Expected a network with .* layers.* This one has none"):
        sweep.plan_runs(base, {setting: sweep.parse_values(setting, sweep.SETTINGS[setting].example)}, 1)


def test_a_combination_that_is_no_network_is_named():
    with pytest.raises(ValueError, match=r"pooling sideways: Expected pooling to be one of"):
        sweep.plan_runs(BASE, {"pooling": ["max", "sideways"]}, 1)
    with pytest.raises(ValueError, match=r"at most 60 runs\. These settings make 70"):
        sweep.plan_runs(BASE, {"batch": list(range(1, 8))}, 10)
    with pytest.raises(ValueError, match=r"These settings make 10,000,000,000\."):  # refused before they are made
        sweep.plan_runs(BASE, {setting: list(range(100)) for setting in ("batch", "seed", "a", "b", "c")}, 1)
