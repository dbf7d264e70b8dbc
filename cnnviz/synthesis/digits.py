"""Digits drawn by program, in the hands that MNIST has few of: barred sevens, curly nines, ones with flag and foot.

Each way to write a digit is a function that places a few points by chance; a smooth curve runs through them, and a
point named twice is a corner.  x runs right, y down, and a digit is about 1 tall before it is swayed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnviz.synthesis import distortion
from cnnviz.synthesis.distortion import Point

Lines = list[list[Point]]
Between = Callable[[float, float], float]
Way = Callable[[Between], Lines]


def _ring(middle: Point, radii: Point, begin: float, turns: float, squeeze: float = 1.0) -> list[Point]:
    """Around an ellipse, anticlockwise from `begin`, in turns from its right end; below 1, `squeeze` is boxy."""
    angle = 2 * np.pi * (begin + turns * np.linspace(0, 1, 11))
    x, y = (np.sign(wave) * np.abs(wave) ** squeeze for wave in (np.cos(angle), -np.sin(angle)))
    return [(middle[0] + radii[0] * float(a), middle[1] + radii[1] * float(b)) for a, b in zip(x, y, strict=True)]


def _zero(u: Between) -> Lines:
    width = u(0.22, 0.45)
    ring = _ring((width, 0.5), (width, 0.5), u(0.1, 0.5), u(0.92, 1.12), u(0.75, 1.05))
    if u(0, 1) < 0.2:
        ring.append((ring[-1][0] + u(-0.25, 0.25), ring[-1][1] + u(-0.12, 0.1)))
    return [ring]


def _plain_one(u: Between) -> Lines:
    return [[(0, 0), (u(-0.04, 0.04), 0.5), (u(-0.04, 0.04), 1)]]


def _flagged_one(u: Between) -> Lines:
    reach = u(0.08, 0.6)
    drop = reach * (u(0.5, 1.5) if u(0, 1) < 0.85 else u(0.35, 0.5))
    if u(0, 1) < 0.2:  # along the stem
        reach, drop = u(0.06, 0.24), u(0.35, 0.75)
    bow = reach * u(-0.12, 0.16)
    top: Point = (u(0, 0.04), u(0.03, 0.07)) if u(0, 1) < 0.15 else (0, 0)
    one = [(-reach, drop), (-reach / 2 + bow / 2, drop / 2 + bow), (0, 0), top, (u(-0.04, 0.04), 0.5)]
    one.append((u(-0.04, 0.04), 1))
    if u(0, 1) < 0.15:
        one.insert(0, (-reach + u(-0.06, 0.06), drop + u(0.02, 0.1)))
    if u(0, 1) < 0.3:
        side = u(-0.22, 0.22)
        one += [(side * 0.6, 1.02), (side, 1 - abs(side) * u(0, 0.5))]
    return [one]


def _footed_one(u: Between) -> Lines:
    y = u(0.96, 1.04)
    return [*_flagged_one(u), [(-u(0.08, 0.4), y + u(-0.04, 0.04)), (u(0.08, 0.4), y)]]


def _head_of_two(u: Between, width: float) -> list[Point]:
    head: list[Point] = [(u(-0.05, 0.08), u(0.12, 0.32)), (width * 0.45, 0), (width, u(0.18, 0.32))]
    if u(0, 1) < 0.2:
        head = [(u(0, 0.08), u(0, 0.1)), (width * 0.6, u(-0.03, 0.03)), (width, u(0.12, 0.25))]
    if u(0, 1) < 0.25:
        head.insert(0, (head[0][0] + u(0.05, 0.15), head[0][1] + u(0.02, 0.1)))
    return [*head, (width * u(0.55, 0.75), u(0.5, 0.65))]


def _reach_of_two(u: Between, width: float) -> Point:
    return width * (u(0.5, 1.35) if u(0, 1) < 0.9 else u(0.2, 0.5)), 1 + u(-0.1, 0.1)


def _flat_two(u: Between) -> Lines:
    width = u(0.4, 0.7)
    x, y = _reach_of_two(u, width)
    base = [(0, 1), (0, 1), (x / 2, y + u(-0.05, 0.05))] if u(0, 1) < 0.6 else [(u(0, 0.08), 0.9), (u(0.05, 0.15), 1)]
    line = [*_head_of_two(u, width), *base, (x, y)]
    if u(0, 1) < 0.15:
        line.append((x + u(0, 0.05), y - u(0.04, 0.12)))
    return [line]


def _looped_two(u: Between) -> Lines:
    width, loop = u(0.4, 0.7), u(0.05, 0.2)
    around = [(width * 0.3, 0.95), (0.03, 1), (-u(0.02, 0.12), 1 - loop), (width * 0.2, 0.93 - loop)]
    return [[*_head_of_two(u, width), *around, (width * 0.5, 0.97), _reach_of_two(u, width)]]


def _bowl_of_three(u: Between, width: float, waist: float) -> list[Point]:
    end = (u(-0.12, 0.2), u(0.8, 0.99))
    bowl = [(width * u(0.9, 1.1), (waist + 1) / 2), (width * u(0.35, 0.55), 1), end]
    if u(0, 1) < 0.15:
        bowl.append((end[0] - u(-0.02, 0.05), end[1] - u(0.03, 0.1)))
    return bowl


def _round_three(u: Between) -> Lines:
    width, waist = u(0.4, 0.65), u(0.36, 0.56)
    x = width * u(0.1, 0.6)
    top = [(u(-0.05, 0.1), u(0.06, 0.22)), (width * 0.45, 0), (width * u(0.8, 1), waist * 0.45)]
    turn, loop = u(0, 1), u(0.02, 0.06)
    if turn < 0.25:
        inner = [(x + 0.05, waist), (x - 0.05, waist + loop), (x, waist + 2 * loop), (x + 0.1, waist + loop)]
    else:
        inner = [(x, waist)] * (2 if turn < 0.75 else 1)
    return [[*top, *inner, *_bowl_of_three(u, width, waist)]]


def _flat_three(u: Between) -> Lines:
    width, waist = u(0.4, 0.65), u(0.36, 0.56)
    corner, inner = (width * 0.9, 0.0), (width * u(0.1, 0.6), waist)
    belly = (width * 0.7, waist + u(0, 0.06))
    return [[(0, u(-0.03, 0.06)), corner, corner, inner, inner, belly, *_bowl_of_three(u, width, waist)]]


def _open_four(u: Between) -> Lines:
    width, bar = u(0.25, 0.65), u(0.45, 0.75)
    start, corner = (width * u(-0.1, 0.35), u(-0.02, 0.1)), (u(-0.05, 0.05), bar)
    half = ((start[0] + corner[0]) / 2 + u(-0.05, 0.03), (start[1] + bar) / 2)
    bend = corner if u(0, 1) < 0.7 else (corner[0] + 0.05, bar + 0.03)
    top = u(0, 0.5) if u(0, 1) < 0.6 else u(0.2, bar + 0.05)
    stem = [(width + u(-0.05, 0.12), top), (width + u(-0.12, 0.06), u(0.92, 1.05))]
    return [[start, half, corner, bend, (width + u(0.02, 0.3), bar + u(-0.12, 0.08))], stem]


def _tall_four(u: Between) -> Lines:
    """A tall first stroke, and low beside it a short second one."""
    width, bar, lean, tilt = u(0.15, 0.4), u(0.5, 0.85), u(0, 0.4), u(-0.1, 0.12)
    corner = [(u(-0.04, 0.04), bar)] * (2 if u(0, 1) < 0.6 else 1)
    if u(0, 1) < 0.25:
        corner.append((width * 0.4, bar + u(0.02, 0.07)))
    first = [(lean, 0), (lean * u(0.35, 0.6), bar / 2), *corner, (width + u(0.02, 0.22), bar + u(-0.16, 0.05))]
    second = [(width + tilt, u(0.25, bar - 0.03)), (width + tilt / 2 + u(-0.02, 0.02), 0.8)]
    return [first, [*second, (width + u(-0.05, 0.05), 1)]]


def _closed_four(u: Between) -> Lines:
    width, bar = u(0.25, 0.65), u(0.45, 0.75)
    apex, corner = (width * u(0.75, 1.15), 0), (u(-0.05, 0.05), bar)
    first: list[Point] = [apex, corner, corner, (width + u(0.02, 0.3), bar + u(-0.08, 0.06))]
    if u(0, 1) < 0.6:
        return [first, [(apex[0] + u(-0.08, 0.05), u(-0.02, 0.3)), (width + u(-0.12, 0.05), 1)]]
    return [[(apex[0] + u(-0.08, 0.08), 1), apex, *first]]


def _round_four(u: Between) -> Lines:
    """In one stroke: down, round, up, and down again."""
    width, bar, belly = u(0.25, 0.65), u(0.45, 0.75), u(-0.03, 0.08)
    cup = [(u(-0.05, 0.15), u(-0.03, 0.12)), (belly * 0.3, bar * 0.6), (width * 0.3, bar + belly)]
    top = (width, u(0, 0.3))
    stem = [(width + u(-0.04, 0.06), 0.6), (width + u(-0.12, 0.04), 1)]
    return [[*cup, (width * 0.8, bar * 0.85), top, top, *stem]]


def _bowl_of_five(u: Between, width: float, left: float) -> list[Point]:
    neck, end = u(0.3, 0.5), (u(-0.15, 0.05), u(0.82, 0.98))
    bowl = [(left + width * 0.4, neck - u(0, 0.08)), (width, (neck + 1) / 2), (width * 0.4, 1), end]
    if u(0, 1) < 0.15:
        bowl.append((end[0] - u(0, 0.04), end[1] - u(0.03, 0.1)))
    return [*[(left, neck)] * (2 if u(0, 1) < 0.7 else 1), *bowl]


def _five_in_one(u: Between) -> Lines:
    width, left, tilt = u(0.4, 0.65), u(0, 0.12), u(-0.1, 0.08)
    reach, rise = width * u(0.6, 1.3), left + u(-0.03, 0.12)
    corner = [(rise, 0.0)] * (2 if u(0, 1) < 0.7 else 1)
    roof = [(reach, tilt), ((reach + rise) / 2, tilt / 2 + u(-0.03, 0.03))]
    return [[*roof, *corner, *_bowl_of_five(u, width, left)]]


def _five_in_two(u: Between) -> Lines:
    width, left, tilt = u(0.4, 0.65), u(0, 0.12), u(-0.1, 0.08)
    reach, x, y = width * u(0.6, 1.3), left + u(-0.06, 0.12), u(-0.06, 0.12)
    roof = [(x, y), ((x + reach) / 2, y + tilt / 2 + u(-0.03, 0.03)), (reach, y + tilt)]
    return [[(left + u(-0.02, 0.1), 0), *_bowl_of_five(u, width, left)], roof]


def _six(u: Between) -> Lines:
    width, loop = u(0.35, 0.62), u(0.28, 0.58)
    stem = [(width * u(0.35, 1.15), 0), (width * u(0.1, 0.4), u(0.25, 0.4)), (u(-0.02, 0.03), 1 - loop / 2)]
    if u(0, 1) < 0.25:
        stem.insert(0, (stem[0][0] + u(0.03, 0.12), u(0.02, 0.12)))
    ring = [(width * 0.5, 1), (width, 1 - loop / 2), (width * u(0.4, 0.6), 1 - loop)]
    end = u(0, 1)
    if end < 0.5:
        ring.append((u(0, 0.1), 1 - loop * u(0.5, 0.8)))
    elif end < 0.8:
        ring += [(width * 0.15, 1 - loop * u(0.6, 0.9)), (u(-0.25, 0.1), 1 - loop * u(0.1, 0.9))]
    else:
        ring.append((width * u(0.1, 0.35), 1 - loop * u(0.6, 0.9)))
    return [[*stem, *ring]]


def _seven(u: Between, corners: float) -> tuple[list[Point], Point, Point]:
    """The line of a seven, with or without a hook where it begins; where it turns, and its foot."""
    width, tilt = u(0.35, 0.7), u(-0.1, 0.1)
    turn, foot = (width, tilt), (width * u(-0.2, 0.75), 1.0)
    line = [(0, u(-0.02, 0.08)), (width * 0.5, u(-0.05, 0.06) + tilt / 2), turn]
    if u(0, 1) < 0.45:
        hook = (u(-0.08, 0.05), u(0.06, 0.25))
        line = [hook] * (2 if u(0, 1) < 0.5 else 1) + line
    if u(0, 1) < corners:
        line.append(turn)
    line += [((width + foot[0]) / 2 + u(-0.02, 0.1), 0.5 + u(-0.08, 0.08)), foot]
    if u(0, 1) < 0.12:
        line.append((foot[0] + u(-0.12, 0.15), 1 + u(-0.05, 0.02)))
    return line, turn, foot


def _plain_seven(u: Between) -> Lines:
    return [_seven(u, corners=0.75)[0]]


def _barred_seven(u: Between) -> Lines:
    line, turn, foot = _seven(u, corners=0.5)
    y, half, rise = u(0.38, 0.67), u(0.1, 0.35), u(-0.1, 0.1)
    if u(0, 1) < 0.3:  # low and long
        y, half = u(0.6, 0.85), u(0.2, 0.45)
    x = turn[0] + (foot[0] - turn[0]) * y + u(-0.06, 0.08)
    return [line, [(x - half * u(0.7, 1.3), y + rise), (x + half, y - rise)]]


def _rings_of_eight(u: Between) -> tuple[float, float, float]:
    """Half the widths of the upper and the lower ring, and where they meet."""
    low, waist = u(0.14, 0.34), u(0.36, 0.52)
    high = low * u(0.55, 1.1)
    if u(0, 1) < 0.23:
        slim = u(0.15, 0.65)
        return (high, low * slim, waist) if u(0, 1) < 0.6 else (high * slim, low, waist)
    return high, low, waist


def _eight_of_rings(u: Between) -> Lines:
    high, low, waist = _rings_of_eight(u)
    upper = _ring((u(-0.06, 0.06), waist / 2), (high, waist / 2), u(0, 1), u(0.95, 1.1))
    return [upper, _ring((0, (1 + waist) / 2), (low, (1 - waist) / 2), u(0.1, 0.4), u(0.95, 1.1))]


def _eight_from(begin: str) -> Way:
    """An eight in one line that begins at its "top", its "side", its "waist", or stays "open" at the top."""

    def draw(u: Between) -> Lines:
        high, low, waist = _rings_of_eight(u)
        x, belly = u(-0.06, 0.06), (1 + waist) / 2
        left, right = (x - high, waist / 2), (x + high, waist / 2)
        down: list[Point] = [(0, waist), (low, belly), (0, 1), (-low, belly)]
        line = [(x, 0.0), left, *down, (0, waist), right]
        if begin == "side":
            line.insert(0, (x + high * u(0.5, 1.6), u(0, 0.25)))
            line += [(x + high * u(0.3, 0.9), u(-0.02, 0.18))] * (u(0, 1) < 0.8)
        elif begin == "top":
            line.append((x + u(-0.1, 0.05), u(-0.04, 0.06)))
        elif begin == "waist":
            lead = u(-0.1, 0.1) if u(0, 1) < 0.7 else u(-0.5, -0.1)
            line = [(lead, waist + u(-0.05, 0.05)), left, (x, 0), right, (0, waist), (-low, belly), (0, 1)]
            line += [(low, belly), (u(-0.05, 0.1), waist + u(-0.1, 0.05))]
        else:
            begins = [(high * u(0.3, 1.6), u(-0.05, 0.1)), (-high * u(0.3, 0.8), u(0, 0.05)), left]
            if u(0, 1) < 0.25:
                begins = [(-high * u(0.2, 1.3), u(0, 0.15)), (-high, waist * 0.6), (0, waist)]
            line = [*begins, *down, (0, waist), (high * u(0.8, 1.4), u(-0.1, 0.1))]
        return [[(-a, b) for a, b in line] if u(0, 1) < 0.35 else line]

    return draw


def _head_of_nine(u: Between, width: float, loop: float) -> list[Point]:
    if u(0, 1) < 0.4:  # round and often open
        top: Point = (width * u(0.6, 1), loop * u(-0.15, 0.35) + u(0, 0.06))
        if u(0, 1) < 0.4:
            top = (width * u(0.9, 1.05), loop * 0.25)
        head: list[Point] = [top, (width * 0.45, 0), (0, loop / 2), (width * 0.45, loop)]
        return [*head, (width * 0.9, loop * u(0.4, 0.8)), (width * u(0.95, 1.08), loop * u(0, 0.4))]
    start = (width * u(0.75, 1.05), loop * u(0.1, 0.45))
    head = [start, (width * 0.5, 0), (0, loop / 2), (width * u(0.35, 0.55), loop)]
    high = u(0, 1) < 0.75
    head.append((width * u(0.85, 1), loop * u(0.3, 0.6)) if high else (width * u(0.75, 0.95), loop * u(0.55, 0.8)))
    return head + [(width * u(0.95, 1.1), loop * u(-0.05, 0.35))] * (2 if u(0, 1) < 0.55 else 1)


def _size_of_nine(u: Between) -> tuple[float, float]:
    return u(0.28, 0.6), u(0.28, 0.62) if u(0, 1) < 0.83 else u(0.16, 0.28)


def _straight_nine(u: Between) -> Lines:
    width, loop = _size_of_nine(u)
    x = width * u(0.85, 1.15)
    return [[*_head_of_nine(u, width, loop), (x + u(-0.07, 0.03), 0.62), (x - u(-0.05, 0.28), 1)]]


def _curly_nine(u: Between) -> Lines:
    width, loop = _size_of_nine(u)
    x, reach = width * u(0.85, 1.15), u(0.2, 0.85)
    if u(0, 1) < 0.25:  # a tail that only bends
        return [[*_head_of_nine(u, width, loop), (x, 0.55), (x - u(0.05, 0.15), 0.85), (x - u(0.2, 0.4), 1)]]
    tail = [(x, 0.5), (x - u(-0.02, 0.1), 0.8), (x - reach * 0.45, 1), (x - reach, 1 - u(-0.03, 0.15))]
    if u(0, 1) < 0.2:
        tail.append((tail[-1][0] - u(-0.02, 0.05), tail[-1][1] - u(0.03, 0.1)))
    return [[*_head_of_nine(u, width, loop), *tail]]


WAYS: tuple[tuple[tuple[float, Way], ...], ...] = (
    ((1, _zero),),
    ((2, _plain_one), (5, _flagged_one), (3, _footed_one)),
    ((6, _flat_two), (4, _looped_two)),
    ((7, _round_three), (3, _flat_three)),
    ((6, _open_four), (5, _tall_four), (6, _closed_four), (5, _round_four)),
    ((5, _five_in_one), (6, _five_in_two)),
    ((1, _six),),
    ((1, _plain_seven), (1, _barred_seven)),
    (
        (4, _eight_of_rings),
        (10, _eight_from("side")),
        (4, _eight_from("top")),
        (4, _eight_from("waist")),
        (5, _eight_from("open")),
    ),
    ((1, _straight_nine), (1, _curly_nine)),
)
"""For each digit the ways to write it, each with its weight."""


def draw(digit: int, rng: np.random.Generator) -> list[np.ndarray]:
    """A digit in one of its ways, swayed as hands do.

    Args:
        digit: 0 to 9.
        rng: where chance comes from.

    Returns:
        the middle lines of its strokes, float64, shape (points, 2), x before y; together they begin at 0 and their
        longer side is 1.

    Raises:
        ValueError: when `digit` is not one.
    """
    if digit not in range(len(WAYS)):
        raise ValueError(f"Expected a digit, 0 to 9. Received {digit}.")
    weights, ways = zip(*WAYS[digit], strict=True)
    way = ways[int(rng.choice(len(ways), p=np.array(weights) / sum(weights)))]
    return distortion.swayed(
        [distortion.smooth(line) for line in way(lambda low, high: low + (high - low) * float(rng.random()))], rng
    )


def written(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A drawing of each digit, brought to 28×28 as `drawing.prepare` does.

    Args:
        labels: shape (n,), in 0..9.
        rng: where chance comes from.

    Returns:
        uint8, shape (n, 28, 28), 255 = ink.
    """
    return np.concatenate(
        [
            distortion.prepared(distortion.render(draw(int(label), rng), distortion.draw_pen(rng))[None])
            for label in labels
        ]
    )
