"""Streamlit's scripts, styles and fonts, from memory: a browser asks for about a hundred of them when a page is opened.

Streamlit reads each from disk by three calls to other threads, which costs 1.7 ms of processor time a file, ten times
as much as here; a class of sixty that opens the page at the lesson's beginning asks for six thousand.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import streamlit

FOLDER = Path(streamlit.__file__).parent / "static"
ASSET = re.compile(r"/static/(?:js|css|media)/[\w-][\w.-]*\.(js|css|woff2)", re.ASCII)
"""The names carry a hash of the content, so what has one name never changes; Streamlit marks them immutable too."""
KINDS = {"js": b"application/javascript", "css": b"text/css", "woff2": b"font/woff2"}


class Assets:
    """ASGI middleware: answers for files whose content never changes; passes everything else on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a plain GET of a file that is there."""
        asset = _asset(scope)
        if asset is None:
            await self.app(scope, receive, send)
            return
        kind, content = asset
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"public, immutable, max-age=31536000"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _asset(scope: Any) -> tuple[bytes, bytes] | None:
    """Type and content of what is asked for; None when it is for Streamlit to answer."""
    if scope["type"] != "http" or scope["method"] != "GET" or any(name == b"range" for name, _ in scope["headers"]):
        return None
    found = ASSET.fullmatch(scope["path"])
    content = _read(scope["path"]) if found else None
    return None if found is None or content is None else (KINDS[found[1]], content)


@functools.lru_cache(maxsize=1024)  # more than there are: 25 MB at most
def _read(path: str) -> bytes | None:
    try:
        return (FOLDER / path.removeprefix("/")).read_bytes()
    except OSError:
        return None
