"""One value of a network taken apart: a record for each kind of layer that says how the value was computed.

A position is (row, column, channel) in a map and (unit,) in a vector, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Position = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ConvolutionExplanation:
    """One pixel of a convolution's map; all arrays are float64 but `inside`.

    Attributes:
        patch: the input under the kernel, (k, k, channels); 0 where the kernel reaches over the edge.
        inside: bool (k, k), False where the kernel reaches over the edge and lies on the padding's zeros.
        kernel: the weights of this filter, (k, k, channels).
        products: patch times kernel, element by element.
        channel_sums: the sum of the products of each input channel, (channels,).
        bias: the filter's bias.
        total: the pixel: bias and channel sums together.
        top, left: where the kernel's first element lies on the input; negative in the padding.
    """

    patch: np.ndarray
    inside: np.ndarray
    kernel: np.ndarray
    products: np.ndarray
    channel_sums: np.ndarray
    bias: float
    total: float
    top: int
    left: int

    @property
    def channels_by_contribution(self) -> np.ndarray:
        """Input channels, int64 (channels,); the one whose sum is largest in magnitude first."""
        return argsort_by_magnitude(self.channel_sums)


@dataclass(frozen=True, eq=False)
class PoolingExplanation:
    """One pixel of a pooled map.

    Attributes:
        operation: "max" or "average".
        values: the window, float64 (2, 2); NaN where it reaches over the edge of a map of odd size.
        inside: bool (2, 2), False where `values` is NaN; those count for nothing, in the average too.
        argmax: (row, column) in the window of its maximum, the first of several; None for an average.
        result: the maximum or the mean.
        top, left: where the window's first pixel lies on the input.
    """

    operation: str
    values: np.ndarray
    inside: np.ndarray
    argmax: tuple[int, int] | None
    result: float
    top: int
    left: int


@dataclass(frozen=True)
class ActivationExplanation:
    """One value before and after the activation function "relu", "sigmoid" or "tanh"."""

    operation: str
    value: float
    result: float


@dataclass(frozen=True, eq=False)
class DenseExplanation:
    """One neuron of a fully connected layer, before its activation.

    Attributes:
        contributions: inputs times weights, float64 (n,).
        bias: the neuron's bias.
        total: bias and contributions together.
    """

    contributions: np.ndarray
    bias: float
    total: float


@dataclass(frozen=True)
class IdentityExplanation:
    """A value that "flatten" or "dropout" (which drops only in training) passes on unchanged.

    Attributes:
        operation: "flatten" or "dropout".
        input_position: where the value stands in the layer below.
        result: the value.
    """

    operation: str
    input_position: Position
    result: float


@dataclass(frozen=True, eq=False)
class SoftmaxExplanation:
    """From ten inputs to ten probabilities; all arrays are float64 (10,).

    Attributes:
        logits: the inputs.
        shifted: logits minus their maximum, so that no exponential overflows; the probabilities are the same.
        exponentials: e to the power of each of `shifted`.
        total: the sum of the exponentials.
        probabilities: exponentials divided by total; they sum to 1.
    """

    logits: np.ndarray
    shifted: np.ndarray
    exponentials: np.ndarray
    total: float
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class PredictionExplanation:
    """From the last hidden layer to the predicted digit.

    Attributes:
        below: name of the layer that feeds the logits.
        contributions: float64 (n, 10): what each value of that layer adds to each digit's logit.
        biases, logits: float64 (10,); a logit is its bias and the sum of its column of contributions.
        softmax: the probabilities, computed behind the activation of the logits when the network has one.
        predicted, runner_up: the digits with the highest and the second highest probability.
    """

    below: str
    contributions: np.ndarray
    biases: np.ndarray
    logits: np.ndarray
    softmax: SoftmaxExplanation
    predicted: int
    runner_up: int


def argsort_by_magnitude(values: np.ndarray, n: int | None = None) -> np.ndarray:
    """Indices of the n (or all) values of shape (m,) that are largest in magnitude, the largest first; int64."""
    return np.argsort(-np.abs(values), kind="stable")[:n]


Explanation = (
    ConvolutionExplanation
    | PoolingExplanation
    | ActivationExplanation
    | DenseExplanation
    | IdentityExplanation
    | SoftmaxExplanation
)
