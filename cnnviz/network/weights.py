"""A network with its weights."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.bounded import Bounded
from cnnviz.network.config import NetworkConfig, layers, weight_shapes
from cnnviz.npz import ArrayOf

Weights = Mapping[str, np.ndarray]
LARGEST = float(np.finfo(np.float32).max)
"""Beyond it float32 has infinity alone, and a sum of two infinities is no number."""


def weight_arrays(config: NetworkConfig) -> dict[str, ArrayOf]:
    """What a file of this network's weights has to hold."""
    return {name: ArrayOf("float32", shape) for name, shape in weight_shapes(config).items()}


def weights_checksum(weights: Weights) -> str:
    """SHA-256 of the weights in hexadecimal; equal when two runs ended in the same weights to the bit."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


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

    @property
    def n_bytes(self) -> int:
        """Memory that its weights take."""
        return sum(array.nbytes for array in self.weights.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def may_overflow(network: Network) -> bool:
    """Whether some layer might leave float32's range for an image in [0, 1]; False is certain, True is not.

    From layer to layer the largest magnitude grows at most by the number of weights of one output times the largest of
    them, plus the largest bias. Few networks need more than that to be certain: those with weights out of all
    proportion, and very deep ones.
    """
    return _bounds.get(network.key, lambda: _may_overflow(network))


_bounds: Bounded[str, bool] = Bounded(1000, lambda _: 1, 1000)  # by key: the weights are not kept because of it


def _may_overflow(network: Network) -> bool:
    largest = 1.0
    for layer in layers(network.config):
        if layer.kernel_shape:
            kernel, bias = (_magnitude(network.weights[f"{layer.name}/{part}"]) for part in ("kernel", "bias"))
            largest = math.prod(layer.kernel_shape[:-1]) * kernel * largest + bias
        elif layer.operation in ("sigmoid", "tanh"):
            largest = 1.0
        if not largest < LARGEST:
            return True
    return False


def _magnitude(array: np.ndarray) -> float:
    return max(float(array.max()), -float(array.min()))
