"""Variants of the digits 5 to 9; see `glyphs`."""

from __future__ import annotations

from cnnviz.synthesis.glyphs import ControlPoints, Uniform, Variant, ellipse
from cnnviz.synthesis.strokes import Point


def _bowl_of_five(u: Uniform, width: float, left: float) -> list[Point]:
    neck, end = u(0.3, 0.5), (u(-0.15, 0.05), u(0.82, 0.98))
    bowl = [(left + width * 0.4, neck - u(0, 0.08)), (width, (neck + 1) / 2), (width * 0.4, 1), end]
    if u(0, 1) < 0.15:
        bowl.append((end[0] - u(0, 0.04), end[1] - u(0.03, 0.1)))
    return [*[(left, neck)] * (2 if u(0, 1) < 0.7 else 1), *bowl]


def five_in_one(u: Uniform) -> ControlPoints:
    """In one stroke, from the right end of the roof."""
    width, left, tilt = u(0.4, 0.65), u(0, 0.12), u(-0.1, 0.08)
    reach, rise = width * u(0.6, 1.3), left + u(-0.03, 0.12)
    corner = [(rise, 0.0)] * (2 if u(0, 1) < 0.7 else 1)
    roof = [(reach, tilt), ((reach + rise) / 2, tilt / 2 + u(-0.03, 0.03))]
    return [[*roof, *corner, *_bowl_of_five(u, width, left)]]


def five_in_two(u: Uniform) -> ControlPoints:
    """The roof is a stroke of its own."""
    width, left, tilt = u(0.4, 0.65), u(0, 0.12), u(-0.1, 0.08)
    reach, x, y = width * u(0.6, 1.3), left + u(-0.06, 0.12), u(-0.06, 0.12)
    if u(0, 1) < 0.15:  # the roof crosses the stem
        x -= u(0.06, 0.25)
    roof = [(x, y), ((x + reach) / 2, y + tilt / 2 + u(-0.03, 0.03)), (reach, y + tilt)]
    return [[(left + u(-0.02, 0.1), 0), *_bowl_of_five(u, width, left)], roof]


def six(u: Uniform) -> ControlPoints:
    """A stem that runs into a ring; the ring ends on the stem, crosses it or stays open."""
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


def _seven(u: Uniform, corners: float) -> tuple[list[Point], Point, Point]:
    """The line of a seven, with or without a hook where it begins; the point where it turns, and its foot.

    Args:
        u: the generator.
        corners: probability of a sharp corner where the line turns.
    """
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


def plain_seven(u: Uniform) -> ControlPoints:
    """A seven without a bar."""
    return [_seven(u, corners=0.75)[0]]


def barred_seven(u: Uniform) -> ControlPoints:
    """A seven with a bar across its stem, sometimes low and long."""
    line, turn, foot = _seven(u, corners=0.5)
    y, half, rise = u(0.38, 0.67), u(0.1, 0.35), u(-0.1, 0.1)
    if u(0, 1) < 0.3:  # low and long
        y, half = u(0.6, 0.85), u(0.2, 0.45)
    x = turn[0] + (foot[0] - turn[0]) * y + u(-0.06, 0.08)
    return [line, [(x - half * u(0.7, 1.3), y + rise), (x + half, y - rise)]]


def curled_seven(u: Uniform) -> ControlPoints:
    """A seven that turns round, with a foot that curls to one side and a low bar, in one stroke or in two."""
    width, tilt, side = u(0.35, 0.65), u(-0.08, 0.1), u(-0.15, 0.35)
    foot = (width * u(-0.05, 0.5), 1.0)
    line: list[Point] = [(u(-0.05, 0.08), u(0.02, 0.25)), (width * 0.35, tilt / 2), (width * 0.85, tilt + u(0, 0.05))]
    line += [(width, 0.16 + tilt), ((width + foot[0]) / 2 + u(0, 0.08), 0.55), (foot[0], 0.92)]
    line.append((foot[0] + side, 1 - abs(side) * u(-0.1, 0.35)))
    y, half, rise = u(0.45, 0.75), u(0.12, 0.4), u(-0.12, 0.08)
    x = width + (foot[0] - width) * y + u(-0.06, 0.08)
    return [line, [(x - half * u(0.7, 1.3), y + rise), (x + half, y - rise)]]


def _rings_of_eight(u: Uniform) -> tuple[float, float, float]:
    """Half the widths of the upper and the lower ring, and where they meet."""
    low, waist = u(0.14, 0.34), u(0.36, 0.52)
    high = low * u(0.55, 1.1)
    if u(0, 1) < 0.23:
        slim = u(0.15, 0.65)
        return (high, low * slim, waist) if u(0, 1) < 0.6 else (high * slim, low, waist)
    return high, low, waist


def eight_of_rings(u: Uniform) -> ControlPoints:
    """Two rings, each a stroke."""
    high, low, waist = _rings_of_eight(u)
    upper = ellipse((u(-0.06, 0.06), waist / 2), (high, waist / 2), u(0, 1), u(0.95, 1.1))
    return [upper, ellipse((0, (1 + waist) / 2), (low, (1 - waist) / 2), u(0.1, 0.4), u(0.95, 1.1))]


def eight_from(begin: str) -> Variant:
    """An eight in one line that begins at its "top", its "side" or its "waist", or stays "open" at the top."""

    def place(u: Uniform) -> ControlPoints:
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
        mirrored = u(0, 1) < 0.35
        return [[(-a, b) for a, b in line] if mirrored else line]

    return place


def _head_of_nine(u: Uniform, width: float, loop: float) -> list[Point]:
    if u(0, 1) < 0.4:  # round and often open
        top: Point = (width * u(0.6, 1), loop * u(-0.15, 0.35) + u(0, 0.06))
        if u(0, 1) < 0.4:
            top = (width * u(0.9, 1.05), loop * 0.25)
        head: list[Point] = [top, (width * 0.45, 0), (0, loop / 2), (width * 0.45, loop)]
        return [*head, (width * 0.9, loop * u(0.4, 0.8)), (width * u(0.95, 1.08), loop * u(0, 0.4))]
    start = (width * u(0.75, 1.05), loop * u(0.1, 0.45))
    head = [start, (width * 0.5, 0), (0, loop / 2), (width * u(0.35, 0.55), loop)]
    closes_high = u(0, 1) < 0.75
    end = (width * u(0.85, 1), loop * u(0.3, 0.6)) if closes_high else (width * u(0.75, 0.95), loop * u(0.55, 0.8))
    head.append(end)
    return head + [(width * u(0.95, 1.1), loop * u(-0.05, 0.35))] * (2 if u(0, 1) < 0.55 else 1)


def _size_of_nine(u: Uniform) -> tuple[float, float]:
    return u(0.28, 0.6), u(0.28, 0.62) if u(0, 1) < 0.83 else u(0.16, 0.28)


def straight_nine(u: Uniform) -> ControlPoints:
    """A head and a straight stem."""
    width, loop = _size_of_nine(u)
    x = width * u(0.85, 1.15)
    return [[*_head_of_nine(u, width, loop), (x + u(-0.07, 0.03), 0.62), (x - u(-0.05, 0.28), 1)]]


def curly_nine(u: Uniform) -> ControlPoints:
    """A head and a tail that bends or curls to the left."""
    width, loop = _size_of_nine(u)
    x, reach = width * u(0.85, 1.15), u(0.2, 0.85)
    if u(0, 1) < 0.25:  # a tail that only bends
        return [[*_head_of_nine(u, width, loop), (x, 0.55), (x - u(0.05, 0.15), 0.85), (x - u(0.2, 0.4), 1)]]
    tail = [(x, 0.5), (x - u(-0.02, 0.1), 0.8), (x - reach * 0.45, 1), (x - reach, 1 - u(-0.03, 0.15))]
    if u(0, 1) < 0.2:
        tail.append((tail[-1][0] - u(-0.02, 0.05), tail[-1][1] - u(0.03, 0.1)))
    return [[*_head_of_nine(u, width, loop), *tail]]


def curled_nine(u: Uniform) -> ControlPoints:
    """A nine whose head begins with a curl inside, often open, and whose long tail runs to the left."""
    width, loop = u(0.35, 0.6), u(0.3, 0.5)
    inside = [(width * u(0.45, 0.75), loop * u(0.45, 0.75)), (width * u(0.75, 1), loop * u(0.25, 0.5))]
    head: list[Point] = [*(inside if u(0, 1) < 0.5 else inside[1:]), (width * 0.5, 0), (0, loop * u(0.4, 0.55))]
    head += [(width * u(0.35, 0.5), loop), (width * u(0.85, 1), loop * u(0.45, 0.85))]
    x, reach = width * u(0.95, 1.15), u(0.25, 0.8)
    if u(0, 1) < 0.5:
        head.append((x, loop * u(0.1, 0.4)))
    return [[*head, (x, u(0.5, 0.65)), (x - reach * 0.3, u(0.84, 0.94)), (x - reach, 1 - u(-0.05, 0.18))]]
