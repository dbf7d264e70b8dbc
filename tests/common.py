"""Where the project is, MNIST when it is there, and waiting for a state that a thread or another process brings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def mnist_dir() -> Path | None:
    """A folder with MNIST: CNNVIZ_DATA, data/MNIST, or a `shared/mnist` beside the project."""
    named = os.environ.get("CNNVIZ_DATA")
    places = [Path(named)] if named else []
    places += [ROOT / "data" / "MNIST", ROOT.parent / "shared" / "mnist"]
    return next((place for place in places if (place / "t10k-labels-idx1-ubyte.gz").is_file()), None)


MNIST = mnist_dir()
needs_mnist = pytest.mark.skipif(MNIST is None, reason="MNIST is not on this machine; see README, Digits")


def until(condition: Callable[[], object], timeout_s: float = 120) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
