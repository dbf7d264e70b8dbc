"""What the start of the weights does to the first gradient, on a small network with one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.analysis import initial_weights
from cnnviz.analysis.arithmetic import explain_softmax
from cnnviz.network.config import N_CLASSES

N_NEURONS = 8


@dataclass(frozen=True)
class Start:
    """What came of one start.

    Attributes:
        different: how many different gradients the hidden neurons have; 1: they are alike and stay so.
        zero: how many of them have a gradient of 0 throughout, and learn nothing from this digit.
        n: hidden neurons.
        largest: magnitude among all gradients.
    """

    different: int
    zero: int
    n: int
    largest: float


def starts(image: np.ndarray, true: int, stddev: float, bias: float, seed: int = 0) -> dict[str, Start]:
    """Three starts of 8 hidden neurons with ReLU: at "random", with the same weights each ("alike"), all "zero".

    Args:
        image: float, 784 pixels in any shape.
        true: the true digit.
        stddev: of the random weights; where all neurons are alike, they have those of one.
        bias: what every bias starts at.
        seed: of the random weights.
    """
    rng, pixels = np.random.default_rng(seed), np.ravel(image).astype(np.float64)
    shapes = ((pixels.size, N_NEURONS), (N_NEURONS, N_CLASSES))
    first, second = (initial_weights.draw(shape, stddev, rng, truncated=True) for shape in shapes)
    active = first[:, :1] if pixels @ first[:, 0] + bias > 0 else -first[:, :1]  # else its gradient would be 0 too
    weights = {
        "random": (first, second),
        "alike": (active.repeat(N_NEURONS, axis=1), second[:1].repeat(N_NEURONS, axis=0)),
        "zero": (0 * first, 0 * second),
    }
    return {name: _start(hidden_gradient(pixels, true, *pair, bias)) for name, pair in weights.items()}


def hidden_gradient(pixels: np.ndarray, true: int, first: np.ndarray, second: np.ndarray, bias: float) -> np.ndarray:
    """The gradient of the cross-entropy with respect to the first weights, float64 (784, n).

    Args:
        pixels: float (784,).
        true: the true digit.
        first, second: float (784, n) and (n, 10), the weights; a ReLU stands between.
        bias: the value of every bias.
    """
    sums = pixels @ first + bias
    probs = explain_softmax(np.maximum(sums, 0) @ second + bias).probabilities
    back = second @ (probs - np.eye(N_CLASSES)[true])
    gradient: np.ndarray = np.outer(pixels, back * (sums > 0))
    return gradient


def _start(gradient: np.ndarray) -> Start:
    columns = gradient.T.round(12)  # sums of the same numbers may differ in their last digit
    return Start(
        len(np.unique(columns, axis=0)), int((~columns.any(axis=1)).sum()), len(columns), float(np.abs(gradient).max())
    )
