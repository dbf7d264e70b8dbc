"""Networks with edited weights: filters zeroed, a kernel replaced, noise added, a layer initialised again.

Every function gives a new network; the old one, its arrays and the files that they came from stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.analysis.arithmetic import find_layer
from cnnviz.network.config import NetworkConfig
from cnnviz.network.weights import Network


def without_filters(network: Network, layer: str, filters: Sequence[int]) -> Network:
    """Ablate filters, or neurons: set their kernels and biases to 0.

    Such a filter's output is 0 everywhere, and behind its activation function the value of that at 0: 0 for "relu"
    and "tanh", but 0.5 for "sigmoid".

    Args:
        network: stays as it is.
        layer: a layer with weights.
        filters: numbers of filters or neurons; may be empty.

    Raises:
        ValueError: when the layer has no weights, or no such filter.
    """
    kernel, bias = _copy_weights(network, layer)
    _check_filters(network.config, layer, filters)
    kernel[..., list(filters)] = 0
    bias[list(filters)] = 0
    return _with_weights(network, layer, kernel, bias)


def with_kernel(network: Network, layer: str, channel: int, filter_: int, values: np.ndarray) -> Network:
    """Replace the kernel of one filter for one input channel.

    Args:
        network: stays as it is.
        layer: a convolution layer.
        channel: for which input channel.
        filter_: of which filter.
        values: float (k, k), k the layer's own kernel size.

    Raises:
        ValueError: when the layer is no convolution, has no such filter or channel, or the size differs.
    """
    kernel, bias = _copy_weights(network, layer)
    _check_filters(network.config, layer, [filter_])
    if kernel.ndim != 4 or not 0 <= channel < kernel.shape[2]:
        raise ValueError(f"{layer}: expected a convolution layer's input channel. Received {channel}.")
    if values.shape != kernel.shape[:2]:
        raise ValueError(f"{layer}: expected a kernel of shape {kernel.shape[:2]}. Received {values.shape}.")
    kernel[:, :, channel, filter_] = values
    return _with_weights(network, layer, kernel, bias)


def with_noise(network: Network, layer: str, relative_stddev: float, seed: int = 0) -> Network:
    """Add normal noise to a layer's kernels; its biases stay.

    Args:
        network: stays as it is.
        layer: a layer with weights.
        relative_stddev: the noise's standard deviation divided by that of the layer's kernels, at least 0.
        seed: decides the noise.

    Raises:
        ValueError: when the layer has no weights or the standard deviation is negative or not finite.
    """
    if not 0 <= relative_stddev < np.inf:
        raise ValueError(f"Expected a relative standard deviation of at least 0. Received {relative_stddev}.")
    kernel, bias = _copy_weights(network, layer)
    noise = np.random.default_rng(seed).standard_normal(kernel.shape)
    noisy = kernel + relative_stddev * kernel.std(dtype=np.float64) * noise
    return _with_weights(network, layer, noisy, bias)


def reset_layer(network: Network, layer: str, initial: Network | int) -> Network:
    """Put a layer back to initial random values.

    Args:
        network: stays as it is.
        layer: a layer with weights.
        initial: the network before its training, whose values are taken; or a seed, from which new ones are drawn
            as the configuration says.

    Raises:
        ValueError: when the layer has no weights, or `initial` is of another configuration.
    """
    kernel, bias = _copy_weights(network, layer)
    if isinstance(initial, Network):
        if initial.config != network.config:
            raise ValueError("Expected the initial values of a network of the same configuration.")
        return _with_weights(network, layer, *_copy_weights(initial, layer))
    drawn = _draw_initial(network.config, kernel.shape, np.random.default_rng(initial))
    return _with_weights(network, layer, drawn, np.full_like(bias, network.config.initial_bias))


def _draw_initial(config: NetworkConfig, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Values of the configuration's initial distribution, float64.

    NumPy's generator, not Keras's initialiser: the server, which has no TensorFlow, edits weights too.
    """
    values = rng.standard_normal(shape)
    if config.initializer == "truncated_normal":
        # As Keras truncates: what lies beyond two standard deviations is drawn again, not clipped.
        while (far := np.abs(values) > 2).any():
            values[far] = rng.standard_normal(int(far.sum()))
    return values * config.initial_stddev


def _copy_weights(network: Network, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Copies of a layer's kernel and bias."""
    if not find_layer(network.config, layer).n_weights:
        raise ValueError(f"Expected a convolution or fully connected layer. Received {layer!r}.")
    return network.weights[f"{layer}/kernel"].copy(), network.weights[f"{layer}/bias"].copy()


def _with_weights(network: Network, layer: str, kernel: np.ndarray, bias: np.ndarray) -> Network:
    edited = {f"{layer}/kernel": kernel.astype(np.float32), f"{layer}/bias": bias.astype(np.float32)}
    return Network(network.config, {**network.weights, **edited})


def _check_filters(config: NetworkConfig, layer: str, filters: Sequence[int]) -> None:
    n = find_layer(config, layer).shape[-1]
    if not all(0 <= filter_ < n for filter_ in filters):
        raise ValueError(f"{layer}: expected filters in 0..{n - 1}. Received {list(filters)}.")
