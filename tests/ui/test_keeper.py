"""Sessions are written aside: the last state gets there, nobody waits, and a database that fails is tried again."""

import threading
import time
import zlib

import numpy as np
import pytest

from cnnviz.state import database
from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import Rooms
from cnnviz.state.sessions import SessionStore
from cnnviz.ui import keeper as module
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.keeper import Keeper
from cnnviz.ui.sent_stroke import Stroke


@pytest.fixture
def engine(tmp_path):
    made = database.connect(database.default_url(tmp_path))
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(module, "START_S", 0.0)


@pytest.fixture
def kept(engine):
    keeper = Keeper(lambda: engine)
    yield keeper
    keeper.close()


def eventually(is_it, patience_s=20.0):
    deadline = time.monotonic() + patience_s
    while not is_it():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_record_is_there_at_once_for_the_same_server_and_soon_for_another(kept, engine):
    kept.save("a", {"choices": {"pen": 16}})
    assert kept.load("a") == {"choices": {"pen": 16}}
    eventually(lambda: SessionStore(engine).load("a") == {"choices": {"pen": 16}})
    assert kept.load("b") is None


def test_the_last_of_many_gets_there_and_few_are_written(kept, engine, monkeypatch):
    saves = []
    save = SessionStore.save
    monkeypatch.setattr(SessionStore, "save", lambda self, *args: (saves.append(args), save(self, *args)))
    began = time.monotonic()
    for i in range(300):
        kept.save("a", {"n": i})
        time.sleep(0.002)
    eventually(lambda: SessionStore(engine).load("a") == {"n": 299})
    assert len(saves) <= 2 + (time.monotonic() - began) / module.SAVE_EVERY_S


def test_closing_writes_what_waits(engine):
    keeper = Keeper(lambda: engine)
    for i in range(3):
        keeper.save("a", {"n": i})
    keeper.close()
    assert SessionStore(engine).load("a") == {"n": 2}


def test_deleting_leaves_nothing(kept, engine):
    kept.save("a", {"n": 1})
    eventually(lambda: SessionStore(engine).load("a") is not None)
    kept.save("a", None)
    assert kept.load("a") is None
    eventually(lambda: SessionStore(engine).load("a") is None)


def test_bytes_are_stored_and_a_drawing_too_large_is_left_out(kept, engine):
    kept.save("a", {"drawing": {"strokes": b"\x00\xff"}})
    kept.save("b", {"choices": {"pen": 12}, "drawing": {"strokes": b"x" * 600_000}})
    eventually(lambda: SessionStore(engine).load("b") == {"choices": {"pen": 12}})
    eventually(lambda: SessionStore(engine).load("a") == {"drawing": {"strokes": "AP8="}})


def test_strokes_that_came_one_by_one_are_stored_and_what_is_no_json_harms_nobody_else(kept, engine):
    history, ink = DrawingHistory(), np.zeros((280, 280), np.uint8)
    for n in (1, 2, 3):
        history.append(Stroke([(10.0 * n, 5.0), (20.0, 90.0)], n, 0, zlib.compress(ink.tobytes())), 24)
    kept.save("a", {"choices": {}, "drawing": {"strokes": object()}})
    kept.save("b", {"choices": {}, "drawing": history.record})
    eventually(lambda: SessionStore(engine).load("b") is not None)
    again = DrawingHistory.of_record(SessionStore(engine).load("b")["drawing"])
    assert again.strokes == history.strokes
    assert again.n_strokes == 3
    assert SessionStore(engine).load("a") == {"choices": {}}


def test_a_database_that_fails_is_told_tried_again_and_loses_nothing(engine, monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.3)
    fails = threading.Event()
    fails.set()

    def connect():
        if fails.is_set():
            raise DatabaseError("It cannot be used: the disk is full.")
        return engine

    keeper = Keeper(connect)
    keeper.save("a", {"n": 1})
    eventually(lambda: keeper.problem)
    assert keeper.problem == "It cannot be used: the disk is full."
    began = time.monotonic()
    keeper.save("a", {"n": 2})
    assert keeper.load("a") == {"n": 2}
    assert keeper.load("b") is None
    assert time.monotonic() - began < 0.2
    fails.clear()
    eventually(lambda: SessionStore(engine).load("a") == {"n": 2})
    eventually(lambda: not keeper.problem)
    keeper.close()


def test_a_slow_database_holds_nobody_up(engine):
    def connect():
        time.sleep(1.0)
        return engine

    keeper = Keeper(connect)
    began = time.perf_counter()
    for i in range(1000):
        keeper.save(f"browser {i}", {"n": i})
    assert time.perf_counter() - began < 0.5
    keeper.close()
    assert SessionStore(engine).load("browser 999") == {"n": 999}


def test_what_waits_for_a_database_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)

    def connect():
        raise DatabaseError("no")

    keeper = Keeper(connect)
    for i in range(5):
        keeper.save(str(i), {"n": i})
    assert [keeper.load(str(i)) for i in range(5)] == [None, None, {"n": 2}, {"n": 3}, {"n": 4}]
    keeper.close()


def test_sessions_that_nobody_used_for_a_day_are_deleted_behind_the_scenes(engine, monkeypatch):
    expired = threading.Event()
    monkeypatch.setattr(Rooms, "expire", lambda self: expired.set())
    keeper = Keeper(lambda: engine)
    assert expired.wait(20)
    keeper.close()


def test_of_many_who_come_at_once_one_waits_for_a_database_that_fails_slowly():
    def connect():
        time.sleep(0.5)
        raise DatabaseError("no")

    keeper = Keeper(connect)
    began = time.monotonic()
    comers = [threading.Thread(target=keeper.load, args=(str(i),)) for i in range(20)]
    for comer in comers:
        comer.start()
    for comer in comers:
        comer.join()
    assert time.monotonic() - began < 3
    keeper.close()
