"""Digits that are moved by one pixel, and how much that changes the maps."""

import numpy as np
import pytest

from cnnviz.analysis import shifts
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import layer_outputs, random_network, zero_weights


def test_what_is_moved_out_is_lost_and_paper_comes_in():
    image = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert shifts.shifted(image, 1, 0).tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert shifts.shifted(image, -1, 0).tolist() == [[4, 5, 6], [7, 8, 9], [0, 0, 0]]
    assert shifts.shifted(image, 0, 1).tolist() == [[0, 1, 2], [0, 4, 5], [0, 7, 8]]
    assert shifts.shifted(image, 0, -1).tolist() == [[2, 3, 0], [5, 6, 0], [8, 9, 0]]


def test_the_change_of_one_pixel_that_moves_is_the_root_of_two():
    """An identity without pooling: one number goes, another one comes, each as large as the map itself."""
    config = NetworkConfig((Convolution(1, 3),), (), pooling="none")
    weights = zero_weights(config)
    weights["conv1/kernel"][1, 1] = 1
    image = np.zeros((28, 28), np.float32)
    image[10, 10] = 1
    assert shifts.relative_changes(Network(config, weights), image) == {"conv1_relu": pytest.approx(2**0.5)}


def test_max_pooling_forgets_half_of_the_moves():
    """A pixel that stays in its window of 2×2 changes nothing: two of the four moves here."""
    config = NetworkConfig((Convolution(1, 3),), ())
    weights = zero_weights(config)
    weights["conv1/kernel"][1, 1] = 1
    image = np.zeros((28, 28), np.float32)
    image[10, 10] = 1
    (change,) = shifts.relative_changes(Network(config, weights), image).values()
    assert change == pytest.approx(2**0.5 / 2)


def test_the_changes_are_those_of_each_block(rng):
    config = NetworkConfig((Convolution(3), Convolution(4)), (8,))
    network = random_network(config)
    image = np.zeros((28, 28), np.float32)
    image[6:22, 6:22] = rng.random((16, 16), np.float32)
    found = shifts.relative_changes(network, image)
    moves = [shifts.shifted(image, *shift) for shift in shifts.SHIFTS]
    names = ("conv1_relu", "conv2_relu") if "conv1_relu" in found else ("conv1_pool", "conv2_pool")
    assert tuple(found) == names
    for name in names:
        still = layer_outputs(network, image[..., None])[name]
        moved = [layer_outputs(network, move[..., None])[name] for move in moves]
        expected = np.mean([np.sqrt(((each - still) ** 2).sum() / (still**2).sum()) for each in moved])
        assert found[name] == pytest.approx(expected, rel=1e-4)


def test_nothing_is_said_of_maps_that_are_zero_or_not_there():
    config = NetworkConfig((Convolution(2),), ())
    assert shifts.relative_changes(Network(config, zero_weights(config)), np.ones((28, 28), np.float32)) == {}
    bare = NetworkConfig((), (8,))
    assert shifts.relative_changes(random_network(bare), np.ones((28, 28), np.float32)) == {}
