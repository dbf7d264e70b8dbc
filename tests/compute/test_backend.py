"""The door: what crosses it once, what happens when a worker dies, and that TensorFlow stays behind it."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait

import numpy as np
import pytest

from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend
from cnnviz.network.config import layers, weight_shapes
from cnnviz.network.weights import Network
from common import ROOT


@pytest.fixture(scope="module")
def small(tiny):
    rng = np.random.default_rng(0)
    shapes = weight_shapes(tiny)
    return Network(tiny, {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


def worker_pid(lane="answers"):
    return backend.submit(os.getpid, lane=lane).result(60)


def test_an_answer_is_what_the_function_returns_here(small, bundled):
    there = backend.call(evaluation.probabilities_of_range, small, bundled, 0, 20)
    assert there == pytest.approx(evaluation.probabilities_of_range(small, bundled, 0, 20), abs=1e-6)
    maps = backend.call(inspection.activations, small, bundled.images[:2])
    assert list(maps) == [layer.name for layer in layers(small.config)]


def test_a_worker_is_not_kept_waiting_by_what_keras_does_not_need(small, bundled):
    """TensorFlow is loaded without them; what asks for them afterwards finds them."""
    backend.shutdown()
    backend.call(inspection.activations, small, bundled.images[:1])
    assert backend.call(loaded, ("tensorflow", "keras", *backend.NOT_FOR_KERAS)) == ["tensorflow", "keras"]
    labels, probs = np.arange(10), np.eye(10)
    assert backend.call(evaluation.score, labels, probs).correct == 10  # with scikit-learn


def loaded(names):
    return [name for name in names if name in sys.modules]


def test_a_network_crosses_once(small, bundled, monkeypatch):
    backend.call(evaluation.probabilities_of_range, small, bundled, 0, 1)
    monkeypatch.setattr(Network, "__reduce__", lambda self: pytest.fail("sent again"))
    assert backend.call(evaluation.probabilities_of_range, small, bundled, 0, 1).shape == (1, 10)


def test_an_error_comes_back_as_it_was_raised(small):
    with pytest.raises(ValueError, match="name of a convolution layer"):
        backend.call(inspection.kernels, small, "dense1")


def test_lanes_are_two_processes_and_long_work_gives_way():
    assert worker_pid("answers") != worker_pid("work") != os.getpid()
    assert (
        backend.submit(os.nice, 0, lane="work").result(60)
        == backend.submit(os.nice, 0, lane="answers").result(60) + backend.WORK_NICENESS
    )


def test_a_long_task_does_not_keep_an_answer_waiting():
    long = backend.submit(time.sleep, 3, lane="work")
    assert backend.call(abs, -1) == 1
    assert not long.done()


def test_a_killed_worker_is_replaced_and_its_task_sent_again(small, bundled):
    before = worker_pid()
    running = backend.submit(time.sleep, 0.5, lane="answers")
    waiting = backend.submit(evaluation.probabilities_of_range, small, bundled, 0, 3, lane="answers")
    os.kill(before, signal.SIGKILL)
    done, _ = wait([running, waiting], 60)
    assert len(done) == 2
    assert waiting.result().shape == (3, 10)
    assert worker_pid() != before


def test_a_worker_may_grow():
    """300 MB more than after the first task is a leak to loky; TensorFlow with MNIST is more."""
    pytest.importorskip("psutil")
    pid = worker_pid()
    for code in ("builtins.grown = numpy.ones(50_000_000)", "pass", "del builtins.grown"):
        backend.call(exec, f"import builtins, numpy; {code}", {})
        time.sleep(1.1)  # loky looks once a second, after a task
    assert worker_pid() == pid


def test_a_task_that_always_kills_its_worker_ends_with_a_sentence():
    with pytest.raises(backend.BackendError, match="3 times"):
        backend.submit(os.abort, lane="work").result(90)
    assert backend.submit(abs, -2, lane="work").result(60) == 2


def test_shutdown_ends_the_processes_and_the_next_task_starts_one():
    pid = worker_pid()
    backend.shutdown()
    assert worker_pid() != pid


def test_workers_end_when_the_server_is_killed(tmp_path):
    code = (
        "import os,time; from cnnviz.compute import backend; print(backend.call(os.getpid), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        worker = int(server.stdout.readline())
        server.kill()
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
