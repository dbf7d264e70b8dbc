"""Types and helpers for glyphs: variants of digits, as control points placed at random.

A variant (handwriting recognition calls it an allograph) is one way to write a digit, such as a seven with a bar.  It
is a function of a random number generator that places the control points of one or two strokes; `strokes.catmull_rom`
runs a smooth curve through them, and a point named twice is a corner.  x runs right, y down, and a digit is about 1
tall before it is deformed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnviz.synthesis.strokes import Point

ControlPoints = list[list[Point]]
"""The control points of each stroke."""
Uniform = Callable[[float, float], float]
"""Draws a number uniformly between two.  Glyphs call it `u`, and the order of the calls decides the training set."""
Variant = Callable[[Uniform], ControlPoints]
"""Places the control points of one variant of a digit."""


def ellipse(middle: Point, radii: Point, begin: float, turns: float, squeeze: float = 1.0) -> list[Point]:
    """Points around an ellipse, anticlockwise.

    Args:
        middle, radii: of the ellipse, x before y.
        begin: where to begin, in turns from its right end.
        turns: how far around; more than 1 overlaps.
        squeeze: exponent of the superellipse; boxy below 1.
    """
    angle = 2 * np.pi * (begin + turns * np.linspace(0, 1, 11))
    x, y = (np.sign(wave) * np.abs(wave) ** squeeze for wave in (np.cos(angle), -np.sin(angle)))
    return [(middle[0] + radii[0] * float(a), middle[1] + radii[1] * float(b)) for a, b in zip(x, y, strict=True)]
