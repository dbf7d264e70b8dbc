"""What is sent to the workers once, what happens when one dies, and who is kept waiting by whom."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait

import numpy as np
import pytest

from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend, worker_start
from cnnviz.compute.backend import Priority
from cnnviz.compute.dispatch import Dispatcher
from cnnviz.compute.local import LocalProcess
from cnnviz.compute.tasks import Task
from cnnviz.network.config import layers, weight_shapes
from cnnviz.network.weights import Network
from common import ROOT

START_S = 60
"""A worker that has to be started loads TensorFlow first; others may do so on the same machine."""


@pytest.fixture(scope="module")
def small(tiny):
    rng = np.random.default_rng(0)
    shapes = weight_shapes(tiny)
    return Network(tiny, {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


def worker_pid(priority=Priority.ANSWER):
    return backend.submit(os.getpid, priority=priority).result(START_S)


def test_an_answer_is_what_the_function_returns_here(small, bundled):
    there = backend.call(evaluation.probabilities_of_range, small, bundled, 0, 20)
    assert there == pytest.approx(evaluation.probabilities_of_range(small, bundled, 0, 20), abs=1e-6)
    maps = backend.call(inspection.activations, small, bundled.images[:2])
    assert list(maps) == [layer.name for layer in layers(small.config)]


def test_after_a_shutdown_a_new_worker_starts_without_what_keras_does_not_need(small, bundled):
    """TensorFlow is loaded without them; what asks for them afterwards finds them."""
    pid = worker_pid()
    backend.shutdown()
    assert worker_pid() != pid
    backend.call(inspection.activations, small, bundled.images[:1])
    assert backend.call(loaded, ("tensorflow", "keras", *worker_start.UNNEEDED_BY_KERAS)) == ["tensorflow", "keras"]
    labels, probs = np.arange(10), np.eye(10)
    assert backend.call(evaluation.score, labels, probs).correct == 10  # with scikit-learn


def loaded(names):
    return [name for name in names if name in sys.modules]


def test_a_network_is_sent_once(small, bundled, monkeypatch):
    backend.call(evaluation.probabilities_of_range, small, bundled, 0, 1)
    monkeypatch.setattr(Network, "__reduce__", lambda self: pytest.fail("sent again"))
    assert backend.call(evaluation.probabilities_of_range, small, bundled, 0, 1).shape == (1, 10)


def test_an_error_comes_back_as_it_was_raised(small):
    with pytest.raises(ValueError, match="name of a convolution layer"):
        backend.call(inspection.kernels, small, "dense1")


def niceness(priority):
    return backend.submit(os.nice, 0, priority=priority).result(START_S)


def test_answers_have_a_process_of_their_own_and_long_work_gives_way():
    assert worker_pid() != worker_pid(Priority.PAGE) == worker_pid(Priority.RUN) != os.getpid()
    assert (backend.pids()["answers"], backend.pids()["long_work"]) == ([worker_pid()], [worker_pid(Priority.RUN)])
    assert niceness(Priority.PAGE) == niceness(Priority.ANSWER) + worker_start.LONG_WORK_NICENESS


def test_what_takes_minutes_has_a_process_of_its_own_without_tensorflow(tmp_path):
    aside = backend.submit(wait_for, tmp_path / "gate", priority=Priority.ASIDE)
    assert backend.submit(abs, -1, priority=Priority.RUN).result(START_S) == 1
    assert not aside.done()
    (tmp_path / "gate").touch()
    assert aside.result(START_S)
    assert worker_pid(Priority.ASIDE) not in (worker_pid(Priority.PAGE), worker_pid(), os.getpid())
    assert backend.submit(loaded, ("tensorflow", "keras"), priority=Priority.ASIDE).result(START_S) == []
    assert niceness(Priority.ASIDE) == min(19, niceness(Priority.ANSWER) + worker_start.ASIDE_NICENESS)


def test_a_process_that_has_nothing_to_do_leaves_and_comes_back():
    room = Dispatcher(LocalProcess(loads_tensorflow=False, leaves_after_s=0.1))
    try:
        first = room.submit(Task(os.getpid, ()), Priority.ASIDE).result(START_S)
        until_gone(first)
        assert room.submit(Task(os.getpid, ()), Priority.ASIDE).result(START_S) != first
    finally:
        room.shutdown()


def until_gone(pid):
    """Wait until there is no such process, or nothing is left of it but its number."""
    deadline = time.monotonic() + START_S
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout[:1] not in ("", "Z")


def wait_for(path):
    """In a worker: True once the file is there."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if path.exists():
            return True
        time.sleep(0.01)
    return False


def append(path, text):
    """In a worker: leave a trace."""
    with path.open("a") as file:
        file.write(text)


def test_a_long_task_does_not_keep_an_answer_waiting(tmp_path):
    long = backend.submit(wait_for, tmp_path / "gate")
    assert backend.call(abs, -1) == 1
    assert not long.done()
    (tmp_path / "gate").touch()
    assert long.result(START_S)


def test_a_page_comes_before_training_and_what_was_cancelled_not_at_all(tmp_path):
    """While the worker is busy, a piece of training is asked for first and a page after it."""
    trace, gate = tmp_path / "trace", tmp_path / "gate"
    busy = [backend.submit(wait_for, gate, priority=Priority.RUN) for _ in range(2)]
    pieces = [backend.submit(append, trace, "r", priority=Priority.RUN) for _ in range(2)]
    parts = [backend.submit(append, trace, letter) for letter in "abc"]
    assert parts[1].cancel()
    assert not busy[0].cancel()
    assert {priority.name: n for priority, n in backend.n_waiting().items() if n} == {"PAGE": 2, "RUN": 2}
    gate.touch()
    wait([*busy, *pieces, *parts], START_S)
    assert trace.read_text() == "acrr"


def test_an_answer_that_comes_too_late_is_not_computed(tmp_path):
    gate = tmp_path / "gate"
    busy = [backend.submit(wait_for, gate, priority=Priority.ANSWER) for _ in range(2)]
    with pytest.raises(TimeoutError):
        backend.call(append, tmp_path / "trace", "late", timeout_s=0.01)
    gate.touch()
    assert [future.result(START_S) for future in busy] == [True, True]
    assert backend.call(abs, -1) == 1
    assert not (tmp_path / "trace").exists()


def test_a_killed_worker_is_replaced_and_its_task_sent_again(small, bundled):
    before = worker_pid()
    running = backend.submit(time.sleep, 0.5, priority=Priority.ANSWER)
    waiting = [
        backend.submit(evaluation.probabilities_of_range, small, bundled, 0, 3, priority=Priority.ANSWER)
        for _ in range(3)
    ]
    os.kill(before, signal.SIGKILL)
    done, _ = wait([running, *waiting], START_S)
    assert len(done) == 4
    assert [part.result().shape for part in waiting] == [(3, 10)] * 3
    assert worker_pid() != before


def test_a_worker_may_grow():
    """300 MB more than after the first task is a leak to loky; TensorFlow with MNIST is more."""
    pytest.importorskip("psutil")
    pid = worker_pid()
    for code in ("builtins.grown = numpy.ones(50_000_000)", "pass", "del builtins.grown"):
        backend.call(exec, f"import builtins, numpy; {code}", {})
        time.sleep(1.1)  # loky looks once a second, after a task
    assert worker_pid() == pid


def at_once(*_):
    """In place of `begin`: four processes follow one another, and what they are asked needs no TensorFlow."""


def test_a_task_that_always_kills_its_worker_ends_with_a_sentence(monkeypatch):
    monkeypatch.setattr(worker_start, "begin", at_once)
    dispatcher = Dispatcher(LocalProcess())
    with pytest.raises(backend.BackendError, match="3 times"):
        dispatcher.submit(Task(os.abort, ()), Priority.PAGE).result(90)
    assert dispatcher.submit(Task(abs, (-2,)), Priority.PAGE).result(START_S) == 2
    dispatcher.shutdown()


def test_workers_end_when_the_server_is_killed(tmp_path):
    said = tmp_path / "worker"
    code = (
        "import os, sys, time; from pathlib import Path; from cnnviz.compute import backend;"
        "Path(sys.argv[1] + '.new').write_text(str(backend.call(os.getpid)));"
        "os.rename(sys.argv[1] + '.new', sys.argv[1]); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(said)], cwd=ROOT) as server:
        try:
            assert wait_for(said), "the server got no answer from its worker"
        finally:
            server.kill()
    worker = int(said.read_text())
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and alive(worker):
        time.sleep(0.1)
    assert not alive(worker)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
