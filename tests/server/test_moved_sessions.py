"""A browser that was connected before runs the whole page first; others are left alone."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnnviz.server.moved_sessions import PART, MovedSessions

AGAIN, FIRST = b"streamlit, token, a-session", b"streamlit, token"


def asks_for(part):
    message = BackMsg()
    message.rerun_script.fragment_id, message.rerun_script.page_script_hash = part, "a-page"
    return message.SerializeToString()


def other():
    message = BackMsg()
    message.clear_cache = True
    return message.SerializeToString()


def talk(protocols, contents, path="/lesson/_stcore/stream"):
    """What a browser is sent when it connects, and what the application hears of the messages that it sends."""
    sent, heard = [], []
    waiting = [{"type": "websocket.receive", "bytes": content} for content in contents]

    async def application(scope, receive, send):
        await send({"type": "websocket.accept"})
        for _ in contents:
            heard.append((await receive()).get("bytes"))

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": path, "headers": [(b"sec-websocket-protocol", protocols)]}
    asyncio.run(MovedSessions(application)(scope, receive, send))
    return sent, heard


def test_who_connects_again_is_asked_to_ask_and_the_first_part_becomes_the_page():
    messages = [other(), b"\xff\xff", asks_for("a part"), asks_for("a part")]
    sent, heard = talk(AGAIN, messages)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    asked = ForwardMsg.FromString(sent[1]["bytes"]).auto_rerun
    assert asked.fragment_id == PART
    assert 0 < asked.interval < 1
    assert heard == [*messages[:2], asks_for(""), messages[3]]


def test_after_a_run_of_the_page_parts_run_alone():
    assert talk(AGAIN, [asks_for(""), asks_for("a part")])[1] == [asks_for(""), asks_for("a part")]


@pytest.mark.parametrize(
    ("protocols", "path"),
    [(FIRST, "/_stcore/stream"), (b"streamlit, token, ", "/_stcore/stream"), (AGAIN, "/_stcore/other")],
)
def test_others_are_left_alone(protocols, path):
    sent, heard = talk(protocols, [asks_for("a part")], path)
    assert (len(sent), heard) == (1, [asks_for("a part")])
