"""Ablation: the fast way to count equals evaluating the network without each filter."""

import numpy as np
import pytest

from cnnviz.analysis import ablation, evaluation, inspection
from cnnviz.analysis.ablation import AblationCounts
from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import random_network, zero_weights

SMALL = NetworkConfig((Convolution(3, 3), Convolution(4, 3, 2)), (6,), dropout=0.5)
CONFIGS = {
    "dropout": NetworkConfig((Convolution(12, 3), Convolution(16, 3, 2)), (16,), dropout=0.5),
    "dropout before the logits": NetworkConfig((Convolution(12, 3), Convolution(16, 3, 2)), (), dropout=0.5),
    "sigmoid, average, odd maps": NetworkConfig((Convolution(12, 5, 4), Convolution(16, 2)), (), "sigmoid", "average"),
    "pooled first": NetworkConfig((Convolution(12, 3), Convolution(16, 4, 2)), (12, 12), "tanh", pool_first=True),
    "no padding": NetworkConfig((Convolution(12, 3), Convolution(16, 4, 2)), (16,), padding="valid"),
    "no pooling": NetworkConfig((Convolution(12, 3, 4),), (), pooling="none", activate_logits=True),
}


def first(digits, n):
    return Dataset(digits.images[:n], digits.labels[:n], "some")


def balanced(network, images):
    """The same network with the logits' biases moved so that it answers something else to each image."""
    weights = {name: array.copy() for name, array in network.weights.items()}
    weights["logits/bias"] -= inspection.activations(network, images)["logits"].mean(axis=0)
    return Network(network.config, weights)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_fast_way_counts_what_evaluating_each_ablated_network_counts(name, bundled):
    digits = first(bundled, 100)
    network = balanced(random_network(CONFIGS[name]), digits.images)
    whole = evaluation.score(digits.labels, evaluation.probabilities(network, digits.images))
    assert np.count_nonzero(whole.confusion.any(axis=0)) > 5
    for i, convolution in enumerate(network.config.convolutions, 1):
        counts = ablation.ablate_filters(network, digits, f"conv{i}", 0, 1)
        assert (counts.baseline == whole.confusion).all()
        assert counts.ablated.shape == (convolution.filters, 10, 10)
        for filter_ in range(convolution.filters):
            score = ablation.score_without(network, digits, f"conv{i}", filter_)
            # Sums in another order differ in the last bit: one image may lie between two digits.
            assert np.abs(counts.ablated[filter_] - score.confusion).sum() <= 2


def test_parts_take_every_nth_image_and_add_up_to_the_whole(bundled):
    network = store.load(store.open_model(store.ROOT / "hvass"))
    parts = [ablation.ablate_filters(network, bundled, "conv1", part, 3) for part in range(3)]
    assert [part.n for part in parts] == [167, 167, 166]
    assert (parts[1].baseline.sum(axis=1) == np.bincount(bundled.labels[1::3], minlength=10)).all()
    together = parts[0] + parts[1] + parts[2]
    whole = ablation.ablate_filters(network, bundled, "conv1", 0, 1)
    assert np.abs(together.ablated - whole.ablated).sum() <= 2
    assert together.n == 500


def test_the_filter_whose_ablation_loses_most_comes_first():
    matrix = np.diag(np.full(10, 10))
    without = np.stack([matrix] * 3)
    without[1, 3, 3], without[1, 3, 5] = 4, 6
    without[2, 8, 8], without[2, 8, 0] = 9, 1
    counts = AblationCounts(matrix, without)
    assert counts.n_lost.tolist() == [0, 6, 1]
    assert counts.ranking.tolist() == [1, 2, 0]


def test_ablating_the_only_filter_that_matters_loses_every_image():
    """Filter 1 alone passes the ink on; the ink's place decides between 0 and 1."""
    config = NetworkConfig((Convolution(2, 1),), (), pooling="none")
    weights = zero_weights(config)
    weights["conv1/kernel"][..., 1] = 1
    weights["logits/kernel"].reshape(28, 28, 2, 10)[5, 5, 1, 3] = 1
    images = np.zeros((4, 28, 28, 1), np.float32)
    images[:, 5, 5] = 1
    digits = Dataset(images, np.full(4, 3), "threes")
    counts = ablation.ablate_filters(Network(config, weights), digits, "conv1", 0, 1)
    assert counts.n_lost.tolist() == [0, 4]
    assert ablation.score_without(Network(config, weights), digits, "conv1", 1).correct == 0


@pytest.mark.parametrize(("layer", "part", "n_parts"), [("dense1", 0, 1), ("conv1", 2, 2), ("conv1", 0, 600)])
def test_parts_that_do_not_exist_are_refused(layer, part, n_parts, bundled):
    with pytest.raises(ValueError, match="Expected"):
        ablation.ablate_filters(random_network(SMALL), bundled, layer, part, n_parts)
