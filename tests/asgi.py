"""A plain GET of an ASGI application, without a server."""

import asyncio
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes


def get(app, path, headers=(), client=("127.0.0.1", 50000)):
    """Ask an application for something."""
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), "client": client}
    asyncio.run(app(scope | {"query_string": b"", "root_path": ""}, receive, send))
    start, *parts = sent
    return Answer(start["status"], dict(start["headers"]), b"".join(part["body"] for part in parts))
