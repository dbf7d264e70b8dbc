"""One value at a time: worked examples, and every layer against what TensorFlow computes."""

import itertools

import numpy as np
import pytest

from cnnviz.analysis import arithmetic
from cnnviz.analysis.explanations import SoftmaxExplanation, argsort_by_magnitude
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig, layers
from cnnviz.network.presets import HVASS, PRESETS
from cnnviz.network.weights import Network
from networks import layer_outputs, random_network, zero_weights

CONFIGS = {
    "hvass": HVASS,
    "deep-mnist": PRESETS["deep-mnist"].network,
    "even kernels, stride 2": NetworkConfig((Convolution(3, 4, 2), Convolution(2, 2, 2)), (6,), "tanh", "average"),
    "average of 7×7 maps": NetworkConfig((Convolution(3, 5, 4), Convolution(2, 3)), (), "sigmoid", "average"),
    "largest of 7×7 maps": NetworkConfig((Convolution(3, 5, 4), Convolution(2, 3)), (), pool_first=True),
    "stride 3, kernel 1": NetworkConfig((Convolution(2, 1, 3), Convolution(3, 3, 3)), (), pooling="none"),
    "kernel larger than its map": NetworkConfig((Convolution(2, 28, 4), Convolution(2, 11)), (5, 4), dropout=0.5),
    "no padding": NetworkConfig((Convolution(3, 5), Convolution(4, 4, 2)), (5,), padding="valid"),
    "activated logits": NetworkConfig((), (7,), "tanh", activate_logits=True),
}


def random_image():
    return np.random.default_rng(1).random((28, 28, 1), np.float32)


def result(explanation, position):
    if isinstance(explanation, SoftmaxExplanation):
        return explanation.probabilities[position[0]]
    return explanation.total if hasattr(explanation, "total") else explanation.result


def places(shape, rng, n=25):
    """All corners, which are the first and the last of every axis, and places drawn at random."""
    corners = itertools.product(*({0, side - 1} for side in shape))
    return [*corners, *(tuple(int(rng.integers(side)) for side in shape) for _ in range(n))]


# --- worked examples ------------------------------------------------------------------------------------------------

SQUARE = np.arange(1.0, 10).reshape(3, 3, 1)  # 1 2 3 / 4 5 6 / 7 8 9
BOX = np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 3]]).reshape(3, 3, 1, 1)


def test_a_convolution_in_the_middle():
    explanation = arithmetic.convolution_at(BOX, np.array([0.5]), SQUARE, (1, 1, 0))
    assert (explanation.patch[..., 0] == SQUARE[..., 0]).all()
    assert explanation.inside.all()
    assert explanation.products[..., 0].tolist() == [[1, 0, 0], [0, 10, 0], [0, 0, 27]]
    assert explanation.channel_sums.tolist() == [38]
    assert (explanation.bias, explanation.total, explanation.top, explanation.left) == (0.5, 38.5, 0, 0)


def test_a_convolution_in_the_corner_lies_on_zeros():
    explanation = arithmetic.convolution_at(BOX, np.array([0.0]), SQUARE, (0, 0, 0))
    assert explanation.patch[..., 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 4, 5]]
    assert explanation.inside.tolist() == [[False] * 3, [False, True, True], [False, True, True]]
    assert (explanation.total, explanation.top, explanation.left) == (2 * 1 + 3 * 5, -1, -1)
    explanation = arithmetic.convolution_at(BOX, np.array([0.0]), SQUARE, (2, 2, 0))
    assert explanation.patch[..., 0].tolist() == [[5, 6, 0], [8, 9, 0], [0, 0, 0]]
    assert (explanation.total, explanation.top, explanation.left) == (1 * 5 + 2 * 9, 1, 1)


def test_an_even_kernel_has_its_padding_below_and_at_the_right():
    kernel = np.ones((2, 2, 1, 1))
    first = arithmetic.convolution_at(kernel, np.array([0.0]), SQUARE, (0, 0, 0))
    last = arithmetic.convolution_at(kernel, np.array([0.0]), SQUARE, (2, 2, 0))
    assert (first.total, first.inside.all()) == (1 + 2 + 4 + 5, True)
    assert last.patch[..., 0].tolist() == [[9, 0], [0, 0]]


def test_stride_2_moves_the_kernel_by_two():
    explanation = arithmetic.convolution_at(BOX, np.array([0.0]), SQUARE, (1, 0, 0), stride=2)
    assert (explanation.top, explanation.left) == (1, -1)
    assert explanation.patch[..., 0].tolist() == [[0, 4, 5], [0, 7, 8], [0, 0, 0]]


def test_without_padding_the_kernel_stays_inside():
    explanation = arithmetic.convolution_at(BOX, np.array([0.0]), SQUARE, (0, 0, 0), padding="valid")
    assert explanation.inside.all()
    assert (explanation.total, explanation.top, explanation.left) == (1 + 2 * 5 + 3 * 9, 0, 0)
    with pytest.raises(ValueError, match="position"):
        arithmetic.convolution_at(BOX, np.array([0.0]), SQUARE, (1, 0, 0), padding="valid")


def test_channels_come_by_the_magnitude_of_their_contribution():
    inputs = np.array([[[1.0, 2, 3, 4]]])
    kernel = np.array([1.0, -5, 2, -1]).reshape(1, 1, 4, 1)
    explanation = arithmetic.convolution_at(kernel, np.array([0.0]), inputs, (0, 0, 0))
    assert explanation.channel_sums.tolist() == [1, -10, 6, -4]
    assert explanation.channels_by_contribution.tolist() == [1, 2, 3, 0]
    assert argsort_by_magnitude(explanation.channel_sums, 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("side", "kernel_px", "stride", "expected"),
    [
        (28, 5, 1, (2, 2)),
        (28, 4, 1, (1, 2)),
        (28, 3, 2, (0, 1)),
        (28, 1, 3, (0, 0)),
        (7, 5, 4, (1, 1)),
        (3, 7, 2, (3, 3)),
    ],
)
def test_same_padding(side, kernel_px, stride, expected):
    assert arithmetic.same_padding(side, kernel_px, stride) == expected


def test_max_pooling_names_the_first_of_several_maxima():
    explanation = arithmetic.pooling_at("max", np.array([[1.0, 7], [7, 0]])[..., None], (0, 0, 0))
    assert (explanation.result, explanation.argmax, explanation.top, explanation.left) == (7, (0, 1), 0, 0)
    assert explanation.values.tolist() == [[1, 7], [7, 0]]


def test_pooling_leaves_out_what_hangs_over_the_edge():
    explanation = arithmetic.pooling_at("max", -SQUARE, (1, 1, 0))
    assert (explanation.result, explanation.argmax, explanation.top, explanation.left) == (-9, (0, 0), 2, 2)
    assert np.isnan(explanation.values).tolist() == [[False, True], [True, True]]
    explanation = arithmetic.pooling_at("average", SQUARE, (0, 1, 0))
    assert (explanation.result, explanation.argmax) == (4.5, None)  # of 3 and 6 alone
    assert explanation.inside.tolist() == [[True, False], [True, False]]
    assert arithmetic.pooling_at("max", SQUARE, (0, 1, 0)).argmax == (1, 0)  # the 6 below the 3


@pytest.mark.parametrize(
    ("operation", "value", "expected"),
    [
        ("relu", -2, 0),
        ("relu", 3.5, 3.5),
        ("tanh", 0, 0),
        ("sigmoid", 0, 0.5),
        ("sigmoid", np.log(3), 0.75),
        ("sigmoid", -2000, 0),
        ("sigmoid", 2000, 1),
    ],
)
def test_activations(operation, value, expected):
    explanation = arithmetic.activation_at(operation, value)
    assert (explanation.value, explanation.result) == (value, pytest.approx(expected, abs=1e-12))


def test_a_neuron_multiplies_and_adds():
    explanation = arithmetic.dense_at(np.array([[1.0, 2], [3, 4]]), np.array([10.0, 20]), np.array([5.0, -1]), 1)
    assert (explanation.contributions.tolist(), explanation.bias, explanation.total) == ([10, -4], 20, 26)


def test_softmax_with_its_numbers():
    explanation = arithmetic.explain_softmax(np.log([1.0, 2, 1, 4, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]) + 1000)
    assert explanation.exponentials == pytest.approx([0.25, 0.5, 0.25, 1, 0.125, 0.125, *[0.0625] * 4])
    assert (explanation.total, explanation.shifted[3]) == (pytest.approx(2.5), 0)
    assert explanation.probabilities == pytest.approx([0.1, 0.2, 0.1, 0.4, 0.05, 0.05, *[0.025] * 4])


def test_contributions_to_the_predicted_digit_and_the_runner_up():
    config = NetworkConfig((), ())
    weights = zero_weights(config)
    weights["logits/kernel"][30, [4, 9]] = 2, 1
    weights["logits/kernel"][40, [4, 9]] = -8, 1
    weights["logits/bias"][4] = 7
    image = np.zeros((28, 28, 1), np.float32)
    image.flat[[30, 40]] = 1, 0.5
    network = Network(config, weights)
    prediction = arithmetic.explain_prediction(network, layer_outputs(network, image))
    assert (prediction.below, prediction.predicted, prediction.runner_up) == ("flatten", 4, 9)
    assert prediction.logits.tolist() == [0, 0, 0, 0, 5, 0, 0, 0, 0, 1.5]
    assert argsort_by_magnitude(prediction.contributions[:, 4], 2).tolist() == [40, 30]
    assert prediction.contributions[[40, 30], 4].tolist() == [-4, 2]
    assert prediction.contributions[[40, 30], 9].tolist() == [0.5, 1]


# --- against TensorFlow ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_every_layer_equals_tensorflow_at_corners_and_at_random(name, rng):
    network = random_network(CONFIGS[name])
    outputs = layer_outputs(network, random_image())
    for layer in layers(network.config)[1:]:
        for position in places(layer.shape, rng):
            explanation = arithmetic.explain(network, outputs, layer.name, position)
            expected = pytest.approx(float(outputs[layer.name][position]), rel=1e-5, abs=1e-5)
            assert result(explanation, position) == expected, (layer.name, position)


def test_every_layer_of_the_shipped_network_equals_tensorflow_on_a_digit(bundled, rng):
    network = store.load(store.open_model(store.ROOT / "hvass"))
    outputs = layer_outputs(network, bundled.images[0])
    for layer in layers(network.config)[1:]:
        for position in places(layer.shape, rng):
            explanation = arithmetic.explain(network, outputs, layer.name, position)
            assert result(explanation, position) == pytest.approx(
                float(outputs[layer.name][position]), rel=1e-5, abs=1e-5
            )
    prediction = arithmetic.explain_prediction(network, outputs)
    assert prediction.logits == pytest.approx(outputs["logits"], rel=1e-5, abs=1e-5)
    assert prediction.softmax.probabilities == pytest.approx(outputs["softmax"], abs=1e-5)
    assert (prediction.predicted, prediction.runner_up) == tuple(outputs["softmax"].argsort()[::-1][:2])


@pytest.mark.parametrize("name", CONFIGS)
def test_the_prediction_equals_tensorflow(name):
    network = random_network(CONFIGS[name])
    outputs = layer_outputs(network, random_image())
    prediction = arithmetic.explain_prediction(network, outputs)
    assert prediction.logits == pytest.approx(outputs["logits"], rel=1e-5, abs=1e-5)
    assert prediction.softmax.probabilities == pytest.approx(outputs["softmax"], abs=1e-5)
    assert prediction.predicted == outputs["softmax"].argmax()


def test_the_parts_of_an_explanation_add_up_to_its_total(rng):
    network = random_network(HVASS)
    outputs = layer_outputs(network, random_image())
    explanation = arithmetic.explain(network, outputs, "conv2", (0, 13, 7))
    assert explanation.products.shape == (5, 5, 16)
    assert (explanation.products[~explanation.inside] == 0).all()
    assert explanation.channel_sums == pytest.approx(explanation.products.sum(axis=(0, 1)))
    assert explanation.total == pytest.approx(explanation.channel_sums.sum() + explanation.bias)
    explanation = arithmetic.explain(network, outputs, "dense1", (5,))
    assert explanation.total == pytest.approx(explanation.contributions.sum() + explanation.bias)


def test_flatten_and_dropout_pass_values_on_unchanged():
    network = random_network(CONFIGS["kernel larger than its map"])
    outputs = layer_outputs(network, random_image())
    explanation = arithmetic.explain(network, outputs, "flatten", (5,))
    assert (explanation.operation, explanation.input_position) == (
        "flatten",
        (1, 0, 1),
    )  # of 2×2 pixels with 2 channels
    assert arithmetic.explain(network, outputs, "dropout", (3,)).input_position == (3,)


@pytest.mark.parametrize("position", [(0, 0), (28, 0, 0), (0, -1, 0), (0, 0, 16), ()])
def test_positions_that_do_not_exist_are_refused(position):
    network = random_network(HVASS)
    with pytest.raises(ValueError, match=r"inside an array of shape \(28, 28, 16\)"):
        arithmetic.explain(network, layer_outputs(network, random_image()), "conv1", position)


def test_layers_and_operations_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match=r"one of the layers image, conv1,.*Received 'conv3'"):
        arithmetic.find_layer(HVASS, "conv3")
    with pytest.raises(ValueError, match="no layer lies below it"):
        arithmetic.layer_below(HVASS, "image")
    with pytest.raises(ValueError, match="max or average"):
        arithmetic.pooling_at("min", SQUARE, (0, 0, 0))
    with pytest.raises(ValueError, match="relu, sigmoid or tanh"):
        arithmetic.activation_at("softmax", 1.0)
    with pytest.raises(ValueError, match="inside an array"):
        arithmetic.dense_at(np.ones((2, 2)), np.ones(2), np.ones(2), 2)
