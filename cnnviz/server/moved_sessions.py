"""A page that was open when its server ended is shown anew by the server that its browser finds next.

Streamlit connects such a browser again by itself, to the same server started anew or to another replica, but asks for
no run: it takes the session for one that is still there.  What is touched next mostly belongs to a part of the page (a
fragment); the new session has none, since no page has run in it, and Streamlit leaves the request out.  So a browser
that connects again is told to ask for a part soon, and its first request of that kind runs the whole page, which puts
back what was stored of the session.  Where the session was still there that costs one run more.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnnviz.server.limits import STREAM

SOON_S = 0.2
PART = "cnnviz-moved"
"""No page has a part of this name; a run of the whole page ends what the browser asks for again and again."""


class MovedSessions:
    """ASGI middleware around Streamlit's websocket."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; have a browser that has been connected before run the whole page first."""
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM) or not _names_a_session(scope):
            await self.app(scope, receive, send)
            return
        has_run = False

        async def receive_whole() -> Any:
            nonlocal has_run
            message = await receive()
            content = message.get("bytes")
            if has_run or message["type"] != "websocket.receive" or content is None:
                return message
            has_run, content = _whole(content)
            return {**message, "bytes": content}

        async def send_and_ask(message: Any) -> None:
            await send(message)
            if message["type"] == "websocket.accept":
                await send({"type": "websocket.send", "bytes": _ask_soon()})

        await self.app(scope, receive_whole, send_and_ask)


def _names_a_session(scope: Any) -> bool:
    """Whether a browser says which session it had: Streamlit sends that as the third of the websocket's protocols."""
    protocols = Headers(scope=scope).get("sec-websocket-protocol", "").split(",")
    return len(protocols) > 2 and bool(protocols[2].strip())


def _ask_soon() -> bytes:
    """A message that has the browser ask for a part of the page."""
    message = ForwardMsg()
    message.auto_rerun.interval, message.auto_rerun.fragment_id = SOON_S, PART
    content: bytes = message.SerializeToString()
    return content


def _whole(message: bytes) -> tuple[bool, bytes]:
    """Whether a message, a BackMsg of Streamlit's protocol, asks for a run; and the message, for a whole page then."""
    parsed = BackMsg()
    try:
        parsed.ParseFromString(message)
    except Exception:  # protobuf has an exception of its own for each of its implementations
        return False, message
    if parsed.WhichOneof("type") != "rerun_script":
        return False, message
    parsed.rerun_script.fragment_id = ""
    return True, parsed.SerializeToString()
