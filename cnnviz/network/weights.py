"""A network with its weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.network.config import NetworkConfig, weight_shapes

Weights = Mapping[str, np.ndarray]


def check_weights(config: NetworkConfig, weights: Weights) -> None:
    """Refuse weights that are not this network's.

    Raises:
        ValueError: when an array is missing, too many, of another shape or dtype, or not finite.
    """
    expected = weight_shapes(config)
    if list(weights) != list(expected):
        raise ValueError(f"Expected the arrays {', '.join(expected)}. Received {', '.join(weights) or 'none'}.")
    for name, shape in expected.items():
        array = weights[name]
        if array.shape != shape or array.dtype != np.float32:
            raise ValueError(f"{name}: expected float32 of shape {shape}. Received {array.dtype} of {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: expected finite numbers. Received NaN or infinity.")


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its weights; two are equal when their keys are.

    Attributes:
        config: what it is.
        weights: float32 arrays, named and shaped as in `weight_shapes(config)`.
        key: SHA-256 of configuration and weights; computed when not given.
    """

    config: NetworkConfig
    weights: Weights
    key: str = ""

    def __post_init__(self) -> None:
        check_weights(self.config, self.weights)
        if not self.key:
            digest = hashlib.sha256(repr(self.config).encode())
            for array in self.weights.values():
                digest.update(array.tobytes())
            object.__setattr__(self, "key", digest.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
