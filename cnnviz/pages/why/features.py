"""What the map of digits is made of: the numbers of a layer for all digits, its axes, and places by t-SNE.

Numbers of a layer are many: those of 55,000 digits and 128 neurons take 28 MB. Workers compute them in parts; a bounded
number stays here, since to find the nearest among them takes less than to send them.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from cnnviz.analysis import embedding, tsne
from cnnviz.analysis.embedding import Axes
from cnnviz.bounded import Bounded
from cnnviz.compute.backend import Priority
from cnnviz.data.dataset import Dataset
from cnnviz.files import FileError, write_atomically
from cnnviz.network import store
from cnnviz.network.weights import Network
from cnnviz.ui import lookups, server

PIECE = 1000
TEST_BYTES, TRAIN_BYTES = 100_000_000, 120_000_000
"""Kept of each, beyond the ones asked for last: 20 snapshots of the tutorial network, and 4."""
MAX_FILES = 200
"""Maps that were computed here; 40 kB each."""
Key = tuple[str, str]


class Words:
    """What is said while it is computed."""

    computing = "Asking the network about {n:,} {kind} digits: {done:,} done"
    axes = "Looking for the two directions"


def _bytes(array: np.ndarray) -> int:
    return array.nbytes


_kept: dict[str, Bounded[Key, np.ndarray]] = {
    "test": Bounded(TEST_BYTES, _bytes, 64),
    "training": Bounded(TRAIN_BYTES, _bytes, 64),
}
_axes: Bounded[Key, Axes] = Bounded(10_000_000, lambda axes: axes.mean.nbytes + axes.directions.nbytes, 64)
_maps: Bounded[Key, np.ndarray] = Bounded(10_000_000, _bytes, 64)


def clear() -> None:
    """Forget everything that is kept here."""
    for kept in _kept.values():
        kept.clear()
    _axes.clear()
    _maps.clear()


def of(network: Network, digits: Dataset, kind: str) -> np.ndarray:
    """The numbers of a layer for every digit, float32 (n, d); shows its progress while they are computed.

    Args:
        network, digits: of which.
        kind: "test" or "training", of the digits.
    """
    return _kept[kind].get((network.key, digits.key), lambda: _computed(network, digits, kind))


def _computed(network: Network, digits: Dataset, kind: str) -> np.ndarray:
    n, key = len(digits), ("features", network.key, digits.key)
    parts = lookups.results(
        key,
        lambda: [(embedding.features_of_range, network, digits, start, start + PIECE) for start in range(0, n, PIECE)],
        lambda done: Words.computing.format(n=n, kind=kind, done=min(n, done * PIECE)),
    )
    server.jobs().discard(key)  # kept here, as one array
    return np.concatenate(parts)


def axes_of(network: Network, digits: Dataset) -> Axes:
    """The directions in which the test digits differ most."""
    return _axes.get((network.key, digits.key), lambda: _found_axes(network, digits))


def _found_axes(network: Network, digits: Dataset) -> Axes:
    features = of(network, digits, "test")
    calls = [(embedding.principal_axes, features)]
    (axes,) = lookups.results(("axes", network.key, digits.key), lambda: calls, lambda _: Words.axes)
    found: Axes = axes
    return found


def tsne_of(network: Network, digits: Dataset, shipped: Path | None) -> np.ndarray | None:
    """Places of the test digits by t-SNE, float32 (n, 2); None while they are computed, which begins here: ask again.

    Args:
        network, digits: of which.
        shipped: the folder of the network's model, in which a map may lie.
    """
    key = (network.key, digits.key)
    known = _maps.find(key)
    if known is None:
        known = _read(network, digits, shipped)
    if known is None:
        known = _begun(network, digits)
    return None if known is None else _maps.get(key, lambda: known)


def _read(network: Network, digits: Dataset, shipped: Path | None) -> np.ndarray | None:
    """A map in a file; one of other weights or digits counts as none."""
    kept_here = tsne.path_beside(store.own_root(), network, digits)
    for path in (shipped / tsne.FILE if shipped else None, kept_here):
        if path is not None:
            with contextlib.suppress(FileError):
                return tsne.read(path, network, digits)
    return None


def _begun(network: Network, digits: Dataset) -> np.ndarray | None:
    """What the process for such work has come to; it is written down when it is there."""
    features, axes = of(network, digits, "test"), axes_of(network, digits)
    found = server.jobs().begin(_job(network, digits), lambda: [(tsne.tsne, features, axes)], Priority.ASIDE)
    if found is None:
        return None
    path = tsne.path_beside(store.own_root(), network, digits)
    with contextlib.suppress(OSError):  # where nothing can be written, it is computed again after a restart
        write_atomically(path, tsne.written(found[0], network, digits))
        _delete_oldest(path.parent)
    positions: np.ndarray = found[0]
    return positions


def is_computed(network: Network, digits: Dataset) -> bool:
    """Whether what `tsne_of` has begun is done."""
    return server.jobs().results(_job(network, digits)) is not None


def _job(network: Network, digits: Dataset) -> tuple[str, str, str]:
    return ("t-SNE", network.key, digits.key)


def _delete_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    for path in files[:-MAX_FILES]:
        path.unlink(missing_ok=True)
