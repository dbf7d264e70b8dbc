"""Files of unfinished runs that are none: a BrokenModel of one line, whatever they are."""

import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.npz import npz_bytes
from cnnviz.training import advance, checkpoints
from cnnviz.training.run import Run


@pytest.fixture(scope="module")
def good(tmp_path_factory, tiny, quick):
    """The file of a run that has just begun."""
    path = checkpoints.run_file(tmp_path_factory.mktemp("runs") / "tiny-1")
    state = advance.start(tiny, quick, 0)
    run = Run("tiny-1", Plan(tiny, quick), BUNDLED, 20, state=state, snapshots={0: state.weights})
    checkpoints.write(path, run)
    return path


def refused(path):
    with pytest.raises(BrokenModel) as error:
        checkpoints.read(path)
    assert str(error.value).startswith(str(path))
    assert str(error.value).isprintable()
    return str(error.value)


def test_a_good_one_is_read(good):
    run, of_server = checkpoints.read(good)
    assert (run.name, run.iteration, list(run.snapshots), of_server) == ("tiny-1", 0, [0], True)


KINDS = {
    "a named pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a symbolic link": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused(tmp_path, kind):
    path = checkpoints.run_file(tmp_path / "tiny-1")
    KINDS[kind](path)
    assert f"found {kind}" in refused(path)


def test_one_that_is_not_there_is_said(tmp_path):
    assert "expected an unfinished run, found none" in refused(checkpoints.run_file(tmp_path / "none"))


def arrays_in(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def with_about(path, change):
    arrays = arrays_in(path)
    about = json.loads(arrays["about"].tobytes())
    change(about)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    return npz_bytes(arrays)


@pytest.mark.parametrize("name", ["../tiny-1", "/tmp/tiny-1", "tiny-2", "", "..", None, 5])
def test_a_run_of_another_name_is_refused(good, tmp_path, name):
    """Its files would be looked for, written and deleted in another folder."""
    path = tmp_path / good.name
    path.write_bytes(with_about(good, lambda about: about["notes"].update(name=name)))
    assert "It is of" in refused(path)


def test_a_compressed_one_is_refused(good, tmp_path):
    content = io.BytesIO()
    np.savez_compressed(content, **arrays_in(good))
    path = tmp_path / good.name
    path.write_bytes(content.getvalue())
    assert "stored as it is" in refused(path)


def test_nesting_without_end_is_refused(good, tmp_path):
    arrays = arrays_in(good) | {"about": np.frombuffer(b"[" * 100_000, np.uint8)}
    path = tmp_path / good.name
    path.write_bytes(npz_bytes(arrays))
    refused(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 1 << 16), end=st.integers(0, 1 << 16), middle=st.binary(max_size=50))
def test_no_bytes_raise_anything_else(good, tmp_path_factory, start, end, middle):
    folder = tmp_path_factory.mktemp("bytes")
    content = good.read_bytes()
    start, end = sorted((start % len(content), end % len(content)))
    path = folder / good.name
    path.write_bytes(content[:start] + middle + content[end:])
    if path.read_bytes() != content:
        refused(path)
    shutil.rmtree(folder)
