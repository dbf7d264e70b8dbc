"""MNIST's files: what they must be, and what is in them.

The digits are known by their content, so that a file that was unpacked or packed again is as good as the original.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np

from cnnviz import files

N_TRAIN, N_VALIDATION, N_TEST = 55_000, 5_000, 10_000
"""MNIST has 60,000 training images; the last 5,000 are the validation set, as in TensorFlow's tutorials."""

SHA256_NPZ = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
MAX_FILE_BYTES = 64_000_000


class DataError(ValueError):
    """A data set that cannot be used; the message names the file, what was expected and what it holds."""


@dataclass(frozen=True)
class IdxFile:
    """One of the four files of MNIST.

    Attributes:
        name: file name without ".gz".
        n: how many items it holds.
        item_shape: (28, 28) for images, () for labels.
        sha256: of MNIST's items, without the header and however the file was compressed.
    """

    name: str
    n: int
    item_shape: tuple[int, ...]
    sha256: str

    @property
    def magic(self) -> int:
        """First number of the file: 2049 for labels, 2051 for images."""
        return 2048 + 1 + len(self.item_shape)

    @property
    def header(self) -> bytes:
        """The first bytes of the file."""
        return struct.pack(f">{2 + len(self.item_shape)}I", self.magic, self.n, *self.item_shape)

    @property
    def n_bytes(self) -> int:
        """Length of the file when it is not compressed."""
        return len(self.header) + self.n * int(np.prod(self.item_shape))


FILES = {
    "train images": IdxFile(
        "train-images-idx3-ubyte",
        N_TRAIN + N_VALIDATION,
        (28, 28),
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    ),
    "train labels": IdxFile(
        "train-labels-idx1-ubyte",
        N_TRAIN + N_VALIDATION,
        (),
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    ),
    "test images": IdxFile(
        "t10k-images-idx3-ubyte", N_TEST, (28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"
    ),
    "test labels": IdxFile(
        "t10k-labels-idx1-ubyte", N_TEST, (), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"
    ),
}
FILE_NAMES = tuple(file.name for file in FILES.values())


def keras_archive() -> Path:
    """Where Keras keeps its copy of MNIST."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets" / "mnist.npz"


def check_folder(folder: Path) -> None:
    """Check that the four files are there and that header and length are right.

    Raises:
        DataError: names the file, what was expected and what was found.
    """
    missing = [file.name for file in FILES.values() if not path_of(folder, file)]
    if missing:
        raise DataError(f"{folder}: expected {', '.join(FILE_NAMES)} (plain or .gz), missing {', '.join(missing)}.")
    for file in FILES.values():
        _check_head(_present(folder, file), file)


def path_of(folder: Path, file: IdxFile) -> Path | None:
    """Where one of the four files lies, packed or not; None when it is not there."""
    # os.path.isfile raises nothing, also where a folder may not be entered
    return next((p for p in (folder / f"{file.name}.gz", folder / file.name) if os.path.isfile(p)), None)


def _present(folder: Path, file: IdxFile) -> Path:
    path = path_of(folder, file)
    if path is None:
        raise DataError(f"{folder / file.name}: expected the file, plain or .gz, found none.")
    return path


@contextlib.contextmanager
def _opened(path: Path, file: IdxFile) -> Iterator[BufferedReader]:
    """The file as it lies on disk, for reading; what goes wrong meanwhile is told as a DataError."""
    try:
        with files.opened(path, MAX_FILE_BYTES) as raw:
            yield raw
    except DataError:
        raise
    except files.FileError as error:
        raise DataError(str(error)) from None
    except (OSError, EOFError, struct.error, ValueError, zlib.error) as error:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes of digits, cannot read it ({error}).") from None


def _check_head(path: Path, file: IdxFile) -> None:
    """Compare header and length with what they should be; a .gz states its length in its last four bytes."""
    with _opened(path, file) as raw:
        zipped = path.suffix == ".gz"
        n_bytes = raw.seek(-4, os.SEEK_END) + 4
        if zipped:
            n_bytes = struct.unpack("<I", raw.read(4))[0]
        raw.seek(0)
        head = (gzip.GzipFile(fileobj=raw) if zipped else raw).read(len(file.header))
    if head != file.header:
        raise DataError(f"{path}: expected {_in_words(file.header)}, found {_in_words(head)}.")
    if n_bytes != file.n_bytes:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes, found {n_bytes:,}; the file is cut off or changed.")


def _in_words(header: bytes) -> str:
    """What a header says that the file holds, e.g. "10000 labels"."""
    numbers = struct.unpack(f">{len(header) // 4}I", header[: len(header) // 4 * 4])
    kinds = {2049: "labels", 2051: "images"}
    if not numbers or numbers[0] not in kinds:
        return f"a header {header.hex()}"
    n_axes = numbers[0] - 2048
    return f"{'×'.join(str(n) for n in numbers[1 : 1 + n_axes])} {kinds[numbers[0]]}"


def read_idx(folder: Path, file: IdxFile) -> np.ndarray:
    """The items of one of the four files, plain or .gz: uint8, shape (n, 28, 28) or (n,).

    Raises:
        DataError: when it is missing, damaged, or holds something else.
    """
    path = _present(folder, file)
    _check_head(path, file)
    with _opened(path, file) as raw:  # one byte more than it should have, however much a .gz would become
        content = (gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw).read(file.n_bytes + 1)
    if len(content) != file.n_bytes:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes, found {len(content):,}.")
    values = np.frombuffer(content, np.uint8, offset=len(file.header)).reshape(file.n, *file.item_shape)
    if not file.item_shape and values.max() > 9:
        raise DataError(f"{path}: expected labels 0 to 9, found {values.max()}.")
    return values


def check_archive(path: Path) -> bytes:
    """Read Keras's archive and check that it is the one it should be; it is never changed.

    Returns:
        its content.

    Raises:
        DataError: when it is too large, cannot be read or has another hash.
    """
    try:
        content = files.read_bounded(path, MAX_FILE_BYTES)
    except files.FileError as error:
        raise DataError(f"{str(error).rstrip('.')}; it is left as it is.") from None
    computed = hashlib.sha256(content).hexdigest()
    if computed != SHA256_NPZ:
        raise DataError(f"{path}: expected SHA-256 {SHA256_NPZ[:12]}…, found {computed[:12]}…; it is left as it is.")
    return content


def read_archive(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels of the "train" or "test" part of Keras's archive, both uint8.

    Raises:
        DataError: as `check_archive`, or when an array is missing.
    """
    content = check_archive(path)  # its checksum is known, so that NumPy may unpack it
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return archive[f"x_{part}"], archive[f"y_{part}"]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected MNIST as Keras stores it ({error}).") from None


def is_mnist(file: IdxFile, items: np.ndarray) -> bool:
    """True when these uint8 items are MNIST's, whatever file they came from."""
    return hashlib.sha256(items.astype(np.uint8).tobytes()).hexdigest() == file.sha256
