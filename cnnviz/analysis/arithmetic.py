"""Compute one value of a network as a student would on paper: one pixel of a map, one neuron, one prediction.

Plain NumPy in float64, from a layer's weights and its inputs.  Results agree with TensorFlow's float32 to 1e-5,
absolutely for magnitudes below 1 and relatively above.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnviz.analysis.explanations import (
    ActivationExplanation,
    ConvolutionExplanation,
    DenseExplanation,
    Explanation,
    IdentityExplanation,
    PoolingExplanation,
    Position,
    PredictionExplanation,
    SoftmaxExplanation,
)
from cnnviz.network.config import POOL_PX, Layer, NetworkConfig, Padding, layers
from cnnviz.network.weights import Network


def same_padding(side: int, kernel_px: int, stride: int) -> tuple[int, int]:
    """Zeros that TensorFlow's padding "SAME" puts before and behind a row of pixels.

    Args:
        side: pixels of the row.
        kernel_px: pixels of the kernel along the row.
        stride: pixels from one position of the kernel to the next.

    Returns:
        the two numbers of zeros; with them the output has ceil(side / stride) pixels.  Of an odd number, the extra
        zero stands behind, at the bottom or at the right.
    """
    n_outputs = -(-side // stride)  # rounds up without leaving whole numbers
    total = max((n_outputs - 1) * stride + kernel_px - side, 0)
    return total // 2, total - total // 2


def padding_between(below: Layer, layer: Layer) -> tuple[int, int]:
    """Zeros that a convolution puts before and behind a row of what leaves the layer below it; none without padding.

    Both follow from the sides of the maps: so many outputs reach so far.
    """
    reach = (layer.shape[0] - 1) * layer.stride + layer.kernel_shape[0]
    total = max(reach - below.shape[0], 0)
    return total // 2, total - total // 2


def convolution_at(
    kernel: np.ndarray,
    bias: np.ndarray,
    inputs: np.ndarray,
    position: Position,
    stride: int = 1,
    *,
    padding: Padding = "same",
) -> ConvolutionExplanation:
    """One pixel of a convolution.

    Args:
        kernel: float (k, k, channels, filters).
        bias: float (filters,).
        inputs: float (height, width, channels).
        position: (row, column, filter) of the pixel in the map.
        stride: pixels from one position of the kernel to the next.
        padding: "same" for zeros around the inputs, "valid" for none.

    Raises:
        ValueError: when the map has no such pixel.
    """
    k, (height, width, channels) = len(kernel), inputs.shape
    zeros = [same_padding(side, k, stride) if padding == "same" else (0, 0) for side in (height, width)]
    sides = [(side + sum(added) - k) // stride + 1 for side, added in zip((height, width), zeros, strict=True)]
    _check_position(position, (*sides, kernel.shape[-1]))
    row, column, filter_ = position
    top, left = row * stride - zeros[0][0], column * stride - zeros[1][0]
    rows, columns = np.arange(top, top + k), np.arange(left, left + k)
    inside = np.outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
    patch = np.zeros((k, k, channels))
    patch[inside] = inputs[max(top, 0) : top + k, max(left, 0) : left + k].reshape(-1, channels)
    weights = kernel[..., filter_].astype(np.float64)
    products = patch * weights
    channel_sums, b = products.sum(axis=(0, 1)), float(bias[filter_])
    total = float(channel_sums.sum() + b)
    return ConvolutionExplanation(patch, inside, weights, products, channel_sums, b, total, top, left)


def pooling_at(operation: str, inputs: np.ndarray, position: Position) -> PoolingExplanation:
    """One pixel of a 2×2 pooling with stride 2.

    Args:
        operation: "max" or "average".
        inputs: float (height, width, channels).
        position: (row, column, channel) of the pixel in the pooled map.

    Raises:
        ValueError: when there is no such operation, or the pooled map has no such pixel.
    """
    if operation not in ("max", "average"):
        raise ValueError(f"Expected max or average. Received {operation!r}.")
    height, width, channels = inputs.shape
    _check_position(position, (-(-height // POOL_PX), -(-width // POOL_PX), channels))
    top, left = POOL_PX * position[0], POOL_PX * position[1]
    window = inputs[top : top + POOL_PX, left : left + POOL_PX, position[2]].astype(np.float64)
    values = np.full((POOL_PX, POOL_PX), np.nan)
    values[: len(window), : window.shape[1]] = window
    inside = np.zeros(values.shape, bool)
    inside[: len(window), : window.shape[1]] = True
    if operation == "average":
        return PoolingExplanation(operation, values, inside, None, float(window.mean()), top, left)
    row, column = divmod(int(window.argmax()), window.shape[1])
    return PoolingExplanation(operation, values, inside, (row, column), float(window.max()), top, left)


def activation_at(operation: str, value: float) -> ActivationExplanation:
    """One value through "relu" max(0, x), "sigmoid" 1 / (1 + exp(-x)) or "tanh".

    Raises:
        ValueError: when there is no such operation.
    """
    if operation not in ("relu", "sigmoid", "tanh"):
        raise ValueError(f"Expected relu, sigmoid or tanh. Received {operation!r}.")
    # The sigmoid of x is the tanh of x / 2 moved from (-1, 1) to (0, 1); it never overflows.
    results = {"relu": max(value, 0.0), "sigmoid": 0.5 + 0.5 * np.tanh(value / 2), "tanh": np.tanh(value)}
    return ActivationExplanation(operation, float(value), float(results[operation]))


def dense_at(kernel: np.ndarray, bias: np.ndarray, inputs: np.ndarray, unit: int) -> DenseExplanation:
    """One neuron of a fully connected layer, before its activation.

    Args:
        kernel: float (n, units).
        bias: float (units,).
        inputs: float (n,).
        unit: which neuron.

    Raises:
        ValueError: when there is no such neuron.
    """
    _check_position((unit,), bias.shape)
    contributions = inputs.astype(np.float64) * kernel[:, unit]
    b = float(bias[unit])
    return DenseExplanation(contributions, b, float(contributions.sum() + b))


def explain_softmax(logits: np.ndarray) -> SoftmaxExplanation:
    """Ten logits, float (10,), to ten probabilities: exp(x) divided by the sum of all exp(x)."""
    values = logits.astype(np.float64)
    shifted = values - values.max()
    exponentials = np.exp(shifted)
    total = float(exponentials.sum())
    return SoftmaxExplanation(values, shifted, exponentials, total, exponentials / total)


def explain_prediction(network: Network, outputs: Mapping[str, np.ndarray]) -> PredictionExplanation:
    """What each value of the last hidden layer adds to each digit's logit, and the probabilities that follow.

    Args:
        network: configuration and weights.
        outputs: every layer's output for one image, without the batch axis.
    """
    below = layer_below(network.config, "logits").name
    kernel, biases = (network.weights[f"logits/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    contributions = outputs[below][:, None] * kernel
    logits = contributions.sum(axis=0) + biases
    activated = logits
    if network.config.activate_logits:
        activated = np.array([activation_at(network.config.activation, x).result for x in logits])
    softmax = explain_softmax(activated)
    predicted, runner_up = np.argsort(-softmax.probabilities, kind="stable")[:2].tolist()
    return PredictionExplanation(below, contributions, biases, logits, softmax, predicted, runner_up)


def explain(network: Network, outputs: Mapping[str, np.ndarray], layer_name: str, position: Position) -> Explanation:
    """How one value of one layer is computed.

    Args:
        network: configuration and weights.
        outputs: every layer's output for one image, as `inspection.activations` gives it but without the batch axis.
        layer_name: any layer but the image.
        position: (row, column, channel) in a map, (unit,) in a vector.

    Raises:
        ValueError: when there is no such layer or position, or the layer is the image, which is not computed.
    """
    layer, below = find_layer(network.config, layer_name), layer_below(network.config, layer_name)
    _check_position(position, layer.shape)
    inputs, weights = outputs[below.name], network.weights
    if layer.kind == "convolution":
        kernel, bias = weights[f"{layer_name}/kernel"], weights[f"{layer_name}/bias"]
        return convolution_at(kernel, bias, inputs, position, layer.stride, padding=network.config.padding)
    if layer.kind == "pooling":
        return pooling_at(layer.operation, inputs, position)
    if layer.kind == "dense":
        return dense_at(weights[f"{layer_name}/kernel"], weights[f"{layer_name}/bias"], inputs, position[0])
    if layer.kind == "softmax":
        return explain_softmax(inputs)
    if layer.kind == "activation":
        return activation_at(layer.operation, float(inputs[position]))
    origin = position
    if layer.kind == "flatten":
        origin = tuple(int(index) for index in np.unravel_index(position[0], below.shape))
    return IdentityExplanation(layer.kind, origin, float(inputs[origin]))


def value_at(config: NetworkConfig, outputs: Mapping[str, np.ndarray], layer_name: str, position: Position) -> float:
    """One value of one layer, or of the image.

    Raises:
        ValueError: when there is no such layer or position.
    """
    _check_position(position, find_layer(config, layer_name).shape)
    return float(outputs[layer_name][position])


def find_layer(config: NetworkConfig, name: str) -> Layer:
    """The layer of that name.

    Raises:
        ValueError: when there is none.
    """
    by_name = {layer.name: layer for layer in layers(config)}
    if name not in by_name:
        raise ValueError(f"Expected one of the layers {', '.join(by_name)}. Received {name!r}.")
    return by_name[name]


def layer_below(config: NetworkConfig, name: str) -> Layer:
    """The layer whose output is the input of the layer of that name.

    Raises:
        ValueError: when there is no such layer, or it is the image.
    """
    layer = find_layer(config, name)
    if layer.kind == "input":
        raise ValueError("Expected a layer above the image: no layer lies below it, its pixels are the ink itself.")
    entries = layers(config)
    return entries[entries.index(layer) - 1]


def _check_position(position: Position, shape: tuple[int, ...]) -> None:
    if len(position) != len(shape) or not all(0 <= p < n for p, n in zip(position, shape, strict=True)):
        raise ValueError(f"Expected a position inside an array of shape {shape}. Received {position}.")
