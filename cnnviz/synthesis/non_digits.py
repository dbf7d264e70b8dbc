"""What is no digit, drawn by program: shapes, signs, letters, scribbles, several digits at once.

Each kind is a function that places lines by chance, x right and y down; they are swayed and inked as drawn digits are.
Left out is what some hands write for a digit: O, I, l, S, Z, B, g, q and b.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from cnnviz.synthesis import digits, distortion
from cnnviz.synthesis.distortion import Point

Strokes = list[np.ndarray]
Chance = np.random.Generator
THICKEST = 0.3
"""Widest pen, as a share of the drawing's longer side: a square in a wider one may be a zero."""


def _straight(*points: Point) -> np.ndarray:
    """Straight from point to point, with places between that can be bent."""
    p = np.array(points, np.float64)
    return np.concatenate([*(np.linspace(a, b, 10, endpoint=False) for a, b in itertools.pairwise(p)), p[-1:]])


def _arc(middle: Point, radii: Point, begin: float = 0.0, turns: float = 1.0) -> np.ndarray:
    """Part of an ellipse, anticlockwise from `begin`, in turns from its right end."""
    angle = 2 * np.pi * (begin + turns * np.linspace(0, 1, 36))
    return np.stack([middle[0] + radii[0] * np.cos(angle), middle[1] - radii[1] * np.sin(angle)], axis=1)


def _corners(n: int, step: int = 1) -> np.ndarray:
    """A regular polygon, or with a step of 2 a star."""
    angle = np.pi / 2 + 2 * np.pi * step * np.arange(n + 1) / n
    return _straight(*zip(np.cos(angle), -np.sin(angle), strict=True))


def _dot(rng: Chance) -> Strokes:
    return [_arc((0, 0), (0.5, 0.5)) * (1 - ring) for ring in (0, 0.3, 0.6, 0.9)]


def _dots(rng: Chance) -> Strokes:
    return [_arc((rng.uniform(0, 1), rng.uniform(0, 1)), (0.02, 0.02)) for _ in range(rng.integers(2, 7))]


def _dash(rng: Chance) -> Strokes:
    return [_straight((0, 0), (1, rng.uniform(-0.12, 0.12)))]


def _scribble(rng: Chance) -> Strokes:
    return [distortion.smooth([(rng.uniform(), rng.uniform()) for _ in range(rng.integers(12, 30))])]


def _filled(rng: Chance) -> Strokes:
    across = np.linspace(0, rng.uniform(0.7, 1.4), rng.integers(18, 40))
    return [_straight(*((x * rng.uniform(0.95, 1.05), i % 2 + rng.uniform(-0.1, 0.1)) for i, x in enumerate(across)))]


def _square(rng: Chance) -> Strokes:
    width = rng.uniform(0.7, 1.5)
    return [_straight((0, 0), (width, 0), (width, 1), (0, 1), (0, 0))]


def _triangle(rng: Chance) -> Strokes:
    return [_straight((0, 1), (rng.uniform(0.2, 0.8), 0), (1, 1), (0, 1))]


def _pentagon(rng: Chance) -> Strokes:
    return [_corners(5)]


def _diamond(rng: Chance) -> Strokes:
    return [_corners(4)]


def _star(rng: Chance) -> Strokes:
    return [_corners(5, 2)]


def _house(rng: Chance) -> Strokes:
    roof = rng.uniform(0.3, 0.5)
    house = [_straight((0, 1), (0, roof), (0.5, 0), (1, roof), (1, 1), (0, 1))]
    if rng.random() < 0.4:
        house.append(_straight((0, roof), (1, roof)))
    if rng.random() < 0.4:
        house.append(_straight((0.4, 1), (0.4, 0.7), (0.6, 0.7), (0.6, 1)))
    return house


def _heart(rng: Chance) -> Strokes:
    t = np.linspace(0, 2 * np.pi, 60)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.stack([16 * np.sin(t) ** 3, -y], axis=1) / 30]


def _arrow(rng: Chance) -> Strokes:
    width, back = rng.uniform(0.2, 0.45), rng.uniform(0.55, 0.75)
    arrow = [_straight((0, 0), (1, 0)), _straight((back, -width), (1, 0), (back, width))]
    return _turned(arrow, int(rng.integers(4)))


def _turned(strokes: Strokes, quarters: int) -> Strokes:
    matrix = np.array([[0, 1], [-1, 0]])
    for _ in range(quarters):
        strokes = [points @ matrix for points in strokes]
    return strokes


def _plus(rng: Chance) -> Strokes:
    y, x = rng.uniform(0.3, 0.65), rng.uniform(0.4, 0.6)
    return [_straight((0, y), (1, y)), _straight((x, 0), (x, 1))]


def _asterisk(rng: Chance) -> Strokes:
    n = int(rng.integers(3, 5))
    angles = np.pi * (np.arange(n) + rng.uniform(0, 1)) / n
    return [_straight((-np.cos(a), -np.sin(a)), (np.cos(a), np.sin(a))) for a in angles]


def _check(rng: Chance) -> Strokes:
    return [_straight((0, rng.uniform(0.45, 0.7)), (rng.uniform(0.2, 0.4), 1), (1, 0))]


def _face(rng: Chance) -> Strokes:
    mouth = _arc((0, 0.15), (0.5, 0.4), 0.55, 0.4) if rng.random() < 0.6 else _straight((-0.4, 0.45), (0.4, 0.45))
    eyes = [_arc((x, -0.3), (0.06, 0.06)) for x in (-0.35, 0.35)]
    return [_arc((0, 0), (1, 1)), *eyes, mouth]


def _spiral(rng: Chance) -> Strokes:
    t, turns = np.linspace(0, 1, 120), rng.uniform(2.2, 4)
    sign = rng.choice([-1, 1])
    return [np.stack([sign * t * np.cos(2 * np.pi * turns * t), t * np.sin(2 * np.pi * turns * t)], axis=1)]


def _zigzag(rng: Chance) -> Strokes:
    n = int(rng.integers(6, 16))
    line = [_straight(*((i / n, (i % 2) * rng.uniform(0.3, 1)) for i in range(n)))]
    return _turned(line, int(rng.integers(2)))


def _wave(rng: Chance) -> Strokes:
    t = np.linspace(0, 1, 80)
    wave = [np.stack([2 * t, rng.uniform(0.15, 0.45) * np.sin(2 * np.pi * t * rng.uniform(2, 4.5))], axis=1)]
    return _turned(wave, int(rng.random() < 0.25))


def _grid(rng: Chance) -> Strokes:
    places = np.linspace(0.1, 0.9, int(rng.integers(2, 4)))
    return [*(_straight((0, a), (1, a)) for a in places), *(_straight((a, 0), (a, 1)) for a in places)]


def _stripes(rng: Chance) -> Strokes:
    n = int(rng.integers(3, 6))
    return _turned([_straight((0, i / (n - 1)), (rng.uniform(0.8, 1.2), i / (n - 1))) for i in range(n)],
                   int(rng.integers(2)))  # fmt: skip


def _rings(rng: Chance) -> Strokes:
    return [_arc((0, 0), (radius, radius)) for radius in (1, rng.uniform(0.4, 0.6))]


def _tree(rng: Chance) -> Strokes:
    return [_arc((0, 0), (0.5, 0.45)), _straight((0, 0.45), (0, 1.2)), _straight((-0.3, 0.75), (0, 0.95), (0.3, 0.7))]


def _stick_figure(rng: Chance) -> Strokes:
    arms, legs = rng.uniform(-0.2, 0.2), rng.uniform(0.2, 0.4)
    body = [
        _arc((0, 0), (0.2, 0.2)),
        _straight((0, 0.2), (0, 0.9)),
        _straight((-0.4, 0.5 + arms), (0, 0.4), (0.4, 0.5)),
    ]
    return [*body, _straight((-legs, 1.4), (0, 0.9), (legs, 1.4))]


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


def _letter(name: str) -> Callable[[Chance], Strokes]:
    def draw(rng: Chance) -> Strokes:
        reach = rng.uniform(0.8, 1.3)
        return [_straight(*((x * reach, y) for x, y in line)) for line in LETTERS[name]]

    return draw


def _digits(n: int) -> Callable[[Chance], Strokes]:
    """Several digits side by side."""

    def draw(rng: Chance) -> Strokes:
        line: Strokes = []
        right = 0.0
        for _ in range(n):
            size = rng.uniform(0.8, 1)
            digit = [
                points * size + [right, rng.uniform(-0.1, 0.1)] for points in digits.draw(int(rng.integers(10)), rng)
            ]
            line += digit
            right = max(points[:, 0].max() for points in digit) + rng.uniform(0.12, 0.4)
        return line

    return draw


def _crossed_out(rng: Chance) -> Strokes:
    digit = digits.draw(int(rng.integers(10)), rng)
    lines = [
        _straight((-0.1, rng.uniform(0, 1)), (rng.uniform(0.7, 1.1), rng.uniform(0, 1)))
        for _ in range(rng.integers(3, 7))
    ]
    return [*digit, *lines]


def _strokes(rng: Chance) -> Strokes:
    """Some strokes anywhere, each of its own bend."""
    return [
        distortion.smooth([(rng.uniform(), rng.uniform()) for _ in range(rng.integers(2, 4))])
        for _ in range(rng.integers(4, 8))
    ]


KINDS: dict[str, Callable[[Chance], Strokes]] = {
    "dot": _dot, "dots": _dots, "dash": _dash, "scribble": _scribble, "filled": _filled, "square": _square,
    "triangle": _triangle, "pentagon": _pentagon, "diamond": _diamond, "star": _star, "house": _house, "heart": _heart,
    "arrow": _arrow, "plus": _plus, "asterisk": _asterisk, "check": _check, "face": _face, "spiral": _spiral,
    "zigzag": _zigzag, "wave": _wave, "grid": _grid, "stripes": _stripes, "rings": _rings, "tree": _tree,
    "stick figure": _stick_figure, **{name: _letter(name) for name in LETTERS}, "two digits": _digits(2),
    "three digits": _digits(3), "crossed out": _crossed_out, "strokes": _strokes,
}  # fmt: skip
"""How each kind is drawn."""


def draw(kind: str, rng: np.random.Generator) -> list[np.ndarray]:
    """Something that is no digit, swayed as hands do.

    Args:
        kind: one of KINDS.
        rng: where chance comes from.

    Returns:
        as `hands.draw`.

    Raises:
        ValueError: when there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"Expected one of {', '.join(KINDS)}. Received {kind!r}.")
    return distortion.swayed(KINDS[kind](rng), rng)


def drawn(kinds: list[str], rng: np.random.Generator) -> np.ndarray:
    """A drawing of each kind, brought to 28×28 as `drawing.prepare` does.

    Returns:
        uint8, shape (len(kinds), 28, 28), 255 = ink.
    """
    pens = [min(distortion.draw_pen(rng), THICKEST) for _ in kinds]
    inks = (distortion.render(draw(kind, rng), pen) for kind, pen in zip(kinds, pens, strict=True))
    return np.concatenate([distortion.prepared(ink[None]) for ink in inks])
