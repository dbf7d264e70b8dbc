"""After SIGTERM the server goes on for a while: a proxy that asks /readyz sends new sessions elsewhere meanwhile.

Then it ends as it would have ended at once, which keeps runs on disk.  A second SIGTERM, or Ctrl+C, ends it at once.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

_begun = threading.Event()


def has_begun() -> bool:
    """Whether the server has been asked to end."""
    return _begun.is_set()


def begin(wait_s: float, at_end: Callable[[], object] = lambda: None) -> None:
    """Have SIGTERM wait from now on; called on the event loop, once the server has set what signals do.

    uvicorn sets its own handlers before the lifespan begins, and puts back what was there before at its end.

    Args:
        wait_s: how long it goes on; 0 ends at once.
        at_end: ends what a browser keeps open, as a stream of events: uvicorn waits for that before it ends.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals are the business of whoever runs the server in another thread
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        end = signal.getsignal(number)
        if callable(end):
            signal.signal(number, _handler(end, wait_s if number == signal.SIGTERM else 0, at_end, loop))


def _handler(
    end: Callable[[int, FrameType | None], object],
    wait_s: float,
    at_end: Callable[[], object],
    loop: asyncio.AbstractEventLoop,
) -> Callable[[int, FrameType | None], None]:
    def end_all(number: int, frame: FrameType | None) -> None:
        end(number, frame)
        loop.call_soon_threadsafe(at_end)

    def asked(number: int, frame: FrameType | None) -> None:
        if _begun.is_set() or wait_s <= 0:
            _begun.set()
            end_all(number, frame)
            return
        _begun.set()
        loop.call_soon_threadsafe(loop.call_later, wait_s, end_all, number, None)

    return asked
