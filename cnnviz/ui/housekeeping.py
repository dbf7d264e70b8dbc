"""Gives memory back to the system while nobody needs the processor.

A session that has ended is a ring of objects which only Python's cyclic garbage collector frees, and that comes by
seldom; what it frees, the C library keeps. Collecting after every run of a script, as Streamlit would, costs far more
than all else (see `postScriptGC` in .streamlit/config.toml); twice a minute, when it is quiet, it costs next to
nothing.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cnnviz.server import memory

log = logging.getLogger(__name__)

EVERY_S = 30.0
QUIET = 0.1
"""A processor's share below which nobody is kept waiting by a collection, which takes some hundredths of a second."""
LONGEST_S = 600.0
"""Where it never is quiet, it is tidied once in that time all the same."""


class Housekeeper:
    """A thread that tidies up when it is quiet; `close` ends it.

    Args:
        every_s: seconds from one look to the next.
        also: is called at every look, quiet or not.

    Attributes:
        n_tidied: how often it did.
    """

    def __init__(self, every_s: float = EVERY_S, also: Callable[[], object] = lambda: None) -> None:
        self._every_s, self._also = every_s, also
        self._ends = threading.Event()
        self._clock = Clock(time.process_time(), time.monotonic())
        self.n_tidied = 0
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ends.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ends.wait(self._every_s):
            try:
                self._also()
            except Exception:  # whatever it is, memory is to be given back all the same
                log.exception("At a look around")
            if self._clock.is_time(time.process_time(), time.monotonic()):
                tidy()
                self.n_tidied += 1


@dataclass
class Clock:
    """Says when it is time to tidy up.

    Attributes:
        cpu_s, now_s: processor time of this process, and what the clock said, when it was asked last.
        tidied_s: what the clock said when it was time last.
    """

    cpu_s: float
    now_s: float
    tidied_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.tidied_s = self.now_s

    def is_time(self, cpu_s: float, now_s: float) -> bool:
        """Whether it has been quiet since it was asked last, or has not been for very long."""
        quiet = cpu_s - self.cpu_s < QUIET * (now_s - self.now_s)
        self.cpu_s, self.now_s = cpu_s, now_s
        if not quiet and now_s - self.tidied_s < LONGEST_S:
            return False
        self.tidied_s = now_s
        return True


def tidy() -> None:
    """Free what nothing refers to, and give it back to the system."""
    gc.collect()
    memory.give_back()
