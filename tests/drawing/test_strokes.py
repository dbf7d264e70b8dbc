"""Strokes read from the canvas's message and drawn again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.drawing import strokes
from cnnviz.drawing.pictures import ImageError
from cnnviz.drawing.preparation import prepare

SEVEN = [np.array([[70, 60], [210, 60], [160, 140], [120, 240]], float)]


def canvas(*paths):
    return {"version": "7.4.0", "objects": [{"type": "Path", "path": path} for path in paths]}


def test_a_path_gives_the_points_that_it_goes_through():
    path = [["M", 10, 20], ["Q", 1, 2, 30, 40], ["L", 50, 60]]
    (points,) = strokes.lines_of(canvas(path))
    assert points.tolist() == [[10, 20], [30, 40], [50, 60]]


def test_an_empty_canvas_has_no_strokes():
    assert strokes.lines_of({"objects": []}) == []


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"objects": 3},
        {"objects": "text"},
        {"objects": {"a": 1}},
        {"objects": [5]},
        {"objects": [{"path": 5}]},
        {"objects": [{"path": "MMM"}]},
        {"objects": [{"path": [[[["M"]]]]}]},
        canvas([["M", 10**400, 1]]),
        canvas([["M", [1], [2]]]),
        canvas([["M", {"a": 1}, 2]]),
        {"objects": [{}]},
        canvas([["X", 1, 2]]),
        canvas([["M", 1]]),
        canvas([["M", "a", "b"]]),
        canvas([["M", float("nan"), 1]]),
        canvas([["M", 1e9, 1]]),
        canvas([["L", 1, 1]] * 20_001),
        canvas(*[[["M", 1, 1]] * 10_001] * 2),
    ],
)
def test_garbage_is_refused_in_a_sentence(content):
    with pytest.raises(ImageError, match=r"The canvas sent"):
        strokes.lines_of(content)


def test_a_line_is_as_wide_as_its_pen():
    ink = strokes.redraw([np.array([[40, 140], [240, 140]], float)], pen_px=24)
    assert ink.shape == (280, 280)
    assert ink[:, 140].sum() == pytest.approx(24, abs=1)
    assert ink.sum() == pytest.approx(200 * 24 + np.pi * 12**2, rel=0.02)


def test_the_pen_in_the_box_is_the_one_that_was_asked_for():
    ink = strokes.with_pen([np.array([[100, 30], [100, 250]], float)], box_pen_px=4)
    boxed = prepare(ink).boxed
    assert boxed.shape == (20, 4)
    assert boxed[10].sum() == pytest.approx(4, abs=0.15)


def test_a_dot_has_no_size():
    assert strokes.with_pen([np.array([[100, 100], [100.1, 100]])]) is None


@settings(max_examples=30, deadline=None)
@given(st.floats(0.25, 1), st.floats(0, 1), st.floats(0, 1))
def test_where_and_how_large_a_digit_is_drawn_makes_no_difference(scale, right, down):
    moved = [line * scale + np.array([right, down]) * (280 - 240 * scale) - 20 for line in SEVEN]
    first, second = (prepare(strokes.with_pen(lines)).centred for lines in (SEVEN, moved))
    assert np.abs(first - second).mean() < 0.01


def test_too_many_strokes_or_points_are_refused_before_they_are_read():
    for content in (canvas(*[[["M", 1, 2]]] * 501), canvas([["X", 1, 2]] * 20_001), canvas(*[[["X"]] * 101] * 200)):
        with pytest.raises(ImageError, match=r"more than (500 strokes|20,000 points)"):
            strokes.lines_of(content)
