"""How many images a network reads at once: the memory that it takes, the time, and the same accuracy."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

MAX_BATCH = 10_000
CHUNK = 1000
"""About how many images one task reads, so that others need not wait for all of them."""
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Reading:
    """Images read batch by batch.

    Attributes:
        batch: images a batch.
        right: how many of each batch were read right, in order.
        sizes: how many images each batch had; the last one may have fewer.
        seconds: time that it took.
        peak_bytes: by how much the process grew meanwhile at most; None where the system does not tell.
    """

    batch: int
    right: tuple[int, ...]
    sizes: tuple[int, ...]
    seconds: float
    peak_bytes: int | None

    @property
    def running_accuracy(self) -> np.ndarray:
        """Share read right of all images so far, after each batch; float64 in [0, 1]."""
        shares: np.ndarray = np.cumsum(self.right) / np.cumsum(self.sizes)
        return shares


def layer_bytes(config: NetworkConfig, batch: int) -> dict[str, int]:
    """Bytes of what leaves each layer for a batch: 4 for each float32 number, e.g. 28·28·32·4 an image."""
    return {layer.name: int(np.prod(layer.shape)) * FLOAT_BYTES * batch for layer in layers(config)}


def needed_bytes(config: NetworkConfig, batch: int) -> int:
    """Bytes that reading a batch takes at least: what goes into a layer and what leaves it stand there together."""
    sizes = list(layer_bytes(config, batch).values())
    return max(before + after for before, after in itertools.pairwise(sizes))


def parts(n: int, batch: int) -> list[tuple[int, int]]:
    """First image and end of each task that reads n images: whole batches, about CHUNK images."""
    step = max(1, CHUNK // batch) * batch
    return [(start, min(start + step, n)) for start in range(0, n, step)]


def read(network: Network, digits: Dataset, batch: int, start: int, stop: int) -> Reading:
    """Read the images start..stop-1 batch by batch, dropout off, and measure what it takes.

    Raises:
        ValueError: for a batch of less than 1 or more than MAX_BATCH images.
    """
    if not 1 <= batch <= MAX_BATCH:
        raise ValueError(f"Expected a batch of 1 to {MAX_BATCH:,} images. Received {batch}.")
    run, weights = forward(network.config, every_layer=False), on_device(network)
    run(weights, digits.images[:1])  # compiled before it is measured
    right, sizes = [], []
    before = _start_peak()
    began = time.perf_counter()
    for first in range(start, stop, batch):
        last = min(first + batch, stop)
        probs = run(weights, digits.images[first:last]).numpy()
        right.append(int((probs.argmax(axis=1) == digits.labels[first:last]).sum()))
        sizes.append(last - first)
    seconds = time.perf_counter() - began
    peak = _memory("VmHWM")
    grew = None if before is None or peak is None else max(0, peak - before)
    return Reading(batch, tuple(right), tuple(sizes), seconds, grew)


def joined(readings: Sequence[Reading]) -> Reading:
    """Tasks that follow each other as one: counts in order, times added, the largest peak."""
    peaks = [reading.peak_bytes for reading in readings if reading.peak_bytes is not None]
    return Reading(
        readings[0].batch,
        sum((reading.right for reading in readings), ()),
        sum((reading.sizes for reading in readings), ()),
        sum(reading.seconds for reading in readings),
        max(peaks) if len(peaks) == len(readings) else None,
    )


def allowed_bytes() -> int:
    """How much one reading may take here: an eighth of this machine's memory, since others read beside it."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8


def _start_peak() -> int | None:
    """Let the process's peak begin anew where it stands; the bytes that it takes now, None where that cannot be."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        return _memory("VmRSS")
    return None


def _memory(field: str) -> int | None:
    """A field of Linux's /proc/self/status in bytes; None where there is no such thing."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
    return None
