"""Digits that are no files, or claim to be: refused at once, in one line, and without the memory they ask for."""

import gzip
import os
import shutil
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.data import dataset, mnist

IMAGES, LABELS = mnist.FILES["test images"], mnist.FILES["test labels"]


@pytest.fixture(autouse=True)
def nowhere_else(tmp_path, monkeypatch):
    """No digits are found but those that a test puts down."""
    monkeypatch.setattr(dataset, "ROOT", tmp_path / "root")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def folder(tmp_path):
    """The four files in full size, every item 0, not compressed."""
    place = tmp_path / "digits"
    place.mkdir()
    for file in mnist.FILES.values():
        with (place / file.name).open("wb") as whole:
            whole.write(file.header)
            whole.truncate(file.n_bytes)
    return place


KINDS = {"pipe": os.mkfifo, "folder": Path.mkdir, "device": lambda path: path.symlink_to("/dev/zero")}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_missing(folder, kind):
    (folder / "train-images-idx3-ubyte").unlink()
    KINDS[kind](folder / "train-images-idx3-ubyte")
    with pytest.raises(mnist.DataError, match=r"missing train-images-idx3-ubyte\."):
        dataset.find(folder)


@pytest.mark.timeout(60)
def test_a_pipe_that_takes_the_place_of_a_file_is_refused(folder, monkeypatch):
    """It was a file when it was looked for."""
    (folder / LABELS.name).unlink()
    os.mkfifo(folder / LABELS.name)
    monkeypatch.setattr(mnist, "path_of", lambda place, file: place / file.name)
    with pytest.raises(mnist.DataError, match=r"t10k-labels-idx1-ubyte: expected a regular file, found a named pipe"):
        mnist.check_folder(folder)


@pytest.mark.parametrize("place", ["pipe", "pipe/below", "x" * 300])
def test_a_folder_that_is_none_is_said(tmp_path, place):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(mnist.DataError, match="expected a folder with the four MNIST files, found no folder"):
        dataset.find(tmp_path / place)


def test_links_to_digits_elsewhere_are_followed(folder, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    for file in mnist.FILES.values():
        (links / file.name).symlink_to(folder / file.name)
    assert dataset.find(links) == (dataset.Source("idx", links), [])


def test_a_gz_that_becomes_twenty_thousand_times_as_large_is_not_unpacked(folder):
    """Its header and the length that it states are right; what lies between is a bomb."""
    (folder / LABELS.name).unlink()
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bytearray(stream.compress(LABELS.header))
    for _ in range(200):
        packed += stream.compress(bytes(1_000_000))
    packed += stream.flush()
    packed[-4:] = LABELS.n_bytes.to_bytes(4, "little")
    (folder / f"{LABELS.name}.gz").write_bytes(packed)
    mnist.check_folder(folder)
    tracemalloc.start()
    with pytest.raises(mnist.DataError, match="expected 10,008 bytes, found 10,009"):
        mnist.read_idx(folder, LABELS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_file_of_any_size_is_not_read(folder):
    (folder / IMAGES.name).unlink()
    with (folder / f"{IMAGES.name}.gz").open("wb") as huge:
        huge.truncate(100_000_000_000)
    with pytest.raises(mnist.DataError, match="expected at most 64,000,000 bytes, found 100,000,000,000"):
        mnist.check_folder(folder)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_something_in_the_place_of_keras_archive_is_not_there(tmp_path, kind):
    path = mnist.keras_archive()
    path.parent.mkdir(parents=True)
    KINDS[kind](path)
    assert dataset.find() == (None, [])
    with pytest.raises(mnist.DataError, match=r"expected a regular file, found a .*; it is left as it is"):
        mnist.read_archive(path, "test")


def test_an_archive_that_changes_after_it_was_checked_is_not_unpacked(tmp_path, monkeypatch):
    """It is read once: what is unpacked is what has the checksum."""
    path = mnist.keras_archive()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"good")
    monkeypatch.setattr(mnist, "SHA256_NPZ", mnist.hashlib.sha256(b"good").hexdigest())
    check = mnist.check_archive

    def then_change(path):
        content = check(path)
        path.write_bytes(b"other")
        return content

    monkeypatch.setattr(mnist, "check_archive", then_change)
    loaded = []
    monkeypatch.setattr(mnist.np, "load", lambda file, **_: loaded.append(file.read()) or {}["x"])
    with pytest.raises(mnist.DataError):
        mnist.read_archive(path, "test")
    assert loaded == [b"good"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: gzip.compress(LABELS.header + b)))
def test_no_bytes_raise_anything_else(tmp_path_factory, content):
    place = tmp_path_factory.mktemp("bytes")
    (place / f"{LABELS.name}.gz").write_bytes(content)
    with pytest.raises(mnist.DataError) as refused:
        mnist.read_idx(place, LABELS)
    assert "\n" not in str(refused.value)
    shutil.rmtree(place)
