"""What browsers fetch once and keep, under a name with its hash: networks' weights, digits, scripts and style sheets.

It is answered before Streamlit's own middleware, which would compress 13 MB of weights anew for each browser. What was
offered too long ago is not found; a page offers what it needs each time that it runs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.bounded import Bounded
from cnnviz.data.dataset import Dataset

PATH = re.compile(r"(?:/.*)?/cnnviz/((?:weights|digits|js)/.*)", re.DOTALL)
"""Under any base path: a proxy may have one as well as `server.baseUrlPath`."""
DIGIT = re.compile(r"digits/([0-9a-f]{64})/(\d{1,6})\.bin", re.ASCII)
WEIGHTS = re.compile(r"weights/([0-9a-f]{64})\.bin", re.ASCII)
TYPES = {".js": b"text/javascript; charset=utf-8", ".css": b"text/css; charset=utf-8"}
KEEP = b"public, immutable, max-age=31536000"
PIECE_BYTES = 262_144
"""So much of an answer waits in memory for a browser that is slow."""
OFFERED_BYTES, MAX_OFFERED = 200_000_000, 100
"""What `store` keeps of the networks opened last; mostly it is the same arrays."""
Content = Sequence[memoryview]
_weights: Bounded[str, Content] = Bounded(OFFERED_BYTES, lambda parts: sum(part.nbytes for part in parts), MAX_OFFERED)
MAX_DATA_SETS = 8
"""Whose images are offered: two sources of digits, of which the server keeps the parts that were used last."""
_data_sets: Bounded[str, Dataset] = Bounded(0, lambda _: 0, MAX_DATA_SETS)
_scripts: dict[str, bytes] = {}


def offer_weights(key: str, content: Content) -> str:
    """Let browsers fetch the weights of a network.

    Args:
        key: the network's, a SHA-256.
        content: their bytes, in pieces that are sent one after the other.

    Returns:
        their address, relative to a page's.
    """
    _weights.get(key, lambda: content)
    return f"./cnnviz/weights/{key}.bin"


def offer_digits(digits: Dataset) -> str:
    """Let browsers fetch the images of a data set one by one, 784 bytes each, 255 = full ink.

    Returns:
        the address of all of them, relative to a page's, with a slash at its end; behind it comes "7.bin".
    """
    _data_sets.get(digits.key, lambda: digits)
    return f"./cnnviz/digits/{digits.key}/"


def withdraw_digits(name: str) -> None:
    """Let no browser fetch the images of the data set of that name any more; those that have some keep them."""
    _data_sets.forget(lambda digits: digits.name == name)


def offer_scripts(*folders: Path) -> str:
    """Let browsers import scripts and style sheets in some folders, which are read now; they can import each other.

    Args:
        folders: no two have a file of one name.

    Returns:
        the address of all of them, relative to a page's, with a slash at its end.
    """
    found = sorted(file for folder in folders for file in folder.iterdir() if file.suffix in TYPES)
    files = {file.name: file.read_bytes() for file in found}
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    _scripts.update({f"js/{digest}/{name}": content for name, content in files.items()})
    return f"./cnnviz/js/{digest}/"


class Immutable:
    """ASGI middleware: answers for what was offered; passes on what is asked for elsewhere."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a GET or HEAD under PATH."""
        asked = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await self.app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD")], [])
        elif (found := _found(asked[1])) is None:
            await _answer(send, 404, [(b"cache-control", b"no-store")], [])
        else:
            kind, content = found
            headers = [
                (b"content-type", kind),
                (b"content-length", str(sum(map(len, content))).encode()),
                (b"cache-control", KEEP),
                (b"x-content-type-options", b"nosniff"),
            ]
            await _answer(send, 200, headers, content if scope["method"] == "GET" else [])


def _found(name: str) -> tuple[bytes, Content] | None:
    """Type and content of what is asked for; None where it is not known."""
    script, named = _scripts.get(name), WEIGHTS.fullmatch(name)
    if script is not None:
        return TYPES[Path(name).suffix], [memoryview(script)]
    weights = _weights.find(named[1]) if named else _image(name)
    return None if weights is None else (b"application/octet-stream", weights)


def _image(name: str) -> Content | None:
    """One image of a data set; None for what is none."""
    asked = DIGIT.fullmatch(name)
    digits = _data_sets.find(asked[1]) if asked else None
    if asked is None or digits is None or int(asked[2]) >= len(digits):
        return None
    image = digits.images[int(asked[2])]
    return [memoryview((image if image.dtype == np.uint8 else np.round(image * 255)).astype(np.uint8).tobytes())]


async def _answer(send: Any, status: int, headers: Sequence[tuple[bytes, bytes]], content: Content) -> None:
    """Send an answer in pieces, each when the one before is on its way."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    for part in content:
        for start in range(0, len(part), PIECE_BYTES):
            await send(
                {"type": "http.response.body", "body": bytes(part[start : start + PIECE_BYTES]), "more_body": True}
            )
    await send({"type": "http.response.body", "body": b""})
