"""Variants of the digits 0 to 4; see `glyphs`."""

from __future__ import annotations

from cnnviz.synthesis.glyphs import ControlPoints, Uniform, ellipse
from cnnviz.synthesis.strokes import Point


def zero(u: Uniform) -> ControlPoints:
    """A ring, sometimes with a short tail where it closes."""
    width = u(0.22, 0.45)
    ring = ellipse((width, 0.5), (width, 0.5), u(0.1, 0.5), u(0.92, 1.12), u(0.75, 1.05))
    if u(0, 1) < 0.2:
        ring.append((ring[-1][0] + u(-0.25, 0.25), ring[-1][1] + u(-0.12, 0.1)))
    return [ring]


def plain_one(u: Uniform) -> ControlPoints:
    """A single stem."""
    return [[(0, 0), (u(-0.04, 0.04), 0.5), (u(-0.04, 0.04), 1)]]


def flagged_one(u: Uniform) -> ControlPoints:
    """A stem with a flag at its top, sometimes with a curl at its end."""
    reach = u(0.08, 0.6)
    drop = reach * (u(0.5, 1.5) if u(0, 1) < 0.85 else u(0.35, 0.5))
    if u(0, 1) < 0.2:  # the flag runs along the stem
        reach, drop = u(0.06, 0.24), u(0.35, 0.75)
    bow = reach * u(-0.12, 0.16)
    top: Point = (u(0, 0.04), u(0.03, 0.07)) if u(0, 1) < 0.15 else (0, 0)
    line = [(-reach, drop), (-reach / 2 + bow / 2, drop / 2 + bow), (0, 0), top, (u(-0.04, 0.04), 0.5)]
    line.append((u(-0.04, 0.04), 1))
    if u(0, 1) < 0.15:  # the flag begins with a hook
        line.insert(0, (-reach + u(-0.06, 0.06), drop + u(0.02, 0.1)))
    if u(0, 1) < 0.3:  # the stem ends in a curl
        side = u(-0.22, 0.22)
        line += [(side * 0.6, 1.02), (side, 1 - abs(side) * u(0, 0.5))]
    return [line]


def footed_one(u: Uniform) -> ControlPoints:
    """A stem with a flag, and a bar as its foot."""
    y = u(0.96, 1.04)
    return [*flagged_one(u), [(-u(0.08, 0.4), y + u(-0.04, 0.04)), (u(0.08, 0.4), y)]]


def _head_of_two(u: Uniform, width: float) -> list[Point]:
    head: list[Point] = [(u(-0.05, 0.08), u(0.12, 0.32)), (width * 0.45, 0), (width, u(0.18, 0.32))]
    if u(0, 1) < 0.2:
        head = [(u(0, 0.08), u(0, 0.1)), (width * 0.6, u(-0.03, 0.03)), (width, u(0.12, 0.25))]
    if u(0, 1) < 0.25:
        head.insert(0, (head[0][0] + u(0.05, 0.15), head[0][1] + u(0.02, 0.1)))
    return [*head, (width * u(0.55, 0.75), u(0.5, 0.65))]


def _reach_of_two(u: Uniform, width: float) -> Point:
    return width * (u(0.5, 1.35) if u(0, 1) < 0.9 else u(0.2, 0.5)), 1 + u(-0.1, 0.1)


def flat_two(u: Uniform) -> ControlPoints:
    """A head, and a base that turns sharply or nearly so."""
    width = u(0.4, 0.7)
    x, y = _reach_of_two(u, width)
    base = [(0, 1), (0, 1), (x / 2, y + u(-0.05, 0.05))] if u(0, 1) < 0.6 else [(u(0, 0.08), 0.9), (u(0.05, 0.15), 1)]
    line = [*_head_of_two(u, width), *base, (x, y)]
    if u(0, 1) < 0.15:
        line.append((x + u(0, 0.05), y - u(0.04, 0.12)))
    return [line]


def looped_two(u: Uniform) -> ControlPoints:
    """A head, and a loop where it meets the base."""
    width, loop = u(0.4, 0.7), u(0.05, 0.2)
    around = [(width * 0.3, 0.95), (0.03, 1), (-u(0.02, 0.12), 1 - loop), (width * 0.2, 0.93 - loop)]
    return [[*_head_of_two(u, width), *around, (width * 0.5, 0.97), _reach_of_two(u, width)]]


def _bowl_of_three(u: Uniform, width: float, waist: float) -> list[Point]:
    end = (u(-0.12, 0.2), u(0.8, 0.99))
    bowl = [(width * u(0.9, 1.1), (waist + 1) / 2), (width * u(0.35, 0.55), 1), end]
    if u(0, 1) < 0.15:
        bowl.append((end[0] - u(-0.02, 0.05), end[1] - u(0.03, 0.1)))
    return bowl


def round_three(u: Uniform) -> ControlPoints:
    """Two bowls; between them a loop, a sharp corner or a smooth turn."""
    width, waist = u(0.4, 0.65), u(0.36, 0.56)
    x = width * u(0.1, 0.6)
    top = [(u(-0.05, 0.1), u(0.06, 0.22)), (width * 0.45, 0), (width * u(0.8, 1), waist * 0.45)]
    turn, loop = u(0, 1), u(0.02, 0.06)
    if turn < 0.25:
        inner = [(x + 0.05, waist), (x - 0.05, waist + loop), (x, waist + 2 * loop), (x + 0.1, waist + loop)]
    else:
        inner = [(x, waist)] * (2 if turn < 0.75 else 1)
    return [[*top, *inner, *_bowl_of_three(u, width, waist)]]


def flat_three(u: Uniform) -> ControlPoints:
    """A flat top with sharp corners, and a bowl."""
    width, waist = u(0.4, 0.65), u(0.36, 0.56)
    corner, inner = (width * 0.9, 0.0), (width * u(0.1, 0.6), waist)
    belly = (width * 0.7, waist + u(0, 0.06))
    return [[(0, u(-0.03, 0.06)), corner, corner, inner, inner, belly, *_bowl_of_three(u, width, waist)]]


def open_four(u: Uniform) -> ControlPoints:
    """Open at the top: a bent first stroke and a stem."""
    width, bar = u(0.25, 0.65), u(0.45, 0.75)
    start, corner = (width * u(-0.1, 0.35), u(-0.02, 0.1)), (u(-0.05, 0.05), bar)
    half = ((start[0] + corner[0]) / 2 + u(-0.05, 0.03), (start[1] + bar) / 2)
    bend = corner if u(0, 1) < 0.7 else (corner[0] + 0.05, bar + 0.03)
    top = u(0, 0.5) if u(0, 1) < 0.6 else u(0.2, bar + 0.05)
    stem = [(width + u(-0.05, 0.12), top), (width + u(-0.12, 0.06), u(0.92, 1.05))]
    return [[start, half, corner, bend, (width + u(0.02, 0.3), bar + u(-0.12, 0.08))], stem]


def tall_four(u: Uniform) -> ControlPoints:
    """A tall first stroke, and beside it a short second one, low down."""
    width, bar, lean, tilt = u(0.15, 0.4), u(0.5, 0.85), u(0, 0.4), u(-0.1, 0.12)
    corner = [(u(-0.04, 0.04), bar)] * (2 if u(0, 1) < 0.6 else 1)
    if u(0, 1) < 0.25:
        corner.append((width * 0.4, bar + u(0.02, 0.07)))
    first = [(lean, 0), (lean * u(0.35, 0.6), bar / 2), *corner, (width + u(0.02, 0.22), bar + u(-0.16, 0.05))]
    second = [(width + tilt, u(0.25, bar - 0.03)), (width + tilt / 2 + u(-0.02, 0.02), 0.8)]
    return [first, [*second, (width + u(-0.05, 0.05), 1)]]


def closed_four(u: Uniform) -> ControlPoints:
    """Closed at the top: both arms meet in an apex, in one stroke or in two."""
    width, bar = u(0.25, 0.65), u(0.45, 0.75)
    apex, corner = (width * u(0.75, 1.15), 0), (u(-0.05, 0.05), bar)
    first: list[Point] = [apex, corner, corner, (width + u(0.02, 0.3), bar + u(-0.08, 0.06))]
    if u(0, 1) < 0.6:
        return [first, [(apex[0] + u(-0.08, 0.05), u(-0.02, 0.3)), (width + u(-0.12, 0.05), 1)]]
    return [[(apex[0] + u(-0.08, 0.08), 1), apex, *first]]


def round_four(u: Uniform) -> ControlPoints:
    """In one stroke: down, round, up, and down again."""
    width, bar, belly = u(0.25, 0.65), u(0.45, 0.75), u(-0.03, 0.08)
    cup = [(u(-0.05, 0.15), u(-0.03, 0.12)), (belly * 0.3, bar * 0.6), (width * 0.3, bar + belly)]
    top = (width, u(0, 0.3))
    stem = [(width + u(-0.04, 0.06), 0.6), (width + u(-0.12, 0.04), 1)]
    return [[*cup, (width * 0.8, bar * 0.85), top, top, *stem]]
