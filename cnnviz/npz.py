"""Arrays out of .npz files that may hold anything: nothing is read before the file's directory has been checked.

Neither `zipfile` nor `numpy.load` is used: the one makes an object of each of millions of entries, the other takes the
shape in an array's header for true and unpacks a thousand times what lies on disk.  Here an entry must be stored as it
is, as `numpy.savez` does it, so that what is read is never more than what the file has.

The format: PKWARE's APPNOTE.TXT, sections 4.3.7 (an entry's own header), 4.3.12 (the directory), 4.3.14 and 4.3.15
(its end in files of 2 GB and more), 4.3.16 (its end).
"""

from __future__ import annotations

import functools
import io
import math
import struct
import tokenize
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.files import FileError

MAX_HEADER_BYTES = 4096
"""Of one array: NumPy writes 128."""
MAX_NAME_BYTES, MAX_EXTRA_BYTES = 256, 64
"""Of one entry's name, and of what follows it."""
END, LOCATOR_64, END_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
ENTRY, LOCAL = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
ELSEWHERE = 0xFFFFFFFF
"""Stands for a size or a place that is in the entry's extra field, because 32 bits are too few."""
HEADER_ERRORS = (ValueError, SyntaxError, TypeError, tokenize.TokenError, MemoryError, RecursionError)
"""What NumPy raises on the header of an array that is none: it is read as Python."""

File = io.BytesIO | io.BufferedReader


@dataclass(frozen=True)
class ArrayOf:
    """What an array must be: its dtype by NumPy's name, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def n_bytes(self) -> int:
        """Of its values."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype} of shape {self.shape}"


@dataclass(frozen=True)
class _Entry:
    """Where an array's file lies: offset of its bytes, how many, and their CRC-32."""

    offset: int
    n_bytes: int
    crc: int


def arrays_of(content: bytes, expected: Mapping[str, ArrayOf]) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, which must be these, in this order, and no others.

    Raises:
        FileError: when it is no such file, or anything in it is not as expected; the message does not name the file.
    """
    npz = Npz(io.BytesIO(content), len(expected))
    if npz.files != tuple(expected):
        raise FileError(f"Expected the arrays {', '.join(expected)}. Received {', '.join(npz.files) or 'none'}.")
    return {name: npz.array(name, array) for name, array in expected.items()}


def largest_file(expected: Mapping[str, ArrayOf]) -> int:
    """Bytes that a file with these arrays may have."""
    of_entry = MAX_HEADER_BYTES + ENTRY.size + LOCAL.size + 2 * (MAX_NAME_BYTES + MAX_EXTRA_BYTES)
    return sum(array.n_bytes + of_entry for array in expected.values()) + END.size + LOCATOR_64.size + END_64.size


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as an .npz file; the same arrays give the same bytes."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


class Npz:
    """An .npz file whose arrays are read one by one.

    Args:
        file: open for reading.
        max_arrays: that it may hold; the directory of one with more is not read.

    Raises:
        FileError: when it is no such file; the message does not name it.
    """

    def __init__(self, file: File, max_arrays: int) -> None:
        self._file = file
        self._n_bytes = file.seek(0, io.SEEK_END)
        n, size, offset = self._end()
        if n > max_arrays:
            raise FileError(f"Expected at most {max_arrays:,} arrays. Received {n:,}.")
        if size > n * (ENTRY.size + MAX_NAME_BYTES + MAX_EXTRA_BYTES):
            raise FileError(f"Expected the directory of {n:,} arrays. Received {size:,} bytes.")
        self._entries = dict(self._read_directory(self._read(offset, size), n))
        if len(self._entries) != n:
            raise FileError("Expected arrays of different names. Received two of one name.")

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the arrays, in the order of the file's directory; called so as in what `numpy.load` gives."""
        return tuple(self._entries)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.array(name)

    def array(self, name: str, expected: ArrayOf | None = None, *, max_bytes: int | None = None) -> np.ndarray:
        """One array.

        Args:
            name: without ".npy".
            expected: what it must be; None: any numbers.
            max_bytes: of an array whose shape is not known, with its header.

        Raises:
            FileError: when it is not there, is something else, or is damaged.
        """
        if name not in self._entries:
            raise FileError(f"{name}: expected an array, found none of that name.")
        entry = self._entries[name]
        most = expected.n_bytes + MAX_HEADER_BYTES if expected else max_bytes
        if most is not None and entry.n_bytes > most:
            raise FileError(f"{name}: expected at most {most:,} bytes, found {entry.n_bytes:,}.")
        content = self._read(entry.offset, entry.n_bytes)
        if zlib.crc32(content) != entry.crc:
            raise FileError(f"{name}: expected the checksum in the file's directory, found another.")
        return _array(name, content, expected)

    def _end(self) -> tuple[int, int, int]:
        """Number of entries, and the directory's size and place, as the file's last bytes state them."""
        sign, *_, n, size, offset, n_comment = END.unpack(self._read(self._n_bytes - END.size, END.size))
        if sign != b"PK\x05\x06" or n_comment:
            raise FileError("Expected an .npz file. Received bytes that do not end as one.")
        if ELSEWHERE in (size, offset) or n == 0xFFFF:
            at = self._n_bytes - END.size - LOCATOR_64.size
            sign, _, at, _ = LOCATOR_64.unpack(self._read(at, LOCATOR_64.size))
            sign_64, *_, n, size, offset = END_64.unpack(self._read(at, END_64.size))
            if (sign, sign_64) != (b"PK\x06\x07", b"PK\x06\x06"):
                raise FileError("Expected an .npz file. Received bytes that do not end as one.")
        return n, size, offset

    def _read_directory(self, content: memoryview, n: int) -> Iterator[tuple[str, _Entry]]:
        at = 0
        for _ in range(n):
            if len(content) - at < ENTRY.size:
                raise FileError(f"Expected the directory of {n:,} arrays. Received fewer.")
            fields = ENTRY.unpack_from(content, at)
            sign, flags, method, crc, packed, n_bytes = (fields[i] for i in (0, 3, 4, 7, 8, 9))
            n_name, n_extra, n_comment, offset = (fields[i] for i in (10, 11, 12, 16))
            name = bytes(content[at + ENTRY.size :][:n_name]).decode("utf-8", "backslashreplace")
            extra = bytes(content[at + ENTRY.size + n_name :][:n_extra])
            n_bytes, packed, offset = _in_64_bits(extra, n_bytes, packed, offset)
            if sign != b"PK\x01\x02" or not name.endswith(".npy"):
                raise FileError("Expected a directory of arrays. Received something else.")
            if method or flags & 1 or packed != n_bytes:
                raise FileError(f"{name!r}: expected an array that is stored as it is. Received a compressed one.")
            yield name.removesuffix(".npy"), _Entry(self._place(offset), n_bytes, crc)
            at += ENTRY.size + n_name + n_extra + n_comment

    def _place(self, offset: int) -> int:
        """Where the bytes of an entry begin: behind a header of its own."""
        sign, *_, n_name, n_extra = LOCAL.unpack(self._read(offset, LOCAL.size))
        if sign != b"PK\x03\x04":
            raise FileError("Expected an array where the directory has one. Received something else.")
        return int(offset + LOCAL.size + n_name + n_extra)

    def _read(self, offset: int, n: int) -> memoryview:
        """Exactly so many bytes; nothing is reserved for bytes that the file does not have."""
        if offset < 0 or offset + n > self._n_bytes:
            raise FileError("Expected an .npz file. Received one that is cut off.")
        content = memoryview(bytearray(n))  # can be written to, as the arrays made of it
        self._file.seek(offset)
        at = 0
        while at < n and (n_read := self._file.readinto(content[at:])):
            at += n_read
        if at < n:
            raise FileError("Expected an .npz file. Received one that is cut off.")
        return content


def _in_64_bits(extra: bytes, n_bytes: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The sizes and the place of an entry; the extra field of kind 1 has those for which 32 bits were too few."""
    values: Iterator[int] = iter(())
    if ELSEWHERE in (n_bytes, packed, offset) and extra[:2] == b"\x01\x00":
        values = iter(struct.unpack(f"<{(len(extra) - 4) // 8}Q", extra[4 : 4 + (len(extra) - 4) // 8 * 8]))
    taken = [next(values, number) if number == ELSEWHERE else number for number in (n_bytes, packed, offset)]
    return taken[0], taken[1], taken[2]


def _array(name: str, content: memoryview, expected: ArrayOf | None) -> np.ndarray:
    """The array whose header and values these are; nothing is copied."""
    header = _header(bytes(content[:MAX_HEADER_BYTES]).partition(b"\n")[0] + b"\n")
    if header is None:
        raise FileError(f"{name}: expected an array, found something else.")
    shape, fortran, dtype, n_header = header
    if expected and (shape != expected.shape or dtype != expected.dtype):
        raise FileError(f"{name}: expected {expected}. Received {dtype} of shape {shape}.")
    values = content[n_header:]
    if dtype.kind not in "biuf" or len(values) != dtype.itemsize * math.prod(shape):
        raise FileError(f"{name}: expected {dtype} of shape {shape}, as its header says, found {len(values):,} bytes.")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if fortran else "C")


@functools.lru_cache(maxsize=256)
def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int] | None:
    """Shape, whether in Fortran's order, dtype, and length of an array's header, one line; None when it is none.

    Kept, since NumPy reads it as Python, and the arrays of a run's snapshots have the same headers.
    """
    file: Any = io.BytesIO(content)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        return (*readers[np.lib.format.read_magic(file)](file), file.tell())
    except (*HEADER_ERRORS, KeyError):
        return None
