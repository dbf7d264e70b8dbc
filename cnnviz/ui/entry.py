"""A network that one can choose, and what is chosen in the head of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnviz.data.dataset import Source
from cnnviz.network.weights import Network


@dataclass(frozen=True)
class Entry:
    """A network that one can choose: a model on disk, or a run that is not finished.

    Attributes:
        name: the model's or the run's.
        iterations: those of its training that one can go back to; empty when it is broken.
        open: gives the network after one of them; raises BrokenModel when it cannot be read.
        least_energy: of the network at the end of its training; what has less is unlike the digits that it has learnt
            (see `drawing.rejection`). None where it is not known.
        last: what tells its last weights from all others, e.g. their checksum; "" where nothing does.
    """

    name: str
    iterations: tuple[int, ...]
    open: Callable[[int], Network]
    least_energy: float | None = None
    last: str = ""


@dataclass(frozen=True)
class Choice:
    """Network, snapshot and digits that every page shows."""

    entry: Entry | None
    iteration: int
    source: Source
