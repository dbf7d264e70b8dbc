"""SIGTERM: the server goes on for a while, then ends in the ordinary way; a second one ends it at once."""

import asyncio
import os
import signal
import threading

import pytest

from cnnviz.server import draining

SEEN_S = 20


@pytest.fixture
def ended(monkeypatch):
    """What stands for uvicorn's own handler: the signals that it was called with."""
    monkeypatch.setattr(draining, "_begun", threading.Event())
    called = []
    before = signal.signal(signal.SIGTERM, lambda number, _: called.append(number))
    yield called
    signal.signal(signal.SIGTERM, before)


async def until(condition):
    async with asyncio.timeout(SEEN_S):
        while not condition():
            await asyncio.sleep(0.01)


def test_it_goes_on_for_as_long_as_is_said_and_then_ends(ended):
    async def serve():
        draining.begin(0.3)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(draining.has_begun)
        assert ended == []
        await until(lambda: ended)

    asyncio.run(serve())
    assert ended == [signal.SIGTERM]


def test_a_second_signal_ends_it_at_once(ended):
    async def serve():
        draining.begin(3600)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(draining.has_begun)
        assert ended == []
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: ended)

    asyncio.run(serve())


def test_without_a_time_it_ends_at_once(ended):
    async def serve():
        draining.begin(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: ended)

    asyncio.run(serve())
    assert draining.has_begun()


def test_in_another_thread_signals_are_left_alone(ended):
    async def serve():
        draining.begin(1)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
