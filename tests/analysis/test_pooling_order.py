"""Both orders of pooling and activation: when they commute, and when they do not."""

import dataclasses

import pytest

from cnnviz.analysis import pooling_order
from cnnviz.network.config import weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.weights import Network


def initialised(config, seed=1):
    names = list(weight_shapes(config))
    return Network(config, dict(zip(names, build(config, seed).get_weights(), strict=True)))


@pytest.mark.parametrize("first", [True, False])
def test_relu_and_max_pooling_commute_to_the_bit(tiny, bundled, first):
    comparison = pooling_order.compare_orders(
        initialised(dataclasses.replace(tiny, pool_first=first)), bundled.images[:50], 3
    )
    assert comparison.equal_bits
    assert comparison.largest_difference == 0
    assert min(comparison.pool_first_s, comparison.activation_first_s) > 0
    assert comparison.sentence().startswith(
        "The same numbers in both orders, to the bit. One pass over 50 images took "
    )


def test_sigmoid_and_average_pooling_do_not_commute(tiny, bundled):
    """By hand: sigmoid(mean(0, 4)) = 0.8808, mean(sigmoid(0), sigmoid(4)) = 0.7410."""
    config = dataclasses.replace(tiny, activation="sigmoid", pooling="average")
    comparison = pooling_order.compare_orders(initialised(config), bundled.images[:50], 1)
    assert not comparison.equal_bits
    assert comparison.largest_difference > 1e-3
    assert comparison.sentence().startswith("Not the same numbers: they differ by up to 0.")


def test_sigmoid_and_max_pooling_commute_up_to_rounding(tiny, bundled):
    comparison = pooling_order.compare_orders(
        initialised(dataclasses.replace(tiny, activation="sigmoid")), bundled.images[:50], 1
    )
    assert comparison.largest_difference < 1e-6


def test_relu_and_average_pooling_do_not_commute(tiny, bundled):
    """By hand: relu(mean(-1, 1)) = 0, mean(relu(-1), relu(1)) = 0.5."""
    comparison = pooling_order.compare_orders(
        initialised(dataclasses.replace(tiny, pooling="average")), bundled.images[:50], 1
    )
    assert comparison.largest_difference > 1e-3


def test_a_network_without_pooling_is_refused(tiny, bundled):
    with pytest.raises(ValueError, match="pooling"):
        pooling_order.compare_orders(initialised(dataclasses.replace(tiny, pooling="none")), bundled.images[:2])
