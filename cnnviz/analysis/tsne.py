"""t-SNE of a network's test digits, and the file that keeps it: L. van der Maaten and G. Hinton, "Visualizing data
using t-SNE", 2008.

Computed by scikit-learn, which takes minutes for 10,000 digits.  A file carries the checksums of the weights and of the
digits that it was computed from, and is read for these alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.analysis.embedding import Axes, project
from cnnviz.data.dataset import Dataset
from cnnviz.files import FileError, read_bounded
from cnnviz.lazy import LazyModule
from cnnviz.network.weights import Network, weights_checksum
from cnnviz.npz import ArrayOf, arrays_of, largest_file, npz_bytes

manifold: Any = LazyModule("sklearn.manifold")
threadpoolctl: Any = LazyModule("threadpoolctl")
PERPLEXITY = 30
STEPS = 65_535
"""Places are kept as whole numbers of this many steps from one edge of the map to the other."""
FILE = "map.npz"
"""In the folder of a shipped model."""


def tsne(features: np.ndarray, axes: Axes) -> np.ndarray:
    """Places on a map on which near points stay near; distances between groups mean little.

    Args:
        features: float32 (n, d), at least four points.
        axes: of the same points: t-SNE gets them along these, and begins with the first two.

    Returns:
        float32 (n, 2), the same for the same numbers on one machine.
    """
    points = project(features, axes, len(axes.directions)).astype(np.float32)
    if not points.std():
        return np.zeros((len(points), 2), np.float32)
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    method = manifold.TSNE(perplexity=perplexity, init="pca", random_state=0, n_jobs=1)
    with threadpoolctl.threadpool_limits(1):  # several threads that wait for each other hold up all other work
        found = method.fit_transform(points)
    return np.asarray(found, np.float32)


def written(positions: np.ndarray, network: Network, digits: Dataset) -> bytes:
    """A map as a file, four bytes a digit.

    Args:
        positions: float (n, 2).
        network, digits: what it was computed from.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = float((high - low).max()) or 1.0
    steps = np.round((positions - low) / span * STEPS).astype(np.uint16)
    return npz_bytes(_checksums(network, digits) | {"positions": steps})


def read(path: Path, network: Network, digits: Dataset) -> np.ndarray:
    """The map in a file, float32 (n, 2) in [0, 1].

    Raises:
        FileError: when it is no such file, or of other weights or digits.
    """
    checksums = _checksums(network, digits)
    expected = {name: ArrayOf("uint8", array.shape) for name, array in checksums.items()}
    expected |= {"positions": ArrayOf("uint16", (len(digits), 2))}
    arrays = arrays_of(read_bounded(path, largest_file(expected), follow_links=False), expected)
    for name, checksum in checksums.items():
        if not np.array_equal(arrays[name], checksum):
            raise FileError(f"{path}: expected a map of these {name}, found one of others.")
    return arrays["positions"].astype(np.float32) / STEPS


def _checksums(network: Network, digits: Dataset) -> dict[str, np.ndarray]:
    """SHA-256 of weights and digits as 32 bytes each."""
    texts = {"weights": weights_checksum(network.weights), "digits": digits.key}
    return {name: np.frombuffer(bytes.fromhex(text), np.uint8) for name, text in texts.items()}


def path_beside(root: Path, network: Network, digits: Dataset) -> Path:
    """Where the map of a network is kept that a server has computed; in a hidden folder, which no model's is."""
    return root / ".maps" / f"{weights_checksum(network.weights)[:32]}-{digits.key[:32]}.npz"
