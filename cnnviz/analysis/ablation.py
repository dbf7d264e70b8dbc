"""Changes made to a network by hand, and what they cost.

Every operation gives a new network and leaves the old one, its arrays and the files it came from as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis.arithmetic import activation_at, find_layer, stride_of
from cnnviz.analysis.attribution import signature
from cnnviz.analysis.evaluation import Score, confusion_matrix, probabilities, score
from cnnviz.analysis.inspection import on_device
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import keras, tf
from cnnviz.network.config import Layer, NetworkConfig, layers
from cnnviz.network.forward import build
from cnnviz.network.weights import Network

BATCH_SIZE = 250


@dataclass(frozen=True)
class Change:
    """A cell of the confusion matrix that is not what it was: digits `true` read as `predicted`, and how many."""

    true: int
    predicted: int
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class Costs:
    """What some images are read as with nothing switched off and with each filter switched off.

    Attributes:
        whole: int64 (10, 10), the confusion matrix of the network as it is.
        without: int64 (filters, 10, 10), the same with one filter switched off.
    """

    whole: np.ndarray
    without: np.ndarray

    def __add__(self, other: Costs) -> Costs:
        return Costs(self.whole + other.whole, self.without + other.without)

    @property
    def n(self) -> int:
        """Images that were read."""
        return int(self.whole.sum())

    @property
    def lost(self) -> np.ndarray:
        """Correct answers that go with each filter, int64 (filters,); negative where the network is better without."""
        return np.asarray(self.whole.trace() - self.without.trace(axis1=1, axis2=2))

    @property
    def ranking(self) -> np.ndarray:
        """Filters, the one whose loss costs most first."""
        return np.argsort(-self.lost, kind="stable")


def without_filters(network: Network, layer: str, filters: Sequence[int]) -> Network:
    """Switch filters, or neurons, off: their kernels and biases become 0.

    What leaves such a filter is 0 everywhere, and behind its activation what that makes of 0: 0 for "relu" and "tanh",
    but 0.5 for "sigmoid".

    Raises:
        ValueError: when the layer has no weights, or no such filter.
    """
    kernel, bias = _arrays(network, layer)
    _check_filters(network.config, layer, filters)
    kernel[..., list(filters)] = 0
    bias[list(filters)] = 0
    return _with(network, layer, kernel, bias)


def with_kernel(network: Network, layer: str, channel: int, filter_: int, values: np.ndarray) -> Network:
    """Put typed numbers in the place of one kernel.

    Args:
        network: what is changed.
        layer: a convolution layer.
        channel: for which input channel.
        filter_: of which filter.
        values: (k, k), k the layer's own kernel size.

    Raises:
        ValueError: when the layer is no convolution, has no such filter or channel, or the size differs.
    """
    kernel, bias = _arrays(network, layer)
    _check_filters(network.config, layer, [filter_])
    if kernel.ndim != 4 or not 0 <= channel < kernel.shape[2]:
        raise ValueError(f"{layer}: expected a convolution layer's input channel. Received {channel}.")
    if values.shape != kernel.shape[:2]:
        raise ValueError(f"{layer}: expected a kernel of shape {kernel.shape[:2]}. Received {values.shape}.")
    kernel[:, :, channel, filter_] = values
    return _with(network, layer, kernel, bias)


def with_noise(network: Network, layer: str, share: float, seed: int = 0) -> Network:
    """Add noise to a layer's kernels; its biases stay.

    Args:
        network: what is changed.
        layer: a layer with weights.
        share: the noise's standard deviation as a share of that of the layer's kernels, at least 0.
        seed: decides the noise.

    Raises:
        ValueError: when the layer has no weights or the share is negative or not finite.
    """
    if not 0 <= share < np.inf:
        raise ValueError(f"Expected a share of at least 0. Received {share}.")
    kernel, bias = _arrays(network, layer)
    noise = np.random.default_rng(seed).standard_normal(kernel.shape)
    return _with(network, layer, kernel + share * kernel.std(dtype=np.float64) * noise, bias)


def reset_layer(network: Network, layer: str, initial: Network | int) -> Network:
    """Put a layer back to initial random values.

    Args:
        network: what is changed.
        layer: a layer with weights.
        initial: the network before its training, whose values are taken; or a seed, from which new ones are drawn
            as the configuration says.

    Raises:
        ValueError: when the layer has no weights, or `initial` is of another configuration.
    """
    kernel, bias = _arrays(network, layer)
    if isinstance(initial, Network):
        if initial.config != network.config:
            raise ValueError("Expected the initial values of a network of the same configuration.")
        return _with(network, layer, *_arrays(initial, layer))
    drawn = _draw(network.config, kernel.shape, np.random.default_rng(initial))
    return _with(network, layer, drawn, np.full_like(bias, network.config.initial_bias))


def _draw(config: NetworkConfig, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Numbers of the initial distribution; "truncated_normal" draws those beyond two standard deviations again."""
    values = rng.standard_normal(shape)
    if config.initializer == "truncated_normal":
        while (far := np.abs(values) > 2).any():
            values[far] = rng.standard_normal(int(far.sum()))
    return values * config.initial_stddev


def changes(before: np.ndarray, after: np.ndarray) -> list[Change]:
    """The cells in which two confusion matrices differ, the largest change first.

    Args:
        before, after: int, shape (10, 10); row = true digit, column = predicted digit.
    """
    order = np.argsort(-np.abs(after - before), axis=None, kind="stable")
    cells = [divmod(int(cell), before.shape[1]) for cell in order]
    return [
        Change(true, predicted, int(before[true, predicted]), int(after[true, predicted]))
        for true, predicted in cells
        if before[true, predicted] != after[true, predicted]
    ]


def cost_of(network: Network, digits: Dataset, layer: str, filter_: int) -> Score:
    """How good the network is without one filter, by evaluating it as a whole; `cost_part` ranks a layer faster."""
    return score(digits.labels, probabilities(without_filters(network, layer, [filter_]), digits.images))


def cost_part(network: Network, digits: Dataset, layer: str, part: int, n_parts: int) -> Costs:
    """What the loss of each filter of a convolution layer costs, for one part of a data set.

    Part p of n holds the images p, p + n, p + 2 n, …: each is a fair sample, a few can be enough, and all of them
    added together count every image.  What lies below the filters is computed once.  The convolution or fully
    connected layer above them is a sum over its input channels, so that it too is computed once, and then, for each
    filter, only what that one channel adds is taken out.

    Args:
        network: configuration and weights.
        digits: images with labels.
        layer: a convolution layer.
        part, n_parts: which part, in 0..n_parts-1.

    Raises:
        ValueError: when the layer is no convolution, or there is no such part.
    """
    if find_layer(network.config, layer).kind != "convolution":
        raise ValueError(f"Expected a convolution layer. Received {layer!r}.")
    if not 0 <= part < n_parts <= len(digits):
        raise ValueError(f"Expected one of 1 to {len(digits)} parts. Received part {part} of {n_parts}.")
    images, labels = digits.images[part::n_parts], digits.labels[part::n_parts]
    batches = [images[i : i + BATCH_SIZE] for i in range(0, len(images), BATCH_SIZE)]
    predicted = np.concatenate([_predictions(network, batch, layer) for batch in batches], axis=1)
    matrices = np.stack([confusion_matrix(labels, row) for row in predicted])
    return Costs(matrices[0], matrices[1:])


def _predictions(network: Network, images: np.ndarray, layer: str) -> np.ndarray:
    """Predicted digits, int64 (1 + filters, n): of the network as it is, then without each filter."""
    below, above = _halves(network.config, layer)
    weights = on_device(network)
    maps, sums = below(weights, images)
    switched = [above(weights, maps, sums, tf.constant(filter_)).numpy() for filter_ in range(maps.shape[-1])]
    return np.stack([probabilities(network, images).argmax(axis=1), *switched])


@functools.lru_cache(maxsize=16)
def _halves(config: NetworkConfig, layer: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The network in two compiled functions, cut behind the next layer with weights above the filters' maps.

    Returns:
        of weights and images: the filters' maps behind activation and pooling, (n, h, w, filters), and what leaves the
        next layer with weights; and of weights, these two and a filter: the digits (n,) read without that filter.
    """
    entries = layers(config)
    end = max(i for i, entry in enumerate(entries) if entry.name.startswith(f"{layer}_"))
    cut = next(entry for entry in entries[end:] if entry.n_weights)
    n_below = 2 * [entry.name for entry in entries if entry.n_weights].index(cut.name) + 2
    model = build(config)
    ends = [model.get_layer(entry.name).output for entry in (entries[end], cut)]
    lower, upper = keras.Model(model.inputs[0], ends), keras.Model(ends[1], model.outputs[0])
    frozen_below, frozen = ([variable.value for variable in part.non_trainable_variables] for part in (lower, upper))
    dead = activation_at(config.activation, 0.0).result

    def below(weights: list[Any], images: Any) -> Any:
        return lower.stateless_call(weights[:n_below], frozen_below, images, training=False)[0]

    def above(weights: list[Any], maps: Any, sums: Any, filter_: Any) -> Any:
        change = dead - tf.gather(maps, [filter_], axis=-1)
        sums += _sums_of_channel(config, cut, weights[n_below - 2], change, filter_)
        probs, _ = upper.stateless_call(weights[n_below:], frozen, sums, training=False)
        return tf.argmax(probs, axis=1)

    arrays, images = signature(config)
    specs = [tf.TensorSpec((None, *entry.shape), tf.float32) for entry in (entries[end], cut)]
    number = tf.TensorSpec((), tf.int32)
    return (
        tf.function(below, input_signature=[arrays, images], autograph=False),
        tf.function(above, input_signature=[arrays, *specs, number], autograph=False),
    )


def _sums_of_channel(config: NetworkConfig, layer: Layer, kernel: Any, maps: Any, channel: Any) -> Any:
    """What a layer's sums hold of one input channel.

    Args:
        config: the network.
        layer: a convolution, or the fully connected layer behind "flatten".
        kernel: its whole kernel, a tensor.
        maps: that channel, (n, h, w, 1).
        channel: its number, a tensor.
    """
    if layer.kind == "convolution":
        one = tf.gather(kernel, [channel], axis=2)  # (k, k, 1, filters)
        return tf.nn.conv2d(maps, one, stride_of(config, layer.name), "SAME")
    n_places = maps.shape[1] * maps.shape[2]
    one = tf.gather(tf.reshape(kernel, (n_places, -1, layer.shape[0])), channel, axis=1)  # (places, units)
    return tf.reshape(maps, (-1, n_places)) @ one


def _arrays(network: Network, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Copies of a layer's kernel and bias."""
    if not find_layer(network.config, layer).n_weights:
        raise ValueError(f"Expected a convolution or fully connected layer. Received {layer!r}.")
    return network.weights[f"{layer}/kernel"].copy(), network.weights[f"{layer}/bias"].copy()


def _with(network: Network, layer: str, kernel: np.ndarray, bias: np.ndarray) -> Network:
    changed = {f"{layer}/kernel": kernel.astype(np.float32), f"{layer}/bias": bias.astype(np.float32)}
    return Network(network.config, {**network.weights, **changed})


def _check_filters(config: NetworkConfig, layer: str, filters: Sequence[int]) -> None:
    n = find_layer(config, layer).shape[-1]
    if not all(0 <= filter_ < n for filter_ in filters):
        raise ValueError(f"{layer}: expected filters in 0..{n - 1}. Received {list(filters)}.")
