"""One owner at a time: of a folder of runs, and of a name in it that is to become a model.

A lock is the system's own (flock) on a file beside what it guards: it ends with the process that holds it, however that
ends, so a killed one is in nobody's way. The file says whose it is; that it exists means nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    HAS_FLOCK = False
else:
    HAS_FLOCK = True

FOLDER_FILE = ".cnnviz.lock"
MAX_BYTES = 1000
"""Of what a lock's file says."""
UNLOCKED = "{folder} cannot be locked here ({reason}), so nothing keeps a second server out: see that only one uses it."
UNSUPPORTED = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
"""Of some network file systems."""


class InUse(ValueError):
    """Another process has it; the message is a sentence that names the process.

    Attributes:
        holder: e.g. "process 123", or "process 123 on desk-4" where that is another machine.
    """

    def __init__(self, message: str, holder: str) -> None:
        super().__init__(message)
        self.holder = holder


class Unlockable(ValueError):
    """This system or this disk has no locks, so nobody knows whether another process has it; a sentence says so."""


@dataclass(eq=False)
class Lock:
    """What this process holds until it is released or the process ends.

    Attributes:
        path: the lock's file.
        descriptor: of that file; None where nothing could be written, and so nothing is held.
    """

    path: Path
    descriptor: int | None

    def release(self) -> None:
        """Give it back; its file goes first, so that nobody takes a lock on a file that is about to go."""
        if self.descriptor is not None:
            with contextlib.suppress(OSError):
                self.path.unlink()
            os.close(self.descriptor)
            self.descriptor = None


def lock_folder(folder: Path) -> Lock:
    """Take a folder of runs for this server; the folder is made where it is missing.

    Where nothing can be written nothing is held, and nothing said: whoever writes there will say so.

    Raises:
        InUse: when another server has it.
        Unlockable: when this system or this disk has no locks.
    """
    if not HAS_FLOCK:
        raise Unlockable(UNLOCKED.format(folder=folder, reason="the system has no flock"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _take(folder / FOLDER_FILE)
    except _HeldError as held:
        raise InUse(
            f"Another server, {held.holder}, uses this folder ({folder}), so nothing can be trained here: end that "
            "server, or set CNNVIZ_RUNS to another folder.",
            held.holder,
        ) from None
    except OSError as error:
        if error.errno in UNSUPPORTED:
            raise Unlockable(UNLOCKED.format(folder=folder, reason=error.strerror)) from None
        return Lock(folder / FOLDER_FILE, None)


def reserve(folder: Path) -> Lock:
    """Take the name of a model that is to be trained, until its folder is there.

    Where nothing can be locked or written nothing is held: such a name is found taken only when the model is written.

    Raises:
        InUse: when another process has it.
    """
    path = folder.with_name(f".{folder.name}.lock")
    try:
        return _take(path) if HAS_FLOCK else Lock(path, None)
    except _HeldError as held:
        raise InUse(f"{folder} is being trained by {held.holder}. Choose another name.", held.holder) from None
    except OSError:
        return Lock(path, None)


class Reservations:
    """The names that a server has taken in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._locks: dict[str, Lock] = {}

    def take(self, name: str) -> bool:
        """True when the name is this server's now; False when another process trains a model of that name."""
        with self._lock:
            try:
                if name not in self._locks:
                    self._locks[name] = reserve(self._folder / name)
            except InUse:
                return False
        return True

    def release(self, name: str) -> None:
        """Give a name back: its model is there, or there never will be one."""
        with self._lock:
            lock = self._locks.pop(name, None)
        if lock:
            lock.release()

    def close(self) -> None:
        """Give all back."""
        for name in list(self._locks):
            self.release(name)


class _HeldError(Exception):
    def __init__(self, holder: str) -> None:
        self.holder = holder


def _take(path: Path) -> Lock:
    """Lock a file that is made where it is missing.

    Raises:
        _HeldError: when another process has it.
        OSError: when it cannot be made or locked.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EEXIST, "something else has its name", str(path))
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                _sign(descriptor)
                return Lock(path, descriptor)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise _HeldError(holder) from None
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # whoever had it has just released it, and the file with it


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a full disk: then the process has no name, the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{socket.gethostname()}\n".encode(), 0)


def _holder(descriptor: int) -> str:
    """Who has signed a lock's file."""
    lines = os.pread(descriptor, MAX_BYTES, 0).decode("utf-8", "replace").splitlines()
    if len(lines) != 2 or not lines[0].isdecimal():
        return "a process that is just starting"
    return f"process {lines[0]}" + (f" on {lines[1]}" if lines[1] != socket.gethostname() else "")
