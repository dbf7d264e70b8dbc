"""A drawing as a short text, for an address: points of its strokes, compressed.

Fabric.js, the canvas's library, keeps a stroke as a path M p0, Q p0 m01, Q p1 m12, …, L last, where m is the middle
of two points; so the points are enough to make the same path again.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from cnnviz.drawing.strokes import MAX_STROKES, SIDE_PX

MAX_TEXT = 2_000
"""Characters; a digit takes about 300."""
SCALES = (4, 2, 1)
"""Steps of a pixel; the finest that fits is taken."""
_MAX_BYTES = 20_000
_MAX_POSITION = 10 * SIDE_PX
_ALIKE_PX = 1.0
Point = tuple[float, float]


def shorten(objects: Sequence[dict[str, Any]]) -> str | None:
    """The strokes of a drawing as text of letters, digits, "-" and "_".

    Args:
        objects: the canvas's own, each with a "path" and a "strokeWidth".

    Returns:
        None when it would be longer than MAX_TEXT.

    Raises:
        ValueError: when they are no strokes.
    """
    for scale in SCALES:
        text = text_of([line(entry, scale) for entry in objects], scale)
        if text is not None:
            return text
    return None


def text_of(lines: Sequence[bytes], scale: int = SCALES[0]) -> str | None:
    """The text of strokes that `line` gave, all in steps of the same part of a pixel; None where it is too long."""
    text = base64.urlsafe_b64encode(zlib.compress(b"".join([bytes([scale]), *lines]), 9)).decode().rstrip("=")
    return text if len(text) <= MAX_TEXT else None


def line(entry: dict[str, Any], scale: int = SCALES[0]) -> bytes:
    """One of the canvas's objects in few bytes, in steps of a part of a pixel; raises ValueError for what is none."""
    try:
        return _line(round(float(entry.get("strokeWidth", 1))), points_of(entry["path"]), scale)
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(str(error)) from None


def points_of(path: Sequence[Sequence[Any]]) -> list[Point]:
    """The points that a stroke's path was made of."""
    points = [(float(command[1]), float(command[2])) for command in path]
    if len(points) > 1 and path[0][0] == "M" and path[1][0] == "Q" and _alike(points[0], points[1]):
        points = points[1:]  # the pen's first point, shifted by a thousandth of its width
    return points


def _alike(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < _ALIKE_PX and abs(a[1] - b[1]) < _ALIKE_PX


def _line(width: int, points: list[Point], scale: int) -> bytes:
    """Width, number of points, and the way from each point to the next one, in whole numbers of 7 bits a byte."""
    whole = [(round(x * scale), round(y * scale)) for x, y in points]
    ways = [whole[0], *((b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(whole))] if whole else []
    numbers = [width, len(whole), *(_unsigned(step) for way in ways for step in way)]
    return b"".join(map(_bytes_of, numbers))


def _unsigned(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _signed(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def _bytes_of(number: int) -> bytes:
    if number < 0:
        raise ValueError("number")
    content = bytearray()
    while number > 127:
        content.append(number % 128 + 128)
        number //= 128
    return bytes([*content, number])


def lengthen(text: str) -> list[dict[str, Any]]:
    """The canvas's objects of a text that `shorten` made.

    Raises:
        ValueError: when it is something else, or far too long.
    """
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    numbers = _numbers(_content(text))
    scale = next(numbers, 0)
    if scale not in SCALES:
        raise ValueError("scale")
    objects = []
    while (width := next(numbers, None)) is not None:
        objects.append(stroke(width, _points(numbers, scale)))
        if len(objects) > MAX_STROKES or not 1 <= width <= 100:
            raise ValueError("strokes")
    return objects


def _content(text: str) -> bytes:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, _MAX_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("too long, or cut off")
    return content


def _numbers(content: bytes) -> Iterator[int]:
    """The whole numbers of some bytes; ValueError where one is cut off."""
    number, place = 0, 1
    for byte in content:
        number += byte % 128 * place
        place *= 128
        if byte < 128:
            yield number
            number, place = 0, 1
        elif place > 128**4:
            raise ValueError("number")
    if place > 1:
        raise ValueError("cut off")


def _points(numbers: Iterator[int], scale: int) -> list[Point]:
    """The points of the stroke that comes next."""
    n = next(numbers, 0)
    x, y, points = 0, 0, []
    for _ in range(n):
        right, down = next(numbers, None), next(numbers, None)
        if right is None or down is None:
            raise ValueError("cut off")
        x, y = x + _signed(right), y + _signed(down)
        points.append((x / scale, y / scale))
        if max(abs(x), abs(y)) > _MAX_POSITION * scale:
            raise ValueError("point")
    if not points:
        raise ValueError("no points")
    return points


def stroke(width: int, points: Sequence[Point]) -> dict[str, Any]:
    """A path as the canvas makes it of points, at least one, of a pen of some width; one of the canvas's objects.

    Fabric.js draws both ends a thousandth of the pen's width further, so that a line of no length is drawn, too.
    """
    points = [*points, *points[: len(points) == 1]]
    further, ends = width / 1000, (1, 0)
    first, last = points[0], points[-1]
    start = _signs(points[1], points[2]) if len(points) > 2 else ends
    path: list[list[Any]] = [["M", first[0] - start[0] * further, first[1] - start[1] * further]]
    for a, b in itertools.pairwise(points):
        if a != b:
            path.append(["Q", *a, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2])
    end = _signs(points[-2], last) if len(points) > 2 else ends
    path.append(["L", last[0] + end[0] * further, last[1] + end[1] * further])
    round_pen = {"strokeLineCap": "round", "strokeLineJoin": "round", "strokeMiterLimit": 10}
    return {"type": "Path", "path": path, "fill": None, "stroke": "#ffffff", "strokeWidth": width, **round_pen}


def _signs(a: Point, b: Point) -> tuple[int, int]:
    """Where b lies, seen from a: -1, 0 or 1 across and down."""
    return (b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1])
