"""Values that are remembered as long as there is room for them, counted in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """The values that were asked for last; the last one in any case, others as long as all have room.

    Args:
        max_bytes: of all of them.
        n_bytes: how many one of them takes.
        max_n: how many they may be.
    """

    def __init__(self, max_bytes: int, n_bytes: Callable[[V], int], max_n: int) -> None:
        self._max_bytes, self._n_bytes, self._max_n = max_bytes, n_bytes, max_n
        self._lock = threading.Lock()  # not held while a value is made
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key; made where it is not remembered."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > 1 and (len(self._values) > self._max_n or self.n_bytes > self._max_bytes):
                self._values.popitem(last=False)
        return value

    def find(self, key: K) -> V | None:
        """The value of a key; None where it is not remembered."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def forget(self, which: Callable[[V], bool]) -> None:
        """Forget the values of which `which` is True."""
        with self._lock:
            for key in [key for key, value in self._values.items() if which(value)]:
                del self._values[key]

    @property
    def n_bytes(self) -> int:
        """What is remembered takes so many."""
        return sum(map(self._n_bytes, self._values.values()))

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._values.clear()
