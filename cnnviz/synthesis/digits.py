"""Digits drawn by program, in variants that MNIST has few of: barred sevens, curly nines, ones with flag and foot."""

from __future__ import annotations

import numpy as np

from cnnviz.synthesis import glyphs_0_to_4 as low
from cnnviz.synthesis import glyphs_5_to_9 as high
from cnnviz.synthesis import strokes
from cnnviz.synthesis.glyphs import Variant
from cnnviz.synthesis.strokes import Strokes

VARIANTS: tuple[tuple[tuple[float, Variant], ...], ...] = (
    ((1, low.zero),),
    ((2, low.plain_one), (5, low.flagged_one), (3, low.footed_one)),
    ((6, low.flat_two), (4, low.looped_two)),
    ((7, low.round_three), (3, low.flat_three)),
    ((6, low.open_four), (5, low.tall_four), (6, low.closed_four), (5, low.round_four)),
    ((5, high.five_in_one), (6, high.five_in_two)),
    ((1, high.six),),
    ((5, high.plain_seven), (5, high.barred_seven), (3, high.curled_seven)),
    (
        (4, high.eight_of_rings),
        (10, high.eight_from("side")),
        (4, high.eight_from("top")),
        (4, high.eight_from("waist")),
        (5, high.eight_from("open")),
    ),
    ((5, high.straight_nine), (5, high.curly_nine), (2, high.curled_nine)),
)
"""For each digit its variants, each with its relative frequency."""


def sample_strokes(digit: int, rng: np.random.Generator) -> Strokes:
    """Draw a digit at random: one of its variants, deformed like handwriting.

    Args:
        digit: 0 to 9.
        rng: draws the variant, its control points and the deformation.

    Returns:
        the middle lines of its strokes, float64, shape (points, 2), x before y; together they begin at 0 and their
        longer side is 1.

    Raises:
        ValueError: when `digit` is not one.
    """
    if digit not in range(len(VARIANTS)):
        raise ValueError(f"Expected a digit, 0 to 9. Received {digit}.")
    weights, variants = zip(*VARIANTS[digit], strict=True)
    variant = variants[int(rng.choice(len(variants), p=np.array(weights) / sum(weights)))]

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(rng.random())  # rng.uniform takes four times as long for a single number

    control_points = variant(uniform)
    return strokes.deform([strokes.catmull_rom(points) for points in control_points], rng)


def sample_images(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an image of each digit, with pens of random width, in MNIST's format.

    Args:
        labels: int, shape (n,), in 0..9.
        rng: draws the strokes and the pens.

    Returns:
        uint8, shape (n, 28, 28), 255 = ink.
    """
    # Arguments are evaluated from the left: the strokes are drawn before the pen, as the seed expects.
    images = [strokes.draw_image(sample_strokes(int(label), rng), strokes.sample_pen_width(rng)) for label in labels]
    return np.stack(images)
