"""Answers leave at once instead of waiting until the one before has been acknowledged.

Streamlit makes its listening socket without naming the protocol, and asyncio switches Nagle's algorithm off only where
TCP is named (`asyncio.base_events._set_nodelay`).  Every answer then goes out in two packets of which the second one
waits for the browser's acknowledgement, which an operating system may hold back for 40 ms.
"""

from __future__ import annotations

import gc
import socket


def send_at_once() -> int:
    """Switch Nagle's algorithm off for all connections that this process accepts from now on.

    Linux, macOS and BSD hand the option of a listening socket on to what it accepts.

    Returns:
        on how many listening sockets it was set.
    """
    listening = [each for each in gc.get_objects() if isinstance(each, socket.socket) and _listens(each)]
    for each in listening:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(listening)


def _listens(each: socket.socket) -> bool:
    try:
        is_tcp = each.family in (socket.AF_INET, socket.AF_INET6) and each.type == socket.SOCK_STREAM
        return is_tcp and each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    except OSError:  # it is closed
        return False
