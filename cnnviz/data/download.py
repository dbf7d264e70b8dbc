"""Fetch MNIST into the user's cache: four files, each checked against MNIST's digits before it is put in its place."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnviz import settings
from cnnviz.data import dataset, mnist
from cnnviz.lazy import LazyModule

pooch: Any = LazyModule("pooch")
requests: Any = LazyModule("requests")

MIRRORS = ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/")
FILE_BYTES = (9_912_422, 28_881, 1_648_877, 4_542)
N_BYTES = sum(FILE_BYTES)
MAX_BYTES = 20_000_000
CONNECT_S, SILENCE_S = 5, 20

Progress = Callable[[int, int], None]


def cache_dir() -> Path:
    """The folder that a download fills."""
    return Path(pooch.os_cache("cnnviz")) / "MNIST"


def mirrors() -> tuple[str, ...]:
    """Where to fetch from: CNNVIZ_MNIST_URL when it is set, for a school's own copy, else two public mirrors."""
    own = settings.read().mnist_url
    return (own,) if own else MIRRORS


def fetch(progress: Progress, folder: Path | None = None) -> str:
    """Fetch the files that are missing.

    Args:
        progress: called with bytes done and bytes in all.
        folder: where to, by default `cache_dir()`; a good file that is there is kept.

    Returns:
        "" when MNIST is complete, else one sentence that says why not and what to do.
    """
    reasons = []
    for mirror in mirrors():
        try:
            _fetch_from(mirror, folder or cache_dir(), progress)
        except (OSError, mnist.DataError, ValueError) as error:
            reasons.append(f"{mirror}: {_reason(error)}")
        else:
            return ""
    place = dataset.ROOT / "data" / "MNIST"
    return f"MNIST could not be fetched ({'; '.join(reasons)}). Put {', '.join(mnist.FILE_NAMES)} (.gz) into {place}."


def _fetch_from(mirror: str, folder: Path, progress: Progress) -> None:
    pooch.get_logger().setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    meter = _Meter(progress)
    for file, size in zip(mnist.FILES.values(), FILE_BYTES, strict=True):
        meter.begin(size)
        if not _is_good(folder, file):
            with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as draft:
                _fetch_file(mirror, file, Path(draft), meter)
                os.replace(Path(draft) / f"{file.name}.gz", folder / f"{file.name}.gz")
        meter.finish()


def _fetch_file(mirror: str, file: mnist.IdxFile, draft: Path, meter: _Meter) -> None:
    name = f"{file.name}.gz"
    downloader = pooch.HTTPDownloader(
        progressbar=meter, timeout=(CONNECT_S, SILENCE_S), chunk_size=64 * 1024, headers={"Accept-Encoding": "identity"}
    )
    pooch.retrieve(mirror + name, known_hash=None, fname=name, path=draft, downloader=downloader)
    try:
        items = mnist.read_idx(draft, file)
    except mnist.DataError as error:
        raise mnist.DataError(str(error).replace(f"{draft}{os.sep}", "").rstrip(".")) from None
    if not mnist.is_mnist(file, items):
        raise mnist.DataError(f"{name}: expected MNIST's {file.n:,} digits, found others")


def _is_good(folder: Path, file: mnist.IdxFile) -> bool:
    try:
        return mnist.is_mnist(file, mnist.read_idx(folder, file))
    except mnist.DataError:
        return False


def _reason(error: Exception) -> str:
    """What went wrong, short enough for one sentence."""
    if isinstance(error, requests.HTTPError):
        return f"it answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, mnist.DataError):
        return str(error)
    message = str(error)
    explanations = {
        requests.ConnectTimeout: f"no answer within {CONNECT_S} s",
        requests.Timeout: f"it stopped sending for {SILENCE_S} s",
        requests.exceptions.ChunkedEncodingError: "the connection was cut off",
        requests.ConnectionError: f"it stopped sending for {SILENCE_S} s"
        if "timed out" in message
        else "no connection",
        requests.RequestException: message.rstrip("."),
    }
    fitting = [text for kind, text in explanations.items() if isinstance(error, kind)]  # the most special first
    return fitting[0] if fitting else f"the file could not be written ({error})"


class _Meter:
    """What has arrived of all four files; pooch calls it as it would a progress bar.

    A file counts as its share of MNIST's bytes, so that what is reported never goes back and ends at the whole,
    whatever length a server states and however pooch counts its chunks.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.total = 0
        self.current = 0
        self.before = 0
        self.reported = 0

    def update(self, n_bytes: int) -> None:
        self.current += n_bytes
        if self.current > MAX_BYTES:
            raise mnist.DataError(f"expected {N_BYTES:,} bytes in all, found more than {MAX_BYTES:,} in one file")
        self._report(self.before + round(self.size * min(1, self.current / (self.total or MAX_BYTES))))

    def begin(self, size: int) -> None:
        """The next file starts; it counts as so many bytes."""
        self.size, self.current, self.total = size, 0, 0

    def finish(self) -> None:
        """The file is there."""
        self.before += self.size
        self._report(self.before)

    def _report(self, done: int) -> None:
        self.reported = max(self.reported, done)
        self.progress(self.reported, N_BYTES)

    def reset(self) -> None:
        """Pooch has counted whole chunks; it resets and adds the file's true size."""
        self.current = 0

    def close(self) -> None:
        """Nothing to close."""


class Download:
    """A fetch in a thread of its own; what it has reached can be read at any time."""

    def __init__(self) -> None:
        self.done, self.total, self.error, self.finished = 0, N_BYTES, "", False
        self._thread = threading.Thread(target=self._run, name="fetch MNIST", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.error = fetch(self._progress)
        self.finished = True

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    @property
    def share(self) -> float:
        """How much has arrived, in [0, 1]."""
        return self.done / self.total
