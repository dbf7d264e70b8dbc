"""Files opened safely, regular ones only and of bounded size, and files replaced in one step.

What lies in a folder may be anything: a device, a named pipe, a link to elsewhere, a file that grows.  None of it may
hold a server up or fill its memory.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}


class FileError(ValueError):
    """A file that is not read; the message is one line that says what was expected and what was found."""


class MissingFile(FileError):
    """There is no such file."""


def shown(text: Path | str) -> str:
    """A path, or a sentence with one, as it can be shown: what is no UTF-8, or breaks a line, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


@contextlib.contextmanager
def opened(path: Path, max_bytes: int, *, follow_links: bool = True) -> Iterator[BufferedReader]:
    """A regular file for reading; what is checked is what is open, whatever takes its place meanwhile.

    Args:
        path: the file.
        max_bytes: it may have.
        follow_links: whether `path` itself may be a symbolic link.

    Raises:
        MissingFile: when it is not there.
        FileError: when it is of another kind, too large, or cannot be opened.
    """
    with _open(path, follow_links) as file:
        about = os.fstat(file.fileno())
        _check_kind(path, about)
        if about.st_size > max_bytes:
            raise FileError(f"{shown(path)}: expected at most {max_bytes:,} bytes, found {about.st_size:,}.")
        yield file


def _open(path: Path, follow_links: bool) -> BufferedReader:
    # O_NONBLOCK: a named pipe would be waited for; O_NOCTTY: a terminal would become ours. Windows has neither.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    flags |= 0 if follow_links else getattr(os, "O_NOFOLLOW", 0)
    try:
        _check_kind(path, os.stat(path, follow_symlinks=follow_links))  # first: to open a device may be to use it
        return os.fdopen(os.open(path, flags), "rb")
    except FileError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFile(f"{shown(path)}: expected a file, found none.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FileError(f"{shown(path)}: expected a file that can be opened. {reason}.") from None


def _check_kind(path: Path, about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        kind = KINDS.get(stat.S_IFMT(about.st_mode), "something else")
        raise FileError(f"{shown(path)}: expected a regular file, found {kind}.")


def read_bounded(path: Path, max_bytes: int, *, follow_links: bool = True) -> bytes:
    """The content of a regular file of at most `max_bytes`.

    Raises:
        MissingFile, FileError: as `opened`; also when the file changes its size while it is read.
    """
    with opened(path, max_bytes, follow_links=follow_links) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            content = file.read(min(size, max_bytes) + 1)
        except OSError as error:
            raise FileError(f"{shown(path)}: expected a file that can be read. {error.strerror}.") from None
    if len(content) != size:
        raise FileError(f"{shown(path)}: expected {size:,} bytes, as when it was opened, found others.")
    return content


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file in one step; a reader finds the old or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        pass
    try:
        with open(draft.name, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft.name, path)
    except BaseException:
        Path(draft.name).unlink(missing_ok=True)
        raise
