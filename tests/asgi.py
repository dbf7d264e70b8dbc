"""A plain request of an ASGI application, without a server."""

import asyncio
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes


def get(app, path, headers=(), client=("127.0.0.1", 50000)):
    """Ask an application for something."""
    return _asked(app, {"method": "GET", "path": path, "headers": list(headers), "client": client})


def post(app, path, headers=(), body=b"", client=("127.0.0.1", 50000)):
    """Send something to an application."""
    return _asked(app, {"method": "POST", "path": path, "headers": list(headers), "client": client}, body)


def _asked(app, scope, body=b""):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope | {"type": "http", "query_string": b"", "root_path": ""}, receive, send))
    start, *parts = sent
    return Answer(start["status"], dict(start["headers"]), b"".join(part["body"] for part in parts))
