"""Images as a scanner of low resolution would have given them: fewer pixels, enlarged again."""

from __future__ import annotations

import numpy as np
from PIL import Image

SHARE = 0.2
"""Of the images that `some` makes coarse."""
SIDES_PX = (9, 16)
"""Fewest and most pixels along a side of a scan."""
WHITEST = 95
"""The percentile of an image's ink that is made full ink again: thin strokes get pale when they are scanned."""


def some(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A share of the images, drawn at random, scanned; the others as they are.

    Args:
        images: uint8, shape (n, 28, 28), 255 = ink.
        rng: draws which ones, and the resolution of each scan.

    Returns:
        uint8, same shape.
    """
    chosen = np.flatnonzero(rng.random(len(images)) < SHARE)
    sides = rng.integers(SIDES_PX[0], SIDES_PX[1] + 1, len(chosen))
    made = images.copy()
    for i, side in zip(chosen, sides, strict=True):
        made[i] = scan(images[i], int(side))
    return made


def scan(image: np.ndarray, side_px: int) -> np.ndarray:
    """One image scanned at side_px × side_px: each pixel the mean of its area, smoothly enlarged.

    Args:
        image: uint8, shape (28, 28), 255 = ink.
        side_px: at least 1.

    Returns:
        uint8, shape (28, 28).
    """
    small = Image.fromarray(image).resize((side_px, side_px), Image.Resampling.BOX)
    large = np.asarray(small.resize(image.shape[::-1], Image.Resampling.BICUBIC), np.float32)
    inked = large[large > 0]
    full = max(float(np.percentile(inked, WHITEST)), 1.0) if inked.size else 255.0
    scanned: np.ndarray = np.rint((large * 255 / full).clip(0, 255)).astype(np.uint8)
    return scanned
