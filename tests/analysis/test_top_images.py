"""The images that activate a filter most, where their places are known by construction."""

import numpy as np
import pytest

from cnnviz.analysis import inspection, top_images
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import HVASS
from cnnviz.network.weights import Network
from networks import random_network, zero_weights

SMOOTH = NetworkConfig((Convolution(3, 5, 2), Convolution(2, 4)), (6,), "sigmoid", "average", dropout=0.5)


def dataset(images):
    return Dataset(images.astype(np.float32), np.zeros(len(images), np.int64), "made up")


def spots():
    """Six images with one spot each, of ink 0.1 to 0.6, on its own place."""
    images = np.zeros((6, 28, 28, 1), np.float32)
    for i in range(6):
        images[i, 2 + 3 * i, 20 - 2 * i] = (i + 1) / 10
    return dataset(images)


def looking_up_left():
    """Filter 0 sees the pixel above and left of it twice as strong, filter 1 its negative; filter 2 is dead."""
    config = NetworkConfig((Convolution(3, 3),), ())
    weights = zero_weights(config)
    weights["conv1/kernel"][0, 0, 0] = 2, -1, 0
    return Network(config, weights)


def test_indices_places_and_activations_of_known_spots():
    top = top_images.top_images(looking_up_left(), spots(), "conv1_relu", 3)
    assert top.indices.tolist() == [[5, 4, 3], [0, 1, 2], [0, 1, 2]]
    assert top.rows[0].tolist() == [18, 15, 12]  # one below the spots at 17, 14, 11
    assert top.columns[0].tolist() == [11, 13, 15]
    assert top.activations[0] == pytest.approx([1.2, 1.0, 0.8])
    assert top.activations[1:].tolist() == [[0, 0, 0]] * 2


def test_every_image_is_searched_in_batches(rng, monkeypatch):
    monkeypatch.setattr(top_images, "BATCH_SIZE", 10)
    images = rng.random((57, 28, 28, 1), np.float32)
    network, digits = random_network(SMOOTH), dataset(images)
    for layer in ("conv1", "conv2_pool"):
        top = top_images.top_images(network, digits, layer)
        maps = inspection.activations(network, images)[layer]
        strongest = maps.max(axis=(1, 2))
        assert top.activations == pytest.approx(-np.sort(-strongest, axis=0)[:9].T, abs=1e-5)
        filters = np.arange(maps.shape[-1])[:, None]
        there = maps[top.indices, top.rows, top.columns, filters]
        assert there == pytest.approx(top.activations, abs=1e-5)
        assert [len(set(row)) for row in top.indices.tolist()] == [9] * len(filters)


def test_a_search_in_parts_gives_the_same(rng):
    network, digits = random_network(SMOOTH), dataset(rng.random((60, 28, 28, 1), np.float32))
    parts = [top_images.map_maxima(network, digits, "conv2", i, i + 25) for i in (0, 25, 50)]
    assert [len(part) for part in parts] == [25, 25, 10]
    top = top_images.locate_top_images(network, digits, "conv2", np.concatenate(parts), 4)
    whole = top_images.top_images(network, digits, "conv2", 4)
    assert (top.indices == whole.indices).all()
    assert (top.rows == whole.rows).all()


@pytest.mark.parametrize("layer", ["image", "flatten", "dense1", "softmax", "conv7"])
def test_layers_without_maps_are_not_searched(layer):
    with pytest.raises(ValueError, match=r"a layer with maps|one of the layers"):
        top_images.top_images(random_network(HVASS), spots(), layer, 1)


@pytest.mark.parametrize("n", [0, 7])
def test_more_images_than_there_are_are_refused(n):
    with pytest.raises(ValueError, match="Expected 1 to 6 images"):
        top_images.top_images(looking_up_left(), spots(), "conv1", n)
