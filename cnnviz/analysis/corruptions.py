"""What may happen to a digit: moved, turned, thickened, inverted, noisy; 28×28 images, to see what a network bears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import LazyModule
from cnnviz.network.weights import Network

ndimage: Any = LazyModule("scipy.ndimage")

SEED = 0


@dataclass(frozen=True)
class Stress:
    """One thing that may happen to a digit.

    Attributes:
        amounts: from least to most, with the one that changes nothing among them.
        none: the amount that changes nothing.
        change: gives images float32 (n, 28, 28) in [0, 1] for images of that kind and an amount.
    """

    amounts: tuple[float, ...]
    none: float
    change: Callable[[np.ndarray, float], np.ndarray]


def move(images: np.ndarray, pixels: float) -> np.ndarray:
    """Move to the right by pixels, between pixels by their weighted mean; what leaves is lost."""
    return _clipped(ndimage.shift(images, (0, 0, pixels), order=1))


def turn(images: np.ndarray, degrees: float) -> np.ndarray:
    """Turn about the middle, clockwise."""
    return _clipped(ndimage.rotate(images, -degrees, axes=(1, 2), reshape=False, order=1))


def thicken(images: np.ndarray, pixels: float) -> np.ndarray:
    """Let strokes grow by about that many pixels on each side, or shrink when negative.

    Grey dilation and erosion with a 3×3 cross; parts of a pixel mix the two nearest whole ones.
    """
    cross = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)
    operation = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
    whole, part = divmod(abs(pixels), 1)
    changed = images
    for _ in range(int(whole)):
        changed = operation(changed, footprint=cross)
    if part:
        changed = (1 - part) * changed + part * operation(changed, footprint=cross)
    return _clipped(changed)


def invert(images: np.ndarray, share: float) -> np.ndarray:
    """From ink on paper (0) over grey (0.5) to paper on ink (1)."""
    return _clipped((1 - share) * images + share * (1 - images))


def add_noise(images: np.ndarray, deviation: float) -> np.ndarray:
    """Add normal noise of that standard deviation, the same each time."""
    noise = np.random.default_rng(SEED).normal(0, 1, images.shape)
    return _clipped(images + deviation * noise)


def _clipped(images: np.ndarray) -> np.ndarray:
    return np.asarray(images, np.float32).clip(0, 1)


STRESSES = {
    "move": Stress((-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8), 0, move),
    "turn": Stress((-90, -60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60, 90), 0, turn),
    "thicken": Stress((-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3), 0, thicken),
    "invert": Stress((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1), 0, invert),
    "noise": Stress((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1), 0, add_noise),
}


def apply(images: np.ndarray, amounts: dict[str, float]) -> np.ndarray:
    """Several stresses one after another, in the order of STRESSES.

    Args:
        images: float32 (n, 28, 28) in [0, 1].
        amounts: by name; what is not named stays as it is.
    """
    for name, stress in STRESSES.items():
        amount = amounts.get(name, stress.none)
        if amount != stress.none:
            images = stress.change(images, amount)
    return images


def accuracy(network: Network, digits: Dataset, name: str, amount: float) -> float:
    """Share of the digits that is read right when one stress has happened to all of them."""
    changed = apply(digits.images[..., 0], {name: amount})[..., None]
    probs = evaluation.probabilities(network, np.ascontiguousarray(changed))
    return float((probs.argmax(axis=1) == digits.labels).mean())
