"""The marked places of a kernel: found again by brute force, with TensorFlow's own numbers."""

import dataclasses

import numpy as np
import pytest

from cnnviz.analysis import arithmetic, kernel_places, receptive_field
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import layer_outputs, random_network, zero_weights

CONFIG = NetworkConfig((Convolution(3), Convolution(4, 3, 2)), ())
WITHOUT_PADDING = dataclasses.replace(CONFIG, padding="valid")


@pytest.fixture(scope="module")
def image():
    image = np.zeros((28, 28, 1), np.float32)
    image[8:12, 6:20] = 0.5 + np.random.default_rng(0).random((4, 14, 1), np.float32) / 2
    image[12:22, 16:20] = 0.9
    return image


@pytest.fixture(scope="module", params=[(CONFIG, 0), (CONFIG, 1), (WITHOUT_PADDING, 0)], ids=["0", "1", "valid"])
def found(request, image):
    network = random_network(*request.param)
    return network, layer_outputs(network, image)


@pytest.mark.parametrize(("layer", "number", "channel"), [("conv1", 0, 0), ("conv1", 2, 0), ("conv2", 3, 1)])
def test_the_places_are_those_that_a_search_finds(found, layer, number, channel):
    network, outputs = found
    marked = kernel_places.kernel_places(network, outputs, layer, number, channel)
    places = {kind: place for place in marked for kind in place.kinds}
    values = outputs[layer][:, :, number]
    ink = outputs["image"][:, :, 0]
    at = lambda kind: (places[kind].row, places[kind].column)  # noqa: E731
    assert values[at("greatest")] == values.max()
    assert values[at("least")] == values.min()
    seen = np.zeros(values.shape, int)
    for row, column in np.ndindex(values.shape):
        box = receptive_field.receptive_field_in_image(network.config, layer, row, column)
        seen[row, column] = (ink[box.top : box.bottom, box.left : box.right] > 0).sum()
    assert (receptive_field.ink_seen(network.config, layer, ink) == seen).all()
    much = seen >= seen.max() / 2
    assert abs(values[at("zero")]) == np.abs(values[much]).min()
    assert much[at("zero")]
    assert seen[at("paper")] == 0


@pytest.mark.parametrize(("layer", "number", "channel"), [("conv1", 1, 0), ("conv2", 0, 2)])
def test_the_numbers_are_those_of_tensorflow_and_sums_of_the_products(found, layer, number, channel):
    network, outputs = found
    kernel, bias = network.weights[f"{layer}/kernel"], network.weights[f"{layer}/bias"]
    below = outputs[arithmetic.layer_below(CONFIG, layer).name]
    k = len(kernel)
    padded = np.pad(below, ((k, k), (k, k), (0, 0))).astype(np.float64)
    for place in kernel_places.kernel_places(network, outputs, layer, number, channel):
        assert place.value == outputs[layer][place.row, place.column, number]
        window = padded[place.top + k : place.top + 2 * k, place.left + k : place.left + 2 * k]
        sums = (window * kernel[..., number]).sum(axis=(0, 1))
        assert place.products == pytest.approx(sums[channel], abs=1e-5)
        assert place.value == pytest.approx(sums.sum() + bias[number], abs=1e-4)


def test_paper_is_plain_and_the_kernel_lies_on_it_whole(found):
    network, outputs = found
    (paper,) = [p for p in kernel_places.kernel_places(network, outputs, "conv1", 0) if "paper" in p.kinds]
    patch = outputs["image"][paper.top : paper.top + 5, paper.left : paper.left + 5]
    assert patch.shape == (5, 5, 1)
    assert (patch == 0).all()
    assert paper.products == 0
    assert paper.value == pytest.approx(network.weights["conv1/bias"][0])


def test_each_place_is_marked_once_and_none_is_invented(image):
    network = Network(CONFIG, zero_weights(CONFIG))
    outputs = layer_outputs(network, image)
    places = kernel_places.kernel_places(network, outputs, "conv1", 0)
    assert len({(place.row, place.column) for place in places}) == len(places)
    assert sorted(kind for place in places for kind in place.kinds) == ["greatest", "least", "paper", "zero"]
    for ink, missing in ((np.ones, "paper"), (np.zeros, "zero")):
        outputs = layer_outputs(network, ink((28, 28, 1), np.float32))
        kinds = [kind for place in kernel_places.kernel_places(network, outputs, "conv1", 0) for kind in place.kinds]
        assert sorted([*kinds, missing]) == ["greatest", "least", "paper", "zero"]
