"""Dropout by numbers: which values a mask sets to 0, and what becomes of the others."""

from __future__ import annotations

import numpy as np


def drop(values: np.ndarray, rate: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Values as the next layer gets them in one step of the training.

    Args:
        values: float, any shape.
        rate: the chance of each value to be dropped, in [0, 1).
        seed: of the mask.

    Returns:
        bool, which are kept; and float64, 0 where they are not, else the value divided by 1 - rate.
    """
    kept = np.random.default_rng(seed).random(values.shape) >= rate
    return kept, np.where(kept, values.astype(np.float64) / (1 - rate), 0.0)
