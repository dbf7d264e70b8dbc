"""What lies under a session with a Streamlit server: the connections, the messages kept, the state of each widget.

As Chromium has it with Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection


class AppError(RuntimeError):
    """The application showed an error, or not what was asked for."""


class Wire(ClientConnection):
    """A websocket that counts the bytes that arrive."""

    n_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with what has arrived."""
        self.n_bytes += len(data)
        super().data_received(data)


class Files:
    """Fetches files and sends strokes over one connection that stays open, with a browser's cookies."""

    def __init__(self, address: str, cookies: str = "") -> None:
        self._cookies = f"Cookie: {cookies}\r\n" if cookies else ""
        self._place = urlsplit(address).hostname, urlsplit(address).port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.n_bytes = 0

    async def fetch(self, path: str) -> None:
        """Fetch a file and throw it away; raises AppError when it is not there."""
        await self._ask(f"GET {path}", b"")

    async def post(self, path: str, content: bytes) -> bytes:
        """Send something; gives what is answered, raises AppError when nothing is."""
        return await self._ask(f"POST {path}", content)

    async def _ask(self, what: str, content: bytes) -> bytes:
        if self._reader is not None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # the server ends what is idle
                return await self._answer(what, content)
        self.close()
        self._reader, self._writer = await asyncio.open_connection(*self._place)
        return await self._answer(what, content)

    async def _answer(self, what: str, content: bytes) -> bytes:
        host = f"{self._place[0]}:{self._place[1]}"
        asked = f"{what} HTTP/1.1\r\nHost: {host}\r\n{self._cookies}Content-Length: {len(content)}\r\n\r\n".encode()
        self._writer.write(asked + content)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").lower().split("\r\n")
        length = next((int(field.split(":")[1]) for field in fields if field.startswith("content-length:")), None)
        if status.split()[1] != "200" or length is None:
            raise AppError(f"{what}: expected something of known length. Received {status!r}.")
        self.n_bytes += len(head) + length
        return await self._reader.readexactly(length)

    def close(self) -> None:
        """End the connection."""
        if self._writer is not None:
            self._writer.close()


@dataclass
class _Kept:
    message: ForwardMsg
    used: int  # the run that last showed it


class Cache:
    """Large messages, each kept until `max_age` runs of its part of the page have not shown it."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._run = 0
        self.max_age = 2

    @property
    def hashes(self) -> list[str]:
        """What need not be sent again."""
        return list(self._kept)

    def whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message, or the one that it refers to.

        Raises:
            AppError: when it refers to one that is not here.
        """
        name = message.ref_hash or message.hash
        if name in self._kept:
            self._kept[name].used = self._run
        elif message.ref_hash:
            raise AppError("The server refers to a message that is not here.")
        elif message.metadata.cacheable:
            self._kept[name] = _Kept(message, self._run)
        return self._kept[name].message if message.ref_hash else message

    def end_run(self, fragments: list[str]) -> None:
        """A run has ended; of these fragments, or of the whole page when there are none."""
        self._run += 1
        for name, kept in list(self._kept.items()):
            shown = not fragments or kept.message.delta.fragment_id in fragments
            if shown and self._run - kept.used > self.max_age:
                del self._kept[name]


def state_of(element: Element) -> WidgetState | None:
    """What a browser sends for a widget that nobody has touched; None for what is none, or of a kind not used here."""
    kind = element.WhichOneof("type")
    widget = getattr(element, kind)
    state = WidgetState(id=getattr(widget, "id", ""))
    if kind == "selectbox":
        state.string_value = widget.raw_value if widget.set_value else widget.options[widget.default]
    elif kind == "button_group":
        chosen = widget.raw_values if widget.set_value else [widget.options[at].content for at in widget.default]
        state.string_array_value.data.extend(chosen)
    elif kind == "checkbox":
        state.bool_value = widget.value if widget.set_value else widget.default
    elif kind == "slider" and widget.options:
        chosen = widget.raw_value if widget.set_value else [widget.options[int(at)] for at in widget.default]
        state.string_array_value.data.extend(chosen)
    elif kind == "slider":
        state.double_array_value.data.extend(widget.value if widget.set_value else widget.default)
    elif kind == "number_input" and widget.data_type == NumberInput.INT:
        state.int_value = int(widget.value if widget.set_value else widget.default)
    elif kind == "number_input":
        state.double_value = widget.value if widget.set_value else widget.default
    else:
        return None
    return state
