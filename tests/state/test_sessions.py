"""A session comes back as it was, is known by nobody without its token, and is gone after a day."""

import time

import pytest
import sqlalchemy as sa

from cnnviz.state import sessions, tables
from cnnviz.state.sessions import SessionStore


def test_what_was_kept_comes_back_to_its_token_alone(engine):
    store, token = SessionStore(engine), sessions.new_token()
    assert store.load(token) is None
    store.save(token, {"pen": 24, "drawing": {"objects": [[1.5, 2]]}})
    assert store.load(token) == {"pen": 24, "drawing": {"objects": [[1.5, 2]]}}
    assert store.load(sessions.new_token()) is None


def test_the_last_values_take_the_place_of_those_before(engine):
    store, token = SessionStore(engine), sessions.new_token()
    for pen in (12, 24, 32):
        store.save(token, {"pen": pen})
    assert store.load(token) == {"pen": 32}


def test_tokens_are_not_stored(engine):
    store, token = SessionStore(engine), sessions.new_token()
    store.save(token, {"pen": 24})
    with engine.connect() as connection:
        row = connection.execute(sa.select(tables.sessions)).one()
    assert token not in repr(row)
    assert row.token_hash == sessions.fingerprint(token)


def test_a_session_is_deleted_when_it_asks_for_it_and_when_it_is_old(engine):
    store = SessionStore(engine, keep_s=0.2)
    first, second = sessions.new_token(), sessions.new_token()
    store.save(first, {})
    store.delete(first)
    assert store.load(first) is None
    store.save(second, {"pen": 24})
    assert store.expire() == 0
    time.sleep(0.3)
    assert store.load(second) is None
    assert store.expire() == 1


def test_too_much_is_refused_and_what_was_kept_stays(engine):
    store, token = SessionStore(engine), sessions.new_token()
    store.save(token, {"pen": 24})
    with pytest.raises(ValueError, match="Expected at most 500,000 bytes"):
        store.save(token, {"drawing": "x" * sessions.MAX_BYTES})
    assert store.load(token) == {"pen": 24}


def test_a_row_that_somebody_has_changed_by_hand_is_no_exception(engine):
    store, token = SessionStore(engine), sessions.new_token()
    store.save(token, {"pen": 24})
    for content in ("{", "[1]", "5"):
        with engine.begin() as connection:
            connection.execute(tables.sessions.update().values(content=content))
        assert store.load(token) is None


def test_tokens_differ_and_are_long():
    tokens = {sessions.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43
