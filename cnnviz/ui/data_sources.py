"""Which digits this server has: found on disk, bundled, being downloaded, or kept of a class."""

from __future__ import annotations

import time

import numpy as np

from cnnviz.data import collections, dataset, download, mnist
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.network import store
from cnnviz.server import immutable


class DataSources:
    """What was found at the server's start, the download where nothing was, and what classes have drawn.

    Attributes:
        mnist: where MNIST, or files of its format, lie on disk; None when they are nowhere.
        problems: what was wrong with files or folders that were found, a sentence each.
        class_problems: the same of the files of classes, when they were looked at last.
        download: of MNIST, while it runs and when it has failed.
    """

    def __init__(self) -> None:
        self.mnist: Source | None = None
        self.problems: list[str] = []
        self.class_problems: tuple[str, ...] = ()
        self.download: download.Download | None = None
        self._class_names: set[str] = set()
        self.look()

    def look(self) -> None:
        """Look for MNIST on disk; fetch it when it is nowhere and no folder was named."""
        try:
            source, self.problems = dataset.find(cache_dir=download.cache_dir())
        except mnist.DataError as error:
            self.mnist, self.problems = None, [str(error)]
            return
        if source is None:
            self.download = download.Download()
        elif source != BUNDLED:
            self.mnist, self.download = source, None

    def available(self) -> list[Source]:
        """What one can choose from, best first."""
        base = self._base()
        return [*dict.fromkeys((base, BUNDLED)), *self.classes()]

    def classes(self) -> list[Source]:
        """The digits of classes that are there now, the latest first; what is a day old is deleted."""
        found = collections.listed(store.own_root(), time.time())
        self.class_problems = found.problems
        names = {dataset.name_of(digits) for digits in found.collections}
        for gone in self._class_names - names:
            immutable.withdraw_digits(gone)
        self._class_names = names
        return [_source_of(digits, self._base()) for digits in found.collections]

    def _base(self) -> Source:
        return self.mnist or BUNDLED

    def keep(self, images: np.ndarray, labels: np.ndarray, persons: np.ndarray) -> Source:
        """Keep what a class has drawn; one can choose it from then on.

        Args:
            images, labels, persons: as of `collections.keep`.

        Raises:
            NotKept: when it is something else, or too much.
            OSError: when it cannot be written.
        """
        kept = collections.keep(store.own_root(), images, labels, persons, time.time())
        return _source_of(kept, self._base())


def _source_of(digits: collections.Collection, base: Source) -> Source:
    return Source("class", digits.path, digits.key, base)
