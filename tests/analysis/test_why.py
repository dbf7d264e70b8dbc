"""What answers questions of why: start of the weights, symmetry, merged layers, shifts, dropout, a small training."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnviz.analysis import dropout, initial_weights, merged_layers, shifts, small_shifts, small_training, symmetry
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from networks import layer_outputs, random_network, zero_weights


def test_a_truncated_normal_has_nothing_beyond_two_deviations_and_a_normal_one_in_22(rng):
    normal, truncated = (initial_weights.draw((100_000,), 0.1, rng, truncated=each) for each in (False, True))
    assert 1 / (np.abs(normal) > 0.2).mean() == pytest.approx(22, abs=1.5)
    assert np.abs(truncated).max() <= 0.2
    of_keras = keras.initializers.TruncatedNormal(stddev=0.1, seed=0)((100_000,)).numpy()
    assert truncated.std() == pytest.approx(of_keras.std(), rel=0.01)
    counts = initial_weights.histogram(truncated, 0.1)
    assert counts[[0, 1, 6, 7]].tolist() == [0, 0, 0, 0]
    assert counts.sum() == pytest.approx(1)
    assert initial_weights.histogram(np.zeros(5), 0.0).sum() == 1


def test_a_network_before_its_training():
    network = initial_weights.starting_network(PRESETS["deep-mnist"].network)
    assert set(network.weights["conv1/bias"].tolist()) == {np.float32(0.1)}
    assert np.abs(network.weights["dense1/kernel"]).max() <= np.float32(0.2)
    assert network == initial_weights.starting_network(PRESETS["deep-mnist"].network)


def test_the_gradient_of_hidden_neurons_is_tensorflows(rng):
    pixels, first, second = rng.random(784), rng.normal(0, 0.1, (784, 8)), rng.normal(0, 0.1, (8, 10))
    kernel = tf.Variable(first)
    with tf.GradientTape() as tape:
        logits = tf.nn.relu(pixels[None] @ kernel + 0.1) @ second + 0.1
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits([4], logits)
    expected = tape.gradient(losses, kernel).numpy()
    assert symmetry.hidden_gradient(pixels, 4, first, second, 0.1) == pytest.approx(expected, abs=1e-12)
    assert (expected == 0).all(axis=0).any()  # the ReLU of at least one gives 0


def test_neurons_that_start_alike_have_one_gradient_and_zeros_none(bundled):
    for image, label in zip(bundled.images[:10], bundled.labels[:10], strict=True):
        starts = symmetry.starts(image, int(label), 0.1, 0.1)
        assert dataclasses.astuple(starts["alike"])[:3] == (1, 0, 8)
        assert dataclasses.astuple(starts["zero"]) == (1, 8, 8, 0)
        random = starts["random"]
        assert random.different - (random.zero > 0) == 8 - random.zero


def test_two_layers_without_an_activation_are_one(bundled):
    config = NetworkConfig((), (5,))
    network = random_network(config)
    outputs = layer_outputs(network, bundled.images[0])
    found = merged_layers.merge(network, outputs)
    w = {name: array.astype(np.float64) for name, array in network.weights.items()}
    x = bundled.images[0].ravel().astype(np.float64)
    hidden = x @ w["dense1/kernel"] + w["dense1/bias"]
    assert found.two_layers == pytest.approx(hidden @ w["logits/kernel"] + w["logits/bias"], abs=1e-10)
    assert found.largest_difference < 1e-10
    assert np.abs(found.with_activation - found.two_layers).max() > 1e-3


def test_a_shift_changes_maps_less_behind_a_pooling():
    image = np.zeros((28, 28, 1), np.float32)
    image[4, 4] = 1
    moved = small_shifts.moved_right(image)
    assert np.argwhere(moved[:, :, 0]).tolist() == [[4, 5]]
    assert shifts.relative_change(image, moved) == pytest.approx(np.sqrt(2))
    assert shifts.relative_change(0 * image, moved) == 0
    config = NetworkConfig((Convolution(1, 1),), (), pool_first=True)
    weights = zero_weights(config) | {"conv1/kernel": np.ones((1, 1, 1, 1), np.float32)}
    before, after = (layer_outputs(Network(config, weights), each) for each in (image, moved))
    (found,) = small_shifts.changes(config, before, after)
    assert (found.convolution, found.with_pooling) == ("conv1", 0)  # both places are in one window
    assert found.without_pooling == pytest.approx(np.sqrt(2))
    assert small_shifts.changes(NetworkConfig((), ()), {}, {}) == []


def test_what_is_kept_is_doubled(rng):
    values = rng.random(10_000) + 1
    kept, after = dropout.drop(values, 0.5)
    assert kept.mean() == pytest.approx(0.5, abs=0.02)
    assert after[kept] == pytest.approx(2 * values[kept])
    assert not after[~kept].any()
    assert dropout.drop(values, 0.0)[1].tolist() == values.tolist()


@pytest.mark.parametrize("relu", [True, False])
def test_the_gradients_of_a_small_network_are_tensorflows(relu, rng):
    shapes = ((784, 64), (64,), (64, 10), (10,))
    weights = [rng.normal(0, 0.1, shape) for shape in shapes]
    x, labels = rng.random((5, 784)), np.array([1, 2, 3, 4, 0])
    variables = [tf.Variable(each) for each in weights]
    with tf.GradientTape() as tape:
        hidden = x @ variables[0] + variables[1]
        logits = (tf.nn.relu(hidden) if relu else hidden) @ variables[2] + variables[3]
        mean = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    found = small_training.gradients(weights, x, np.eye(10)[labels], relu)
    for one, expected in zip(found, tape.gradient(mean, variables), strict=True):
        assert one == pytest.approx(expected.numpy(), abs=1e-10)


def test_few_digits_are_learnt_by_heart(bundled):
    digits, others = ((bundled.images[part], bundled.labels[part]) for part in (slice(0, 50), slice(100, 500)))
    curves = small_training.train(digits, others, True, 200)
    assert curves.steps.tolist() == list(range(0, 201, small_training.EVERY))
    assert curves.training[-1] == 1
    assert curves.training[0] < 0.5
    assert curves.validation[-1] < 0.97
    again = small_training.train(digits, others, True, 200)
    assert again.validation.tolist() == curves.validation.tolist()
