"""/healthz and /readyz: cheap, at once, and never held up by a database."""

import asyncio
import json
import threading

import pytest
from starlette.applications import Starlette

from asgi import get
from cnnviz.server import draining, health


@pytest.fixture
def warm(monkeypatch):
    """The worker for answers is warm, and nobody has asked the server to end."""
    for module, name in ((health, "answers_are_warm"), (draining, "_begun")):
        monkeypatch.setattr(module, name, threading.Event())
    health.answers_are_warm.set()


def app(ask=lambda: None):
    return Starlette(routes=health.routes(ask))


def broken():
    raise RuntimeError("postgresql://user@host/name does not answer")


def said(app, path="/readyz"):
    answer = get(app, path)
    assert answer.headers[b"cache-control"] == b"no-store"
    return answer.status, json.loads(answer.content)


def test_ready_is_who_has_a_warm_worker_and_a_database(warm):
    assert said(app()) == (200, {"ready": True, "draining": False, "missing": []})
    health.answers_are_warm.clear()
    assert said(app()) == (503, {"ready": False, "draining": False, "missing": ["answers"]})
    missing = ["answers", "database"]
    assert said(app(broken)) == (503, {"ready": False, "draining": False, "missing": missing})


def test_who_drains_is_not_ready_and_alive(warm):
    draining._begun.set()
    assert said(app()) == (503, {"ready": False, "draining": True, "missing": []})
    assert said(app(broken), "/healthz") == (200, {"alive": True})


def test_why_the_database_does_not_answer_is_in_the_log_once_and_in_no_answer(warm, caplog, monkeypatch):
    monkeypatch.setattr(health, "KEEP_S", 0.0)
    asked = app(broken)
    assert all(b"host" not in get(asked, "/readyz").content for _ in range(2))
    assert caplog.text.count("does not answer") == 1


def test_an_answer_of_the_database_holds_for_a_moment():
    now, asked = [0.0], []
    database = health.Database(lambda: asked.append(now[0]), lambda: now[0])
    for now[0] in (0.0, health.KEEP_S / 2, health.KEEP_S, health.KEEP_S * 1.4):
        assert asyncio.run(database.answers())
    assert asked == [0.0, health.KEEP_S]


def test_a_database_that_hangs_is_missing_and_is_asked_by_one_thread_only(monkeypatch):
    monkeypatch.setattr(health, "WAIT_S", 0.01)
    asked, goes_on = [], threading.Event()

    def hang():
        asked.append(1)
        goes_on.wait(60)

    database = health.Database(hang)
    assert [asyncio.run(database.answers()) for _ in range(3)] == [False] * 3
    assert len(asked) == 1
    goes_on.set()
    assert database._asked.result(60)
    assert asyncio.run(database.answers())
