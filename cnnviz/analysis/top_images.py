"""The images of a data set that activate each filter of a layer most.

Evaluates the network, so it needs TensorFlow and runs in a worker process.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import find_layer
from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.submodel import compiled_up_to
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import tf
from cnnviz.network.config import NetworkConfig
from cnnviz.network.weights import Network

BATCH_SIZE = 250
"""Images a batch: all maps of one batch are in memory at a time."""


@dataclass(frozen=True, eq=False)
class TopImages:
    """The images that activate each filter of a layer most, the strongest first; arrays of shape (filters, n).

    Attributes:
        indices: int64, which images; an image counts once, with the maximum of its map.
        rows, columns: int64, where in the filter's map the maximum lies; the first of several equal ones.
        activations: float32, the filter's output there.
    """

    indices: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    activations: np.ndarray


def top_images(network: Network, digits: Dataset, layer_name: str, n: int = 9) -> TopImages:
    """The images that activate each filter of a layer most; every image of the data set is searched.

    Args:
        network: configuration and weights.
        digits: at least n images.
        layer_name: a layer with maps; only the layers up to it are computed.
        n: how many images for each filter.

    Raises:
        ValueError: when the layer has no maps or there are fewer than n images.
    """
    maxima = map_maxima(network, digits, layer_name, 0, len(digits))
    return locate_top_images(network, digits, layer_name, maxima, n)


def map_maxima(network: Network, digits: Dataset, layer_name: str, start: int, stop: int) -> np.ndarray:
    """The maximum of each filter's map for the images start..stop-1, so that a data set can be searched in parts.

    Returns:
        float32, shape (stop - start, filters).

    Raises:
        ValueError: when the layer has no maps.
    """
    _check_has_maps(network.config, layer_name)
    run, weights = compiled_up_to(network.config, layer_name), on_device(network)
    images = digits.images[start:stop]
    batches = [run(weights, images[i : i + BATCH_SIZE]) for i in range(0, len(images), BATCH_SIZE)]
    return np.concatenate([tf.reduce_max(maps, axis=(1, 2)).numpy() for maps in batches])


def locate_top_images(network: Network, digits: Dataset, layer_name: str, maxima: np.ndarray, n: int = 9) -> TopImages:
    """The n images with the largest maxima of each filter, and where in the maps these lie.

    Only the maps of images that are among the top ones of some filter are computed again: to keep those of all
    images would take gigabytes.

    Args:
        network, digits, layer_name, n: as for `top_images`.
        maxima: float32 (len(digits), filters), the parts of `map_maxima` one after another.

    Raises:
        ValueError: when there are fewer than n images, or not one row of maxima for each.
    """
    if not (1 <= n <= len(digits) == len(maxima)):
        raise ValueError(f"Expected 1 to {len(digits)} images with a number each. Received {n}, {len(maxima)}.")
    indices = np.argsort(-maxima, axis=0, kind="stable")[:n].T  # (filters, n)
    needed, where = np.unique(indices, return_inverse=True)
    where = where.reshape(indices.shape)  # indices == needed[where]
    run, weights = compiled_up_to(network.config, layer_name), on_device(network)
    rows, columns, activations = (np.zeros(indices.shape, dtype) for dtype in (np.int64, np.int64, np.float32))
    for first in range(0, len(needed), BATCH_SIZE):
        maps = run(weights, digits.images[needed[first : first + BATCH_SIZE]]).numpy()
        for filter_, k in zip(*np.nonzero((where >= first) & (where < first + len(maps))), strict=True):
            map_ = maps[where[filter_, k] - first, :, :, filter_]
            rows[filter_, k], columns[filter_, k] = np.unravel_index(map_.argmax(), map_.shape)
            activations[filter_, k] = map_.max()
    return TopImages(indices, rows, columns, activations)


def _check_has_maps(config: NetworkConfig, layer_name: str) -> None:
    if not find_layer(config, layer_name).is_map or layer_name == "image":
        raise ValueError(f"Expected a layer with maps above the image. Received {layer_name!r}.")
