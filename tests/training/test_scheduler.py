"""Runs that belong to the server: pause, resume, turns, a server that ends, a worker that dies, a run that fails."""

import dataclasses
import os
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from cnnviz.analysis.evaluation import Score
from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints, journal, lifecycle, pieces, run, run_files
from cnnviz.training.limits import LimitReached
from cnnviz.training.pieces import load_digits
from cnnviz.training.run import Status
from cnnviz.training.scheduler import Scheduler
from common import until


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """The worker is there: what is waited for below is training, not TensorFlow's start."""
    backend.submit(os.getpid).result(120)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A scheduler with a folder of its own and pieces short enough to be many."""
    monkeypatch.setattr(run, "PIECE_S", 0.02)
    made = Scheduler(tmp_path)
    yield made
    for name in names(made):
        made.pause(name)
    made.close()


@pytest.fixture
def plan(tiny, quick):
    return Plan(tiny, dataclasses.replace(quick, iterations=60))


def names(runs):
    return [run.name for run in runs.runs()]


def begun(runs, plan, name="tiny", **options):
    """A run's name."""
    return runs.begin(plan, BUNDLED, name, **options).name


def ended(runs, name):
    """The record of a run once it has ended or is held."""
    until(lambda: not runs.find(name).active)
    return runs.find(name)


def paused_at(runs, name, iteration):
    """The record of a run that is paused somewhere from an iteration on."""
    until(lambda: runs.find(name).iteration >= iteration)
    runs.pause(name)
    return ended(runs, name)


def weights_of(folder):
    return store.load(store.open_model(folder)).weights


def file_of(root, name):
    return checkpoints.run_file(root / name)


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def whole(tiny, quick):
    """The weights after 60 iterations in one piece, computed in this process."""
    digits = load_digits(BUNDLED, keep_validation=True)
    recipe = dataclasses.replace(quick, iterations=60)
    return advance.advance(advance.start(tiny, recipe), digits.train, 60)


def test_a_run_ends_as_a_model_with_its_snapshots(runs, plan, whole):
    name = begun(runs, plan)
    assert name == "tiny-1"
    done = ended(runs, name)
    assert (done.status, done.reason, done.iteration) == (Status.FINISHED, "", 60)
    model = store.open_model(runs.root / "tiny-1")
    assert [s.iteration for s in model.card.snapshots] == [0, 1, 2, 5, 10, 20, 50, 60]
    assert same(store.load(model).weights, whole.weights)
    assert np.array_equal(runs.loaded(name).state.losses, whole.losses)
    assert done.test == (model.card.last.correct, 500)
    assert [check.n for check in done.checks] == [100] * len(done.checks)
    assert done.final.iteration == 60
    assert {0, 1, 2, 3, 6, 30, 60} <= {0, *(check.iteration for check in done.checks)}


def test_a_record_that_was_read_does_not_change(runs, plan):
    name = begun(runs, plan)
    until(lambda: runs.find(name).iteration >= 5)
    seen = runs.find(name)
    at = seen.iteration
    assert ended(runs, name).revision > seen.revision
    assert (seen.status, seen.iteration) == (Status.TRAINING, at)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.target = 5


def test_pause_keeps_a_snapshot_and_resume_goes_on_to_the_bit(runs, plan, whole):
    name = begun(runs, plan)
    paused = paused_at(runs, name, 12)
    assert paused.status is Status.PAUSED
    assert 12 <= paused.iteration < 60
    assert paused.iteration in paused.snapshot_iterations
    assert not runs._work
    assert not runs._in_flight
    until(lambda: runs.find(name).on_disk)
    paused = runs.find(name)
    time.sleep(0.2)
    assert runs.find(name) is paused
    runs.resume(name)
    ended(runs, name)
    assert same(weights_of(runs.root / name), whole.weights)
    assert paused.iteration in [s.iteration for s in store.open_model(runs.root / name).card.snapshots]


def test_stop_ends_it_and_train_on_counts_on(runs, plan, whole):
    name = begun(runs, plan)
    until(lambda: runs.find(name).iteration >= 10)
    runs.stop(name)
    stopped = ended(runs, name)
    at = stopped.iteration
    assert stopped.status is Status.FINISHED
    assert store.open_model(runs.root / name).card.last.iteration == at < 60
    assert stopped.final.iteration == at
    runs.extend(name, 60 - at)
    done = ended(runs, name)
    assert (done.status, done.iteration) == (Status.FINISHED, 60)
    model = store.open_model(runs.root / name)
    assert same(store.load(model).weights, whole.weights)
    assert {0, 1, 10, at, 60} <= {s.iteration for s in model.card.snapshots}


def test_a_one_cycle_run_is_not_extended_past_its_schedule(runs, plan):
    recipe = dataclasses.replace(plan.recipe, schedule="one_cycle", iterations=20)
    name = begun(runs, dataclasses.replace(plan, recipe=recipe))
    done = ended(runs, name)
    with pytest.raises(ValueError, match=r"expected 1 to 0 iterations more\. Received 1\."):
        runs.extend(name, 1)
    assert runs.find(name) is done
    assert done.status is Status.FINISHED


def test_a_one_cycle_run_that_was_stopped_early_is_extended_to_the_end_of_its_schedule(runs, plan):
    recipe = dataclasses.replace(plan.recipe, schedule="one_cycle")
    name = begun(runs, dataclasses.replace(plan, recipe=recipe))
    until(lambda: runs.find(name).iteration >= 10)
    runs.stop(name)
    left = 60 - ended(runs, name).iteration
    with pytest.raises(ValueError, match="iterations more"):
        runs.extend(name, left + 1)
    runs.extend(name, left)
    done = ended(runs, name)
    assert (done.status, done.reason, done.iteration) == (Status.FINISHED, "", 60)


def test_a_server_that_ends_finds_its_run_paused_and_ends_it_to_the_bit(runs, plan, whole):
    paused = paused_at(runs, begun(runs, plan), 12)
    runs.close()
    later = Scheduler(runs.root)
    again = later.find("tiny-1")
    assert (again.status, again.iteration, again.target) == (Status.PAUSED, paused.iteration, 60)
    assert again.snapshot_iterations == paused.snapshot_iterations
    assert again.checks == paused.checks
    later.resume("tiny-1")
    ended(later, "tiny-1")
    assert same(weights_of(runs.root / "tiny-1"), whole.weights)
    later.close()
    assert Scheduler(runs.root).find("tiny-1").status is Status.FINISHED


def test_a_server_that_ends_in_the_middle_keeps_runs_as_they_stand(runs, plan, whole):
    name = begun(runs, plan)
    until(lambda: runs.find(name).iteration >= 12)
    runs.close()
    later = Scheduler(runs.root)
    assert later.find(name).status is Status.PAUSED
    assert later.find(name).iteration >= 12
    later.resume(name)
    ended(later, name)
    later.close()
    assert same(weights_of(runs.root / name), whole.weights)


def test_a_server_that_is_killed_leaves_what_was_saved_at_the_last_snapshot(runs, tiny, quick, tmp_path):
    """Nothing is closed here: only what stood in the file at the time of the kill is read."""
    plan = Plan(tiny, dataclasses.replace(quick, iterations=5000))
    name = begun(runs, plan)
    file = file_of(runs.root, name)
    until(lambda: runs.find(name).iteration > 220 and file.is_file())
    copied = tmp_path / "after"
    copied.mkdir()
    until(lambda: checkpoints.read(file)[0].iteration >= 200)
    file_of(copied, name).write_bytes(file.read_bytes())
    runs.pause(name)
    again = Scheduler(copied).loaded("tiny-1")
    assert again.status is Status.PAUSED
    assert again.iteration >= 200
    assert {0, 1, 2, 5, 10, 20, 50, 100, 200} <= set(again.snapshot_iterations)
    digits = load_digits(BUNDLED, keep_validation=True)
    expected = advance.advance(advance.start(tiny, plan.recipe), digits.train, again.iteration)
    assert same(again.state.weights, expected.weights)


def test_a_killed_worker_is_replaced_and_the_run_goes_on(runs, plan, whole):
    backend.submit(os.getpid).result(120)
    name = begun(runs, plan)
    until(lambda: runs.find(name).iteration >= 5)
    os.kill(backend.submit(os.getpid).result(120), signal.SIGKILL)
    done = ended(runs, name)
    assert (done.status, done.reason) == (Status.FINISHED, "")
    assert same(weights_of(runs.root / name), whole.weights)


def test_a_run_that_diverges_says_why_and_keeps_its_last_good_state(runs, tiny, quick):
    recipe = dataclasses.replace(quick, learning_rate=1e6, optimizer="sgd", iterations=300)
    failed = ended(runs, begun(runs, Plan(tiny, recipe)))
    assert failed.status is Status.FAILED
    assert "no longer a number at iteration" in failed.reason
    assert "learning rate below 1e+06" in failed.reason
    assert all(np.isfinite(array).all() for array in runs.loaded(failed.name).state.weights.values())


def test_two_runs_take_turns_and_neither_changes_the_other(runs, plan, whole, monkeypatch):
    seen = []
    arrived = Scheduler._arrived

    def watched(self, *args):
        arrived(self, *args)
        seen.append(tuple(run.iteration for run in self.runs()))

    monkeypatch.setattr(Scheduler, "_arrived", watched)
    first = begun(runs, plan, "a")
    second = begun(runs, dataclasses.replace(plan, seed=1), "b")
    ended(runs, first)
    ended(runs, second)
    both = [pair for pair in seen if 5 <= pair[0] < 60 and 5 <= pair[1] < 60]
    assert both, seen
    assert same(weights_of(runs.root / "a-1"), whole.weights)
    assert not same(weights_of(runs.root / "b-1"), whole.weights)


class Worker:
    """Stands for a worker: a test says when it answers; training and testing take no time and mean nothing."""

    def __init__(self):
        self.tasks = []
        self.names = []

    def submit(self, function, *args, **_):
        future = Future()
        self.tasks.append((future, function, args))
        self._take()
        return future

    def _take(self):
        """Begin what has waited longest; what still waits can be cancelled."""
        open_tasks = [future for future, *_ in self.tasks if not future.done()]
        if open_tasks and not any(future.running() for future in open_tasks):
            open_tasks[0].set_running_or_notify_cancel()

    def answer(self):
        """Answer the task that is computed."""
        future, function, args = next(task for task in self.tasks if task[0].running())
        if function is pieces.begin:
            future.set_result(function(*args))
        elif function is pieces.examine:
            future.set_result(Score(50, 50, np.diag([5] * 10)))
        else:
            state, _, validation, _, iterations = args
            at = state.iteration + iterations
            of_steps = dict.fromkeys(("losses", "accuracies", "accuracies_after"), np.ones(at, np.float32))
            state = dataclasses.replace(state, iteration=at, **of_steps)
            check = run.Check(state.iteration, 9, len(validation), 1.0) if validation else None
            future.set_result((state, check))
        self._take()

    @property
    def waiting(self):
        return sum(not future.done() for future, *_ in self.tasks)

    @property
    def what(self):
        """The functions that were sent, in order."""
        return [function.__name__ for _, function, _ in self.tasks]


@pytest.fixture
def worker(monkeypatch):
    """One worker, whose `names` are those of the runs that were sent, in their order."""
    made, send = Worker(), Scheduler._send
    monkeypatch.setattr(backend, "submit", made.submit)
    monkeypatch.setattr(backend, "n_workers", lambda: 1)
    monkeypatch.setattr(Scheduler, "_send", lambda self, name: (made.names.append(name), send(self, name)))
    return made


@pytest.fixture
def short(plan):
    """Five iterations: snapshots at 0, 1, 2 and 5."""
    return dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=5))


def test_an_experiment_counts_as_one_when_turns_are_taken(runs, plan, worker):
    """Four runs of an experiment and one run alone: the one alone is sent every second time."""
    for seed in range(4):
        begun(runs, dataclasses.replace(plan, seed=seed), "many", experiment="e")
    alone = begun(runs, plan, "alone")
    until(lambda: len(runs._digits) == 5)
    assert len(worker.names) == 2
    for _ in range(10):
        worker.answer()
    assert worker.names.count(alone) == 6
    assert len(worker.names) == 12


def test_what_one_person_may_begin_takes_half_the_turns_beside_one_run_of_another(runs, plan, worker):
    """Two runs and a sweep of sixty are as many as the limits allow; beside them one run has one turn of two."""
    for _ in range(2):
        begun(runs, plan, "many", owner="many")
    runs.begin_experiment([(f"{i}", plan) for i in range(60)], BUNDLED, "sweep", owner="many")
    with pytest.raises(LimitReached):
        begun(runs, plan, "many", owner="many")
    other = begun(runs, plan, "one", owner="other")
    until(lambda: len(runs._digits) == 63)
    assert len(worker.names) == 2
    for _ in range(40):
        worker.answer()
    assert abs(worker.names.count(other) - len(worker.names) / 2) <= 1
    assert sum(run.state is not None for run in runs.runs()) <= 4 + 1, "those under way, of 63"


def test_the_runs_of_a_race_advance_together_one_seed_after_the_other(runs, plan, worker):
    planned = [(label, dataclasses.replace(plan, seed=seed)) for label in "ab" for seed in (0, 1)]
    runs.begin_experiment(planned, BUNDLED, "race", in_turns=True)
    until(lambda: len(runs._digits) == 4)
    (a, b), later = ([name for name in names(runs) if runs.find(name).plan.seed == seed] for seed in (0, 1))
    while runs.find(a).iteration < 60:
        worker.answer()
        assert abs(runs.find(a).iteration - runs.find(b).iteration) <= 60 / run.N_CHECKS
        assert not any(runs.find(name).iteration for name in later)
    assert worker.names.count(b) >= run.N_CHECKS


def test_testing_takes_its_turns_one_snapshot_at_a_time(runs, plan, short, worker):
    tested, trained = begun(runs, short, "tested"), begun(runs, plan, "trained")
    until(lambda: len(runs._digits) == 2)
    while worker.what.count("examine") < 4:
        assert worker.waiting == 2
        worker.answer()
    order = list(zip(worker.names, worker.what, strict=True))
    first = order.index((tested, "examine"))
    assert order[first : first + 7] == [(tested, "examine"), (trained, "piece")] * 3 + [(tested, "examine")]
    assert runs.find(tested).status is Status.TESTING
    assert runs.find(trained).status is Status.TRAINING
    worker.answer()
    worker.answer()
    assert ended(runs, tested).status is Status.FINISHED


@pytest.fixture
def tested(runs, short, worker):
    """Name of a run of which the last snapshot is being tested."""
    name = begun(runs, short)
    until(lambda: worker.waiting)
    while worker.what[-1] != "examine":
        worker.answer()
    assert runs.find(name).status is Status.TESTING
    return name


def test_a_run_can_be_paused_while_it_is_tested_and_goes_on(runs, tested, worker):
    runs.pause(tested)
    assert runs.find(tested).status is Status.TESTING, "until the snapshot that is under way has been tested"
    worker.answer()
    assert runs.find(tested).status is Status.PAUSED
    assert worker.waiting == 0
    runs.resume(tested)
    until(lambda: worker.waiting)
    assert runs.find(tested).status is Status.TESTING
    assert set(runs.find(tested).scores) == {5}
    for _ in range(3):
        worker.answer()
    assert ended(runs, tested).status is Status.FINISHED
    assert worker.what.count("examine") == 4
    assert [s.iteration for s in store.open_model(runs.root / tested).card.snapshots] == [0, 1, 2, 5]


def test_a_run_can_be_stopped_while_it_is_tested(runs, tested, worker):
    runs.stop(tested)
    worker.answer()
    assert ended(runs, tested).status is Status.FINISHED
    assert [s.iteration for s in store.open_model(runs.root / tested).card.snapshots] == [5]


def test_a_run_can_be_deleted_while_it_is_tested(runs, tested, worker):
    runs.delete(tested)
    assert runs.runs() == []
    worker.answer()
    assert runs.runs() == []
    assert list(runs.root.iterdir()) == []


def test_the_last_wish_counts(runs, plan, worker):
    """Pause, then resume, before the piece that is under way has come back: it goes on."""
    name = begun(runs, plan)
    until(lambda: worker.waiting)
    runs.pause(name)
    runs.resume(name)
    worker.answer()
    assert runs.find(name).status is Status.TRAINING
    assert worker.waiting == 1


def test_a_piece_that_no_worker_has_yet_is_called_back(runs, plan, worker):
    """Two runs, one worker: the second run's piece waits; pause, stop and delete need not wait for it."""
    first, second = begun(runs, plan, "a"), begun(runs, plan, "b")
    until(lambda: worker.waiting == 2)
    later = worker.names[1]
    assert {first, second} == set(worker.names)
    runs.pause(later)
    assert runs.find(later).status is Status.PAUSED
    assert worker.waiting == 1
    runs.resume(later)
    until(lambda: worker.waiting == 2)
    assert worker.names[2] == later
    runs.stop(later)
    assert runs.find(later).status is Status.STOPPED
    runs.delete(later)
    worker.answer()
    assert names(runs) == [worker.names[0]]
    assert worker.waiting == 1


def test_a_deleted_run_is_not_sent_again(runs, plan, short, worker):
    """The snapshot that was to be tested waits behind another run's piece; it is called back and forgotten."""
    tested = begun(runs, short, "tested")
    until(lambda: worker.waiting)
    while runs.find(tested).status is not Status.TESTING:
        worker.answer()
    other = begun(runs, plan, "other")
    until(lambda: worker.waiting == 2)
    worker.answer()
    assert (worker.names[-1], worker.waiting) == (tested, 2)
    runs.delete(tested)
    assert worker.waiting == 1
    assert names(runs) == [other]
    for _ in range(3):
        worker.answer()
    assert set(worker.names[-3:]) == {other}


def test_digits_that_are_gone_fail_the_run_in_a_sentence(runs, plan, tmp_path):
    name = runs.begin(plan, Source("idx", tmp_path / "nowhere"), "tiny").name
    failed = ended(runs, name)
    assert failed.status is Status.FAILED
    assert str(tmp_path / "nowhere") in failed.reason


def test_deleting_takes_file_and_model_away(runs, plan):
    name = begun(runs, dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=3)))
    ended(runs, name)
    until(file_of(runs.root, name).is_file)
    runs.delete(name)
    assert runs.runs() == []
    assert list(runs.root.iterdir()) == []


def test_a_page_that_still_shows_a_deleted_run_cannot_touch_another_one(runs, plan):
    """A name is not given twice while the server lives."""
    gone = begun(runs, plan)
    ended(runs, gone)
    runs.delete(gone)
    other = begun(runs, plan)
    assert other != gone
    for act in (runs.delete, runs.stop, runs.pause, runs.resume, lambda name: runs.extend(name, 60)):
        act(gone)
    done = ended(runs, other)
    assert names(runs) == [other]
    assert (done.status, done.iteration) == (Status.FINISHED, 60)


def test_a_run_that_is_deleted_leaves_no_file_even_when_it_was_being_written(runs, plan, monkeypatch):
    name = begun(runs, plan)
    until(lambda: runs.find(name).iteration >= 12)
    may_write, write, writing = threading.Event(), checkpoints.write, threading.Event()

    def slow(*args):
        writing.set()
        assert may_write.wait(60)
        write(*args)

    monkeypatch.setattr(checkpoints, "write", slow)
    runs.pause(name)
    assert writing.wait(60)
    with ThreadPoolExecutor(1) as session:
        deleting = session.submit(runs.delete, name)
        until(lambda: runs.runs() == [])
        may_write.set()
        deleting.result(60)
    assert not file_of(runs.root, name).exists()


def test_an_active_run_is_not_deleted(runs, plan):
    name = begun(runs, plan)
    runs.delete(name)
    assert names(runs) == [name]


def test_stopped_while_its_digits_are_read_it_ends_once(runs, plan, monkeypatch):
    name = begun(runs, plan)
    paused = paused_at(runs, name, 12)
    may_read, load = threading.Event(), run_files.load_digits
    monkeypatch.setattr(run_files, "load_digits", lambda *asked: (may_read.wait(60), load(*asked))[1])
    runs.resume(name)
    runs.stop(name)
    may_read.set()
    done = ended(runs, name)
    assert (done.status, done.reason) == (Status.FINISHED, "")
    assert store.open_model(runs.root / name).card.last.iteration == done.iteration == paused.iteration


def test_paused_and_resumed_while_its_digits_are_read_it_begins(runs, plan, monkeypatch):
    may_read, load = threading.Event(), run_files.load_digits
    monkeypatch.setattr(run_files, "load_digits", lambda *asked: (may_read.wait(60), load(*asked))[1])
    name = begun(runs, plan)
    runs.pause(name)
    assert runs.find(name).status is Status.PAUSED
    runs.resume(name)
    may_read.set()
    assert ended(runs, name).status is Status.FINISHED


def test_stopped_before_it_began_it_never_does_unless_it_is_resumed(runs, plan, monkeypatch):
    may_read, load = threading.Event(), run_files.load_digits
    monkeypatch.setattr(run_files, "load_digits", lambda *asked: (may_read.wait(60), load(*asked))[1])
    name = begun(runs, plan)
    runs.stop(name)
    may_read.set()
    until(lambda: not runs._reading)
    stopped = runs.find(name)
    assert (stopped.status, stopped.state) == (Status.STOPPED, None)
    assert list(runs.root.iterdir()) == []
    runs.resume(name)
    assert ended(runs, name).status is Status.FINISHED


def test_experiments_begun_at_once_have_names_of_their_own(runs, plan):
    with ThreadPoolExecutor(4) as sessions:
        experiments = [
            sessions.submit(runs.begin_experiment, [("a", plan)] * 2, BUNDLED, "exercise 3", 3) for _ in range(4)
        ]
    assert sorted(one.result() for one in experiments) == [f"exercise 3 ({i})" for i in (1, 2, 3, 4)]
    members = {run.name: run.experiment for run in runs.runs()}
    assert len(members) == 8
    assert all(name.startswith(f"exercise-3-{experiment[-2]}-") for name, experiment in members.items())
    assert {run.exercise for run in runs.runs()} == {3}


def test_a_run_of_an_experiment_is_on_disk_before_its_end(runs, plan, monkeypatch, tmp_path, whole):
    monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", 0.0)
    runs.begin_experiment([("a", plan)], BUNDLED, "exercise 3", 3)
    (name,) = names(runs)
    file = file_of(runs.root, name)
    copied = tmp_path / "after"
    copied.mkdir()
    until(lambda: runs.find(name).iteration >= 12 and file.is_file())
    file_of(copied, name).write_bytes(file.read_bytes())
    later = Scheduler(copied)
    again = later.find(name)
    assert (again.status, again.experiment, again.label) == (Status.PAUSED, "exercise 3 (1)", "a")
    assert (again.exercise, again.every_snapshot) == (3, False)
    later.resume(name)
    ended(later, name)
    later.close()
    assert same(weights_of(copied / name), whole.weights)


def full(*_, **__):
    raise OSError(28, "No space left on device")


def test_on_a_full_disk_a_run_goes_on_in_memory_and_is_written_when_there_is_room(runs, plan, monkeypatch, whole):
    """What was on disk before is still there, and nothing says that more is."""
    monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(journal, "TICK_S", 0.05)
    name = begun(runs, plan)
    until(lambda: runs.find(name).kept)
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write_atomically", full)
        until(lambda: runs.find(name).not_on_disk)
        at = runs.find(name).iteration
        assert runs.find(name).status is Status.TRAINING
        paused = paused_at(runs, name, at + 5)
        assert (paused.status, paused.reason) == (Status.PAUSED, "")
        until(lambda: runs.find(name).not_on_disk)
        assert "No space left on device" in runs.find(name).not_on_disk
        assert runs.find(name).state is not None, "it is nowhere else"
        kept = checkpoints.read(file_of(runs.root, name))[0]
        assert kept.iteration == runs.find(name).kept.iteration < paused.iteration
        runs.resume(name)
        until(lambda: runs.find(name).iteration > paused.iteration)
        paused = paused_at(runs, name, 0)
    until(lambda: runs.find(name).on_disk)
    assert (runs.find(name).not_on_disk, runs.find(name).kept.iteration) == ("", paused.iteration)
    runs.resume(name)
    assert ended(runs, name).status is Status.FINISHED
    assert same(weights_of(runs.root / name), whole.weights)


def test_a_run_that_is_on_disk_takes_no_memory_until_it_is_looked_at(runs, plan):
    name = begun(runs, plan)
    paused = paused_at(runs, name, 12)
    until(lambda: runs.find(name).on_disk)
    found = runs.find(name)
    assert (found.state, dict(found.snapshots)) == (None, {})
    assert (found.iteration, found.seconds) == (paused.iteration, paused.seconds)
    assert found.snapshot_iterations == paused.snapshot_iterations
    digits = load_digits(BUNDLED, keep_validation=True)
    at_5 = advance.advance(advance.start(plan.network, plan.recipe), digits.train, 5)
    assert same(runs.network_at(name, 5).weights, at_5.weights)
    expected = advance.advance(at_5, digits.train, found.iteration - 5)
    assert same(runs.loaded(name).state.weights, expected.weights)


def test_a_run_stopped_while_it_is_on_disk_alone_becomes_a_model(runs, plan):
    name = begun(runs, plan)
    paused_at(runs, name, 12)
    until(lambda: runs.find(name).on_disk)
    at = runs.find(name).iteration
    runs.stop(name)
    assert ended(runs, name).status is Status.FINISHED
    assert store.open_model(runs.root / name).card.last.iteration == at


def test_a_run_that_waits_holds_no_arrays_and_runs_share_their_digits(runs, plan, worker):
    """So what a person begins takes memory for what is under way, whatever else waits."""
    runs.begin_experiment([(f"{i}", plan) for i in range(60)], BUNDLED, "sweep")
    begun(runs, plan)
    until(lambda: len(runs._digits) == 61)
    for _ in range(20):
        worker.answer()
    begun_too = 1  # where the digits of the sweep's second run were there before those of the first
    assert sum(run.state is not None for run in runs.runs()) <= 2 + begun_too
    assert len({id(digits) for digits in runs._digits.values()}) == 1


def test_at_the_end_every_run_is_saved_on_its_own(runs, plan, monkeypatch):
    """One file that cannot be written, whatever the reason, does not stop the saving of the others."""
    first, second, third = (
        begun(runs, dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=10_000)), name)
        for name in "abc"
    )
    until(lambda: all(runs.find(name).iteration >= 3 for name in (first, second, third)))
    write = checkpoints.write

    def broken(path, run, *options):
        if run.name != third:
            raise ValueError("It cannot be.") if run.name == first else OSError(30, "Read-only file system")
        write(path, run, *options)

    monkeypatch.setattr(checkpoints, "write", broken)
    runs.close()
    assert not file_of(runs.root, first).exists()
    assert checkpoints.read(file_of(runs.root, third))[0].iteration >= 3


def test_a_model_that_cannot_be_written_fails_the_run_and_is_written_when_it_is_resumed(runs, plan, monkeypatch, whole):
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write_model", full)
        name = begun(runs, plan)
        failed = ended(runs, name)
    assert (failed.status, failed.iteration) == (Status.FAILED, 60)
    assert "Its network is not on disk" in failed.reason
    assert "No space left on device. Resume writes it again." in failed.reason
    runs.resume(name)
    assert ended(runs, name).status is Status.FINISHED
    assert same(weights_of(runs.root / name), whole.weights)


def test_a_damaged_file_is_told_and_the_others_are_there(runs, plan):
    name = begun(runs, dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, iterations=3)))
    ended(runs, name)
    until(file_of(runs.root, name).is_file)
    (runs.root / ".bad-1.run.npz").write_bytes(b"not a run")
    later = Scheduler(runs.root)
    assert names(later) == ["tiny-1"]
    assert "bad-1" in later.problems[0]


def test_the_command_lines_run_is_left_alone(runs, plan):
    begun_elsewhere = run.Run("mine", plan, BUNDLED, 60, state=advance.start(plan.network, plan.recipe))
    checkpoints.write(file_of(runs.root, "mine"), begun_elsewhere, of_server=False)
    later = Scheduler(runs.root)
    assert later.runs() == []
    assert later.problems == []
    assert file_of(runs.root, "mine").is_file()


def test_curves_average_the_steps(plan):
    state = advance.RunState(
        None, None, 0, 4, {}, (), np.array([4, 2, 1, 1], np.float32), np.array([0, 1, 1, 1], np.float32)
    )
    curves = run.curves(run.Run("r", plan, BUNDLED, 4, state=state), n_points=2)
    assert curves["iteration"].tolist() == [2, 4]
    assert curves["loss"].tolist() == [3, 1]
    assert curves["accuracy"].tolist() == [0.5, 1]


def test_what_was_measured_is_averaged_over_as_many_measurements(plan):
    """After steps 1, 2, 4, 5 and 6 of 7; in two points, of two measurements and of three."""
    after = np.array([0, 1, np.nan, 0.5, 1, 0, np.nan], np.float32)
    state = advance.RunState(None, None, 0, 7, {}, (), after, after, accuracies_after=after)
    one = run.Run("r", plan, BUNDLED, 7, state=state)
    assert [values.tolist() for values in run.measured(one, n_points=2)] == [[2, 6], [0.5, 0.5]]
    assert [values.tolist() for values in run.measured(one)] == [[1, 2, 4, 5, 6], [0, 1, 0.5, 1, 0]]
    none = dataclasses.replace(one, state=dataclasses.replace(state, accuracies_after=np.full(7, np.nan, np.float32)))
    assert [values.tolist() for values in run.measured(none)] == [[], []]


def test_a_check_is_of_the_digits_it_was_given(tiny, quick, bundled):
    state = advance.start(tiny, quick)
    check = pieces.check(state, bundled)
    score = pieces.examine(tiny, state.weights, bundled)
    assert (check.iteration, check.n, check.correct) == (0, 500, score.correct)
    assert check.loss == pytest.approx(np.log(10), rel=0.3)
