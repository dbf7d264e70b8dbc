"""Kernels as pictures, and what leaves each layer, against NumPy."""

import numpy as np
import pytest

from cnnviz.analysis import evaluation, inspection
from cnnviz.network.config import Convolution, NetworkConfig, layers, weight_shapes
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network

TWO = NetworkConfig((Convolution(2, 2), Convolution(3, 2)), (4,))
AVERAGE = NetworkConfig(
    (Convolution(3, 3), Convolution(2, 3, 2)), (6,), "tanh", "average", dropout=0.5, activate_logits=True
)
CONFIGS = {
    "hvass": PRESETS["hvass"].network,
    "relu-first": TWO,
    "average": AVERAGE,
    "no-pooling": NetworkConfig((Convolution(2, 3, 4),), (), pooling="none"),
    "no-convolution": NetworkConfig((), (5,)),
}


def random_network(config):
    rng = np.random.default_rng(0)
    return Network(
        config, {name: rng.normal(0, 0.2, s).astype(np.float32) for name, s in weight_shapes(config).items()}
    )


def random_images(n):
    return np.random.default_rng(1).random((n, 28, 28, 1), np.float32)


def counted():
    """TWO, whose second kernel holds 0 to 23 in TensorFlow's order: 12 h + 6 w + 3 c + f."""
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(TWO).items()}
    weights["conv2/kernel"] = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    return Network(TWO, weights)


def blocks(maps):
    """Maps of even size as 2×2 blocks, for pooling over the axes 2 and 4."""
    n, side, _, channels = maps.shape
    return maps.reshape(n, side // 2, 2, side // 2, 2, channels)


def test_kernels_have_filters_first_then_channels():
    pictures = inspection.kernels(counted(), "conv2")
    assert (pictures.shape, pictures.dtype) == ((3, 2, 2, 2), np.float32)
    assert pictures[0, 0].tolist() == [[0, 6], [12, 18]]
    assert pictures[0, 1].tolist() == [[3, 9], [15, 21]]
    assert pictures[2, 0].tolist() == [[2, 8], [14, 20]]
    assert pictures[2, 1].tolist() == [[5, 11], [17, 23]]


def test_kernels_of_one_channel_are_one_picture_a_filter():
    pictures = inspection.kernels(counted(), "conv2", 1)
    assert pictures.tolist() == [[[3, 9], [15, 21]], [[4, 10], [16, 22]], [[5, 11], [17, 23]]]
    assert inspection.kernels(counted(), "conv2", 0)[1].tolist() == [[1, 7], [13, 19]]
    assert inspection.kernels(counted(), "conv1", 0).shape == (2, 2, 2)


@pytest.mark.parametrize("layer", ["conv3", "conv1_pool", "dense1", "logits", "image", "conv1/kernel", ""])
def test_kernels_of_other_layers_are_refused(layer):
    with pytest.raises(ValueError, match=f"name of a convolution layer. Received '{layer}'"):
        inspection.kernels(counted(), layer)


@pytest.mark.parametrize(("layer", "channel", "last"), [("conv1", 1, 0), ("conv2", 2, 1), ("conv2", -1, 1)])
def test_channels_that_do_not_exist_are_refused(layer, channel, last):
    with pytest.raises(ValueError, match=rf"{layer}: expected an input channel in 0\.\.{last}. Received {channel}"):
        inspection.kernels(counted(), layer, channel)


def test_a_single_white_pixel_brings_out_the_kernel_turned_by_half():
    config = NetworkConfig((Convolution(2, 3),), ())
    network = random_network(config)
    image = np.zeros((1, 28, 28, 1), np.float32)
    image[0, 10, 20] = 1
    outputs = inspection.activations(network, image)["conv1"] - network.weights["conv1/bias"]
    for i, kernel in enumerate(inspection.kernels(network, "conv1", 0)):
        assert outputs[0, 9:12, 19:22, i] == pytest.approx(kernel[::-1, ::-1], abs=1e-6)
        assert np.count_nonzero(outputs[..., i]) == 9


@pytest.mark.parametrize("name", CONFIGS)
def test_activations_are_those_of_every_layer_in_order(name):
    config = CONFIGS[name]
    images = random_images(3)
    outputs = inspection.activations(random_network(config), images)
    expected = [(layer.name, (3, *layer.shape), np.float32) for layer in layers(config)]
    assert [(key, array.shape, array.dtype) for key, array in outputs.items()] == expected
    assert (outputs["image"] == images).all()


@pytest.mark.parametrize("name", CONFIGS)
def test_the_last_activation_is_the_probabilities(name):
    network, images = random_network(CONFIGS[name]), random_images(3)
    softmax = inspection.activations(network, images)["softmax"]
    assert softmax == pytest.approx(evaluation.probabilities(network, images), abs=1e-6)
    assert softmax.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_hvass_pools_and_then_cuts_off_what_is_negative():
    outputs = inspection.activations(random_network(CONFIGS["hvass"]), random_images(2))
    for conv in ("conv1", "conv2"):
        assert outputs[conv].min() < 0 < outputs[conv].max()
        assert (outputs[f"{conv}_pool"] == blocks(outputs[conv]).max(axis=(2, 4))).all()
        assert (outputs[f"{conv}_relu"] == np.maximum(outputs[f"{conv}_pool"], 0)).all()
    assert outputs["conv1_pool"].min() < 0  # the pool stands before the ReLU
    assert (outputs["flatten"] == outputs["conv2_relu"].reshape(2, -1)).all()
    assert (outputs["dense1_relu"] == np.maximum(outputs["dense1"], 0)).all()


def test_the_other_presets_cut_off_and_then_pool():
    outputs = inspection.activations(random_network(TWO), random_images(2))
    for conv in ("conv1", "conv2"):
        assert outputs[conv].min() < 0 < outputs[conv].max()
        assert (outputs[f"{conv}_relu"] == np.maximum(outputs[conv], 0)).all()
        assert (outputs[f"{conv}_pool"] == blocks(outputs[f"{conv}_relu"]).max(axis=(2, 4))).all()
    assert (outputs["flatten"] == outputs["conv2_pool"].reshape(2, -1)).all()


def test_average_pooling_tanh_and_dropout_do_what_they_say():
    outputs = inspection.activations(random_network(AVERAGE), random_images(2))
    assert outputs["conv1_tanh"] == pytest.approx(np.tanh(outputs["conv1"]), abs=1e-5)
    assert outputs["conv1_pool"] == pytest.approx(blocks(outputs["conv1_tanh"]).mean(axis=(2, 4)), abs=1e-6)
    assert (outputs["dropout"] == outputs["dense1_tanh"]).all()  # drops nothing outside training
    assert outputs["logits_tanh"] == pytest.approx(np.tanh(outputs["logits"]), abs=1e-5)
    powers = np.exp(outputs["logits_tanh"])
    assert outputs["softmax"] == pytest.approx(powers / powers.sum(axis=1, keepdims=True), abs=1e-6)


def test_dense_layers_multiply_and_add():
    network = random_network(CONFIGS["no-convolution"])
    outputs = inspection.activations(network, random_images(2))
    weights = network.weights
    by_hand = outputs["flatten"] @ weights["dense1/kernel"] + weights["dense1/bias"]
    assert outputs["dense1"] == pytest.approx(by_hand, abs=1e-4)
    by_hand = outputs["dense1_relu"] @ weights["logits/kernel"] + weights["logits/bias"]
    assert outputs["logits"] == pytest.approx(by_hand, abs=1e-4)


def test_an_image_gives_the_same_alone_and_among_others():
    network, images = random_network(TWO), random_images(3)
    together, alone = inspection.activations(network, images), inspection.activations(network, images[1:2])
    for name, array in alone.items():
        assert array[0] == pytest.approx(together[name][1], abs=1e-5)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_reading_is_part_of_the_activations_to_the_bit(config):
    network, images = random_network(config), random_images(3)
    maps = tuple(layer.name for layer in layers(config) if layer.is_map)
    found, every = inspection.reading(network, images, maps), inspection.activations(network, images)
    assert set(found) == {*maps, "logits", "softmax"}
    assert all((found[name] == every[name][:1]).all() and len(found[name]) == 1 for name in maps)
    assert all((found[name] == every[name]).all() for name in ("logits", "softmax"))
