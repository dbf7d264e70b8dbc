"""From one pixel of a map back to the image: what it can see, and the way down to the ink that made it most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import explain, find_layer, layer_below, number_at, same_padding, stride_of
from cnnviz.analysis.explanations import (
    ActivationStep,
    ConvolutionStep,
    CopyStep,
    DenseStep,
    PoolingStep,
    Position,
    Step,
)
from cnnviz.network.config import POOL_PX, Layer, NetworkConfig
from cnnviz.network.weights import Network


@dataclass(frozen=True)
class Box:
    """Rows top..bottom-1 and columns left..right-1 of a map or an image, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows in the box."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns in the box."""
        return self.right - self.left


@dataclass(frozen=True)
class Field:
    """The part of a layer that a pixel above it can see.

    Attributes:
        layer: name of the layer.
        box: what there is to see; never empty and inside the map.
        whole: the same as if no map had an edge; where it leaves the map, padding is seen.
    """

    layer: str
    box: Box
    whole: Box


@dataclass(frozen=True)
class Link:
    """One number on the way from a pixel down to the ink.

    Attributes:
        layer, position: which number.
        value: what it is.
        gave: what it gave to the link above: its product with the weight, its share of an average, else itself;
            None for the first link.
    """

    layer: str
    position: Position
    value: float
    gave: float | None


def fields(config: NetworkConfig, layer_name: str, row: int, column: int) -> list[Field]:
    """What one pixel can see of every layer from its own down to the image.

    Args:
        config: the network.
        layer_name: a layer with maps, or the image itself.
        row, column: the pixel in its map.

    Returns:
        from the pixel itself to the 28×28 image.

    Raises:
        ValueError: when there is no such layer or pixel.
    """
    layer = find_layer(config, layer_name)
    if not layer.is_map:
        raise ValueError(f"Expected a layer with maps. Received {layer_name}, each of whose numbers sees everything.")
    if not (0 <= row < layer.shape[0] and 0 <= column < layer.shape[1]):
        raise ValueError(f"{layer_name}: expected a pixel inside {layer.shape[:2]}. Received {(row, column)}.")
    pixel = Box(row, column, row + 1, column + 1)
    found = [Field(layer.name, pixel, pixel)]
    while layer.kind != "input":
        below = layer_below(config, layer.name)
        box = _clipped(_seen(config, layer, below, found[-1].box), below.shape)
        found.append(Field(below.name, box, _seen(config, layer, below, found[-1].whole)))
        layer = below
    return found


def receptive_field(config: NetworkConfig, layer_name: str, row: int, column: int) -> Box:
    """The part of the 28×28 image that one pixel of a map can see; see `fields`, which also gives the way there."""
    return fields(config, layer_name, row, column)[-1].box


def patch(image: np.ndarray, box: Box) -> np.ndarray:
    """The part of an image in a box that may leave it.

    Args:
        image: (height, width).
        box: e.g. `whole` of a `Field`.

    Returns:
        float32, shape (box.height, box.width); NaN outside the image.
    """
    rows, columns = np.arange(box.top, box.bottom), np.arange(box.left, box.right)
    inside = np.outer((rows >= 0) & (rows < image.shape[0]), (columns >= 0) & (columns < image.shape[1]))
    found = np.full((box.height, box.width), np.nan, np.float32)
    found[inside] = image[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)].ravel()
    return found


def _seen(config: NetworkConfig, layer: Layer, below: Layer, box: Box) -> Box:
    """The pixels of `below` that a box of `layer` is computed from, those of the padding among them."""
    if layer.kind == "convolution":
        size, stride = layer.kernel_shape[0], stride_of(config, layer.name)
        before = same_padding(below.shape[0], size, stride)[0]
    elif layer.kind == "pooling":
        size, stride, before = POOL_PX, POOL_PX, 0
    else:
        return box
    (top, bottom), (left, right) = (
        (first * stride - before, (end - 1) * stride - before + size)
        for first, end in ((box.top, box.bottom), (box.left, box.right))
    )
    return Box(top, left, bottom, right)


def _clipped(box: Box, shape: tuple[int, ...]) -> Box:
    return Box(max(box.top, 0), max(box.left, 0), min(box.bottom, shape[0]), min(box.right, shape[1]))


def chain(network: Network, outputs: Mapping[str, np.ndarray], layer_name: str, position: Position) -> list[Link]:
    """The way from one number down to the ink, at each layer to the number below that gave most.

    Below a convolution or a fully connected layer that is the largest product; where none is positive, the one that
    took most away; where all are 0 the bias alone made the number, and the chain ends.  Below max pooling it is the
    winner, below average pooling the largest, of several equal ones the first; elsewhere the same place.

    Args:
        network: configuration and weights.
        outputs: what leaves every layer for one image, without the batch axis.
        layer_name: any layer.
        position: (row, column, channel) in a map, (unit,) in a vector.

    Returns:
        from the number itself downwards, one link a layer; the last one lies in "image" unless the chain ends above.

    Raises:
        ValueError: when there is no such layer or position.
    """
    links = [Link(layer_name, position, number_at(network.config, outputs, layer_name, position), None)]
    while links[-1].layer != "image":
        above = links[-1]
        source = _source(explain(network, outputs, above.layer, above.position), above.position)
        if source is None:
            break
        below = layer_below(network.config, above.layer).name
        place, gave = source
        links.append(Link(below, place, number_at(network.config, outputs, below, place), gave))
    return links


def _source(step: Step, position: Position) -> tuple[Position, float] | None:
    """Where the most of a number came from, and how much; None when nothing did."""
    if isinstance(step, ConvolutionStep):
        # Cells in the padding have products of 0, and 0 is never chosen.
        if (cell := _most(step.products)) is None:
            return None
        return (step.top + cell[0], step.left + cell[1], cell[2]), float(step.products[cell])
    if isinstance(step, DenseStep):
        return None if (cell := _most(step.contributions)) is None else (cell, float(step.contributions[cell]))
    if isinstance(step, PoolingStep):
        row, column = np.unravel_index(np.nanargmax(step.values), step.values.shape)
        share = 1 if step.winner else int(step.inside.sum())
        place = (step.top + int(row), step.left + int(column), position[2])
        return place, float(step.values[row, column]) / share
    if isinstance(step, CopyStep):
        return step.source, step.result
    value = step.value if isinstance(step, ActivationStep) else float(step.logits[position[0]])
    return position, value


def _most(products: np.ndarray) -> Position | None:
    """Where the largest product stands; the most negative one where none is positive, None where all are 0."""
    if not products.any():
        return None
    flat = products.argmax() if products.max() > 0 else products.argmin()
    return tuple(int(index) for index in np.unravel_index(flat, products.shape))
