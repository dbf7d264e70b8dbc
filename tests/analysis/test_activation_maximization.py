"""Gradient ascent on filters and neurons whose preferred input is known by construction."""

import numpy as np
import pytest

from cnnviz.analysis import activation_maximization, inspection
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import random_network, zero_weights

LINEAR = NetworkConfig((), ())
SMOOTH = NetworkConfig((Convolution(3, 5, 2), Convolution(2, 4)), (6,), "sigmoid", "average", dropout=0.5)


def looking_up_left():
    """Filter 0 sees the pixel above and left of it twice as strong, filter 1 its negative; filter 2 is dead."""
    config = NetworkConfig((Convolution(3, 3),), ())
    weights = zero_weights(config)
    weights["conv1/kernel"][0, 0, 0] = 2, -1, 0
    return Network(config, weights)


def test_ink_grows_where_the_kernel_is_positive():
    preferred = activation_maximization.maximize_activation(looking_up_left(), "conv1", 0)
    assert (preferred.image.shape, preferred.image.dtype) == ((28, 28), np.float32)
    assert preferred.image.min() >= 0
    assert preferred.image[13, 13] == preferred.image.max() > 0.95  # the middle of the map is (14, 14)
    assert preferred.image[:10].max() < 0.05
    assert preferred.before < 0.2 < preferred.after == pytest.approx(2 * preferred.image[13, 13])


def test_ink_goes_away_where_the_kernel_is_negative():
    preferred = activation_maximization.maximize_activation(looking_up_left(), "conv1", 1)
    assert preferred.image[13, 13] == 0
    assert preferred.after == 0


def test_a_digit_with_positive_weights_on_one_half_gets_ink_there():
    weights = zero_weights(LINEAR)
    weights["logits/kernel"].reshape(28, 28, 10)[:14, :, 6] = 1
    weights["logits/kernel"].reshape(28, 28, 10)[14:, :, 6] = -1
    preferred = activation_maximization.maximize_activation(Network(LINEAR, weights), "logits", 6)
    assert preferred.image[:13].min() > 0.9
    assert preferred.image[15:].max() == 0


def test_the_value_reached_is_the_one_the_network_gives():
    network = random_network(SMOOTH)
    preferred = activation_maximization.maximize_activation(network, "conv2", 1, seed=3, n_updates=30)
    feature_map = inspection.activations(network, preferred.image[None, :, :, None])["conv2"][0, :, :, 1]
    assert preferred.after == pytest.approx(feature_map[feature_map.shape[0] // 2, feature_map.shape[1] // 2], abs=1e-5)
    assert preferred.after > preferred.before


def test_the_same_seed_gives_the_same_image():
    network = random_network(SMOOTH)
    images = [activation_maximization.maximize_activation(network, "conv2", 0, seed, 20).image for seed in (1, 1, 2)]
    assert images[0] == pytest.approx(images[1], abs=1e-6)
    assert np.abs(images[0] - images[2]).max() > 1e-3


def test_for_a_dead_filter_the_noise_fades_away():
    preferred = activation_maximization.maximize_activation(looking_up_left(), "conv1", 2, 0, 300)
    assert (preferred.before, preferred.after) == (0, 0)
    assert preferred.image.max() < 0.001


def test_without_updates_the_noise_is_left():
    preferred = activation_maximization.maximize_activation(looking_up_left(), "conv1", 0, 0, 0)
    assert preferred.before == preferred.after
    assert 0.05 < preferred.image.max() <= activation_maximization.INITIAL_INK


@pytest.mark.parametrize(("layer", "filter_"), [("conv1_relu", 0), ("flatten", 0), ("conv1", 3), ("conv1", -1)])
def test_layers_without_weights_and_filters_that_do_not_exist_are_refused(layer, filter_):
    with pytest.raises(ValueError, match=r"convolution or fully connected layer|a filter in 0\.\.2"):
        activation_maximization.maximize_activation(looking_up_left(), layer, filter_)
