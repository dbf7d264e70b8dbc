"""A question is answered once by each member, counted without being seen, and revealed by the teacher alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnviz.state import questions
from cnnviz.state.questions import Question, Questions
from cnnviz.state.rooms import RoomError, Rooms

TEACHER, STRANGER = "t" * 64, "s" * 64
MEMBERS = [f"{i:064}" for i in range(20)]
WHICH = {"kind": "digit", "picture": "AAAA"}


@pytest.fixture
def room(engine):
    """A room with twenty members: its questions, its code."""
    rooms = Rooms(engine)
    code = rooms.open(TEACHER).code
    for each in MEMBERS:
        rooms.join(code, each, [f"name {i}" for i in range(20)])
    return Questions(engine), code


def test_answers_are_counted_at_once_and_seen_when_they_are_revealed(room):
    asked, code = room
    question = asked.ask(code, TEACHER, WHICH)
    assert question == asked.last(code) == Question(1, WHICH, "open")
    assert asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    assert asked.answer(code, 1, MEMBERS[1], {"digit": 2})
    assert len(asked.who_answered(code, 1)) == 2
    assert asked.who_answered(code, 1) == MEMBERS[:2]
    assert asked.answers(code, 1) == {}
    assert asked.answers(code, 1, also_open=True) == {MEMBERS[0]: {"digit": 7}, MEMBERS[1]: {"digit": 2}}
    assert asked.of_member(code, 1, MEMBERS[0]) == {"digit": 7}
    asked.set_status(code, TEACHER, 1, "revealed")
    assert asked.answers(code, 1) == {MEMBERS[0]: {"digit": 7}, MEMBERS[1]: {"digit": 2}}


def test_an_answer_can_be_changed_until_it_is_revealed_and_late_ones_do_not_count(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    assert asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    assert asked.answer(code, 1, MEMBERS[0], {"digit": 1})
    asked.set_status(code, TEACHER, 1, "revealed")
    assert not asked.answer(code, 1, MEMBERS[0], {"digit": 9})
    assert not asked.answer(code, 1, MEMBERS[1], {"digit": 9})
    assert asked.answers(code, 1) == {MEMBERS[0]: {"digit": 1}}


def test_what_is_right_can_be_said_when_it_is_known(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    asked.set_status(code, TEACHER, 1, "closed")
    asked.ask(code, TEACHER, {"kind": "text"})
    asked.settle(code, TEACHER, 1, WHICH | {"right": 7})
    assert [(each.content.get("right"), each.status) for each in asked.all(code)] == [(7, "revealed"), (None, "open")]
    assert asked.answers(code, 1) == {MEMBERS[0]: {"digit": 7}}
    with pytest.raises(RoomError, match="has not been asked"):
        asked.settle(code, TEACHER, 3, WHICH)
    with pytest.raises(RoomError, match="too large"):
        asked.settle(code, TEACHER, 1, {"picture": "x" * questions.MAX_QUESTION})


def test_twenty_that_answer_at_once_are_all_counted(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(lambda each: asked.answer(code, 1, each, {"digit": 3}), MEMBERS))
    assert len(asked.who_answered(code, 1)) == 20


def test_only_the_teacher_asks_reveals_and_closes_and_only_members_answer(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    for forbidden in (
        lambda: asked.ask(code, STRANGER, WHICH),
        lambda: asked.set_status(code, MEMBERS[0], 1, "revealed"),
        lambda: asked.settle(code, MEMBERS[0], 1, WHICH),
    ):
        with pytest.raises(RoomError, match="Only the teacher"):
            forbidden()
    assert asked.last(code).status == "open"
    assert not asked.answer(code, 1, STRANGER, {"digit": 7})
    assert len(asked.who_answered(code, 1)) == 0


def test_the_next_question_closes_the_one_before(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    assert asked.ask(code, TEACHER, {"kind": "number"}).number == 2
    assert not asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    assert asked.answer(code, 2, MEMBERS[0], {"number": 91.5})
    assert [each.status for each in asked.all(code)] == ["closed", "open"]


def test_answers_of_who_was_removed_count_no_more(room, engine):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    Rooms(engine).remove(code, TEACHER, 1)
    assert len(asked.who_answered(code, 1)) == 0
    assert not asked.answer(code, 1, MEMBERS[0], {"digit": 7})


def test_each_answer_makes_the_version_grow(room, engine):
    asked, code = room
    rooms = Rooms(engine)
    asked.ask(code, TEACHER, WHICH)
    before = rooms.find(code).version
    asked.answer(code, 1, MEMBERS[0], {"digit": 7})
    assert rooms.find(code).version == before + 1


def test_too_much_is_a_sentence(room):
    asked, code = room
    asked.ask(code, TEACHER, WHICH)
    with pytest.raises(RoomError, match="at most 16,000 characters"):
        asked.answer(code, 1, MEMBERS[0], {"why": "x" * questions.MAX_ANSWER})
    with pytest.raises(RoomError, match="too large"):
        asked.ask(code, TEACHER, {"picture": "x" * questions.MAX_QUESTION})
