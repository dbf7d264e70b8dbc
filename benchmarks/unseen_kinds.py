"""28 kinds of drawings that are no digits and that no training set of cnnviz has, to measure how many are refused.

Letters, small and large, and signs; each is a function of a random generator that gives strokes as `synthesis.strokes`
has them, deformed like handwriting where they are drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from cnnviz.synthesis import strokes
from cnnviz.synthesis.outlier_shapes import straight
from cnnviz.synthesis.strokes import Point, Strokes, catmull_rom

MAX_PEN = 0.25
"""Widest pen, as a fraction of the drawing's longer side."""

Line = tuple[str, list[Point]]
"""A stroke: "straight" from corner to corner, or a "curve" through its points."""

LINES: dict[str, list[Line]] = {
    "C": [("curve", [(0.7, 0.15), (0.4, 0), (0.05, 0.3), (0.05, 0.7), (0.4, 1), (0.72, 0.82)])],
    "D": [("straight", [(0, 0), (0, 1)]), ("curve", [(0, 0), (0.5, 0.12), (0.68, 0.5), (0.5, 0.88), (0, 1)])],
    "G": [
        ("curve", [(0.7, 0.15), (0.4, 0), (0.05, 0.3), (0.05, 0.7), (0.4, 1), (0.7, 0.85), (0.7, 0.55)]),
        ("straight", [(0.7, 0.55), (0.4, 0.55)]),
    ],
    "J": [("curve", [(0.6, 0), (0.6, 0.7), (0.45, 0.98), (0.15, 0.98), (0, 0.75)]), ("straight", [(0.3, 0), (0.9, 0)])],
    "L": [("straight", [(0, 0), (0, 1), (0.6, 1)])],
    "P": [("straight", [(0, 1), (0, 0)]), ("curve", [(0, 0), (0.45, 0.05), (0.55, 0.27), (0.4, 0.48), (0, 0.52)])],
    "Q": [
        ("curve", [(0.4, 0), (0.02, 0.3), (0.1, 0.85), (0.45, 1), (0.8, 0.7), (0.75, 0.2), (0.4, 0)]),
        ("straight", [(0.5, 0.7), (0.95, 1.1)]),
    ],
    "U": [("curve", [(0, 0), (0, 0.6), (0.1, 0.92), (0.35, 1), (0.6, 0.9), (0.7, 0.6), (0.7, 0)])],
    "V": [("straight", [(0, 0), (0.38, 1), (0.76, 0)])],
    "Y": [("straight", [(0, 0), (0.38, 0.5), (0.76, 0)]), ("straight", [(0.38, 0.5), (0.38, 1)])],
    "a": [
        ("curve", [(0.65, 0.15), (0.3, 0), (0, 0.45), (0.2, 0.95), (0.6, 0.7), (0.65, 0.15)]),
        ("curve", [(0.66, 0), (0.66, 0.7), (0.75, 1), (0.95, 0.9)]),
    ],
    "d": [
        ("curve", [(0.5, 0.5), (0.25, 0.42), (0, 0.7), (0.2, 1), (0.5, 0.85)]),
        ("straight", [(0.52, 0), (0.52, 1)]),
    ],
    "e": [("curve", [(0.02, 0.5), (0.68, 0.48), (0.62, 0.15), (0.32, 0), (0.03, 0.35), (0.15, 0.9), (0.7, 0.88)])],
    "h": [("straight", [(0, 0), (0, 1)]), ("curve", [(0, 0.65), (0.25, 0.45), (0.48, 0.6), (0.5, 1)])],
    "k": [("straight", [(0, 0), (0, 1)]), ("straight", [(0.45, 0.4), (0.02, 0.7), (0.5, 1)])],
    "m": [
        ("straight", [(0, 0.02), (0, 0.8)]),
        ("curve", [(0, 0.3), (0.25, 0), (0.45, 0.2), (0.45, 0.8)]),
        ("curve", [(0.45, 0.3), (0.7, 0), (0.92, 0.2), (0.92, 0.8)]),
    ],
    "n": [("straight", [(0, 0), (0, 0.8)]), ("curve", [(0, 0.3), (0.3, 0), (0.55, 0.2), (0.57, 0.8)])],
    "r": [("straight", [(0, 0), (0, 0.9)]), ("curve", [(0, 0.4), (0.15, 0.1), (0.4, 0), (0.55, 0.12)])],
    "t": [("curve", [(0.3, 0), (0.3, 0.8), (0.42, 1), (0.65, 0.88)]), ("straight", [(0, 0.3), (0.62, 0.28)])],
    "w": [("curve", [(0, 0), (0.1, 0.7), (0.25, 0.8), (0.45, 0.1), (0.55, 0.75), (0.75, 0.8), (0.9, 0)])],
    "question mark": [
        ("curve", [(0, 0.2), (0.3, 0), (0.6, 0.2), (0.45, 0.45), (0.3, 0.55), (0.3, 0.75)]),
        ("straight", [(0.29, 0.95), (0.31, 1)]),
    ],
    "ampersand": [
        (
            "curve",
            [(0.8, 1), (0.3, 0.45), (0.2, 0.15), (0.4, 0), (0.55, 0.2), (0.1, 0.6), (0.1, 0.9), (0.4, 1), (0.8, 0.5)],
        )
    ],
    "infinity": [
        (
            "curve",
            [(0.5, 0.25), (0.2, 0), (0, 0.25), (0.2, 0.5), (0.5, 0.25), (0.8, 0), (1, 0.25), (0.8, 0.5), (0.5, 0.25)],
        )
    ],
    "euro": [
        ("curve", [(0.75, 0.12), (0.45, 0), (0.15, 0.3), (0.15, 0.7), (0.45, 1), (0.75, 0.88)]),
        ("straight", [(0, 0.4), (0.55, 0.4)]),
        ("straight", [(0, 0.6), (0.55, 0.6)]),
    ],
    "percent": [
        ("straight", [(0.75, 0), (0.05, 1)]),
        ("curve", [(0.15, 0.05), (0, 0.18), (0.15, 0.32), (0.3, 0.18), (0.15, 0.05)]),
        ("curve", [(0.65, 0.68), (0.5, 0.82), (0.65, 0.96), (0.8, 0.82), (0.65, 0.68)]),
    ],
    "lightning": [("straight", [(0.45, 0), (0.1, 0.55), (0.5, 0.5), (0.15, 1)])],
    "crescent": [
        ("curve", [(0.5, 0), (0.05, 0.25), (0.05, 0.75), (0.5, 1)]),
        ("curve", [(0.5, 0), (0.28, 0.3), (0.28, 0.7), (0.5, 1)]),
    ],
    "paragraph": [
        ("curve", [(0.5, 0.05), (0.15, 0), (0.02, 0.22), (0.2, 0.42), (0.5, 0.45)]),
        ("straight", [(0.5, 1), (0.5, 0.02), (0.75, 0.02), (0.75, 1)]),
    ],
}
"""The strokes of each kind, before they are deformed."""


def sample_strokes(kind: str, rng: Generator) -> Strokes:
    """One drawing of a kind, narrower or wider, its points moved a little, deformed like handwriting."""
    width = rng.uniform(0.8, 1.25)
    drawn = []
    for way, points in LINES[kind]:
        moved: list[Point] = [(x * width + rng.normal(0, 0.02), y + rng.normal(0, 0.02)) for x, y in points]
        drawn.append(straight(*moved) if way == "straight" else catmull_rom(moved))
    return strokes.deform(drawn, rng)


def sample_images(n: int, rng: Generator) -> dict[str, np.ndarray]:
    """For each kind n images in MNIST's format, uint8 (n, 28, 28), with pens as for outliers that are learnt."""

    def draw(kind: str) -> np.ndarray:
        return strokes.draw_image(sample_strokes(kind, rng), min(strokes.sample_pen_width(rng), MAX_PEN))

    return {kind: np.stack([draw(kind) for _ in range(n)]) for kind in LINES}
