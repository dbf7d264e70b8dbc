"""A browser that sends too much waits for itself; what it may not send does not arrive."""

import asyncio
import json
import time

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from cnnviz.server import limits, messages
from cnnviz.server.limits import Bucket, MessageLimits


def test_a_bucket_gives_what_it_holds_at_once_and_then_what_flows_back():
    now = [100.0]
    bucket = Bucket(per_s=10, at_once=3, clock=lambda: now[0])
    assert [bucket.take(1) for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])
    now[0] += 0.2
    assert bucket.take(1) == pytest.approx(0.1)
    now[0] += 100
    assert bucket.take(3) == 0
    assert bucket.take(1) == pytest.approx(0.1)


def received(contents, path="/_stcore/stream"):
    """What an application behind the middleware receives, each with the seconds since the first."""
    arrived = []

    async def app(scope, receive, send):
        began = time.monotonic()
        while (message := await receive())["type"] != "websocket.disconnect":
            arrived.append((time.monotonic() - began, message["bytes"]))

    async def run():
        queue = [{"type": "websocket.receive", "bytes": content} for content in contents]
        queue.append({"type": "websocket.disconnect"})

        async def receive():
            return queue.pop(0)

        await MessageLimits(app)({"type": "websocket", "path": path}, receive, None)

    asyncio.run(run())
    return arrived


def test_a_flood_is_slowed_down_and_nothing_of_it_is_lost(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGES_PER_S", 50.0)
    monkeypatch.setattr(limits, "MESSAGES_AT_ONCE", 5.0)
    arrived = received([bytes([i]) for i in range(20)])
    assert [content for _, content in arrived] == [bytes([i]) for i in range(20)]
    assert arrived[4][0] < 0.05
    assert arrived[-1][0] >= 14 / 50


def test_bytes_count_too(monkeypatch):
    monkeypatch.setattr(limits, "BYTES_PER_S", 10_000.0)
    monkeypatch.setattr(limits, "BYTES_AT_ONCE", 1_000.0)
    arrived = received([b"x" * 900] * 4)
    assert arrived[-1][0] >= (4 * 900 - 1000) / 10_000 - 0.01


def test_other_websockets_are_left_alone(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGES_PER_S", 1.0)
    monkeypatch.setattr(limits, "MESSAGES_AT_ONCE", 1.0)
    assert received([b"x"] * 50, path="/other")[-1][0] < 0.5


def rerun(*values):
    """A message of a browser whose components have these JSON texts as values."""
    message = BackMsg()
    for i, value in enumerate(values):
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.json_value = f"component {i}", value
    return message.SerializeToString()


def values_of(content):
    message = BackMsg()
    message.ParseFromString(content)
    return [state.json_value for state in message.rerun_script.widget_states.widgets]


GOOD = json.dumps({"drawing": {"raw": {"objects": [{"path": [["M", 1.5, 2.5]] * 500}]}}})


def test_what_may_be_sent_passes_byte_by_byte():
    message = rerun(GOOD, "{}", '{"picked": "1,2"}')
    assert messages.bounded(message) is message
    assert messages.bounded(b"") == b""
    assert messages.bounded(b"\xff" * 5000) == b"\xff" * 5000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (json.dumps({"drawing": "x" * 1_000_001}), "too large"),
        ("[" * 100_000 + "]" * 100_000, "unreadable"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "unreadable"),
        ('{"width": ' + "9" * 10_000 + "}", "unreadable"),
        ('{"width": ' * 500, "unreadable"),
    ],
)
def test_what_must_not_be_read_is_replaced_by_the_reason_and_the_rest_stays(value, reason):
    bounded = messages.bounded(rerun(GOOD, value, '{"picked": "1,2"}'))
    assert values_of(bounded) == [GOOD, json.dumps({"refused": reason, "bytes": len(value)}), '{"picked": "1,2"}']


def test_a_text_of_a_megabyte_is_emptied():
    message = BackMsg()
    state = message.rerun_script.widget_states.widgets.add()
    state.id, state.string_value = "text", "x" * 1_000_001
    bounded = BackMsg()
    bounded.ParseFromString(messages.bounded(message.SerializeToString()))
    assert bounded.rerun_script.widget_states.widgets[0].string_value == ""
