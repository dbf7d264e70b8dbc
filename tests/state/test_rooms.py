"""Rooms: one code each, a pseudonym for everybody, and nobody but the teacher changes what all see."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnviz.state import rooms
from cnnviz.state.questions import Questions
from cnnviz.state.rooms import LETTERS, RoomError, Rooms, Standing

TEACHER, OTHER = "t" * 64, "o" * 64
NAMES = [f"quick {n}" for n in range(300)]


@pytest.fixture
def opened(engine):
    here = Rooms(engine)
    return here, here.open(TEACHER).code


def test_a_room_is_found_by_its_code_in_large_and_small_letters(opened):
    here, code = opened
    assert len(code) == 4
    assert set(code) <= set(LETTERS)
    assert here.find(f" {code.lower()} ").code == code
    assert here.standing(TEACHER) == Standing(code)
    assert here.standing(TEACHER).is_teacher
    assert here.standing(OTHER) is None
    assert here.find("AAAA") is None


def test_sixty_that_come_at_once_have_names_and_numbers_of_their_own(opened):
    here, code = opened
    with ThreadPoolExecutor(12) as pool:
        members = list(pool.map(lambda i: here.join(code, f"{i:064}", NAMES), range(60)))
    assert len({member.name for member in members}) == 60
    assert sorted(member.number for member in members) == list(range(1, 61))
    assert here.members(code) == sorted(members, key=lambda member: member.number)


def test_who_comes_back_is_the_same(opened):
    here, code = opened
    first = here.join(code, OTHER, NAMES)
    version = here.find(code).version
    assert here.join(code, OTHER, ["another"]) == first
    assert here.find(code).version == version


def test_only_the_teacher_changes_the_scene_and_each_change_makes_the_version_grow(opened):
    here, code = opened
    assert not here.change_scene(code, OTHER, {"place": "draw"})
    assert here.find(code).scene == {}
    assert here.change_scene(code, TEACHER, {"place": "draw"})
    assert here.change_scene(code, TEACHER, {"place": "draw"}), "nothing changes"
    assert here.versions([code, "AAAA"]) == {code: 2}
    here.change_scene(code, TEACHER, {"paused": True})
    assert here.find(code).scene == {"place": "draw", "paused": True}
    with pytest.raises(RoomError, match="too large"):
        here.change_scene(code, TEACHER, {"ink": "x" * rooms.MAX_SCENE})


def test_changes_at_once_are_all_kept(opened):
    here, code = opened
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda i: here.change_scene(code, TEACHER, {f"n{i}": i}), range(30)))
    assert here.find(code).scene == {f"n{i}": i for i in range(30)}


def test_a_teacher_has_one_room(opened):
    here, code = opened
    here.join(code, OTHER, NAMES)
    other = here.open(TEACHER).code
    assert here.find(code) is None
    assert here.standing(TEACHER) == Standing(other)
    assert here.standing(OTHER) is None


def test_who_leaves_leaves_nothing_and_may_come_back(opened, engine):
    here, code = opened
    here.join(code, "a" * 64, NAMES)
    member = here.join(code, OTHER, NAMES)
    assert here.standing(OTHER) == Standing(code, member.name, 2)
    questions = Questions(engine)
    questions.ask(code, TEACHER, {"kind": "digit"})
    questions.answer(code, 1, OTHER, {"value": 7})
    here.leave(code, OTHER)
    assert here.standing(OTHER) is None
    assert questions.who_answered(code, 1) == []
    assert here.join(code, OTHER, NAMES).number == 2
    here.remove(code, TEACHER, 2)
    here.leave(code, OTHER)
    with pytest.raises(RoomError, match="has removed you"):
        here.join(code, OTHER, NAMES)


def test_who_is_removed_is_gone_and_cannot_come_back(opened):
    here, code = opened
    member = here.join(code, OTHER, NAMES)
    assert not here.remove(code, OTHER, member.number)
    assert here.remove(code, TEACHER, member.number)
    assert here.members(code) == []
    with pytest.raises(RoomError, match="has removed you"):
        here.join(code, OTHER, NAMES)


def test_a_room_that_is_closed_leaves_nothing(opened, engine):
    here, code = opened
    here.join(code, OTHER, NAMES)
    assert not here.close(code, OTHER)
    assert here.close(code, TEACHER)
    assert here.find(code) is None
    assert here.members(code) == []
    with pytest.raises(RoomError, match=f"There is no room {code} now"):
        here.join(code, OTHER, NAMES)


def test_a_room_ends_after_a_day(engine, monkeypatch):
    here = Rooms(engine)
    monkeypatch.setattr(rooms, "KEEP_S", -1)
    code = here.open(TEACHER).code
    assert here.find(code) is None
    assert here.versions([code]) == {}
    with pytest.raises(RoomError):
        here.join(code, OTHER, NAMES)
    here.expire()
    monkeypatch.setattr(rooms, "KEEP_S", 60)
    assert Standing(here.open(OTHER).code) == here.standing(OTHER)


def test_a_full_room_says_so(opened, monkeypatch):
    here, code = opened
    monkeypatch.setattr(rooms, "MAX_MEMBERS", 2)
    for i in range(2):
        here.join(code, f"{i:064}", NAMES)
    with pytest.raises(RoomError, match="full: 2"):
        here.join(code, OTHER, NAMES)


def test_how_far_somebody_is_in_a_lesson_is_kept(opened):
    here, code = opened
    here.join(code, OTHER, NAMES)
    version = here.find(code).version
    here.note_progress(code, OTHER, "Why it is wrong: step 3 of 12")
    here.note_progress(code, "z" * 64, "of nobody")
    assert here.members(code)[0].progress == "Why it is wrong: step 3 of 12"
    assert here.find(code).version == version + 1
