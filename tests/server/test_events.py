"""What happens in a room reaches every browser that listens, once, and nobody else; nothing is asked for in between."""

import asyncio
import contextlib
import json

import pytest
from starlette.applications import Starlette

from asgi import get
from cnnviz.server import cookie, events
from cnnviz.server.events import Streams
from cnnviz.state.sessions import fingerprint

TOKENS = {name: name[0] * 43 for name in ("teacher", "ada", "bob", "zoe")}
WHO = {name: fingerprint(token) for name, token in TOKENS.items()}


class Rooms:
    """One room, which two students and their teacher are in; counts what is asked."""

    def __init__(self):
        self.version, self.scene, self.n_answers, self.asked = 1, "draw", 0, []

    def versions(self, codes):
        self.asked.append(tuple(codes))
        return {"KBXQ": self.version} if self.version else {}

    def told(self, code):
        return {"": json.dumps({"scene": self.scene}), WHO["teacher"]: json.dumps([self.scene, self.n_answers])}

    def may_hear(self, code, who):
        return code == "KBXQ" and who in (WHO["teacher"], WHO["ada"], WHO["bob"])


@pytest.fixture
def room(monkeypatch):
    monkeypatch.setattr(events, "LOOK_S", 0.02)
    return Rooms()


def listener(code, who):
    return events._Listener(code, who)


async def heard(streams, name, n, do=()):
    """The first n pieces that a browser's stream sends, each followed by one of `do`."""
    pieces, changes = [], iter(do)
    async with contextlib.aclosing(streams._stream(listener("KBXQ", WHO[name]))) as stream:
        async for piece in stream:
            pieces.append(piece)
            if len(pieces) == n:
                return pieces
            for change in (next(changes, None),):
                if change:
                    change()
    return pieces


def test_each_change_is_heard_once_by_those_whom_it_concerns(room):
    streams = Streams(lambda: room)

    def answered():
        room.n_answers, room.version = 1, 2

    def moved():
        room.scene, room.version = "layers", 3

    async def all_listen():
        teacher = heard(streams, "teacher", 3, [answered, moved])
        return await asyncio.wait_for(asyncio.gather(teacher, heard(streams, "ada", 2)), 10)

    teacher, ada = asyncio.run(all_listen())
    assert teacher == ['data: ["draw", 0]\n\n', 'data: ["draw", 1]\n\n', 'data: ["layers", 1]\n\n']
    assert ada == ['data: {"scene": "draw"}\n\n', 'data: {"scene": "layers"}\n\n']


def test_sixty_that_listen_are_one_look(room):
    streams = Streams(lambda: room)

    async def sixty():
        await asyncio.gather(*(heard(streams, "ada", 1) for _ in range(60)))
        return len(room.asked)

    assert asyncio.run(asyncio.wait_for(sixty(), 10)) <= 2
    assert set(room.asked) == {("KBXQ",)}


def test_a_room_that_is_closed_ends_its_streams(room):
    def close():
        room.version = 0

    pieces = asyncio.run(asyncio.wait_for(heard(Streams(lambda: room), "bob", 9, [close]), 10))
    assert pieces[-1] == "event: over\ndata: {}\n\n"


def test_where_the_database_is_away_the_stream_goes_on_when_it_is_back(room, caplog):
    versions, room.n_left = room.versions, 3

    def away(codes):
        room.n_left -= 1
        if room.n_left > 0:
            raise RuntimeError("connection refused")
        return versions(codes)

    room.versions = away
    assert asyncio.run(asyncio.wait_for(heard(Streams(lambda: room), "ada", 1), 10)) == ['data: {"scene": "draw"}\n\n']
    assert "could not be read" in caplog.text


@pytest.mark.parametrize(
    ("code", "name", "status"), [("KBXQ", "zoe", 404), ("AAAA", "ada", 404), ("KBXQ", "", 404), ("kbxq", "ada", 404)]
)
def test_who_is_not_in_the_room_hears_nothing(room, code, name, status):
    assert asked_by(room, code, name) == status


def test_one_browser_does_not_take_all_streams(room, monkeypatch):
    monkeypatch.setattr(events, "MAX_OF_ONE", 0)
    assert asked_by(room, "KBXQ", "ada") == 429


def asked_by(room, code, name):
    cookies = [(b"cookie", f"{cookie.NAME}={TOKENS[name]}".encode())] if name else []
    return get(Starlette(routes=events.routes(lambda: room)), f"/cnnviz/room/{code}", cookies).status
