"""Whether the server is alive, and whether a proxy should send it new sessions.

    GET /healthz    200 as soon as the server listens; asks nothing
    GET /readyz     200 when the worker for answers is warm and the database answers; else 503, and what is missing

Neither says anything of a person or of how the server is set up, so anybody may ask.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cnnviz.server import draining

ANSWERS, DATABASE = "answers", "database"
"""What may be missing: the worker that reads drawings, and where sessions and runs are stored."""
WAIT_S = 1.0
"""So long the database has for an answer; a proxy waits for 2 s."""
KEEP_S = 2.0
"""So long an answer holds: three proxies that look every second ask the database no more often than one."""
NOT_KEPT = {"cache-control": "no-store"}
log = logging.getLogger(__name__)
answers_are_warm = threading.Event()
"""Set once the worker for answers has read a first image."""


class Database:
    """Whether the database answers, asked in a thread, since a driver may wait for longer than a proxy does.

    Args:
        ask: asks it something; raises an exception where it does not answer.
        clock: seconds that never go back.
    """

    def __init__(self, ask: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._asked: Future[bool] | None = None
        self._asked_s = 0.0
        self._reason = ""

    async def answers(self) -> bool:
        """Waits for WAIT_S from the moment that the question was asked, no longer; one question at a time."""
        now = self._clock()
        if self._asked is None or (self._asked.done() and now - self._asked_s >= KEEP_S):
            self._asked, self._asked_s = Future(), now
            threading.Thread(target=self._look, args=(self._asked,), name="ready", daemon=True).start()
        wait_s = max(0.0, WAIT_S - (now - self._asked_s))
        done, _ = await asyncio.wait([asyncio.wrap_future(self._asked)], timeout=wait_s)
        return any(each.result() for each in done)

    def _look(self, asked: Future[bool]) -> None:
        reason = ""
        try:
            self._ask()
        except Exception as error:  # whatever it is, the database is of no use
            reason = str(error) or type(error).__name__
        if reason != self._reason:
            log.warning("%s", reason or "The database answers again.")
        self._reason = reason
        asked.set_result(not reason)


def routes(ask_database: Callable[[], object]) -> list[Route]:
    """The two addresses, for `st.App`.

    Args:
        ask_database: asks the database something; raises an exception where it does not answer.
    """
    database = Database(ask_database)

    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"alive": True}, headers=NOT_KEPT)

    async def ready(_: Request) -> JSONResponse:
        missing = [] if answers_are_warm.is_set() else [ANSWERS]
        missing += [] if await database.answers() else [DATABASE]
        drains = draining.has_begun()
        is_ready = not missing and not drains
        said = {"ready": is_ready, "draining": drains, "missing": missing}
        return JSONResponse(said, 200 if is_ready else 503, NOT_KEPT)

    return [Route("/healthz", alive), Route("/readyz", ready)]
