"""Runs that belong to the server: pause, resume, turns, a server that ends, a worker that dies, a run that fails."""

import dataclasses
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints, run, scheduler
from cnnviz.training.scheduler import Trainer


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A trainer with a folder of its own and pieces short enough to be many."""
    monkeypatch.setattr(run, "PIECE_S", 0.02)
    made = Trainer(tmp_path)
    yield made
    for one in made.runs():
        made.pause(one)
    made.close()


@pytest.fixture
def plan(tiny, quick):
    return Plan(tiny, dataclasses.replace(quick, iterations=60))


def until(condition, timeout_s=120):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def ended(one):
    return lambda: not one.active


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def whole(tiny, quick):
    """The weights after 60 iterations in one piece, computed in this process."""
    digits = scheduler.load_digits(BUNDLED, keep_validation=True)
    recipe = dataclasses.replace(quick, iterations=60)
    return advance.advance(advance.start(tiny, recipe), digits.train, 60)


def test_a_run_ends_as_a_model_with_its_snapshots(room, plan, whole):
    one = room.begin(plan, BUNDLED, "tiny")
    assert one.name == "tiny-1"
    until(ended(one))
    assert (one.status, one.reason, one.iteration) == ("finished", "", 60)
    model = store.open_model(room.root / "tiny-1")
    assert [s.iteration for s in model.card.snapshots] == [0, 1, 2, 5, 10, 20, 50, 60]
    assert same(store.load(model).weights, whole.weights)
    assert np.array_equal(one.state.losses, whole.losses)
    assert one.test == (model.card.last.correct, 500)
    assert [check.n for check in one.checks] == [100] * len(one.checks)
    assert one.final.iteration == 60
    assert {0, 1, 2, 3, 6, 30, 60} <= {0, *(check.iteration for check in one.checks)}


def test_pause_keeps_a_snapshot_and_resume_goes_on_to_the_bit(room, plan, whole):
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 12)
    room.pause(one)
    until(lambda: one.status == "paused")
    at = one.iteration
    assert 12 <= at < 60
    assert at in one.moments
    time.sleep(0.2)
    assert one.iteration == at
    room.resume(one)
    until(ended(one))
    assert same(store.load(store.open_model(room.root / one.name)).weights, whole.weights)
    assert at in [s.iteration for s in store.open_model(room.root / one.name).card.snapshots]


def test_stop_ends_it_and_train_on_counts_on(room, plan, whole):
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 10)
    room.stop(one)
    until(ended(one))
    at = one.iteration
    assert one.status == "finished"
    assert store.open_model(room.root / one.name).card.last.iteration == at < 60
    room.extend(one, 60 - at)
    until(ended(one))
    assert (one.status, one.iteration) == ("finished", 60)
    model = store.open_model(room.root / one.name)
    assert same(store.load(model).weights, whole.weights)
    assert {0, 1, 10, at, 60} <= {s.iteration for s in model.card.snapshots}


def test_a_server_that_ends_finds_its_run_paused_and_ends_it_to_the_bit(room, plan, whole):
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 12)
    room.pause(one)
    until(lambda: one.status == "paused")
    room.close()
    later = Trainer(room.root)
    again = later.find("tiny-1")
    assert (again.status, again.iteration, again.target) == ("paused", one.iteration, 60)
    assert again.moments == one.moments
    assert again.checks == one.checks
    later.resume(again)
    until(ended(again))
    assert same(store.load(store.open_model(room.root / "tiny-1")).weights, whole.weights)
    later.close()
    assert Trainer(room.root).find("tiny-1").status == "finished"


def test_a_server_that_is_killed_leaves_what_was_saved_at_the_last_snapshot(room, tiny, quick, tmp_path):
    """Nothing is closed here: only what stood in the file at the time of the kill is read."""
    plan = Plan(tiny, dataclasses.replace(quick, iterations=5000))
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration > 220 and one.file(room.root).is_file())
    copied = tmp_path / "after"
    copied.mkdir()
    until(lambda: checkpoints.load_run(one.file(room.root))[0].iteration >= 200)
    one.file(copied).write_bytes(one.file(room.root).read_bytes())
    room.pause(one)
    again = Trainer(copied).find("tiny-1")
    assert again.status == "paused"
    assert again.iteration >= 200
    assert {0, 1, 2, 5, 10, 20, 50, 100, 200} <= set(again.moments)
    digits = scheduler.load_digits(BUNDLED, keep_validation=True)
    expected = advance.advance(advance.start(tiny, plan.recipe), digits.train, again.iteration)
    assert same(again.state.weights, expected.weights)


def test_a_killed_worker_is_replaced_and_the_run_goes_on(room, plan, whole):
    backend.submit(os.getpid).result(120)
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 5)
    os.kill(backend.submit(os.getpid).result(120), signal.SIGKILL)
    until(ended(one))
    assert (one.status, one.reason) == ("finished", "")
    assert same(store.load(store.open_model(room.root / one.name)).weights, whole.weights)


def test_a_run_that_diverges_says_why_and_keeps_its_last_good_state(room, tiny, quick):
    recipe = dataclasses.replace(quick, learning_rate=1e6, optimizer="sgd", iterations=300)
    one = room.begin(Plan(tiny, recipe), BUNDLED, "tiny")
    until(ended(one))
    assert one.status == "failed"
    assert "no longer a number at iteration" in one.reason
    assert "learning rate below 1e+06" in one.reason
    assert all(np.isfinite(array).all() for array in one.state.weights.values())


def test_two_runs_take_turns_and_neither_changes_the_other(room, plan, whole):
    first = room.begin(plan, BUNDLED, "a")
    second = room.begin(dataclasses.replace(plan, seed=1), BUNDLED, "b")
    seen = []
    while first.active or second.active:
        if not seen or seen[-1] != (first.iteration, second.iteration):
            seen.append((first.iteration, second.iteration))
        time.sleep(0.002)
    both = [pair for pair in seen if 5 <= pair[0] < 60 and 5 <= pair[1] < 60]
    assert both, seen
    assert same(store.load(store.open_model(room.root / "a-1")).weights, whole.weights)
    assert not same(store.load(store.open_model(room.root / "b-1")).weights, whole.weights)


def test_an_experiment_counts_as_one_when_turns_are_taken(room, plan, monkeypatch):
    """Four runs of an experiment and one run alone: the one alone is sent every second time."""
    sent = []

    def submit(function, *args, **_):
        future = scheduler.Future()
        sent.append(future)
        return future

    monkeypatch.setattr(scheduler.backend, "submit", submit)
    order = []
    send = Trainer._send
    monkeypatch.setattr(Trainer, "_send", lambda self, one: (order.append(one.name), send(self, one)))
    many = [room.begin(dataclasses.replace(plan, seed=i), BUNDLED, "many", experiment="e") for i in range(4)]
    alone = room.begin(plan, BUNDLED, "alone")
    until(lambda: len(room._ready) == 5)
    assert len(order) == 2
    state = advance.start(plan.network, plan.recipe)
    for i in range(10):
        sent[i].set_result(dataclasses.replace(state, iteration=i // 2))
    assert order.count(alone.name) == 6
    assert len(order) == 12
    for one in (*many, alone):
        one.wish = "pause"


def test_digits_that_are_gone_fail_the_run_in_a_sentence(room, plan, tmp_path):
    one = room.begin(plan, data_source(tmp_path / "nowhere"), "tiny")
    until(ended(one))
    assert one.status == "failed"
    assert str(tmp_path / "nowhere") in one.reason


def data_source(path):
    from cnnviz.data.dataset import Source

    return Source("idx", path)


def test_deleting_takes_file_and_model_away(room, plan):
    one = room.begin(dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=3)), BUNDLED, "tiny")
    until(ended(one))
    until(lambda: one.file(room.root).is_file())
    room.delete(one)
    assert room.runs() == []
    assert list(room.root.iterdir()) == []


def test_a_page_that_still_shows_a_deleted_run_cannot_touch_its_namesake(room, plan):
    gone = room.begin(plan, BUNDLED, "tiny")
    until(ended(gone))
    room.delete(gone)
    namesake = room.begin(plan, BUNDLED, "tiny")
    assert namesake.name == gone.name
    for act in (room.delete, room.stop, room.pause, room.resume, lambda one: room.extend(one, 60)):
        act(gone)
    until(ended(namesake))
    assert room.runs() == [namesake]
    assert (namesake.status, namesake.iteration) == ("finished", 60)
    assert gone.target == 60


def test_a_run_that_is_deleted_leaves_no_file_even_when_it_was_being_written(room, plan):
    one = room.begin(plan, BUNDLED, "tiny")
    until(ended(one))
    room.delete(one)
    one.save(room.root)
    assert not one.file(room.root).exists()


def test_an_active_run_is_not_deleted(room, plan):
    one = room.begin(plan, BUNDLED, "tiny")
    room.delete(one)
    assert room.runs() == [one]


def test_stopped_while_its_digits_are_read_it_ends_once(room, plan, monkeypatch):
    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 12)
    room.pause(one)
    until(lambda: one.status == "paused")
    may_read, load = threading.Event(), scheduler.load_digits
    monkeypatch.setattr(scheduler, "load_digits", lambda *asked: (may_read.wait(60), load(*asked))[1])
    room.resume(one)
    room.stop(one)
    may_read.set()
    until(ended(one))
    assert (one.status, one.reason) == ("finished", "")
    assert store.open_model(room.root / one.name).card.last.iteration == one.iteration


def test_experiments_begun_at_once_have_names_of_their_own(room, plan):
    with ThreadPoolExecutor(4) as sessions:
        begun = [sessions.submit(room.begin_experiment, [("a", plan)] * 2, BUNDLED, "exercise 3") for _ in range(4)]
    assert sorted(one.result() for one in begun) == [f"exercise 3 ({i})" for i in (1, 2, 3, 4)]
    members = {one.name: one.experiment for one in room.runs()}
    assert len(members) == 8
    assert all(name.startswith(f"exercise-3-{experiment[-2]}-") for name, experiment in members.items())


def test_a_run_of_an_experiment_is_on_disk_before_its_end(room, plan, monkeypatch, tmp_path, whole):
    monkeypatch.setattr(scheduler, "FILE_EVERY_S", 0.0)
    room.begin_experiment([("a", plan)], BUNDLED, "exercise 3")
    (one,) = room.runs()
    copied = tmp_path / "after"
    copied.mkdir()
    until(lambda: one.iteration >= 12 and one.file(room.root).is_file())
    one.file(copied).write_bytes(one.file(room.root).read_bytes())
    later = Trainer(copied)
    again = later.find(one.name)
    assert (again.status, again.experiment, again.label) == ("paused", "exercise 3 (1)", "a")
    later.resume(again)
    until(ended(again))
    later.close()
    assert same(store.load(store.open_model(copied / one.name)).weights, whole.weights)


def test_a_disk_that_cannot_be_written_is_told(room, plan, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    one = room.begin(plan, BUNDLED, "tiny")
    until(lambda: one.iteration >= 12)
    monkeypatch.setattr(checkpoints, "save_run", full)
    room.pause(one)
    until(lambda: one.status == "failed")
    assert "No space left" in one.reason
    monkeypatch.undo()
    room.resume(one)
    until(ended(one))
    assert one.status == "finished"


def test_a_damaged_file_is_told_and_the_others_are_there(room, plan):
    one = room.begin(dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=3)), BUNDLED, "tiny")
    until(ended(one))
    until(lambda: one.file(room.root).is_file())
    (room.root / ".bad-1.run.npz").write_bytes(b"not a run")
    later = Trainer(room.root)
    assert [found.name for found in later.runs()] == ["tiny-1"]
    assert "bad-1" in later.problems[0]


def test_curves_average_the_steps():
    state = advance.RunState(
        None, None, 0, 4, {}, (), np.array([4, 2, 1, 1], np.float32), np.array([0, 1, 1, 1], np.float32)
    )
    found = run.curves(run.Run("r", None, BUNDLED, 4, state=state), n_points=2)
    assert found["iteration"].tolist() == [2, 4]
    assert found["loss"].tolist() == [3, 1]
    assert found["accuracy"].tolist() == [0.5, 1]
