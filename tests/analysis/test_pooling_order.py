"""Both orders of pooling and activation: when they commute, and when they do not."""

import dataclasses

import numpy as np
import pytest

from cnnviz.analysis import pooling_order
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.weights import Network
from networks import zero_weights


def initialised(config, seed=1):
    names = list(weight_shapes(config))
    return Network(config, dict(zip(names, build(config, seed).get_weights(), strict=True)))


def compared(config, images):
    return pooling_order.compare_orders(initialised(config), images)


@pytest.mark.parametrize("first", [True, False])
def test_relu_and_max_pooling_commute_to_the_bit(tiny, bundled, first):
    found = compared(dataclasses.replace(tiny, pool_first=first), bundled.images[:50])
    assert found.equal_bits
    assert found.commutes
    assert found.differences.tolist() == [0.0] * 50
    assert not found.other_answers.any()


def test_sigmoid_and_max_pooling_commute_up_to_rounding(tiny, bundled):
    found = compared(dataclasses.replace(tiny, activation="sigmoid"), bundled.images[:50])
    assert found.commutes
    assert found.differences.max() < 1e-6


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_with_the_mean_neither_commutes(tiny, bundled, activation):
    found = compared(dataclasses.replace(tiny, activation=activation, pooling="average"), bundled.images[:50])
    assert not found.equal_bits
    assert not found.commutes
    assert found.differences.max() > 1e-3


@pytest.mark.parametrize(
    ("activation", "difference"),
    [
        ("relu", 0.5),  # relu(mean(-1, -1, 1, 1)) = 0, mean(relu(-1), relu(-1), relu(1), relu(1)) = 0.5
        ("sigmoid", 0.0),  # sigmoid(-1) + sigmoid(1) = 1: odd around 0, so here it makes no difference
    ],
)
def test_the_difference_is_that_of_a_window_by_hand(activation, difference):
    """A kernel of one weight makes -1 of paper and 1 of ink; half of each window is ink."""
    config = NetworkConfig((Convolution(1, 1),), (), activation, "average")
    weights = zero_weights(config)
    weights["conv1/kernel"][:], weights["conv1/bias"][:] = 2.0, -1.0
    image = np.zeros((1, 28, 28, 1), np.float32)
    image[:, ::2] = 1
    found = pooling_order.compare_orders(Network(config, weights), image)
    assert found.differences == pytest.approx([difference], abs=1e-6)
    assert found.commutes == (difference == 0)


def test_the_table_has_each_activation_with_each_pooling(tiny):
    found = [(config.activation, config.pooling) for config in pooling_order.four(tiny)]
    assert found == [("relu", "max"), ("relu", "average"), ("sigmoid", "max"), ("sigmoid", "average")]
    assert {dataclasses.replace(each, activation="relu", pooling="max") for each in pooling_order.four(tiny)} == {tiny}


def test_a_network_without_pooling_is_refused(tiny, bundled):
    with pytest.raises(ValueError, match="pooling"):
        compared(dataclasses.replace(tiny, pooling="none"), bundled.images[:2])
