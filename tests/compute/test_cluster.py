"""Long work on a cluster: a real scheduler, real workers, one of them killed; and every way it can be unusable."""

import contextlib
import dataclasses
import importlib.metadata
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path

import numpy as np
import pytest

from cnnviz.compute import backend, cluster, packing
from cnnviz.compute.backend import Priority
from cnnviz.compute.versions import source_checksum, versions
from cnnviz.data.dataset import BUNDLED, Dataset
from cnnviz.experiments import sweep
from cnnviz.lazy import LazyModule
from cnnviz.network.presets import Plan
from cnnviz.training import advance, run
from cnnviz.training.run import Status
from cnnviz.training.scheduler import Scheduler
from common import ROOT

N_STEPS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(*command, log, python_path=str(ROOT)):
    """A `dask` command as a process group of its own."""
    environment = os.environ | {"PYTHONPATH": python_path, "DASK_TEMPORARY_DIRECTORY": str(log.parent)}
    with log.open("w") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=log.parent,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def scheduler(port, folder, **options):
    place = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    return start("scheduler", *place, log=folder / f"scheduler{port}.log", **options)


def worker(address, folder, name, **options):
    return start(
        *("worker", address, "--nthreads", "1", "--no-dashboard", "--name", name, "--memory-limit", "0"),
        log=folder / f"{name}.log",
        **options,
    )


def end(processes):
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait(10)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A scheduler with two workers, each of one thread."""
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    there = f"tcp://127.0.0.1:{port}"
    processes = [scheduler(port, folder), *(worker(there, folder, name) for name in ("first", "second"))]
    yield there
    backend.leave_clusters()
    end(processes)


@pytest.fixture
def on_cluster(address, monkeypatch):
    """Long work goes to the cluster, with both workers there."""
    monkeypatch.setenv("CNNVIZ_SCHEDULER", address)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        error = backend.submit(abs, -1).exception(30)
        if error is None and backend.n_workers() == 2:
            return
        time.sleep(0.2)
    pytest.fail(f"{backend.n_workers()} workers; {backend.problem()}")


@pytest.fixture
def alone(monkeypatch):
    """A scheduler's address at which nobody listens, and what is started there ends with the test."""
    there = f"tcp://127.0.0.1:{free_port()}"
    monkeypatch.setenv("CNNVIZ_SCHEDULER", there)
    started = []
    yield there, started
    backend.leave_clusters()
    end(started)


def same(one, other):
    arrays = [*one.weights.values(), *one.optimizer_variables, one.losses]
    others = [*other.weights.values(), *other.optimizer_variables, other.losses]
    return all(a.tobytes() == b.tobytes() for a, b in zip(arrays, others, strict=True))


def train(room, named, after=lambda: None):
    """A sweep from its beginning to its end."""
    begun = [room.begin(one.plan, BUNDLED, "sweep", experiment="sweep (1)", label=one.label) for one in named]
    deadline = time.monotonic() + 120
    while any(run.active for run in room.runs()):
        assert time.monotonic() < deadline, [(run.status, run.iteration) for run in room.runs()]
        after()
        time.sleep(0.005)
    ended = [room.loaded(run.name) for run in begun]
    room.close()
    return ended


@pytest.fixture
def named(tiny, quick):
    """The four runs of a sweep."""
    base = Plan(tiny, dataclasses.replace(quick, iterations=N_STEPS))
    return sweep.plan_runs(base, {"batch": [8, 16]}, n_seeds=2)


@pytest.fixture
def here(named, tmp_path, monkeypatch):
    """The same runs on the default backend, in pieces of another length."""
    monkeypatch.setattr(run, "PIECE_S", 0.2)
    return train(Scheduler(tmp_path / "here"), named)


def test_a_sweep_survives_a_killed_worker_and_gives_the_same_weights(here, named, tmp_path, monkeypatch, on_cluster):
    monkeypatch.setattr(run, "PIECE_S", 0.02)
    victim = backend.submit(os.getpid).result(30)
    room, killed = Scheduler(tmp_path / "there"), []

    def after():
        if not killed and sum(run.iteration for run in room.runs()) >= len(named) * N_STEPS // 3:
            os.kill(victim, signal.SIGKILL)
            killed.append(sum(run.active for run in room.runs()))

    there = train(room, named, after)
    assert killed[0] >= 2, "the worker was to be killed in the middle"
    assert [(run.status, run.reason, run.iteration) for run in there] == [(Status.FINISHED, "", N_STEPS)] * 4
    assert [run.label for run in there] == [run.label for run in here]
    assert all(same(one.state, other.state) for one, other in zip(here, there, strict=True))
    assert [run.test for run in there] == [run.test for run in here]


def test_what_was_sent_to_a_killed_worker_is_sent_again(on_cluster):
    """Rows of 12 MB go to a worker ahead of their tasks; half of them are lost with it."""
    rows = [np.random.default_rng(seed).random(3_000_000, np.float32) for seed in range(8)]
    victim = backend.submit(os.getpid).result(30)
    sorting = [backend.submit(np.sort, row) for row in rows]
    wait(sorting, 60, FIRST_COMPLETED)
    os.kill(victim, signal.SIGKILL)
    for row, sent in zip(rows, sorting, strict=True):
        assert (sent.result(60) == np.sort(row)).all()


def test_a_data_set_is_sent_once_however_many_tasks_need_it(on_cluster, monkeypatch):
    packed = []
    monkeypatch.setattr(cluster, "pack", lambda value: packed.append(value) or value)
    rng = np.random.default_rng(1)
    digits = Dataset(rng.random((40, 28, 28, 1), np.float32), rng.integers(0, 10, 40), "noise")
    assert [sent.result(60) for sent in [backend.submit(len, digits) for _ in range(12)]] == [40] * 12
    assert packed == [digits]


def test_what_waits_for_a_busy_cluster_can_be_cancelled(on_cluster, tmp_path):
    """Both workers are busy and one task more has been sent; the rest waits here."""
    code = """
import os, time
deadline = time.monotonic() + 60
while not os.path.exists(gate) and time.monotonic() < deadline:
    time.sleep(0.01)
"""
    gate = tmp_path / "gate"
    busy = [backend.submit(exec, code, {"gate": str(gate)}, priority=Priority.RUN) for _ in range(3)]
    kept, cancelled = (backend.submit(os.mkdir, str(tmp_path / name)) for name in ("kept", "cancelled"))
    assert cancelled.cancel()
    assert not busy[0].cancel()
    gate.touch()
    done, _ = wait([*busy, kept, cancelled], 60)
    assert len(done) == 5
    backend.submit(abs, -1).result(60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gate", "kept"]


def test_an_error_comes_back_as_it_was_raised(on_cluster, tiny, quick, bundled):
    begun = backend.submit(advance.start, tiny, quick, 0).result(60)
    steep = dataclasses.replace(begun, recipe=dataclasses.replace(quick, learning_rate=1e18))
    with pytest.raises(advance.TrainingDiverged, match=r"^The loss is no longer a number at iteration \d+\."):
        backend.submit(advance.advance, steep, bundled, 9).result(60)
    with pytest.raises(ValueError, match="at least 1 step"):
        backend.submit(advance.advance, begun, bundled, 0).result(60)
    with pytest.raises(OSError, match="nowhere"):
        backend.submit(os.stat, Path("/nowhere")).result(60)


def test_a_function_that_cannot_be_sent_says_so_at_once(on_cluster):
    """In Python's words, which differ from version to version."""
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError), match="local object"):
        backend.submit(lambda: 1).result(60)


@pytest.fixture
def newer(monkeypatch):
    """From when it is called, this server believes to have a newer version of a package."""
    here = importlib.metadata.version

    def install(package):
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "99.0" if name == package else here(name))
        versions.cache_clear()

    yield install
    monkeypatch.undo()
    versions.cache_clear()
    backend.leave_clusters()


def test_other_versions_are_one_sentence_that_names_worker_package_and_both(address, newer, monkeypatch):
    monkeypatch.setenv("CNNVIZ_SCHEDULER", address)
    backend.leave_clusters()
    newer("keras")
    with pytest.raises(backend.BackendError, match=r"^The worker tcp://\S+ has keras 3\.\S+, this server has 99\.0\.$"):
        backend.submit(abs, -1).result(60)
    assert "keras" in backend.problem()


def test_a_worker_that_comes_later_with_other_versions_refuses_its_task(on_cluster, newer):
    """All workers have been checked; that the server's versions change stands in for a worker that just came."""
    newer("numpy")
    with pytest.raises(backend.BackendError, match=r"has numpy \S+, this server has 99\.0\."):
        backend.submit(abs, -1).result(60)
    assert "numpy" in backend.problem()


def test_a_cluster_that_cannot_be_used_says_why_until_it_can(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_S", 0.5)
    monkeypatch.setattr(cluster, "CONNECT_S", 2)  # it is asked again until it can be reached
    address, started = alone
    asked = [backend.submit(abs, -1) for _ in range(20)]
    assert backend.call(abs, -2) == 2
    for sent in asked:
        with pytest.raises(backend.BackendError, match=f"^The scheduler {address} cannot be reached: start it"):
            sent.result(60)
    assert backend.problem().startswith("The scheduler")
    assert backend.n_workers() == 1

    started.append(scheduler(int(address.rsplit(":", 1)[1]), tmp_path))
    assert sentence_after("cannot be reached").startswith(f"The scheduler {address} has no workers: start one")
    started.append(worker(address, tmp_path, "bare", python_path=""))
    assert "cannot load cnnviz" in sentence_after("has no workers")
    end([started.pop()])
    started.append(worker(address, tmp_path, "good"))
    assert sentence_after("has no workers", "cannot load") == ""
    assert backend.submit(abs, -3).result(60) == 3


class Road:
    """Between a client and a scheduler: carries bytes both ways, until it drops them all and ends no connection."""

    def __init__(self, port):
        self.drops, self._port, self._sockets = threading.Event(), port, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        with contextlib.suppress(OSError):
            while content := one.recv(65536):
                if not self.drops.is_set():
                    other.sendall(content)

    def close(self):
        for each in (self._listener, *self._sockets):
            each.close()


def test_a_host_that_drops_packets_is_given_up_and_drawing_goes_on(on_cluster, address, monkeypatch):
    monkeypatch.setattr(cluster, "WATCH_S", 0.2)
    monkeypatch.setattr(cluster, "SILENT_S", 2.0)
    monkeypatch.setattr(cluster, "CONNECT_S", 2)
    road = Road(int(address.rpartition(":")[2]))
    monkeypatch.setenv("CNNVIZ_SCHEDULER", road.address)
    try:
        assert backend.submit(abs, -3).result(60) == 3
        road.drops.set()
        waiting = [backend.submit(abs, -n) for n in range(3)]
        assert backend.submit(abs, -4, priority=Priority.ANSWER).result(60) == 4, "not by the cluster"
        for each in waiting:
            with pytest.raises(backend.BackendError, match=f"^The scheduler {road.address} cannot be (reached|used)"):
                each.result(60)
        assert "cannot be" in backend.problem()
        road.drops.clear()
        until_s = time.monotonic() + 60
        while backend.submit(abs, -1).exception(60) is not None:
            assert time.monotonic() < until_s
        assert backend.problem() == ""
    finally:
        road.close()
        backend.leave_clusters()


def sentence_after(*others):
    """What a task ends with once it is none of the sentences so far; "" when it is done."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        error = backend.submit(abs, -1).exception(60)
        if error is None:
            assert backend.problem() == ""
            return ""
        assert str(error) == backend.problem()
        if not any(other in str(error) for other in others):
            return str(error)
        time.sleep(0.2)
    return str(error)


def test_a_scheduler_that_cannot_load_the_package_is_named(alone, tmp_path):
    address, started = alone
    started.append(scheduler(int(address.rsplit(":", 1)[1]), tmp_path, python_path=""))
    assert f"The scheduler {address} cannot load cnnviz" in sentence_after("cannot be reached")


@pytest.mark.parametrize("address", ["nonsense://there:1", "tcp://there"])
def test_an_address_that_is_none_is_named(address, monkeypatch):
    monkeypatch.setenv("CNNVIZ_SCHEDULER", address)
    with pytest.raises(backend.BackendError, match=f"^The scheduler {address} cannot be"):
        backend.submit(abs, -1).result(60)
    backend.leave_clusters()


def test_without_the_package_a_sentence_names_the_command(alone, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr(cluster, "distributed", LazyModule("distributed"))  # as in a process that has not loaded it
    with pytest.raises(backend.BackendError, match=r"pip install -r requirements-cluster\.txt"):
        backend.submit(abs, -1).result(60)


def test_a_changed_file_in_a_folder_is_other_source(tmp_path):
    """A worker with other source must not compute: its results would differ."""
    (tmp_path / "network" / "layers").mkdir(parents=True)
    deep = tmp_path / "network" / "layers" / "pooling.py"
    deep.write_text("SIZE = 2")
    (tmp_path / "notes.txt").write_text("no source")
    before = source_checksum(tmp_path)
    assert before == source_checksum(tmp_path)
    (tmp_path / "notes.txt").write_text("still no source")
    assert source_checksum(tmp_path) == before
    deep.write_text("SIZE = 3")
    changed = source_checksum(tmp_path)
    assert changed != before
    deep.rename(tmp_path / "network" / "pooling.py")
    assert source_checksum(tmp_path) not in {before, changed}


def test_the_checksum_of_this_package_is_of_all_its_folders():
    assert f"(source {source_checksum(ROOT / 'cnnviz')})" in versions()["cnnviz"]
    assert source_checksum(ROOT / "cnnviz") != source_checksum(ROOT / "cnnviz" / "compute")


@pytest.mark.parametrize("levels", [256, 17], ids=["MNIST", "bundled"])
def test_digits_travel_as_bytes_only_when_that_is_exact(levels):
    images = np.random.default_rng(2).integers(0, levels, (50, 28, 28, 1)).astype(np.float32) / np.float32(levels - 1)
    digits = Dataset(images, np.arange(50) % 10, "digits")
    packed = packing.pack(digits)
    assert isinstance(packed, Dataset) == (levels == 17)
    back = packing.unpack(packed)
    assert back.images.tobytes() == images.tobytes()
    assert (back.labels == digits.labels).all()
    assert (back.name, back.key) == (digits.name, digits.key)
    assert packing.pack("a word") == packing.unpack("a word") == "a word"


def test_every_grey_of_mnist_is_exact():
    greys = np.arange(256).repeat(784).reshape(256, 28, 28, 1)
    digits = Dataset((greys / np.float32(255)).astype(np.float32), np.zeros(256, np.int64), "greys")
    assert packing.pack(digits).images.nbytes * 4 == digits.images.nbytes
    assert packing.unpack(packing.pack(digits)).images.tobytes() == digits.images.tobytes()


def test_the_server_loads_dask_only_for_a_cluster_and_never_tensorflow(address):
    code = """
import os, sys
from cnnviz.compute import backend
print(backend.n_workers(), backend.problem(), "distributed" in sys.modules)
os.environ["CNNVIZ_SCHEDULER"] = sys.argv[1]
print(backend.submit(abs, -2).result(60), backend.problem(), "distributed" in sys.modules)
print({"tensorflow", "keras"} & set(sys.modules))
backend.shutdown()
"""
    command = [sys.executable, "-W", "error", "-c", code, address]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    assert ran.stdout.splitlines() == ["1  False", "2  True", "set()"]
    assert ran.stderr == ""
