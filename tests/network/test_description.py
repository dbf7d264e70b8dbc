"""A network as a browser reads it: worked out by hand for a small one, and complete for every preset."""

import json

import numpy as np
import pytest

from cnnviz.network.config import Convolution, NetworkConfig, layers
from cnnviz.network.description import described, weight_bytes
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from networks import random_network

SMALL = NetworkConfig((Convolution(2, 3, 2),), (4,), activation="tanh", pooling="average", dropout=0.5)


def test_a_small_network_is_described():
    plain = {"kernel": [], "stride": 1, "operation": ""}
    convolution = {"kind": "convolution", "operation": ""}
    assert described(SMALL) == {
        "layers": [
            plain | {"name": "image", "kind": "input", "shape": [28, 28, 1]},
            convolution | {"name": "conv1", "shape": [14, 14, 2], "kernel": [3, 3, 1, 2], "stride": 2, "at": 0},
            plain | {"name": "conv1_tanh", "kind": "activation", "shape": [14, 14, 2], "operation": "tanh"},
            plain | {"name": "conv1_pool", "kind": "pooling", "shape": [7, 7, 2], "stride": 2, "operation": "average"},
            plain | {"name": "flatten", "kind": "flatten", "shape": [98]},
            plain | {"name": "dense1", "kind": "dense", "shape": [4], "kernel": [98, 4], "at": 20},
            plain | {"name": "dense1_tanh", "kind": "activation", "shape": [4], "operation": "tanh"},
            plain | {"name": "dropout", "kind": "dropout", "shape": [4]},
            plain | {"name": "logits", "kind": "dense", "shape": [10], "kernel": [4, 10], "at": 416},
            plain | {"name": "softmax", "kind": "softmax", "shape": [10]},
        ],
        "n_weights": 466,
    }


@pytest.mark.parametrize("config", [preset.network for preset in PRESETS.values()], ids=PRESETS)
def test_every_weight_is_where_it_is_said_to_be(config):
    network, told = random_network(config), described(config)
    weights = np.frombuffer(b"".join(weight_bytes(network)), "<f4")
    assert json.loads(json.dumps(told)) == told
    assert [layer["name"] for layer in told["layers"]] == [layer.name for layer in layers(config)]
    assert len(weights) == told["n_weights"]
    for layer in told["layers"]:
        if layer["kernel"]:
            n = int(np.prod(layer["kernel"]))
            kernel, bias = (network.weights[f"{layer['name']}/{part}"] for part in ("kernel", "bias"))
            assert np.array_equal(weights[layer["at"] :][:n].reshape(layer["kernel"]), kernel)
            assert np.array_equal(weights[layer["at"] + n :][: len(bias)], bias)


def test_weights_are_little_endian_and_row_by_row_whatever_they_were():
    weights = {name: np.asfortranarray(array) for name, array in random_network(SMALL).weights.items()}
    pieces = weight_bytes(Network(SMALL, weights))
    assert [bytes(piece) for piece in pieces] == [array.astype("<f4").tobytes("C") for array in weights.values()]


def test_weights_are_not_copied():
    network = random_network(SMALL)
    for piece, array in zip(weight_bytes(network), network.weights.values(), strict=True):
        assert np.shares_memory(np.frombuffer(piece, np.uint8), array)
