"""A drawing as a short text: the same again, and nothing worse than ValueError for whatever else."""

import base64
import itertools
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.drawing import short_strokes, strokes
from cnnviz.drawing.short_strokes import lengthen, points_of, shorten


def fabric(points, width=24):
    """A stroke as Fabric.js makes it of the pointer's places."""
    path = [["M", points[0][0] - width / 1000, points[0][1]]]
    for a, b in itertools.pairwise(points):
        path.append(["Q", *a, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2])
    path.append(["L", points[-1][0] + width / 1000, points[-1][1]])
    return {"type": "path", "path": path, "strokeWidth": width}


SEVEN = [(70.25, 60.0), (140.5, 58.75), (210.0, 60.0), (160.0, 140.0), (120.0, 240.0)]


def test_a_drawing_comes_back_with_its_widths():
    objects = lengthen(shorten([fabric(SEVEN), fabric([(100.0, 150.0), (200.0, 150.0)], 12)]))
    assert [entry["strokeWidth"] for entry in objects] == [24, 12]
    *points, end = points_of(objects[0]["path"])
    assert points == SEVEN[:-1]
    assert end == pytest.approx(
        SEVEN[-1], abs=0.03
    )  # further by a thousandth of the pen's width, as the canvas draws it
    assert objects[0]["path"][1:-1] == fabric(SEVEN)["path"][1:-1]
    assert shorten(objects) == shorten([fabric(SEVEN), fabric([(100.0, 150.0), (200.0, 150.0)], 12)])


def test_it_is_short_and_its_ink_nearly_the_same():
    way = np.cumsum(np.random.default_rng(0).normal(0, 3, (150, 2)), axis=0) + 140
    stroke = fabric([tuple(map(float, point)) for point in way])
    text = shorten([stroke])
    assert len(text) < 700
    before, after = (strokes.redraw(strokes.lines_of({"objects": each}), 24) for each in ([stroke], lengthen(text)))
    assert np.abs(before - after).mean() < 0.005


def test_a_dot_is_still_drawn():
    (dot,) = lengthen(shorten([fabric([(100.0, 100.0), (100.0, 100.0)])]))
    assert dot["path"][0][1:] != dot["path"][-1][1:]


def test_a_long_drawing_is_told_more_coarsely_and_one_too_long_not_at_all():
    random = np.random.default_rng(0)
    points = [tuple(point) for point in random.uniform(0, 280, (900, 2)).tolist()]
    assert shorten([fabric(points)]) is None
    fits = shorten([fabric(points[:480])])
    assert len(fits) <= short_strokes.MAX_TEXT
    assert len(points_of(lengthen(fits)[0]["path"])) == 480


def text_of(content):
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "ü",
        "AAAA",
        text_of(b""),
        text_of(b"\x03"),
        text_of(b"\x04\x18"),
        text_of(b"\x04\x18\x02\x01"),
        text_of(b"\x04\x00\x01\x01\x01"),
        text_of(b"\x04\x18\x01\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        text_of(b"\x04" + b"\x18\x01\x01\x01" * 1000),
        text_of(bytes(100_000_000)),
        shorten([fabric(SEVEN)])[:-4],
        "A" * 100_000,
    ],
)
def test_what_is_no_drawing_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        lengthen(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_drawing_or_a_value_error(content):
    try:
        objects = lengthen(text_of(content))
    except ValueError:
        return
    strokes.lines_of({"objects": objects})


@pytest.mark.parametrize("objects", [[{}], [{"path": 3}], [{"path": [["M", "a", 1]]}], ["x"]])
def test_what_is_no_stroke_cannot_be_shortened(objects):
    with pytest.raises(ValueError, match=r"."):
        shorten(objects)
