"""Which runs a tutorial's figures may stand beside."""

import dataclasses

import pytest

from cnnviz.experiments import reported
from cnnviz.network.presets import PRESETS, Plan


@pytest.mark.parametrize("name", reported.REPORTED)
def test_a_run_of_a_tutorials_recipe_is_known_at_any_length_and_seed(name):
    preset = PRESETS[name]
    longer = dataclasses.replace(preset.recipe, iterations=123)
    assert reported.preset_of(Plan(preset.network, longer, 3)) == name


@pytest.mark.parametrize("name", ["fast", "robust"])
def test_the_same_network_with_another_recipe_is_not(name):
    assert reported.preset_of(Plan(PRESETS[name].network, PRESETS[name].recipe)) == ""


def test_nor_is_another_network_or_learning_rate():
    hvass, low_level = PRESETS["hvass"], PRESETS["low-level"]
    assert reported.preset_of(Plan(low_level.network, hvass.recipe)) == ""
    assert reported.preset_of(Plan(hvass.network, dataclasses.replace(hvass.recipe, learning_rate=1e-3))) == ""


def test_every_figure_is_a_share_at_an_iteration_of_its_recipe():
    for name, sources in reported.REPORTED.items():
        for source in sources:
            for figures in (source.test, source.training):
                assert all(0 < share < 1 for share in figures.values())
                assert all(0 <= at <= PRESETS[name].recipe.iterations for at in figures)
