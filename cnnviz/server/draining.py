"""After SIGTERM the server goes on for a while: a proxy that asks /readyz sends new sessions elsewhere meanwhile.

Then it ends as it would have ended at once, which keeps runs on disk.  A second SIGTERM ends it at once.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

_begun = threading.Event()


def has_begun() -> bool:
    """Whether the server has been asked to end."""
    return _begun.is_set()


def begin(wait_s: float) -> None:
    """Have SIGTERM wait from now on; called on the event loop, once the server has set what signals do.

    uvicorn sets its own handler before the lifespan begins, and puts back what was there before at its end.

    Args:
        wait_s: how long it goes on; 0 ends at once.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals are the business of whoever runs the server in another thread
    end = signal.getsignal(signal.SIGTERM)
    if not callable(end):
        return
    loop = asyncio.get_running_loop()

    def asked(number: int, frame: FrameType | None) -> None:
        if _begun.is_set() or wait_s <= 0:
            _begun.set()
            end(number, frame)
            return
        _begun.set()
        loop.call_soon_threadsafe(loop.call_later, wait_s, end, number, None)

    signal.signal(signal.SIGTERM, asked)
