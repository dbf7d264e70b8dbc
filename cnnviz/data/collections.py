"""Digits that a class has drawn, kept for a day: pictures, labels, and which of them one hand drew, but no names.

A collection is one file in a folder beside the runs, so that all servers that share the runs have it.
"""

from __future__ import annotations

import calendar
import contextlib
import hashlib
import io
import itertools
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.data.mnist import DataError
from cnnviz.files import FileError, MissingFile, read_bounded, shown, write_atomically
from cnnviz.npz import MAX_HEADER_BYTES, ArrayOf, Npz, arrays_of, largest_file, npz_bytes

MAX_COLLECTIONS, MAX_DIGITS = 20, 2_000
MAX_ENTRIES = 200
"""Files that are looked at in the folder."""
DAY_S = 86_400.0
"""So long is a collection kept."""
FOLDER = ".class-digits"
NAME = re.compile(r"(\d{8}-\d{6})-(\d{1,4})-([0-9a-f]{8})", re.ASCII)
"""When it was kept, in UTC, how many digits it has, and the beginning of its key."""
TIME = "%Y%m%d-%H%M%S"
GONE = "The digits of this class are not there any more: they were deleted, or their day is over."


class NotKept(ValueError):
    """Digits that cannot be kept; the message says why, in a sentence."""


@dataclass(frozen=True, eq=False)
class Collection:
    """The digits of a class.

    Attributes:
        path: its file.
        images: uint8 (n, 28, 28), 255 is ink.
        labels: uint8 (n,), what was asked to be drawn, in 0..9.
        persons: uint16 (n,), which digits are of one hand: numbers from 0 on, which say nothing else.
        kept_s: when it was kept, in seconds since 1970.
        key: SHA-256 of pictures, labels and persons.
    """

    path: Path
    images: np.ndarray
    labels: np.ndarray
    persons: np.ndarray
    kept_s: float
    key: str

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def name(self) -> str:
        """As an address has it, and the file."""
        return self.path.stem

    @property
    def n_persons(self) -> int:
        """How many have drawn."""
        return len(np.unique(self.persons))

    @property
    def teaches(self) -> np.ndarray:
        """Which digits a network may learn from, bool (n,): those of every second person; the others are to test it."""
        teaches: np.ndarray = np.unique(self.persons, return_inverse=True)[1] % 2 == 0
        return teaches


def told_by_name(path: Path) -> tuple[float, int] | None:
    """When a collection was kept, in seconds since 1970, and how many digits it has; also of one that is gone.

    None for a file of another name.
    """
    name = NAME.fullmatch(path.stem)
    try:
        return (calendar.timegm(time.strptime(name[1], TIME)), int(name[2])) if name else None
    except ValueError:  # e.g. the 40th of a month
        return None


def folder_in(root: Path) -> Path:
    """Where the collections lie, in the folder of the runs; its name has a dot, so that it is taken for no network."""
    return root / FOLDER


def keep(root: Path, images: np.ndarray, labels: np.ndarray, persons: np.ndarray, now_s: float) -> Collection:
    """Write a collection, whole or not at all.

    Args:
        root: the folder of the runs.
        images: uint8 (n, 28, 28), 255 is ink.
        labels: whole numbers (n,) in 0..9.
        persons: whole numbers (n,), one for each who has drawn; they are counted anew, and not kept.
        now_s: seconds since 1970.

    Raises:
        NotKept: when the arrays are something else, or there are too many digits or collections.
        OSError: when the file cannot be written.
    """
    _check(images, labels, persons)
    arrays = {"images": images, "labels": labels.astype(np.uint8), "persons": _anew(persons)}
    key = _key(**arrays)
    if len(listed(root, now_s).collections) >= MAX_COLLECTIONS:
        raise NotKept(f"There are {MAX_COLLECTIONS} collections of digits already. Delete one of them first.")
    name = f"{time.strftime(TIME, time.gmtime(now_s))}-{len(labels)}-{key[:8]}"
    path = folder_in(root).resolve() / f"{name}.npz"
    write_atomically(path, npz_bytes(arrays | {"kept": np.array([now_s])}))
    return Collection(path, **arrays, kept_s=now_s, key=key)


def _check(images: np.ndarray, labels: np.ndarray, persons: np.ndarray) -> None:
    n = len(labels)
    if not 1 <= n <= MAX_DIGITS:
        raise NotKept(f"Expected 1 to {MAX_DIGITS:,} digits. Received {n:,}.")
    if images.shape != (n, 28, 28) or images.dtype != np.uint8:
        raise NotKept(f"Expected uint8 ({n}, 28, 28). Received {images.dtype} {images.shape}.")
    for what, values in (("labels", labels), ("persons", persons)):
        if values.shape != (n,) or values.dtype.kind not in "iu":
            raise NotKept(f"Expected {what} as whole numbers ({n},). Received {values.dtype} {values.shape}.")
    if labels.min() < 0 or labels.max() > 9:
        raise NotKept(f"Expected labels in 0..9. Received {labels.min()}..{labels.max()}.")


def _anew(persons: np.ndarray) -> np.ndarray:
    """Numbers from 0 on, in the order of the first digit of each; they do not tell what the caller's stood for."""
    _, first, ranks = np.unique(persons, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[ranks].astype(np.uint16)


def _key(images: np.ndarray, labels: np.ndarray, persons: np.ndarray) -> str:
    return hashlib.sha256(images.tobytes() + labels.tobytes() + persons.tobytes()).hexdigest()


@dataclass(frozen=True)
class Found:
    """What lies in the folder: the collections, the latest first, and what is wrong with others, a sentence each."""

    collections: tuple[Collection, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Unusable:
    """A file that is no collection: why, "" for one that is still being written; and when it was written."""

    reason: str
    kept_s: float


_known: dict[Path, tuple[os.stat_result, Collection | _Unusable]] = {}
"""What was read of the files, as they were; of one that is gone nothing is remembered once the folder was listed."""
_lock = threading.Lock()


def listed(root: Path, now_s: float) -> Found:
    """The collections that are there; what has been there for a day is deleted, damaged files too.

    Args:
        root: the folder of the runs.
        now_s: seconds since 1970.
    """
    folder = folder_in(root).resolve()
    with _lock:
        looked = {path: _look(path, about, i < MAX_COLLECTIONS) for i, (path, about) in enumerate(_files_in(folder))}
        for path in [path for path, each in looked.items() if _is_over(each.kept_s, now_s)]:
            del looked[path]
            with contextlib.suppress(OSError):  # it is left out all the same
                path.unlink(missing_ok=True)
        for path in [path for path in _known if path.parent == folder and path not in looked]:
            del _known[path]
    unusable = [each.reason for each in looked.values() if isinstance(each, _Unusable) and each.reason]
    return Found(tuple(each for each in looked.values() if isinstance(each, Collection)), tuple(unusable))


def opened(path: Path, key: str) -> Collection:
    """The collection in a file.

    Args:
        path: the file.
        key: what its content must be, of `Collection.key`.

    Raises:
        DataError: when it is not there any more, is damaged, or is another one.
    """
    with _lock:
        try:
            found = _look(path, os.stat(path, follow_symlinks=False), True)
        except OSError:
            _known.pop(path, None)
            raise DataError(GONE) from None
    if isinstance(found, _Unusable):
        raise DataError(found.reason)
    if found.key != key or _is_over(found.kept_s, time.time()):
        raise DataError(GONE)
    return found


def delete(path: Path) -> None:
    """Take a collection away; one that is not there is no error."""
    path.unlink(missing_ok=True)
    with _lock:
        _known.pop(path, None)


def _is_over(kept_s: float, now_s: float) -> bool:
    """Also of a time that is more than a day ahead: nobody kept it then."""
    return not abs(now_s - kept_s) < DAY_S


def _files_in(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """The files in the folder, those that were kept last first; after them what has another name, e.g. drafts."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MAX_ENTRIES):
            with contextlib.suppress(OSError):
                found.append((folder / entry.name, entry.stat(follow_symlinks=False)))
    return sorted(found, key=lambda each: (bool(NAME.fullmatch(each[0].stem)), each[0].name), reverse=True)


def _look(path: Path, about: os.stat_result, may_read: bool) -> Collection | _Unusable:
    """What a file is, which is read once for each state of it."""
    if path.name.startswith("."):
        return _Unusable("", about.st_mtime)
    if not may_read:
        reason = f"{shown(path)}: expected at most {MAX_COLLECTIONS} files of digits in this folder."
        return _Unusable(reason, about.st_mtime)
    before = _known.get(path)
    if before and _stamp(before[0]) == _stamp(about):
        return before[1]
    try:
        found: Collection | _Unusable = _read(path)
    except MissingFile:
        return _Unusable(GONE, about.st_mtime)
    except FileError as error:
        found = _Unusable(shown(str(error)), about.st_mtime)
    _known[path] = (about, found)
    return found


def _stamp(about: os.stat_result) -> tuple[int, int, int]:
    return about.st_mtime_ns, about.st_size, about.st_ino


def _read(path: Path) -> Collection:
    """Read and check one file; raises FileError."""
    name = NAME.fullmatch(path.stem)
    if not name or path.suffix != ".npz":
        raise FileError(f"{path}: expected the digits of a class, found a file of another name.")
    content = read_bounded(path, largest_file(_arrays(MAX_DIGITS)), follow_links=False)
    try:
        n = len(Npz(io.BytesIO(content), len(_arrays(1))).array("labels", max_bytes=MAX_DIGITS + MAX_HEADER_BYTES))
        arrays = arrays_of(content, _arrays(n))
        kept_s = float(arrays.pop("kept")[0])
        _check(**arrays)
    except (FileError, NotKept, TypeError) as error:  # TypeError: labels that are one number
        raise FileError(f"{path}: expected the digits of a class. {error}") from None
    key = _key(**arrays)
    if (str(n), key[:8]) != (name[2], name[3]):
        raise FileError(f"{path}: expected the digits that it was kept with, found others.")
    return Collection(path, **arrays, kept_s=kept_s, key=key)


def _arrays(n: int) -> dict[str, ArrayOf]:
    """What a file of n digits holds."""
    return {
        "images": ArrayOf("uint8", (n, 28, 28)),
        "labels": ArrayOf("uint8", (n,)),
        "persons": ArrayOf("uint16", (n,)),
        "kept": ArrayOf("float64", (1,)),
    }
