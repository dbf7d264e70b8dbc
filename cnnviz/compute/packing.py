"""Data sets as they travel to a cluster: a quarter of their size when that loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class _Pixels:
    """A data set whose pixels are all k/255: k as uint8 (n, 28, 28, 1), labels uint8 (n,)."""

    images: np.ndarray
    labels: np.ndarray
    name: str
    key: str


def pack(value: Any) -> Any:
    """The value as it travels: a data set with pixels k/255 as k when that is exact, everything else as it is."""
    if isinstance(value, Dataset) and value.answers is None:
        pixels = np.rint(value.images * 255).clip(0, 255).astype(np.uint8)
        if np.array_equal(pixels / np.float32(255), value.images):
            return _Pixels(pixels, value.labels.astype(np.uint8), value.name, value.key)
    return value


def unpack(value: Any) -> Any:
    """What `pack` was given, equal to the bit."""
    if isinstance(value, _Pixels):
        return Dataset(value.images / np.float32(255), value.labels.astype(np.int64), value.name, value.key)
    return value
