"""A class in contests, page by page: a race of settings, and a network that is broken with as few filters as can be."""

import dataclasses

import pytest
from browsers import ANNA, BEN

from apptest import happens, open_page, strip, texts
from cnnviz.analysis import evaluation, weight_editing
from cnnviz.classroom import breaking as contest
from cnnviz.classroom.prompts import Prompt
from cnnviz.data import dataset
from cnnviz.network import presets, store
from cnnviz.network.presets import Plan, Preset, Recipe
from cnnviz.pages.classroom import overview
from cnnviz.pages.classroom import race as page
from cnnviz.pages.train import heats, progress
from cnnviz.state.sessions import fingerprint
from cnnviz.training.run import Check, Run
from cnnviz.ui import asking, breaking, server, state
from cnnviz.ui.state import ClassroomPage, ExperimentsPart, LayersPage, RoomKeys, Session
from common import until

pytestmark = [pytest.mark.usefixtures("bundled_digits")]
TEACHER, STUDENT = fingerprint(ANNA), fingerprint(BEN)
GROUPS = ["Group 1: learning rate 0.01", "Group 2: learning rate 0.00001"]


def button(at, label):
    return next(each for each in at.button if each.label == label)


@pytest.fixture
def planned(monkeypatch, tiny):
    """What the teacher has chosen: two groups of a preset that trains in a moment."""
    recipe = Recipe(learning_rate=1e-2, batch_size=16, iterations=2)
    monkeypatch.setitem(presets.PRESETS, "tiny", Preset(dataclasses.replace(tiny, dropout=0.0), recipe))
    values = state.sweep_values_of("learning rate")
    return {ExperimentsPart.preset: "tiny", ExperimentsPart.iterations: 2, values: "0.01, 0.00001"}


def test_a_race_is_predicted_run_in_turns_and_revealed_beside_its_result(browsers, opened, planned):
    live = server.live_rooms()
    browsers.of(ANNA)
    at = open_page("classroom/race", planned)
    assert button(at, page.Words.start).disabled
    assert f"**{GROUPS[0]}** · {live.rooms.members(opened)[0].name}" in texts(at)
    assert "10 runs, 20 training steps together" in at.expander[-1].label
    button(at, page.Words.predict).click().run()
    asked = live.questions.last(opened)
    assert (asked.content["options"], asked.content["text"]) == (GROUPS, page.Words.question.format(steps=2))
    assert live.rooms.find(opened).scene["race"] == {"groups": GROUPS, "question": 1}
    live.answer(opened, STUDENT, 1, 1)
    at.text_input(state.sweep_values_of("learning rate").name).set_value("0.01").run()
    assert "Expected 2 to 5 values, one for each group. Received 1." in texts(at)
    at.text_input(state.sweep_values_of("learning rate").name).set_value("0.01, 0.00001").run()
    button(at, page.Words.start).click().run()
    assert not at.exception
    begun = live.rooms.find(opened).scene["race"]["experiment"]
    runs = progress.runs_of(begun)
    assert all(run.in_turns and run.owner == TEACHER for run in runs)
    assert [run.label for run in runs] == [GROUPS[0]] * 5 + [GROUPS[1]] * 5
    assert live.questions.last(opened).status == "closed"
    until(lambda: not any(run.active for run in progress.runs_of(begun)), 200)
    at.run()
    assert progress.Words.conclusion in texts(at)
    assert "the mean of each group’s seeds" in texts(at)
    button(at, page.Words.reveal).click().run()
    settled = live.questions.last(opened)
    found = page.race.outcome(progress.outcomes_of(progress.runs_of(begun)))
    assert settled.status == "revealed"
    assert settled.content["explanation"] == page.race.summary(found)
    assert settled.content.get("right") == (GROUPS.index(found.winner) if found.winner else None)
    assert page.Words.reveal not in [each.label for each in at.button], "once"
    browsers.of(BEN)
    student = open_page("classroom/race")
    assert page.Words.group.format(group=GROUPS[0]) in texts(student)
    assert progress.Words.conclusion in texts(student)
    assert page.Words.start not in [each.label for each in student.button]


def test_another_race_begins_with_another_prediction(browsers, opened, planned):
    live = server.live_rooms()
    question = live.ask(opened, TEACHER, Prompt("choice", "Who?", options=tuple(GROUPS)))
    live.change_race(opened, TEACHER, {"groups": GROUPS, "question": question.number, "experiment": "race (9)"})
    browsers.of(ANNA)
    at = open_page("classroom/race", planned)
    assert page.Words.gone in texts(at)
    assert button(at, page.Words.start).disabled, "that prediction belongs to the race before"
    live.ask(opened, TEACHER, Prompt("choice", "Who now?", options=tuple(GROUPS)))
    at.run()
    assert not button(at, page.Words.start).disabled
    assert live.rooms.find(opened).scene["race"] == {"groups": GROUPS, "question": 2}


def test_outside_of_a_room_and_before_a_race_there_is_a_sentence(browsers, opened):
    browsers.of("c" * 43)
    assert page.Words.no_room in texts(open_page("classroom/race"))
    browsers.of(BEN)
    student = open_page("kernels")
    student = happens(student, "race")
    assert student.session_state[ClassroomPage.part.name] == "race"
    assert page.Words.none in texts(student)


def test_a_network_is_broken_on_layers_and_handed_in(browsers, opened):
    live = server.live_rooms()
    browsers.of(ANNA)
    at = open_page("kernels", {Session.model: "hvass", RoomKeys.subject: breaking.Words.subject})
    at = happens(at, "ask")
    at.session_state[RoomKeys.wants_to_ask.name] = True  # AppTest runs the page, and with it the dialog
    button(at, asking.Words.ask).click().run()
    asked = live.questions.last(opened)
    last = store.find("hvass").card.last.iteration
    assert asked.content == {
        "kind": "breaking",
        "text": breaking.Words.text.format(network="hvass", n=500),
        "network": "hvass",
        "steps": last,
        "source": "bundled",
    }
    browsers.of(BEN)
    student = open_page("kernels", {Session.model: "low-level"})
    assert strip(student)["layers"] == ""
    student = happens(student, "layers")
    assert student.session_state[Session.place.name] == "layers"
    assert student.session_state[LayersPage.part.name] == "network"
    assert strip(student)["layers"] == f"hvass {last}"
    student = happens(open_page("layers/network", {Session.model: "hvass"}), "breaks")
    assert strip(student)["said"] == breaking.Words.nothing_off
    off = [0, 2, 3, 5, 7, 8, 9, 11, 12, 13, 14]
    student.session_state[state.switched_off_of("hvass").name] = [f"conv1 {number}" for number in off]
    student = happens(student, "breaks")
    network = weight_editing.without_filters(store.load(store.find("hvass")), "conv1", off)
    test = dataset.load(dataset.BUNDLED, "test")
    correct = int((evaluation.probabilities(network, test.images).argmax(axis=1) == test.labels).sum())
    attempt = contest.Attempt(len(off), correct, 500)
    assert contest.of_content(live.questions.of_member(opened, 1, STUDENT)) == attempt
    assert strip(student)["said"].startswith(f"With 11 filters off {100 * correct / 500:.2f}")
    assert strip(student)["handedIn"] == 1
    assert "Filters off: 11" in overview._html(opened, [], "2026-11-26")
    live.do(opened, TEACHER, "close", None)
    assert strip(happens(student, "breaks"))["said"] == breaking.Words.too_late
    assert strip(happens(student, "breaks", "1"))["said"] == breaking.Words.too_late, "no number"


def test_a_network_without_filters_cannot_be_broken(browsers, opened, monkeypatch):
    monkeypatch.setattr(breaking, "layers", lambda config: [])
    browsers.of(ANNA)
    at = open_page("kernels", {RoomKeys.subject: breaking.Words.subject})
    at = happens(at, "ask")
    assert breaking.Words.no_filters in texts(at)
    assert asking.Words.ask not in [each.label for each in at.button]


def test_a_network_that_is_gone_is_told(browsers, opened):
    live = server.live_rooms()
    live.ask(opened, TEACHER, Prompt("breaking", "Break it.", network="nothing", steps=5, source="bundled"))
    browsers.of(BEN)
    student = happens(open_page("kernels"), "breaks")
    assert strip(student)["said"] == breaking.Words.gone
    assert live.questions.of_member(opened, 1, STUDENT) is None


def test_a_group_s_curve_is_the_mean_of_its_seeds_where_all_were_checked(tiny, quick):
    checks = [(Check(5, 40, 100, 1.0), Check(10, 60, 100, 1.0)), (Check(5, 20, 100, 1.0),), (Check(5, 90, 100, 1.0),)]
    runs = [
        Run(f"r-{i}", Plan(tiny, quick, i), dataset.BUNDLED, 20, label="b" if i == 2 else "a", checks=each)
        for i, each in enumerate(checks)
    ]
    steps, values = heats.mean(runs, "a")
    assert (steps.tolist(), values.tolist()) == ([5], [pytest.approx(0.3)])
    assert heats.mean(runs, "c")[0].tolist() == []
    assert [run.name for run in heats.of_seed(runs, 1)] == ["r-1"]
