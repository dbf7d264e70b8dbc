"""What strokes beside Streamlit do to a session: its drawing at once, its digit when its next run begins."""

import asyncio
import base64
import json
import zlib

import numpy as np
import pytest

from cnnviz.drawing import strokes as pen
from cnnviz.drawing.preparation import prepare
from cnnviz.drawing.short_strokes import lengthen, shorten
from cnnviz.server.strokes import NotAnsweredError
from cnnviz.ui import digit
from cnnviz.ui.drawing_history import MAX_APPENDED, Drawing, DrawingHistory
from cnnviz.ui.sent_stroke import Stroke
from cnnviz.ui.stroke_answers import Reading, StrokeAnswers

LINES = [[(70.0, 60.0), (140.0, 61.0), (210.0, 60.0)], [(60.0, 150.0), (180.0, 150.0), (181.0, 151.0)]]


def ink_of(lines):
    return (pen.redraw([np.array(line) for line in lines], 24) * 255).astype(np.uint8)


def message(lines, loads=0, time=None, **changed):
    """What the browser sends of the last of these lines."""
    told = {"points": lines[-1], "time": len(lines) if time is None else time, "loads": loads} | changed
    text = json.dumps(told).encode()
    return len(text).to_bytes(4, "little") + text + zlib.compress(ink_of(lines).tobytes())


class Session:
    """Its drawing, what answers its strokes, and what was stored."""

    def __init__(self, meanwhile=lambda history: None):
        self.history, self.answers, self.asked, self.n_kept = DrawingHistory(), StrokeAnswers(), [], 0
        self._meanwhile = meanwhile
        self.answers.read_with(Reading(self.history, 24, self._read))
        self.answers.keep = self._keep

    def _keep(self):
        self.n_kept += 1

    async def _read(self, ink, text):
        self.asked.append((ink, text))
        self._meanwhile(self.history)
        return digit.given(prepare(ink.astype(np.float32) / 255)), {"said": "seven"}

    def send(self, content):
        """The answer, or the status of a refusal."""
        try:
            return json.loads(asyncio.run(self.answers.answer(content)))
        except NotAnsweredError as error:
            return error.status


def test_strokes_are_added_to_the_drawing_and_read_as_they_look():
    session = Session()
    for n in (1, 2):
        assert session.send(message(LINES[:n])) == {"said": "seven"}
    assert [step.n_strokes for step in session.history.drawings] == [1, 2]
    for i, (ink, text) in enumerate(session.asked):
        np.testing.assert_array_equal(ink, ink_of(LINES[: i + 1]))
        assert len(lengthen(text)) == i + 1
    assert session.n_kept == 2
    assert {entry["strokeWidth"] for entry in session.history.strokes["objects"]} == {24}
    session.history.undo()
    np.testing.assert_array_equal(session.history.ink, ink_of(LINES[:1]))


def test_the_session_learns_of_its_digit_once():
    session = Session()
    assert session.answers.take() is None
    session.send(message(LINES))
    np.testing.assert_array_equal(session.answers.take().image, prepare(ink_of(LINES).astype(np.float32) / 255).centred)
    assert session.answers.take() is None


def test_a_drawing_that_was_taken_back_while_it_was_read_is_not_the_digit():
    session = Session(meanwhile=DrawingHistory.clear)
    assert session.send(message(LINES)) == 412
    assert session.answers.take() is None
    assert session.history.ink is None


def test_a_stroke_of_another_drawing_is_refused_and_changes_nothing():
    session = Session()
    session.send(message(LINES[:1]))
    session.history.undo()
    assert session.send(message(LINES)) == 412
    assert session.history.ink is None
    assert session.send(message(LINES[:1], loads=1)) == {"said": "seven"}
    assert session.send(message(LINES, loads=1, time=0.5)) == 409  # drawn before the one that is there
    assert len(session.history.drawings) == 1


def test_nothing_is_added_to_what_could_not_be_kept():
    session = Session()
    session.history.refuse({"objects": 5})
    assert session.send(message(LINES)) == 409


def test_what_the_component_sends_by_streamlit_takes_the_place_of_all():
    session = Session()
    session.send(message(LINES))
    whole = {"objects": [*session.history.strokes["objects"], *session.history.strokes["objects"]]}
    assert session.history.is_new(whole)
    session.history.add(Drawing(whole, ink_of(LINES)))
    assert [step.n_strokes for step in session.history.drawings] == [1, 2]
    assert not session.history.is_new(whole)
    assert session.send(message(LINES, time=9)) == {"said": "seven"}
    assert not session.history.is_new(whole)  # which Streamlit hands out again in every run


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xffx",
        message(LINES)[:-1000] + b"x" * 1000,
        message(LINES)[:40],
        message(LINES, points=[]),
        message(LINES, points=5),
        message(LINES, points=[[1, 2, 3]]),
        message(LINES, points=[["a", "b"]]),
        message(LINES, points=[[float("nan"), 1]]),
        message(LINES, points=[[float("inf"), 1]]),
        message(LINES, points=[[10**400, 1]]),
        message(LINES, points=[[1e9, 1]]),
        message(LINES, points=[[i % 280, 1] for i in range(30_000)]),
        message(LINES, loads="many"),
        message(LINES, loads=None),
        message(LINES, time=[]),
        b"\x20\x4e\x00\x00" + b"[" * 20_000,
    ],
)
def test_what_is_no_stroke_is_refused_and_the_next_one_is_answered(content):
    session = Session()
    session.send(message(LINES[:1]))
    assert session.send(content) == 422
    np.testing.assert_array_equal(session.history.ink, ink_of(LINES[:1]))
    assert session.send(message(LINES)) == {"said": "seven"}


def test_ink_that_unpacks_to_far_more_is_refused_before_it_is_unpacked():
    session = Session()
    text = json.dumps({"points": LINES[0], "time": 1, "loads": 0}).encode()
    bomb = zlib.compress(bytes(50_000_000), 9)
    assert session.send(len(text).to_bytes(4, "little") + text + bomb) == 422


def test_where_strokes_come_by_streamlit_none_is_answered():
    session = Session()
    session.answers.read_no_more()
    assert session.send(message(LINES)) == 404
    assert StrokeAnswers().address != StrokeAnswers().address


def test_strokes_that_came_one_by_one_are_kept_linked_to_and_taken_back_as_if_they_had_come_together():
    session, many = (
        Session(),
        [[(10.0 * i + 20, 60.0), (10.0 * i + 25, 90.0), (10.0 * i + 20, 200.0)] for i in range(20)],
    )
    for n in range(1, 21):
        session.send(message(many[:n]))
    history = session.history
    assert history.n_strokes == 20
    assert history.text == shorten(history.strokes["objects"])
    again = DrawingHistory.of_record(json.loads(json.dumps(in_base64(history.record))))
    assert again.strokes == history.strokes
    assert [step.n_strokes for step in again.drawings] == list(range(1, 21))
    np.testing.assert_array_equal(again.ink, history.ink)
    before = history.strokes["objects"]
    history.undo()
    assert history.to_load["objects"] == history.strokes["objects"] == before[:-1]
    assert history.text == shorten(before[:-1])
    history.clear()
    assert (history.text, history.record) == (None, None)


def in_base64(record):
    """The record as the database has it."""
    packed = {name: base64.b64encode(record[name]).decode() for name in ("ink",)}
    return record | packed | {"added": [base64.b64encode(each).decode() for each in record["added"]]}


def test_no_more_strokes_are_taken_than_are_kept():
    session = Session()
    for n in range(MAX_APPENDED):
        session.history.append(Stroke(LINES[0], n, 0, zlib.compress(ink_of(LINES[:1]).tobytes())), 24)
    assert session.send(message(LINES, time=9999)) == 422
    assert session.history.n_strokes == MAX_APPENDED
