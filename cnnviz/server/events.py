"""What happens in rooms, pushed to their browsers as server-sent events, and what browsers answer.

    GET  /cnnviz/room/<code>           what the room shows now, and again whenever that changes, as JSON
    POST /cnnviz/room/<code>/answer    {"question": 3, "answer": 7}
    POST /cnnviz/room/<code>/do        {"wish": "reveal", "value": null}, of the teacher

One look a second asks for the versions of all rooms that somebody here listens to, and one more after each change that
this server makes; only what has a new version is read. A browser hears what it may know, and hears it once: what the
answers of others change for the teacher alone is not sent to sixty students.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cnnviz.server import cookie
from cnnviz.server.limits import Bucket
from cnnviz.state.sessions import fingerprint

LOOK_S, SOON_S = 1.0, 0.1
"""Between two looks, and the least time between them: what a whole class answers at once is told in a few pieces."""
ALIVE_S = 15.0
"""A comment is sent that often, so that no proxy takes a stream for one that has ended."""
MAX_STREAMS, MAX_OF_ONE = 2_000, 6
"""Of a server, and of one browser: it has one for each page that is open."""
MAX_BYTES = 4_000
"""Of what a browser answers: a sentence at most."""
ANSWERS_PER_S, ANSWERS_AT_ONCE = 2.0, 10.0
MAX_BUCKETS = 5_000
CODE = re.compile(r"[A-Z]{4}", re.ASCII)
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
log = logging.getLogger(__name__)


class Source(Protocol):
    """Where rooms are known; its functions may wait for a database, and are called in threads."""

    changed: Callable[[], None]
    """To be called after each change that is made here."""

    def versions(self, codes: Sequence[str]) -> Mapping[str, int]:
        """A number for each room that is open, which grows when something changes."""

    def told(self, code: str) -> Mapping[str, str]:
        """What the room shows now, JSON in one line: by a browser's fingerprint, or for "" what all others hear."""

    def may_hear(self, code: str, who: str) -> bool:
        """Whether a browser, by its fingerprint, is in the room."""

    def answer(self, code: str, who: str, number: int, given: Any) -> bool:
        """Keep an answer; False when it comes too late. Raises ValueError with a sentence for what is none."""

    def do(self, code: str, teacher: str, wish: str, value: Any) -> None:
        """What the teacher does; raises ValueError with a sentence where that cannot be."""


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
        self._wanted = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        """The stream of one browser."""
        code, who = request.path_params["code"], who_asks(request)
        if not who or not CODE.fullmatch(code):
            return Response(status_code=404)
        of_it = sum(listener.who == who for listener in self._listeners)
        if len(self._listeners) >= MAX_STREAMS or of_it >= MAX_OF_ONE:
            return Response(status_code=429)
        if not await asyncio.to_thread(self._source().may_hear, code, who):
            # As where the room has been closed: a browser cannot tell a status, and would ask again for ever.
            return Response(f"data: {_over(code)}\n\n", media_type="text/event-stream", headers=HEADERS)
        return StreamingResponse(self._stream(_Listener(code, who)), media_type="text/event-stream", headers=HEADERS)

    def end(self) -> None:
        """End every stream, since a server waits for what is under way before it ends; browsers come back."""
        for listener in self._listeners:
            listener.end()

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
        finally:
            self._listeners.discard(listener)

    async def _look_on(self) -> None:
        """Look once a second for as long as somebody listens, and when something was changed here."""
        loop = asyncio.get_running_loop()
        self._source().changed = lambda: _call(loop, self._wanted.set)
        while self._listeners:
            self._wanted.clear()
            try:
                await self._look()
            except Exception:  # whatever it is, e.g. the database is away, the next look is to come
                log.warning("What happens in rooms could not be read", exc_info=True)
            await asyncio.sleep(min(SOON_S, LOOK_S))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, LOOK_S - SOON_S)):
                    await self._wanted.wait()
        self._versions.clear()
        self._told.clear()

    async def _look(self) -> None:
        codes = sorted({listener.code for listener in self._listeners})
        versions = await asyncio.to_thread(self._source().versions, codes)
        self._told = {code: told for code, told in self._told.items() if code in codes}
        self._versions = {code: version for code, version in self._versions.items() if code in codes}
        for code in codes:
            if code not in versions:
                self._versions.pop(code, None)
                self._told[code] = {"": _over(code)}
            elif self._versions.get(code) != versions[code]:
                self._told[code] = await asyncio.to_thread(self._source().told, code)
                self._versions[code] = versions[code]
        for listener in list(self._listeners):
            self._tell(listener)

    def _tell(self, listener: _Listener) -> None:
        told = self._told.get(listener.code, {})
        text = told.get(listener.who, told.get("", ""))
        if text:
            listener.hear(text)


def _over(code: str) -> str:
    """What is told of a room that is closed, or of one that a browser is not in."""
    return json.dumps({"room": code, "over": True})


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    """Have something called on the loop of the server, by any thread; nothing where that has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)


class Posts:
    """What browsers of this server send to a room.

    Args:
        source: where rooms are known.
        clock: seconds that never go back.
    """

    def __init__(self, source: Callable[[], Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._buckets: dict[str, Bucket] = {}

    async def answer(self, request: Request) -> Response:
        """An answer of a student; 409 when it comes too late."""
        return await self._take(request, self._keep)

    async def do(self, request: Request) -> Response:
        """What the teacher does."""
        return await self._take(request, self._do)

    async def _take(self, request: Request, what: Callable[[str, str, Mapping[str, Any]], int]) -> Response:
        code, who = request.path_params["code"], who_asks(request)
        status = self._refused(request, code, who)
        content = b""
        if not status:
            async for piece in request.stream():
                content += piece
                if len(content) > MAX_BYTES:
                    status = 413
                    break
        if status:
            return Response(status_code=status)
        try:
            told = json.loads(content)
            if not isinstance(told, dict):
                raise ValueError("Expected an object.")
            return Response(status_code=await asyncio.to_thread(what, code, who, told))
        except (ValueError, RecursionError) as error:
            return JSONResponse({"reason": str(error)}, 422)
        except Exception:  # the database is away: what was sent stays in the browser, and can be sent again
            log.warning("What was sent to a room could not be kept", exc_info=True)
            return Response(status_code=503)

    def _refused(self, request: Request, code: str, who: str) -> int:
        """The HTTP status by which a request is refused before it is read; 0 for none."""
        if not who or not CODE.fullmatch(code):
            return 404
        # Another site's page can send JSON only after it has asked, which nobody answers here.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return 415
        bucket = self._bucket(who)
        if bucket.take(0) > 0:  # what is refused costs nothing, so who sent too much waits for a moment only
            return 429
        bucket.take(1)
        return 0

    def _keep(self, code: str, who: str, told: Mapping[str, Any]) -> int:
        number = told.get("question")
        is_kept = type(number) is int and self._source().answer(code, who, number, told.get("answer"))
        return 204 if is_kept else 409

    def _do(self, code: str, who: str, told: Mapping[str, Any]) -> int:
        self._source().do(code, who, str(told.get("wish")), told.get("value"))
        return 204

    def _bucket(self, who: str) -> Bucket:
        while len(self._buckets) >= MAX_BUCKETS:
            self._buckets.pop(next(iter(self._buckets)))
        return self._buckets.setdefault(who, Bucket(ANSWERS_PER_S, ANSWERS_AT_ONCE, self._clock))


def who_asks(request: Request) -> str:
    """The fingerprint of the browser that a request comes from; "" where it has no token."""
    token = cookie.token_in(request.headers.get("cookie", ""))
    return fingerprint(token) if token else ""


def routes(source: Callable[[], Source], streams: Streams | None = None) -> list[Route]:
    """The addresses, for `st.App`."""
    posts = Posts(source)
    return [
        Route("/cnnviz/room/{code}", (streams or Streams(source)).answer),
        Route("/cnnviz/room/{code}/answer", posts.answer, methods=["POST"]),
        Route("/cnnviz/room/{code}/do", posts.do, methods=["POST"]),
    ]
