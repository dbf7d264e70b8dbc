"""Which digits this server has: found on disk, bundled, or being downloaded."""

from __future__ import annotations

from cnnviz.data import dataset, download, mnist
from cnnviz.data.dataset import BUNDLED, Source


class DataSources:
    """What was found at the server's start, and the download where nothing was.

    Attributes:
        mnist: where MNIST, or files of its format, lie on disk; None when they are nowhere.
        problems: what was wrong with files or folders that were found, a sentence each.
        download: of MNIST, while it runs and when it has failed.
    """

    def __init__(self) -> None:
        self.mnist: Source | None = None
        self.problems: list[str] = []
        self.download: download.Download | None = None
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
        return [self.mnist, BUNDLED] if self.mnist else [BUNDLED]
