"""What a network is: its configuration, and the layers that follow from it.

The configuration alone answers every question about shapes and weights, so a page can describe a network
without TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from cnnviz.validation import expected, validated

IMAGE_PX = 28
N_CLASSES = 10
POOL_PX = 2
MAX_FILTERS, MAX_STRIDE, MAX_NEURONS = 512, 4, 8192
MAX_LAYERS, MAX_WEIGHTS = 32, 50_000_000
MAX_START = 1000.0
"""Initial weights beyond that are no start: the first loss would already be infinite."""
N_SEEDS = 2**31
"""Seeds are 0 to 2,147,483,647, as TensorFlow takes them."""
SEED_STEP = 1009
"""Distance between the seeds of one layer for neighbouring seeds of a network. Any odd number above the number of
layers would do: odd, so that different seeds stay different modulo N_SEEDS, and above, so that no layer of one seed
starts like another layer of the next. The shipped weights began with this one."""

Activation = Literal["relu", "sigmoid", "tanh"]
Pooling = Literal["max", "average", "none"]
Initializer = Literal["truncated_normal", "normal"]
Padding = Literal["same", "valid"]
Kind = Literal["input", "convolution", "activation", "pooling", "flatten", "dense", "dropout", "softmax"]


@validated
@dataclass(frozen=True)
class Convolution:
    """One convolution layer: `filters` kernels of `kernel_px` × `kernel_px`.

    The ranges are checked by the network, which can say which of its layers is wrong.
    """

    filters: int
    kernel_px: int = 5
    stride: int = 1


Start = Annotated[float, Field(ge=-MAX_START, le=MAX_START)]
Width = Annotated[float, Field(ge=0, le=MAX_START)]


@validated
@dataclass(frozen=True)
class NetworkConfig:
    """A small convolutional network for 28×28 grey images and ten classes.

    Attributes:
        convolutions: the convolution layers, first to last.
        dense: widths of the fully connected layers before the ten outputs.
        activation: the non-linearity after every convolution and every fully connected layer but the last.
        pooling: the 2×2 pooling, stride 2, of each convolution layer.
        pool_first: pool before the activation instead of after it.
        dropout: the chance of each value of the last fully connected layer to be dropped in training, in [0, 1).
        activate_logits: apply the activation to the ten outputs too (one of the tutorials' exercises).
        initializer: distribution the weights start from.
        initial_stddev: its standard deviation, in [0, 1000].
        initial_bias: the value every bias starts at, in [-1000, 1000].
        padding: of the convolutions: "same" puts zeros around their inputs, so that stride 1 keeps the size; "valid"
            puts none, and no kernel reaches over the edge. Pooling at an odd edge takes what is there in both.

    Raises:
        ValueError: one sentence, when there can be no such network; it names the field or the layer.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...]
    activation: Annotated[Activation, expected("activation to be one of relu, sigmoid, tanh")] = "relu"
    pooling: Annotated[Pooling, expected("pooling to be one of max, average, none")] = "max"
    pool_first: bool = False
    dropout: Annotated[
        float, Field(ge=0, lt=1), expected("dropout, the chance of a value to be dropped, in [0, 1)")
    ] = 0.0
    activate_logits: bool = False
    initializer: Annotated[Initializer, expected("initializer to be one of truncated_normal, normal")] = (
        "truncated_normal"
    )
    initial_stddev: Annotated[Width, expected(f"initial_stddev in [0, {MAX_START:g}]")] = 0.05
    initial_bias: Annotated[Start, expected(f"initial_bias in [-{MAX_START:g}, {MAX_START:g}]")] = 0.05
    padding: Annotated[Padding, expected("padding to be same or valid")] = "same"

    def __post_init__(self) -> None:
        _check_layers(self)


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
        block: number of the convolution layer that it belongs to, from 1: itself, its activation, its pooling; else 0.
        stride: pixels from one window to the next; 1 where no window slides.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    kernel_shape: tuple[int, ...] = ()
    n_weights: int = 0
    operation: str = ""
    block: int = 0
    stride: int = 1

    @property
    def is_map(self) -> bool:
        """True when two-dimensional feature maps leave this layer."""
        return len(self.shape) == 3


def _check_layers(config: NetworkConfig) -> None:
    if max(len(config.convolutions), len(config.dense)) > MAX_LAYERS:
        raise ValueError(
            f"Expected at most {MAX_LAYERS} convolution layers and {MAX_LAYERS} fully connected ones. "
            f"Received {len(config.convolutions):,} and {len(config.dense):,}."
        )
    for i, c in enumerate(config.convolutions, 1):
        if not (1 <= c.filters <= MAX_FILTERS and 1 <= c.kernel_px <= IMAGE_PX and 1 <= c.stride <= MAX_STRIDE):
            raise ValueError(
                f"conv{i}: expected 1 to {MAX_FILTERS} filters, a kernel of 1 to {IMAGE_PX} pixels and a stride of "
                f"1 to {MAX_STRIDE}. Received {c.filters} filters, {c.kernel_px} pixels, stride {c.stride}."
            )
    for i, width in enumerate(config.dense, 1):
        if not 1 <= width <= MAX_NEURONS:
            raise ValueError(f"dense{i}: expected 1 to {MAX_NEURONS} neurons. Received {width}.")
    if n_weights(config) > MAX_WEIGHTS:
        raise ValueError(f"Expected at most {MAX_WEIGHTS:,} weights. Received {n_weights(config):,}.")


def _side(config: NetworkConfig, i: int, side: int) -> int:
    """Pixels of a side of what leaves the i-th convolution, for an input of so many."""
    c = config.convolutions[i - 1]
    if config.padding == "same":
        return math.ceil(side / c.stride)
    if c.kernel_px > side:
        raise ValueError(
            f"conv{i}: without padding a kernel of {c.kernel_px}×{c.kernel_px} needs a map of at least that size; it "
            f"gets {side}×{side}. Use fewer layers, a smaller kernel or zeros around the maps."
        )
    return (side - c.kernel_px) // c.stride + 1


def _block(config: NetworkConfig, i: int, shape: tuple[int, int, int]) -> list[Layer]:
    """The i-th convolution layer, counted from 1, with its pooling and activation, for an input of `shape`."""
    c = config.convolutions[i - 1]
    side = _side(config, i, shape[0])
    kernel = (c.kernel_px, c.kernel_px, shape[2], c.filters)
    n = math.prod(kernel) + c.filters
    convolution = Layer(
        f"conv{i}", "convolution", (side, side, c.filters), kernel, n_weights=n, block=i, stride=c.stride
    )
    pooled = math.ceil(side / POOL_PX) if config.pooling != "none" else side
    if config.pooling != "none" and side < POOL_PX:
        raise ValueError(
            f"conv{i}_pool: a {POOL_PX}×{POOL_PX} pooling window needs a map of at least {POOL_PX}×{POOL_PX}; "
            f"conv{i} leaves {side}×{side}. Use fewer layers, a smaller stride or no pooling."
        )
    shape_of_activation = (pooled, pooled, c.filters) if config.pool_first else (side, side, c.filters)
    name = f"conv{i}_{config.activation}"
    behind = [Layer(name, "activation", shape_of_activation, operation=config.activation, block=i)]
    if config.pooling != "none":
        pooling = Layer(
            f"conv{i}_pool", "pooling", (pooled, pooled, c.filters), operation=config.pooling, block=i, stride=POOL_PX
        )
        behind.insert(0 if config.pool_first else 1, pooling)
    return [convolution, *behind]


def layers(config: NetworkConfig) -> tuple[Layer, ...]:
    """Every layer of the network, from the input to the softmax.

    Raises:
        ValueError: when a map becomes too small for its pooling window; the message names the layer.
    """
    entries = [Layer("image", "input", (IMAGE_PX, IMAGE_PX, 1))]
    for i in range(1, len(config.convolutions) + 1):
        height, width, channels = entries[-1].shape
        entries += _block(config, i, (height, width, channels))
    n = math.prod(entries[-1].shape)
    entries.append(Layer("flatten", "flatten", (n,)))
    for i, width in enumerate(config.dense, 1):
        entries.append(Layer(f"dense{i}", "dense", (width,), (n, width), n * width + width))
        entries.append(Layer(f"dense{i}_{config.activation}", "activation", (width,), operation=config.activation))
        n = width
    if config.dropout:
        entries.append(Layer("dropout", "dropout", (n,)))
    entries.append(Layer("logits", "dense", (N_CLASSES,), (n, N_CLASSES), n * N_CLASSES + N_CLASSES))
    if config.activate_logits:
        entries.append(Layer(f"logits_{config.activation}", "activation", (N_CLASSES,), operation=config.activation))
    entries.append(Layer("softmax", "softmax", (N_CLASSES,)))
    return tuple(entries)


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


def layer_seed(seed: int, position: int) -> int:
    """The seed that a layer's initial weights and dropout are drawn from.

    Args:
        seed: the network's.
        position: the layer's in `layers`.
    """
    return (seed * SEED_STEP + position) % N_SEEDS
