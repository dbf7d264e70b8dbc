"""Several servers with one database and one folder: one drives a run, all show it, and none is lost with its server."""

import dataclasses
import errno

import numpy as np
import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.state import database
from cnnviz.state.run_records import RunRecords
from cnnviz.training import advance, checkpoints, events, journal, run, wishes
from cnnviz.training.limits import LimitReached
from cnnviz.training.pieces import load_digits
from cnnviz.training.replica import Replica
from cnnviz.training.run import Status
from common import until

PIECE_S = 0.05


@pytest.fixture
def plan(tiny, quick):
    return Plan(tiny, dataclasses.replace(quick, iterations=400))


@pytest.fixture
def start(tmp_path, engine, monkeypatch):
    """Starts a server that shares folder and database with the others; `is_gone` knows none of this machine's."""
    monkeypatch.setattr(run, "PIECE_S", PIECE_S)
    monkeypatch.setattr("cnnviz.training.replica.LOOK_S", 0.1)
    monkeypatch.setattr("cnnviz.training.replica.is_gone", lambda holder: False)
    monkeypatch.setattr(journal, "is_gone", lambda holder: False)
    started = []

    def replica():
        started.append(Replica(tmp_path / "runs", RunRecords(engine)))
        return started[-1]

    (tmp_path / "runs").mkdir()
    yield replica
    for server in started:
        server.close()


def status(server, name):
    found = server.find(name)
    return found and found.status


def disappear(server):
    """As a server that is killed: it does nothing more, and gives nothing back."""
    server._stop.set()
    server._wake.set()
    server._looker.join()
    server._end.set()
    server._closed = True


def holder(engine, name):
    return RunRecords(engine).holder(name)


def weights_of(folder, name):
    return store.load(store.open_model(folder / "runs" / name)).weights


def trained(plan):
    state = advance.start(plan.network, plan.recipe, plan.seed)
    return advance.advance(state, load_digits(BUNDLED, True).train, plan.recipe.iterations).weights


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_what_one_server_trains_every_server_shows_live_and_can_open(start, plan, tmp_path):
    one, other = start(), start()
    name = one.begin(plan, BUNDLED, "tiny").name
    until(lambda: other.find(name) is not None)
    seen = set()
    until(lambda: seen.add(other.find(name).iteration) or status(other, name) is Status.FINISHED)
    assert len(seen) > 3, "it was seen on the way"
    until(lambda: other.find(name).test is not None)
    assert other.find(name).test == one.find(name).test
    assert other.network_at(name, plan.recipe.iterations).weights.keys() == trained(plan).keys()
    same(other.network_at(name, plan.recipe.iterations).weights, trained(plan))
    same(weights_of(tmp_path, name), trained(plan))


def test_a_person_of_another_server_pauses_resumes_stops_and_deletes_a_run(start, plan, tmp_path, engine):
    one, other = start(), start()
    long = dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=20_000))
    name = one.begin(long, BUNDLED, "tiny").name
    until(lambda: other.find(name) is not None and other.find(name).iteration > 0)
    other.pause(name)
    until(lambda: status(one, name) is status(other, name) is Status.PAUSED)
    until(lambda: holder(engine, name) is None)
    other.resume(name)
    assert other.find(name).active, "the page that is drawn next shows it"
    until(lambda: status(other, name) is Status.TRAINING)
    assert holder(engine, name) == other._journal.holder, "who resumes it drives it"
    until(lambda: one.find(name).elsewhere and status(one, name) is Status.TRAINING)
    one.stop(name)
    until(lambda: status(one, name) is Status.FINISHED, 120)
    one.delete(name)
    until(lambda: one.find(name) is None and other.find(name) is None)
    assert not (tmp_path / "runs" / name).exists()
    assert RunRecords(engine).all() == []


def test_a_run_whose_server_is_gone_goes_on_elsewhere_to_the_same_weights(start, plan, tmp_path, engine, monkeypatch):
    monkeypatch.setattr(journal, "LEASE_S", 1.0)
    monkeypatch.setattr("cnnviz.training.lifecycle.SAVE_EVERY_S", 0.2)
    one, other = start(), start()
    name = one.begin(plan, BUNDLED, "tiny").name
    until(lambda: one.find(name).kept is not None and one.find(name).kept.iteration > 100)
    disappear(one)
    until(lambda: not other.find(name).elsewhere)
    assert holder(engine, name) == other._journal.holder
    until(lambda: status(other, name) is Status.FINISHED)
    same(weights_of(tmp_path, name), trained(plan))


def test_what_a_server_had_under_way_when_it_ended_another_goes_on_with_at_once(start, plan, tmp_path):
    one, other = start(), start()
    name = one.begin(plan, BUNDLED, "tiny").name
    until(lambda: one.find(name).iteration > 20)
    one.close()
    until(lambda: status(other, name) is Status.FINISHED)
    same(weights_of(tmp_path, name), trained(plan))


def test_one_that_stood_still_longer_than_its_lease_writes_nothing_more(start, plan, engine, idle, monkeypatch):
    """As after SIGSTOP and SIGCONT: it wakes up, and the run is another server's."""
    monkeypatch.setattr(journal, "LEASE_S", 0.5)
    one, other = start(), start()
    name = one.begin(plan, BUNDLED, "tiny").name
    with monkeypatch.context() as still:  # nothing of it goes on: neither its looks nor what renews its leases
        still.setattr(one, "_look", lambda: None)
        still.setattr(one._journal, "tick", lambda: None)
        until(lambda: holder(engine, name) == other._journal.holder)
        with pytest.raises(journal.HeldElsewhere, match=f"Another server has {name} now"):
            one._make_sure(name)
        before = RunRecords(engine).all()
        one._journal.note(name)
        one._journal.flush()
        assert RunRecords(engine).all() == before
    until(lambda: one.find(name).elsewhere)
    assert not other.find(name).elsewhere


def test_while_the_database_is_away_what_trains_goes_on_and_nothing_begins(start, plan, engine, monkeypatch, tmp_path):
    one, other = start(), start()
    name = one.begin(plan, BUNDLED, "tiny").name
    until(lambda: one.find(name).iteration > 0)

    def gone(*_, **__):
        raise database.DatabaseError("postgresql://school cannot be used as the database: connection refused.")

    with monkeypatch.context() as patched:
        for method in ("add", "save", "delete", "renew", "acquire", "standings", "all", "leave_wish"):
            patched.setattr(RunRecords, method, gone)
        until(lambda: other.problems)
        assert "connection refused. All servers share it: until it is back, no run can begin" in other.problems[0]
        with pytest.raises(LimitReached, match="No run can begin for as long as the database"):
            other.begin(plan, BUNDLED, "tiny")
        at = one.find(name).iteration
        until(lambda: one.find(name).iteration > at or one.find(name).status is Status.FINISHED)
    until(lambda: status(other, name) is Status.FINISHED)
    until(lambda: other.problems == [])
    same(weights_of(tmp_path, name), trained(plan))
    assert other.begin(plan, BUNDLED, "tiny").name == "tiny-2"


def test_a_folder_that_cannot_be_written_to_for_a_while_is_said_and_loses_nothing(start, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("cnnviz.training.lifecycle.SAVE_EVERY_S", 0.1)

    def read_only(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    one, other = start(), start()
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write", read_only)
        name = one.begin(plan, BUNDLED, "tiny").name
        until(lambda: other.find(name) and "Read-only file system" in other.find(name).not_on_disk)
    until(lambda: status(other, name) is Status.FINISHED)
    assert other.find(name).not_on_disk == ""
    same(weights_of(tmp_path, name), trained(plan))


def test_names_and_limits_are_of_all_servers_together(start, plan, idle):
    one, other = start(), start()
    one.limits = other.limits = dataclasses.replace(one.limits, max_active=2)
    assert one.begin(plan, BUNDLED, "tiny").name == "tiny-1"
    until(lambda: other.find("tiny-1"))
    assert other.begin(plan, BUNDLED, "tiny").name == "tiny-2"
    until(lambda: one.find("tiny-2"))
    with pytest.raises(LimitReached):
        one.begin(plan, BUNDLED, "tiny")


@pytest.mark.parametrize("event", [events.Pause(), events.Resume(), events.Stop(), events.Extend(30), events.Delete()])
def test_a_wish_can_be_read_again(event):
    assert wishes.read(wishes.written(event)) == event


@pytest.mark.parametrize("text", ["", "5", "{}", '{"wish": "explode"}', '{"wish": "extend", "iterations": -1}', "[[]]"])
def test_what_is_no_wish_is_none(text):
    assert wishes.read(text) is None


def test_what_is_no_wish_in_a_record_is_taken_away(start, plan, engine, idle):
    server = start()
    name = server.begin(plan, BUNDLED, "tiny").name
    RunRecords(engine).leave_wish(name, "nonsense")
    until(lambda: RunRecords(engine).standings()[0].wish is None)
    assert status(server, name) is Status.WAITING
