"""A class in a room, page by page: who comes in, what the teacher sees, who follows, and what hangs on the wall."""

import base64
import time

import numpy as np
import pytest
from browsers import ANNA, BEN
from canvas_message import path, sent

from apptest import answer, happens, open_cell, open_page, shown_maps, strip, texts
from cnnviz.classroom.prompts import Prompt
from cnnviz.data import dataset
from cnnviz.pages.classroom import overview, wall
from cnnviz.pages.classroom import room as page
from cnnviz.state.reports import Reports
from cnnviz.state.sessions import fingerprint
from cnnviz.ui import access, asking, rooms, server, subjects
from cnnviz.ui.state import DrawPage, RoomKeys, Session

pytestmark = [pytest.mark.usefixtures("bundled_digits")]
TEACHER, STUDENT = fingerprint(ANNA), fingerprint(BEN)
SEVEN = [[(70, 60), (210, 60)], [(210, 60), (120, 240)]]
WITH_PEN = [path(line) | {"strokeWidth": 24} for line in SEVEN]


def test_the_teacher_opens_a_room_and_nobody_else_can(browsers, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", "chalk")
    browsers.of(BEN)
    at = open_page("classroom")
    assert page.Words.open not in [button.label for button in at.button]
    monkeypatch.setattr(page.access, "is_teacher", lambda: True)
    at = open_page("classroom")
    next(button for button in at.button if button.label == page.Words.open).click().run()
    code = at.session_state[RoomKeys.standing.name].code
    assert at.title[0].value == code
    monkeypatch.setattr(page.access, "is_teacher", lambda: False)
    assert server.live_rooms().rooms.find(code).teacher == STUDENT


def test_a_link_leads_into_the_room_and_a_reload_finds_it_again(browsers, opened):
    browsers.of("c" * 43)
    at = open_page()
    assert strip(at) is None
    server.live_rooms().join(opened, fingerprint("c" * 43))
    at = open_page("why")
    told = strip(at)
    assert (told["code"], told["isTeacher"], told["scene"]) == (opened, False, 0)
    assert told["name"] == server.live_rooms().rooms.members(opened)[1].name


@pytest.mark.parametrize(("typed", "sentence"), [("bcdf", "There is no room BCDF now."), ("", "")])
def test_a_code_that_is_none_is_told(browsers, opened, typed, sentence):
    browsers.of("d" * 43)
    at = open_page("classroom")
    at.text_input(RoomKeys.code.name).set_value(typed).run()
    assert [toast.value for toast in at.toast] == ([sentence] if sentence else [])
    at.text_input(RoomKeys.code.name).set_value(opened.lower()).run()
    assert strip(at)["code"] == opened
    assert "You are" in texts(at)


def test_who_tries_codes_must_wait(browsers, opened, monkeypatch):
    """Ten a minute; then the right one is not taken either."""
    browsers.of("d" * 43)
    server.wrong_codes.reset()
    at, said = open_page("classroom"), []
    for code in [*(f"BCD{letter}" for letter in "BCDFGHJKLM"), opened]:
        at.text_input(RoomKeys.code.name).set_value(code).run()
        said += [toast.value for toast in at.toast]
    assert [sentence.startswith("There is no room") for sentence in said] == [True] * 10 + [False]
    assert said[-1].startswith("Too many codes were tried. Wait ")
    assert strip(at) is None
    now = time.monotonic()
    monkeypatch.setattr(server.wrong_codes(), "_clock", lambda: now + 61)
    at.text_input(RoomKeys.code.name).set_value(opened).run()
    assert strip(at)["code"] == opened


def test_who_leaves_is_out(browsers, opened):
    browsers.of(BEN)
    at = open_page("classroom")
    next(button for button in at.button if button.label == page.Words.leave).click().run()
    assert strip(at) is None
    assert server.live_rooms().rooms.members(opened) == []


def test_who_follows_sees_the_teacher_s_page_network_and_digit(browsers, opened):
    live = server.live_rooms()
    browsers.of(ANNA)
    teacher = open_page("break_it/digit", {Session.model: "low-level", Session.shown.number: 7})
    live.do(opened, TEACHER, "follow", True)
    teacher.run()
    scene = live.rooms.find(opened).scene
    assert (scene["place"], scene["params"]["net"], scene["scene"]) == ("break_it", "low-level", 1)
    browsers.of(BEN)
    student = happens(open_page("kernels"), "scene")
    assert student.session_state[Session.place.name] == "break_it"
    assert student.session_state[Session.model.name] == "low-level"
    assert student.session_state[Session.shown.number.name] == 7
    assert strip(student)["scene"] == 1
    assert not student.toast, "nothing of it is left out"


def test_a_drawing_follows_too_also_onto_the_canvas_that_is_open(browsers, opened):
    live = server.live_rooms()
    live.do(opened, TEACHER, "follow", True)
    browsers.of(BEN)
    student = open_page("", {DrawPage.canvas: sent([(50, 50), (60, 60)])})
    assert student.session_state[DrawPage.history.name].n_strokes == 1
    browsers.of(ANNA)
    teacher = open_page("", {DrawPage.canvas: sent(*SEVEN, objects=WITH_PEN)})
    browsers.of(BEN)
    student = happens(student, "scene")
    ours, theirs = (each.session_state[DrawPage.history.name] for each in (student, teacher))
    assert ours.text == theirs.text
    assert len(ours.to_load["objects"]) == 2, "the canvas loads it"
    assert answer(student) == answer(teacher)
    student = student.run()
    assert student.session_state[DrawPage.history.name].text == theirs.text, "what was sent before does not come back"


def test_who_does_not_follow_stays(browsers, opened):
    browsers.of(ANNA)
    open_page("break_it")
    browsers.of(BEN)
    student = happens(open_page("kernels"), "scene")
    assert student.session_state[Session.place.name] == "kernels"


def test_the_page_of_the_class_is_shown_to_nobody_else(browsers, opened):
    server.live_rooms().do(opened, TEACHER, "follow", True)
    browsers.of(ANNA)
    open_page("classroom")
    assert "place" not in server.live_rooms().rooms.find(opened).scene


def drawn(numbers):
    image = np.zeros((28, 28), np.uint8)
    image[numbers] = 255
    return base64.b64encode(image.tobytes()).decode()


def test_the_wall_shows_what_the_chosen_network_reads(browsers, opened):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("drawing", "Draw a seven.", label=7))
    browsers.of(ANNA)
    at = open_page("classroom")
    assert "The drawings appear here" in texts(at)
    live.hand_in(opened, STUDENT, 1, drawn(np.s_[4:24, 13:15]), {})
    at.run()
    sheet = next(found for name, found in shown_maps(at).items() if name == RoomKeys.wall.name)
    (label,) = sheet["labels"]
    read, name = label.split("\n")
    assert name == live.rooms.members(opened)[0].name
    assert "drawings are read as they were meant" in texts(at)
    live.do(opened, TEACHER, "names", False)
    at.run()
    sheet = next(found for found_name, found in shown_maps(at).items() if found_name == RoomKeys.wall.name)
    assert sheet["labels"] == [read]


def test_what_the_network_calls_no_digit_is_not_read_as_it_was_meant(browsers, opened, monkeypatch):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("drawing", "Draw a one.", label=1))
    live.hand_in(opened, STUDENT, 1, drawn(np.s_[4:24, 13:15]), {})
    browsers.of(ANNA)
    assert "**1 of 1**" in texts(open_page("classroom"))
    monkeypatch.setattr(wall.rejection, "is_unlike", lambda logits, least_energy: True)
    at = open_page("classroom")
    assert "**0 of 1**" in texts(at)
    sheet = next(found for name, found in shown_maps(at).items() if name == RoomKeys.wall.name)
    assert (sheet["marked"], sheet["crossed"]) == ([], [0])
    assert sheet["labels"][0].startswith("no digit\n")


def test_what_is_no_drawing_hangs_on_no_wall(browsers, opened):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("drawing", "Draw."))
    live.hand_in(opened, STUDENT, 1, "AAAA", {})
    browsers.of(ANNA)
    at = open_page("classroom")
    assert not at.exception
    assert "The drawings appear here" in texts(at)
    assert rooms.as_image("not base64") is None
    assert rooms.as_image(None) is None


def test_a_drawing_is_handed_in_and_opened_from_the_wall(browsers, opened):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("drawing", "Draw a seven.", label=7))
    browsers.of(BEN)
    student = happens(open_page(), "hand_in")
    assert strip(student)["said"] == rooms.Words.nothing_drawn
    student = happens(open_page("", {DrawPage.canvas: sent(*SEVEN, objects=WITH_PEN)}), "hand_in")
    assert (strip(student)["said"], strip(student)["handedIn"]) == (rooms.Words.handed_in, 1)
    browsers.of(ANNA)
    teacher = open_cell(open_page("classroom"), RoomKeys.wall, 0)
    ours, theirs = (each.session_state[DrawPage.history.name] for each in (teacher, student))
    assert ours.text == theirs.text
    images = [each.session_state[Session.digit.name].image for each in (teacher, student)]
    assert np.abs(images[0] - images[1]).mean() < 0.05, "drawn again of the same strokes"
    live.do(opened, TEACHER, "close", None)
    browsers.of(BEN)
    assert strip(happens(student, "hand_in"))["said"] == rooms.Words.too_late


def test_questions_of_every_page_say_what_the_network_computed(browsers, opened, monkeypatch):
    live = server.live_rooms()
    browsers.of(ANNA)
    at = open_page("layers/network")
    assert set(at.session_state[RoomKeys.offered.name]) == {"What is this sum of products?"}
    at = open_page("break_it/digit")
    assert set(at.session_state[RoomKeys.offered.name]) == {
        "Which digit will the network say once it is changed like this?"
    }
    at.session_state[RoomKeys.subject.name] = subjects.Words.which_filter
    at = happens(at, "ask")
    (field,) = (each for each in at.text_input if each.label == asking.Words.text)
    at.session_state[field.key] = "Which one sees the bar?"
    at.session_state[RoomKeys.wants_to_ask.name] = True  # AppTest runs the page, and with it the dialog
    at.button(RoomKeys.ask.name).click().run()
    asked = live.questions.last(opened)
    assert (asked.status, asked.content["kind"], asked.content["n_cells"]) == ("open", "cell", 16)
    assert asked.content["text"] == "Which one sees the bar?"
    browsers.of(BEN)
    at = open_page("break_it/digit")
    assert not at.session_state[RoomKeys.offered.name] if RoomKeys.offered.name in at.session_state else True
    at = happens(at, "ask")
    assert asking.Words.ask not in [each.label for each in at.button], "a student asks nobody"


def test_the_room_is_deleted_with_everything_in_it(browsers, opened):
    browsers.of(ANNA)
    at = open_page("classroom")
    words = page.Words.close_sure.format(code=opened)
    next(button for button in at.button if button.label == words).click().run()
    assert strip(at) is None
    assert server.live_rooms().rooms.find(opened) is None
    browsers.of(BEN)
    assert strip(open_page()) is None


def test_the_wall_is_kept_as_digits_of_every_page_once_the_class_agrees(browsers, opened, monkeypatch):
    monkeypatch.setattr(access, "is_teacher", lambda: True)
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("drawing", "Draw a seven.", label=7))
    live.hand_in(opened, STUDENT, 1, drawn(np.s_[4:24, 13:15]), {})
    browsers.of(ANNA)
    at = open_page("classroom")
    words = wall.Words.keep_now.format(n=1)
    button = next(each for each in at.button if each.label == words)
    assert button.disabled
    at.checkbox(RoomKeys.consent.name).check().run()
    next(each for each in at.button if each.label == words).click().run()
    source = at.session_state[Session.digits.name]
    kept = dataset.load(source, "test")
    assert (len(kept), kept.labels.tolist()) == (1, [7])
    assert kept.images[0, 4:24, 13:15].all()
    assert not at.exception
    at = open_page("mistakes", {Session.digits: source})
    assert not at.exception


def test_what_was_guessed_goes_into_the_student_s_report_and_all_of_it_into_the_teacher_s(browsers, opened):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("digit", "Which digit?", right=2, explanation="It says 2."))
    live.answer(opened, STUDENT, 1, 7)
    browsers.of(BEN)
    student = happens(open_page(), "report")
    assert strip(student)["said"] == "", "nothing is revealed"
    live.do(opened, TEACHER, "reveal", None)
    student = happens(student, "report")
    assert strip(student)["said"] == rooms.Words.in_report
    (stored,) = Reports(server.database()).entries(BEN)
    content = stored.content
    assert (content["title"], content["facts"]) == (
        "What I guessed: Which digit?",
        [["My answer", "7"], ["Right", "2"]],
    )
    live.ask(opened, TEACHER, Prompt("drawing", "Draw a seven.", label=7))
    live.hand_in(opened, STUDENT, 2, drawn(np.s_[4:24, 13:15]), {})
    html = overview._html(opened, [], "2026-11-26")
    assert "Which digit?" in html
    assert html.count("1 answer.") == 2, "the drawing is one too"
    assert live.rooms.members(opened)[0].name in html


def test_the_teacher_sees_how_far_everybody_is_in_a_lesson(browsers, opened):
    browsers.of(BEN)
    open_page("", {Session.lesson: "how-it-reads", Session.lesson_step: 2})
    browsers.of(ANNA)
    at = open_page("classroom")
    (member,) = server.live_rooms().rooms.members(opened)
    assert "step 2 of" in member.progress
    assert member.progress in texts(at)
