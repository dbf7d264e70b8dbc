"""In a real browser: after a reload, and after the server was killed and started again, everything is as it was."""

import os

import pytest
from canvas_message import SEVEN

import browser
import servers
from cnnviz.state import database
from cnnviz.state.sessions import SessionStore
from waits import settle, steady, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PIXELS = "canvas => canvas.toDataURL()"


def kill(address):
    """SIGKILL for the server at an address, and nothing else."""
    process = servers.at(address)
    process.kill()
    process.wait(20)


def seen(page):
    """What stands on the Draw page: canvas, network, answer, the second network's, the pen."""
    page.wait_for_selector("canvas.upper-canvas")
    page.get_by_text("low-level reads").wait_for()
    settle(page)
    return (
        page.locator("canvas.dc-canvas.lower-canvas").evaluate(PIXELS),
        page.get_by_role("heading", name="Answer").inner_text(),
        page.get_by_text("Reads").first.inner_text(),
        page.get_by_text("low-level reads").inner_text(),
        page.evaluate("new URLSearchParams(location.search).get('net')"),
    )


def stored(page, folder):
    """What the database has of the session of a page; None before it is there."""
    (token,) = [each["value"] for each in page.context.cookies() if each["name"] == "cnnviz_session"]
    engine = database.connect(database.default_url(folder))
    try:
        return SessionStore(engine).load(token)
    finally:
        engine.dispose()


def choose(page, label, name):
    """Choose in a list, which a run of the page that ends meanwhile would close again."""
    settle(page)
    page.get_by_label(label, exact=False).first.click()
    page.get_by_role("option", name=name, exact=True).click()


def test_a_reload_and_a_killed_server_change_nothing(new_page, tmp_path):
    settings = {"CNNVIZ_DATA": "bundled", "CNNVIZ_RUNS": str(tmp_path)}
    with new_page() as page:
        with browser.server(**settings) as (address, _):
            page.goto(address)
            page.wait_for_selector("canvas.upper-canvas")
            browser.draw(page, SEVEN)
            browser.draw(page, [(110, 150), (200, 150)])
            page.get_by_role("heading", name="Answer").wait_for()
            choose(page, "Network", "Tutorial network (hvass)")
            page.wait_for_function("location.search.includes('net=hvass')")
            page.get_by_text("More", exact=True).click()
            choose(page, "A second network", "low-level")
            before = steady(page, lambda: seen(page))
            page.reload()
            until(page, lambda: seen(page), lambda now: now == before)
            until(page, lambda: stored(page, tmp_path), lambda record: record and "low-level" in str(record["choices"]))
            kill(address)
        with browser.server(**settings) as (address, _):
            page.goto(address)
            until(page, lambda: seen(page), lambda now: now == before)
            two = page.url
            page.get_by_text("Undo", exact=True).click()
            page.wait_for_function("two => location.href !== two", arg=two)
            settle(page)
            page.goto(f"{address}/look")
            page.wait_for_function("location.pathname === '/why' && location.search.includes('ink=')")
            page.goto(address)
            page.get_by_role("heading", name="Answer").wait_for()
            settle(page)
            page.get_by_text("Undo", exact=True).click()
            page.get_by_text("Nothing is drawn yet").wait_for()


def test_a_page_that_is_open_when_its_server_is_killed_goes_on_with_the_next_one(new_page, tmp_path):
    """Nobody touches it: it is shown anew as it was stored, and strokes are answered beside Streamlit as before."""
    settings, port = {"CNNVIZ_DATA": "bundled", "CNNVIZ_RUNS": str(tmp_path)}, browser.free_port()
    frames, strokes = [], []
    with new_page() as page:
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        page.on("response", lambda answer: strokes.append(answer.status) if "/cnnviz/stroke/" in answer.url else None)
        with browser.server(port=port, **settings) as (address, _):
            page.goto(address)
            page.wait_for_selector("canvas.upper-canvas")
            browser.draw(page, SEVEN)
            page.get_by_role("heading", name="Answer").wait_for()
            until(page, lambda: stored(page, tmp_path), lambda record: record and "drawing" in record)
            kill(address)
        n_before = len(frames)
        with browser.server(port=port, **settings):
            until(page, lambda: len(frames), lambda n: n > n_before + 10)  # more than a run of one part
            settle(page)
            canvas = page.locator("canvas.dc-canvas.lower-canvas")
            before, n_strokes = canvas.evaluate(PIXELS), len(strokes)
            browser.draw(page, [(110, 150), (200, 150)])
            until(page, lambda: strokes[n_strokes:], lambda statuses: statuses == [200])
            page.get_by_role("heading", name="Answer").wait_for()
            assert canvas.evaluate(PIXELS) != before
            page.get_by_text("Undo", exact=True).click()
            until(page, lambda: canvas.evaluate(PIXELS), lambda now: now == before)


def test_the_token_is_out_of_reach_of_scripts_and_of_the_address(new_page, address):
    with new_page() as page:
        page.goto(address)
        page.wait_for_selector("canvas.upper-canvas")
        (cookie,) = [each for each in page.context.cookies() if each["name"] == "cnnviz_session"]
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        assert "cnnviz_session" not in page.evaluate("document.cookie")
        assert cookie["value"] not in page.url
        assert cookie["value"] not in page.content()
