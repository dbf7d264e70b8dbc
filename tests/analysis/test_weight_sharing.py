"""Weights of convolutions beside those of layers that share none, counted by hand."""

import pytest

from cnnviz.analysis import weight_sharing
from cnnviz.analysis.weight_sharing import Sharing
from cnnviz.network.config import Convolution, NetworkConfig, n_weights
from cnnviz.network.presets import PRESETS

HVASS = PRESETS["hvass"].network


def test_unshared_kernels_are_counted_place_by_place():
    config = NetworkConfig((Convolution(2, 3, 2), Convolution(3, 5)), (), pooling="none")
    assert weight_sharing.weight_sharing(config) == (
        Sharing("conv1", 14 * 14, 2 * 10, 14 * 14 * 20, 785 * 14 * 14 * 2),
        Sharing("conv2", 14 * 14, 3 * 51, 14 * 14 * 153, (14 * 14 * 2 + 1) * 14 * 14 * 3),
    )
    assert weight_sharing.unshared_weights(config) == n_weights(config) + 195 * (20 + 153)


def test_without_convolutions_nothing_is_shared():
    for name in ("linear", "dense"):
        config = PRESETS[name].network
        assert weight_sharing.weight_sharing(config) == ()
        assert weight_sharing.unshared_weights(config) == n_weights(config)


def test_the_presets_have_the_weights_that_they_are_named_for():
    assert n_weights(PRESETS["linear"].network) == 784 * 10 + 10 == 7850
    assert n_weights(PRESETS["dense"].network) == 785 * 266 + 267 * 120 + 121 * 10 == 242_060
    assert n_weights(HVASS) == 242_062
    assert weight_sharing.dense_like(HVASS).dense == PRESETS["dense"].network.dense


@pytest.mark.parametrize("filters", [2, 8, 64])
def test_the_nearest_network_is_near(filters):
    config = NetworkConfig((Convolution(filters), Convolution(filters)), (64,))
    dense = weight_sharing.dense_like(config)
    assert dense.dense[0] >= dense.dense[1]
    assert abs(n_weights(dense) - n_weights(config)) <= 0.01 * n_weights(config)
