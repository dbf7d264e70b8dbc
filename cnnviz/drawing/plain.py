"""A picture on even paper: a canvas, a scan, a drawing on a transparent ground. What differs from paper is ink."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from cnnviz.drawing.preparation import INK_THRESHOLD

MAX_PX = 1024
"""A picture with a longer side is made smaller by a whole factor first; its strokes are still many pixels wide."""
SMALL_PX = 64
"""No photograph is as small; in so small a picture the grey edges of the strokes may be most of what is not ink."""
EVEN, SHARE = 0.02, 0.68
"""Paper is even when that share of it is within EVEN of its middle brightness, along the border and in the whole: grain
that is normally distributed passes with a standard deviation of 0.02 at most. Measured on pen digits that were blurred,
compressed to quality 30 or cut off at their ink at least 83 % is, on MNIST's images 88 %; on paper that goes from 0.75
to 0.85 64 %, and 43 % along the border; on paper that goes from 0.45 to 0.95 15 %. What lies between is read alike both
ways, since it is far from INK_THRESHOLD."""


def ink_on_even_paper(image: Image.Image) -> np.ndarray | None:
    """The ink in a picture of any mode, whichever of ink and paper is the brighter.

    Paper is what lies along the border.  On a transparent border the ink is what is opaque, unless
    the opaque part holds a picture of its own.

    Returns:
        float32 (height, width), the longer side at most MAX_PX, in [0, 1], 1 = full ink; None when the paper is
        uneven, or when no pixel is as much as INK_THRESHOLD away from it.
    """
    upright = _upright(image)
    ink, is_even = _ink_and_evenness(upright)
    is_readable = ink.max(initial=0) >= INK_THRESHOLD and (is_even or max(upright.size) <= SMALL_PX)
    return ink if is_readable else None


def _ink_and_evenness(image: Image.Image) -> tuple[np.ndarray, bool]:
    alpha, grey = _alpha(image), _grey(image)
    if alpha is None or np.median(_border(alpha)) >= 0.5:
        paper = float(np.median(_border(grey)))
        return _darkness(grey, paper), _is_even(grey, paper) and _is_even(grey, paper, _border(grey))
    opaque = grey[alpha > 0.5]
    if not opaque.size:
        return np.zeros_like(grey), True
    if np.ptp(np.percentile(opaque, (0.1, 99.9))) < 0.5:
        return alpha, True
    paper = float(np.median(opaque))
    return _darkness(grey * alpha + paper * (1 - alpha), paper), _is_even(opaque, paper)


def _darkness(grey: np.ndarray, paper: float) -> np.ndarray:
    """How far each pixel is from paper, towards the side that has more room: 1 is black on white, white on black."""
    difference = (paper - grey) if paper > 0.5 else (grey - paper)
    return (difference / max(paper, 1 - paper)).clip(0, 1)


def _is_even(grey: np.ndarray, paper: float, part: np.ndarray | None = None) -> bool:
    """Whether the paper has one brightness, in the whole picture or in a part of it.

    Paper is what is nearer to the paper's brightness than to that of the strongest ink.
    """
    most = float(np.abs(grey - paper).max())
    distances = np.abs((grey if part is None else part) - paper)
    of_paper = distances[distances <= max(most / 2, EVEN)]
    return bool((of_paper <= EVEN).mean() >= SHARE)


def _upright(image: Image.Image) -> Image.Image:
    """As it is to be seen, and not too large."""
    factor = -(-max(image.size) // MAX_PX)
    if factor > 1:
        if image.mode in ("1", "P", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
        elif image.mode.startswith("I") or image.mode == "F":
            image = Image.fromarray(_grey(image))
        image = image.reduce(factor)
    return ImageOps.exif_transpose(image)


def _grey(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float32)
        greatest = values.max(initial=0)
        top = 65535.0 if greatest > 255 else 255.0 if greatest > 1 else 1.0
        return (values / top).clip(0, 1)
    return np.asarray(image.convert("RGBA").convert("L"), np.float32) / 255


def _alpha(image: Image.Image) -> np.ndarray | None:
    if "A" not in image.getbands() and "transparency" not in image.info:
        return None
    return np.asarray(image.convert("RGBA").getchannel("A"), np.float32) / 255


def _border(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
