"""How weights start, drawn without TensorFlow: the same distributions as Keras draws from, other numbers."""

from __future__ import annotations

import numpy as np

from cnnviz.network.config import NetworkConfig, weight_shapes
from cnnviz.network.weights import Network

TRUNCATED_AT = 2.0
"""Standard deviations beyond which a truncated normal draws again."""


def draw(shape: tuple[int, ...], stddev: float, rng: np.random.Generator, *, truncated: bool) -> np.ndarray:
    """Weights from a normal distribution around 0, float32; truncated: whatever lies beyond 2 `stddev` drawn again."""
    values = rng.normal(size=shape)
    while truncated and (beyond := np.abs(values) > TRUNCATED_AT).any():
        values[beyond] = rng.normal(size=int(beyond.sum()))
    drawn: np.ndarray = (stddev * values).astype(np.float32)
    return drawn


def starting_network(config: NetworkConfig, seed: int = 0) -> Network:
    """A network before its training."""
    rng, truncated = np.random.default_rng(seed), config.initializer == "truncated_normal"
    weights = {
        name: np.full(shape, config.initial_bias, np.float32)
        if name.endswith("/bias")
        else draw(shape, config.initial_stddev, rng, truncated=truncated)
        for name, shape in weight_shapes(config).items()
    }
    return Network(config, weights)


def histogram(values: np.ndarray, stddev: float) -> np.ndarray:
    """Shares of values in eight bins of one standard deviation from -4 to 4; float64 (8,), what lies beyond is in none.

    Without spread (`stddev` 0) every value is 0 and lies in the bin that begins there.
    """
    scaled = np.ravel(values) / (stddev or 1.0)
    return np.histogram(scaled, bins=8, range=(-4, 4))[0] / scaled.size
