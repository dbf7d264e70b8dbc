"""Modules that are loaded on first use: one at a time, and never half."""

import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnviz.lazy import LazyModule

WAIT_S = 60


@pytest.fixture
def recorder(monkeypatch, tmp_path):
    """Where the modules of a temporary folder write while they are loaded, and events that they wait for."""
    recorder = types.ModuleType("recorder_of_test")
    recorder.lines, recorder.gate, recorder.reached = [], threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, "recorder_of_test", recorder)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield recorder
    for name in ("first_half", "second_half", "patient", "ready", "moody"):
        sys.modules.pop(name, None)


def write(folder, name, *lines):
    (folder / f"{name}.py").write_text("\n".join(["import recorder_of_test as recorder", *lines]), "utf-8")
    return LazyModule(name)


def test_no_module_begins_before_another_has_ended(recorder, tmp_path):
    bodies = {
        name: write(tmp_path, name, f"recorder.lines.append('{name} begins')", "import time; time.sleep(0.2)",
                    f"recorder.lines.append('{name} ends')", "value = __name__")
        for name in ("first_half", "second_half")
    }  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda module: module.value, bodies.values())) == list(bodies)
    begun = [line.split()[0] for line in recorder.lines]
    assert begun[0] == begun[1] != begun[2] == begun[3]


def test_what_is_loaded_waits_for_nobody(recorder, tmp_path):
    ready, patient = (
        write(tmp_path, "ready", "value = 1"),
        write(tmp_path, "patient", "recorder.reached.set()", f"assert recorder.gate.wait({WAIT_S})", "value = 2"),
    )
    assert ready.value == 1
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(lambda: patient.value)
        assert recorder.reached.wait(WAIT_S)
        try:
            assert pool.submit(lambda: ready.value).result(WAIT_S) == 1
            assert not slow.done()
        finally:
            recorder.gate.set()
        assert slow.result(WAIT_S) == 2


def test_a_module_that_could_not_be_loaded_is_tried_again(recorder, tmp_path):
    moody = write(tmp_path, "moody", "if not recorder.gate.is_set(): raise ImportError('not yet')", "value = 3")
    with pytest.raises(ImportError, match="not yet"):
        _ = moody.value
    recorder.gate.set()
    assert moody.value == 3
