"""One weight of the last layer in one training step: its gradient by the chain rule, and how far it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis import arithmetic
from cnnviz.network.config import NetworkConfig
from cnnviz.network.presets import Optimizer
from cnnviz.network.weights import Network

BETA_1, BETA_2, RHO = 0.9, 0.999, 0.9
"""What Keras's Adam and RMSprop keep of their running means in a step, where nothing else is said."""


@dataclass(frozen=True)
class WeightGradient:
    """The gradient of one digit's cross-entropy with respect to one weight of the last layer.

    Attributes:
        neuron: which value of the layer below the weight multiplies.
        digit: which of the ten logits it goes to.
        activation: that value.
        weight: the weight itself.
        probability: of `digit`.
        target: 1 where `digit` is the true one, else 0.
        slope: of the activation behind the logits, 1 where there is none.
    """

    neuron: int
    digit: int
    activation: float
    weight: float
    probability: float
    target: float
    slope: float = 1.0

    @property
    def gradient(self) -> float:
        """By the chain rule, (probability - target) * slope * activation."""
        return (self.probability - self.target) * self.slope * self.activation


def weight_gradient(
    network: Network, outputs: Mapping[str, np.ndarray], true: int, digit: int, neuron: int
) -> WeightGradient:
    """The gradient of one weight of the last layer, for one image and with nothing dropped.

    Args:
        network: configuration and weights.
        outputs: every layer's output for the image, without the batch axis.
        true: the true digit.
        digit, neuron: which weight.
    """
    below = arithmetic.layer_below(network.config, "logits").name
    explained = arithmetic.explain_prediction(network, outputs)
    slope = _slope(network.config, float(explained.logits[digit]))
    weight = float(network.weights["logits/kernel"][neuron, digit])
    probability, target = float(explained.softmax.probabilities[digit]), float(digit == true)
    return WeightGradient(neuron, digit, float(outputs[below][neuron]), weight, probability, target, slope)


def _slope(config: NetworkConfig, logit: float) -> float:
    """The derivative of the activation behind the logits; that of ReLU at 0 is 0, as TensorFlow has it."""
    if not config.activate_logits:
        return 1.0
    result = arithmetic.activation_at(config.activation, logit).result
    return {"relu": float(logit > 0), "sigmoid": result * (1 - result), "tanh": 1 - result**2}[config.activation]


def first_change(optimizer: Optimizer, gradient: float, learning_rate: float, epsilon: float) -> float:
    """What an optimiser adds to a weight in its first step, as Keras does it; the running means begin at 0.

    SGD: -learning_rate * g. RMSprop: v = (1 - RHO) * g², and -learning_rate * g / √(v + epsilon). Adam:
    m = (1 - BETA_1) * g and v = (1 - BETA_2) * g², each divided by what it began with, which leaves g and g² in the
    first step, so that the change is about -learning_rate * g / |g|.

    Args:
        optimizer: which one.
        gradient: of the loss with respect to the weight.
        learning_rate: of this step.
        epsilon: the small number in the denominator.
    """
    if optimizer == "sgd":
        return -learning_rate * gradient
    if optimizer == "rmsprop":
        return -learning_rate * gradient / float(np.sqrt((1 - RHO) * gradient**2 + epsilon))
    m, v = (1 - BETA_1) * gradient, (1 - BETA_2) * gradient**2
    rate = learning_rate * float(np.sqrt(1 - BETA_2)) / (1 - BETA_1)
    return -rate * m / (float(np.sqrt(v)) + epsilon)
