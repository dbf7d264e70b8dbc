"""How much the maps of each convolution change when the digit is moved by one pixel.

Evaluates the network, so it needs TensorFlow and runs in a worker process.
"""

from __future__ import annotations

import numpy as np

from cnnviz.analysis.inspection import activations
from cnnviz.network.config import layers
from cnnviz.network.weights import Network

SHIFTS = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Rows and columns: up, down, left, right."""


def shifted(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """An image, (height, width), moved down and to the right; what leaves it is lost, and paper comes in."""
    height, width = image.shape
    padded = np.pad(image, ((abs(rows), abs(rows)), (abs(columns), abs(columns))))
    top, left = abs(rows) - rows, abs(columns) - columns
    return np.asarray(padded[top : top + height, left : left + width])


def relative_change(before: np.ndarray, after: np.ndarray) -> float:
    """The length of the difference of two arrays, as a share of the length of the first; 0 where that is 0."""
    length = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / length if length else 0.0


def relative_changes(network: Network, image: np.ndarray) -> dict[str, float]:
    """The relative change of what leaves each convolution block, its pooling and activation included.

    Of a block's maps x and those of the shifted digit y it is |y - x| / |x|, where |x| is the root of the sum of all
    squares; the mean over a shift up, down, left and right.

    Args:
        network: configuration and weights.
        image: float (28, 28) in [0, 1].

    Returns:
        by the name of each block's last layer, in order; without a block whose maps are 0 everywhere.
    """
    ends = {layer.block: layer.name for layer in layers(network.config) if layer.block}  # the last of each block stays
    if not ends:
        return {}
    batch = np.stack([image, *(shifted(image, *shift) for shift in SHIFTS)])[..., None].astype(np.float32)
    outputs = activations(network, batch)
    found = {}
    for name in ends.values():
        maps = outputs[name].astype(np.float64)
        if maps[0].any():
            found[name] = float(np.mean([relative_change(maps[0], of_shifted) for of_shifted in maps[1:]]))
    return found
