"""Strokes: curves through control points, randomly deformed like handwriting, drawn with a round pen.

A stroke is a line of points, float64 (points, 2), x before y; x runs right, y down.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.drawing.preparation import BOX_PX
from cnnviz.synthesis.preparation import prepare_batch

Point = tuple[float, float]
Strokes = list[np.ndarray]

SLANT_MEAN, SLANT_STD = 0.12, 0.21
"""Shear, in widths for each height; handwriting leans to the right."""
ROTATION_STD = 6.0
"""Degrees."""
STRETCH_STD = 0.2
"""Of the logarithm of width to height."""
WAVES = ((3.0, 0.025), (3.0, 0.025), (7.0, 0.012), (7.0, 0.012))
"""Sine waves that bend strokes smoothly: standard deviations of wave number and of amplitude, for a drawing 1 tall."""
CANVAS_PX, CANVAS_PENS_PX = 280, (10.0, 34.0)
"""Side of the canvas on the page Draw, and its narrowest and widest pen."""
CANVAS_SIZES = (0.2, 0.85)
"""Smallest and largest digit on the canvas: the longer side as a fraction of what the pen leaves of the canvas."""
MAX_PEN_PX = 7.2
"""Widest pen, as it comes out on 28×28."""
RENDER_PX = 110
"""Longer side of the strokes while they are drawn, before the drawing is scaled down: large enough for smooth edges."""


def catmull_rom(points: list[Point], n_per_segment: int = 8) -> np.ndarray:
    """A smooth curve through all points; a point that is named twice is a corner.

    The uniform spline of E. Catmull and R. Rom, "A class of local interpolating splines" (1974): the tangent at a
    point is half the way from the point before to the point after.  Unlike a Bézier curve it goes through its control
    points, so that glyphs can be written down as places that the pen passes; at a point named twice it turns sharply,
    overshooting by 2/27 of the way as a pen does.

    Args:
        points: at least two.
        n_per_segment: points of the curve from one control point to the next.

    Returns:
        float64, shape ((len(points) - 1) × n_per_segment + 1, 2).
    """
    p = np.array(points, np.float64)
    # The spline needs a neighbour on each side: the ends are mirrored at the first and the last point.
    extended = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])[:, None]
    before, start, end, after = extended[:-3], extended[1:-2], extended[2:-1], extended[3:]
    t = np.arange(n_per_segment)[:, None] / n_per_segment
    curve = start + 0.5 * t * (end - before + t * (2 * before - 5 * start + 4 * end - after))
    curve += 0.5 * t**3 * (3 * (start - end) + after - before)
    return np.concatenate([curve.reshape(-1, 2), p[-1:]])


def deform(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Bend strokes a little everywhere, then stretch, shear, rotate and normalise them.

    Args:
        strokes: float, shape (points, 2) each; the drawing about 1 tall.
        rng: draws the deformation.

    Returns:
        float64, same shapes; together they begin at 0 and their longer side is 1.
    """
    slant, angle = rng.normal(SLANT_MEAN, SLANT_STD), np.radians(rng.normal(0, ROTATION_STD))
    stretch = np.array([[np.exp(rng.normal(0, STRETCH_STD)), -slant], [0, 1]])
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ stretch
    bent = [points.copy() for points in strokes]
    for wave_number_std, amplitude_std in WAVES:
        wave_numbers, phases = rng.normal(0, wave_number_std, (2, 2)), rng.uniform(0, 2 * np.pi, 2)
        amplitudes = rng.normal(0, amplitude_std, 2)
        # Waves run over the drawing, not along each stroke: where two strokes touch, they still do.
        shifts = [amplitudes * np.sin(points @ wave_numbers + phases) for points in strokes]
        bent = [points + shift for points, shift in zip(bent, shifts, strict=True)]
    return normalize([points @ matrix.T for points in bent])


def normalize(strokes: Strokes) -> Strokes:
    """Move strokes so that they begin at 0, and scale them so that their longer side is 1."""
    points = np.concatenate(strokes)
    corner = points.min(axis=0)
    size = max(float((points.max(axis=0) - corner).max()), 1e-6)
    return [(stroke - corner) / size for stroke in strokes]


def sample_pen_width(rng: np.random.Generator) -> float:
    """Draw a pen's width, as a fraction of the drawing's longer side.

    Half of the pens are as on the canvas, half come out 1 to MAX_PEN_PX pixels wide on 28×28, log-uniformly.
    """
    if rng.random() < 0.5:
        pen = rng.uniform(*CANVAS_PENS_PX)
        return float(pen / (rng.uniform(*CANVAS_SIZES) * (CANVAS_PX - pen)))
    final = np.exp(rng.uniform(0, np.log(MAX_PEN_PX)))
    return float(final / (BOX_PX - final))


def render(strokes: Strokes, pen: float) -> np.ndarray:
    """Draw strokes with a round pen.

    Args:
        strokes: as `normalize` gives them.
        pen: its width, as a fraction of the longer side of the strokes.

    Returns:
        float32, shape (side, side), 0 or 1; the longer side of the strokes' middle lines is RENDER_PX.
    """
    width = pen * RENDER_PX
    side, radius = int(RENDER_PX + width + 4), width / 2
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    for points in strokes:
        line = [(float(x), float(y)) for x, y in points * RENDER_PX + radius + 2]
        draw.line(line, fill=255, width=max(1, round(width)))
        # Pillow's lines have gaps at their joints and square ends; a disc on every point makes the pen round.
        for x, y in line:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image, np.float32) / 255


def draw_image(strokes: Strokes, pen: float) -> np.ndarray:
    """Draw strokes and bring them to MNIST's format; uint8 (28, 28), 255 = ink; arguments as for `render`."""
    image: np.ndarray = prepare_batch(render(strokes, pen)[None])[0]
    return image
