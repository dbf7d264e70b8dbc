"""Networks with edited weights: what changes, and what stays."""

import numpy as np
import pytest

from cnnviz.analysis import inspection, weight_editing
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import HVASS
from networks import random_network

SMALL = NetworkConfig((Convolution(3, 3), Convolution(4, 3, 2)), (6,), dropout=0.5)


def only_differs(network, changed, *names):
    """All arrays but the named ones are the same, to the bit, and the named ones are not."""
    same = {name for name in network.weights if (network.weights[name] == changed.weights[name]).all()}
    return same == set(network.weights) - set(names)


@pytest.mark.parametrize(("activation", "left"), [("relu", 0), ("tanh", 0), ("sigmoid", 0.5)])
def test_an_ablated_filter_has_a_constant_map(activation, left, rng):
    network = random_network(NetworkConfig((Convolution(4, 3),), (), activation))
    images = rng.random((2, 28, 28, 1), np.float32)
    before = inspection.activations(network, images)[f"conv1_{activation}"]
    after = inspection.activations(weight_editing.without_filters(network, "conv1", [0, 2]), images)[
        f"conv1_{activation}"
    ]
    assert (after[..., [0, 2]] == left).all()
    assert after[..., [1, 3]] == pytest.approx(before[..., [1, 3]], abs=1e-6)


def test_the_old_network_is_not_changed():
    network = random_network(SMALL)
    copies = {name: array.copy() for name, array in network.weights.items()}
    changed = [
        weight_editing.without_filters(network, "conv1", [1]),
        weight_editing.without_filters(network, "dense1", [1, 5]),
        weight_editing.with_kernel(network, "conv2", 1, 2, np.ones((3, 3))),
        weight_editing.with_noise(network, "logits", 0.1),
        weight_editing.reset_layer(network, "dense1", 3),
    ]
    assert all((network.weights[name] == copies[name]).all() for name in copies)
    assert len({network.key, *(other.key for other in changed)}) == 6


def test_a_model_on_disk_is_not_changed():
    model = store.open_model(store.ROOT / "hvass")
    before = {path.name: path.read_bytes() for path in model.folder.iterdir()}
    network = store.load(model)
    weight_editing.without_filters(network, "conv1", range(16))
    weight_editing.with_noise(network, "conv2", 1.0)
    assert {path.name: path.read_bytes() for path in model.folder.iterdir()} == before
    assert store.load(model).weights["conv1/kernel"].any()


def test_neurons_can_be_ablated_too():
    network = random_network(SMALL)
    changed = weight_editing.without_filters(network, "dense1", [4])
    assert not changed.weights["dense1/kernel"][:, 4].any()
    assert changed.weights["dense1/bias"][4] == 0
    assert only_differs(network, changed, "dense1/kernel", "dense1/bias")
    assert weight_editing.without_filters(network, "conv1", []) == network


@pytest.mark.parametrize(("layer", "filters"), [("conv1", [3]), ("conv1", [-1]), ("conv1_relu", [0]), ("conv9", [0])])
def test_filters_that_do_not_exist_are_refused(layer, filters):
    with pytest.raises(ValueError, match=r"Expected|expected"):
        weight_editing.without_filters(random_network(SMALL), layer, filters)


def test_one_kernel_is_replaced_and_nothing_else():
    network, values = random_network(SMALL), np.arange(9.0).reshape(3, 3)
    changed = weight_editing.with_kernel(network, "conv2", 1, 2, values)
    assert (inspection.kernels(changed, "conv2", 1)[2] == values).all()
    assert only_differs(network, changed, "conv2/kernel")
    assert np.count_nonzero(changed.weights["conv2/kernel"] != network.weights["conv2/kernel"]) == 9


@pytest.mark.parametrize(
    ("layer", "channel", "filter_", "shape"),
    [("conv2", 3, 0, (3, 3)), ("conv2", 0, 4, (3, 3)), ("conv2", 0, 0, (5, 5)), ("dense1", 0, 0, (3, 3))],
)
def test_kernels_that_do_not_fit_are_refused(layer, channel, filter_, shape):
    with pytest.raises(ValueError, match="expected"):
        weight_editing.with_kernel(random_network(SMALL), layer, channel, filter_, np.ones(shape))


def test_noise_is_relative_to_the_spread_of_the_kernels():
    network = random_network(HVASS)
    changed = weight_editing.with_noise(network, "dense1", 0.25, seed=5)
    noise = changed.weights["dense1/kernel"] - network.weights["dense1/kernel"]
    assert noise.std() == pytest.approx(0.25 * network.weights["dense1/kernel"].std(), rel=0.01)
    assert only_differs(network, changed, "dense1/kernel")
    assert weight_editing.with_noise(network, "dense1", 0.25, seed=5) == changed
    assert weight_editing.with_noise(network, "dense1", 0.25, seed=6) != changed
    assert weight_editing.with_noise(network, "dense1", 0) == network
    for stddev in (-0.1, np.inf, np.nan):
        with pytest.raises(ValueError, match="a relative standard deviation of at least 0"):
            weight_editing.with_noise(network, "dense1", stddev)


def test_a_layer_is_reset_to_the_weights_of_a_snapshot():
    network, initial = random_network(SMALL), random_network(SMALL, 1)
    changed = weight_editing.reset_layer(network, "conv2", initial)
    assert (changed.weights["conv2/kernel"] == initial.weights["conv2/kernel"]).all()
    assert (changed.weights["conv2/bias"] == initial.weights["conv2/bias"]).all()
    assert only_differs(network, changed, "conv2/kernel", "conv2/bias")
    with pytest.raises(ValueError, match="the same configuration"):
        weight_editing.reset_layer(network, "conv2", random_network(HVASS))


@pytest.mark.parametrize(("initializer", "spread"), [("truncated_normal", 0.8796), ("normal", 1.0)])
def test_a_layer_is_reset_from_a_seed_as_its_configuration_says(initializer, spread):
    config = NetworkConfig((), (64,), initializer=initializer, initial_stddev=0.2, initial_bias=0.3)
    network = random_network(config)
    changed = weight_editing.reset_layer(network, "dense1", 4)
    kernel = changed.weights["dense1/kernel"]
    assert kernel.std() == pytest.approx(0.2 * spread, rel=0.02)  # of a normal cut off at 2: sqrt(0.7737)
    assert (np.abs(kernel).max() <= 0.4) == (initializer == "truncated_normal")
    assert (changed.weights["dense1/bias"] == np.float32(0.3)).all()
    assert weight_editing.reset_layer(network, "dense1", 4) == changed
    assert weight_editing.reset_layer(network, "dense1", 5) != changed


def test_layers_without_weights_cannot_be_changed():
    for change in (weight_editing.reset_layer, weight_editing.with_noise):
        with pytest.raises(ValueError, match=r"convolution or fully connected layer\. Received 'flatten'"):
            change(random_network(SMALL), "flatten", 1)
