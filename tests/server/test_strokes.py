"""Strokes beside Streamlit: who is asked, what is refused before it is read, and that nobody else is harmed."""

import asyncio
import gc

import pytest

from cnnviz.server import strokes
from cnnviz.server.strokes import MAX_BYTES, MAX_WAITING, Answerer, NotAnsweredError, Strokes


class Echo(Answerer):
    """Says what it was sent."""

    async def answer(self, content):
        if content == b"refused":
            raise NotAnsweredError(409)
        if content == b"broken":
            raise RuntimeError("broken")
        return b"heard " + content


async def post(path, parts=(b"",), method="POST", kind="http"):
    """Status, headers and content of an answer."""
    waiting = [
        {"type": "http.request", "body": part, "more_body": i < len(parts) - 1} for i, part in enumerate(parts)
    ] or [{"type": "http.disconnect"}]
    sent = []

    async def passed_on(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"passed on"})

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    await Strokes(passed_on)({"type": kind, "method": method, "path": path}, receive, send)
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def ask(*args, **named):
    return asyncio.run(post(*args, **named))


@pytest.fixture
def echo():
    return Echo()


def path_of(answerer, base=""):
    return base + answerer.address.removeprefix(".")


@pytest.mark.parametrize("base", ["", "/lesson", "/lesson/room"])
def test_a_stroke_in_pieces_is_answered_by_the_session_that_it_names(echo, base):
    others = [Echo() for _ in range(3)]
    status, headers, content = ask(path_of(echo, base), [b"a ", b"stroke"])
    assert (status, content) == (200, b"heard a stroke")
    assert headers[b"content-length"] == b"14"
    assert headers[b"cache-control"] == b"no-store"
    assert len({other.address for other in [echo, *others]}) == 4


def test_a_name_is_too_long_to_be_guessed(echo):
    assert len(echo.address.rpartition("/")[2]) >= 32  # of 64 letters: 192 bits


@pytest.mark.parametrize(
    ("method", "parts", "status"),
    [
        ("GET", [b""], 405),
        ("PUT", [b""], 405),
        ("POST", [b"refused"], 409),
        ("POST", [b"broken"], 500),
        ("POST", [b"x" * (MAX_BYTES + 1)], 413),
        ("POST", [b"x" * MAX_BYTES, b"x", b"never read"], 413),
        ("POST", [], 400),
    ],
)
def test_what_is_not_answered(echo, method, parts, status):
    found, headers, content = ask(path_of(echo), parts, method)
    assert (found, content) == (status, b"")
    assert (b"allow" in headers) == (status == 405)


def test_a_session_that_is_gone_and_one_that_never_was_are_not_there():
    echo = Echo()
    path = path_of(echo)
    assert ask(path)[0] == 200
    del echo
    gc.collect()
    assert ask(path)[0] == 404
    assert ask("/cnnviz/stroke/nobody")[0] == 404


@pytest.mark.parametrize("path", ["/cnnviz/stroke/", "/cnnviz/strokes/a", "/cnnviz/stroke/a/b", "/_stcore/health"])
def test_everything_else_is_passed_on(path):
    assert ask(path) == (299, {}, b"passed on")
    assert ask("/cnnviz/stroke/a", kind="websocket")[0] == 299


def test_more_strokes_than_a_person_draws_wait_and_then_are_refused(echo, monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        await never

    async def flood():
        nonlocal never
        never = asyncio.get_running_loop().create_future()
        begun = [asyncio.ensure_future(post(path_of(echo))) for _ in range(60)]
        _, waiting = await asyncio.wait(begun, timeout=0.1)
        never.set_result(None)
        await asyncio.wait(waiting)
        return [task.result()[0] for task in begun], len(waiting)

    never = None
    monkeypatch.setattr(strokes.asyncio, "sleep", sleep)
    statuses, n_waiting = asyncio.run(flood())
    assert statuses.count(200) == 40 + MAX_WAITING
    assert statuses.count(429) == 20 - MAX_WAITING
    assert n_waiting == MAX_WAITING == len(slept)
    assert all(seconds > 0 for seconds in slept)
