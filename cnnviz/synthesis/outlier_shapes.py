"""Shapes and signs that are no digits, as strokes placed at random, about 1 tall; x runs right, y down."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.random import Generator

from cnnviz.synthesis.strokes import Point, Strokes, catmull_rom


def straight(*points: Point) -> np.ndarray:
    """Straight lines from point to point, float64 (points, 2); the points between let `strokes.deform` bend them."""
    p = np.array(points, np.float64)
    return np.concatenate([*(np.linspace(a, b, 10, endpoint=False) for a, b in itertools.pairwise(p)), p[-1:]])


def _arc(middle: Point, radii: Point, begin: float = 0.0, turns: float = 1.0) -> np.ndarray:
    """Part of an ellipse, anticlockwise from `begin`, in turns from its right end; float64 (36, 2)."""
    angle = 2 * np.pi * (begin + turns * np.linspace(0, 1, 36))
    return np.stack([middle[0] + radii[0] * np.cos(angle), middle[1] - radii[1] * np.sin(angle)], axis=1)


def _polygon(n: int, stride: int = 1) -> np.ndarray:
    """A regular polygon that joins every corner with the next, or with a stride of 2 a star."""
    angle = np.pi / 2 + 2 * np.pi * stride * np.arange(n + 1) / n
    return straight(*zip(np.cos(angle), -np.sin(angle), strict=True))


def dot(rng: Generator) -> Strokes:
    """A filled disc."""
    return [_arc((0, 0), (0.5, 0.5)) * (1 - ring) for ring in (0, 0.3, 0.6, 0.9)]


def dots(rng: Generator) -> Strokes:
    """Some small dots."""
    return [_arc((rng.uniform(0, 1), rng.uniform(0, 1)), (0.02, 0.02)) for _ in range(rng.integers(2, 7))]


def dash(rng: Generator) -> Strokes:
    """A horizontal line."""
    return [straight((0, 0), (1, rng.uniform(-0.12, 0.12)))]


def scribble(rng: Generator) -> Strokes:
    """One long curve through random points."""
    return [catmull_rom([(rng.uniform(), rng.uniform()) for _ in range(rng.integers(12, 30))])]


def filled(rng: Generator) -> Strokes:
    """An area filled by a zigzag."""
    across = np.linspace(0, rng.uniform(0.7, 1.4), rng.integers(18, 40))
    return [straight(*((x * rng.uniform(0.95, 1.05), i % 2 + rng.uniform(-0.1, 0.1)) for i, x in enumerate(across)))]


def square(rng: Generator) -> Strokes:
    """A square or an oblong."""
    width = rng.uniform(0.7, 1.5)
    return [straight((0, 0), (width, 0), (width, 1), (0, 1), (0, 0))]


def triangle(rng: Generator) -> Strokes:
    """A triangle."""
    return [straight((0, 1), (rng.uniform(0.2, 0.8), 0), (1, 1), (0, 1))]


def pentagon(rng: Generator) -> Strokes:
    """A regular pentagon."""
    return [_polygon(5)]


def diamond(rng: Generator) -> Strokes:
    """A square on its corner."""
    return [_polygon(4)]


def star(rng: Generator) -> Strokes:
    """A five-pointed star in one line."""
    return [_polygon(5, 2)]


def house(rng: Generator) -> Strokes:
    """A house, sometimes with a ceiling or a door."""
    roof = rng.uniform(0.3, 0.5)
    house = [straight((0, 1), (0, roof), (0.5, 0), (1, roof), (1, 1), (0, 1))]
    if rng.random() < 0.4:
        house.append(straight((0, roof), (1, roof)))
    if rng.random() < 0.4:
        house.append(straight((0.4, 1), (0.4, 0.7), (0.6, 0.7), (0.6, 1)))
    return house


def heart(rng: Generator) -> Strokes:
    """A heart: a known parametric curve."""
    t = np.linspace(0, 2 * np.pi, 60)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.stack([16 * np.sin(t) ** 3, -y], axis=1) / 30]


def arrow(rng: Generator) -> Strokes:
    """An arrow in one of four directions."""
    width, back = rng.uniform(0.2, 0.45), rng.uniform(0.55, 0.75)
    arrow = [straight((0, 0), (1, 0)), straight((back, -width), (1, 0), (back, width))]
    return _rotate_quarters(arrow, int(rng.integers(4)))


def _rotate_quarters(strokes: Strokes, n: int) -> Strokes:
    matrix = np.array([[0, 1], [-1, 0]])
    for _ in range(n):
        strokes = [points @ matrix for points in strokes]
    return strokes


def plus(rng: Generator) -> Strokes:
    """A plus sign."""
    y, x = rng.uniform(0.3, 0.65), rng.uniform(0.4, 0.6)
    return [straight((0, y), (1, y)), straight((x, 0), (x, 1))]


def asterisk(rng: Generator) -> Strokes:
    """Three or four lines through one point."""
    n = int(rng.integers(3, 5))
    angles = np.pi * (np.arange(n) + rng.uniform(0, 1)) / n
    return [straight((-np.cos(a), -np.sin(a)), (np.cos(a), np.sin(a))) for a in angles]


def check(rng: Generator) -> Strokes:
    """A check mark."""
    return [straight((0, rng.uniform(0.45, 0.7)), (rng.uniform(0.2, 0.4), 1), (1, 0))]


def face(rng: Generator) -> Strokes:
    """A face that smiles or not."""
    mouth = _arc((0, 0.15), (0.5, 0.4), 0.55, 0.4) if rng.random() < 0.6 else straight((-0.4, 0.45), (0.4, 0.45))
    eyes = [_arc((x, -0.3), (0.06, 0.06)) for x in (-0.35, 0.35)]
    return [_arc((0, 0), (1, 1)), *eyes, mouth]


def spiral(rng: Generator) -> Strokes:
    """A spiral, either way round."""
    t, turns = np.linspace(0, 1, 120), rng.uniform(2.2, 4)
    sign = rng.choice([-1, 1])
    return [np.stack([sign * t * np.cos(2 * np.pi * turns * t), t * np.sin(2 * np.pi * turns * t)], axis=1)]


def zigzag(rng: Generator) -> Strokes:
    """A zigzag along or down."""
    n = int(rng.integers(6, 16))
    line = [straight(*((i / n, (i % 2) * rng.uniform(0.3, 1)) for i in range(n)))]
    return _rotate_quarters(line, int(rng.integers(2)))


def wave(rng: Generator) -> Strokes:
    """A sine wave."""
    t = np.linspace(0, 1, 80)
    wave = [np.stack([2 * t, rng.uniform(0.15, 0.45) * np.sin(2 * np.pi * t * rng.uniform(2, 4.5))], axis=1)]
    return _rotate_quarters(wave, int(rng.random() < 0.25))


def grid(rng: Generator) -> Strokes:
    """Two or three lines each way."""
    places = np.linspace(0.1, 0.9, int(rng.integers(2, 4)))
    return [*(straight((0, a), (1, a)) for a in places), *(straight((a, 0), (a, 1)) for a in places)]


def stripes(rng: Generator) -> Strokes:
    """Parallel lines."""
    n = int(rng.integers(3, 6))
    lines = [straight((0, i / (n - 1)), (rng.uniform(0.8, 1.2), i / (n - 1))) for i in range(n)]
    return _rotate_quarters(lines, int(rng.integers(2)))


def rings(rng: Generator) -> Strokes:
    """Two concentric circles."""
    return [_arc((0, 0), (radius, radius)) for radius in (1, rng.uniform(0.4, 0.6))]


def tree(rng: Generator) -> Strokes:
    """A tree with two branches."""
    return [_arc((0, 0), (0.5, 0.45)), straight((0, 0.45), (0, 1.2)), straight((-0.3, 0.75), (0, 0.95), (0.3, 0.7))]


def stick_figure(rng: Generator) -> Strokes:
    """A stick figure."""
    arms, legs = rng.uniform(-0.2, 0.2), rng.uniform(0.2, 0.4)
    body = [
        _arc((0, 0), (0.2, 0.2)),
        straight((0, 0.2), (0, 0.9)),
        straight((-0.4, 0.5 + arms), (0, 0.4), (0.4, 0.5)),
    ]
    return [*body, straight((-legs, 1.4), (0, 0.9), (legs, 1.4))]


def loose_strokes(rng: Generator) -> Strokes:
    """Some short curves anywhere."""
    return [
        catmull_rom([(rng.uniform(), rng.uniform()) for _ in range(rng.integers(2, 4))])
        for _ in range(rng.integers(4, 8))
    ]
