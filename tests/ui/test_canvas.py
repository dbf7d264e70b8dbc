"""The drawing with its undo, and what pen_up.js and canvas.py rely on in the drawing component's own files."""

import ast
import importlib.metadata
import re

import numpy as np
import pytest

from cnnviz.ui.drawing_history import N_REMEMBERED, Drawing, DrawingHistory

INK = np.zeros((280, 280), np.uint8)


def drawing(n, x=0):
    """A drawing of n strokes."""
    return Drawing({"objects": [{"type": "Path", "path": [["M", x, i]]} for i in range(n)]}, INK)


def test_strokes_are_added_and_taken_back_one_by_one():
    history = DrawingHistory()
    assert history.current is None
    first, second = drawing(1), drawing(2)
    history.add(first)
    history.add(second)
    assert history.current == second
    history.undo()
    assert history.current == first
    assert history.to_load["objects"] == first.strokes["objects"]
    history.clear()
    assert history.current is None
    assert history.to_load["objects"] == []


def test_what_was_taken_back_is_not_taken_for_new_when_it_is_handed_out_again():
    history = DrawingHistory()
    for n in (1, 2):
        history.add(drawing(n))
    history.undo()
    assert not history.is_new(drawing(2).strokes)
    assert history.is_new(drawing(2, x=5).strokes)
    assert history.is_new(drawing(1).strokes)


def test_the_canvas_loads_again_also_what_it_has_loaded_before():
    history = DrawingHistory()
    history.add(drawing(1))
    seen = []
    for _ in range(3):
        history.load()
        seen.append(history.to_load)
    assert len({repr(each) for each in seen}) == 3
    assert "n_loads" not in history.current.strokes


def test_a_drawing_with_fewer_strokes_was_taken_back_on_the_canvas():
    history = DrawingHistory()
    for n in (1, 2, 3):
        history.add(drawing(n))
    history.add(drawing(1, x=9))
    assert [each.n_strokes for each in history.drawings] == [1]
    history.add(drawing(0))
    assert history.current is None


def test_only_so_many_strokes_can_be_taken_back():
    history = DrawingHistory()
    for n in range(1, N_REMEMBERED + 11):
        history.add(drawing(n))
    assert len(history.drawings) == N_REMEMBERED
    assert history.current.n_strokes == N_REMEMBERED + 10


# What a new release of the component may break


def component_file(pattern):
    """Text of one of the component's files; it cannot be imported outside a running application."""
    files = importlib.metadata.files("streamlit-drawable-canvas")
    (path,) = [file for file in files if re.search(pattern, str(file))]
    return path.locate().read_text("utf-8")


@pytest.fixture(scope="module")
def script():
    """The component's JavaScript."""
    return component_file(r"build/index-.*\.js$")


@pytest.fixture(scope="module")
def source():
    """The component's Python."""
    return component_file(r"^streamlit_drawable_canvas/__init__\.py$")


def test_the_first_of_eight_buttons_sends_and_the_fourth_alone_can_stay_pressed(script):
    toolbar = script[script.index('"dc-toolbar-card"') :].partition("undoButton:")[0]
    calls = re.findall(r"on(Send|Undo|Redo|EditToggle|BringForward|SendBackward|DeleteSelected|Reset)\b", toolbar)
    assert calls == ["Send", "Undo", "Redo", "EditToggle", "BringForward", "SendBackward", "DeleteSelected", "Reset"]
    assert re.search(r"\.append\(i, s, o, n, a, u, d\)", toolbar), "the order in which they stand on the page"
    assert toolbar.count('setAttribute("aria-pressed"') == 1
    assert re.search(r"onSend: \(\) => \{\s*\w+\.sender\.now\(", script), "it sends at once"
    assert '"dc-toolbar"' in script, "hidden by that name"


def test_without_the_button_a_stroke_is_sent_after_a_fifth_of_a_second(script):
    """Where this changes, pen_up.js may not be needed any more."""
    (name,) = re.findall(r"\.sender = \w+\(\(\w+\) => \w+\(\w+, \w+\), (\w+)\)", script)
    assert re.search(rf"\b{name} = 200\b", script)
    assert "setTimeout" in script


def test_the_canvas_lies_in_a_shadow_root(source):
    assert "isolate_styles=True" in source


def test_it_loads_when_what_it_is_told_to_load_differs(script, source):
    assert re.search(r"JSON\.stringify\(\w+\.initialDrawing\)", script)
    assert "loadFromJSON" in script
    assert "dict(initial_drawing)" in source, "the counter goes through"


def test_what_it_is_asked_and_what_it_sends(source):
    function = next(node for node in ast.parse(source).body if getattr(node, "name", "") == "st_canvas")
    wanted = {"stroke_width", "stroke_color", "background_color", "background_image", "initial_drawing", "key"}
    assert wanted | {"return_image_data"} <= {argument.arg for argument in function.args.args}
    assert '"drawing": {"raw": base_drawing, "data": None}' in source, "so the tests of the pages feed it"
