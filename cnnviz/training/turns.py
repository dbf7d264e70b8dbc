"""Who is next: runs take turns piece by piece, and the runs of an experiment count as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


class Turns:
    """The order of turns; whoever has had one goes to the end."""

    def __init__(self) -> None:
        self._order: deque[str] = deque()

    def next(self, waiting: Mapping[str, str], in_flight: Sequence[str], n_workers: int) -> str | None:
        """The run that is sent something now.

        Args:
            waiting: whose turn each waiting run takes, by the run's name, in the order of the runs.
            in_flight: whose turn each thing took that a worker has.
            n_workers: how many things are computed at once.

        Returns:
            the run's name, None when no run may be sent anything.
        """
        first: dict[str, str] = {}
        for name, turn in waiting.items():
            first.setdefault(turn, name)
        self._order = deque(turn for turn in self._order if turn in first or turn in in_flight)
        self._order.extend(turn for turn in first if turn not in self._order)
        # An experiment may fill all the workers, not the place behind them that is another's turn.
        may = (turn for turn in self._order if turn in first and in_flight.count(turn) < n_workers)
        chosen = next(may, None)
        if chosen is None:
            return None
        self._order.remove(chosen)
        self._order.append(chosen)
        return first[chosen]
