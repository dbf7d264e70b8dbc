"""What a convolution saves by using its kernels at every place: weights beside those of layers that share none."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

from cnnviz.network.config import IMAGE_PX, MAX_NEURONS, N_CLASSES, NetworkConfig, layers, n_weights


@dataclass(frozen=True)
class Sharing:
    """The weights of a convolution layer, biases included, and of others with its inputs and outputs.

    Attributes:
        layer: its name.
        n_places: pixels of one of its maps: at so many places the same kernels are used.
        shared: its own weights.
        unshared: the same connections, with kernels and biases of their own at every place.
        connected: every output connected with every input, as in a fully connected layer.
    """

    layer: str
    n_places: int
    shared: int
    unshared: int
    connected: int


def weight_sharing(config: NetworkConfig) -> tuple[Sharing, ...]:
    """Every convolution layer of a network, first to last.

    At the edge a kernel of a place of its own would have weights on the padding too; they are counted.
    """
    found, every = [], layers(config)
    for below, layer in itertools.pairwise(every):
        if layer.kind == "convolution":
            n_places, n_outputs = math.prod(layer.shape[:2]), math.prod(layer.shape)
            connected = (math.prod(below.shape) + 1) * n_outputs
            found.append(Sharing(layer.name, n_places, layer.n_weights, n_places * layer.n_weights, connected))
    return tuple(found)


def unshared_weights(config: NetworkConfig) -> int:
    """Weights of the whole network if no convolution shared its kernels."""
    return n_weights(config) + sum(each.unshared - each.shared for each in weight_sharing(config))


def dense_like(config: NetworkConfig) -> NetworkConfig:
    """The network without convolutions whose number of weights is nearest: two fully connected layers, the first wider.

    All but the layers is as in `config`.
    """
    wanted, pixels = n_weights(config), IMAGE_PX * IMAGE_PX
    best = (1, 1)
    for first in range(1, min(MAX_NEURONS, wanted // pixels) + 1):
        second = round((wanted - (pixels + 1) * first - N_CLASSES) / (first + 1 + N_CLASSES))
        if 1 <= second <= first and _miss(wanted, first, second) < _miss(wanted, *best):
            best = first, second
    return replace(config, convolutions=(), dense=best)


def _miss(wanted: int, first: int, second: int) -> int:
    """How far two fully connected layers and the outputs are from a number of weights."""
    n = (IMAGE_PX * IMAGE_PX + 1) * first + (first + 1) * second + (second + 1) * N_CLASSES
    return abs(n - wanted)
