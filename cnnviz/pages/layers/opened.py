"""Which map is open on Layers, and at which pixel: what a click on a map or on a kernel changes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis import receptive_field
from cnnviz.network.config import Layer, NetworkConfig, layers
from cnnviz.ui import choice, state
from cnnviz.ui.state import CalculationPart, FiltersPart


@dataclass(frozen=True)
class OpenMap:
    """A map that is taken apart at one of its pixels.

    Attributes:
        layer: what the map leaves.
        number: of the map.
        place: row and column of the pixel.
    """

    layer: Layer
    number: int
    place: tuple[int, int]


def map_layers(config: NetworkConfig) -> list[Layer]:
    """Every layer that maps leave, without the image."""
    return [layer for layer in layers(config)[1:] if layer.is_map]


def block_of(config: NetworkConfig, layer: Layer) -> list[Layer]:
    """A convolution with its pooling and its activation, in their order: those that a layer belongs to."""
    return [each for each in map_layers(config) if each.block == layer.block]


def open_map(layer_name: str, number: int) -> None:
    """Open a map of a layer, at its strongest pixel."""
    CalculationPart.layer.set(layer_name)
    CalculationPart.filter.set(number)
    CalculationPart.place.set(None)
    CalculationPart.opened_of.set((_name(layer_name, number), *CalculationPart.opened_of.get()[1:]))
    convolution = layer_name.partition("_")[0]
    state.sliding_channel_of(convolution).forget()
    FiltersPart.layer.set(convolution)


def current(config: NetworkConfig, outputs: Mapping[str, np.ndarray]) -> OpenMap | None:
    """The map that is open, and its pixel; None where a network has no maps.

    A map that was opened elsewhere, by a link or on another page, begins at its convolution, since there its
    calculation begins, and a digit that is new at the strongest pixel.
    """
    by_name = {layer.name: layer for layer in map_layers(config)}
    if not by_name:
        return None
    layer = by_name.get(CalculationPart.layer.get(), next(iter(by_name.values())))
    number = min(max(0, CalculationPart.filter.get()), layer.shape[2] - 1)
    place = _place(layer, number, outputs["image"])
    known = CalculationPart.opened_of.get()[:1]
    if place is None and known != (_name(layer.name, number),):
        layer = block_of(config, layer)[0]
        if known:
            state.sliding_channel_of(layer.name).forget()
    if place is None:
        place = receptive_field.strongest_pixel(config, outputs, layer.name, number)
    place = (min(max(0, place[0]), layer.shape[0] - 1), min(max(0, place[1]), layer.shape[1] - 1))
    CalculationPart.layer.set(layer.name)
    CalculationPart.filter.set(number)
    remember(OpenMap(layer, number, place), outputs["image"])
    return OpenMap(layer, number, place)


def remember(opened: OpenMap, image: np.ndarray) -> None:
    """Keep the pixel for the next run, with the map and the digit that it is of."""
    CalculationPart.place.set(opened.place)
    CalculationPart.opened_of.set((_name(opened.layer.name, opened.number), _digit(image), str(opened.place)))


def _place(layer: Layer, number: int, image: np.ndarray) -> tuple[int, int] | None:
    """The pixel that is remembered, if it is one of this map and this digit, or came from an address."""
    known, place = CalculationPart.opened_of.get(), CalculationPart.place.get()
    is_of_these = known[:2] == (_name(layer.name, number), _digit(image))
    return place if not known or is_of_these or known[-1] != str(place) else None


def _name(layer_name: str, number: int) -> str:
    return f"{layer_name} {number}"


def _digit(image: np.ndarray) -> str:
    """A digit with the network that it is shown to; the same at every one of its training steps."""
    entry = choice.current().entry
    return f"{entry.name if entry else ''} {zlib.crc32(np.ascontiguousarray(image).tobytes())}"
