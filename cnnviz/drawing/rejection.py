"""When a drawing is refused as no digit: a dot, all ink, several things side by side, or an outlier by its energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnviz.drawing.preparation import INK_THRESHOLD, Preparation
from cnnviz.lazy import LazyModule

ndimage: Any = LazyModule("scipy.ndimage")

Reason = Literal["dot", "full", "many", "unlike"]

ROUND = 0.7
"""Shorter by longer side of a box that holds something about as wide as high; a one is slimmer."""
DOT_SHARE, DOT_FILLED = 0.15, 0.7
"""A dot: its longer side as a share of the canvas's, and how much of its box is ink; of a disc that is π/4."""
FULL, LARGE = 0.77, 0.45
"""Share of ink in the box from which it is full, when its longer side is that share of the canvas's; small digits
run together."""
TALL = 0.55
"""Height, as a share of the whole, from which a piece may be a digit."""
WIDE = 1.15
"""Width by height from which tall pieces side by side are more than one digit; a four in two strokes is slimmer."""
SHARE_BELOW = 0.005
"""Of the digits that a network's least energy is taken from, which it did not learn from, so many have less."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no digit.

    Attributes:
        reason: "dot", "full" of ink, "many" things side by side, or "unlike" what the network has learnt.
        n_things: how many stand side by side.
    """

    reason: Reason
    n_things: int = 0


def refuse(
    preparation: Preparation, outputs: Mapping[str, np.ndarray], least_energy: float | None = None
) -> Refusal | None:
    """Whether a drawing is to be called no digit.

    Args:
        preparation: the drawing on its way to the network.
        outputs: what each layer made of this one image, by name, without a batch axis; "logits" is used.
        least_energy: of the network, see `least_energy_of`; None where it is not known.

    Returns:
        the first reason that holds, or None for what may be a digit.
    """
    refusal = refuse_ink(preparation)
    if refusal is None and is_unlike(outputs["logits"], least_energy):
        return Refusal("unlike")
    return refusal


def refuse_ink(preparation: Preparation) -> Refusal | None:
    """Whether the ink alone shows that it is no digit."""
    inked = preparation.cropped >= INK_THRESHOLD
    short, long = sorted(inked.shape)
    filled = inked.mean()
    if short >= ROUND * long:
        share = long / max(preparation.drawn.shape)
        if filled >= DOT_FILLED and share <= DOT_SHARE:
            return Refusal("dot")
        if filled >= FULL and share >= LARGE:
            return Refusal("full")
    n = count_side_by_side(inked)
    return Refusal("many", n) if n > 1 else None


def count_side_by_side(inked: np.ndarray) -> int:
    """How many pieces as tall as digits stand beside each other, 1 where they may be strokes of one digit.

    Args:
        inked: bool, shape (height, width), cropped to the ink.
    """
    height, width = inked.shape
    if width < WIDE * height:
        return 1
    labels, _ = ndimage.label(inked, np.ones((3, 3)))
    boxes = [box for box in ndimage.find_objects(labels) if box[0].stop - box[0].start >= TALL * height]
    n, right = 0, 0
    for box in sorted(boxes, key=lambda box: int(box[1].start)):
        n += box[1].start >= right
        right = max(right, box[1].stop)
    return max(n, 1)


def is_unlike(logits: np.ndarray, least_energy: float | None) -> bool:
    """Whether an image, by its logits (10,), is unlike what a network has learnt; False where that is not known."""
    return least_energy is not None and bool(energies(logits) < least_energy)


def energies(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the sums of the logits' exponentials, high for what is like the digits learnt.

    W. Liu, X. Wang, J. Owens and Y. Li, "Energy-based out-of-distribution detection" (2020), with its sign turned.

    Args:
        logits: shape (..., 10).

    Returns:
        float64, shape (...).
    """
    found: np.ndarray = np.logaddexp.reduce(logits.astype(np.float64), axis=-1)
    return found


def least_energy_of(logits: np.ndarray) -> float | None:
    """The energy of which SHARE_BELOW of a network's digits have less.

    None where the digits are too few to tell, or the logits are no finite numbers.

    Args:
        logits: shape (n, 10), of digits that the network did not learn from.
    """
    if len(logits) * SHARE_BELOW < 1 or not np.isfinite(logits).all():
        return None
    return float(np.quantile(energies(logits), SHARE_BELOW))
