"""What a worker does before its first task, and that it works without every trick."""

import builtins
import os
import subprocess
import sys
import threading
import types
from concurrent.futures import BrokenExecutor, Future

import pytest

from cnnviz.compute import local, worker_start
from cnnviz.compute.dispatch import Dispatcher
from cnnviz.compute.local import LocalProcess
from cnnviz.compute.tasks import Priority, Task
from common import ROOT

START_S = 120
"""A process that loads TensorFlow, twice where the first one fails, on a machine that is busy."""


def loaded(names):
    return [name for name in names if name in sys.modules]


@pytest.fixture
def started():
    """Make a process with these settings; it ends with the test."""
    made = []

    def start(**settings):
        made.append(Dispatcher(LocalProcess(**settings)))
        return lambda function, *args: made[-1].submit(Task(function, args), Priority.ANSWER).result(START_S)

    yield start
    for dispatcher in made:
        dispatcher.shutdown()


def test_a_hidden_module_is_not_found_and_can_be_imported_afterwards():
    assert "wave" not in sys.modules
    with worker_start.not_found(["wave", "json"]):
        with pytest.raises(ModuleNotFoundError):
            import wave
        import json
    assert json is sys.modules["json"], "what has been loaded stays"
    import wave

    assert wave.__name__ == "wave"


def test_what_is_hidden_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), worker_start.not_found(["wave_that_is_not_there"]):
        _ = 1 / 0
    assert "wave_that_is_not_there" not in sys.modules


def test_a_module_that_someone_loaded_all_the_same_is_no_error():
    with worker_start.not_found(["module_of_this_test"]):
        del sys.modules["module_of_this_test"]
    assert "module_of_this_test" not in sys.modules


def test_tensorflow_that_cannot_do_without_is_loaded_anew_with_everything(started):
    """TensorFlow needs opt_einsum, and fails so late that the same process could not load it again."""
    compute = started(hidden=(*worker_start.UNNEEDED_BY_KERAS, "opt_einsum"))
    assert compute(loaded, ("tensorflow", *worker_start.UNNEEDED_BY_KERAS, "opt_einsum"))[-1] == "opt_einsum"
    assert compute(loaded, ("tensorflow",)) == ["tensorflow"]


class Executor:
    """In place of loky's: dies with the first task that it cannot do."""

    def __init__(self, initargs, **_):
        (_, _, self.hidden, _), self.broken = initargs, None

    def submit(self, perform, function, args, values):
        if self.broken:
            raise self.broken
        sent = Future()
        if function is os.abort:
            self.broken = BrokenExecutor("It has ended.")
            sent.set_exception(self.broken)
        else:
            sent.set_result(perform(function, args, values))
        return sent

    def shutdown(self, **_):
        pass


def test_only_a_process_that_never_answered_is_replaced_by_one_that_hides_nothing(monkeypatch):
    made = []
    monkeypatch.setattr(
        local, "loky", types.SimpleNamespace(ProcessPoolExecutor=lambda **how: made.append(Executor(**how)) or made[-1])
    )
    process = LocalProcess(hidden=("a", "b"))
    for function, argument in ((abs, (-1,)), (os.abort, ()), (abs, (-1,)), (os.abort, ()), (os.abort, ()), (abs, (1,))):
        process.post(Task(function, argument), {}, None)
    assert [executor.hidden for executor in made] == [("a", "b"), ("a", "b"), ("a", "b"), ()]


def at_once(*_):
    """In place of `begin`, for tests that need no TensorFlow."""


def test_a_worker_that_loky_replaces_is_no_loss(started, monkeypatch):
    """As with a release that does not know the variable: the limit is 1 MB, so that it has grown too much."""
    pytest.importorskip("psutil")
    monkeypatch.setattr(worker_start, "ENVIRONMENT", {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e6"})
    monkeypatch.setattr(worker_start, "begin", at_once)
    compute = started()
    pid = compute(os.getpid)
    code = "import builtins, time; builtins.grown = bytearray(10_000_000); time.sleep(1.1)"  # loky looks once a second
    compute(exec, code, {})
    assert compute(os.getpid) != pid


def test_without_niceness_everything_works(monkeypatch):
    monkeypatch.delattr(os, "nice")
    worker_start.give_way(5)
    monkeypatch.setattr(sys, "platform", "darwin")
    worker_start.give_way(5, threading.get_native_id())


def test_a_system_that_forbids_niceness_is_no_error(monkeypatch):
    asked = []

    def refuse(*args):
        asked.append(args)
        raise PermissionError("not in this container")

    monkeypatch.setattr(os, "nice", refuse)
    monkeypatch.setattr(os, "setpriority", refuse, raising=False)
    worker_start.give_way(0)
    worker_start.give_way(5)
    worker_start.give_way(7, 1234)
    assert asked == [(5,), *([(os.PRIO_PROCESS, 1234, 7)] if sys.platform == "linux" else [])]


def test_the_environment_is_known_to_the_loky_that_is_installed():
    code = "from loky import process_executor; print(process_executor._MAX_MEMORY_LEAK_SIZE)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | worker_start.ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=True,
    )
    assert int(run.stdout) == 10**15


def test_a_worker_starts_without_a_line_on_the_console():
    code = "import os; from cnnviz.compute import backend; backend.call(abs, -1); backend.shutdown()"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=START_S, check=True
    )
    assert run.stdout + run.stderr == ""


def test_two_copies_of_loky_in_one_process_get_on():
    """scikit-learn's joblib brings its own copy; `synthesis.training_set` uses it beside our workers."""
    code = """
import math, joblib
from cnnviz.compute import backend, worker_start
worker_start.begin = lambda *_: None  # TensorFlow is not needed
answer = backend.submit(math.factorial, 5)
with joblib.Parallel(2, backend="loky", return_as="generator") as pool:
    print(list(pool(joblib.delayed(abs)(-i) for i in range(20))) == list(range(20)))
print(answer.result(100), backend.call(abs, -2))
backend.shutdown()
with joblib.Parallel(2, backend="loky") as pool:
    print(pool(joblib.delayed(abs)(-i) for i in range(3)))
print(backend.call(abs, -3))
"""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * START_S,
        check=True,
    )
    assert run.stdout.splitlines() == ["True", "120 2", "[0, 1, 2]", "3"]
    assert run.stderr == "", "neither of the two complains about the other's semaphores"


def test_loky_that_is_not_installed_is_said_to_who_waits(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(local, "loky", types.SimpleNamespace(ProcessPoolExecutor=lambda **_: missing("loky")))
    with pytest.raises(ModuleNotFoundError, match="loky"):
        Dispatcher(LocalProcess()).submit(Task(builtins.abs, (-1,)), Priority.ANSWER).result(START_S)
