"""Grey images of any size in a row, with words under each."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.indexed import MAX_COLOURS, IndexedPicture, text_table
from cnnviz.render.palettes import LIGHT, Theme
from cnnviz.render.typeface import font

WORD_STEPS = 31
"""Steps from paper to words below images: more cannot be seen, and leave too few of 256 colours for the images."""


def image_row(
    images: Sequence[np.ndarray], labels: Sequence[str], cell_px: int = 160, theme: Theme = LIGHT
) -> Image.Image:
    """Draw grey images of any size side by side, each as large as its cell allows, with a label under each.

    Args:
        images: float (height, width) in [0, 1] each; 0 is black.
        labels: one for each image.
        cell_px: side of a cell.
        theme: colours around the images.
    """
    return index_row(images, labels, cell_px, theme).image()


def index_row(
    images: Sequence[np.ndarray], labels: Sequence[str], cell_px: int = 160, theme: Theme = LIGHT
) -> IndexedPicture:
    """Draw images as `image_row` does, to be encoded at once."""
    shown = {id(image): _fitted(image, cell_px) for image in images}  # the same image may stand there twice
    greys = np.flatnonzero(np.sum([image.histogram() for image in shown.values()], axis=0))
    words, of_coverage = text_table(theme, WORD_STEPS)
    table = np.concatenate([words, np.array([theme.faint], np.uint8), np.repeat(greys[:, None], 3, 1).astype(np.uint8)])
    of_grey = np.zeros(256, np.uint8 if len(table) <= MAX_COLOURS else np.uint16)
    of_grey[greys] = np.arange(len(greys)) + len(words) + 1
    coverage = _words_of_row(tuple(labels), cell_px)
    page = np.zeros((cell_px + len(coverage), coverage.shape[1]), of_grey.dtype)  # the number of paper is 0
    page[cell_px:] = of_coverage[coverage]
    for i, (image, _) in enumerate(zip(images, labels, strict=True)):
        numbers = of_grey[np.asarray(shown[id(image)])]
        numbers[[0, -1]] = len(words)
        numbers[:, [0, -1]] = len(words)
        height, width = numbers.shape
        left, top = i * (cell_px + cell_px // 8) + (cell_px - width) // 2, (cell_px - height) // 2
        page[top : top + height, left : left + width] = numbers
    return IndexedPicture(page, table)


def _fitted(image: np.ndarray, cell_px: int) -> Image.Image:
    """A grey image, mode L, as large as a cell allows."""
    scale = cell_px / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    # Enlarged, a pixel stays a square; reduced, thin strokes must not vanish between pixels.
    resampling = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return Image.fromarray(np.round(image.clip(0, 1) * 255).astype(np.uint8)).resize(size, resampling)


@functools.lru_cache(maxsize=32)
def _words_of_row(labels: tuple[str, ...], cell_px: int) -> np.ndarray:
    """How much of each pixel below a row of images its labels cover, uint8 (height, width)."""
    gap, text_px = cell_px // 8, max(12, cell_px // 9)
    height = round(text_px * 1.6)
    strip = Image.new("L", (len(labels) * (cell_px + gap) - gap, height))
    pen = ImageDraw.Draw(strip)
    for i, label in enumerate(labels):
        middle = i * (cell_px + gap) + cell_px / 2
        pen.text((middle, height - 2), label, 255, font(text_px), anchor="md")
    return np.asarray(strip)
