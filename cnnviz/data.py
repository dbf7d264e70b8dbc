"""Where digits come from: MNIST on disk, in Keras's cache or in the user's cache, or scikit-learn's bundled digits."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from cnnviz import drawing
from cnnviz.lazy import LazyModule

sklearn_datasets: Any = LazyModule("sklearn.datasets")
model_selection: Any = LazyModule("sklearn.model_selection")

ROOT = Path(__file__).resolve().parent.parent
Split = Literal["train", "validation", "test"]
N_TRAIN, N_VALIDATION, N_TEST = 55_000, 5_000, 10_000

SHA256_NPZ = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
MAX_FILE_BYTES = 64_000_000
ENLARGED_PX, BLUR = 200, 0.3


class DataError(ValueError):
    """Digits that cannot be used; the message names the file, what was expected and what was found."""


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


@dataclass(frozen=True, eq=False)
class Dataset:
    """Digits with their labels.

    Attributes:
        images: float32, shape (n, 28, 28, 1), in [0, 1]; 0 is paper, 1 is ink.
        labels: int64, shape (n,), in 0..9.
        name: what to call them, e.g. "MNIST test".
    """

    images: np.ndarray
    labels: np.ndarray
    name: str
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        n = len(self.images)
        if self.images.shape != (n, 28, 28, 1) or self.images.dtype != np.float32:
            raise ValueError(f"Expected float32 (n, 28, 28, 1). Received {self.images.dtype} {self.images.shape}.")
        if self.labels.shape != (n,) or self.labels.dtype != np.int64:
            raise ValueError(f"Expected int64 ({n},). Received {self.labels.dtype} {self.labels.shape}.")
        if n and not 0 <= self.labels.min() <= self.labels.max() <= 9:
            raise ValueError(f"Expected labels in 0..9. Received {self.labels.min()}..{self.labels.max()}.")
        if not self.key:
            digest = hashlib.sha256(self.images.tobytes() + self.labels.tobytes())
            object.__setattr__(self, "key", digest.hexdigest())

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Source:
    """A place that digits can be loaded from: a folder of IDX files, Keras's archive, or scikit-learn."""

    kind: Literal["idx", "npz", "bundled"]
    path: Path | None = None

    def describe(self) -> str:
        """Where the digits lie, for a person."""
        return str(self.path) if self.path else "scikit-learn"


BUNDLED = Source("bundled")


def keras_archive() -> Path:
    """Where Keras keeps its copy of MNIST."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets" / "mnist.npz"


def find(data_dir: str | Path | None = None, cache_dir: Path | None = None) -> tuple[Source | None, list[str]]:
    """Look for MNIST; opens only headers.

    Args:
        data_dir: the only folder to look in; "bundled" names scikit-learn's digits. None: the environment's
            CNNVIZ_DATA in the same way, else `data/MNIST/`, Keras's archive and `cache_dir`, in this order.
        cache_dir: where a download would be.

    Returns:
        the first usable source, or None; and a sentence on each place that was refused.

    Raises:
        DataError: when a folder that was named cannot be used.
    """
    named = data_dir or os.environ.get("CNNVIZ_DATA")
    if named == "bundled":
        return BUNDLED, []
    if named:
        if not Path(named).is_dir():
            raise DataError(f"{named}: expected a folder with the four MNIST files, found no folder.")
        check_folder(Path(named))
        return Source("idx", Path(named)), []
    refused: list[str] = []
    for folder in (ROOT / "data" / "MNIST", None, cache_dir):
        try:
            if folder is None and keras_archive().is_file():
                _check_archive(keras_archive())
                return Source("npz", keras_archive()), refused
            if folder is not None and any(_path(folder, file) for file in FILES.values()):
                check_folder(folder)
                return Source("idx", folder), refused
        except DataError as error:
            refused.append(str(error))
    return None, refused


def check_folder(folder: Path) -> None:
    """Check that the four files are there and that header and length are right.

    Raises:
        DataError: names the file, what was expected and what was found.
    """
    missing = [file.name for file in FILES.values() if not _path(folder, file)]
    if missing:
        raise DataError(f"{folder}: expected {', '.join(FILE_NAMES)} (plain or .gz), missing {', '.join(missing)}.")
    for file in FILES.values():
        _check_head(_present(folder, file), file)


def _path(folder: Path, file: IdxFile) -> Path | None:
    return next((p for p in (folder / file.name, folder / f"{file.name}.gz") if p.is_file()), None)


def _present(folder: Path, file: IdxFile) -> Path:
    path = _path(folder, file)
    if path is None:
        raise DataError(f"{folder / file.name}: expected the file, plain or .gz, found none.")
    return path


def _check_head(path: Path, file: IdxFile) -> None:
    """Compare header and length with what they should be; a .gz states its length in its last four bytes."""
    try:
        with path.open("rb") as raw:
            zipped = path.suffix == ".gz"
            n_bytes = raw.seek(-4, os.SEEK_END) + 4
            if zipped:
                n_bytes = struct.unpack("<I", raw.read(4))[0]
            raw.seek(0)
            head = (gzip.GzipFile(fileobj=raw) if zipped else raw).read(len(file.header))
    except (OSError, EOFError, struct.error, ValueError) as error:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes of digits, cannot read it ({error}).") from None
    if head != file.header:
        raise DataError(f"{path}: expected {_in_words(file.header)}, found {_in_words(head)}.")
    if n_bytes != file.n_bytes:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes, found {n_bytes:,}; the file is cut off or changed.")


def _in_words(header: bytes) -> str:
    numbers = struct.unpack(f">{len(header) // 4}I", header[: len(header) // 4 * 4])
    kinds = {2049: "labels", 2051: "images"}
    if not numbers or numbers[0] not in kinds:
        return f"a header {header.hex()}"
    return f"{'×'.join(str(n) for n in numbers[1:])} {kinds[numbers[0]]}"


def read_idx(folder: Path, file: IdxFile) -> np.ndarray:
    """The items of one of the four files, plain or .gz: uint8, shape (n, 28, 28) or (n,).

    Raises:
        DataError: when it is missing, damaged, or holds something else.
    """
    path = _present(folder, file)
    _check_head(path, file)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            content = stream.read(file.n_bytes + 1)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes, the file is damaged ({error}).") from None
    if len(content) != file.n_bytes:
        raise DataError(f"{path}: expected {file.n_bytes:,} bytes, found {len(content):,}.")
    values = np.frombuffer(content, np.uint8, offset=len(file.header)).reshape(file.n, *file.item_shape)
    if not file.item_shape and values.max() > 9:
        raise DataError(f"{path}: expected labels 0 to 9, found {values.max()}.")
    return values


def _check_archive(path: Path) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.stat().st_size < MAX_FILE_BYTES else "a larger file"
    if found != SHA256_NPZ:
        raise DataError(f"{path}: expected SHA-256 {SHA256_NPZ[:12]}…, found {found[:12]}…; it is left as it is.")


def _read_archive(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    _check_archive(path)
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            return archive[f"x_{part}"], archive[f"y_{part}"]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected MNIST as Keras stores it ({error}).") from None


def load(source: Source, split: Split) -> Dataset:
    """Load one part of the digits.

    Args:
        source: from `find`, or BUNDLED.
        split: MNIST: "train" 55,000, "validation" the last 5,000 of the training file, "test" 10,000.

    Raises:
        DataError: when a file is damaged.
    """
    if source.kind == "bundled":
        return _bundled()[split]
    part = "test" if split == "test" else "train"
    if source.path is None:
        raise ValueError(f"Expected a path for {source.kind}. Received None.")
    if source.kind == "idx":
        pixels = read_idx(source.path, FILES[f"{part} images"])
        labels = read_idx(source.path, FILES[f"{part} labels"])
    else:
        pixels, labels = _read_archive(source.path, part)
    known = is_mnist(FILES[f"{part} images"], pixels) and is_mnist(FILES[f"{part} labels"], labels)
    name = f"{'MNIST' if known else f'digits in {source.path} (not MNIST)'} {split}"
    chosen = {"train": slice(0, N_TRAIN), "validation": slice(N_TRAIN, None), "test": slice(None)}[split]
    images = pixels[chosen, :, :, None].astype(np.float32) / np.float32(255)
    return Dataset(images, labels[chosen].astype(np.int64), name)


def load_for_training(source: Source, hold_back: bool) -> Dataset:
    """The images to train on: the "train" split, or with nothing held back the "validation" split too."""
    train = load(source, "train")
    if hold_back:
        return train
    rest = load(source, "validation")
    images, labels = np.concatenate([train.images, rest.images]), np.concatenate([train.labels, rest.labels])
    return Dataset(images, labels, f"{train.name} and validation")


def is_mnist(file: IdxFile, items: np.ndarray) -> bool:
    """True when these uint8 items are MNIST's, whatever file they came from."""
    return hashlib.sha256(items.astype(np.uint8).tobytes()).hexdigest() == file.sha256


@functools.cache
def _bundled() -> dict[Split, Dataset]:
    """scikit-learn's 1,797 digits, scaled to a 20×20 box and centred by mass; 1,197 + 100 + 500, classes even."""
    digits = sklearn_datasets.load_digits()
    train_test_split = model_selection.train_test_split
    images = np.stack([_enlarge(image / 16) for image in digits.images])[..., None]
    order = np.arange(len(images))
    rest, test = train_test_split(order, test_size=500, random_state=0, stratify=digits.target)
    train, validation = train_test_split(rest, test_size=100, random_state=0, stratify=digits.target[rest])
    parts: dict[Split, np.ndarray] = {"train": train, "validation": validation, "test": test}
    labels = digits.target.astype(np.int64)
    return {split: Dataset(images[i], labels[i], f"bundled digits {split}") for split, i in parts.items()}


def _enlarge(ink: np.ndarray) -> np.ndarray:
    """Enlarge 8×8 smoothly to the size of a canvas, drop the blur around the strokes, then prepare it as a drawing."""
    framed = Image.fromarray(np.pad(ink, 1).astype(np.float32))
    large = np.asarray(framed.resize((ENLARGED_PX, ENLARGED_PX), Image.Resampling.LANCZOS)).clip(0, 1)
    prepared = drawing.prepare(np.where(large < BLUR, 0, large))
    if prepared is None:
        raise DataError("scikit-learn's digits: expected ink on every image, found an empty one.")
    return prepared.centred
