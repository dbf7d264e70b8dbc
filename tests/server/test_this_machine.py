"""Whose browser is on the server's own machine: nobody's whose request went through a proxy."""

import asyncio

import pytest

from cnnviz.server.this_machine import HEADER, ThisMachine, is_this_machine

HOME = {"host": "localhost:8501", "origin": "http://localhost:8501"}


def scope(client=("127.0.0.1", 5000), kind="websocket", **headers):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value is not None]
    return {"type": kind, "path": "/_stcore/stream", "client": client, "headers": pairs}


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "localhost:8501"),
        ("127.0.0.1", "127.0.0.1:8501"),
        ("::1", "[::1]:8501"),
        ("::ffff:127.0.0.1", "localhost"),
    ],
)
def test_a_browser_on_this_machine(client, host):
    assert is_this_machine(scope((client, 5000), host=host, origin=f"http://{host}"))


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "X-Forwarded-Proto", "x-forwarded-host", "forwarded", "x-real-ip", "via"]
)
def test_a_forwarded_request_is_from_elsewhere(name):
    assert not is_this_machine(scope(**HOME, **{name.lower(): "127.0.0.1"}))


@pytest.mark.parametrize(
    "changed",
    [
        {"client": ("192.168.0.7", 5000)},
        {"client": None},
        {"client": ("unix", None)},
        {"host": "school.example"},
        {"host": "localhost.school.example"},
        {"host": "user@localhost:8501@school.example"},
        {"host": None},
        {"host": ""},
        {"origin": "https://school.example"},
        {"origin": "null"},
        {"origin": None},
        {"origin": "http://[broken"},
    ],
)
def test_whatever_is_not_certain_is_from_elsewhere(changed):
    assert is_this_machine(scope(**HOME))
    assert not is_this_machine(scope(**(HOME | changed)))


def mark(given):
    """What an application behind the middleware finds in the header."""
    seen = []

    async def app(scope, receive, send):
        seen.extend(value for name, value in scope["headers"] if name.decode().lower() == HEADER)

    asyncio.run(ThisMachine(app)(given, None, None))
    return seen


def test_the_mark_is_set_here_and_nowhere_else():
    assert mark(scope(**HOME)) == [b"yes"]
    assert mark(scope(**HOME, **{HEADER: "yes", "x-forwarded-for": "10.0.0.1"})) == []
    sent = scope(("10.0.0.1", 1), **HOME)
    sent["headers"].append((HEADER.title().encode(), b"yes"))
    assert mark(sent) == []
