"""`train` that is killed, that has no room, and two of one name: what is on disk stays, and one sentence says so."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnnviz import __main__ as cli
from cnnviz.network import store
from cnnviz.training import checkpoints, folder_lock, lifecycle
from common import ROOT

TRAIN = ["train", "--preset", "hvass", "--data", "bundled"]
OFTEN = """
import resource, sys
from cnnviz.__main__ import main
from cnnviz.training import lifecycle
lifecycle.SAVE_EVERY_S = float(sys.argv[1])
if int(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
sys.exit(main(sys.argv[3:]))
"""


def command(*arguments, save_every_s=0.0, max_file_bytes=0):
    """The command line in a process of its own, with another interval, and with no room for larger files."""
    options = [str(save_every_s), str(max_file_bytes), *TRAIN, *(str(argument) for argument in arguments)]
    return [sys.executable, "-c", OFTEN, *options]


def run(*arguments):
    """Status of a command in this process."""
    return cli.main([*TRAIN, *(str(argument) for argument in arguments)])


def last_line(capsys):
    return capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]


@contextlib.contextmanager
def started(*arguments, **options):
    """A command that runs until it is killed."""
    with subprocess.Popen(
        command(*arguments, **options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as training:
        try:
            yield training
        finally:
            training.kill()
            training.communicate()


def until_line(training, start):
    for line in training.stdout:
        if line.startswith(start):
            return
    pytest.fail(f"no line began with {start!r}: {training.stderr.read()}")


def until(condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_training_goes_on_where_it_was_saved_to_the_bit(tmp_path, capsys):
    """What is killed is a process of its own; another one, this one, finds what it left."""
    arguments = ["--iterations", 150, "--seed", 4, "--snapshots", "last", "--out"]
    with started(*arguments, tmp_path / "new") as training:
        until_line(training, "Iteration     30")
        training.send_signal(signal.SIGKILL)
        training.wait()
    (tmp_path / "..new.run.npz.x7").write_bytes(b"half of it, as one leaves that is killed while it writes")
    kept, _ = checkpoints.read(checkpoints.run_file(tmp_path / "new"))
    assert 20 <= kept.iteration < 150
    assert not (tmp_path / "new").exists()
    assert run(*arguments, tmp_path / "new", "--resume") == 0
    out = capsys.readouterr().out
    assert f"Iteration {kept.iteration // 10 * 10 + 10:6}" in out
    assert f"Iteration {kept.iteration - 10:6}," not in out
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert run(*arguments, tmp_path / "whole") == 0
    files = [(tmp_path / name / "weights-000150.npz").read_bytes() for name in ("new", "whole")]
    assert files[0] == files[1]


def test_it_is_saved_every_ten_seconds_and_not_after_every_piece(tmp_path, monkeypatch):
    """At its end, before it is tested, it is saved in any case."""
    assert lifecycle.SAVE_EVERY_S == 10
    write, saved_at = checkpoints.write, []

    def watched(path, run, **options):
        saved_at.append(run.iteration)
        write(path, run, **options)

    monkeypatch.setattr(checkpoints, "write", watched)
    for every_s, saves_on_the_way in ((600.0, False), (0.0, True)):
        saved_at.clear()
        monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", every_s)
        assert run("--iterations", 60, "--out", tmp_path / f"every {every_s:.0f}", "--snapshots", "last") == 0
        assert saved_at[-1] == 60
        assert any(at < 60 for at in saved_at) == saves_on_the_way


def test_the_second_of_one_name_is_told_before_the_training_new_or_resumed(tmp_path, capsys):
    with started("--iterations", 10_000, "--out", tmp_path / "new") as training:
        until_line(training, "Iteration      1")
        assert run("--iterations", 5, "--out", tmp_path / "new") == 2
        out, err = capsys.readouterr()
        assert f"is being trained by process {training.pid}" in err
        assert "Iteration" not in out
        assert len(err.strip().splitlines()) == 1
        until_line(training, "Iteration    100")
        until(checkpoints.run_file(tmp_path / "new").exists)
        assert run("--iterations", 10_000, "--out", tmp_path / "new", "--resume") == 2
        assert "is being trained by process" in last_line(capsys)
    checkpoints.run_file(tmp_path / "new").unlink(missing_ok=True)
    assert run("--iterations", 5, "--out", tmp_path / "new") == 0  # the killed one is in nobody's way
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_without_out_a_name_is_taken_that_nobody_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    held = folder_lock.reserve(tmp_path / "hvass-1")
    checkpoints.run_file(tmp_path / "hvass-2").write_bytes(b"a run that was interrupted")
    assert run("--iterations", 2) == 0
    assert f"Written to {tmp_path / 'hvass-3'}." in capsys.readouterr().out
    held.release()


def test_without_room_the_training_says_so_and_what_was_there_stays(tmp_path):
    """Files may have 100 kB: as on a full disk the training goes on in memory, and the model cannot be written."""
    ran = subprocess.run(
        command("--iterations", 30, "--out", tmp_path / "new", max_file_bytes=100_000),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    lines = ran.stderr.replace("\r", "\n").strip().splitlines()
    assert lines[-1].startswith(f"{tmp_path / 'new'} could not be written: File too large. Nothing of it is on disk")
    assert sum("could not be kept on disk (File too large)" in line for line in lines) == 1
    assert list(tmp_path.iterdir()) == []


def no_room(*_, **__):
    raise OSError(28, "No space left on device")


def test_on_a_full_disk_the_last_checkpoint_stays_and_is_gone_on_with(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", 0.0)
    write = store.write
    monkeypatch.setattr(store, "write", no_room)
    assert run("--iterations", 30, "--out", tmp_path / "new") == 2
    line = last_line(capsys)
    assert line.startswith(f"{tmp_path / 'new'} could not be written: No space left on device. To go on: ")
    assert line.endswith(f"--resume --out {tmp_path / 'new'}.")
    assert [path.name for path in tmp_path.iterdir()] == [".new.run.npz"]
    monkeypatch.setattr(store, "write", write)
    assert run("--iterations", 30, "--out", tmp_path / "new", "--resume") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_disk_that_becomes_full_keeps_the_state_before(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lifecycle, "SAVE_EVERY_S", 0.0)
    write, written = checkpoints.write_atomically, []

    def twice(path, content):
        written.append(path)
        return write(path, content) if len(written) <= 2 else no_room()

    monkeypatch.setattr(checkpoints, "write_atomically", twice)
    monkeypatch.setattr(store, "write", no_room)
    assert run("--iterations", 60, "--out", tmp_path / "new") == 2
    kept, _ = checkpoints.read(checkpoints.run_file(tmp_path / "new"))
    err = capsys.readouterr().err
    assert err.count("could not be kept on disk (No space left on device). It goes on in memory") == 1
    assert f"It is on disk as it was at iteration {kept.iteration:,} (No space left on device)." in err


@pytest.mark.parametrize("iterations", ["99999999999", "0", "-1", "1e9", "text", "", "9" * 5000])
def test_iterations_that_cannot_be_are_one_line_and_status_2(iterations, tmp_path, capsys):
    assert run("--iterations", iterations, "--out", tmp_path / "new") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Expected 1 to 1,000,000 iterations. Received ")
    assert len(line) < 200
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", ["-1", str(2**31), "99999999999", "text"])
def test_a_seed_out_of_range_ends_with_status_2(seed, capsys):
    with pytest.raises(SystemExit) as ended:
        run("--seed", seed)
    assert ended.value.code == 2
    assert "seed" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.timeout(60)
def test_data_at_a_pipe_is_refused(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    arguments = ["train", "--preset", "hvass", "--data", str(tmp_path / "pipe"), "--out", str(tmp_path / "new")]
    assert cli.main(arguments) == 2
    assert "pipe: expected a folder with the four MNIST files" in last_line(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("name", [".hidden", "a\nb", os.fsdecode(b"\xff"), "x" * 250])
def test_a_name_that_no_model_can_have_is_refused_before_the_training(tmp_path, capsys, name):
    assert run("--iterations", 2, "--out", tmp_path / name) == 2
    assert capsys.readouterr().err.startswith("--out: Expected a name of characters")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/proc/new", "/dev/null/new"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_training(folder, capsys):
    assert run("--iterations", 2, "--out", f"{folder}/model") == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"{folder}: expected a folder that can be written to.")
    assert len(err.splitlines()) == 1
    assert "Iteration" not in out


def test_a_read_only_folder_is_refused_before_the_training(tmp_path, monkeypatch, capsys):
    """A user that may do everything can write to a folder whatever its mode is, so it is said here."""

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert run("--iterations", 2, "--out", tmp_path / "new") == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}: expected a folder that can be written to. Read-only file system.\n"
    )


@pytest.mark.timeout(60)
def test_a_pipe_as_a_picture_is_refused_and_the_others_are_answered(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    assert cli.main(["predict", "hvass", str(tmp_path / "pipe.png"), str(tmp_path / "zero.png")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path / 'pipe.png'}: expected a regular file, found a named pipe.",
        f"{tmp_path / 'zero.png'}: expected a regular file, found a device.",
    ]


def test_a_network_that_overflows_is_one_line(tmp_path, capsys):
    import shutil

    import damaged

    folder = shutil.copytree(store.ROOT / "low-level", tmp_path / "huge")
    damaged.huge_weights(Path(folder))
    assert cli.main(["evaluate", str(folder), "--data", "bundled", "--json"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "huge: expected a network that computes numbers, found weights that overflow.\n")
