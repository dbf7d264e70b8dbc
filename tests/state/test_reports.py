"""A report is its browser's alone, keeps its order, is never too large, and goes with the session."""

import threading
import time

import pytest
import sqlalchemy as sa

from cnnviz.state import reports, sessions, tables
from cnnviz.state.reports import ReportFullError, Reports
from cnnviz.state.sessions import SessionStore

ANNA, BEN = "a" * 43, "b" * 43


def titles(store, token=ANNA):
    return [entry.content["title"] for entry in store.entries(token)]


def filled(engine, *names, token=ANNA):
    store = Reports(engine)
    for name in names:
        store.add(token, {"title": name})
    return store


def test_entries_are_in_their_order_and_their_browser_s_alone(engine):
    store = filled(engine, "one", "two", "three")
    assert store.add(BEN, {"title": "Ben's"}) == 1
    assert store.add(ANNA, {"title": "four"}) == 4
    assert titles(store) == ["one", "two", "three", "four"]
    assert titles(store, BEN) == ["Ben's"]
    with engine.connect() as connection:
        assert ANNA not in repr(connection.execute(sa.select(tables.reports)).all())


def test_an_entry_is_changed_moved_and_deleted_by_its_number(engine):
    store = filled(engine, "one", "two", "three")
    one, two, three = (entry.number for entry in store.entries(ANNA))
    store.move_up(ANNA, three)
    store.move_up(ANNA, one)
    assert titles(store) == ["one", "three", "two"]
    store.move_up(ANNA, three)
    store.move_up(ANNA, three)  # it is the first now
    assert titles(store) == ["three", "one", "two"]
    store.change(ANNA, two, {"title": "changed"})
    store.delete(ANNA, one)
    store.delete(BEN, three)
    store.change(BEN, three, {"title": "not mine"})
    assert titles(store) == ["three", "changed"]
    store.add(ANNA, {"title": "four"})
    assert titles(store) == ["three", "changed", "four"]
    store.delete_all(ANNA)
    assert titles(store) == []


def test_a_full_report_says_so_and_stays_as_it_is(engine, monkeypatch):
    monkeypatch.setattr(reports, "MAX_ENTRIES", 3)
    monkeypatch.setattr(reports, "MAX_BYTES", 3_000_000)
    store = filled(engine, "one", "two")
    with pytest.raises(ReportFullError, match="its pictures fill 3 MB"):
        store.add(ANNA, {"title": "x" * 3_000_000})
    (first, _) = store.entries(ANNA)
    with pytest.raises(ReportFullError, match="3 MB"):
        store.change(ANNA, first.number, {"title": "x" * 3_000_000})
    store.add(ANNA, {"title": "three"})
    with pytest.raises(ReportFullError, match="it has 3 entries"):
        store.add(ANNA, {"title": "four"})
    store.add(BEN, {"title": "Ben's"})
    assert titles(store) == ["one", "two", "three"]


def test_two_tabs_that_add_at_once_both_have_their_entry(engine):
    store = Reports(engine)
    threads = [threading.Thread(target=store.add, args=(ANNA, {"title": str(i)})) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(titles(store)) == [str(i) for i in range(6)]


def test_it_is_deleted_with_the_session_and_a_day_after_the_last_visit(engine):
    store, kept = filled(engine, "one"), SessionStore(engine, keep_s=0.3)
    kept.save(ANNA, {})
    kept.delete(ANNA)
    assert titles(store) == []
    store.add(ANNA, {"title": "of a visitor"})
    store.add(BEN, {"title": "of one who left"})
    assert kept.expire() == 0
    assert titles(store, BEN) == ["of one who left"]  # its session may not be written yet
    time.sleep(0.4)
    kept.save(ANNA, {})
    kept.expire()
    assert titles(store) == ["of a visitor"]
    assert titles(store, BEN) == []


def test_a_row_that_somebody_has_changed_by_hand_is_left_out(engine):
    store = filled(engine, "one", "two")
    first = store.entries(ANNA)[0].number
    with engine.begin() as connection:
        by_hand = tables.reports.update().where(tables.reports.c.number == first)
        connection.execute(by_hand.values(content="{"))
    assert titles(store) == ["two"]
    assert sessions.fingerprint(ANNA) != sessions.fingerprint(BEN)
