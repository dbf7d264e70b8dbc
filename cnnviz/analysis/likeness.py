"""Which hand-made kernel a learnt kernel is like, as a number.

The likeness of two kernels is the cosine of the angle between their weights, each without its mean: 1 for the same
shape at any contrast, -1 for its reverse, 0 for shapes that have nothing in common.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.analysis.kernels import KERNELS

Verdict = Literal["much", "somewhat", "none"]
MUCH_FROM, NONE_BELOW = 0.7, 0.4
"""Of the first layers that are shipped 9 of 16 filters (hvass), 0 of 32 (deep-mnist), 3 of 32 (low-level) and 4 of 16
(robust) reach the first; of random 5×5 kernels 2 in 1,000. The second is below what those reach, see `verdict_of`."""
N_RANDOM, OF_RANDOM = 5_000, 95
"""How many random kernels are drawn, and the percentile of their likeness that a learnt one must reach."""
NO_SHAPE = 1e-6
"""Weights that differ from their mean by less than this share of the largest one are all the same."""


@dataclass(frozen=True)
class Nearest:
    """The hand-made kernel that is most like a kernel.

    Attributes:
        name: in `KERNELS`.
        likeness: in [-1, 1]; below 0 the kernel is like the reverse of the one that is named.
        verdict: "much" and "none" as far as the number goes; see `verdict_of`.
    """

    name: str
    likeness: float
    verdict: Verdict


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """The likeness of two kernels of one shape, in [-1, 1]; 0 where one of them has the same weight everywhere."""
    first, second = _direction(a), _direction(b)
    return 0.0 if first is None or second is None else float(np.clip(first @ second, -1, 1))


def nearest(kernel: np.ndarray) -> Nearest | None:
    """The hand-made kernel, or the reverse of one, that is most like a kernel, float (k, k).

    Each is compared as it stands, in the middle of zeros, and enlarged to all of the k×k pixels.

    Returns:
        None for weights that are all the same: they have no shape.
    """
    direction = _direction(kernel)
    if direction is None:
        return None
    names, directions = _hand_made(len(kernel))
    # Rounded: the reverse of one edge is another edge, and of two equal ones the first, which is no reverse, is taken.
    best = int(np.round(directions @ direction, 9).argmax())
    name, sign = names[best]
    found = float(np.clip(sign * (directions[best] @ direction), -1, 1))
    return Nearest(name, found, verdict_of(abs(found), len(kernel)))


def verdict_of(magnitude: float, kernel_px: int) -> Verdict:
    """What a likeness, without its sign, allows to be said: never that of a kernel which random ones would reach too.

    With `of_random`: 0.84 at 3×3 pixels, 0.57 at 5×5 and 0.42 at 7×7.
    """
    chance = of_random(kernel_px)
    if magnitude >= max(MUCH_FROM, chance):
        return "much"
    return "none" if magnitude < max(NONE_BELOW, chance) else "somewhat"


@functools.cache
def of_random(kernel_px: int) -> float:
    """The likeness, without its sign, that 95 of 100 kernels of normal random weights stay below, k×k each."""
    names, directions = _hand_made(kernel_px)
    if not names:
        return 1.0
    weights = np.random.default_rng(0).normal(size=(N_RANDOM, kernel_px * kernel_px))
    weights -= weights.mean(axis=1, keepdims=True)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return float(np.percentile((weights @ directions.T).max(axis=1), OF_RANDOM))


def share_of_mean(kernel: np.ndarray) -> float:
    """How much of a kernel's squared weights is their mean, in [0, 1]: what the likeness leaves out."""
    total = float(np.square(kernel.astype(np.float64)).sum())
    return float(kernel.size * kernel.astype(np.float64).mean() ** 2 / total) if total else 1.0


@functools.cache
def _hand_made(kernel_px: int) -> tuple[Sequence[tuple[str, int]], np.ndarray]:
    """Names with a sign, and directions, float64 (n, k · k): every kernel first, then the reverse of every one."""
    found = [
        (name, direction)
        for name, kernel in KERNELS.items()
        for shown in (enlarged(kernel, kernel_px), _in_the_middle(kernel, kernel_px))
        if shown is not None and (direction := _direction(shown)) is not None
    ]
    names = [(name, sign) for sign in (1, -1) for name, _ in found]
    directions = np.array([sign * direction for sign in (1, -1) for _, direction in found])
    return names, directions.reshape(len(names), kernel_px * kernel_px)


def enlarged(kernel: np.ndarray, kernel_px: int) -> np.ndarray:
    """A kernel on k×k pixels, linear between the middles of its own; float64."""
    middles = (np.arange(kernel_px) + 0.5) * len(kernel) / kernel_px - 0.5
    shares = np.array([np.interp(middles, np.arange(len(kernel)), one) for one in np.eye(len(kernel))]).T
    return np.asarray(shares @ kernel @ shares.T)


def _in_the_middle(kernel: np.ndarray, kernel_px: int) -> np.ndarray | None:
    """A kernel with zeros around it; None where there is no room for them, or none that is the same on all sides."""
    free = kernel_px - len(kernel)
    return np.pad(kernel, free // 2) if free > 0 and free % 2 == 0 else None


def _direction(kernel: np.ndarray) -> np.ndarray | None:
    """The weights without their mean, float64 (k · k,) of length 1; None where nothing is left."""
    weights = kernel.astype(np.float64).ravel()
    rest = weights - weights.mean()
    length = float(np.linalg.norm(rest))
    return None if length <= NO_SHAPE * np.abs(weights).max(initial=0) else rest / length
