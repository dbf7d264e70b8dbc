"""The training set of the preset `robust`: MNIST, distorted MNIST, digits drawn by program, and outliers.

Two processes make it in a few minutes; it is the same to the bit for the same digits and seed.
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

N_COPIES = 2
"""Distorted copies of every MNIST digit."""
N_SYNTHETIC, N_OUTLIERS = 450_000, 24_000
"""Digits and outliers drawn by program."""
CHUNK = 250
"""Images that a process makes at a time."""
N_PROCESSES = 2

Chunk = tuple[np.ndarray, np.ndarray]
"""Images, uint8 (n, 28, 28), and their labels, (n,)."""
Progress = Callable[[int, int], None]


def load(source: Source, keep_validation: bool, seed: int, show: Progress | None = None) -> Dataset:
    """Make the `training_set` from the digits that `dataset.load_for_training` loads."""
    return training_set(dataset.load_for_training(source, keep_validation), seed, show)


def training_set(mnist_train: Dataset, seed: int, show: Progress | None = None) -> Dataset:
    """Make everything that the network `robust` is trained on.

    Args:
        mnist_train: float32 images of digits written by hand.
        seed: decides everything that is drawn at random.
        show: called with the number of images made so far, and the number that will be made.

    Returns:
        uint8 images: the digits, N_COPIES distorted ones of each, N_SYNTHETIC drawn by program, and N_OUTLIERS
        outliers with the label OUTLIER.
    """
    plain = np.rint(mnist_train.images[..., 0] * 255).astype(np.uint8)
    jobs = _jobs(plain, mnist_train.labels, seed)
    total = N_COPIES * len(plain) + N_SYNTHETIC + N_OUTLIERS
    chunks: list[Chunk] = [(plain, mnist_train.labels)]
    done = 0
    # "generator" gives the chunks in the order of the jobs, whichever process is done first.
    with joblib.Parallel(N_PROCESSES, backend="loky", return_as="generator") as pool:
        for images, labels in pool(jobs):
            chunks.append((images, labels))
            done += len(labels)
            if show:
                show(done, total)
    images, labels = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
    return Dataset(images[..., None], labels.astype(np.int64), f"{mnist_train.name}, distorted, drawn by program")


def _jobs(plain: np.ndarray, labels: np.ndarray, seed: int) -> list[Any]:
    """Each chunk is drawn from a seed of its own, so that it does not matter which process makes it, and when."""
    distorted = [
        joblib.delayed(distorted_chunk)(plain[i : i + CHUNK], labels[i : i + CHUNK], N_COPIES, (seed, 0, i))
        for i in range(0, len(plain), CHUNK)
    ]
    synthetic = [
        joblib.delayed(synthetic_chunk)(min(CHUNK, N_SYNTHETIC - i), (seed, 1, i)) for i in range(0, N_SYNTHETIC, CHUNK)
    ]
    outliers = [
        joblib.delayed(outlier_chunk)(min(CHUNK, N_OUTLIERS - i), (seed, 2, i)) for i in range(0, N_OUTLIERS, CHUNK)
    ]
    return [*distorted, *synthetic, *outliers]


def distorted_chunk(images: np.ndarray, labels: np.ndarray, copies: int, seed: tuple[int, ...]) -> Chunk:
    """Distorted copies of each image, one copy of all after another."""
    distorted = distortion.distort(images, np.random.default_rng(seed), copies)
    return distorted.reshape(-1, *images.shape[1:]), np.tile(labels, copies)


def synthetic_chunk(n: int, seed: tuple[int, ...]) -> Chunk:
    """Digits drawn by program, all classes as often as can be."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10)
    return digits.sample_images(labels, rng), labels


def outlier_chunk(n: int, seed: tuple[int, ...]) -> Chunk:
    """Outliers, all kinds as often as can be."""
    rng = np.random.default_rng(seed)
    kinds = [list(non_digits.KINDS)[i % len(non_digits.KINDS)] for i in rng.permutation(n)]
    return non_digits.sample_images(kinds, rng), np.full(n, OUTLIER)
