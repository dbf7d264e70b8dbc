"""A few telling places of a kernel on a digit: where its map is greatest, least, nearest to 0, and where no ink is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.analysis import arithmetic, receptive_field
from cnnviz.network.config import Layer
from cnnviz.network.weights import Network

Kind = Literal["greatest", "least", "zero", "paper"]
ENOUGH = 0.5
"""Of the most ink that any place sees: with less, 0 would only say that there is hardly anything to see."""


@dataclass(frozen=True)
class KernelPlace:
    """The kernel at one place.

    Attributes:
        kinds: "greatest" and "least" of the map, "zero" for the value nearest 0 where much ink is seen, "paper" where
            none is; more than one where a pixel is several of these.
        row, column: of the pixel in the map.
        top, left: where the kernel's first element lies on the layer below; negative in the padding.
        value: the pixel, before its activation.
        products: the sum of the products of one input channel; the value is all of these sums and the bias.
    """

    kinds: tuple[Kind, ...]
    row: int
    column: int
    top: int
    left: int
    value: float
    products: float


def kernel_places(
    network: Network, outputs: Mapping[str, np.ndarray], layer_name: str, number: int, channel: int = 0
) -> tuple[KernelPlace, ...]:
    """Up to four places of a kernel on what one image has become below a convolution layer.

    Args:
        network: configuration and weights.
        outputs: every layer's output for one image, without the batch axis.
        layer_name: a convolution layer.
        number: of its filter.
        channel: the input channel on which the kernel lies.

    Returns:
        the places in the order of `Kind`, each pixel once; no "zero" where there is no ink, no "paper" where it is
        everywhere.
    """
    layer = arithmetic.find_layer(network.config, layer_name)
    below = arithmetic.layer_below(network.config, layer_name)
    image, values = outputs["image"][:, :, 0], outputs[layer_name][:, :, number]
    ink = receptive_field.ink_seen(network.config, layer_name, image)
    whole = _whole(layer, below)
    found: dict[tuple[int, int], tuple[Kind, ...]] = {}
    for kind, among, score in _wishes(values, ink, whole):
        if among.any():
            # Of equal ones that which sees the most ink, or on paper the one nearest the middle, and no cut patch.
            tie = _nearness(values.shape) if kind == "paper" else ink
            best = np.lexsort((whole.ravel(), tie.ravel(), np.where(among, score, -np.inf).ravel()))[-1]
            at = divmod(int(best), values.shape[1])
            found[at] = (*found.get(at, ()), kind)
    kernel, bias = (network.weights[f"{layer_name}/{part}"] for part in ("kernel", "bias"))
    places = []
    for (row, column), kinds in found.items():
        taken = arithmetic.convolution_at(
            kernel, bias, outputs[below.name], (row, column, number), layer.stride, padding=network.config.padding
        )
        value, products = float(values[row, column]), float(taken.channel_sums[channel])
        places.append(KernelPlace(kinds, row, column, taken.top, taken.left, value, products))
    return tuple(places)


def _wishes(values: np.ndarray, ink: np.ndarray, whole: np.ndarray) -> list[tuple[Kind, np.ndarray, np.ndarray]]:
    """Of each kind: which pixels may be one, bool, and how much of one each is."""
    every, much, none = np.full(values.shape, True), (ink > 0) & (ink >= ENOUGH * ink.max()), ink == 0
    return [
        ("greatest", every, values),
        ("least", every, -values),
        ("zero", much, -np.abs(values)),
        ("paper", none & whole if (none & whole).any() else none, np.zeros(values.shape)),
    ]


def _whole(layer: Layer, below: Layer) -> np.ndarray:
    """Where a layer's kernel lies on the layer below without reaching over its edge; bool, as large as its map."""
    starts = np.arange(layer.shape[0]) * layer.stride - arithmetic.padding_between(below, layer)[0]
    fits = (starts >= 0) & (starts + layer.kernel_shape[0] <= below.shape[0])
    return fits[:, None] & fits[None, :]


def _nearness(shape: tuple[int, ...]) -> np.ndarray:
    """How near each pixel is to the middle; larger is nearer."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in shape)
    return np.asarray(-(rows[:, None] ** 2 + columns[None, :] ** 2))
