"""Corruptions of 28×28 digits (moved, rotated, thickened, inverted, noisy), to measure how robust a network is."""

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
class Corruption:
    """One kind of change, at several severities.

    Attributes:
        severities: in ascending order, `neutral` among them.
        neutral: the severity that changes nothing.
        transform: function of images, float32 (n, 28, 28) in [0, 1], and a severity that gives the changed images,
            of the same dtype, shape and range.
    """

    severities: tuple[float, ...]
    neutral: float
    transform: Callable[[np.ndarray, float], np.ndarray]


def translate(images: np.ndarray, pixels: float) -> np.ndarray:
    """Move to the right, interpolated linearly between pixels; what leaves the image is lost."""
    return _clip(ndimage.shift(images, (0, 0, pixels), order=1))


def rotate(images: np.ndarray, degrees: float) -> np.ndarray:
    """Rotate clockwise about the middle, interpolated linearly."""
    return _clip(ndimage.rotate(images, -degrees, axes=(1, 2), reshape=False, order=1))


def thicken(images: np.ndarray, pixels: float) -> np.ndarray:
    """Let strokes grow by about that many pixels on each side, or shrink when negative.

    Grey dilation and erosion with a 3×3 cross; a fraction of a pixel mixes the results for the two nearest whole ones.
    """
    cross = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)
    operation = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
    n_times, fraction = divmod(abs(pixels), 1)
    changed = images
    for _ in range(int(n_times)):
        changed = operation(changed, footprint=cross)
    if fraction:
        changed = (1 - fraction) * changed + fraction * operation(changed, footprint=cross)
    return _clip(changed)


def invert(images: np.ndarray, fraction: float) -> np.ndarray:
    """Mix the images with their negatives: unchanged at 0, grey everywhere at 0.5, inverted at 1."""
    return _clip((1 - fraction) * images + fraction * (1 - images))


def add_noise(images: np.ndarray, stddev: float) -> np.ndarray:
    """Add normal noise of that standard deviation, from a fixed seed: the same noise at every severity."""
    noise = np.random.default_rng(SEED).normal(0, 1, images.shape)
    return _clip(images + stddev * noise)


def _clip(images: np.ndarray) -> np.ndarray:
    return np.asarray(images, np.float32).clip(0, 1)


CORRUPTIONS = {
    "move": Corruption((-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8), 0, translate),
    "turn": Corruption((-90, -60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60, 90), 0, rotate),
    "thicken": Corruption((-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3), 0, thicken),
    "invert": Corruption((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1), 0, invert),
    "noise": Corruption((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1), 0, add_noise),
}


def apply(images: np.ndarray, severities: dict[str, float]) -> np.ndarray:
    """Apply several corruptions one after another, in the order of CORRUPTIONS.

    Args:
        images: float32 (n, 28, 28) in [0, 1].
        severities: by name of the corruption; those that are not named are left out.

    Returns:
        the changed images, float32 (n, 28, 28) in [0, 1]; `images` itself when every severity is neutral.
    """
    for name, corruption in CORRUPTIONS.items():
        severity = severities.get(name, corruption.neutral)
        if severity != corruption.neutral:
            images = corruption.transform(images, severity)
    return images


def accuracy(network: Network, digits: Dataset, name: str, severity: float) -> float:
    """Accuracy, in [0, 1], when one corruption is applied to all images."""
    changed = apply(digits.images[..., 0], {name: severity})[..., None]
    probs = evaluation.probabilities(network, np.ascontiguousarray(changed))
    return float((probs.argmax(axis=1) == digits.labels).mean())
