"""How many images a network reads at once: the memory that it takes, the time, and the same accuracy."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.analysis.inspection import on_device
from cnnviz.data.dataset import Dataset
from cnnviz.network import cards
from cnnviz.network.config import NetworkConfig, layers, weight_shapes
from cnnviz.network.forward import forward
from cnnviz.network.weights import Network

MAX_BATCH = 10_000
CHUNK = 1000
"""About how many images one task reads, so that others need not wait for all of them."""
FLOAT_BYTES = 4
PACKAGE = Path(__file__).resolve().parent.parent
LONGEST_S = 120
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reading:
    """Images read batch by batch.

    Attributes:
        batch: images a batch.
        right: how many of each batch were read right, in order.
        sizes: how many images each batch had; the last one may have fewer.
        seconds: time that it took.
    """

    batch: int
    right: tuple[int, ...]
    sizes: tuple[int, ...]
    seconds: float

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
    """Read the images start..stop-1 batch by batch, dropout off, and measure how long it takes.

    Raises:
        ValueError: for a batch of less than 1 or more than MAX_BATCH images.
    """
    _check(batch)
    run, weights = forward(network.config, every_layer=False), on_device(network)
    run(weights, digits.images[:1])  # compiled before it is measured
    right, sizes = [], []
    began = time.perf_counter()
    for first in range(start, stop, batch):
        last = min(first + batch, stop)
        probs = run(weights, digits.images[first:last]).numpy()
        right.append(int((probs.argmax(axis=1) == digits.labels[first:last]).sum()))
        sizes.append(last - first)
    return Reading(batch, tuple(right), tuple(sizes), time.perf_counter() - began)


def _check(batch: int) -> None:
    if not 1 <= batch <= MAX_BATCH:
        raise ValueError(f"Expected a batch of 1 to {MAX_BATCH:,} images. Received {batch}.")


def joined(readings: Sequence[Reading]) -> Reading:
    """Tasks that follow each other as one: counts in order, times added."""
    return Reading(
        readings[0].batch,
        sum((reading.right for reading in readings), ()),
        sum((reading.sizes for reading in readings), ()),
        sum(reading.seconds for reading in readings),
    )


def allowed_bytes() -> int:
    """How much one reading may take here: an eighth of this machine's memory, since others read beside it."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8


def measured_bytes(network: Network, digits: Dataset, batch: int) -> int | None:
    """By how much a process grows at most while it reads one batch for the first time.

    It is measured in a process of its own, which takes some seconds to start: one that has read before keeps what it
    took and reads again in that, so it would not tell.

    Returns:
        bytes; None where the system does not tell.

    Raises:
        ValueError: for a batch of less than 1 or more than MAX_BATCH images.
        RuntimeError: when that process ended without an answer.
    """
    _check(batch)
    images = digits.images[np.arange(batch) % len(digits)]
    given = io.BytesIO()
    config = json.dumps(dataclasses.asdict(network.config)).encode()
    named = {f"w{i}": array for i, array in enumerate(network.weights.values())}
    np.savez(given, allow_pickle=False, config=np.frombuffer(config, np.uint8), images=images, **named)
    program = f"from {__name__} import print_growth; print_growth()"
    ended = subprocess.run(  # nosec B603 # this program again, with nothing of a user in the command
        [sys.executable, "-c", program],
        input=given.getvalue(),
        capture_output=True,
        check=False,
        cwd=PACKAGE.parent,
        timeout=LONGEST_S,
    )
    answer = ended.stdout.decode().strip()
    if ended.returncode or not answer:
        raise RuntimeError(f"The process that was to be measured ended with {ended.returncode}.")
    return None if answer == UNKNOWN else int(answer)


def print_growth() -> None:
    """In the process that is measured: read what `measured_bytes` gives, and print by how much the process has grown.

    One image is read before, so that what TensorFlow loads with its first computation does not count.
    """
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as given:
        content = json.loads(given["config"].tobytes())
        config = cards.network_from(content)
        names = list(weight_shapes(config))
        network = Network(config, {name: given[f"w{i}"] for i, name in enumerate(names)})
        images = given["images"]
    run, weights = forward(config, every_layer=False), on_device(network)
    run(weights, images[:1]).numpy()
    before = _start_peak()
    run(weights, images).numpy()
    peak = _memory("VmHWM")
    print(UNKNOWN if before is None or peak is None else max(0, peak - before))


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
