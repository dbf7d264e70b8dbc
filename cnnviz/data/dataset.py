"""Data sets and where they are loaded from: MNIST on disk or in a cache, scikit-learn's digits, or those of a class."""

from __future__ import annotations

import functools
import hashlib
import os
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from cnnviz import settings
from cnnviz.data import collections, mnist
from cnnviz.data.collections import Collection
from cnnviz.drawing.preparation import prepare
from cnnviz.lazy import LazyModule

sklearn_datasets: Any = LazyModule("sklearn.datasets")
model_selection: Any = LazyModule("sklearn.model_selection")

ROOT = Path(__file__).resolve().parent.parent.parent
Split = Literal["train", "validation", "test"]
ENLARGED_PX, BLUR = 200, 0.3
SHARE = 0.1
"""Of what a network learns from, where the digits of a class are added."""
OUTLIER = 10
"""Label of outliers, drawings of no digit, in training sets alone; a network has ten outputs and none for it."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits with their labels.

    Attributes:
        images: shape (n, 28, 28, 1), 0 is paper: float32, 1 is ink; or in a large training set uint8, 255 is ink.
        labels: int64, shape (n,), in 0..9; in a training set with outliers also OUTLIER.
        name: what to call them, e.g. "MNIST test".
        key: SHA-256 of images, labels and answers, computed when not given; two data sets are equal when their keys
            are.
        answers: float16, shape (n, 10), what teachers answer, in a training set to be learnt from them; or None.
    """

    images: np.ndarray
    labels: np.ndarray
    name: str
    key: str = field(default="", repr=False)
    answers: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.images)
        if self.images.shape != (n, 28, 28, 1) or self.images.dtype not in (np.float32, np.uint8):
            raise ValueError(
                f"Expected float32 or uint8 (n, 28, 28, 1). Received {self.images.dtype} {self.images.shape}."
            )
        if self.labels.shape != (n,) or self.labels.dtype != np.int64:
            raise ValueError(f"Expected int64 ({n},). Received {self.labels.dtype} {self.labels.shape}.")
        if n and not 0 <= self.labels.min() <= self.labels.max() <= OUTLIER:
            raise ValueError(
                f"Expected labels in 0..9, or {OUTLIER} for no digit. "
                f"Received {self.labels.min()}..{self.labels.max()}."
            )
        if self.answers is not None and (self.answers.shape != (n, 10) or self.answers.dtype != np.float16):
            raise ValueError(f"Expected float16 ({n}, 10). Received {self.answers.dtype} {self.answers.shape}.")
        if not self.key:
            answers = b"" if self.answers is None else self.answers.tobytes()
            digest = hashlib.sha256(self.images.tobytes() + self.labels.tobytes() + answers)
            object.__setattr__(self, "key", digest.hexdigest())

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Source:
    """Where a data set is loaded from: a folder of IDX files, Keras's archive, scikit-learn, or a class.

    Attributes:
        kind: which of these.
        path: the folder or file; None for scikit-learn.
        key: of a class's digits, what their content must be: `Collection.key`.
        base: where the training and validation digits are loaded from that the test digits of a class go with.
        adds_class: whether half of the class's persons teach, so that their digits are among the training digits; then
            those of the other half alone are the test digits.
    """

    kind: Literal["idx", "npz", "bundled", "class"]
    path: Path | None = None
    key: str = ""
    base: Source | None = None
    adds_class: bool = False

    def describe(self) -> str:
        """The folder or file, or the library, for a person."""
        return str(self.path) if self.path else "scikit-learn"

    @property
    def learnt_from(self) -> Source:
        """Where the training digits are loaded from, but for those of a class."""
        return self.base or self


BUNDLED = Source("bundled")


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
    named = data_dir or settings.read().data
    if named == "bundled":
        return BUNDLED, []
    if named:
        if not os.path.isdir(named):
            raise mnist.DataError(f"{named}: expected a folder with the four MNIST files, found no folder.")
        mnist.check_folder(Path(named))
        return Source("idx", Path(named)), []
    refused: list[str] = []
    places = [Source("idx", ROOT / "data" / "MNIST"), Source("npz", mnist.keras_archive())]
    places += [Source("idx", cache_dir)] if cache_dir else []
    for place in places:
        try:
            if _is_there(place):
                return place, refused
        except mnist.DataError as error:
            refused.append(str(error))
    return None, refused


def _is_there(place: Source) -> bool:
    """True when MNIST is there, False when nothing is; a DataError when what is there cannot be used."""
    path = place.path or ROOT
    if place.kind == "npz":
        is_file = os.path.isfile(path)
        if is_file:
            mnist.check_archive(path)
        return is_file
    if not any(mnist.path_of(path, file) for file in mnist.FILES.values()):
        return False
    mnist.check_folder(path)
    return True


def load(source: Source, split: Split) -> Dataset:
    """Load one part of a data set.

    Args:
        source: from `find`, or BUNDLED.
        split: of MNIST "train" is the first N_TRAIN images of the training file, "validation" the last N_VALIDATION.

    Raises:
        DataError: when a file is damaged.
    """
    if source.kind == "bundled":
        return _bundled()[split]
    if source.kind == "class":
        return _of_class(source, split)
    part = "test" if split == "test" else "train"
    if source.path is None:
        raise ValueError(f"Expected a path for {source.kind}. Received None.")
    if source.kind == "idx":
        pixels = mnist.read_idx(source.path, mnist.FILES[f"{part} images"])
        labels = mnist.read_idx(source.path, mnist.FILES[f"{part} labels"])
    else:
        pixels, labels = mnist.read_archive(source.path, part)
    known = mnist.is_mnist(mnist.FILES[f"{part} images"], pixels) and mnist.is_mnist(
        mnist.FILES[f"{part} labels"], labels
    )
    name = f"{'MNIST' if known else f'digits in {source.path} (not MNIST)'} {split}"
    chosen = {"train": slice(0, mnist.N_TRAIN), "validation": slice(mnist.N_TRAIN, None), "test": slice(None)}[split]
    images = pixels[chosen, :, :, None].astype(np.float32) / np.float32(255)
    return Dataset(images, labels[chosen].astype(np.int64), name)


def collection(source: Source) -> Collection:
    """The digits of a class.

    Raises:
        DataError: when they are not there any more, or damaged.
    """
    if source.path is None:
        raise ValueError(f"Expected a path for {source.kind}. Received None.")
    return collections.opened(source.path, source.key)


def repeats(n: int, n_taught: int) -> int:
    """How often each of `n_taught` digits of a class is added to n others, so that SHARE of all are theirs."""
    return max(1, round(SHARE / (1 - SHARE) * n / n_taught))


def name_of(digits: Collection) -> str:
    """What the data set of all of a class's digits is called."""
    return f"digits of class {digits.name}"


def _of_class(source: Source, split: Split) -> Dataset:
    digits = collection(source)
    if split == "test":
        made = _made.setdefault(digits, {})
        if source.adds_class not in made:
            made[source.adds_class] = _part_of(digits, ~digits.teaches if source.adds_class else None)
        return made[source.adds_class]
    others = load(source.learnt_from, split)
    if split == "validation" or not source.adds_class:
        return others
    return _mixed(others, _part_of(digits, digits.teaches))


def _mixed(others: Dataset, taught: Dataset) -> Dataset:
    """Digits of a class among others, each `repeats` times.

    Evenly: a recipe may shuffle only some at a time, and end before the last.
    """
    times = repeats(len(others), len(taught))
    n, n_added = len(others), times * len(taught)
    places = np.concatenate([(np.arange(n) + 0.5) / n, (np.arange(n_added) + 0.5) / n_added])
    is_added = places.argsort(kind="stable") >= n
    images, labels = np.empty((n + n_added, 28, 28, 1), np.float32), np.empty(n + n_added, np.int64)
    images[~is_added], labels[~is_added] = others.images, others.labels
    images[is_added], labels[is_added] = np.tile(taught.images, (times, 1, 1, 1)), np.tile(taught.labels, times)
    return Dataset(images, labels, f"{others.name}, and {times} times each of {len(taught)} {taught.name}")


_made: weakref.WeakKeyDictionary[Collection, dict[bool, Dataset]] = weakref.WeakKeyDictionary()
"""The test digits of collections, all and those of the half that tests, as long as a collection is known."""


def _part_of(digits: Collection, chosen: np.ndarray | None) -> Dataset:
    """All of a class's digits, or those where `chosen`, bool (n,), is True."""
    part = slice(None) if chosen is None else chosen
    images = digits.images[part, :, :, None].astype(np.float32) / np.float32(255)
    name = name_of(digits)
    if chosen is not None:
        name += f", persons {', '.join(map(str, np.unique(digits.persons[part])))}"
    return Dataset(images, digits.labels[part].astype(np.int64), name)


def load_for_training(source: Source, keep_validation: bool) -> Dataset:
    """The images to train on: the "train" split, and the "validation" split too unless that is kept out."""
    train = load(source, "train")
    if keep_validation:
        return train
    rest = load(source, "validation")
    images, labels = np.concatenate([train.images, rest.images]), np.concatenate([train.labels, rest.labels])
    return Dataset(images, labels, f"{train.name} and validation")


def has_mnist_labels(source: Source) -> bool:
    """True when the test labels are MNIST's: enough to name the data set before its images are read.

    Keras's archive is known by its hash; `load` looks at every pixel.
    """
    file = mnist.FILES["test labels"]
    try:
        return source.kind == "npz" or (
            source.path is not None and mnist.is_mnist(file, mnist.read_idx(source.path, file))
        )
    except mnist.DataError:
        return False


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
    prepared = prepare(np.where(large < BLUR, 0, large))
    if prepared is None:
        raise mnist.DataError("scikit-learn's digits: expected ink on every image, found an empty one.")
    return prepared.centred
