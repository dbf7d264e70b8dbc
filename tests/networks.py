"""Networks for tests, with weights whose results are known or that no layer drowns."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz.analysis import inspection
from cnnviz.network.config import NetworkConfig, layers, weight_shapes
from cnnviz.network.weights import Network


def random_network(config: NetworkConfig, seed: int = 0, gain: float = 2.0) -> Network:
    """Normal weights; with a gain of 2 the values of every layer stay about as large as those of the image."""
    rng = np.random.default_rng(seed)
    scales = {name: gain / np.sqrt(np.prod(shape[:-1])) for name, shape in weight_shapes(config).items()}
    draws = {name: scales[name] * rng.normal(size=shape) for name, shape in weight_shapes(config).items()}
    return Network(config, {name: draw.astype(np.float32) for name, draw in draws.items()})


def zero_weights(config: NetworkConfig) -> dict[str, np.ndarray]:
    """All weights 0, to be filled by hand."""
    return {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}


def layer_outputs(network: Network, image: np.ndarray) -> dict[str, np.ndarray]:
    """Every layer's output for one image of shape (28, 28, 1), without the batch axis."""
    return {name: array[0] for name, array in inspection.activations(network, image[None]).items()}


ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh}


def logits_by_hand(network, images):
    """The logits in NumPy, float64 (n, 10), of images (n, 28, 28) or (n, 28, 28, 1); maps of an even side."""
    values = np.asarray(images, np.float64).reshape(-1, 28, 28, 1)
    for layer in layers(network.config):
        kernel, bias = (network.weights.get(f"{layer.name}/{what}") for what in ("kernel", "bias"))
        if layer.kind == "convolution":
            total = max((layer.shape[0] - 1) * layer.stride + len(kernel) - values.shape[1], 0)
            around = (total // 2, total - total // 2)
            padded = np.pad(values, ((0, 0), around, around, (0, 0)))
            windows = sliding_window_view(padded, kernel.shape[:2], (1, 2))[:, :: layer.stride, :: layer.stride]
            values = np.einsum("nyxcij,ijcf->nyxf", windows, kernel.astype(float), optimize=True) + bias
        elif layer.kind == "pooling":
            n, side, _, channels = values.shape
            windows = values.reshape(n, side // 2, 2, side // 2, 2, channels)
            values = {"max": np.max, "average": np.mean}[layer.operation](windows, axis=(2, 4))
        elif layer.kind == "activation" and not layer.name.startswith("logits"):
            values = ACTIVATIONS[layer.operation](values)
        elif layer.kind == "flatten":
            values = values.reshape(len(values), -1)
        elif layer.kind == "dense":
            values = values @ kernel.astype(float) + bias
    return values
