"""Which outliers have the shape of a digit, so that calling them no digit would teach what is not true."""

from __future__ import annotations

import numpy as np

SHARE = 0.8
"""Share of digits that are as near to another digit as an outlier must be to count as digit-shaped."""
CHUNK = 1000
SIDE_PX = 14
"""Of images that are halved."""


def is_digit_shaped(images: np.ndarray, digits: np.ndarray, share: float = SHARE) -> np.ndarray:
    """Whether images are as near to a digit as digits of other hands are.

    Nearness is the cosine of the angle between two images that are blurred a little, so that strokes that lie beside
    each other count as near. The first half of `digits` is compared with the second to learn how near digits are to
    one another; images are compared with the second half too.

    Args:
        images: uint8, shape (n, 28, 28), 255 = ink.
        digits: uint8, shape (m, 28, 28), in random order, m at least 2.
        share: of the digits are to be called digit-shaped.

    Returns:
        bool, shape (n,).
    """
    half = len(digits) // 2
    known = features(digits[half:])
    least = np.quantile(nearness(features(digits[:half]), known), 1 - share)
    near: np.ndarray = nearness(features(images), known) >= least
    return near


def features(images: np.ndarray) -> np.ndarray:
    """Blurred images at half the size, each of length 1; float32, shape (n, 196)."""
    rows = _halved(images.astype(np.float32))
    flat = _halved(rows.transpose(0, 2, 1)).transpose(0, 2, 1).reshape(len(images), SIDE_PX**2)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: np.ndarray = np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)
    return unit


def _halved(images: np.ndarray) -> np.ndarray:
    """Half as many rows: at every second one the binomial weights 1, 3, 3, 1, which blur and halve at once."""
    padded = np.pad(images, ((0, 0), (1, 1), (0, 0)))
    a, b, c, d = (padded[:, at : at + 27 : 2] for at in range(4))
    half: np.ndarray = a + 3 * b + 3 * c + d
    return half


def nearness(of: np.ndarray, to: np.ndarray) -> np.ndarray:
    """The largest cosine of each row of `of` with a row of `to`; shape (len(of),), in [0, 1]."""
    parts = [(of[i : i + CHUNK] @ to.T).max(axis=1) for i in range(0, len(of), CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
