"""Ablation: how many digits a network still reads with each filter of a layer switched off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis.arithmetic import activation_at, find_layer
from cnnviz.analysis.evaluation import Score, confusion_matrix, probabilities, score
from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.submodel import input_signature
from cnnviz.analysis.weight_editing import without_filters
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import keras, tf
from cnnviz.network.config import Layer, NetworkConfig, Padding, layers
from cnnviz.network.forward import build
from cnnviz.network.weights import Network

BATCH_SIZE = 250


@dataclass(frozen=True, eq=False)
class AblationCounts:
    """Confusion matrices of some images for the whole network and with each filter ablated; they can be added.

    Attributes:
        baseline: int64 (10, 10), of the network as it is; row = true digit, column = predicted digit.
        ablated: int64 (filters, 10, 10), of the network without that filter.
    """

    baseline: np.ndarray
    ablated: np.ndarray

    def __add__(self, other: AblationCounts) -> AblationCounts:
        return AblationCounts(self.baseline + other.baseline, self.ablated + other.ablated)

    @property
    def n(self) -> int:
        """Images that were read."""
        return int(self.baseline.sum())

    @property
    def n_lost(self) -> np.ndarray:
        """Correct predictions lost with each filter, int64 (filters,); negative where ablation improves the network."""
        return np.asarray(self.baseline.trace() - self.ablated.trace(axis1=1, axis2=2))

    @property
    def ranking(self) -> np.ndarray:
        """Filters, int64 (filters,); the one whose ablation loses most correct predictions first."""
        return np.argsort(-self.n_lost, kind="stable")


def score_without(network: Network, digits: Dataset, layer: str, filter_: int) -> Score:
    """The score of the network without one filter, evaluated as a whole; `ablate_filters` is faster for a layer."""
    return score(digits.labels, probabilities(without_filters(network, layer, [filter_]), digits.images))


def ablate_filters(network: Network, digits: Dataset, layer: str, part: int, n_parts: int) -> AblationCounts:
    """Ablate each filter of a convolution layer in turn, and count predictions on one part of a data set.

    Part p of n holds the images p, p + n, p + 2 n, …: each part is a fair sample, so that a few can be enough, and
    the sum of all parts counts every image.

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
    predictions = np.concatenate([_predictions(network, batch, layer) for batch in batches], axis=1)
    matrices = np.stack([confusion_matrix(labels, row) for row in predictions])
    return AblationCounts(matrices[0], matrices[1:])


def _predictions(network: Network, images: np.ndarray, layer: str) -> np.ndarray:
    """Predicted digits, int64 (1 + filters, n): of the network as it is, then without each filter."""
    below, above = _split_network(network.config, layer)
    weights = on_device(network)
    maps, preactivations = below(weights, images)
    without = [above(weights, maps, preactivations, tf.constant(i)).numpy() for i in range(maps.shape[-1])]
    return np.stack([probabilities(network, images).argmax(axis=1), *without])


@functools.lru_cache(maxsize=16)
def _split_network(config: NetworkConfig, layer: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The network in two compiled functions, so that little is computed again for each filter.

    The network is cut behind the next layer with weights above the filters.  That layer is linear: its output is a
    sum over its input channels.  So everything up to it is computed once, and a filter is ablated by adding what the
    change of its one channel adds to the sum; only what lies above is evaluated for each filter.

    Returns:
        below: of weights and images, the filters' maps behind activation and pooling, (n, h, w, filters), and the
            output of the next layer with weights, before its activation.
        above: of weights, these two and the number of a filter, the digits (n,) predicted without that filter.
    """
    entries = layers(config)
    block = find_layer(config, layer).block
    end = max(i for i, entry in enumerate(entries) if entry.block == block)
    cut = next(entry for entry in entries[end:] if entry.n_weights)
    # Arrays come in pairs, kernel and bias, so this many belong to the layers up to the cut.
    n_below = 2 * [entry.name for entry in entries if entry.n_weights].index(cut.name) + 2
    model = build(config)
    outputs = [model.get_layer(entry.name).output for entry in (entries[end], cut)]
    lower, upper = keras.Model(model.inputs[0], outputs), keras.Model(outputs[1], model.outputs[0])
    fixed_below, fixed_above = ([v.value for v in part.non_trainable_variables] for part in (lower, upper))
    # An ablated filter's map is constant, and pooling a constant leaves it: not 0 behind a sigmoid, but 0.5.
    ablated_value = activation_at(config.activation, 0.0).result

    def below(weights: list[Any], images: Any) -> Any:
        return lower.stateless_call(weights[:n_below], fixed_below, images, training=False)[0]

    def above(weights: list[Any], maps: Any, preactivations: Any, filter_: Any) -> Any:
        change = ablated_value - tf.gather(maps, [filter_], axis=-1)
        preactivations += _channel_contribution(cut, config.padding, weights[n_below - 2], change, filter_)
        probs, _ = upper.stateless_call(weights[n_below:], fixed_above, preactivations, training=False)
        return tf.argmax(probs, axis=1)

    arrays, images = input_signature(config)
    specs = [tf.TensorSpec((None, *entry.shape), tf.float32) for entry in (entries[end], cut)]
    # The filter's number is an argument, so that TensorFlow traces `above` once and not once a filter.
    number = tf.TensorSpec((), tf.int32)
    return (
        tf.function(below, input_signature=[arrays, images], autograph=False),
        tf.function(above, input_signature=[arrays, *specs, number], autograph=False),
    )


def _channel_contribution(layer: Layer, padding: Padding, kernel: Any, maps: Any, channel: Any) -> Any:
    """What one input channel contributes to a layer's output, before bias and activation.

    Args:
        layer: a convolution, or the fully connected layer behind "flatten".
        padding: of convolutions.
        kernel: the layer's whole kernel, a tensor.
        maps: that channel alone, (n, h, w, 1).
        channel: its number, an int32 scalar tensor.
    """
    if layer.kind == "convolution":
        channel_kernel = tf.gather(kernel, [channel], axis=2)  # (k, k, 1, filters)
        return tf.nn.conv2d(maps, channel_kernel, layer.stride, padding.upper())
    n_pixels = maps.shape[1] * maps.shape[2]
    # "flatten" puts the channels of a pixel side by side: row i of the kernel is pixel i // channels.
    by_channel = tf.reshape(kernel, (n_pixels, -1, layer.shape[0]))  # (pixels, channels, units)
    return tf.reshape(maps, (-1, n_pixels)) @ tf.gather(by_channel, channel, axis=1)
