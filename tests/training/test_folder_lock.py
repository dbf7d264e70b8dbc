"""One server for a folder, one process for a name; a process that is killed holds nothing."""

import os
import subprocess
import sys
import time

import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.presets import Plan
from cnnviz.training import folder_lock
from cnnviz.training.folder_lock import InUse, Reservations, lock_folder, reserve
from cnnviz.training.look_only import LookOnly
from cnnviz.training.scheduler import Scheduler
from common import ROOT

HOLD = """
import sys, time
from pathlib import Path
from cnnviz.training import folder_lock
folder = Path(sys.argv[2])
lock = folder_lock.lock_folder(folder) if sys.argv[1] == "folder" else folder_lock.reserve(folder)
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other():
    """Start another process that holds something; gives its process."""
    started = []

    def start(what, folder):
        command = [sys.executable, "-c", HOLD, what, str(folder)]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_another_server_is_told_at_once_who_has_the_folder(other, tmp_path):
    process = other("folder", tmp_path / "runs")
    with pytest.raises(InUse) as refused:
        lock_folder(tmp_path / "runs")
    sentence = str(refused.value)
    assert sentence.startswith(f"Another server, process {process.pid}, uses this folder ({tmp_path / 'runs'})")
    assert "CNNVIZ_RUNS" in sentence
    assert refused.value.holder == f"process {process.pid}"
    process.kill()
    process.wait()
    lock_folder(tmp_path / "runs").release()
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_name_is_held_until_its_process_ends(other, tmp_path):
    process = other("name", tmp_path / "new")
    with pytest.raises(InUse, match=rf"new is being trained by process {process.pid}\. Choose another name\."):
        reserve(tmp_path / "new")
    reserve(tmp_path / "another").release()
    process.kill()
    process.wait()
    assert [path.name for path in tmp_path.iterdir()] == [".new.lock"]
    reserve(tmp_path / "new").release()
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_released_can_be_taken_again(tmp_path):
    first = lock_folder(tmp_path)
    with pytest.raises(InUse, match=f"process {os.getpid()}"):
        lock_folder(tmp_path)
    first.release()
    first.release()
    lock_folder(tmp_path).release()


def test_a_lock_is_not_taken_on_a_file_that_its_holder_is_taking_away(tmp_path, monkeypatch):
    """Between the opening and the locking the holder may delete the file: a lock on that one would keep nobody out."""
    first = lock_folder(tmp_path)
    opening = os.open

    def then_release(*arguments):
        descriptor = opening(*arguments)
        first.release()
        return descriptor

    monkeypatch.setattr(os, "open", then_release)
    second = lock_folder(tmp_path)
    with pytest.raises(InUse):
        lock_folder(tmp_path)
    second.release()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_something_else_of_that_name_holds_nothing_up(tmp_path, make):
    make(tmp_path / folder_lock.FOLDER_FILE)
    assert lock_folder(tmp_path).descriptor is None


def test_without_flock_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "HAS_FLOCK", False)
    with pytest.raises(folder_lock.Unlockable, match=r"cannot be locked here .*see that only one uses it"):
        lock_folder(tmp_path)
    assert reserve(tmp_path / "new").descriptor is None


def test_where_nothing_can_be_written_nothing_is_held(tmp_path):
    (tmp_path / "file").write_text("")
    assert lock_folder(tmp_path / "file" / "runs").descriptor is None
    assert reserve(tmp_path / "file" / "new").descriptor is None


def test_a_server_takes_another_name_than_a_process_that_trains(other, tmp_path, tiny, quick):
    process = other("name", tmp_path / "tiny-1")
    runs = Scheduler(tmp_path)
    try:
        assert runs.begin(Plan(tiny, quick), BUNDLED, "tiny").name == "tiny-2"
        with pytest.raises(InUse):
            reserve(tmp_path / "tiny-2")
        process.kill()
    finally:
        runs.close()
    reserve(tmp_path / "tiny-2").release()


def test_a_finished_run_gives_its_reservation_back(tmp_path, tiny, quick):
    runs = Scheduler(tmp_path)
    try:
        name = runs.begin(Plan(tiny, quick), BUNDLED, "tiny").name
        deadline = time.monotonic() + 120
        while runs.find(name).active:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not (tmp_path / f".{name}.lock").exists()
        runs.delete(name)
        assert list(tmp_path.iterdir()) == []
    finally:
        runs.close()


@pytest.mark.parametrize("name", ["../x", "/tmp/x", ".x", "a\nb"])
def test_a_name_that_leads_out_of_the_folder_begins_nothing(tmp_path, tiny, quick, name):
    runs = Scheduler(tmp_path / "runs")
    with pytest.raises(ValueError, match="Expected a name of characters"):
        runs.begin(Plan(tiny, quick), BUNDLED, name)
    assert runs.runs() == []
    assert list(tmp_path.iterdir()) == []


def test_names_can_be_taken_and_given_back(tmp_path):
    mine, others = Reservations(tmp_path), Reservations(tmp_path)
    assert mine.take("a")
    assert mine.take("a")
    assert not others.take("a")
    mine.release("a")
    mine.release("a")
    assert others.take("a")
    others.close()
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_only_looks_begins_nothing_and_leaves_the_folder_alone(tmp_path, tiny, quick):
    runs = LookOnly(tmp_path, "Another server has it.")
    with pytest.raises(ValueError, match="Another server has it"):
        runs.begin(Plan(tiny, quick), BUNDLED, "tiny")
    with pytest.raises(ValueError, match="Another server has it"):
        runs.begin_experiment([("label", Plan(tiny, quick))], BUNDLED, "sweep")
    assert runs.runs() == []
    runs.delete("tiny-1")
    runs.close()
    assert list(tmp_path.iterdir()) == []
