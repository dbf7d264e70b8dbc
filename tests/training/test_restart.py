"""What a server finds when it starts again, killed or not: every plan, from the database; no array is read for it."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.state import database
from cnnviz.state.run_records import RunRecords
from cnnviz.training import advance, checkpoints, lifecycle, notes, recall, run
from cnnviz.training.limits import LimitReached, Limits
from cnnviz.training.pieces import load_digits
from cnnviz.training.run import Kept, Run, Status
from cnnviz.training.scheduler import Scheduler
from common import ROOT, until


@pytest.fixture
def plan(tiny, quick):
    return Plan(tiny, dataclasses.replace(quick, iterations=60))


@pytest.fixture
def start(tmp_path, engine, monkeypatch):
    """Starts a server: a scheduler with the folder and its database."""
    monkeypatch.setattr(run, "PIECE_S", 0.02)
    started = []

    def scheduler_of(limits=None):
        started.append(Scheduler(tmp_path, RunRecords(engine), limits))
        return started[-1]

    yield scheduler_of
    for server in started:
        server.close()


def ended(server, name):
    until(lambda: not server.find(name).active)
    return server.find(name)


KILLED = """
import dataclasses, sys, time
from pathlib import Path
from cnnviz.data.dataset import BUNDLED
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import Plan, Recipe
from cnnviz.state import database
from cnnviz.state.run_records import RunRecords
from cnnviz.training import lifecycle
from cnnviz.training.scheduler import Scheduler

if __name__ == "__main__":
    root = Path(sys.argv[1])
    lifecycle.SAVE_EVERY_S = 0.0
    network = NetworkConfig((Convolution(3, 3), Convolution(4, 3, 2)), (8,), dropout=0.5, initial_stddev=0.3)
    plan = Plan(network, Recipe(learning_rate=1e-2, batch_size=16, iterations=60))
    runs = Scheduler(root, RunRecords(database.connect(database.default_url(root))))
    planned = [(f"seed {i}", dataclasses.replace(plan, seed=i)) for i in range(6)]
    runs.begin_experiment(planned, BUNDLED, "sweep", owner="a" * 64)
    if sys.argv[2] == "later":
        while not any(run.kept and run.kept.iteration >= 12 for run in runs.runs()):
            time.sleep(0.01)
    print("begun", flush=True)
    time.sleep(600)
"""


def killed_server(tmp_path, when):
    """A server process that has begun a sweep of six and was killed: right then, or when one run was on disk."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), when], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout.readline() == "begun\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_a_server_killed_right_after_start_finds_all_six_and_ends_them_as_one(tmp_path, start, plan):
    killed_server(tmp_path, "at once")
    later = start()
    runs = later.runs()
    assert [(run.name, run.label) for run in runs] == [(f"sweep-1-{i + 1}", f"seed {i}") for i in range(6)]
    assert {(run.experiment, run.owner, run.status) for run in runs} == {("sweep (1)", "a" * 64, Status.PAUSED)}
    assert all(run.interrupted for run in runs)
    assert [run.plan for run in runs] == [dataclasses.replace(plan, seed=i) for i in range(6)]
    later.resume_all([run.name for run in runs])
    assert not any(run.interrupted for run in later.runs())
    assert [ended(later, run.name).status for run in runs] == [Status.FINISHED] * 6
    expected = advance.advance(
        advance.start(plan.network, plan.recipe, 5), load_digits(BUNDLED, keep_validation=True).train, 60
    )
    weights = store.load(store.open_model(tmp_path / "sweep-1-6")).weights
    assert all(np.array_equal(weights[name], array) for name, array in expected.weights.items())


def test_a_server_killed_later_finds_what_was_on_disk_and_goes_on_from_there(tmp_path, start):
    killed_server(tmp_path, "later")
    later = start()
    assert len(later.runs()) == 6
    assert all(run.interrupted for run in later.runs() if run.status is Status.PAUSED)
    kept = [run for run in later.runs() if run.begun]
    assert 1 <= len(kept) < 6
    loaded = [later.loaded(run.name) for run in kept]  # a file may be newer than the record
    assert any(run.iteration >= 12 for run in loaded)
    assert all(run.state.iteration >= found.iteration for run, found in zip(loaded, kept, strict=True))


def test_a_record_comes_back_as_it_was(tmp_path, start, plan, idle):
    server = start()
    begun = server.begin(plan, BUNDLED, "tiny", owner="b" * 64, label="a label")
    server.pause(begun.name)
    server.close()
    (found,) = start().runs()
    assert (found.name, found.plan, found.owner, found.label) == ("tiny-1", plan, "b" * 64, "a label")
    assert (found.status, found.interrupted, found.begun) == (Status.PAUSED, False, False)


def test_a_run_that_never_begun_is_known_and_one_that_is_deleted_is_not(start, plan, idle):
    server = start()
    first, second = server.begin(plan, BUNDLED, "tiny"), server.begin(plan, BUNDLED, "tiny")
    server.stop(first.name)
    server.stop(second.name)
    server.delete(second.name)
    server.close()
    assert [(run.name, run.status) for run in start().runs()] == [("tiny-1", Status.STOPPED)]


def test_everything_but_the_arrays_of_a_run_is_in_its_record(start, plan):
    server = start()
    name = server.begin(plan, BUNDLED, "tiny").name
    before = ended(server, name)
    until(lambda: server.find(name).on_disk)
    server.close()
    again = start()
    after = again.find(name)
    fields = "plan source target status checks final test timing iteration seconds every_snapshot snapshot_iterations"
    assert all(getattr(after, name) == getattr(before, name) for name in fields.split())
    assert after.state is None
    again.extend(name, 5)
    assert ended(again, name).iteration == 65


def test_a_checkpoint_of_before_is_taken_into_the_table_once(tmp_path, start, plan, engine):
    begun = Run("old-1", plan, BUNDLED, 60, state=advance.start(plan.network, plan.recipe), status=Status.TRAINING)
    checkpoints.write(checkpoints.run_file(tmp_path / "old-1"), begun)
    checkpoints.write(checkpoints.run_file(tmp_path / "mine"), dataclasses.replace(begun, name="mine"), of_server=False)
    for _ in range(2):
        server = start()
        assert [(run.name, run.status, run.iteration) for run in server.runs()] == [("old-1", Status.PAUSED, 0)]
        assert [record.name for record in RunRecords(engine).all()] == ["old-1"]
        assert server.problems == []
        server.close()
    assert server.begin(plan, BUNDLED, "old").name == "old-2"


def test_no_array_is_read_at_the_start(tmp_path, start, plan, monkeypatch):
    for i in range(3):
        begun = Run(f"r-{i}", plan, BUNDLED, 60, state=advance.start(plan.network, plan.recipe))
        checkpoints.write(checkpoints.run_file(tmp_path / begun.name), begun)
    start().close()
    reads = []
    monkeypatch.setattr(recall.checkpoints, "read", reads.append)
    monkeypatch.setattr(recall.checkpoints, "read_notes", reads.append)
    assert len(start().runs()) == 3
    assert reads == []


def test_what_was_in_memory_alone_is_not_said_to_be_there(tmp_path, plan):
    """On a full disk a run came to 50; at 30 it was on disk."""
    state = dataclasses.replace(advance.start(plan.network, plan.recipe), iteration=50)
    checks = tuple(run.Check(i, 1, 10, 1.0) for i in (10, 30, 50))
    for status, then in ((Status.FINISHED, Status.PAUSED), (Status.PAUSED, Status.PAUSED)):
        record = notes.record_of(
            Run("r-1", plan, BUNDLED, 60, state=state, kept=Kept(30), checks=checks, final=checks[-1], status=status)
        )
        found = notes.run_of_record("r-1", record)
        assert (found.status, found.iteration, found.interrupted) == (then, 30, True)
        assert ([check.iteration for check in found.checks], found.final) == ([10, 30], None)


def test_a_checkpoint_that_is_gone_is_not_said_to_be_there(tmp_path, start, plan):
    server = start()
    name = server.begin(plan, BUNDLED, "tiny").name
    until(lambda: server.find(name).iteration >= 12)
    server.pause(name)
    until(lambda: server.find(name).on_disk)
    server.close()
    checkpoints.run_file(tmp_path / name).unlink()
    later = start()
    assert (later.find(name).begun, later.find(name).iteration, later.find(name).checks) == (False, 0, ())
    later.resume(name)
    assert ended(later, name).status is Status.FINISHED


def test_a_record_that_is_none_is_told_and_the_others_are_there(start, plan, engine, idle):
    server = start()
    for _ in range(2):
        server.begin(plan, BUNDLED, "tiny")
    server.close()
    records = RunRecords(engine)
    first = records.all()[0]
    records.save(dataclasses.replace(first, content={"name": 5}))
    later = start()
    assert [run.name for run in later.runs()] == ["tiny-2"]
    assert later.problems[0].startswith("A run could not be read: tiny-1: expected the record of a run.")
    assert later.begin(plan, BUNDLED, "tiny").name == "tiny-3"


def test_two_servers_never_give_one_name(start, plan, idle):
    """Both know what was there when they began, and then begin in turns."""
    one, other = start(), start()
    given = [server.begin(plan, BUNDLED, "tiny").name for server in (one, other, one, other)]
    assert given == [f"tiny-{i}" for i in (1, 2, 3, 4)]
    experiments = [server.begin_experiment([("a", plan)], BUNDLED, "sweep") for server in (one, other)]
    assert experiments == ["sweep (1)", "sweep (2)"]


def test_one_database_of_two_folders_keeps_their_runs_apart(tmp_path, start, plan, engine, idle):
    server = start()
    server.begin(plan, BUNDLED, "tiny")
    other = Scheduler(tmp_path / "other", RunRecords(engine))
    assert other.runs() == []
    assert other.begin(plan, BUNDLED, "tiny").name == "tiny-2"
    other.close()
    again = Scheduler(tmp_path / "other", RunRecords(engine))
    assert [run.name for run in again.runs()] == ["tiny-2"]
    again.close()


def test_a_run_that_another_server_drives_is_left_to_it(start, plan, engine, idle):
    server = start()
    name = server.begin(plan, BUNDLED, "tiny").name
    server.close()
    records = RunRecords(engine)
    assert records.acquire(name, "another-machine/1/x", 60)
    before = records.all()
    later = start()
    later.resume(name)
    assert "Another server has tiny-1" in ended(later, name).reason
    later._journal.flush()
    assert records.all() == before, "what is in the table is the other server's"
    records.release(name, "another-machine/1/x")
    later.resume(name)
    until(lambda: name in later._digits)
    assert not records.acquire(name, "another-machine/1/x", 60)


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_at_once(start, plan, engine, idle):
    server = start()
    name = server.begin(plan, BUNDLED, "tiny").name
    server.close()
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    assert RunRecords(engine).acquire(name, f"{socket.gethostname()[:40]}/{dead.pid}/x", 60)
    later = start()
    later.resume(name)
    until(lambda: name in later._digits)
    assert later.find(name).status is Status.WAITING


def test_a_run_that_does_nothing_has_no_lease(start, plan, engine, idle):
    server, records = start(), RunRecords(engine)
    name = server.begin(plan, BUNDLED, "tiny").name
    assert not records.acquire(name, "another", 60)
    server.pause(name)
    server._journal.flush()
    assert records.acquire(name, "another", 60)


def test_without_its_database_a_server_goes_on_and_adds_what_is_missing_when_it_is_back(
    start, plan, engine, monkeypatch, idle
):
    server = start()

    def gone(*_, **__):
        raise database.DatabaseError("postgresql://school cannot be used as the database: connection refused.")

    with monkeypatch.context() as patched:
        for method in ("add", "save", "delete", "renew", "acquire"):
            patched.setattr(RunRecords, method, gone)
        name = server.begin(plan, BUNDLED, "tiny").name
        server.pause(name)
        server._journal.flush()
        (problem,) = server.problems
        assert "connection refused. Runs are kept in their files alone" in problem
        assert server.find(name).status is Status.PAUSED
    server._journal.tick()
    server._journal.flush()
    assert server.problems == []
    assert [(record.name, record.status) for record in RunRecords(engine).all()] == [("tiny-1", "paused")]


def test_a_folder_that_cannot_be_written_to_is_told_and_the_run_stays(tmp_path, plan, monkeypatch):
    """As root one may write everywhere: here the operating system says no where files are made."""

    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(run, "PIECE_S", 0.02)
    monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(recall.tempfile, "TemporaryFile", read_only)
    monkeypatch.setattr(store.tempfile, "NamedTemporaryFile", read_only)
    monkeypatch.setattr(store.tempfile, "mkdtemp", read_only)
    server = Scheduler(tmp_path)
    (problem,) = server.problems
    assert problem.startswith(f"{tmp_path} cannot be written to: Read-only file system.")
    name = server.begin(plan, BUNDLED, "tiny").name
    done = ended(server, name)
    assert (done.status, done.iteration) == (Status.FAILED, 60)
    assert "could not be written: Read-only file system." in done.reason
    until(lambda: server.find(name).not_on_disk)
    assert server.loaded(name).state.iteration == 60
    monkeypatch.undo()
    server.resume(name)
    assert ended(server, name).status is Status.FINISHED
    server.close()


def test_old_unfinished_runs_are_forgotten_with_a_sentence_files_and_records_too(tmp_path, start, plan, engine):
    server = start(Limits(max_kept_per_person=2))
    names = []
    for _ in range(2):
        names.append(server.begin(plan, BUNDLED, "tiny", owner="a").name)
        until(lambda: server.find(names[-1]).iteration >= 3)
        server.pause(names[-1])
        until(lambda: server.find(names[-1]).on_disk)
    assert list(server.notices) == []
    at = server.find(names[0]).iteration
    third = server.begin(plan, BUNDLED, "tiny", owner="a").name
    assert [run.name for run in server.runs()] == [names[1], third]
    assert list(server.notices) == [
        f"Forgotten to make room, because one person may keep 2 runs: tiny-1 (paused, iteration {at:,})."
    ]
    ended(server, third)
    server._files.submit(int).result()
    server._journal.flush()
    assert not checkpoints.run_file(tmp_path / names[0]).exists()
    assert [record.name for record in RunRecords(engine).all()] == [names[1], third]


def test_a_finished_model_is_never_forgotten_by_itself(tmp_path, start, plan):
    server = start(Limits(max_kept_per_person=1))
    name = server.begin(plan, BUNDLED, "tiny", owner="a").name
    ended(server, name)
    with pytest.raises(LimitReached, match="1 runs of yours are on the list"):
        server.begin(plan, BUNDLED, "tiny", owner="a")
    server.extend(name, 1000)
    server.pause(name)
    ended(server, name)
    with pytest.raises(LimitReached):  # unfinished again, but its network is on disk
        server.begin(plan, BUNDLED, "tiny", owner="a")
    assert (tmp_path / name / "card.json").is_file()


def test_more_than_the_limit_is_not_begun_nor_resumed(start, plan, idle):
    server = start(Limits(max_active_per_person=2))
    first, _ = (server.begin(plan, BUNDLED, "tiny", owner="a") for _ in range(2))
    for refused in (
        lambda: server.begin(plan, BUNDLED, "tiny", owner="a"),
        lambda: server.begin_experiment([("a", plan)], BUNDLED, "sweep", owner="a"),
    ):
        with pytest.raises(LimitReached, match="one person may have 2 at once"):
            refused()
    assert len(server.runs()) == 2
    server.pause(first.name)
    server.begin_experiment([(f"{i}", plan) for i in range(60)], BUNDLED, "sweep", owner="a")
    with pytest.raises(LimitReached):
        server.resume(first.name)
    assert len(server.runs()) == 62


def test_the_teacher_stops_all_that_is_under_way(start, plan, idle):
    server = start()
    for owner in "abc":
        server.begin(plan, BUNDLED, "tiny", owner=owner)
    server.pause("tiny-1")
    assert server.stop_all_runs() == 2
    assert [run.status for run in server.runs()] == [Status.PAUSED, Status.STOPPED, Status.STOPPED]


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """The worker is there: what is waited for is training, not TensorFlow's start."""
    backend.submit(os.getpid, priority=backend.Priority.RUN).result(120)
