"""A photograph or a scan of one digit: uneven light is taken out, paper and ink are told apart.

The paper's brightness is estimated everywhere by a median over a window that is wider than any stroke; what differs
from it by more than Otsu's threshold is ink (N. Otsu, "A threshold selection method from gray-level histograms", 1979).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageOps

from cnnviz.drawing.pictures import ImageError, NoInkError
from cnnviz.lazy import LazyModule
from cnnviz.percentages import percent

ndimage: Any = LazyModule("scipy.ndimage")

WORK_PX = 400
"""The longer side at which a picture is worked on; a digit's strokes are still many pixels wide."""
LIGHT_PX = 50
"""The longer side at which the light is estimated."""
LEAST_CONTRAST = 0.12
"""Fainter than that share of white is paper with its grain."""
SMALLEST_SHARE = 0.03
"""A speck has less ink than that share of the largest thing."""
MOST_THINGS = 12
MOST_INK = 0.5


def ink_in(image: Image.Image, name: str) -> np.ndarray:
    """The ink in a photograph, dark on light or light on dark.

    Args:
        image: any size and mode.
        name: what to call it in an error.

    Returns:
        float32 (height, width), the longer side at most WORK_PX, in [0, 1], 1 = full ink.

    Raises:
        NoInkError: when no ink can be told from paper.
        ImageError: when there are far too many things, or more ink than paper.
    """
    values = grey(image)
    difference = _flattened(values)
    if float(np.percentile(np.abs(difference), 99.7)) < LEAST_CONTRAST:
        raise NoInkError(f"{name}: no ink can be told from the paper. Take the photograph closer, with more light.")
    ink = _ink(difference)
    kept = _largest(ink > 0.5, name)
    near = ndimage.binary_dilation(kept, iterations=2)
    return np.where(near, ink, 0).astype(np.float32)


def grey(image: Image.Image) -> np.ndarray:
    """The picture that is worked on: upright, on white where it is transparent, small enough to be quick.

    Returns:
        float32 (height, width), the longer side at most WORK_PX, in [0, 1], 1 = white.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        image = Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8))
    coarse = max(1, max(image.size) // (2 * WORK_PX))
    small = image.reduce(coarse) if image.mode not in ("1", "P") else image
    upright = ImageOps.exif_transpose(small).convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("L")
    flat.thumbnail((WORK_PX, WORK_PX), Image.Resampling.BOX)
    smooth: np.ndarray = ndimage.gaussian_filter(np.asarray(flat, np.float32) / 255, 0.7)
    return smooth


def _flattened(values: np.ndarray) -> np.ndarray:
    """Brightness minus the paper's; the sign such that ink is positive."""
    small = Image.fromarray(values).resize(_size(values.shape, LIGHT_PX), Image.Resampling.BOX)
    window = max(3, round(0.6 * LIGHT_PX))
    light = ndimage.median_filter(np.asarray(small), size=window, mode="nearest")
    smooth = ndimage.gaussian_filter(light, window / 6)
    paper = np.asarray(Image.fromarray(smooth).resize(values.shape[::-1], Image.Resampling.BICUBIC))
    difference: np.ndarray = values - paper
    dark, bright = np.percentile(-difference, 99.5), np.percentile(difference, 99.5)
    return -difference if dark >= bright else difference


def _size(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    share = min(1.0, longest / max(shape))
    return max(1, round(shape[1] * share)), max(1, round(shape[0] * share))


def _ink(difference: np.ndarray) -> np.ndarray:
    """From the difference to a share of ink: 0.5 at Otsu's threshold, never below LEAST_CONTRAST / 2."""
    positive = difference.clip(0, None)
    threshold = max(_otsu(positive), LEAST_CONTRAST / 2)
    return (positive / (2 * threshold)).clip(0, 1)


def _otsu(values: np.ndarray) -> float:
    """The threshold that parts the histogram into two classes as far from each other as can be."""
    counts, edges = np.histogram(values, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum().astype(float)
    above = below[-1] - below
    total = (counts * middles).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        between_classes = below * above * (total / below - (total[-1] - total) / above) ** 2
    return float(middles[np.nanargmax(between_classes)])


def _largest(inked: np.ndarray, name: str) -> np.ndarray:
    """Without specks, and without what hangs on the picture's edge unless nothing else is there."""
    things, n = ndimage.label(inked, np.ones((3, 3)))
    sizes = np.bincount(things.ravel(), minlength=n + 1)[1:]
    if not n:
        raise NoInkError(f"{name}: no ink can be told from the paper.")
    on_edge = np.unique(np.concatenate([things[0], things[-1], things[:, 0], things[:, -1]]))
    inside = [i for i in range(1, n + 1) if i not in set(on_edge.tolist())]
    candidates = inside or list(range(1, n + 1))
    largest = max(sizes[i - 1] for i in candidates)
    kept = [i for i in candidates if sizes[i - 1] >= SMALLEST_SHARE * largest]
    if len(kept) > MOST_THINGS:
        raise ImageError(f"{name}: expected one digit, found {len(kept)} separate things. Cut out one digit.")
    chosen: np.ndarray = np.isin(things, kept)
    if chosen.mean() > MOST_INK:
        raise ImageError(
            f"{name}: expected strokes on paper, found that {percent(chosen.mean(), 0)} of it would be ink."
        )
    return chosen
