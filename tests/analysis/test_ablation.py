"""Networks changed by hand: what changes, what stays, and what it costs."""

import numpy as np
import pytest

from cnnviz.analysis import ablation, evaluation, inspection
from cnnviz.analysis.ablation import Change, Costs
from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.presets import HVASS
from cnnviz.network.weights import Network

SMALL = NetworkConfig((Convolution(3, 3), Convolution(4, 3, 2)), (6,), dropout=0.5)
CONFIGS = {
    "dropout": NetworkConfig((Convolution(12, 3), Convolution(16, 3, 2)), (16,), dropout=0.5),
    "dropout before the logits": NetworkConfig((Convolution(12, 3), Convolution(16, 3, 2)), (), dropout=0.5),
    "sigmoid, average, odd maps": NetworkConfig((Convolution(12, 5, 4), Convolution(16, 2)), (), "sigmoid", "average"),
    "pooled first": NetworkConfig((Convolution(12, 3), Convolution(16, 4, 2)), (12, 12), "tanh", pool_first=True),
    "no pooling": NetworkConfig((Convolution(12, 3, 4),), (), pooling="none", activate_logits=True),
}


def random_network(config, seed=0):
    rng = np.random.default_rng(seed)
    scales = {name: 2 / np.sqrt(np.prod(shape[:-1])) for name, shape in weight_shapes(config).items()}
    draws = {name: scales[name] * rng.normal(size=shape) for name, shape in weight_shapes(config).items()}
    return Network(config, {name: draw.astype(np.float32) for name, draw in draws.items()})


def only_differs(network, changed, *names):
    """All arrays but the named ones are the same, to the bit, and the named ones are not."""
    same = {name for name in network.weights if (network.weights[name] == changed.weights[name]).all()}
    return same == set(network.weights) - set(names)


# --- switching off --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "left"), [("relu", 0), ("tanh", 0), ("sigmoid", 0.5)])
def test_a_filter_that_is_switched_off_gives_the_same_everywhere(activation, left, rng):
    network = random_network(NetworkConfig((Convolution(4, 3),), (), activation))
    images = rng.random((2, 28, 28, 1), np.float32)
    before = inspection.activations(network, images)[f"conv1_{activation}"]
    after = inspection.activations(ablation.without_filters(network, "conv1", [0, 2]), images)[f"conv1_{activation}"]
    assert (after[..., [0, 2]] == left).all()
    assert after[..., [1, 3]] == pytest.approx(before[..., [1, 3]], abs=1e-6)


def test_the_old_network_stays_as_it_was():
    network = random_network(SMALL)
    copies = {name: array.copy() for name, array in network.weights.items()}
    changed = [
        ablation.without_filters(network, "conv1", [1]),
        ablation.without_filters(network, "dense1", [1, 5]),
        ablation.with_kernel(network, "conv2", 1, 2, np.ones((3, 3))),
        ablation.with_noise(network, "logits", 0.1),
        ablation.reset_layer(network, "dense1", 3),
    ]
    assert all((network.weights[name] == copies[name]).all() for name in copies)
    assert len({network.key, *(other.key for other in changed)}) == 6


def test_a_model_on_disk_is_not_touched():
    model = store.open_model(store.ROOT / "hvass")
    before = {path.name: path.read_bytes() for path in model.folder.iterdir()}
    network = store.load(model)
    ablation.without_filters(network, "conv1", range(16))
    ablation.with_noise(network, "conv2", 1.0)
    assert {path.name: path.read_bytes() for path in model.folder.iterdir()} == before
    assert store.load(model).weights["conv1/kernel"].any()


def test_neurons_are_switched_off_too():
    network = random_network(SMALL)
    changed = ablation.without_filters(network, "dense1", [4])
    assert not changed.weights["dense1/kernel"][:, 4].any()
    assert changed.weights["dense1/bias"][4] == 0
    assert only_differs(network, changed, "dense1/kernel", "dense1/bias")
    assert ablation.without_filters(network, "conv1", []) == network


@pytest.mark.parametrize(("layer", "filters"), [("conv1", [3]), ("conv1", [-1]), ("conv1_relu", [0]), ("conv9", [0])])
def test_filters_that_are_not_there_are_refused(layer, filters):
    with pytest.raises(ValueError, match=r"Expected|expected"):
        ablation.without_filters(random_network(SMALL), layer, filters)


# --- other changes --------------------------------------------------------------------------------------------------


def test_one_kernel_is_typed_over():
    network, values = random_network(SMALL), np.arange(9.0).reshape(3, 3)
    changed = ablation.with_kernel(network, "conv2", 1, 2, values)
    assert (inspection.kernels(changed, "conv2", 1)[2] == values).all()
    assert only_differs(network, changed, "conv2/kernel")
    assert np.count_nonzero(changed.weights["conv2/kernel"] != network.weights["conv2/kernel"]) == 9


@pytest.mark.parametrize(
    ("layer", "channel", "filter_", "shape"),
    [("conv2", 3, 0, (3, 3)), ("conv2", 0, 4, (3, 3)), ("conv2", 0, 0, (5, 5)), ("dense1", 0, 0, (3, 3))],
)
def test_kernels_that_do_not_fit_are_refused(layer, channel, filter_, shape):
    with pytest.raises(ValueError, match="expected"):
        ablation.with_kernel(random_network(SMALL), layer, channel, filter_, np.ones(shape))


def test_noise_is_a_share_of_the_spread():
    network = random_network(HVASS)
    changed = ablation.with_noise(network, "dense1", 0.25, seed=5)
    noise = changed.weights["dense1/kernel"] - network.weights["dense1/kernel"]
    assert noise.std() == pytest.approx(0.25 * network.weights["dense1/kernel"].std(), rel=0.01)
    assert only_differs(network, changed, "dense1/kernel")
    assert ablation.with_noise(network, "dense1", 0.25, seed=5) == changed
    assert ablation.with_noise(network, "dense1", 0.25, seed=6) != changed
    assert ablation.with_noise(network, "dense1", 0) == network
    for share in (-0.1, np.inf, np.nan):
        with pytest.raises(ValueError, match="a share of at least 0"):
            ablation.with_noise(network, "dense1", share)


def test_a_layer_goes_back_to_a_snapshot():
    network, initial = random_network(SMALL), random_network(SMALL, 1)
    changed = ablation.reset_layer(network, "conv2", initial)
    assert (changed.weights["conv2/kernel"] == initial.weights["conv2/kernel"]).all()
    assert (changed.weights["conv2/bias"] == initial.weights["conv2/bias"]).all()
    assert only_differs(network, changed, "conv2/kernel", "conv2/bias")
    with pytest.raises(ValueError, match="the same configuration"):
        ablation.reset_layer(network, "conv2", random_network(HVASS))


@pytest.mark.parametrize(("initializer", "spread"), [("truncated_normal", 0.8796), ("normal", 1.0)])
def test_a_layer_is_drawn_again_as_its_configuration_says(initializer, spread):
    config = NetworkConfig((), (64,), initializer=initializer, initial_stddev=0.2, initial_bias=0.3)
    network = random_network(config)
    changed = ablation.reset_layer(network, "dense1", 4)
    kernel = changed.weights["dense1/kernel"]
    assert kernel.std() == pytest.approx(0.2 * spread, rel=0.02)  # of a normal cut off at 2: sqrt(0.7737)
    assert (np.abs(kernel).max() <= 0.4) == (initializer == "truncated_normal")
    assert (changed.weights["dense1/bias"] == np.float32(0.3)).all()
    assert ablation.reset_layer(network, "dense1", 4) == changed
    assert ablation.reset_layer(network, "dense1", 5) != changed


def test_layers_without_weights_cannot_be_changed():
    for change in (ablation.reset_layer, ablation.with_noise):
        with pytest.raises(ValueError, match=r"convolution or fully connected layer\. Received 'flatten'"):
            change(random_network(SMALL), "flatten", 1)


# --- what it costs --------------------------------------------------------------------------------------------------


def test_changed_cells_the_largest_first():
    before = np.diag(np.full(10, 50))
    after = before.copy()
    after[4, 4], after[4, 9], after[7, 7], after[7, 2] = 40, 10, 48, 2
    assert ablation.changes(before, after) == [
        Change(4, 4, 50, 40),
        Change(4, 9, 0, 10),
        Change(7, 2, 0, 2),
        Change(7, 7, 50, 48),
    ]
    assert ablation.changes(before, before) == []


def some(digits, n):
    return Dataset(digits.images[:n], digits.labels[:n], "some")


def undecided(network, images):
    """The same network with the logits' biases moved so that it answers something else to each image."""
    weights = {name: array.copy() for name, array in network.weights.items()}
    weights["logits/bias"] -= inspection.activations(network, images)["logits"].mean(axis=0)
    return Network(network.config, weights)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_quick_way_costs_what_evaluating_costs(name, bundled):
    digits = some(bundled, 100)
    network = undecided(random_network(CONFIGS[name]), digits.images)
    whole = evaluation.score(digits.labels, evaluation.probabilities(network, digits.images))
    assert np.count_nonzero(whole.confusion.any(axis=0)) > 5
    for i, convolution in enumerate(network.config.convolutions, 1):
        costs = ablation.cost_part(network, digits, f"conv{i}", 0, 1)
        assert (costs.whole == whole.confusion).all()
        assert costs.without.shape == (convolution.filters, 10, 10)
        for filter_ in range(convolution.filters):
            score = ablation.cost_of(network, digits, f"conv{i}", filter_)
            # Sums in another order differ in the last bit: one image may lie between two digits.
            assert np.abs(costs.without[filter_] - score.confusion).sum() <= 2


def test_parts_are_fair_samples_and_together_the_whole(bundled):
    network = store.load(store.open_model(store.ROOT / "hvass"))
    parts = [ablation.cost_part(network, bundled, "conv1", part, 3) for part in range(3)]
    assert [part.n for part in parts] == [167, 167, 166]
    assert (parts[1].whole.sum(axis=1) == np.bincount(bundled.labels[1::3], minlength=10)).all()
    together = parts[0] + parts[1] + parts[2]
    whole = ablation.cost_part(network, bundled, "conv1", 0, 1)
    assert np.abs(together.without - whole.without).sum() <= 2
    assert together.n == 500


def test_the_filter_whose_loss_costs_most_comes_first():
    matrix = np.diag(np.full(10, 10))
    without = np.stack([matrix] * 3)
    without[1, 3, 3], without[1, 3, 5] = 4, 6
    without[2, 8, 8], without[2, 8, 0] = 9, 1
    costs = Costs(matrix, without)
    assert costs.lost.tolist() == [0, 6, 1]
    assert costs.ranking.tolist() == [1, 2, 0]


def test_a_filter_that_the_answer_hangs_on_costs_all_there_is():
    """Filter 1 alone passes the ink on; the ink's place decides between 0 and 1."""
    config = NetworkConfig((Convolution(2, 1),), (), pooling="none")
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["conv1/kernel"][..., 1] = 1
    weights["logits/kernel"].reshape(28, 28, 2, 10)[5, 5, 1, 3] = 1
    images = np.zeros((4, 28, 28, 1), np.float32)
    images[:, 5, 5] = 1
    digits = Dataset(images, np.full(4, 3), "threes")
    costs = ablation.cost_part(Network(config, weights), digits, "conv1", 0, 1)
    assert costs.lost.tolist() == [0, 4]
    assert ablation.cost_of(Network(config, weights), digits, "conv1", 1).correct == 0


@pytest.mark.parametrize(("layer", "part", "n_parts"), [("dense1", 0, 1), ("conv1", 2, 2), ("conv1", 0, 600)])
def test_parts_that_are_not_there_are_refused(layer, part, n_parts, bundled):
    with pytest.raises(ValueError, match="Expected"):
        ablation.cost_part(random_network(SMALL), bundled, layer, part, n_parts)
