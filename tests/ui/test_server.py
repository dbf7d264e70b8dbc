"""What lives once a server: made once however many ask at the same time, ended at the end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from cnnviz.ui import server
from cnnviz.ui.server import Once


def test_it_is_made_once_however_many_ask_at_the_same_time():
    made = []

    def make():
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    once, start = Once(make), threading.Barrier(8)

    def ask(_):
        start.wait(10)
        return once()

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(each is made[0] for each in got)


def test_what_is_reset_is_ended_and_made_anew():
    ended = []
    once = Once(object, ended.append)
    once.reset()
    assert ended == []
    first = once()
    once.reset()
    assert ended == [first]
    assert once() is not first


def test_nothing_is_made_by_an_import_and_the_end_leaves_no_thread():
    server.reset()
    assert not any(thread.name.startswith("paint") for thread in threading.enumerate())
    assert server.painters().submit(lambda: 6 * 7).result(10) == 42
    server.close()
    assert not any(thread.name.startswith("paint") for thread in threading.enumerate())
