"""Memory is given back when it is quiet, and some time where it never is."""

import gc
import time
import weakref

from cnnviz.server import memory
from cnnviz.ui import housekeeping
from cnnviz.ui.housekeeping import Clock, Housekeeper
from common import until


class Ring:
    """An object that refers to itself."""

    def __init__(self):
        self.itself = self


def test_it_is_time_when_it_was_quiet():
    clock = Clock(cpu_s=5.0, now_s=100.0)
    assert clock.is_time(5.1, 130.0)
    assert not clock.is_time(9.1, 160.0)  # four seconds of thirty
    assert clock.is_time(9.2, 190.0)


def test_it_is_time_after_ten_minutes_without_rest():
    clock = Clock(cpu_s=0.0, now_s=0.0)
    asked = [(n, clock.is_time(20.0 * n, 30.0 * n)) for n in range(1, 61)]
    assert [30 * n for n, is_time in asked if is_time] == [600, 1200, 1800]


def test_rings_are_freed_by_a_thread_that_ends():
    gc.disable()
    keeper = Housekeeper(every_s=0.05)
    try:
        ring = weakref.ref(Ring())
        end = time.monotonic() + 20
        while ring() is not None and time.monotonic() < end:
            time.sleep(0.02)
        assert ring() is None
    finally:
        gc.enable()
        keeper.close()
    n = keeper.n_tidied  # counted after the ring is gone: only once the thread has ended
    assert n
    time.sleep(0.2)
    assert keeper.n_tidied == n


def test_what_else_there_is_to_do_is_done_at_every_look_and_may_fail():
    looks = []

    def look():
        looks.append(len(looks))
        raise OSError("no folder")

    keeper = Housekeeper(every_s=0.02, also=look)
    try:
        until(lambda: len(looks) > 2)
    finally:
        keeper.close()


def test_tidying_works_where_the_c_library_gives_nothing_back(monkeypatch):
    def none(name):
        raise OSError(name)

    monkeypatch.setattr(memory.ctypes, "CDLL", none)
    ring = weakref.ref(Ring())
    housekeeping.tidy()
    assert ring() is None
