"""How much one browser may send: so many messages and bytes a second; more waits, and only its sender waits.

Streamlit answers each message with a run of the page, so a thousand small ones from one browser would keep all others
waiting.  Here a message that comes too soon is not read until its time has come: it waits in the sender's own
connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from cnnviz.server.messages import bounded

STREAM = "/_stcore/stream"
"""Where Streamlit's own websocket is."""
MESSAGES_PER_S, MESSAGES_AT_ONCE = 10.0, 40.0
"""Arrow keys held down send about ten messages a second, a page that watches a run one.  A run of a page takes some
30 ms of processor time: one browser that sends all it may leaves two thirds of a processor to the others."""
BYTES_PER_S, BYTES_AT_ONCE = 1_000_000.0, 4_000_000.0
"""A stroke sends 20 to 60 kB."""


_open: set[int] = set()


def n_sessions() -> int:
    """How many sessions have a browser now: each has one websocket."""
    return len(_open)


class Bucket:
    """A token bucket: `at_once` may be taken at any time, then `per_s` a second.

    Args:
        per_s: how much flows back each second.
        at_once: how much it holds.
        clock: seconds that never go back.
    """

    def __init__(self, per_s: float, at_once: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._at_once, self._clock = per_s, at_once, clock
        self._level, self._looked_s = at_once, clock()

    def take(self, amount: float) -> float:
        """Take an amount, on credit where the bucket holds less; gives the seconds until that is paid back."""
        now = self._clock()
        self._level = min(self._at_once, self._level + (now - self._looked_s) * self._per_s) - amount
        self._looked_s = now
        return max(0.0, -self._level / self._per_s)


class MessageLimits:
    """ASGI middleware around Streamlit's websocket."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; what a browser sends over the websocket is bounded and slowed down."""
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM):
            await self.app(scope, receive, send)
            return
        messages, n_bytes = Bucket(MESSAGES_PER_S, MESSAGES_AT_ONCE), Bucket(BYTES_PER_S, BYTES_AT_ONCE)

        async def receive_in_time() -> Any:
            message = await receive()
            content = message.get("bytes")
            if message["type"] == "websocket.receive" and content is not None:
                wait_s = max(messages.take(1), n_bytes.take(len(content)))
                message, content = {**message, "bytes": bounded(content)}, None  # no large message lies here and waits
                if wait_s:
                    await asyncio.sleep(wait_s)
            return message

        _open.add(id(scope))
        try:
            await self.app(scope, receive_in_time, send)
        finally:
            _open.discard(id(scope))
