"""A session after a reload or a restart of the server is as it was, and no record ends a page."""

import os
import threading
import time

import numpy as np
import pytest
from browsers import ANNA, BEN
from canvas_message import SEVEN, sent

from apptest import answer as heading
from apptest import go, open_page, texts
from cnnviz.state import database
from cnnviz.state.database import DatabaseError
from cnnviz.state.sessions import SessionStore
from cnnviz.ui import keeper, server, state
from cnnviz.ui.state import DrawPage, Session

pytestmark = [pytest.mark.usefixtures("bundled_digits")]


def answer(at):
    return heading(at), next(line for line in texts(at).splitlines() if line.startswith("Reads"))


def draw(browsers, token=ANNA, *lines, **chosen):
    """A browser that has drawn something with a network that is not the first one."""
    browsers.of(token)
    return open_page("", {Session.model: "low-level", DrawPage.canvas: sent(*(lines or [SEVEN]))} | chosen)


def stored(browsers, token=ANNA):
    """What is in the database once everything is written."""
    server.keeper.reset()
    engine = database.connect(database.default_url(browsers.runs))
    record = SessionStore(engine).load(token)
    engine.dispose()
    return record


@pytest.mark.parametrize("restarts", [False, True])
def test_after_a_reload_or_a_restart_drawing_answer_and_choices_are_as_they_were(browsers, restarts):
    before = draw(browsers, ANNA, SEVEN, [(100, 150), (180, 150)])
    before.session_state[DrawPage.network_beside.name] = "hvass"
    before.run()
    if restarts:
        browsers.restart()
    at = open_page()
    assert not at.exception
    assert answer(at) == answer(before)
    assert at.session_state[Session.model.name] == "low-level"
    assert any(line.startswith("hvass reads") for line in texts(at).splitlines())
    history = at.session_state[DrawPage.history.name]
    assert [step.n_strokes for step in history.drawings] == [2]
    assert len(history.to_load["objects"]) == 2
    assert np.array_equal(history.ink, before.session_state[DrawPage.history.name].ink)


@pytest.mark.parametrize("page", ["why", "break_it/digit", "layers/network"])
def test_on_every_page_it_is_the_session_s_digit(browsers, page):
    before = draw(browsers)
    image = before.session_state[Session.digit.name].image
    browsers.restart()
    at = open_page(page)
    assert not at.exception
    assert np.array_equal(at.session_state[Session.digit.name].image, image)


def test_drawn_over_a_test_image_or_filled_in_it_comes_back_too(browsers):
    cells = "".join("1" if 13 <= i % 28 <= 15 and 4 <= i // 28 < 24 else "0" for i in range(784))
    for chosen in (
        {DrawPage.way: "grid", DrawPage.squares: cells},
        {DrawPage.way: "over", DrawPage.below.number: 3, DrawPage.canvas: sent(SEVEN)},
        {DrawPage.thin_pen: True, DrawPage.canvas: sent(SEVEN)},
    ):
        browsers.of(ANNA)
        server.keeper().save(ANNA, None)
        before = open_page("", {Session.model: "hvass"} | chosen)
        browsers.restart()
        at = open_page("data")
        digits = [each.session_state[Session.digit.name] for each in (before, at)]
        assert np.array_equal(digits[0].image, digits[1].image)
        assert digits[0].origin == digits[1].origin


def test_another_browser_and_one_without_a_cookie_begin_anew(browsers):
    draw(browsers)
    for token in (BEN, ""):
        browsers.of(token)
        assert "Nothing is drawn yet" in texts(open_page())
    assert "Nothing is stored of this session" in texts(open_page())


def test_of_a_browser_without_a_cookie_nothing_is_stored(browsers):
    draw(browsers, "")
    assert stored(browsers, "") is None
    assert not os.path.exists(browsers.runs / database.FILE) or stored(browsers) is None


def test_of_two_tabs_the_last_one_wins(browsers):
    one, two = draw(browsers), open_page()
    two.session_state[DrawPage.canvas.name] = sent([(140, 40), (140, 240)])
    two.run()
    one.session_state[DrawPage.pen_px.name] = 32
    one.run()
    two.session_state[DrawPage.pen_px.name] = 12
    two.run()
    assert not one.exception
    assert not two.exception
    at = open_page()
    assert at.session_state[DrawPage.pen_px.name] == 12
    assert answer(at) == answer(two)


HOSTILE = [
    {"choices": {"model": "a network that is gone", "digits": "MNIST on another disk", "network beside": "gone"}},
    {"choices": {"way of giving": "telepathy"}},
    {"choices": {"steps": ["dance"], "pen": 10**30, "iteration of hvass": -5}},
    {"choices": {"image below": -7, "way of giving": "over"}},
    {"choices": {"image below": 10**12, "way of giving": "over"}},
    {"choices": {"grid cells": "x", "way of giving": "grid"}},
    {"choices": {"iteration of hvass": "many", "model": "hvass"}},
    {"choices": {"iteration of hvass": [[[]]], "model": "hvass"}},
    {"choices": 5, "drawing": 5},
    {"choices": [1], "drawing": [1]},
    {"drawing": {"strokes": "x", "steps": None, "ink": {}}},
    {"choices": {"model": "hvass\u0000", "pen": float("inf")}},
]


@pytest.mark.parametrize("record", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("page", ["", "layers/maps"])
def test_no_record_ends_a_page_and_the_next_drawing_works(browsers, record, page):
    browsers.of(ANNA)
    server.keeper().save(ANNA, record)
    browsers.restart()
    at = open_page(page)
    assert not at.exception
    assert not at.error or page == ""
    at = go(at, "draw")
    at.session_state[DrawPage.way.name] = "canvas"
    at.run()
    at.session_state[DrawPage.canvas.name] = sent(SEVEN)
    at.run()
    assert not at.exception
    assert heading(at)


@pytest.mark.parametrize(
    ("page", "choices"),
    [
        ("convolution", {"convolution layer": "conv9", "convolution filter": 10**9, "convolution place": ["a"]}),
        ("convolution", {"convolution place": {"tuple": [-3, 10**9]}, "convolution number": -5}),
        ("look", {"square side": -4, "look number": 10**9, "asked about": {"tuple": []}, "exciting seed": -1}),
        ("laboratory", {"laboratory size": 99, "laboratory stride": -1, "laboratory kernel": "none"}),
        ("feature_maps", {"image 0 number": -2, "image 1 digit": "mine", "maps scale": "x"}),
        ("filters", {"filters layer": "conv9", "filters palette": "plaid"}),
        ("robustness", {"stress noise": -9e9, "stress rotation": "x", "robustness digit": "x"}),
        ("mistakes", {"mistakes choice": "x", "mistakes seed": -1}),
        ("data", {"data part": "x", "images at a time": 7, "images order": "x", "images class": 77}),
        ("data", {"images order": "random", "images seed": -1, "images answers": "x", "images palette": "plaid"}),
        ("data", {"first image": -3, "images palette": "plaid", "shown split": "x"}),
        ("train", {"train preset": "x", "train run": "x", "fast: Iterations": -1, "fast: Seed": "x"}),
        ("experiments", {"experiment kind": "Sweep", "sweep seeds": 2}),  # five are the least
        ("experiments", {"exercise": 99, "sweep seeds": -1, "sweep settings": ["x"], "experiment kind": "x"}),
        ("compare", {"compared": ["x"], "compared curves": "x", "compared 0": "y"}),
    ],
)
def test_choices_that_do_not_fit_a_page_any_more_are_left_out(browsers, page, choices):
    browsers.of(ANNA)
    server.keeper().save(ANNA, {"choices": choices})
    at = open_page(page)
    assert not at.exception


def test_deleting_leaves_nothing_behind_and_the_session_goes_on(browsers):
    at = draw(browsers)
    assert "for a day after your last visit" in texts(at)
    at.session_state[DrawPage.canvas.name] = sent(SEVEN)
    next(button for button in at.button if button.label == "Delete what is stored of me").click().run()
    assert not at.exception
    assert "Nothing is drawn yet" in texts(at)
    assert stored(browsers) is None
    assert "Nothing is drawn yet" in texts(open_page())


def test_what_was_answered_in_a_lesson_comes_back_and_is_deleted_with_the_rest(browsers):
    browsers.of(ANNA)
    answers = ("how-it-reads 1 true",)
    at = open_page("draw", {Session.lesson: "how-it-reads", Session.lesson_step: 2, Session.lesson_answers: answers})
    browsers.restart()
    again = open_page("draw")
    assert again.session_state[Session.lesson_answers.name] == answers
    assert "Step 2 of 13" in again.expander[0].label
    half = state.lesson_guess_of("how-it-reads", 4).name
    again.session_state[half] = "half a sentence"
    next(button for button in again.button if button.label == "Delete what is stored of me").click().run()
    assert not again.expander or "Step" not in again.expander[0].label
    again.run()
    assert "how-it-reads" not in str(stored(browsers))
    assert half not in again.session_state
    assert not at.exception


def test_what_is_stored_names_nobody_and_holds_no_secret(browsers, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", "open sesame")
    at = draw(browsers)
    at.session_state[Session.passphrase.name] = "open sesame"
    at.run()
    server.keeper.reset()
    content = b"".join(path.read_bytes() for path in browsers.runs.glob(f"{database.FILE}*"))
    assert b"low-level" in content
    assert b"sesame" not in content
    assert ANNA.encode() not in content


def test_where_the_database_cannot_be_used_nothing_is_lost_in_the_session_and_it_is_said_once(browsers, monkeypatch):
    def broken():
        raise DatabaseError("The database cannot be used: it is not there.")

    monkeypatch.setattr(keeper, "RETRY_S", 0.2)
    monkeypatch.setattr(server.database, "make", broken)
    at = draw(browsers)
    deadline = time.monotonic() + 20
    while not server.keeper().problem:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    at.run()
    assert not at.exception
    assert [caption.value for caption in at.caption if "is not stored at present" in caption.value] == [
        "What you draw and choose is not stored at present; it is here as long as this page is open. "
        "The database cannot be used: it is not there."
    ]
    assert heading(at).startswith("Answer")
    monkeypatch.undo()


def test_a_stroke_does_not_wait_for_the_database(browsers, monkeypatch):
    """It is busy until the strokes have been answered."""
    answered = threading.Event()
    monkeypatch.setattr(SessionStore, "save", lambda *_: answered.wait(20))
    at = draw(browsers)
    took = []
    for n in range(3):
        began = time.perf_counter()
        at.session_state[DrawPage.canvas.name] = sent(SEVEN, [(20, 20 + n), (40, 40)])
        at.run()
        took.append(time.perf_counter() - began)
    answered.set()
    assert min(took) < 1.5


def test_what_a_session_remembers_is_kept_by_the_choice_alone(browsers):
    draw(browsers)
    record = stored(browsers)
    assert set(record) == {"choices", "drawing"}
    assert all(state.is_kept(name) for name in record["choices"])
