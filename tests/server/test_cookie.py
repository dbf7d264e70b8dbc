"""A browser gets a token with its first page, keeps it, and cannot choose one."""

import asyncio
from http.cookies import SimpleCookie

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from cnnviz.server import cookie
from cnnviz.server.cookie import SessionCookie
from cnnviz.state.sessions import new_token

ROUTES = [
    Route("/", lambda request: HTMLResponse("<p>page</p>")),
    Route("/data", lambda request: JSONResponse({})),
    Route("/unchanged", lambda request: Response(status_code=304)),
]


def set_cookie(path="/", sent=None, **headers):
    """The Set-Cookie header that a server answers a browser with; None when there is none."""
    app = Starlette(routes=ROUTES, middleware=[Middleware(SessionCookie)])
    named = {"cookie": sent, **headers}
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "http"}
    scope["headers"] = [(k.replace("_", "-").encode(), v.encode()) for k, v in named.items() if v is not None]
    sent_messages = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent_messages.append(message)

    asyncio.run(app(scope, receive, send))
    found = dict(sent_messages[0]["headers"]).get(b"set-cookie")
    return found.decode() if found else None


def token_of(header):
    return SimpleCookie(header)[cookie.NAME].value


def test_the_first_page_brings_a_token_and_the_next_one_keeps_it():
    header = set_cookie()
    token = token_of(header)
    assert cookie.TOKEN.fullmatch(token)
    assert token_of(set_cookie(sent=f"{cookie.NAME}={token}")) == token
    assert header == f"{cookie.NAME}={token}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"


def test_what_is_no_page_sets_nothing():
    assert set_cookie("/data") is None


def test_a_page_that_the_browser_has_kept_brings_a_token_and_another_file_does_not():
    """Its cookie may have expired, or been deleted, and the page it has is still the one that the server would send."""
    assert cookie.TOKEN.fullmatch(token_of(set_cookie("/unchanged", accept="text/html,*/*;q=0.8")))
    token = new_token()
    assert token_of(set_cookie("/unchanged", sent=f"{cookie.NAME}={token}", accept="text/html")) == token
    assert set_cookie("/unchanged", accept="*/*") is None


def test_behind_https_the_cookie_stays_there():
    assert set_cookie(x_forwarded_proto="https").endswith("; Secure")


@pytest.mark.parametrize("sent", ["", "x", "a" * 44, "../../etc", "ä" * 43, "=;;=", '"' + "a" * 43])
def test_a_cookie_that_was_not_set_here_is_replaced(sent):
    token = token_of(set_cookie(sent=f"{cookie.NAME}={sent}"))
    assert cookie.TOKEN.fullmatch(token)
    assert token != sent


def test_the_token_is_found_among_other_cookies():
    token = new_token()
    assert cookie.token_in(f"_streamlit_xsrf=2|a|b; {cookie.NAME}={token}; other=1") == token
    assert cookie.token_in("other=1") is None


def test_of_a_browser_that_has_just_come_nothing_is_looked_up_once(monkeypatch):
    token = token_of(set_cookie())
    assert cookie.take_fresh(token)
    assert not cookie.take_fresh(token)
    assert not cookie.take_fresh(new_token())
    known = new_token()
    set_cookie(sent=f"{cookie.NAME}={known}")
    assert not cookie.take_fresh(known)
    late = token_of(set_cookie())
    now = cookie.time.monotonic()
    monkeypatch.setattr(cookie.time, "monotonic", lambda: now + cookie.FRESH_S + 1)
    assert not cookie.take_fresh(late)
    set_cookie()
    assert len(cookie._fresh) == 1, "those who did not go on are forgotten"
