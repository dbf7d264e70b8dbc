"""Outliers drawn by program: shapes, signs, letters, scribbles, several digits at once.

Left out are the letters that some people write for a digit: O, I, l, S, Z, B, g, q and b.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from cnnviz.synthesis import digits, strokes
from cnnviz.synthesis import outlier_shapes as shapes
from cnnviz.synthesis.outlier_shapes import straight
from cnnviz.synthesis.strokes import Point, Strokes

MAX_PEN = 0.3
"""Widest pen, as a fraction of the drawing's longer side: a square drawn with a wider one may be a zero."""

LETTERS: dict[str, list[list[Point]]] = {
    "A": [[(0, 1), (0.35, 0), (0.7, 1)], [(0.15, 0.6), (0.55, 0.6)]],
    "E": [[(0.6, 0), (0, 0), (0, 1), (0.6, 1)], [(0, 0.5), (0.5, 0.5)]],
    "F": [[(0.6, 0), (0, 0), (0, 1)], [(0, 0.5), (0.45, 0.5)]],
    "H": [[(0, 0), (0, 1)], [(0.6, 0), (0.6, 1)], [(0, 0.5), (0.6, 0.5)]],
    "K": [[(0, 0), (0, 1)], [(0.6, 0), (0, 0.5), (0.6, 1)]],
    "M": [[(0, 1), (0.05, 0), (0.4, 0.6), (0.75, 0), (0.8, 1)]],
    "N": [[(0, 1), (0, 0), (0.6, 1), (0.6, 0)]],
    "R": [[(0, 1), (0, 0), (0.45, 0.05), (0.5, 0.3), (0.4, 0.48), (0, 0.5), (0.6, 1)]],
    "T": [[(0, 0), (0.8, 0)], [(0.4, 0), (0.4, 1)]],
    "W": [[(0, 0), (0.2, 1), (0.45, 0.4), (0.7, 1), (0.9, 0)]],
    "X": [[(0, 0), (0.7, 1)], [(0.7, 0), (0, 1)]],
}
"""The strokes of capital letters, as corners that straight lines join."""


def _letter(name: str) -> Callable[[Generator], Strokes]:
    """A capital letter, narrow or wide."""

    def draw(rng: Generator) -> Strokes:
        width = rng.uniform(0.8, 1.3)
        return [straight(*((x * width, y) for x, y in line)) for line in LETTERS[name]]

    return draw


def _digits(n: int) -> Callable[[Generator], Strokes]:
    """Several digits side by side."""

    def draw(rng: Generator) -> Strokes:
        drawn: Strokes = []
        right = 0.0
        for _ in range(n):
            size = rng.uniform(0.8, 1)
            # The height is drawn for each stroke, not once a digit: some digits fall apart a little.
            digit = [
                points * size + [right, rng.uniform(-0.1, 0.1)]
                for points in digits.sample_strokes(int(rng.integers(10)), rng)
            ]
            drawn += digit
            right = max(points[:, 0].max() for points in digit) + rng.uniform(0.12, 0.4)
        return drawn

    return draw


def _crossed_out(rng: Generator) -> Strokes:
    """A digit with lines across it."""
    digit = digits.sample_strokes(int(rng.integers(10)), rng)
    lines = [
        straight((-0.1, rng.uniform(0, 1)), (rng.uniform(0.7, 1.1), rng.uniform(0, 1)))
        for _ in range(rng.integers(3, 7))
    ]
    return [*digit, *lines]


KINDS: dict[str, Callable[[Generator], Strokes]] = {
    "dot": shapes.dot,
    "dots": shapes.dots,
    "dash": shapes.dash,
    "scribble": shapes.scribble,
    "filled": shapes.filled,
    "square": shapes.square,
    "triangle": shapes.triangle,
    "pentagon": shapes.pentagon,
    "diamond": shapes.diamond,
    "star": shapes.star,
    "house": shapes.house,
    "heart": shapes.heart,
    "arrow": shapes.arrow,
    "plus": shapes.plus,
    "asterisk": shapes.asterisk,
    "check": shapes.check,
    "face": shapes.face,
    "spiral": shapes.spiral,
    "zigzag": shapes.zigzag,
    "wave": shapes.wave,
    "grid": shapes.grid,
    "stripes": shapes.stripes,
    "rings": shapes.rings,
    "tree": shapes.tree,
    "stick figure": shapes.stick_figure,
    **{name: _letter(name) for name in LETTERS},
    "two digits": _digits(2),
    "three digits": _digits(3),
    "crossed out": _crossed_out,
    "strokes": shapes.loose_strokes,
}
"""The kinds of outliers, each with the function that draws its strokes; their order decides the training set."""


def sample_strokes(kind: str, rng: Generator) -> Strokes:
    """Draw an outlier of one kind at random, deformed like handwriting.

    Args:
        kind: one of KINDS.
        rng: draws the shape and the deformation.

    Returns:
        as `digits.sample_strokes`.

    Raises:
        ValueError: when there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"Expected one of {', '.join(KINDS)}. Received {kind!r}.")
    return strokes.deform(KINDS[kind](rng), rng)


def sample_images(kinds: list[str], rng: Generator) -> np.ndarray:
    """Draw an image of each kind, with pens of random width, in MNIST's format.

    Args:
        kinds: of KINDS.
        rng: draws the strokes and the pens.

    Returns:
        uint8, shape (len(kinds), 28, 28), 255 = ink.
    """
    pens = [min(strokes.sample_pen_width(rng), MAX_PEN) for _ in kinds]  # all before any strokes, as the seed expects
    images = [strokes.draw_image(sample_strokes(kind, rng), pen) for kind, pen in zip(kinds, pens, strict=True)]
    return np.stack(images)
