"""What a network makes of digits as points: the numbers of one layer, and the two directions that tell most of them.

PCA: K. Pearson, "On lines and planes of closest fit to systems of points in space", 1901.

Only `features_of_range` needs TensorFlow; the rest is NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.submodel import compiled_up_to
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import NetworkConfig
from cnnviz.network.weights import Network

BATCH_SIZE = 250
N_AXES = 30
"""So many directions t-SNE gets; a map shows the first two."""


@dataclass(frozen=True, eq=False)
class Axes:
    """The directions in which points differ most, in descending order (PCA).

    Attributes:
        mean: float64 (d,), of the points.
        directions: float64 (k, d), at least two; of length 1 and at right angles, and each so that its component of
            the largest magnitude is above 0. Where there are fewer than two dimensions, what is missing is 0.
        shares: float64 (k,), of the variance of all points that lies along each, in [0, 1].
    """

    mean: np.ndarray
    directions: np.ndarray
    shares: np.ndarray


def layer_of(config: NetworkConfig) -> str:
    """The layer whose numbers are a digit's place: the last hidden one of neurons, behind its activation.

    A network without a hidden layer of neurons has its ten logits: what goes into them, pixels or feature maps, says
    little of what the network makes of a digit, and of feature maps there are thousands of numbers.
    """
    return f"dense{len(config.dense)}_{config.activation}" if config.dense else "logits"


def features_of_range(network: Network, digits: Dataset, start: int, stop: int) -> np.ndarray:
    """The numbers of that layer for the images start..stop-1, dropout off, so that many can be computed in parts.

    Returns:
        float32, shape (stop - start, d).
    """
    run, weights = compiled_up_to(network.config, layer_of(network.config)), on_device(network)
    images = digits.images[start:stop]
    return np.concatenate(
        [run(weights, images[first : first + BATCH_SIZE]).numpy() for first in range(0, len(images), BATCH_SIZE)]
    )


def principal_axes(features: np.ndarray, n: int = N_AXES) -> Axes:
    """The directions in which points differ most: eigenvectors of their covariance matrix.

    Args:
        features: float (n_points, d), at least one point.
        n: how many directions at most.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(features))
    variances, vectors = variances[::-1].clip(0), vectors.T[::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    vectors = vectors * np.sign(largest)
    shares = variances / (variances.sum() or 1.0)
    missing = max(0, 2 - len(vectors))
    return Axes(mean, np.pad(vectors[:n], ((0, missing), (0, 0))), np.pad(shares[:n], (0, missing)))


def project(features: np.ndarray, axes: Axes, n: int = 2) -> np.ndarray:
    """Points seen along the first `n` directions: float64 (n_points, d) to float64 (n_points, n)."""
    projected: np.ndarray = (features - axes.mean) @ axes.directions[:n].T
    return projected
