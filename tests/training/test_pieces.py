"""What a worker computes of a run: its checks, on small random images."""

import dataclasses

import numpy as np
import pytest

from cnnviz.analysis import inspection
from cnnviz.data.dataset import Dataset
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.network.weights import Network
from cnnviz.training import pieces


@pytest.fixture
def begun(tiny):
    """A run before its first step, and 500 digits."""
    rng = np.random.default_rng(0)
    images = rng.random((500, 28, 28, 1), np.float32)
    plan = Plan(tiny, PRESETS["hvass"].recipe)
    return pieces.begin(plan)[0], Dataset(images, rng.integers(0, 10, 500), "random")


def test_the_check_at_the_end_finds_the_least_energy(begun):
    state, digits = begun
    found = pieces.check(state, digits)
    logits = inspection.activations(Network(state.network, state.weights), digits.images)["logits"]
    energies = np.sort(np.log(np.exp(logits.astype(np.float64)).sum(axis=1)))
    assert found.least_energy == pytest.approx(energies[2] + 0.495 * (energies[3] - energies[2]), rel=1e-5)
    assert (found.n, found.n_test) == (500, 0)


def test_a_check_on_the_way_and_one_of_too_few_digits_find_none(begun):
    state, digits = begun
    assert pieces.check(state, digits, digits).least_energy is None
    few = dataclasses.replace(digits, images=digits.images[:199], labels=digits.labels[:199])
    assert pieces.check(state, few).least_energy is None
