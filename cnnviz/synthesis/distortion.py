"""Distort images of digits as another person and another pen would have written them.

A digit is represented as a signed distance field: for every point, the distance to the edge of the stroke, positive in
the ink.  Rotating, stretching and bending the digit moves the points where the field is read; a wider or narrower pen
adds to or takes from the distances; ink is where they are positive.  So thickness can change without jagged edges.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnnviz.drawing.preparation import BOX_PX
from cnnviz.synthesis.preparation import prepare_batch

SUBPIXELS = 3
"""Points of a field for each pixel of the image, along one side."""
MAX_DISTANCE_PX = 5.0
"""Distances are cut off here, in pixels of the image; a pen grows by less than twice that."""
WARPED_PX = 38
"""Side of a distorted image before it is prepared, in pixels: room to stretch and to thicken."""
ROTATION_STD, SHEAR_STD, STRETCH_STD = 7.0, 0.15, 0.13
"""Standard deviations of the rotation in degrees, of the shear, and of the logarithm of width to height."""
ELASTIC_PX, N_KNOTS = 0.8, 6
"""The elastic field: its mean standard deviation at N_KNOTS × N_KNOTS knots; between them it is smooth."""
PEN_RANGE_PX = (1.4, 7.2)
"""Narrowest and widest pen, as it comes out on 28×28."""
KEEP_PEN_PROB = 0.25
"""Probability that a digit about keeps the pen that it was written with."""


def distort(images: np.ndarray, rng: np.random.Generator, copies: int = 1) -> np.ndarray:
    """Make copies of every image, each distorted at random, in MNIST's format.

    The elastic field follows P. Simard, D. Steinkraus and J. Platt, "Best practices for convolutional neural
    networks applied to visual document analysis" (2003).  A thousand images take about 300 MB while at work.

    Args:
        images: uint8, shape (n, 28, 28), 255 = ink.
        rng: draws the distortions.
        copies: how many of each image.

    Returns:
        uint8, shape (copies, n, 28, 28).

    Raises:
        ValueError: when an image has no ink.
    """
    fields = distance_fields(images)
    pens = estimate_pen_widths(fields)
    return np.stack([_distort_once(fields, pens, rng) for _ in range(copies)])


def _distort_once(fields: np.ndarray, pens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    warped = warp(fields, rng)
    new_pens = sample_pen_widths(len(fields), rng)
    return prepare_batch(change_pens(warped, pens, new_pens, rng))


def distance_fields(images: np.ndarray) -> np.ndarray:
    """The signed distance of every point to the stroke's edge, which lies where the enlarged image is half ink.

    Args:
        images: uint8, shape (n, side, side), 255 = ink.

    Returns:
        float32, shape (n, SUBPIXELS × side, SUBPIXELS × side), in pixels of `images`, positive in the ink, within
        ±MAX_DISTANCE_PX.
    """
    side = images.shape[1] * SUBPIXELS
    enlarged = [Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC) for image in images]
    inked = np.array([np.asarray(image) for image in enlarged]) >= 128
    distances: np.ndarray = (_distance_inside(inked) - _distance_inside(~inked)) / np.float32(SUBPIXELS)
    return distances


def _distance_inside(mask: np.ndarray) -> np.ndarray:
    """Euclidean distance of each point of `mask` to its edge, in points; 0 outside the mask; float32.

    The squared Euclidean distance is a sum over the axes, so that it can be found by one pass along each axis
    (P. Felzenszwalb and D. Huttenlocher, "Distance transforms of sampled functions", 2012).  A pass is the minimum
    over shifts of the array, and only shifts up to the cut-off matter: some sixty operations on all images at once,
    where SciPy's `distance_transform_edt` takes one image a call.
    """
    reach = int(np.ceil(MAX_DISTANCE_PX * SUBPIXELS))
    squared = mask * np.int16((reach + 1) ** 2)  # more than any distance that is kept; 0 outside
    for axis in (1, 2):
        along = np.moveaxis(squared, axis, 0)
        nearest = along.copy()
        for shift in range(1, reach + 1):
            cost = np.int16(shift**2)
            np.minimum(nearest[shift:], along[:-shift] + cost, out=nearest[shift:])
            np.minimum(nearest[:-shift], along[shift:] + cost, out=nearest[:-shift])
        squared = np.moveaxis(nearest, 0, axis)
    # The distance runs to the middle of the nearest point outside; the edge lies half a point before it.
    to_edge = np.sqrt(squared, dtype=np.float32) - np.float32(0.5) * mask
    return np.minimum(to_edge, np.float32(MAX_DISTANCE_PX * SUBPIXELS))


def estimate_pen_widths(fields: np.ndarray) -> np.ndarray:
    """Estimate how wide each digit's pen was: twice the 90th percentile of the distances in its ink.

    The percentile, not the maximum, since where strokes meet the distance is larger than half the pen.

    Args:
        fields: float32, shape (n, side, side), as from `distance_fields`.

    Returns:
        float32, shape (n,), in pixels.

    Raises:
        ValueError: when a digit has no ink.
    """
    inked = [field[field > 0] for field in fields]
    if not all(distances.size for distances in inked):
        raise ValueError("Expected ink on every image. Received one without.")
    return np.array([2 * np.percentile(distances, 90) for distances in inked], np.float32)


def sample_pen_widths(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw pens whose width on 28×28, once the ink fits its box, is log-uniform over PEN_RANGE_PX.

    Returns:
        float64, shape (n,), in pixels before the fit: a pen `w` around a digit whose middle lines are 17 pixels long
        comes out 20 w / (17 + w) wide.
    """
    final = np.exp(rng.uniform(np.log(PEN_RANGE_PX[0]), np.log(PEN_RANGE_PX[1]), n))
    pens: np.ndarray = 17 * final / (BOX_PX - final)
    return pens


def warp(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rotate, shear, stretch and bend each digit.

    Args:
        fields: float32, shape (n, side, side), as from `distance_fields`.
        rng: draws the transformations.

    Returns:
        float32, shape (n, SUBPIXELS × WARPED_PX, SUBPIXELS × WARPED_PX), distances as before, -MAX_DISTANCE_PX
        outside the image.
    """
    n, side = len(fields), fields.shape[1]
    matrices, shifts = _affine(n, rng), _elastic(n, rng)
    # Coordinates in pixels around the image's middle, at the middles of the points.
    middle = (np.arange(WARPED_PX * SUBPIXELS, dtype=np.float32) + np.float32(0.5)) / SUBPIXELS - WARPED_PX / 2
    down, right = np.meshgrid(middle, middle, indexing="ij")
    moved = (matrices @ np.stack([right.ravel(), down.ravel()])).reshape(shifts.shape) + shifts
    x, y = np.moveaxis((moved + side / SUBPIXELS / 2) * SUBPIXELS - np.float32(0.5), 1, 0)
    return _interpolate(fields, x, y)


def _affine(n: int, rng: np.random.Generator) -> np.ndarray:
    """Matrices from a point of the result to the point of the image; float32, shape (n, 2, 2), x before y."""
    angle = np.radians(rng.normal(0, ROTATION_STD, n))
    shear, stretch = rng.normal(0, SHEAR_STD, n), np.exp(rng.normal(0, STRETCH_STD, n))
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [cos * stretch, (shear * cos - sin) / stretch, sin * stretch, (shear * sin + cos) / stretch]
    return np.stack(rows, axis=1).reshape(n, 2, 2).astype(np.float32)


def _elastic(n: int, rng: np.random.Generator) -> np.ndarray:
    """A smooth random shift of every point, in pixels; float32, shape (n, 2, side, side), x before y."""
    strength = rng.gamma(2.0, ELASTIC_PX / 2, (n, 1, 1, 1))
    knots = (rng.normal(0, 1, (n, 2, N_KNOTS, N_KNOTS)) * strength).astype(np.float32)
    weights = _cubic_weights(WARPED_PX * SUBPIXELS)
    # Cubic interpolation is separable: one small matrix product along each axis.
    shifts: np.ndarray = weights @ knots @ weights.T
    return shifts


def _cubic_weights(side: int) -> np.ndarray:
    """Weights of the knots at each point along one axis; float32, shape (side, N_KNOTS), rows sum to 1.

    Cubic convolution: R. Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -1/2.
    """
    distance = np.abs(np.linspace(0, N_KNOTS - 1, side)[:, None] - np.arange(-1, N_KNOTS + 1))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    # One knot more on each side takes the value of its neighbour: outside the knots the field goes on.
    weights[:, 1] += weights[:, 0]
    weights[:, -2] += weights[:, -1]
    return weights[:, 1:-1].astype(np.float32)


def _interpolate(fields: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear interpolation of each field at its own points; -MAX_DISTANCE_PX outside."""
    n, side = len(fields), fields.shape[1]
    inside = (x >= 0) & (x <= side - 1) & (y >= 0) & (y <= side - 1)
    left, top = (np.clip(np.floor(place), 0, side - 2).astype(np.intp) for place in (x, y))
    right, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    # Flat indices, one gather a corner.
    flat, corner = fields.reshape(n, -1), (top * side + left).reshape(n, -1)
    upper_left, upper_right, lower_left, lower_right = (
        np.take_along_axis(flat, corner + offset, axis=1).reshape(x.shape) for offset in (0, 1, side, side + 1)
    )
    upper, lower = upper_left + right * (upper_right - upper_left), lower_left + right * (lower_right - lower_left)
    return np.where(inside, upper + down * (lower - upper), np.float32(-MAX_DISTANCE_PX))


def change_pens(distances: np.ndarray, old: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink as pens of other widths would have left it.

    Args:
        distances: float32, shape (n, side, side), SUBPIXELS points a pixel, positive in the ink.
        old: shape (n,), the pens that the digits were written with, in pixels.
        new: shape (n,), the pens of those digits that do not keep theirs, in pixels.  No pen loses more than two
            thirds of its width, so that thin parts of a stroke do not vanish.
        rng: draws which digits keep their pen.

    Returns:
        float32, shape (n, side, side), in [0, 1].
    """
    n = len(distances)
    grown = np.where(rng.random(n) < KEEP_PEN_PROB, rng.normal(0, 0.2, n), (new - old) / 2)
    grown = grown.clip(-old / 3, MAX_DISTANCE_PX - 0.6).astype(np.float32)
    # Ink falls from 1 to 0 across one point at the edge: smooth edges without rendering larger.
    return ((distances + grown[:, None, None]) * SUBPIXELS + np.float32(0.5)).clip(0, 1)
