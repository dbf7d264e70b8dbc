"""Paths of largest contributions, on networks whose paths are known by construction."""

import itertools

import numpy as np
import pytest

from cnnviz.analysis import arithmetic, contribution_path, receptive_field
from cnnviz.network.config import Convolution, NetworkConfig, layers
from cnnviz.network.weights import Network
from networks import layer_outputs, random_network, zero_weights

ONE = NetworkConfig((Convolution(1, 3), Convolution(2, 3)), ())


def lone_pixel():
    """A network that looks one pixel up and to the left, twice, and an image with ink at (10, 12) and (20, 5)."""
    weights = zero_weights(ONE)
    weights["conv1/kernel"][0, 0, 0, 0] = 2
    weights["conv2/kernel"][0, 0, 0, 1] = 3
    weights["logits/kernel"][1::2, 7] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 12], image[20, 5] = 0.5, 0.25
    network = Network(ONE, weights)
    return network, layer_outputs(network, image)


def test_a_path_from_a_probability_down_to_the_ink():
    network, outputs = lone_pixel()
    path = contribution_path.strongest_path(network, outputs, "softmax", (7,))
    assert [(node.layer, node.position, node.value) for node in path[1:]] == [
        ("logits", (7,), 4.5),  # 0.5 × 2 × 3 and 0.25 × 2 × 3
        ("flatten", (2 * (3 * 7 + 3) + 1,), 3),
        ("conv2_pool", (3, 3, 1), 3),
        ("conv2_relu", (6, 7, 1), 3),
        ("conv2", (6, 7, 1), 3),
        ("conv1_pool", (5, 6, 0), 1),
        ("conv1_relu", (11, 13, 0), 1),
        ("conv1", (11, 13, 0), 1),
        ("image", (10, 12, 0), 0.5),
    ]
    assert path[0].contribution is None
    assert [node.contribution for node in path[1:]] == [4.5, 3, 3, 3, 3, 3, 1, 1, 1]


def test_a_path_ends_where_every_contribution_is_zero():
    network, outputs = lone_pixel()
    path = contribution_path.strongest_path(network, outputs, "conv2_pool", (0, 0, 0))
    assert [node.layer for node in path] == ["conv2_pool", "conv2_relu", "conv2"]


def test_the_most_negative_contribution_where_none_is_positive():
    weights = zero_weights(ONE)
    weights["conv1/kernel"][1, :, 0, 0] = -1, -2, -1
    image = np.full((28, 28, 1), 0.5, np.float32)
    network = Network(ONE, weights)
    path = contribution_path.strongest_path(network, layer_outputs(network, image), "conv1", (4, 4, 0))
    assert [(node.position, node.contribution) for node in path] == [((4, 4, 0), None), ((4, 4, 0), -1)]


def test_of_an_average_the_largest_value_contributes_its_quarter():
    config = NetworkConfig((Convolution(1, 1),), (), "tanh", "average", pool_first=True)
    weights = zero_weights(config)
    weights["conv1/kernel"][:] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[2:4, 2:4, 0] = [[0.2, 0.4], [0.8, 0.6]]
    network = Network(config, weights)
    path = contribution_path.strongest_path(network, layer_outputs(network, image), "conv1_pool", (1, 1, 0))
    assert [node.position for node in path] == [(1, 1, 0), (3, 2, 0), (3, 2, 0)]
    assert [node.contribution for node in path[1:]] == pytest.approx([0.2, 0.8])


def test_of_an_average_at_the_edge_fewer_values_count():
    config = NetworkConfig((Convolution(1, 1, 4),), (), "tanh", "average", pool_first=True)  # maps of 7×7
    weights = zero_weights(config)
    weights["conv1/kernel"][:] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[20, 24], image[16, 24] = 0.2, 0.8
    network = Network(config, weights)
    outputs = layer_outputs(network, image)
    path = contribution_path.strongest_path(network, outputs, "conv1_pool", (2, 3, 0))
    assert [(node.layer, node.position) for node in path[1:]] == [("conv1", (4, 6, 0)), ("image", (16, 24, 0))]
    assert path[0].value == pytest.approx(0.5)
    assert [node.contribution for node in path[1:]] == pytest.approx([0.4, 0.8])


def test_every_node_is_the_largest_contribution_to_the_one_above(rng):
    network = random_network(NetworkConfig((Convolution(2, 5, 4), Convolution(2, 3)), (), "sigmoid", "average"))
    outputs = layer_outputs(network, rng.random((28, 28, 1), np.float32))
    path = contribution_path.strongest_path(network, outputs, "logits", (3,))
    assert [node.layer for node in path[::-1]] == [layer.name for layer in layers(network.config)[:-1]]
    n_compared = 0
    for above, node in itertools.pairwise(path):
        explanation = arithmetic.explain(network, outputs, above.layer, above.position)
        products = getattr(explanation, "products", getattr(explanation, "contributions", None))
        if products is not None:
            assert node.contribution == products.max() > 0
            n_compared += 1
        assert node.value == outputs[node.layer][node.position]
    assert n_compared == 3  # two convolutions and the logits
    conv1, ink = path[-2], path[-1]
    seen = receptive_field.receptive_field_in_image(network.config, "conv1", *conv1.position[:2])
    assert seen.top <= ink.position[0] < seen.bottom
    assert seen.left <= ink.position[1] < seen.right


def test_layers_and_positions_that_do_not_exist_are_refused():
    network, outputs = lone_pixel()
    with pytest.raises(ValueError, match="inside an array"):
        contribution_path.strongest_path(network, outputs, "conv1", (28, 0, 0))
    with pytest.raises(ValueError, match="one of the layers"):
        contribution_path.strongest_path(network, outputs, "conv7", (0, 0, 0))
    assert len(contribution_path.strongest_path(network, outputs, "image", (0, 0, 0))) == 1
