"""What a network is: its configuration, and its layers in words and numbers.

The configuration alone answers every question about shapes and weights, so a page can describe a network
without TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

IMAGE_PX = 28
N_CLASSES = 10
POOL_PX = 2
MAX_WEIGHTS = 50_000_000

Activation = Literal["relu", "sigmoid", "tanh"]
Pooling = Literal["max", "average", "none"]
Initializer = Literal["truncated_normal", "normal"]
Kind = Literal["input", "convolution", "activation", "pooling", "flatten", "dense", "dropout", "softmax"]


@dataclass(frozen=True)
class Convolution:
    """One convolution layer: `filters` kernels of `kernel_px` × `kernel_px`, padded so that stride 1 keeps the size."""

    filters: int
    kernel_px: int = 5
    stride: int = 1


@dataclass(frozen=True)
class NetworkConfig:
    """A small convolutional network for 28×28 grey images and ten classes.

    Attributes:
        convolutions: the convolution layers, first to last.
        dense: widths of the fully connected layers before the ten outputs.
        activation: the non-linearity after every convolution and every fully connected layer but the last.
        pooling: the 2×2 pooling, stride 2, of each convolution layer.
        pool_first: pool before the activation instead of after it.
        dropout: share of the last fully connected layer's values that is dropped in training, in [0, 1).
        activate_logits: apply the activation to the ten outputs too (one of the tutorials' exercises).
        initializer: distribution the weights start from.
        initial_stddev: its standard deviation.
        initial_bias: the value every bias starts at.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...]
    activation: Activation = "relu"
    pooling: Pooling = "max"
    pool_first: bool = False
    dropout: float = 0.0
    activate_logits: bool = False
    initializer: Initializer = "truncated_normal"
    initial_stddev: float = 0.05
    initial_bias: float = 0.05

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Layer:
    """One layer as the configuration alone describes it.

    Attributes:
        name: the Keras layer's name, unique in its network.
        kind: what it does.
        shape: what leaves it, without the batch axis: (height, width, channels) or (n,).
        kernel_shape: shape of its weights without the bias; () when it has none.
        n_weights: trainable numbers, biases included.
        operation: "relu", "max" and so on, where the kind alone does not say it.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    kernel_shape: tuple[int, ...] = ()
    n_weights: int = 0
    operation: str = ""

    @property
    def is_map(self) -> bool:
        """True when two-dimensional feature maps leave this layer."""
        return len(self.shape) == 3


def _check(config: NetworkConfig) -> None:
    choices = {
        "activation": (config.activation, ("relu", "sigmoid", "tanh")),
        "pooling": (config.pooling, ("max", "average", "none")),
        "initializer": (config.initializer, ("truncated_normal", "normal")),
    }
    for field, (value, allowed) in choices.items():
        if value not in allowed:
            raise ValueError(f"Expected {field} to be one of {', '.join(allowed)}. Received {value!r}.")
    for i, c in enumerate(config.convolutions, 1):
        if not (1 <= c.filters <= 512 and 1 <= c.kernel_px <= IMAGE_PX and 1 <= c.stride <= 4):
            raise ValueError(
                f"conv{i}: expected 1 to 512 filters, a kernel of 1 to {IMAGE_PX} pixels and a stride of 1 to 4. "
                f"Received {c.filters} filters, {c.kernel_px} pixels, stride {c.stride}."
            )
    for i, width in enumerate(config.dense, 1):
        if not 1 <= width <= 8192:
            raise ValueError(f"dense{i}: expected 1 to 8192 neurons. Received {width}.")
    if not 0 <= config.dropout < 1:
        raise ValueError(f"Expected dropout, the share dropped, in [0, 1). Received {config.dropout}.")
    if n_weights(config) > MAX_WEIGHTS:
        raise ValueError(f"Expected at most {MAX_WEIGHTS:,} weights. Received {n_weights(config):,}.")


def _block(config: NetworkConfig, i: int, shape: tuple[int, int, int]) -> list[Layer]:
    """The i-th convolution layer with its pooling and activation, for an input of `shape`."""
    c = config.convolutions[i - 1]
    side = math.ceil(shape[0] / c.stride)
    kernel = (c.kernel_px, c.kernel_px, shape[2], c.filters)
    convolution = Layer(f"conv{i}", "convolution", (side, side, c.filters), kernel, math.prod(kernel) + c.filters)
    activation, pooling = config.activation, config.pooling
    pooled = math.ceil(side / POOL_PX) if pooling != "none" else side
    if pooling != "none" and side < POOL_PX:
        raise ValueError(
            f"conv{i}_pool: a {POOL_PX}×{POOL_PX} pooling window needs a map of at least {POOL_PX}×{POOL_PX}; "
            f"conv{i} leaves {side}×{side}. Use fewer layers, a smaller stride or no pooling."
        )
    act_side = pooled if config.pool_first else side
    steps = [Layer(f"conv{i}_{activation}", "activation", (act_side, act_side, c.filters), operation=activation)]
    if pooling != "none":
        pool = Layer(f"conv{i}_pool", "pooling", (pooled, pooled, c.filters), operation=pooling)
        steps.insert(0 if config.pool_first else 1, pool)
    return [convolution, *steps]


def layers(config: NetworkConfig) -> tuple[Layer, ...]:
    """Every layer of the network, from the input to the softmax.

    Raises:
        ValueError: when a map becomes too small for its pooling window; the message names the layer.
    """
    found = [Layer("image", "input", (IMAGE_PX, IMAGE_PX, 1))]
    for i in range(1, len(config.convolutions) + 1):
        height, width, channels = found[-1].shape
        found += _block(config, i, (height, width, channels))
    n = math.prod(found[-1].shape)
    found.append(Layer("flatten", "flatten", (n,)))
    for i, width in enumerate(config.dense, 1):
        found.append(Layer(f"dense{i}", "dense", (width,), (n, width), n * width + width))
        found.append(Layer(f"dense{i}_{config.activation}", "activation", (width,), operation=config.activation))
        n = width
    if config.dropout:
        found.append(Layer("dropout", "dropout", (n,)))
    found.append(Layer("logits", "dense", (N_CLASSES,), (n, N_CLASSES), n * N_CLASSES + N_CLASSES))
    if config.activate_logits:
        found.append(Layer(f"logits_{config.activation}", "activation", (N_CLASSES,), operation=config.activation))
    found.append(Layer("softmax", "softmax", (N_CLASSES,)))
    return tuple(found)


def n_weights(config: NetworkConfig) -> int:
    """Number of trainable numbers, biases included."""
    return sum(layer.n_weights for layer in layers(config))


def weight_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every trainable array, e.g. "conv1/kernel": (5, 5, 1, 16), "conv1/bias": (16,)."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in layers(config):
        if layer.kernel_shape:
            shapes[f"{layer.name}/kernel"] = layer.kernel_shape
            shapes[f"{layer.name}/bias"] = layer.kernel_shape[-1:]
    return shapes
