"""What happens in a room reaches every browser that listens, once, and nobody else; nothing is asked for in between."""

import asyncio
import contextlib
import json

import pytest
from starlette.applications import Starlette

from asgi import get, post
from cnnviz.server import cookie, events
from cnnviz.server.events import Streams
from cnnviz.state.rooms import RoomError
from cnnviz.state.sessions import fingerprint

TOKENS = {name: name[0] * 43 for name in ("teacher", "ada", "bob", "zoe")}
WHO = {name: fingerprint(token) for name, token in TOKENS.items()}


class Rooms:
    """One room, which two students and their teacher are in; counts what is asked."""

    def __init__(self):
        self.version, self.scene, self.n_answers, self.asked = 1, "draw", 0, []
        self.sent = []

    def versions(self, codes):
        self.asked.append(tuple(codes))
        return {"KBXQ": self.version} if self.version else {}

    def told(self, code):
        return {"": json.dumps({"scene": self.scene}), WHO["teacher"]: json.dumps([self.scene, self.n_answers])}

    def may_hear(self, code, who):
        return code == "KBXQ" and who in (WHO["teacher"], WHO["ada"], WHO["bob"])

    def answer(self, code, who, number, given):
        if given == "nonsense":
            raise ValueError("Expected an answer of 0 to 10.")
        self.sent.append((code, who, number, given))
        return number == 3

    def do(self, code, teacher, wish, value):
        if teacher != WHO["teacher"]:
            raise RoomError("Only the teacher who opened the room can do that.")
        self.sent.append((wish, value))


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


def test_of_a_room_that_is_closed_browsers_are_told(room):
    def close():
        room.version = 0

    pieces = asyncio.run(asyncio.wait_for(heard(Streams(lambda: room), "bob", 2, [close]), 10))
    assert pieces[-1] == 'data: {"room": "KBXQ", "over": true}\n\n'


def test_what_is_changed_here_is_heard_before_the_next_look(room, monkeypatch):
    monkeypatch.setattr(events, "LOOK_S", 600.0)
    streams = Streams(lambda: room)

    def moved():
        room.scene, room.version = "layers", 2
        room.changed()

    pieces = asyncio.run(asyncio.wait_for(heard(streams, "ada", 2, [moved]), 10))
    assert pieces[-1] == 'data: {"scene": "layers"}\n\n'


def test_streams_end_with_the_server(room):
    streams = Streams(lambda: room)
    pieces = asyncio.run(asyncio.wait_for(heard(streams, "ada", 99, [streams.end]), 10))
    assert len(pieces) == 1


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


@pytest.mark.parametrize(("code", "name"), [("KBXQ", "zoe"), ("AAAA", "ada")])
def test_who_is_not_in_the_room_hears_that_it_is_over_and_not_whether_there_is_one(room, code, name):
    answer = asked_by(room, code, name)
    assert (answer.status, answer.content) == (200, f'data: {{"room": "{code}", "over": true}}\n\n'.encode())


@pytest.mark.parametrize(("code", "name"), [("KBXQ", ""), ("kbxq", "ada"), ("KBXQQ", "ada")])
def test_what_is_no_code_and_no_browser_is_not_there(room, code, name):
    assert asked_by(room, code, name).status == 404


def test_one_browser_does_not_take_all_streams(room, monkeypatch):
    monkeypatch.setattr(events, "MAX_OF_ONE", 0)
    assert asked_by(room, "KBXQ", "ada").status == 429


def asked_by(room, code, name):
    cookies = [(b"cookie", f"{cookie.NAME}={TOKENS[name]}".encode())] if name else []
    return get(Starlette(routes=events.routes(lambda: room)), f"/cnnviz/room/{code}", cookies)


def sent_by(room, name, what, content, *, kind="application/json", posts=None):
    cookies = [(b"cookie", f"{cookie.NAME}={TOKENS[name]}".encode())] if name else []
    app = posts or Starlette(routes=events.routes(lambda: room))
    headers = [*cookies, (b"content-type", kind.encode())]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return post(app, f"/cnnviz/room/KBXQ/{what}", headers, body)


def test_an_answer_is_kept_or_comes_too_late(room):
    assert sent_by(room, "ada", "answer", {"question": 3, "answer": 7}).status == 204
    assert sent_by(room, "ada", "answer", {"question": 2, "answer": 7}).status == 409
    assert sent_by(room, "ada", "answer", {"question": "3", "answer": 7}).status == 409
    assert room.sent == [("KBXQ", WHO["ada"], 3, 7), ("KBXQ", WHO["ada"], 2, 7)]


def test_what_is_no_answer_is_a_sentence(room):
    refused = sent_by(room, "ada", "answer", {"question": 3, "answer": "nonsense"})
    assert refused.status == 422
    assert json.loads(refused.content) == {"reason": "Expected an answer of 0 to 10."}


def test_only_the_teacher_does_what_concerns_all(room):
    assert sent_by(room, "teacher", "do", {"wish": "reveal", "value": None}).status == 204
    assert sent_by(room, "ada", "do", {"wish": "reveal", "value": None}).status == 422
    assert room.sent == [("reveal", None)]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * 5_000, "application/json", 413),
        (b"[" * 3_000, "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"question": 3, "answer": 7}', "text/plain", 415),
    ],
)
def test_what_cannot_be_read_harms_nobody(room, content, kind, status):
    assert sent_by(room, "ada", "answer", content, kind=kind).status == status
    assert sent_by(room, "", "answer", {"question": 3, "answer": 7}).status == 404
    assert room.sent == []


def test_of_a_thousand_answers_of_one_browser_few_are_looked_at(room):
    app = Starlette(routes=events.routes(lambda: room))
    status = [sent_by(room, "ada", "answer", {"question": 3, "answer": i}, posts=app).status for i in range(200)]
    assert status.count(429) > 150
    assert sent_by(room, "bob", "answer", {"question": 3, "answer": 1}, posts=app).status == 204
