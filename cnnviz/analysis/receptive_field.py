"""Receptive fields: which part of the image, and of every layer between, one pixel of a map is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import find_layer, layer_below, padding_between
from cnnviz.network.config import POOL_PX, Layer, NetworkConfig


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
class ReceptiveField:
    """The part of one layer that a pixel of a layer above is computed from.

    Attributes:
        layer: name of the layer that is seen.
        box: the part inside the layer's map; never empty.
        unclipped: the box as it would be if no map had an edge; where it leaves the map, padding is seen.
    """

    layer: str
    box: Box
    unclipped: Box


def receptive_fields(config: NetworkConfig, layer_name: str, row: int, column: int) -> list[ReceptiveField]:
    """The receptive field of one pixel in every layer from its own down to the image.

    Args:
        config: the network.
        layer_name: a layer with maps, or the image itself.
        row, column: the pixel in its map.

    Returns:
        one field a layer, from the pixel itself to the 28×28 image.

    Raises:
        ValueError: when there is no such layer or pixel, or the layer has no maps.
    """
    layer = find_layer(config, layer_name)
    if not layer.is_map:
        raise ValueError(f"Expected a layer with maps. Received {layer_name}, each of whose numbers sees everything.")
    if not (0 <= row < layer.shape[0] and 0 <= column < layer.shape[1]):
        raise ValueError(f"{layer_name}: expected a pixel inside {layer.shape[:2]}. Received {(row, column)}.")
    pixel = Box(row, column, row + 1, column + 1)
    fields = [ReceptiveField(layer.name, pixel, pixel)]
    while layer.kind != "input":
        below = layer_below(config, layer.name)
        box = _clip(_input_box(layer, below, fields[-1].box), below.shape)
        # Followed apart from the clipped box: a clipped side has forgotten how far into the padding it reached.
        unclipped = _input_box(layer, below, fields[-1].unclipped)
        fields.append(ReceptiveField(below.name, box, unclipped))
        layer = below
    return fields


def receptive_field_in_image(config: NetworkConfig, layer_name: str, row: int, column: int) -> Box:
    """The part of the 28×28 image that one pixel of a map is computed from; arguments as for `receptive_fields`."""
    return receptive_fields(config, layer_name, row, column)[-1].box


def rule_in_image(config: NetworkConfig, layer_name: str) -> tuple[int, int, int]:
    """Where the receptive fields of a layer's pixels lie in the image, were there no edge: first, step, size.

    Row r sees `size` pixels from pixel first + r · step on, and so does column r.
    """
    first = receptive_fields(config, layer_name, 0, 0)[-1].unclipped
    if find_layer(config, layer_name).shape[0] == 1:
        return first.top, 1, first.height
    return first.top, receptive_fields(config, layer_name, 1, 1)[-1].unclipped.top - first.top, first.height


def sees_ink(config: NetworkConfig, layer_name: str, image: np.ndarray) -> np.ndarray:
    """Which pixels of a layer's maps see ink at all: bool, as large as a map; arguments as for `ink_seen`."""
    return ink_seen(config, layer_name, image) > 0


def ink_seen(config: NetworkConfig, layer_name: str, image: np.ndarray) -> np.ndarray:
    """How many pixels with ink each pixel of a layer's maps sees.

    Args:
        config: the network.
        layer_name: a layer with maps.
        image: float (28, 28), 0 where there is none.

    Returns:
        int64, as large as a map.
    """
    first, step, size = rule_in_image(config, layer_name)
    starts = first + step * np.arange(find_layer(config, layer_name).shape[0])
    low, high = (edges.clip(0, len(image)) for edges in (starts, starts + size))
    sums = np.zeros((len(image) + 1, len(image) + 1), int)  # of the ink above and at the left
    sums[1:, 1:] = (image > 0).cumsum(axis=0).cumsum(axis=1)
    return np.asarray(sums[high][:, high] - sums[low][:, high] - sums[high][:, low] + sums[low][:, low])


def strongest_pixel(
    config: NetworkConfig, outputs: Mapping[str, np.ndarray], layer_name: str, channel: int
) -> tuple[int, int]:
    """Row and column of the pixel of a map that is worth a look: the largest of those that see ink.

    Where none of those is above 0 it is the smallest, and where none sees ink the largest of all.

    Args:
        config: the network.
        outputs: every layer's output for one image, without the batch axis.
        layer_name: a layer with maps.
        channel: number of the map.
    """
    values, seen = outputs[layer_name][:, :, channel], sees_ink(config, layer_name, outputs["image"][:, :, 0])
    if not seen.any():
        place = values.argmax()
    elif values[seen].max() > 0:
        place = np.where(seen, values, -np.inf).argmax()
    else:
        place = np.where(seen, values, np.inf).argmin()
    row, column = np.unravel_index(place, values.shape)
    return int(row), int(column)


def extract_patch(image: np.ndarray, box: Box) -> np.ndarray:
    """Cut a box out of an image; the box may reach outside.

    Args:
        image: float (height, width).
        box: e.g. `unclipped` of a `ReceptiveField`.

    Returns:
        float32, shape (box.height, box.width); NaN outside the image.
    """
    rows, columns = np.arange(box.top, box.bottom), np.arange(box.left, box.right)
    inside = np.outer((rows >= 0) & (rows < image.shape[0]), (columns >= 0) & (columns < image.shape[1]))
    patch = np.full((box.height, box.width), np.nan, np.float32)
    # A negative start or end would count from the other side of the array.
    patch[inside] = image[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)].ravel()
    return patch


def _input_box(layer: Layer, below: Layer, box: Box) -> Box:
    """The pixels of `below` that a box of `layer` is computed from, those of the padding among them."""
    if layer.kind == "convolution":
        size, stride = layer.kernel_shape[0], layer.stride
        before = padding_between(below, layer)[0]
    elif layer.kind == "pooling":
        size, stride, before = POOL_PX, layer.stride, 0
    else:
        return box
    (top, bottom), (left, right) = (
        (first * stride - before, (end - 1) * stride - before + size)
        for first, end in ((box.top, box.bottom), (box.left, box.right))
    )
    return Box(top, left, bottom, right)


def _clip(box: Box, shape: tuple[int, ...]) -> Box:
    return Box(max(box.top, 0), max(box.left, 0), min(box.bottom, shape[0]), min(box.right, shape[1]))
