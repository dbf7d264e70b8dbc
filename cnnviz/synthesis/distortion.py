"""Digits as other hands and pens would have left them: turned, slanted, stretched, bent, thin and thick.

Of an image, a digit is kept as the distance of every place to the edge of its stroke.  Bending the digit moves the
places where the distances are read; a wider or narrower pen adds to or takes from them; ink is where they are positive.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.drawing.preparation import BOX_PX, IMAGE_PX, prepare

FINE = 3
"""Places for each pixel of MNIST, along one side."""
REACH_PX = 5.0
"""Distances are cut off here, in MNIST's pixels; a pen grows by less than twice that."""
SPAN_PX = 38
"""Side of the square that a distorted digit has, in MNIST's pixels: room to stretch and to thicken."""
TURN, SHEAR, STRETCH = 7.0, 0.15, 0.13
"""Standard deviations: of the turn in degrees, of the shear, of the logarithm of width to height."""
BEND_PX, KNOTS = 0.8, 6
"""The elastic field: mean standard deviation at its KNOTS × KNOTS knots, smooth in between."""
PEN_PX = (1.4, 7.2)
"""Narrowest and widest pen, as it comes out on 28×28."""
OWN_PEN = 0.25
"""Share of the digits that keep about the pen they were written with."""

Point = tuple[float, float]
CANVAS_PX, CANVAS_PENS_PX, CANVAS_SIZES = 280, (10.0, 34.0), (0.2, 0.85)
"""Pens and digits on a canvas: a digit's longer side as a share of the room that the pen leaves."""
DRAWN_PX = 110
"""Longer side of the middle lines while strokes are drawn, before the digit is made small."""
LEAN, SLANT, SWAY_TURN, SWAY_STRETCH = 0.12, 0.21, 6.0, 0.2
"""Strokes: mean slant to the right; standard deviations of slant, of turn in degrees, of the stretch's logarithm."""
WAVES = ((3.0, 0.025), (3.0, 0.025), (7.0, 0.012), (7.0, 0.012))
"""The bends of strokes: how fast they come and go, and how far they reach, for a digit about 1 tall."""


def distort(images: np.ndarray, rng: np.random.Generator, copies: int = 1) -> np.ndarray:
    """Copies of every image, each distorted by a chance of its own, then brought to 28×28 as `drawing.prepare` does.

    The elastic field follows P. Simard, D. Steinkraus and J. Platt, "Best practices for convolutional neural
    networks applied to visual document analysis" (2003).  A thousand images take about 300 MB while at work.

    Args:
        images: uint8, shape (n, 28, 28), 255 = ink.
        rng: where chance comes from.
        copies: how many of each.

    Returns:
        uint8, shape (copies, n, 28, 28).

    Raises:
        ValueError: when an image has no ink.
    """
    fields = distance_fields(images)
    pens = natural_pens(fields)
    return np.stack(
        [prepared(repen(warp(fields, rng), pens, drawn_pens(len(images), rng), rng)) for _ in range(copies)]
    )


def distance_fields(images: np.ndarray) -> np.ndarray:
    """Distance to the stroke's edge, which lies where the enlarged image is half ink.

    Args:
        images: uint8, shape (n, side, side), 255 = ink.

    Returns:
        float32, shape (n, FINE × side, FINE × side), in pixels of `images`, positive in the ink, within ±REACH_PX.
    """
    side = images.shape[1] * FINE
    enlarged = [Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC) for image in images]
    inked = np.array([np.asarray(image) for image in enlarged]) >= 128
    distances: np.ndarray = (_depth(inked) - _depth(~inked)) / np.float32(FINE)
    return distances


def _depth(mask: np.ndarray) -> np.ndarray:
    """How far inside `mask` each place is, in places: exact Euclidean distance, one axis after the other."""
    reach = int(np.ceil(REACH_PX * FINE))
    squared = mask * np.int16((reach + 1) ** 2)
    for axis in (1, 2):
        along = np.moveaxis(squared, axis, 0)
        nearest = along.copy()
        for step in range(1, reach + 1):
            cost = np.int16(step**2)
            np.minimum(nearest[step:], along[:-step] + cost, out=nearest[step:])
            np.minimum(nearest[:-step], along[step:] + cost, out=nearest[:-step])
        squared = np.moveaxis(nearest, 0, axis)
    return np.minimum(np.sqrt(squared, dtype=np.float32) - np.float32(0.5) * mask, np.float32(REACH_PX * FINE))


def natural_pens(fields: np.ndarray) -> np.ndarray:
    """About how wide the pen was: twice the distance that nine tenths of the ink stay below; float32, shape (n,).

    Raises:
        ValueError: when a digit has no ink.
    """
    inked = [field[field > 0] for field in fields]
    if not all(distances.size for distances in inked):
        raise ValueError("Expected ink on every image. Received one without.")
    return np.array([2 * np.percentile(distances, 90) for distances in inked], np.float32)


def drawn_pens(n: int, rng: np.random.Generator) -> np.ndarray:
    """Pens whose width on 28×28, once the ink fits its box, is spread evenly by logarithm over PEN_PX.

    Returns:
        float64, shape (n,), in pixels before the fit: a pen `w` around a digit whose middle lines are 17 pixels long
        comes out 20 w / (17 + w) wide.
    """
    final = np.exp(rng.uniform(np.log(PEN_PX[0]), np.log(PEN_PX[1]), n))
    pens: np.ndarray = 17 * final / (BOX_PX - final)
    return pens


def warp(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn, shear, stretch and bend each digit.

    Args:
        fields: float32, shape (n, side, side), as from `distance_fields`.
        rng: where chance comes from.

    Returns:
        float32, shape (n, FINE × SPAN_PX, FINE × SPAN_PX), distances as before, -REACH_PX outside the image.
    """
    n, side = len(fields), fields.shape[1]
    matrix, bend = _affine(n, rng), _elastic(n, rng)
    middle = (np.arange(SPAN_PX * FINE, dtype=np.float32) + np.float32(0.5)) / FINE - SPAN_PX / 2
    down, right = np.meshgrid(middle, middle, indexing="ij")
    moved = (matrix @ np.stack([right.ravel(), down.ravel()])).reshape(bend.shape) + bend
    x, y = np.moveaxis((moved + side / FINE / 2) * FINE - np.float32(0.5), 1, 0)
    return _read(fields, x, y)


def _affine(n: int, rng: np.random.Generator) -> np.ndarray:
    """Maps from the place in the result to the place in the image; float32, shape (n, 2, 2), x before y."""
    turn = np.radians(rng.normal(0, TURN, n))
    shear, stretch = rng.normal(0, SHEAR, n), np.exp(rng.normal(0, STRETCH, n))
    cos, sin = np.cos(turn), np.sin(turn)
    rows = [cos * stretch, (shear * cos - sin) / stretch, sin * stretch, (shear * sin + cos) / stretch]
    return np.stack(rows, axis=1).reshape(n, 2, 2).astype(np.float32)


def _elastic(n: int, rng: np.random.Generator) -> np.ndarray:
    """A smooth random shift of every place, in pixels; float32, shape (n, 2, side, side), x before y."""
    strength = rng.gamma(2.0, BEND_PX / 2, (n, 1, 1, 1))
    knots = (rng.normal(0, 1, (n, 2, KNOTS, KNOTS)) * strength).astype(np.float32)
    blend = _smooth_blend(SPAN_PX * FINE)
    shift: np.ndarray = blend @ knots @ blend.T
    return shift


def _smooth_blend(side: int) -> np.ndarray:
    """Weights of the knots at each place along one axis; float32, shape (side, KNOTS).

    Cubic convolution: R. Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -1/2.
    """
    t = np.abs(np.linspace(0, KNOTS - 1, side)[:, None] - np.arange(-1, KNOTS + 1))
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    weights = np.where(t < 1, near, np.where(t < 2, far, 0))
    weights[:, 1] += weights[:, 0]
    weights[:, -2] += weights[:, -1]
    return weights[:, 1:-1].astype(np.float32)


def _read(fields: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear interpolation of each field at its own places; -REACH_PX outside."""
    n, side = len(fields), fields.shape[1]
    inside = (x >= 0) & (x <= side - 1) & (y >= 0) & (y <= side - 1)
    left, top = (np.clip(np.floor(place), 0, side - 2).astype(np.intp) for place in (x, y))
    right, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    flat, corner = fields.reshape(n, -1), (top * side + left).reshape(n, -1)
    upper_left, upper_right, lower_left, lower_right = (
        np.take_along_axis(flat, corner + offset, axis=1).reshape(x.shape) for offset in (0, 1, side, side + 1)
    )
    upper, lower = upper_left + right * (upper_right - upper_left), lower_left + right * (lower_right - lower_left)
    return np.where(inside, upper + down * (lower - upper), np.float32(-REACH_PX))


def repen(distances: np.ndarray, old: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink as pens of other widths would have left it.

    Args:
        distances: float32, shape (n, side, side), FINE places a pixel, positive in the ink.
        old: shape (n,), the pens they were written with, in pixels.
        new: shape (n,), the pens that OWN_PEN of them will not have, in pixels.  No pen loses more than two thirds
            of its width, so that thin parts of a stroke do not vanish.
        rng: where chance comes from.

    Returns:
        float32, shape (n, side, side), in [0, 1].
    """
    n = len(distances)
    grown = np.where(rng.random(n) < OWN_PEN, rng.normal(0, 0.2, n), (new - old) / 2)
    grown = grown.clip(-old / 3, REACH_PX - 0.6).astype(np.float32)
    return ((distances + grown[:, None, None]) * FINE + np.float32(0.5)).clip(0, 1)


def prepared(inks: np.ndarray) -> np.ndarray:
    """What the network is shown of each drawing; uint8, shape (n, 28, 28), for inks of shape (n, height, width).

    Raises:
        ValueError: when one has no ink.
    """
    result = np.empty((len(inks), IMAGE_PX, IMAGE_PX), np.uint8)
    for i, ink in enumerate(inks):
        steps = prepare(ink)
        if steps is None:
            raise ValueError("Expected ink on every drawing. Received one without.")
        result[i] = np.rint(steps.centred * 255)
    return result


def smooth(points: list[Point], steps: int = 8) -> np.ndarray:
    """A curve through all points; one that is named twice is a corner, overshot by 2/27 of the way as a pen does.

    E. Catmull and R. Rom, "A class of local interpolating splines" (1974), uniform, tangents half the way from the
    point before to the point after.

    Returns:
        float64, shape ((len(points) - 1) × steps + 1, 2).
    """
    p = np.array(points, np.float64)
    around = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])[:, None]
    before, here, there, after = around[:-3], around[1:-2], around[2:-1], around[3:]
    t = np.arange(steps)[:, None] / steps
    curve = here + 0.5 * t * (there - before + t * (2 * before - 5 * here + 4 * there - after))
    curve += 0.5 * t**3 * (3 * (here - there) + after - before)
    return np.concatenate([curve.reshape(-1, 2), p[-1:]])


def swayed(strokes: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Bend strokes a little everywhere, then stretch, slant, turn and fit them.

    Args:
        strokes: float, shape (points, 2) each, x before y; the digit about 1 tall.
        rng: where chance comes from.

    Returns:
        float64, same shapes; together they begin at 0 and their longer side is 1.
    """
    slant, turn = rng.normal(LEAN, SLANT), np.radians(rng.normal(0, SWAY_TURN))
    stretch = np.array([[np.exp(rng.normal(0, SWAY_STRETCH)), -slant], [0, 1]])
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ stretch
    bent = [points.copy() for points in strokes]
    for pace, reach in WAVES:
        waves, phase = rng.normal(0, pace, (2, 2)), rng.uniform(0, 2 * np.pi, 2)
        shift = rng.normal(0, reach, 2)
        bent = [b + shift * np.sin(points @ waves + phase) for b, points in zip(bent, strokes, strict=True)]
    return fit([points @ matrix.T for points in bent])


def fit(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Move strokes to begin at 0 and scale them so that their longer side is 1."""
    every = np.concatenate(strokes)
    corner = every.min(axis=0)
    size = max(float((every.max(axis=0) - corner).max()), 1e-6)
    return [(points - corner) / size for points in strokes]


def draw_pen(rng: np.random.Generator) -> float:
    """A pen's width as a share of the digit's longer side.

    Half of the pens are as on a canvas, half come out 1 to PEN_PX[1] pixels wide on 28×28, spread by logarithm.
    """
    if rng.random() < 0.5:
        pen = rng.uniform(*CANVAS_PENS_PX)
        return float(pen / (rng.uniform(*CANVAS_SIZES) * (CANVAS_PX - pen)))
    final = np.exp(rng.uniform(0, np.log(PEN_PX[1])))
    return float(final / (BOX_PX - final))


def render(strokes: list[np.ndarray], pen: float) -> np.ndarray:
    """Draw strokes with a round pen.

    Args:
        strokes: as from `swayed`.
        pen: its width, as a share of the longer side of the strokes.

    Returns:
        float32, shape (side, side), 0 or 1; the longer side of the middle lines is DRAWN_PX.
    """
    width = pen * DRAWN_PX
    side, radius = int(DRAWN_PX + width + 4), width / 2
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    for points in strokes:
        line = [(float(x), float(y)) for x, y in points * DRAWN_PX + radius + 2]
        draw.line(line, fill=255, width=max(1, round(width)))
        for x, y in line:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image, np.float32) / 255
