"""The digits that are nearest to one, by the numbers that a layer has for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_NEAREST = 10
N_CANDIDATES = 64
"""So many are found in float32, and then measured exactly."""
PIECE = 4096
"""Points whose differences are in memory at a time."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest of some points, the nearest first.

    Attributes:
        indices: int64 (n,).
        distances: float64 (n,), Euclidean.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(point: np.ndarray, points: np.ndarray, *, n: int = N_NEAREST, without: int | None = None) -> Nearest:
    """The points that are nearest to one by Euclidean distance; of equal distances the first.

    Args:
        point: float (d,).
        points: float32 (m, d).
        n: how many; fewer where there are not so many.
        without: the index of one that does not count, e.g. the point itself.
    """
    quick = np.concatenate([_squares(points[i : i + PIECE], point) for i in range(0, len(points), PIECE)])
    if without is not None and 0 <= without < len(quick):
        quick[without] = np.inf
    n = min(n, int(np.isfinite(quick).sum()))
    n_candidates = min(len(quick), max(N_CANDIDATES, 2 * n))
    candidates = np.sort(np.argpartition(quick, n_candidates - 1)[:n_candidates])
    exact = np.linalg.norm(points[candidates].astype(np.float64) - point, axis=1)
    exact[~np.isfinite(quick[candidates])] = np.inf
    order = np.argsort(exact, kind="stable")[:n]
    return Nearest(candidates[order], exact[order])


def _squares(points: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Squared distances, float32 (m,); by differences, since |a|² − 2a·b + |b|² is inexact where it is small."""
    differences = points - point.astype(np.float32)
    squares: np.ndarray = np.einsum("md,md->m", differences, differences)
    return squares


def place_among(positions: np.ndarray, neighbours: Nearest) -> np.ndarray:
    """Where a new point is put on a map that has no axes, as of t-SNE: in the middle of its neighbours' places.

    Args:
        positions: float (m, 2), the places on the map.
        neighbours: among the same m points.

    Returns:
        float64 (2,).
    """
    middle: np.ndarray = positions[neighbours.indices].mean(axis=0, dtype=np.float64)
    return middle


def counts(labels: np.ndarray) -> list[tuple[int, int]]:
    """How often each label is there, as (label, number): the most frequent first, of equally frequent the smaller."""
    found, numbers = np.unique(labels, return_counts=True)
    return sorted(zip(found.tolist(), numbers.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
