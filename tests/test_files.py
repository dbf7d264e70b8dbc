"""Files that are no files: whatever lies there is refused in a line, at once, and nothing of it is read."""

import os
import socket
from pathlib import Path

import pytest

from cnnviz import files
from cnnviz.files import FileError, MissingFile


def pipe(path):
    os.mkfifo(path)


def bound_socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # an address may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


OTHERS = {
    "a named pipe": pipe,
    "a socket": bound_socket,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_regular_file_is_refused_and_named(tmp_path, kind):
    OTHERS[kind](tmp_path / "x")
    with pytest.raises(FileError, match=f"x: expected a regular file, found {kind}"):
        files.read_bounded(tmp_path / "x", 1000)


def test_a_link_is_followed_only_where_that_is_wanted(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    assert files.read_bounded(tmp_path / "link", 7) == b"content"
    with pytest.raises(FileError, match="found a symbolic link"):
        files.read_bounded(tmp_path / "link", 7, follow_links=False)
    with pytest.raises(FileError, match="expected a file that can be opened"):
        files.read_bounded(tmp_path / "loop", 7)


def test_a_file_has_at_most_so_many_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert files.read_bounded(tmp_path / "file", 7) == b"content"
    with pytest.raises(FileError, match="expected at most 6 bytes, found 7"):
        files.read_bounded(tmp_path / "file", 6)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"content")
    fstat = os.fstat

    def then_grow(descriptor):
        about = fstat(descriptor)
        (tmp_path / "file").write_bytes(b"content and more")
        return about

    monkeypatch.setattr(os, "fstat", then_grow)
    with pytest.raises(FileError, match="expected 16 bytes, as when it was opened"):
        files.read_bounded(tmp_path / "file", 7)


def test_what_takes_the_place_of_a_file_after_it_was_looked_at_is_refused(tmp_path, monkeypatch):
    """Between the look at the name and the opening another program may put anything there."""
    (tmp_path / "file").write_bytes(b"content")
    opening = os.open

    def swap(path, flags, *mode):
        (tmp_path / "file").unlink()
        os.mkfifo(tmp_path / "file")
        return opening(path, flags, *mode)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(FileError, match="found a named pipe"):
        files.read_bounded(tmp_path / "file", 100)


@pytest.mark.parametrize("name", ["nothing", "file/below", "x" * 300, "nul\0"])
def test_what_cannot_be_there_is_said_in_one_line(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError) as refused:
        files.read_bounded(tmp_path / name, 100)
    assert isinstance(refused.value, MissingFile) == (name in ("nothing", "file/below"))
    assert str(refused.value).isprintable()


def test_a_name_of_any_bytes_can_be_shown():
    assert files.shown(Path(os.fsdecode(b"/a\xff\nb"))) == "/a\\udcff\\nb"
    assert files.shown("models/größer (2)") == "models/größer (2)"


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "deep" / "file"
    files.write_atomically(path, b"one")
    files.write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_file_that_cannot_be_written_leaves_no_draft(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        files.write_atomically(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
