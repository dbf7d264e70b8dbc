"""Strokes that a browser sends beside Streamlit: a run of a page would cost three times as much.

    POST …/cnnviz/stroke/<name>     the stroke in, the answer out, both for the session's page alone to understand

The name is random and known to one page of one session only, so nobody else can send anything for it.  Where something
is not answered (a status other than 200) the browser sends its whole drawing by Streamlit, which says what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from abc import ABC, abstractmethod
from typing import Any
from weakref import WeakValueDictionary

from cnnviz.server import metrics
from cnnviz.server.limits import Bucket

PATH = re.compile(r"(?:/.*)?/cnnviz/stroke/([A-Za-z0-9_-]{1,64})", re.ASCII)
"""Under any base path, as of networks' weights."""
MAX_BYTES = 200_000
"""A stroke with what it makes of the drawing takes 2,000 to 5,000."""
STROKES_PER_S, STROKES_AT_ONCE = 10.0, 40.0
MAX_WAITING = 10
"""Of one session; while TensorFlow is being loaded, answers take seconds."""
log = logging.getLogger(__name__)


class NotAnsweredError(Exception):
    """A stroke that is not answered here, with the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Answerer(ABC):
    """What answers the strokes of one session, so many a second, under a name of its own.

    Attributes:
        address: where strokes are sent, relative to a page's address.
    """

    def __init__(self) -> None:
        name = secrets.token_urlsafe(24)
        self.address = f"./cnnviz/stroke/{name}"
        self._bucket = Bucket(STROKES_PER_S, STROKES_AT_ONCE)
        self._n_waiting = 0
        _answerers[name] = self

    @abstractmethod
    async def answer(self, content: bytes) -> bytes:
        """The answer, JSON; raises NotAnsweredError. It runs on the server's event loop: only waiting may take long."""

    async def answer_in_time(self, content: bytes) -> bytes:
        """Wait until one more is allowed, then answer; raises NotAnsweredError."""
        if self._n_waiting >= MAX_WAITING:
            raise NotAnsweredError(429)
        self._n_waiting += 1
        try:
            if wait_s := self._bucket.take(1):
                await asyncio.sleep(wait_s)
            return await self.answer(content)
        finally:
            self._n_waiting -= 1


_answerers: WeakValueDictionary[str, Answerer] = WeakValueDictionary()
"""Each lives as long as its session."""


class Strokes:
    """ASGI middleware: answers strokes; passes on everything else."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a POST under PATH."""
        asked = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        began_s = time.perf_counter()
        try:
            if scope["method"] != "POST":
                raise NotAnsweredError(405)
            answerer = _answerers.get(asked[1])
            if answerer is None:
                raise NotAnsweredError(404)
            status, content = 200, await answerer.answer_in_time(await _body(receive))
        except NotAnsweredError as error:
            status, content = error.status, b""
        except Exception:  # whatever it is, Streamlit's way is left
            log.exception("A stroke")
            status, content = 500, b""
        _note(status, time.perf_counter() - began_s)
        await _send(send, status, content)


def _note(status: int, took_s: float) -> None:
    """Count a stroke, and say how long it took: nothing of what was drawn, nor of who drew it."""
    metrics.note_stroke(status, took_s)
    said = {"status": status, "ms": round(took_s * 1000, 1)}
    log.info("A stroke: status %(status)d after %(ms).1f ms", said, extra=said)


async def _body(receive: Any) -> bytes:
    """What was sent; raises NotAnsweredError as soon as it is too much."""
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise NotAnsweredError(400)  # gone, and nobody hears it
        content += message.get("body", b"")
        if len(content) > MAX_BYTES:
            raise NotAnsweredError(413)
        if not message.get("more_body"):
            return bytes(content)


async def _send(send: Any, status: int, content: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
