"""Whether a browser runs on the server's own machine, as far as that can be known for certain.

A proxy on this machine makes everybody look as if they did, so a request that any proxy has forwarded counts as one
from elsewhere, and so does one whose page was not opened under a name of this machine.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

HEADER = "x-cnnviz-this-machine"
"""Added to the websocket's headers where the browser is on this machine; removed where somebody sends it."""
FORWARDED = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
FORWARDED_PREFIX = "x-forwarded"


class ThisMachine:
    """ASGI middleware: marks the websocket of a browser on this machine."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; the mark is a header, which a script reads in `st.context.headers`."""
        if scope["type"] == "websocket":
            mark = HEADER.encode()
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != mark]
            if is_this_machine(scope):
                headers.append((mark, b"yes"))
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)


def is_this_machine(scope: Any) -> bool:
    """True when a websocket comes from a browser on this machine, through no proxy.

    Host and Origin are the browser's address bar: a proxy that adds no header of its own but passes `Host: 127.0.0.1`
    on is known by the Origin that browsers send with every websocket; a foreign page that has its name resolve to
    127.0.0.1 is known by the Host.
    """
    headers = Headers(scope=scope)
    if was_forwarded(headers):
        return False
    client = scope.get("client")
    names = (headers.getlist("host"), headers.getlist("origin"))
    if not client or not is_loopback(client[0]) or any(len(values) != 1 for values in names):
        return False
    return is_own_name(f"//{names[0][0]}") and is_own_name(names[1][0])


def was_forwarded(headers: Headers) -> bool:
    """True when a proxy says that it has passed a request on."""
    return any(name in FORWARDED or name.startswith(FORWARDED_PREFIX) for name in headers)


def is_loopback(address: str) -> bool:
    """True for 127.0.0.0/8 and ::1, also where IPv4 is written as IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def is_own_name(address: str) -> bool:
    """True when an address names this machine by localhost or by a loopback address."""
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)
