"""Modules that are loaded on first use: one at a time, and never half."""

import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnviz.lazy import LazyModule

WAIT_S = 60


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What the modules of a folder of one's own say while they are loaded, and events that they wait for."""
    told = types.ModuleType("told_to_test")
    told.lines, told.gate, told.reached = [], threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, "told_to_test", told)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield told
    for name in ("first_half", "second_half", "patient", "ready", "moody"):
        sys.modules.pop(name, None)


def write(folder, name, *lines):
    (folder / f"{name}.py").write_text("\n".join(["import told_to_test as told", *lines]), "utf-8")
    return LazyModule(name)


def test_no_module_begins_before_another_has_ended(told, tmp_path):
    bodies = {
        name: write(tmp_path, name, f"told.lines.append('{name} begins')", "import time; time.sleep(0.2)",
                    f"told.lines.append('{name} ends')", "value = __name__")
        for name in ("first_half", "second_half")
    }  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda module: module.value, bodies.values())) == list(bodies)
    begun = [line.split()[0] for line in told.lines]
    assert begun[0] == begun[1] != begun[2] == begun[3]


def test_what_is_loaded_waits_for_nobody(told, tmp_path):
    ready, patient = (
        write(tmp_path, "ready", "value = 1"),
        write(tmp_path, "patient", "told.reached.set()", f"assert told.gate.wait({WAIT_S})", "value = 2"),
    )
    assert ready.value == 1
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(lambda: patient.value)
        assert told.reached.wait(WAIT_S)
        try:
            assert pool.submit(lambda: ready.value).result(WAIT_S) == 1
            assert not slow.done()
        finally:
            told.gate.set()
        assert slow.result(WAIT_S) == 2


def test_a_module_that_could_not_be_loaded_is_tried_again(told, tmp_path):
    moody = write(tmp_path, "moody", "if not told.gate.is_set(): raise ImportError('not yet')", "value = 3")
    with pytest.raises(ImportError, match="not yet"):
        _ = moody.value
    told.gate.set()
    assert moody.value == 3
