"""What is found when one number of a network is taken apart: a record for each kind of layer.

A position is (row, column, channel) in a map and (unit,) in a vector, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Position = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ConvolutionStep:
    """One pixel of a convolution's map; all arrays float64 but `inside`.

    Attributes:
        patch: what lies under the kernel, (k, k, channels); 0 where it hangs over the edge.
        inside: bool (k, k), False where the kernel hangs over the edge and the padding's zeros are.
        kernel: (k, k, channels) of this filter.
        products: patch times kernel, cell by cell.
        channel_sums: the sum of the products of each input channel, (channels,).
        bias, total: the filter's bias, and bias and channel sums together: the pixel.
        top, left: where the kernel's first cell lies on the input, negative in the padding.
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
    def channels_by_weight(self) -> np.ndarray:
        """Input channels, those that matter most, whatever the sign of their sum, first."""
        return strongest(self.channel_sums)


@dataclass(frozen=True, eq=False)
class PoolingStep:
    """One pixel of a pooled map.

    Attributes:
        operation: "max" or "average".
        values: the four pixels, float64 (2, 2); NaN where the window hangs over the edge of a map of odd size.
        inside: bool (2, 2), False there; these count for nothing, in the average too.
        winner: (row, column) in the window of the greatest, the first of several; None for an average.
        result: the greatest or the mean.
        top, left: where the window's first pixel lies on the input.
    """

    operation: str
    values: np.ndarray
    inside: np.ndarray
    winner: tuple[int, int] | None
    result: float
    top: int
    left: int


@dataclass(frozen=True)
class ActivationStep:
    """One number before and after "relu", "sigmoid" or "tanh"."""

    operation: str
    value: float
    result: float


@dataclass(frozen=True, eq=False)
class DenseStep:
    """One neuron: `contributions`, float64 (n,), are inputs times weights; with the bias they make the total."""

    contributions: np.ndarray
    bias: float
    total: float


@dataclass(frozen=True)
class CopyStep:
    """A number handed on as it is, by "flatten" or "dropout" (which drops only in training), from `source`."""

    operation: str
    source: Position
    result: float


@dataclass(frozen=True, eq=False)
class SoftmaxStep:
    """From ten numbers to ten probabilities; all arrays float64 (10,).

    Attributes:
        logits: what enters.
        shifted: logits minus the greatest of them, so that no exponential is too large; the answer is the same.
        exponentials, total: e to the power of each, and their sum.
        probabilities: exponentials divided by total; they sum to 1.
    """

    logits: np.ndarray
    shifted: np.ndarray
    exponentials: np.ndarray
    total: float
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class AnswerStep:
    """From the last layer to the answer.

    Attributes:
        below: name of the layer that feeds the logits.
        contributions: float64 (n, 10): what each number of that layer adds to each digit's logit.
        biases, logits: float64 (10,); logits are the sums of the columns and the biases.
        softmax: from there on, behind the activation of the logits when the network has one.
        winner, runner_up: the digits with the highest and the second highest probability.
    """

    below: str
    contributions: np.ndarray
    biases: np.ndarray
    logits: np.ndarray
    softmax: SoftmaxStep
    winner: int
    runner_up: int


def strongest(values: np.ndarray, n: int | None = None) -> np.ndarray:
    """Indices of the n (or all) values of shape (m,) farthest from 0, the farthest first."""
    return np.argsort(-np.abs(values), kind="stable")[:n]


Step = ConvolutionStep | PoolingStep | ActivationStep | DenseStep | CopyStep | SoftmaxStep
