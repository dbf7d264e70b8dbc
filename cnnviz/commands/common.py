"""What the commands share: input that cannot be used, the digits to use, a model by name or folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cnnviz.analysis import inspection
from cnnviz.data import dataset, download
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.weights import Network, may_overflow

BAD_INPUT = 2
INTERRUPTED = 130


class UsageError(ValueError):
    """Input that cannot be used; the message is the one line that is printed."""


def digit_source(named: str | None) -> dataset.Source:
    """Where the digits to use are loaded from; downloads MNIST where it is found nowhere."""
    source, refused = dataset.find(named, download.cache_dir())
    for sentence in refused:
        print(sentence, file=sys.stderr)
    if source is not None:
        return source
    with tqdm(unit="B", unit_scale=True, desc="MNIST") as bar:
        error = download.fetch(lambda done, total: show(bar, done, total))
    if error:
        raise UsageError(f"{error} Or use --data bundled.")
    return dataset.Source("idx", download.cache_dir())


def show(bar: Any, done: int, total: int) -> None:
    """Bring a progress bar to where something is."""
    bar.total = total
    bar.update(done - bar.n)


def open_model(model: str) -> store.Model:
    """The model of that name, or in that folder."""
    named = None if Path(model).is_dir() else store.find(model)
    folder = named.folder if named else Path(model)
    if not folder.is_dir():
        names = ", ".join(m.name for m in store.models()) or "none"
        raise UsageError(f"{model}: expected a folder or a name under models/ ({names}), found neither.")
    return store.open_model(folder)


def network(model: store.Model) -> Network:
    """A model's network, which must be able to compute.

    Raises:
        BrokenModel: when it cannot be opened, or overflows.
    """
    opened = store.load(model)
    if may_overflow(opened) and not inspection.has_finite_outputs(opened):
        raise BrokenModel(f"{model.name}: expected a network that computes numbers, found weights that overflow.")
    return opened


def accuracy(correct: int, n: int) -> str:
    """Percentage and counts."""
    return f"{correct / n:.2%} ({correct:,} / {n:,})"
