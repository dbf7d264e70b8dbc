"""The drawing with its undo, and what pen_up.js and canvas.py rely on in the drawing component's own files."""

import ast
import base64
import importlib.metadata
import json
import re
import sys
import zlib

import numpy as np
import pytest

from cnnviz.drawing import strokes
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


# Kept small, and as a record


def long_drawing(n_strokes, n_points):
    """Strokes of random points."""
    rng = np.random.default_rng(0)
    lines = rng.uniform(0, 280, (n_strokes, n_points, 2)).round(3).tolist()
    return {"objects": [{"type": "Path", "path": [["L", *point] for point in line]} for line in lines]}


def n_bytes(thing, seen):
    """Memory of an object and all that it holds."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(n_bytes(each, seen) for pair in thing.items() for each in pair)
    if isinstance(thing, (list, tuple, set)):
        return size + sum(n_bytes(each, seen) for each in thing)
    return size + (n_bytes(vars(thing), seen) if hasattr(thing, "__dict__") else 0)


def test_the_longest_drawing_with_all_its_steps_takes_well_under_two_megabytes():
    history = DrawingHistory()
    whole = long_drawing(100, 200)
    noise = np.random.default_rng(0).integers(0, 256, (280, 280), np.uint8)
    for n in range(51, 101):
        history.add(Drawing({"objects": whole["objects"][:n]}, noise))
        history.load()
    assert history.record is not None
    assert len(history.drawings) == 50
    assert n_bytes(history, set()) < 1_200_000
    assert np.array_equal(history.ink, noise)


def test_a_digit_with_its_steps_takes_little():
    history = DrawingHistory()
    for n in range(1, 6):
        history.add(Drawing(long_drawing(n, 60), INK))
    assert n_bytes(history, set()) < 40_000


def test_undo_gives_the_very_ink_that_was_there():
    history, inks = DrawingHistory(), [np.full((280, 280), n, np.uint8) for n in range(3)]
    for n, ink in enumerate(inks, 1):
        history.add(Drawing(drawing(n).strokes, ink))
    for ink in inks[::-1]:
        assert np.array_equal(history.ink, ink)
        history.undo()
    assert history.ink is None


def test_a_drawing_comes_back_from_its_record_with_its_steps():
    history = DrawingHistory()
    whole = long_drawing(3, 20)
    ink = np.random.default_rng(1).integers(0, 256, (280, 280), np.uint8)
    for n in (1, 2, 3):
        history.add(Drawing({"objects": whole["objects"][:n]}, ink))
    record = history.record
    as_text = {
        name: base64.b64encode(each).decode() if isinstance(each, bytes) else each for name, each in record.items()
    }
    for form in (record, json.loads(json.dumps(as_text))):
        back = DrawingHistory.of_record(form)
        assert back.current == history.current
        back.undo()
        assert back.current.n_strokes == 2
        again = np.max([strokes.redraw([line], 24) for line in strokes.lines_of(back.current.strokes)], axis=0)
        assert np.array_equal(back.ink, np.round(again * 255))


ONE = DrawingHistory()
ONE.add(Drawing(long_drawing(2, 5), INK))
GOOD = ONE.record
BOMB = zlib.compress(b" " * 50_000_000 + b"{}")


@pytest.mark.parametrize(
    "record",
    [
        None,
        5,
        [],
        {},
        {"strokes": 5, "steps": [2], "ink": None},
        {"strokes": b"nothing", "steps": [2], "ink": None},
        {"strokes": "ä", "steps": [2], "ink": None},
        {"strokes": zlib.compress(b"5"), "steps": [2], "ink": None},
        {"strokes": zlib.compress(b'{"objects": 5}'), "steps": [2], "ink": None},
        {"strokes": zlib.compress(b"[" * 100_000), "steps": [2], "ink": None},
        {"strokes": BOMB, "steps": [2], "ink": None},
        GOOD | {"steps": [1]},
        GOOD | {"steps": [3]},
        GOOD | {"steps": []},
        GOOD | {"steps": [2, 1]},
        GOOD | {"steps": [0, 2]},
        GOOD | {"steps": ["x"]},
        GOOD | {"steps": 5},
        GOOD | {"ink": b"short"},
        GOOD | {"ink": zlib.compress(b"short")},
        GOOD | {"ink": BOMB},
        GOOD | {"ink": 5},
    ],
    ids=range(22),
)
def test_what_is_no_record_of_a_drawing_gives_an_empty_canvas(record):
    assert DrawingHistory.of_record(GOOD).drawings
    history = DrawingHistory.of_record(record)
    assert history.drawings == []
    assert history.current is None


def test_the_strokes_of_a_message_are_made_text_once_and_then_not_kept(monkeypatch):
    n_texts, dumps = [], json.dumps
    monkeypatch.setattr(json, "dumps", lambda *args, **options: n_texts.append(1) or dumps(*args, **options))
    history, sent = DrawingHistory(), long_drawing(3, 20)
    assert history.is_new(sent)
    history.add(Drawing(sent, INK))
    assert len(n_texts) == 1
    assert history.current.strokes == sent
    assert not history.is_new(sent)
    assert history._read is None
