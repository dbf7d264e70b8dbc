"""Whose runs one may change: one's own, the teacher all of them, and nobody else, whatever their browser sends."""

import dataclasses
import time

import pytest
from browsers import ANNA, BEN, EVE, OWNER
from streamlit.testing.v1 import AppTest

from apptest import go, open_page, texts
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import presets
from cnnviz.network.presets import Plan, Preset, Recipe
from cnnviz.training.limits import Limits
from cnnviz.training.scheduler import Scheduler
from cnnviz.ui import access, server
from cnnviz.ui.state import ExperimentsPart, Session, TrainPage

LONG = Recipe(learning_rate=1e-3, batch_size=16, iterations=1_000_000)
PHRASE = "correct horse battery staple"
CONTROLS = {"Pause", "Resume", "Stop", "Delete"}


@pytest.fixture(autouse=True)
def _small(browsers, bundled_digits, monkeypatch, tiny):
    """One quick preset; each test ends its runs."""
    monkeypatch.setitem(presets.PRESETS, "tiny", Preset(dataclasses.replace(tiny, dropout=0.0), LONG))
    yield
    server.scheduler().stop_all([run.name for run in server.scheduler().runs()])


@pytest.fixture
def begin(tiny):
    """Begin a run for somebody."""

    def begin_for(owner, experiment=""):
        plan = Plan(dataclasses.replace(tiny, dropout=0.0), LONG, 0)
        named = {"owner": OWNER.get(owner, ""), "experiment": experiment}
        return server.scheduler().begin(plan, BUNDLED, "tiny", **named).name

    return begin_for


@pytest.fixture
def done(monkeypatch):
    """What was done to runs: name and event."""
    events, wish = [], Scheduler._wish
    monkeypatch.setattr(
        Scheduler,
        "_wish",
        lambda self, name, event: (events.append((name, type(event).__name__)), wish(self, name, event)),
    )
    return events


def wait_for_pause(name):
    deadline = time.monotonic() + 60
    while server.scheduler().find(name).active:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def labels(at):
    return {button.label for button in at.button}


def button(at, label):
    return next(each for each in at.button if each.label == label)


def test_who_began_a_run_may_change_it_and_others_may_look(browsers, begin, done):
    name = begin(ANNA)
    browsers.of(ANNA)
    assert {"Pause", "Stop"} <= labels(open_page("train"))
    browsers.of(BEN)
    at = open_page("train")
    assert not at.exception
    assert not labels(at) & CONTROLS
    assert "Begun by somebody else; you can look." in texts(at)
    assert name in at.selectbox(key="train run").options
    browsers.of(ANNA)
    button(open_page("train"), "Pause").click().run()
    assert done == [(name, "Pause")]


def test_a_run_of_nobody_may_be_changed_by_everybody(browsers, begin):
    begin("")
    for token in (ANNA, ""):
        browsers.of(token)
        assert {"Pause", "Stop"} <= labels(open_page("train"))


def test_who_has_no_cookie_does_not_own_what_others_began(browsers, begin):
    begin(ANNA)
    browsers.of("")
    assert not labels(open_page("train")) & CONTROLS


@pytest.mark.parametrize("label", ["Pause", "Stop"])
def test_a_message_for_a_button_that_this_browser_does_not_have_does_nothing(browsers, begin, done, label):
    name = begin(ANNA)
    browsers.of(ANNA)
    click = button(open_page("train"), label).click()
    browsers.of(BEN)  # the same message, by another browser
    at = click.run()
    assert not at.exception
    assert done == []
    assert f"not yours: {name}." in texts(at)


def test_what_one_may_not_do_is_refused_where_it_is_done(browsers, begin):
    mine, theirs = begin(ANNA), begin(BEN)
    browsers.of(ANNA)
    done = []

    def script():
        import streamlit as st

        from cnnviz.ui import access

        st.session_state["what"]()
        access.show_refusal(st.session_state["names"])

    for names, refused in (([mine], ""), ([theirs], theirs), ([mine, theirs], theirs), (["gone"], "")):
        at = AppTest.from_function(script)
        at.session_state["names"] = names
        at.session_state["what"] = lambda names=names: access.change(names, done.append)
        at.run()
        assert [error.value.rpartition("not yours: ")[2] for error in at.error] == [f"{refused}."] * bool(refused)
    assert done == [mine]


def test_an_experiment_belongs_to_who_began_it(browsers, begin, done):
    names = [begin(ANNA, "seeds-1"), begin(ANNA, "seeds-1")]
    browsers.of(BEN)
    at = open_page("train/experiments", experiment__kind="Sweep")
    assert "Begun by somebody else" in texts(at)
    assert not labels(at) & {"Stop the experiment", "Resume the experiment", "Delete them for good"}
    browsers.of(ANNA)
    click = button(open_page("train/experiments", experiment__kind="Sweep"), "Stop the experiment").click()
    browsers.of(BEN)
    assert f"not yours: {names[0]}, {names[1]}." in texts(click.run())
    assert done == []
    browsers.of(ANNA)
    button(open_page("train/experiments", experiment__kind="Sweep"), "Stop the experiment").click().run()
    assert done == [(name, "Stop") for name in names]


def enter(at, typed):
    at.text_input(key=Session.passphrase.name).set_value(typed)
    return button(at, "Enter").click().run()


def test_the_passphrase_makes_a_browser_the_teacher_s_also_after_a_restart(browsers, begin, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    begin(ANNA)
    browsers.of(BEN)
    at = enter(open_page("train"), "correct horse")
    assert "That is not the passphrase." in texts(at)
    assert not labels(at) & CONTROLS
    at = enter(at, PHRASE)
    assert "You are the teacher here" in texts(at)
    assert {"Pause", "Stop"} <= labels(at)
    assert PHRASE not in repr(at.session_state._state.filtered_state)
    server.keeper.reset()
    assert {"Pause", "Stop"} <= labels(open_page("train"))
    monkeypatch.setenv("CNNVIZ_TEACHER", "another one")
    assert not labels(open_page("train")) & CONTROLS
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    browsers.of(EVE)
    assert not labels(open_page("train")) & CONTROLS


def test_the_machine_s_own_browser_is_the_teacher_s_only_where_there_is_no_passphrase(browsers, begin, monkeypatch):
    begin(ANNA)
    browsers.of(BEN, here=True)
    at = open_page("train")
    assert "You are the teacher here" in texts(at)
    assert {"Pause", "Stop"} <= labels(at)
    browsers.of(BEN)
    at = open_page("train")
    assert "teacher" not in texts(at)
    assert not labels(at) & CONTROLS
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    browsers.of(BEN, here=True)
    assert not labels(open_page("train")) & CONTROLS


def test_the_teacher_stops_every_run_and_nobody_else_can(browsers, begin, done):
    names = [begin(ANNA), begin(BEN)]
    browsers.of(EVE, here=True)
    at = open_page("train")
    click = button(at, "Stop all 2 runs of this server").click()
    browsers.of(EVE)
    assert "Only the teacher may stop all runs." in click.run().toast[0].value
    assert done == []
    browsers.of(EVE, here=True)
    button(open_page("train"), "Stop all 2 runs of this server").click().run()
    assert done == [(name, "Stop") for name in names]


def guess():
    """A thousand wrong passphrases and then the right one, by one browser; a script for AppTest."""
    import time

    import streamlit as st

    from cnnviz.ui import access
    from cnnviz.ui.state import Session

    began, said = time.perf_counter(), []
    for typed in [*(f"guess {i}" for i in range(1000)), "correct horse battery staple"]:
        Session.passphrase.set(typed)
        access.enter()
        said.append(Session.refused_passphrase.get())
    st.session_state["seconds"], st.session_state["said"] = time.perf_counter() - began, said
    st.session_state["teacher"] = access.is_teacher()


def test_a_thousand_guesses_do_not_get_through_and_take_no_time(browsers, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    browsers.of(EVE)
    at = AppTest.from_function(guess, default_timeout=60).run()
    assert not at.exception
    said = at.session_state["said"]
    assert said[:5] == ["That is not the passphrase."] * 5
    assert all(sentence.startswith("Too many attempts. Wait ") for sentence in said[5:])
    assert not at.session_state["teacher"]
    assert at.session_state["seconds"] < 2.0


def test_after_a_minute_it_may_be_tried_again(browsers, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    browsers.of(EVE)
    AppTest.from_function(guess, default_timeout=60).run()
    now = time.monotonic()
    monkeypatch.setattr(server.attempts(), "_clock", lambda: now + 61)
    at = enter(open_page("train"), PHRASE)
    assert "You are the teacher here" in texts(at)


@pytest.mark.parametrize("typed", ["", "ä" * 200, "\x00"])
def test_whatever_is_typed_is_no_exception(browsers, monkeypatch, typed):
    monkeypatch.setenv("CNNVIZ_TEACHER", "wörter")
    browsers.of(EVE)
    at = open_page("train")
    at.session_state[Session.passphrase.name] = typed
    button(at, "Enter").click().run()
    assert not at.exception
    assert "You are the teacher" not in texts(at)


def test_what_one_starts_is_one_s_own(browsers, tiny):
    browsers.of(ANNA)
    at = open_page("train", train__preset="tiny")
    button(at, "Start").click().run()
    assert not at.exception
    assert [run.owner for run in server.scheduler().runs()] == [OWNER[ANNA]]
    assert {"Pause", "Stop"} <= labels(at)


def test_a_paused_experiment_of_somebody_else_can_be_looked_at_alone(browsers, begin):
    name = begin(ANNA, "seeds-1")
    server.scheduler().pause(name)
    wait_for_pause(name)
    browsers.of(BEN)
    at = open_page("train/experiments", experiment__kind="Sweep")
    assert not at.exception
    assert not labels(at) & {"Resume the experiment", "Delete them for good"}
    for label in ("Delete them for good", "Resume the experiment"):
        browsers.of(ANNA)
        click = button(open_page("train/experiments", experiment__kind="Sweep"), label).click()
        browsers.of(BEN)
        assert f"not yours: {name}." in texts(click.run())
        run = server.scheduler().find(name)
        assert run is not None
        assert not run.active


def test_who_is_the_teacher_no_more_changes_nothing_with_a_page_that_was_open(browsers, begin, done, monkeypatch):
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    names = [begin(ANNA, "seeds-1"), begin(ANNA, "seeds-1")]
    browsers.of(BEN)
    at = enter(open_page("train"), PHRASE)
    at.session_state[ExperimentsPart.kind.name] = "Sweep"
    go(at, "train/experiments")
    click = button(at, "Stop the experiment").click()
    monkeypatch.setenv("CNNVIZ_TEACHER", "another one")
    at = click.run()
    assert "Nothing was changed." in texts(at)
    assert done == []
    assert all(server.scheduler().find(name).active for name in names)


def test_the_owner_is_looked_up_when_the_change_is_made_not_when_the_button_is_drawn(
    browsers, begin, done, monkeypatch
):
    """With every button on the page, as for a browser that draws its own."""
    name = begin(ANNA, "seeds-1")
    may_change, asked_for_change = access.may_change, []

    def drawn_for_all(run):
        return may_change(run) if asked_for_change else True

    def change(names, what):
        asked_for_change.append(names)
        try:
            return real_change(names, what)
        finally:
            asked_for_change.clear()

    real_change = access.change
    monkeypatch.setattr(access, "may_change", drawn_for_all)
    monkeypatch.setattr(access, "change", change)
    browsers.of(BEN)
    for page, label in (("train", "Pause"), ("train", "Stop"), ("train/experiments", "Stop the experiment")):
        at = button(open_page(page, experiment__kind="Sweep"), label).click().run()
        assert not at.exception
        assert f"not yours: {name}." in texts(at), label
        assert done == []


def test_a_limit_refuses_in_a_sentence_that_stays_until_the_next_change(browsers, begin, done, monkeypatch):
    name = begin(ANNA)
    server.scheduler().pause(name)
    wait_for_pause(name)
    monkeypatch.setattr(server.scheduler(), "limits", Limits(max_active_per_person=0))
    browsers.of(ANNA)
    at = button(open_page("train"), "Resume").click().run()
    assert "one person may have 0 at once" in texts(at)
    assert "one person may have 0 at once" in texts(at.run())
    monkeypatch.setattr(server.scheduler(), "limits", Limits())
    at = button(at, "Resume").click().run()
    assert "one person may have" not in texts(at)
    assert server.scheduler().find(name).active


def test_where_none_is_chosen_one_s_own_run_is_shown_not_another_s_later_one(browsers, begin):
    own, later = begin(ANNA), begin(BEN)
    for person, shown in ((ANNA, own), (BEN, later), (EVE, later)):
        browsers.of(person)
        assert open_page("train").session_state[TrainPage.run.name] == shown
