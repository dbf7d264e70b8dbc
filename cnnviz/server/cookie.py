"""A random token in a cookie, by which a browser is known again after a reload: no account, no name.

The cookie is set with the page itself, before any script runs; JavaScript cannot read it (HttpOnly), another site's
page does not send it (SameSite), and it is not in the address, so a link that is shared does not hand it on.
"""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from cnnviz.state.sessions import KEEP_S, new_token

NAME = "cnnviz_session"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""What `new_token` gives; anything else in the cookie was not set here."""
FRESH_S = 10.0
"""So long after its token was made a browser is taken for one of which nothing can be stored yet."""
_fresh: dict[str, float] = {}


class SessionCookie:
    """ASGI middleware: every page that a browser loads sets the cookie, or makes it last for another day."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; add the cookie to answers that are a page."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = token_in(headers.get("cookie", ""))
        token = known or new_token()
        secure = scope.get("scheme") == "https" or headers.get("x-forwarded-proto") == "https"

        async def with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if _is_page(message["status"], answer, headers):
                    answer.append("set-cookie", cookie(token, secure=secure))
                    if known is None:
                        _remember(token)
            await send(message)

        await self.app(scope, receive, with_cookie)


def _is_page(status: int, answer: Headers, asked: Headers) -> bool:
    """Whether an answer is a page, or says that the one which the browser kept is still good.

    That one (304) brings no type of its own; a browser whose cookie has expired meanwhile needs another one as well.
    """
    if status == HTTPStatus.NOT_MODIFIED:
        return "text/html" in asked.get("accept", "")
    return answer.get("content-type", "").startswith("text/html")


def _remember(token: str) -> None:
    """Note that a token was made just now; those of browsers that did not go on are forgotten."""
    now = time.monotonic()
    while _fresh and next(iter(_fresh.values())) < now - FRESH_S:
        _fresh.pop(next(iter(_fresh)))
    _fresh[token] = now


def take_fresh(token: str) -> bool:
    """True once, for a token that was made just now: nothing is stored under it, and nobody need look."""
    made_s = _fresh.pop(token, None)
    return made_s is not None and time.monotonic() - made_s < FRESH_S


def cookie(token: str, *, secure: bool) -> str:
    """The value of a Set-Cookie header."""
    value = f"{NAME}={token}; Path=/; Max-Age={KEEP_S}; HttpOnly; SameSite=Lax"
    return f"{value}; Secure" if secure else value


def token_in(header: str) -> str | None:
    """The token in a Cookie header; None when there is none, or none that was set here."""
    try:
        found = SimpleCookie(header).get(NAME)
    except CookieError:
        return None
    return found.value if found and TOKEN.fullmatch(found.value) else None
