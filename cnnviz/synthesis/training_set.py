"""The training set of the preset `robust`: MNIST, MNIST distorted, digits drawn by program, and what is no digit.

It is made by two processes in a few minutes and is the same to the bit for the same digits and seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnviz.data import dataset
from cnnviz.data.dataset import OUTLIER, Dataset, Source
from cnnviz.lazy import LazyModule
from cnnviz.synthesis import digits, distortion, non_digits

joblib: Any = LazyModule("joblib")

COPIES, N_HANDS, N_NONE = 2, 450_000, 24_000
"""Distorted copies of every digit; digits drawn by program; drawings of what is no digit."""
PIECE = 250
"""Drawings made at a time."""
N_WORKERS = 2

Piece = tuple[np.ndarray, np.ndarray]
Show = Callable[[int, int], None]


def load(source: Source, keep_validation: bool, seed: int, show: Show | None = None) -> Dataset:
    """`training_set` of the digits that `data.load_for_training` finds."""
    return training_set(dataset.load_for_training(source, keep_validation), seed, show)


def training_set(mnist_train: Dataset, seed: int, show: Show | None = None) -> Dataset:
    """Everything that the network `robust` learns from.

    Args:
        mnist_train: digits written by hand.
        seed: where chance comes from.
        show: told how many drawings are done, and how many there will be.

    Returns:
        uint8 images: the digits, COPIES distorted ones of each, N_HANDS drawn by program, N_NONE that are none
        and have the label OUTLIER.
    """
    plain = np.rint(mnist_train.images[..., 0] * 255).astype(np.uint8)
    jobs = _jobs(plain, mnist_train.labels, seed)
    total = COPIES * len(plain) + N_HANDS + N_NONE
    pieces: list[Piece] = [(plain, mnist_train.labels)]
    done = 0
    with joblib.Parallel(N_WORKERS, backend="loky", return_as="generator") as pool:
        for images, labels in pool(jobs):
            pieces.append((images, labels))
            done += len(labels)
            if show:
                show(done, total)
    images, labels = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return Dataset(images[..., None], labels.astype(np.int64), f"{mnist_train.name}, distorted, drawn by program")


def _jobs(plain: np.ndarray, labels: np.ndarray, seed: int) -> list[Any]:
    """Each piece has chance of its own, so that it does not matter who makes it."""
    distorted = [
        joblib.delayed(distorted_piece)(plain[i : i + PIECE], labels[i : i + PIECE], COPIES, (seed, 0, i))
        for i in range(0, len(plain), PIECE)
    ]
    written = [joblib.delayed(written_piece)(min(PIECE, N_HANDS - i), (seed, 1, i)) for i in range(0, N_HANDS, PIECE)]
    none = [joblib.delayed(none_piece)(min(PIECE, N_NONE - i), (seed, 2, i)) for i in range(0, N_NONE, PIECE)]
    return [*distorted, *written, *none]


def distorted_piece(images: np.ndarray, labels: np.ndarray, copies: int, seed: tuple[int, ...]) -> Piece:
    """Distorted copies of each image, one copy of all after another."""
    distorted = distortion.distort(images, np.random.default_rng(seed), copies)
    return distorted.reshape(-1, *images.shape[1:]), np.tile(labels, copies)


def written_piece(n: int, seed: tuple[int, ...]) -> Piece:
    """Digits drawn by program, as many of each class as can be."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10)
    return digits.written(labels, rng), labels


def none_piece(n: int, seed: tuple[int, ...]) -> Piece:
    """Drawings of what is no digit, every kind as often."""
    rng = np.random.default_rng(seed)
    kinds = [list(non_digits.KINDS)[i % len(non_digits.KINDS)] for i in rng.permutation(n)]
    return non_digits.drawn(kinds, rng), np.full(n, OUTLIER)
