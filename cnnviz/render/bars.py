"""The ten probabilities of a softmax as bars."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image

from cnnviz.percentages import NO_BREAK, probability
from cnnviz.render.indexed import IndexedPicture, text_coverage, text_table
from cnnviz.render.palettes import LIGHT, Theme

PAD_PX = 2
"""Letters may begin a little left of where they are put."""
WORD_STEPS = 250
"""Steps from paper to words: all that there are, but for the colours of the bars."""


def probability_bars(probs: np.ndarray, theme: Theme = LIGHT, height_px: int = 36) -> Image.Image:
    """Draw ten probabilities as horizontal bars, the largest in colour, each with its digit and its percentage.

    Args:
        probs: float, shape (10,), in [0, 1].
        theme: colours.
        height_px: height of a bar with its gap.
    """
    return index_bars(probs, theme, height_px).image()


def index_bars(probs: np.ndarray, theme: Theme = LIGHT, height_px: int = 36) -> IndexedPicture:
    """Draw bars as `probability_bars` does, to be encoded at once."""
    table, of_coverage, faint, accent = _bar_colours(theme)
    page = _empty_bars(len(probs), theme, height_px).copy()
    left, right = _ends_of_bars(height_px)
    for digit, prob in enumerate(probs):
        top = digit * height_px
        filled = left + round((right - left) * float(prob))
        if filled > left:
            is_largest = digit == int(probs.argmax())
            page[top + 5 : top + height_px - 4, left : filled + 1] = accent if is_largest else faint
        words = text_coverage(
            probability(float(prob)).replace(NO_BREAK, " "), _bar_text_px(height_px), height_px, PAD_PX
        )
        place = page[top : top + height_px, filled + 10 - PAD_PX :]
        place[:, : words.shape[1]] = of_coverage[words[:, : place.shape[1]]]
    return IndexedPicture(page, table)


def _ends_of_bars(height_px: int) -> tuple[int, int]:
    """Where bars of probability 0 and 1 end."""
    return round(height_px * 0.9), height_px * 10 - round(height_px * 2.8)


def _bar_text_px(height_px: int) -> int:
    return round(height_px * 0.62)


@functools.cache
def _bar_colours(theme: Theme) -> tuple[np.ndarray, np.ndarray, int, int]:
    """The table of `index_bars`, and the numbers in it: of each coverage by words, of other bars, of the largest."""
    colours, of_coverage = text_table(theme, WORD_STEPS)
    table = np.concatenate([colours, np.array([theme.faint, theme.accent], np.uint8)])
    return table, of_coverage, len(colours), len(colours) + 1


@functools.lru_cache(maxsize=16)
def _empty_bars(n: int, theme: Theme, height_px: int) -> np.ndarray:
    """What is the same for all probabilities: the digits, and the line at which the bars begin."""
    _, of_coverage, faint, _ = _bar_colours(theme)
    left, _ = _ends_of_bars(height_px)
    page = np.zeros((n * height_px, height_px * 10), np.uint8)
    for top in range(0, n * height_px, height_px):
        words = text_coverage(str(top // height_px), _bar_text_px(height_px), height_px, PAD_PX)
        page[top : top + height_px, 4 - PAD_PX : 4 - PAD_PX + words.shape[1]] = of_coverage[words]
        page[top + 5 : top + height_px - 4, left : left + 2] = faint
    return page
