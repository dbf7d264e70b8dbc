"""Where the project is, and MNIST when it is there."""

from __future__ import annotations

import os
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
