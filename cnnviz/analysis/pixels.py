"""What an image and its label are as numbers: bytes, place and size of the ink, one-hot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.network.config import N_CLASSES


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Pixels as whole numbers 0 to 255, uint8, of the shape of `image`, which is float in [0, 1]."""
    return np.round(image * 255).astype(np.uint8)


def are_bytes(image: np.ndarray) -> bool:
    """True when every pixel, float32, is exactly a whole number divided by 255, as in MNIST."""
    return np.array_equal(to_bytes(image) / np.float32(255), image)


def example(values: np.ndarray) -> tuple[int, int]:
    """Row and column of a byte whose division by 255 is worth showing: the largest below 255, the first of several.

    Args:
        values: uint8 (height, width).
    """
    row, column = np.unravel_index(int(np.where(values < 255, values, 0).argmax()), values.shape)
    return int(row), int(column)


@dataclass(frozen=True)
class Ink:
    """Where the ink of an image lies, in pixels from its upper left corner.

    Attributes:
        top, left, bottom, right: the smallest box that holds every pixel above 0; the last two are exclusive.
        row, column: the centre of mass: the mean of the pixels' middles, each weighted by its value.
    """

    top: int
    left: int
    bottom: int
    right: int
    row: float
    column: float

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the box."""
        return self.bottom - self.top, self.right - self.left


def ink_of(image: np.ndarray) -> Ink | None:
    """Where the ink of an image lies, float (height, width), none below 0; None for an empty one."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not rows.size:
        return None
    mass = image.astype(np.float64)
    middles = [(mass.sum(axis=1 - axis) * (np.arange(n) + 0.5)).sum() / mass.sum() for axis, n in enumerate(mass.shape)]
    box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    return Ink(*box, float(middles[0]), float(middles[1]))


def one_hot(label: int) -> np.ndarray:
    """Ten numbers, int64 (10,): 1 at the place of the digit, else 0; of a larger label only 0."""
    places: np.ndarray = np.arange(N_CLASSES) == label
    return places.astype(np.int64)
