"""What a browser may send in place of a drawing: a sentence is said, the drawing before stays, the next one works."""

import json

import pytest
from canvas_message import SEVEN, path, sent

from apptest import answer, open_page, texts
from cnnviz.server import messages
from cnnviz.ui import state
from cnnviz.ui.state import DrawPage, Session

pytestmark = pytest.mark.usefixtures("bundled_digits")
STROKE = [(40, 40), (60, 220)]


def give(at, value):
    at.session_state[DrawPage.canvas.name] = value
    return at.run()


@pytest.fixture
def drawn():
    """The Draw page with a seven."""
    at = open_page("", {Session.model: "hvass", DrawPage.canvas: sent(SEVEN)})
    assert answer(at) == "Answer: 7"
    return at


def deep(n):
    content = 1
    for _ in range(n):
        content = [content]
    return content


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({messages.REFUSED: "too large", messages.SIZE: 12_000_000}, "sent 12.0 MB, more than a drawing needs"),
        ({messages.REFUSED: "unreadable", messages.SIZE: 200_000}, "sent something that cannot be read"),
        ({messages.REFUSED: 5}, "sent something that cannot be read"),
        ({messages.REFUSED: "too large", messages.SIZE: "x"}, "sent something that cannot be read"),
        (sent(SEVEN, objects=5), "strokes that cannot be read"),
        (sent(SEVEN, objects={"a": 1}), "strokes that cannot be read"),
        (sent(SEVEN, objects=[5]), "strokes that cannot be read"),
        (sent(SEVEN, objects=[{"path": [["M", 10**400, 1]]}]), "strokes that cannot be read"),
        (sent(SEVEN, objects=[{"path": deep(500)}]), "strokes that cannot be read"),
        (sent(SEVEN, objects=[{"path": [["M", deep(500), 1]]}]), "strokes that cannot be read"),
        (sent(SEVEN, objects=[path(SEVEN)] * 501), "more than 500 strokes"),
        (sent(SEVEN, objects=[{"path": [["L", 1, 1]] * 20_001}]), "more than 20,000 points"),
        ({"drawing": {"raw": 5, "data": sent(SEVEN)["drawing"]["data"]}}, "not a drawing"),
        ({"drawing": 5}, "not a drawing"),
        ({"drawing": sent(SEVEN)["drawing"], "backgroundFit": 5}, "not a drawing"),
    ],
    ids=range(15),
)
def test_the_drawing_before_stays_and_the_next_stroke_works(drawn, value, sentence):
    at = give(drawn, value)
    assert not at.exception
    assert [sentence in error.value for error in at.error] == [True]
    assert "Undo" in at.error[0].value
    assert answer(at) == "Answer: 7"
    assert at.session_state[DrawPage.history.name].current.n_strokes == 1
    at = give(at, sent(SEVEN, STROKE))
    assert not at.exception
    assert not at.error
    assert at.session_state[DrawPage.history.name].current.n_strokes == 2


def button(at, label):
    return next(each for each in at.button if each.label == label)


def test_undo_takes_off_what_was_refused_and_clear_empties_the_canvas(drawn):
    value = {messages.REFUSED: "too large", messages.SIZE: 12_000_000}
    at = give(drawn, value)
    at.session_state[DrawPage.canvas.name] = value  # Streamlit hands it out again in each run
    at = button(at, "Undo").click().run()
    assert not at.error
    assert answer(at) == "Answer: 7"
    at = give(at, value | {messages.SIZE: 13_000_000})
    assert len(at.error) == 1
    at.session_state[DrawPage.canvas.name] = value | {messages.SIZE: 13_000_000}
    at = button(at, "Clear").click().run()
    assert not at.error
    assert "Nothing is drawn yet" in texts(at)


def test_on_an_empty_canvas_what_was_refused_can_be_taken_off_too():
    at = open_page(
        "", {Session.model: "hvass", DrawPage.canvas: {messages.REFUSED: "too large", messages.SIZE: 2_000_000}}
    )
    assert len(at.error) == 1
    assert "Nothing is drawn yet" in texts(at)


REFUSED = {messages.REFUSED: "too large", messages.SIZE: 2_000_000}


@pytest.mark.parametrize(
    ("page", "chosen"),
    [
        ("", {DrawPage.way: "grid", state.grid_of(0): REFUSED}),
        ("", {DrawPage.way: "over", DrawPage.canvas: REFUSED}),
        ("kernels", {state.KernelsPage.slide: REFUSED, state.output_of(3): REFUSED}),
    ],
)
def test_no_component_ends_its_page_with_what_was_refused(page, chosen):
    at = open_page(page, {Session.model: "hvass"} | chosen)
    assert not at.exception
    assert json.dumps(REFUSED) not in texts(at)
