"""What `streamlit run` starts: one run of the script for each browser, and what happens around the server's life."""

import contextlib
import threading
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware

from cnnviz import lazy, settings
from cnnviz.server import draining, events, health, left_pages, logs, memory, metrics, sockets
from cnnviz.server.assets import Assets
from cnnviz.server.cookie import SessionCookie
from cnnviz.server.immutable import Immutable
from cnnviz.server.limits import MessageLimits
from cnnviz.server.moved_sessions import MovedSessions
from cnnviz.server.strokes import Strokes
from cnnviz.server.this_machine import ThisMachine

# Both are loaded while the first browser is still reading Streamlit's scripts: the server listens 0.3 s earlier.
router = lazy.LazyModule("cnnviz.ui.router")
startup = lazy.LazyModule("cnnviz.ui.startup")
server = lazy.LazyModule("cnnviz.ui.server")


FIRST_PAGE = ("cnnviz.pages.draw.answer", "cnnviz.pages.draw.inputs", "cnnviz.pages.draw.surprise")


def begin() -> None:
    """Start what is warmed behind the scenes, and load what the first page is made of."""
    startup.begin()
    for name in FIRST_PAGE:
        lazy.load(name)


def ask_database() -> None:
    """See `ui/server.py`, which is loaded by the thread that asks first."""
    server.ask_database()


def count_runs() -> dict[str, int]:
    """See `ui/server.py`."""
    counted: dict[str, int] = server.count_runs()
    return counted


def live_rooms() -> events.Source:
    """See `ui/server.py`."""
    source: events.Source = server.live_rooms()
    return source


streams = events.Streams(live_rooms)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Around the server's life: warm up before the first browser comes, end the workers at the end."""
    left_pages.leave_out()
    memory.return_large_blocks()
    sockets.send_at_once()
    draining.begin(settings.read().drain_s, streams.end)
    threading.Thread(target=begin, name="begin", daemon=True).start()
    try:
        yield
    finally:
        startup.end()


if __name__ == "__main__":
    router.route()
else:  # the server imports this file once, before the first browser comes
    logs.begin(settings.read())
    app = st.App(
        __file__,
        lifespan=lifespan,
        routes=[
            *health.routes(ask_database),
            *metrics.routes(count_runs),
            *events.routes(live_rooms, streams),
        ],
        middleware=[
            Middleware(Strokes),
            Middleware(Assets),
            Middleware(Immutable),
            Middleware(SessionCookie),
            Middleware(ThisMachine),
            Middleware(MessageLimits),
            Middleware(MovedSessions),
        ],
    )
