"""A network as a browser reads it: its layers as JSON, its weights as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.weights import Network


def described(config: NetworkConfig) -> dict[str, Any]:
    """The layers of a network and where their weights are, as JSON knows it.

    Returns:
        "layers": of each layer, in order, its name, kind, shape, kernel (the shape of its weights, [] without), stride,
        operation ("relu", "max" and so on, "" where the kind says it) and, where there are weights, "at": the place of
        its first one among all; the kernel's come first, then the bias's. "n_weights": how many there are.
    """
    told: list[dict[str, Any]] = []
    at = 0
    for layer in layers(config):
        one: dict[str, Any] = {"name": layer.name, "kind": layer.kind, "shape": list(layer.shape)}
        one |= {"kernel": list(layer.kernel_shape), "stride": layer.stride, "operation": layer.operation}
        told.append(one | ({"at": at} if layer.kernel_shape else {}))
        at += layer.n_weights
    return {"layers": told, "n_weights": at}


def weight_bytes(network: Network) -> Sequence[memoryview]:
    """The weights in the order of `described`, little-endian float32: one piece for each array, not copied."""
    return [np.ascontiguousarray(array, "<f4").reshape(-1).view(np.uint8).data for array in network.weights.values()]
