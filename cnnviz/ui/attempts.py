"""How often a passphrase may be tried: so many times a minute by one browser, and by all of them together."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

PER_BROWSER, PER_SERVER = 5, 30
MINUTE_S = 60.0


class Attempts:
    """Counts the attempts of the last minute; one that is refused does not count.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_browser: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, browser: str) -> int:
        """Count an attempt of a browser, and give 0; or the whole seconds that it must wait, and count nothing."""
        now = self._clock()
        with self._lock:
            for name, times in list(self._by_browser.items()):
                _forget(times, now)
                if not times:
                    del self._by_browser[name]
            _forget(self._all, now)
            own = self._by_browser.setdefault(browser, deque())
            for times, most in ((own, PER_BROWSER), (self._all, PER_SERVER)):
                if len(times) >= most:
                    return max(1, math.ceil(times[0] + MINUTE_S - now))
            own.append(now)
            self._all.append(now)
            return 0


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] <= now - MINUTE_S:
        times.popleft()
