"""The class that draws without browsers: what a stroke sends, what is kept of what comes back, what a row says."""

import base64
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnnviz.drawing import strokes
from cnnviz.ui.components.figures import figures
from cnnviz.ui.sent_stroke import Stroke

pytest.importorskip("psutil")

import class_load
import load_figures
import pen
import streamlit_wire
from streamlit_wire import AppError

CORNER = np.array([[40, 60], [200, 60], [120, 220]], float)
BAR = np.array([[80, 140], [170, 140]], float)


def test_a_line_is_told_as_the_canvas_does():
    assert pen.svg_path(BAR) == [["M", 80, 140], ["Q", 80, 140, 125, 140], ["L", 170, 140]]


def test_a_canvas_message_is_read_as_the_lines_that_were_drawn():
    drawing = json.loads(pen.canvas_value([CORNER, BAR]))["drawing"]
    corner, bar = strokes.lines_of(drawing["raw"])
    assert corner[[0, -1]].tolist() == CORNER[[0, -1]].tolist()
    assert bar[[0, -1]].tolist() == BAR.tolist()
    image = Image.open(io.BytesIO(base64.b64decode(drawing["data"].removeprefix("data:image/png;base64,"))))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (280, 280))
    ink = np.asarray(image.convert("L")) / 255
    assert np.allclose(ink, strokes.redraw([CORNER, BAR], pen.PEN_PX), atol=1 / 255)


def test_digits_are_drawn_stroke_by_stroke_and_stay_on_the_canvas():
    found = pen.drawings([4, 1, 8], np.random.default_rng(3))
    assert [drawing.digit for drawing in found if drawing.whole] == [4, 1, 8]
    n_before = 0
    for drawing in found:
        lines = strokes.lines_of(json.loads(drawing.value)["drawing"]["raw"])
        assert len(lines) == n_before + 1
        assert all(((line >= 12) & (line <= 268)).all() for line in lines)
        n_before = 0 if drawing.whole else len(lines)


def headings(*bodies):
    """What is found among figures with these headings."""
    element = Element()
    element.bidi_component.component_name = "cnnviz.figures"
    items = [figures.Text("Answer: 0"), *(figures.Text(body, "h2") for body in bodies)]
    element.bidi_component.bytes = figures.packed(items, n_loads=3)
    assert class_load.component_is("cnnviz.figures")(element)
    assert class_load.told_in(element)["loads"] == 3
    return class_load.headings_of([*class_load.told_in(element)["items"], {"sheet": "seen"}])


@pytest.mark.parametrize(
    ("body", "answer"), [("Answer: 7", {7}), ("Answer: 3 or 8", {3, 8}), ("No digit here", set())], ids=str
)
def test_the_answer_is_found(body, answer):
    assert class_load.said_in(headings("Draw", body)) == answer


@pytest.mark.parametrize("bodies", [(), ("Draw",), ("Answer: 7", "Answer: 7")], ids=str)
def test_a_stroke_without_one_answer_is_an_error(bodies):
    with pytest.raises(AppError, match="Expected one answer to a stroke"):
        class_load.said_in(headings(*bodies))


def test_a_stroke_beside_streamlit_is_what_the_application_reads():
    first, second = pen.drawings([4], np.random.default_rng(3))[:2]
    stroke = Stroke.of_bytes(second.message(5.0, 2))
    assert (stroke.time_ms, stroke.n_loads) == (5.0, 2)
    drawn = strokes.lines_of(json.loads(second.value)["drawing"]["raw"])
    assert np.allclose(stroke.points[0], drawn[1][0], atol=0.01)
    ink = np.frombuffer(zlib.decompress(stroke.packed_ink), np.uint8).reshape(280, 280)
    before = np.frombuffer(zlib.decompress(first.packed_ink), np.uint8).reshape(280, 280)
    assert np.abs(ink / 255 - strokes.redraw(drawn, pen.PEN_PX)).mean() < 0.01
    assert before.any()
    assert (ink >= before).all()


def large(name, fragment="f"):
    message = ForwardMsg(hash=name)
    message.metadata.cacheable = True
    message.delta.fragment_id = fragment
    message.delta.new_element.markdown.body = name
    return message


def test_a_reference_stands_for_the_message_until_two_runs_have_not_shown_it():
    cache = streamlit_wire.Cache()
    message = large("m")
    assert cache.whole(message) is message
    for _ in range(2):
        cache.end_run(["f"])
        assert cache.hashes == ["m"]
    assert cache.whole(ForwardMsg(ref_hash="m")) is message
    for _ in range(2):
        cache.end_run(["f"])
    assert cache.hashes == ["m"]
    cache.end_run(["f"])
    assert cache.hashes == []
    with pytest.raises(AppError, match="not here"):
        cache.whole(ForwardMsg(ref_hash="m"))


def test_runs_of_other_parts_of_the_page_do_not_age_a_message():
    cache = streamlit_wire.Cache()
    cache.whole(large("m"))
    for _ in range(5):
        cache.end_run(["other"])
    assert cache.hashes == ["m"]
    cache.end_run([])
    assert cache.hashes == []


def test_widgets_are_sent_as_they_stand():
    slider = Element()
    slider.slider.options.extend(["0", "10", "20"])
    slider.slider.default.append(1)
    assert list(streamlit_wire.state_of(slider).string_array_value.data) == ["10"]
    slider.slider.set_value = True
    slider.slider.raw_value.append("20")
    assert list(streamlit_wire.state_of(slider).string_array_value.data) == ["20"]
    text = Element()
    text.markdown.body = "words"
    assert streamlit_wire.state_of(text) is None


def usage(seconds, n_bytes, others_s):
    names = ("server", "answers", "work", "clients")
    return load_figures.Usage(dict.fromkeys(names, seconds), dict.fromkeys(names, 100.0), others_s, n_bytes, n_bytes)


def test_a_row_is_for_one_stroke():
    drawn = [pen.Drawing("", 7, True), pen.Drawing("", 4, False), pen.Drawing("", 4, True), pen.Drawing("", 9, True)]
    said = [{7}, {1}, {4, 9}, {3}]
    answers = [
        load_figures.Answer(ms, drawing, frozenset(digits))
        for ms, drawing, digits in zip((50, 60, 70, 200), drawn, said, strict=True)
    ]
    row = load_figures.row(2, 2 / 3, 8.0, answers, (usage(1.0, 0, 3.0), usage(1.24, 400_000, 7.0)))
    assert (row.answered_per_s, row.median_ms, row.others_share) == (0.5, 65, 0.5)
    assert (row.server_ms, row.answers_ms, row.clients_ms) == pytest.approx((60, 60, 60))
    assert (row.socket_kb, row.files_kb, row.server_mb) == (100, 100, (100, 100))
    assert row.read_right == pytest.approx(2 / 3)
    titles, told = load_figures.header(), load_figures.line(row)
    assert len(titles) == len(told)
    assert " ".join(told.split()) == "2 0.7 0.5 65 180 60 60 60 0.03 0.50 100 100 100-100 100-100 100-100 67%"


def test_a_class_that_is_not_understood_and_a_run_that_rests_are_errors():
    drawing = pen.Drawing("", 7, True)
    answers = [load_figures.Answer(50, drawing, frozenset({1}))] * 20
    row = load_figures.row(2, 2 / 3, 8.0, answers, (usage(1.0, 0, 0.0), usage(1.0, 0, 0.0)))
    with pytest.raises(AppError, match="0% of 20 digits"):
        load_figures.check(row, answers, training=False)
    with pytest.raises(AppError, match="training run"):
        load_figures.check(row, answers[:19], training=True)
