"""The training set of the preset `robust`: MNIST, distorted MNIST, digits drawn by program, and outliers.

Two processes make it in a few minutes; it is the same to the bit for the same digits, characters and seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cnnviz.data import dataset
from cnnviz.data.dataset import OUTLIER, Dataset, Source
from cnnviz.lazy import LazyModule
from cnnviz.synthesis import coarse, digit_shaped, digits, distortion, invented, non_digits
from cnnviz.synthesis.invented import Written

joblib: Any = LazyModule("joblib")

N_COPIES = 5
"""Distorted copies of every MNIST digit."""
N_SYNTHETIC, N_OUTLIERS, N_INVENTED = 450_000, 24_000, 40_000
"""Digits, outliers of `non_digits.KINDS` and invented characters drawn by program; the digit-shaped ones of these are
left out."""
N_WRITTEN = 8
"""Times that each character written by a person is drawn."""
N_COMPARED = 40_000
"""Digits that outliers are compared with, to find the digit-shaped ones."""
MOSTLY_DIGITS = 0.4
"""Share of the drawings of a written character from which, when they are digit-shaped, the character is left out."""
CHUNK = 250
"""Images that a process makes at a time."""
N_PROCESSES = 2

Chunk = tuple[np.ndarray, np.ndarray]
"""Images, uint8 (n, 28, 28), and their labels, (n,)."""
Progress = Callable[[int, int], None]


class Sizes(NamedTuple):
    """How many images of each sort are made; `training_set` gives their meaning."""

    copies: int = N_COPIES
    synthetic: int = N_SYNTHETIC
    outliers: int = N_OUTLIERS
    invented: int = N_INVENTED
    written: int = N_WRITTEN


def load(
    source: Source,
    keep_validation: bool,
    seed: int,
    written: list[Written] | None = None,
    show: Progress | None = None,
) -> Dataset:
    """Make the `training_set` from the digits that `dataset.load_for_training` loads."""
    return training_set(dataset.load_for_training(source, keep_validation), seed, written, show)


def training_set(
    mnist_train: Dataset,
    seed: int,
    written: list[Written] | None = None,
    show: Progress | None = None,
    sizes: Sizes | None = None,
) -> Dataset:
    """Make everything that the network `robust` is trained on.

    Args:
        mnist_train: float32 images of digits written by hand.
        seed: decides everything that is drawn at random.
        written: characters that people wrote and that are no digits.
        show: called with the number of images made so far, and the number that will be made.
        sizes: how many of each; None for those of the preset.

    Returns:
        uint8 images: the digits, N_COPIES distorted ones of each, N_SYNTHETIC drawn by program; and with the label
        OUTLIER N_OUTLIERS outliers, N_INVENTED invented characters and N_WRITTEN drawings of each written one, but
        for those of both that are digit-shaped.
    """
    plain = np.rint(mnist_train.images[..., 0] * 255).astype(np.uint8)
    written, sizes = written or [], sizes or Sizes()
    groups = _jobs(plain, mnist_train.labels, written, seed, sizes)
    total = sizes.copies * len(plain) + sizes.synthetic + sizes.outliers + sizes.invented + sizes.written * len(written)
    made, labels, kinds, drawn, again, characters = _make(groups, total, show)
    images = np.concatenate([plain, made])
    compared = images[np.random.default_rng((seed, 5)).permutation(len(images))[:N_COMPARED]]
    drawn = drawn[~digit_shaped.is_digit_shaped(drawn, compared)]
    again = again[~_are_digits(again, characters, compared)]
    n_outliers = len(kinds) + len(drawn) + len(again)
    name = f"{mnist_train.name}, distorted, drawn by program"
    return Dataset(
        np.concatenate([images, kinds, drawn, again])[..., None],
        np.concatenate([mnist_train.labels, labels, np.full(n_outliers, OUTLIER)]).astype(np.int64),
        f"{name}, {len(written):,} written characters" if written else name,
    )


def _are_digits(images: np.ndarray, characters: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """Whether drawings of written characters are digit-shaped, or most drawings of their character are; bool (n,).

    Args:
        images: uint8, shape (n, 28, 28).
        characters: int, shape (n,), a number for each character.
        compared: digits.
    """
    if not len(images):
        return np.zeros(0, bool)
    shaped = digit_shaped.is_digit_shaped(images, compared)
    share = np.bincount(characters, shaped) / np.maximum(np.bincount(characters), 1)
    are: np.ndarray = shaped | (share[characters] >= MOSTLY_DIGITS)
    return are


def _make(groups: list[list[Any]], total: int, show: Progress | None) -> list[np.ndarray]:
    """Images and labels of digits, outliers, invented characters, and images and numbers of written characters."""
    n_jobs = [len(jobs) for jobs in groups]
    chunks: list[Chunk] = []
    done = 0
    # "generator" gives the chunks in the order of the jobs, whichever process is done first.
    with joblib.Parallel(N_PROCESSES, backend="loky", return_as="generator") as pool:
        for images, labels in pool([job for jobs in groups for job in jobs]):
            chunks.append((images, labels))
            done += len(labels)
            if show:
                show(done, total)
    ends = np.cumsum(n_jobs)
    of_group = [chunks[end - n : end] or [_NOTHING] for end, n in zip(ends, n_jobs, strict=True)]
    digits_, kinds, drawn, again = ([np.concatenate(arrays) for arrays in zip(*of, strict=True)] for of in of_group)
    return [*digits_, kinds[0], drawn[0], *again]


_NOTHING: Chunk = np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64)


def _jobs(plain: np.ndarray, labels: np.ndarray, written: list[Written], seed: int, sizes: Sizes) -> list[list[Any]]:
    """Each chunk is drawn from a seed of its own, so that it does not matter which process makes it, and when."""
    distorted = [
        joblib.delayed(distorted_chunk)(plain[i : i + CHUNK], labels[i : i + CHUNK], sizes.copies, (seed, 0, i))
        for i in range(0, len(plain), CHUNK)
    ]

    def drawn(make: Callable[[int, tuple[int, ...]], Chunk], n: int, group: int) -> list[Any]:
        return [joblib.delayed(make)(min(CHUNK, n - i), (seed, group, i)) for i in range(0, n, CHUNK)]

    names = sorted({(each.alphabet, each.character) for each in written})
    numbers = [names.index((each.alphabet, each.character)) for each in written]
    again = [
        joblib.delayed(written_chunk)(written[i : i + CHUNK], numbers[i : i + CHUNK], (seed, 4, i, time))
        for time in range(sizes.written)
        for i in range(0, len(written), CHUNK)
    ]
    return [
        [*distorted, *drawn(synthetic_chunk, sizes.synthetic, 1)],
        drawn(outlier_chunk, sizes.outliers, 2),
        drawn(invented_chunk, sizes.invented, 3),
        again,
    ]


def distorted_chunk(images: np.ndarray, labels: np.ndarray, copies: int, seed: tuple[int, ...]) -> Chunk:
    """Distorted copies of each image, one copy of all after another."""
    rng = np.random.default_rng(seed)
    distorted = distortion.distort(images, rng, copies).reshape(-1, *images.shape[1:])
    return coarse.some(distorted, rng), np.tile(labels, copies)


def synthetic_chunk(n: int, seed: tuple[int, ...]) -> Chunk:
    """Digits drawn by program, all classes as often as can be."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10)
    return coarse.some(digits.sample_images(labels, rng), rng), labels


def outlier_chunk(n: int, seed: tuple[int, ...]) -> Chunk:
    """Outliers, all kinds as often as can be."""
    rng = np.random.default_rng(seed)
    kinds = [list(non_digits.KINDS)[i % len(non_digits.KINDS)] for i in rng.permutation(n)]
    return coarse.some(non_digits.sample_images(kinds, rng), rng), np.full(n, OUTLIER)


def invented_chunk(n: int, seed: tuple[int, ...]) -> Chunk:
    """Invented characters; those that are digit-shaped are not left out yet."""
    rng = np.random.default_rng(seed)
    images = invented.sample_images([invented.invent(rng) for _ in range(n)], rng)
    return coarse.some(images, rng), np.full(n, OUTLIER)


def written_chunk(written: list[Written], numbers: list[int], seed: tuple[int, ...]) -> Chunk:
    """Each written character once more, as another hand's; the labels are `numbers`."""
    rng = np.random.default_rng(seed)
    images = invented.sample_images([invented.write_again(each, rng) for each in written], rng)
    return coarse.some(images, rng), np.array(numbers)
