"""A room from its opening to its end, without a browser: what each hears, and when."""

import json

import pytest

from cnnviz.classroom.breaking import Attempt
from cnnviz.classroom.live import LiveRooms, group_of
from cnnviz.classroom.prompts import Prompt
from cnnviz.state import database
from cnnviz.state.rooms import RoomError

TEACHER, ADA, BOB = "t" * 64, "a" * 64, "b" * 64
SEVEN = Prompt(
    "digit", "Which digit will it say?", right=2, shares=(0.0, 0.0, 0.9, 0, 0, 0, 0, 0.1, 0, 0), explanation="A 2."
)


@pytest.fixture
def live(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'cnnviz.db'}")
    yield LiveRooms(lambda: engine)
    engine.dispose()


@pytest.fixture
def code(live):
    code = live.rooms.open(TEACHER).code
    for who in (ADA, BOB):
        live.join(code.lower(), who)
    return code


def heard(live, code, who=""):
    told = live.told(code)
    return json.loads(told.get(who, told[""]))


def test_answers_are_counted_and_what_the_network_says_is_seen_by_nobody_before_it_is_revealed(live, code):
    live.ask(code, TEACHER, SEVEN)
    assert live.answer(code, ADA, 1, 7)
    for who in ("", TEACHER):
        told = heard(live, code, who)
        assert told["n_answers"] == 1
        assert told["question"] == {"number": 1, "status": "open", "prompt": {"kind": "digit", "text": SEVEN.text}}
        assert "counts" not in told
    assert [member["answered"] for member in heard(live, code, TEACHER)["members"]] == [True, False]
    live.answer(code, BOB, 1, 2)
    live.do(code, TEACHER, "reveal", None)
    told = heard(live, code)
    assert told["counts"] == [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert told["question"]["prompt"]["right"] == 2
    assert not live.answer(code, ADA, 1, 2), "too late"


def test_once_more_shows_both(live, code):
    live.ask(code, TEACHER, SEVEN)
    live.answer(code, ADA, 1, 7)
    live.do(code, TEACHER, "reveal", None)
    live.do(code, TEACHER, "why", None)
    live.answer(code, ADA, 2, "It has a bar.")
    assert heard(live, code, TEACHER)["sentences"] == [], "not before it is revealed"
    live.do(code, TEACHER, "reveal", None)
    assert heard(live, code, TEACHER)["sentences"] == [{"number": 1, "text": "It has a bar."}]
    assert "sentences" not in heard(live, code)
    live.do(code, TEACHER, "again", None)
    live.answer(code, ADA, 3, 2)
    assert "before" not in heard(live, code)
    live.do(code, TEACHER, "reveal", None)
    told = heard(live, code)
    assert (told["before"].index(1), told["counts"].index(1)) == (7, 2)


def test_numbers_have_a_median(live, code):
    live.ask(code, TEACHER, Prompt("number", "How many of 100?", value=98.8))
    live.answer(code, ADA, 1, 90)
    live.answer(code, BOB, 1, 50)
    live.do(code, TEACHER, "reveal", None)
    told = heard(live, code)
    assert (told["median"], told["counts"][10], told["counts"][18]) == (70, 1, 1)


def test_a_drawing_is_handed_in_where_one_is_asked_for(live, code):
    live.ask(code, TEACHER, SEVEN)
    assert not live.hand_in(code, ADA, 1, "AAAA", {})
    live.ask(code, TEACHER, Prompt("drawing", "Draw a seven.", label=7))
    with pytest.raises(ValueError, match="drawing"):
        live.answer(code, ADA, 2, 7)
    assert live.hand_in(code, ADA, 2, "AAAA", {"digit": "own", "ink": "x"})
    assert live.questions.answers(code, 2, also_open=True) == {
        ADA: {"image": "AAAA", "address": {"digit": "own", "ink": "x"}}
    }
    assert "AAAA" not in json.dumps(live.told(code))


def test_those_who_follow_see_what_the_teacher_sees(live, code):
    live.show(code, TEACHER, "draw", {"net": "hvass"})
    assert heard(live, code)["scene"] == 0, "nobody follows"
    live.do(code, TEACHER, "follow", True)
    live.show(code, TEACHER, "draw", {"net": "hvass"})
    live.show(code, TEACHER, "draw", {"net": "hvass"})
    assert (heard(live, code)["scene"], heard(live, code)["follow"]) == (1, True)
    live.show(code, BOB, "why", {})
    assert live.rooms.find(code).scene["place"] == "draw"


def test_only_the_teacher_does_what_concerns_all(live, code):
    live.ask(code, TEACHER, SEVEN)
    for wish, value in [
        ("follow", True),
        ("paused", True),
        ("reveal", None),
        ("again", None),
        ("why", None),
        ("close", 0),
    ]:
        with pytest.raises(RoomError, match="Only the teacher"):
            live.do(code, ADA, wish, value)
    live.do(code, ADA, "remove", 2)
    assert len(live.rooms.members(code)) == 2
    with pytest.raises(RoomError):
        live.do(code, TEACHER, "fly", None)
    with pytest.raises(RoomError):
        live.do(code, TEACHER, "remove", "all")


def test_who_is_removed_is_told_and_hears_no_more(live, code):
    live.do(code, TEACHER, "remove", 1)
    assert heard(live, code, ADA) == {"room": code, "removed": True}
    assert not live.may_hear(code, ADA)
    assert live.may_hear(code, BOB)
    assert live.may_hear(code, TEACHER)
    assert not live.may_hear(code, "z" * 64)


def test_no_fingerprint_is_told_to_anybody(live, code):
    live.ask(code, TEACHER, SEVEN)
    live.answer(code, ADA, 1, 7)
    for who in ("", TEACHER):
        text = json.dumps(heard(live, code, who))
        assert not any(each in text for each in (TEACHER, ADA, BOB))


def test_the_best_of_what_one_has_broken_counts_and_is_seen_when_it_is_revealed(live, code):
    live.ask(code, TEACHER, SEVEN)
    assert not live.hand_in_broken(code, ADA, 1, Attempt(3, 40, 100))
    live.ask(code, TEACHER, Prompt("breaking", "Break it.", network="hvass", steps=700, source="mnist"))
    for attempt in (Attempt(3, 40, 100), Attempt(9, 20, 100), Attempt(2, 80, 100)):
        assert live.hand_in_broken(code, ADA, 2, attempt)
    live.hand_in_broken(code, BOB, 2, Attempt(5, 49, 100))
    told = heard(live, code)
    assert (told["n_answers"], "broken" in told) == (2, False)
    assert told["question"]["prompt"]["network"] == "hvass"
    live.do(code, TEACHER, "reveal", None)
    ada, bob = (member.name for member in live.rooms.members(code))
    assert heard(live, code)["broken"] == [
        {"off": 3, "broken": True, "accuracies": [0.4], "names": [ada]},
        {"off": 5, "broken": True, "accuracies": [0.49], "names": [bob]},
    ]
    live.do(code, TEACHER, "names", False)
    assert [row["names"] for row in heard(live, code)["broken"]] == [[], []]
    assert not live.hand_in_broken(code, BOB, 2, Attempt(1, 0, 100)), "too late"


def test_a_race_is_told_to_all_and_its_prediction_is_settled_when_it_is_over(live, code):
    asked = live.ask(code, TEACHER, Prompt("choice", "Who wins?", options=("Group 1: 8", "Group 2: 16")))
    race = {"groups": ["Group 1: 8", "Group 2: 16"], "question": asked.number}
    with pytest.raises(RoomError, match="Only the teacher"):
        live.change_race(code, ADA, race)
    live.change_race(code, TEACHER, race)
    assert heard(live, code)["race"] == {"groups": race["groups"], "begun": False}
    live.answer(code, ADA, 1, 1)
    live.change_race(code, TEACHER, race | {"experiment": "race (1)"})
    assert heard(live, code)["race"]["begun"]
    assert not live.answer(code, BOB, 1, 0), "nobody predicts what can be seen"
    assert "question" not in heard(live, code)
    live.settle(code, TEACHER, asked, 1, "Group 2 read most.")
    told = heard(live, code)
    assert (told["counts"], told["question"]["prompt"]["right"]) == ([0, 1], 1)
    assert told["question"]["prompt"]["explanation"] == "Group 2 read most."
    live.change_race(code, TEACHER, {})
    assert "race" not in heard(live, code)


def test_members_are_dealt_into_groups_as_they_come():
    assert [group_of(number, 3) for number in (1, 2, 3, 4, 5)] == [0, 1, 2, 0, 1]
