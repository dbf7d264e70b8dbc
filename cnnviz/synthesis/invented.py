"""Outliers that look like letters of no alphabet: characters invented at random, and characters that people wrote.

An invented character has one to four strokes: lines, hooks, arcs, loops and zigzags. As in handwriting a stroke often
begins or ends on an earlier one (B. M. Lake, R. Salakhutdinov and J. B. Tenenbaum, "Human-level concept learning
through probabilistic program induction", 2015, model characters so). Some come out as digits by chance, as some letters
are: `digit_shaped` finds those.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from cnnviz.synthesis import strokes
from cnnviz.synthesis.outlier_shapes import straight
from cnnviz.synthesis.strokes import Point, Strokes, catmull_rom

N_STROKES, STROKE_SHARES = (1, 2, 3, 4), (0.2, 0.4, 0.28, 0.12)
"""How many strokes an invented character has, and how often."""
JOINED = 0.65
"""Probability that a stroke after the first begins on an earlier one."""
MAX_PEN = 0.25
"""Widest pen, as a fraction of the character's longer side: under a wider one what sets it apart from a digit fills."""
MAX_POINTS = 5_000
"""Points of a written character; a longer one is refused."""


@dataclass(frozen=True)
class Written:
    """A character as a person wrote it.

    Attributes:
        alphabet, character: which one it is.
        strokes: float64, shape (points, 2) each, x before y, as `strokes.normalize` leaves them.
    """

    alphabet: str
    character: str
    strokes: Strokes


def read_written(path: Path) -> list[Written]:
    """Read characters that people wrote.

    Args:
        path: gzip of lines of JSON, each with "alphabet", "character" and "strokes", lists of [x, y], y down.

    Raises:
        ValueError: one sentence that names the file and the line, when it is no such file.
    """
    found = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                found.append(_written(json.loads(line), f"{path}, line {number}"))
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: expected gzip of lines of JSON. {error}.") from None
    if not found:
        raise ValueError(f"{path}: expected at least one character. Found none.")
    return found


def _written(record: object, where: str) -> Written:
    try:
        lines = [np.array(line, np.float64) for line in record["strokes"]]  # type: ignore[index]
        names = record["alphabet"], record["character"]  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        raise ValueError(f"{where}: expected an alphabet, a character and strokes.") from None
    if not lines or not all(line.ndim == 2 and line.shape[1] == 2 and np.isfinite(line).all() for line in lines):
        raise ValueError(f"{where}: expected strokes as lists of [x, y].")
    if sum(len(line) for line in lines) > MAX_POINTS:
        raise ValueError(f"{where}: expected at most {MAX_POINTS:,} points.")
    return Written(str(names[0]), str(names[1]), strokes.normalize(lines))


def write_again(written: Written, rng: Generator) -> Strokes:
    """A written character, deformed as another hand's; as `digits.sample_strokes`."""
    return strokes.deform(written.strokes, rng)


def invent(rng: Generator) -> Strokes:
    """Invent a character and deform it like handwriting; as `digits.sample_strokes`."""
    drawn: Strokes = []
    for _ in range(int(rng.choice(N_STROKES, p=STROKE_SHARES))):
        stroke = _stroke(rng)
        if drawn and rng.random() < JOINED:
            stroke = stroke + (_point_on(drawn, rng) - stroke[0])
        drawn.append(stroke)
    return strokes.deform(strokes.normalize(drawn), rng)


def _point_on(drawn: Strokes, rng: Generator) -> np.ndarray:
    """A point of a stroke: one of its ends, or anywhere along it."""
    line = drawn[int(rng.integers(len(drawn)))]
    end = rng.random()
    place = 0 if end < 0.3 else len(line) - 1 if end < 0.6 else int(rng.integers(len(line)))
    point: np.ndarray = line[place]
    return point


def _stroke(rng: Generator) -> np.ndarray:
    """One stroke of random kind, place and size within a box of about 1."""
    make = (_line, _hook, _arc, _loop, _curve, _zigzag)[int(rng.choice(6, p=(0.26, 0.16, 0.2, 0.08, 0.18, 0.12)))]
    stroke = make(rng)
    size = np.exp(rng.uniform(np.log(0.35), 0))
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed: np.ndarray = stroke @ turn * size + rng.uniform(0, 1, 2)
    return placed


def _line(rng: Generator) -> np.ndarray:
    return straight((0, 0), (1, rng.normal(0, 0.05)))


def _hook(rng: Generator) -> np.ndarray:
    bend = np.radians(rng.uniform(50, 150)) * rng.choice([-1, 1])
    length = rng.uniform(0.25, 0.9)
    corner: Point = (1.0, 0.0)
    end = (1 - length * float(np.cos(bend)), length * float(np.sin(bend)))
    return straight((0, 0), corner, end) if rng.random() < 0.5 else catmull_rom([(0, 0), (0.8, 0.02), corner, end])


def _arc(rng: Generator) -> np.ndarray:
    angle = np.linspace(0, np.radians(rng.uniform(90, 300)), 30) * rng.choice([-1, 1])
    return np.stack([0.5 * np.cos(angle), 0.5 * rng.uniform(0.5, 1) * np.sin(angle)], axis=1)


def _loop(rng: Generator) -> np.ndarray:
    angle = np.linspace(0, np.radians(rng.uniform(330, 400)), 36) + rng.uniform(0, 2 * np.pi)
    return np.stack([0.4 * np.cos(angle), 0.4 * rng.uniform(0.5, 1) * np.sin(angle)], axis=1)


def _curve(rng: Generator) -> np.ndarray:
    return catmull_rom([(float(x), float(y)) for x, y in rng.uniform(0, 1, (int(rng.integers(3, 6)), 2))])


def _zigzag(rng: Generator) -> np.ndarray:
    return straight(*((float(x), float(y)) for x, y in rng.uniform(0, 1, (int(rng.integers(3, 6)), 2))))


def sample_images(drawn: list[Strokes], rng: Generator) -> np.ndarray:
    """Draw an image of each character, with pens of random width, in MNIST's format.

    Args:
        drawn: as `invent` or `write_again` gives them.
        rng: draws the pens.

    Returns:
        uint8, shape (len(drawn), 28, 28), 255 = ink.
    """
    return np.stack([strokes.draw_image(each, min(strokes.sample_pen_width(rng), MAX_PEN)) for each in drawn])
