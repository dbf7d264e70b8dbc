"""Streamlit's own files from memory: the same bytes, and only those."""

import asyncio

import pytest

from cnnviz.server import assets
from cnnviz.server.assets import FOLDER, Assets


def answer(path, method="GET", headers=()):
    """Status, headers and body of an answer; 404 stands for what was passed on."""
    sent = []

    async def passed_on(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"passed on"})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(Assets(passed_on)(scope, None, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize(("ending", "kind"), [("js", b"application/javascript"), ("css", b"text/css")])
def test_a_file_has_the_bytes_that_lie_in_streamlits_folder(ending, kind):
    file = next((FOLDER / "static" / ending).glob(f"*.{ending}"))
    status, headers, body = answer(f"/static/{ending}/{file.name}")
    assert status == 200
    assert body == file.read_bytes()
    assert headers[b"content-type"] == kind
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"immutable" in headers[b"cache-control"]


def test_the_page_names_only_files_that_are_answered_from_memory():
    """If Streamlit moves its files this fails, and nothing else does: they are then answered as before."""
    names = [part.split('"')[0] for part in (FOLDER / "index.html").read_text("utf-8").split('="./static/')[1:]]
    assert len(names) > 10
    for name in names:
        assert answer(f"/static/{name}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/js/absent.js",
        "/static/js/../../index.html",
        "/static/js/..",
        "/static/js/.hidden.js",
        "/static/js/a/b.js",
        "/static/js/a\x00.js",
        "/static/index.html",
        "/static/media/x.py",
        "//static/js/a.js",
        "/static/js/ä.js",
    ],
)
def test_everything_else_is_for_streamlit(path):
    assert answer(path)[2] == b"passed on"


def test_parts_of_a_file_and_other_methods_are_for_streamlit():
    name = next((FOLDER / "static" / "js").glob("*.js")).name
    assert answer(f"/static/js/{name}", headers=[(b"range", b"bytes=0-9")])[2] == b"passed on"
    assert answer(f"/static/js/{name}", method="HEAD")[2] == b"passed on"


def test_no_more_is_kept_than_there_are_files():
    for i in range(3000):
        assert answer(f"/static/js/absent{i}.js")[0] == 404
    assert assets._read.cache_info().currsize <= 1024
