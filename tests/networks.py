"""Networks for tests, with weights whose results are known or that no layer drowns."""

from __future__ import annotations

import numpy as np

from cnnviz.analysis import inspection
from cnnviz.network.config import NetworkConfig, weight_shapes
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
