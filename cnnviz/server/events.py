"""What happens in rooms, pushed to their browsers as server-sent events: one stream a browser, none of them polls.

    GET /cnnviz/room/<code>     what the room shows now, and again whenever that changes, as JSON

One look a second asks for the versions of all rooms that somebody here listens to; only what has a new version is read.
A browser hears what it may know, and hears it once: what the answers of others change for the teacher alone is not sent
to sixty students.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cnnviz.server import cookie
from cnnviz.state.sessions import fingerprint

LOOK_S = 1.0
ALIVE_S = 15.0
"""A comment is sent that often, so that no proxy takes a stream for one that has ended."""
MAX_STREAMS, MAX_OF_ONE = 2_000, 6
"""Of a server, and of one browser: it has one for each page that is open."""
CODE = re.compile(r"[A-Z]{4}", re.ASCII)
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
log = logging.getLogger(__name__)


class Source(Protocol):
    """Where rooms are known; its functions may wait for a database, and are called in threads."""

    def versions(self, codes: Sequence[str]) -> Mapping[str, int]:
        """A number for each room that is open, which grows when something changes."""

    def told(self, code: str) -> Mapping[str, str]:
        """What the room shows now, JSON in one line: by a browser's fingerprint, or for "" what all others hear."""

    def may_hear(self, code: str, who: str) -> bool:
        """Whether a browser, by its fingerprint, is in the room."""


@dataclass(eq=False)
class _Listener:
    code: str
    who: str
    heard: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def hear(self, text: str) -> None:
        if text != self.heard:
            self.heard = text
            self.news.set()

    def end(self) -> None:
        self.is_over = True
        self.news.set()


class Streams:
    """All browsers of this server that listen to a room.

    Args:
        source: where rooms are known.
    """

    def __init__(self, source: Callable[[], Source]) -> None:
        self._source = source
        self._listeners: set[_Listener] = set()
        self._versions: dict[str, int] = {}
        self._told: dict[str, Mapping[str, str]] = {}
        self._looks: asyncio.Task[None] | None = None

    async def answer(self, request: Request) -> Response:
        """The stream of one browser."""
        code, token = request.path_params["code"], cookie.token_in(request.headers.get("cookie", ""))
        who = fingerprint(token) if token else ""
        if not who or not CODE.fullmatch(code):
            return Response(status_code=404)
        of_it = sum(listener.who == who for listener in self._listeners)
        if len(self._listeners) >= MAX_STREAMS or of_it >= MAX_OF_ONE:
            return Response(status_code=429)
        if not await asyncio.to_thread(self._source().may_hear, code, who):
            return Response(status_code=404)
        return StreamingResponse(self._stream(_Listener(code, who)), media_type="text/event-stream", headers=HEADERS)

    async def _stream(self, listener: _Listener) -> AsyncIterator[str]:
        self._listeners.add(listener)
        self._tell(listener)
        if self._looks is None or self._looks.done():
            self._looks = asyncio.create_task(self._look_on())
        try:
            while not listener.is_over:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ALIVE_S):
                        await listener.news.wait()
                if listener.news.is_set() and not listener.is_over:
                    listener.news.clear()
                    yield f"data: {listener.heard}\n\n"
                else:
                    yield ": here\n\n"
            yield "event: over\ndata: {}\n\n"
        finally:
            self._listeners.discard(listener)

    async def _look_on(self) -> None:
        """Look once a second for as long as somebody listens."""
        while self._listeners:
            try:
                await self._look()
            except Exception:  # whatever it is, e.g. the database is away, the next look is to come
                log.warning("What happens in rooms could not be read", exc_info=True)
            await asyncio.sleep(LOOK_S)
        self._versions.clear()
        self._told.clear()

    async def _look(self) -> None:
        codes = sorted({listener.code for listener in self._listeners})
        versions = await asyncio.to_thread(self._source().versions, codes)
        for code in codes:
            if code not in versions:
                self._versions.pop(code, None)
                self._told.pop(code, None)
            elif self._versions.get(code) != versions[code]:
                self._told[code] = await asyncio.to_thread(self._source().told, code)
                self._versions[code] = versions[code]
        for listener in list(self._listeners):
            if listener.code in codes and listener.code not in versions:
                listener.end()
            else:
                self._tell(listener)

    def _tell(self, listener: _Listener) -> None:
        told = self._told.get(listener.code, {})
        text = told.get(listener.who, told.get("", ""))
        if text:
            listener.hear(text)


def routes(source: Callable[[], Source]) -> list[Route]:
    """The address, for `st.App`."""
    return [Route("/cnnviz/room/{code}", Streams(source).answer)]
