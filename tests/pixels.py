"""Read pictures back from their pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image


def pixels(picture: Image.Image) -> np.ndarray:
    """Red, green and blue of every pixel, int (height, width, 3)."""
    return np.asarray(picture).astype(int)


def colours(region: np.ndarray) -> set[tuple[int, ...]]:
    """The colours that occur among some pixels."""
    return {tuple(pixel) for pixel in region.reshape(-1, 3).tolist()}


def grey(level: int) -> tuple[int, int, int]:
    """A grey."""
    return (level, level, level)
