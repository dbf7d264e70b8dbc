"""Parts of the digits to look at, each as one list of images: the three splits, and all images of the training file."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.data.dataset import Dataset, Split

Part = Literal["train", "validation", "all", "test"]
SPLITS: dict[Part, tuple[Split, ...]] = {
    "train": ("train",),
    "validation": ("validation",),
    "all": ("train", "validation"),
    "test": ("test",),
}
"""What each part consists of, in order: MNIST's training file is its training images, then its validation images."""
Spot = tuple[Split, int]
"""An image: its split, and its number there."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one or more splits, numbered on from one to the next; nothing is copied.

    Attributes:
        splits: names and digits, in order.
    """

    splits: tuple[tuple[Split, Dataset], ...]

    def __len__(self) -> int:
        return sum(len(digits) for _, digits in self.splits)

    @functools.cached_property
    def labels(self) -> np.ndarray:
        """Labels of all of them, int64 (n,)."""
        return np.concatenate([digits.labels for _, digits in self.splits])

    def spot(self, number: int) -> Spot:
        """The split and the number there of an image.

        Raises:
            IndexError: when there is no such image.
        """
        rest = number
        for split, digits in self.splits:
            if 0 <= rest < len(digits):
                return split, rest
            rest -= len(digits)
        raise IndexError(f"Expected a number in 0..{len(self) - 1}. Received {number}.")

    def inks(self, numbers: Iterable[int]) -> np.ndarray:
        """Some of the images, float32 (n, 28, 28) in [0, 1]; raises IndexError as `spot`."""
        known = dict(self.splits)
        found = [known[split].images[i, :, :, 0] for split, i in map(self.spot, numbers)]
        return np.stack(found) if found else np.zeros((0, 28, 28), np.float32)
