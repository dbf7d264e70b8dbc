"""Loss, gradient and first step of one weight: against TensorFlow and Keras, and by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnviz.analysis import loss, training_step
from cnnviz.analysis.arithmetic import explain_softmax
from cnnviz.analysis.training_step import WeightGradient
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from networks import layer_outputs, random_network

CONFIGS = {
    "relu": NetworkConfig((Convolution(3, 3), Convolution(4, 3)), (8,)),
    "linear": NetworkConfig((), ()),
    "dropout": NetworkConfig((Convolution(3, 3),), (8,), dropout=0.5),
    **{f"{a} on the logits": NetworkConfig((), (6,), activation=a, activate_logits=True) for a in ("relu", "tanh")},
    "sigmoid on the logits": NetworkConfig((), (6,), activation="sigmoid", activate_logits=True),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))
def test_the_chain_rule_gives_tensorflows_gradient(config, bundled):
    network, image, true = random_network(config), bundled.images[3], int(bundled.labels[3])
    outputs = layer_outputs(network, image)
    model = build(config)
    for variable, array in zip(model.trainable_variables, network.weights.values(), strict=True):
        variable.assign(array)
    kernel = model.trainable_variables[list(weight_shapes(config)).index("logits/kernel")]
    before_softmax = keras.Model(model.inputs[0], model.layers[-2].output)
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits([true], before_softmax(image[None], training=False))
    expected = tape.gradient(losses, kernel.value if hasattr(kernel, "value") else kernel)
    expected = np.asarray(expected)
    for digit in range(10):
        for neuron in (0, len(expected) // 2, len(expected) - 1):
            found = training_step.weight_gradient(network, outputs, true, digit, neuron)
            assert found.gradient == pytest.approx(float(expected[neuron, digit]), rel=1e-4, abs=1e-7)
            assert found.weight == network.weights["logits/kernel"][neuron, digit]
            assert found.target == (digit == true)


def test_the_chain_rule_by_hand():
    assert WeightGradient(0, 7, 2.0, 0.1, 0.25, 1.0).gradient == -1.5
    assert WeightGradient(0, 3, 2.0, 0.1, 0.25, 0.0).gradient == 0.5
    assert WeightGradient(0, 3, 2.0, 0.1, 0.25, 0.0, slope=0.0).gradient == 0


@pytest.mark.parametrize("gradient", [1.5, -0.02, 3e-6, -1e-9, 0.0])
@pytest.mark.parametrize("epsilon", [1e-8, 1e-7])
def test_first_steps_are_those_of_keras(gradient, epsilon):
    optimizers = {
        "sgd": keras.optimizers.SGD(0.01),
        "rmsprop": keras.optimizers.RMSprop(0.01, epsilon=epsilon),
        "adam": keras.optimizers.Adam(0.01, epsilon=epsilon),
    }
    for name, optimizer in optimizers.items():
        weight = keras.Variable(np.zeros(1, np.float32))
        optimizer.apply([tf.constant([gradient])], [weight])
        expected = float(weight.numpy()[0])
        found = training_step.first_change(name, gradient, 0.01, epsilon)
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-15), name


def test_cross_entropy_is_tensorflows_also_where_a_probability_is_rounded_to_0(rng):
    for logits in (rng.normal(0, 3, 10), np.array([200.0, *np.zeros(9)])):
        found = loss.cross_entropies(explain_softmax(logits))
        expected = tf.nn.sparse_softmax_cross_entropy_with_logits(range(10), np.tile(logits, (10, 1)))
        assert found == pytest.approx(expected.numpy(), abs=1e-6)
        assert found.min() >= 0
    assert found[0] == 0
    assert found[1] == 200


def test_the_losses_of_a_batch():
    probs = np.zeros((3, 10), np.float32)
    probs[0, 4], probs[1, 0], probs[2, 9] = 1, 0.5, 0
    assert loss.batch_losses(probs, np.array([4, 0, 9])) == pytest.approx([0, 0.693147, 87.3365], abs=1e-3)
