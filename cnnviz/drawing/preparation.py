"""From ink on a canvas, or any picture of a digit, to the 28×28 that the network sees; every step is kept.

MNIST's digits were made the same way: scaled so that the longer side of the ink is 20 pixels, then placed so
that the centre of mass lies in the middle of 28×28 (LeCun, Cortes and Burges, "The MNIST database").
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

BOX_PX = 20
IMAGE_PX = 28
INK_THRESHOLD = 0.2
"""Fainter than this share of full ink is paper: noise of a scan, the halo of a JPEG."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """A drawing on its way to the network; all arrays float32 in [0, 1], 1 = full ink.

    Attributes:
        drawn: what was drawn, shape (height, width).
        cropped: the smallest box that holds all the ink.
        boxed: `cropped`, scaled so that its longer side is 20 pixels.
        centred: (28, 28), the centre of mass of the ink in the middle; what the network sees.
    """

    drawn: np.ndarray
    cropped: np.ndarray
    boxed: np.ndarray
    centred: np.ndarray

    def packed(self) -> PackedPreparation:
        """The same in a quarter of the room, where all ink is a whole number of 255ths, as on the canvas."""
        return PackedPreparation(_packed(self.drawn), _packed(self.cropped), self.boxed, self.centred)


@dataclass(frozen=True, eq=False)
class PackedPreparation:
    """A preparation to be kept: the same arrays, of which those of uint8 are 255ths."""

    drawn: np.ndarray
    cropped: np.ndarray
    boxed: np.ndarray
    centred: np.ndarray

    def unpacked(self) -> Preparation:
        """The preparation, to the bit."""
        return Preparation(_unpacked(self.drawn), _unpacked(self.cropped), self.boxed, self.centred)


def _packed(ink: np.ndarray) -> np.ndarray:
    """Ink as uint8 where nothing is lost by it, otherwise a copy: a part of an array would keep the whole."""
    small = np.round(ink * 255).astype(np.uint8)
    return small if np.array_equal(_unpacked(small), ink) else ink.copy()


def _unpacked(ink: np.ndarray) -> np.ndarray:
    return ink.astype(np.float32) / 255 if ink.dtype == np.uint8 else ink


FINEST_PX = 1 / 4096
"""A middle is taken to be at a whole multiple of it. Between two pixels it lies exactly, for ink that is symmetric, and
then the last bit of the sums, which differs between versions of Pillow and in the browser, would decide."""
STEPS = ("ink", "crop", "box", "centre")
"""The steps of `prepare`; each can be left out to see what it is good for."""


def prepare(ink: np.ndarray, without: Collection[str] = ()) -> Preparation | None:
    """Crop, scale and centre the ink of one digit.

    Args:
        ink: shape (height, width), any size, float in [0, 1], 1 = full ink.
        without: steps to leave out. Without "ink" the paper is taken for ink; without "crop" the whole canvas is
            scaled; without "box" the ink is stretched over all of 28×28; without "centre" the middle of the box,
            not of its mass, is put in the middle.

    Returns:
        every step, or None when there is no ink.

    Raises:
        ValueError: when `ink` is not two-dimensional or leaves [0, 1].
    """
    return prepare_variants(ink, [without])[0]


def prepare_variants(ink: np.ndarray, left_out: Sequence[Collection[str]]) -> list[Preparation | None]:
    """Prepare the same ink several times, each time without other steps; what is common is computed once.

    Args:
        ink: as for `prepare`.
        left_out: the steps to leave out, for each time.

    Returns:
        as `prepare`, for each time.

    Raises:
        ValueError: as `prepare`.
    """
    if ink.ndim != 2 or not ink.size:
        raise ValueError(f"Expected ink of shape (height, width). Received {ink.shape}.")
    if not (np.isfinite(ink).all() and ink.min() >= 0 and ink.max() <= 1):
        raise ValueError("Expected ink in [0, 1]. Received values outside it.")
    drawn = ink.astype(np.float32)
    inked = crop(drawn)
    if inked is None:
        return [None] * len(left_out)

    @functools.cache
    def cropped_without(steps: frozenset[str]) -> np.ndarray | None:
        whole = 1 - drawn if "ink" in steps else drawn
        return whole if "crop" in steps else crop(whole) if "ink" in steps else inked

    @functools.cache
    def boxed_without(steps: frozenset[str]) -> np.ndarray | None:
        cropped = cropped_without(steps - {"box"})
        return None if cropped is None else stretch(cropped) if "box" in steps else fit_box(cropped)

    def prepared(steps: frozenset[str]) -> Preparation | None:
        cropped, boxed = cropped_without(steps - {"box", "centre"}), boxed_without(steps - {"centre"})
        if cropped is None or boxed is None:
            return None
        return Preparation(drawn, cropped, boxed, centre(boxed, by_mass="centre" not in steps))

    return [prepared(frozenset(without)) for without in left_out]


def crop(ink: np.ndarray) -> np.ndarray | None:
    """The smallest box that holds all ink of at least INK_THRESHOLD; None when there is none."""
    inked = ink >= INK_THRESHOLD
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_box(ink: np.ndarray, box_px: int = BOX_PX) -> np.ndarray:
    """Scale the ink, keeping its proportions, so that the longer side is `box_px`; grey edges as in MNIST."""
    height, width = ink.shape
    scale = box_px / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(scaled).clip(0, 1)


def stretch(ink: np.ndarray, image_px: int = IMAGE_PX) -> np.ndarray:
    """Scale the ink to the whole image, whatever its proportions."""
    scaled = Image.fromarray(ink.astype(np.float32)).resize((image_px, image_px), Image.Resampling.BICUBIC)
    return np.asarray(scaled).clip(0, 1)


def centre(ink: np.ndarray, image_px: int = IMAGE_PX, by_mass: bool = True) -> np.ndarray:
    """Place the ink on an empty image so that its centre of mass is nearest to the middle.

    Whole pixels only: nothing is blurred.  Where the ink would leave the image, it stays at the edge instead.
    With `by_mass` off every pixel weighs the same: the middle of the box is put in the middle.
    """
    offsets = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis, dtype=np.float64) if by_mass else np.ones(length)
        middle = (mass * (np.arange(length) + 0.5)).sum() / max(mass.sum(), 1e-9)
        shift = round(float(image_px / 2 - middle) / FINEST_PX) * FINEST_PX
        offsets.append(int(np.clip(round(shift), 0, image_px - length)))
    top, left = offsets
    image = np.zeros((image_px, image_px), np.float32)
    image[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return image
