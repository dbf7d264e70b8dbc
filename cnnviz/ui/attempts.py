"""How often a secret may be tried: so many times a minute by one browser, and by all of them together."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress

PER_BROWSER, PER_SERVER = 5, 30
"""Of a passphrase."""
WRONG_CODES_PER_BROWSER, WRONG_CODES_PER_SERVER = 10, 100
"""Of the code of a room: trying all 160,000 takes 26 hours, and a room lasts a day."""
MINUTE_S = 60.0


class Attempts:
    """Counts the attempts of the last minute; one that is refused does not count.

    Args:
        clock: seconds that never go back.
        per_browser, per_server: attempts a minute.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        per_browser: int = PER_BROWSER,
        per_server: int = PER_SERVER,
    ) -> None:
        self._clock = clock
        self._most = per_browser, per_server
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
            for times, most in zip((own, self._all), self._most, strict=True):
                if len(times) >= most:
                    return max(1, math.ceil(times[0] + MINUTE_S - now))
            own.append(now)
            self._all.append(now)
            return 0

    def forgive(self, browser: str) -> None:
        """Do not count the last attempt of a browser: it was right."""
        with self._lock:
            own = self._by_browser.get(browser)
            if own:
                with suppress(ValueError):  # a minute has passed meanwhile
                    self._all.remove(own[-1])
                own.pop()


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] <= now - MINUTE_S:
        times.popleft()
