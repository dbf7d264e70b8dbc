"""A stroke goes beside Streamlit, the session knows of it all the same; where that cannot be, Streamlit has it."""

import json
import os
import re

import pytest

import browser
from waits import expect, settle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]
BAR = [(110, 140), (190, 140)]
STROKES = "**/cnnviz/stroke/*"
HEAD = "getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"


class Said:
    """What the page has sent: messages to Streamlit, strokes beside it with the status of their answers."""

    def __init__(self, page):
        self.messages, self.statuses = 0, []
        page.on("websocket", lambda socket: socket.on("framesent", self._count))
        page.on("response", self._note)

    def _count(self, _):
        self.messages += 1

    def _note(self, response):
        if "/cnnviz/stroke/" in response.url:
            self.statuses.append(response.status)


@pytest.fixture
def opened(new_page, address):
    """The page Draw, once strokes are sent beside Streamlit, and what it sends."""
    with new_page() as page:
        said = Said(page)
        page.goto(address)
        page.wait_for_selector("canvas.upper-canvas")
        page.wait_for_function("window.cnnvizSendsStrokes?.aborted === false")
        settle(page)
        yield page, said


def answered(page, digit=7):
    page.get_by_role("heading", name=f"Answer: {digit}", exact=True).wait_for()


def is_titled(page, title):
    """Wait until the button in the head of the page names a digit so."""
    page.wait_for_function(f"title => {HEAD}.startsWith(`'${{title}}`)", arg=title)


def test_a_stroke_is_answered_without_a_run_and_goes_along_to_every_page(opened):
    page, said = opened
    before = said.messages
    for stroke in (SEVEN, BAR):
        browser.draw(page, stroke)
        answered(page)
    assert said.statuses == [200, 200]
    assert said.messages == before
    page.get_by_text("Leave any one step out").or_(page.get_by_text("Leave one step out")).wait_for()
    expect(page.locator("[aria-label*='Five pictures'] .cell canvas")).to_have_count(5)
    is_titled(page, "Your drawing'")
    linked = page.url
    assert re.search(r"[?&]digit=own&ink=[\w-]+", linked)

    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("heading", name="Data", exact=True).wait_for()
    page.wait_for_function("location.pathname.endsWith('/data') && location.search.includes('ink=')")
    is_titled(page, "Your drawing'")
    assert re.search(r"ink=([\w-]+)", page.url)[1] == re.search(r"ink=([\w-]+)", linked)[1]
    page.get_by_role("link", name="Draw", exact=True).click()
    answered(page)

    page.reload()
    answered(page)
    page.wait_for_selector("canvas.upper-canvas")
    for name, sentence in (("undo", "Answer: 7"), ("undo", "Nothing is drawn yet")):  # the bar, then the seven
        page.locator(f".st-key-{name} button").click()
        page.get_by_role("heading", name=sentence).wait_for()


def test_a_test_image_that_is_chosen_after_a_stroke_is_shown(opened):
    page, _ = opened
    browser.draw(page, SEVEN)
    answered(page)
    page.get_by_role("link", name="Mistakes", exact=True).click()
    page.get_by_role("heading", name="Mistakes", exact=True).wait_for()
    page.wait_for_function("location.search.includes('ink=')")
    settle(page)
    page.locator(".sheet button").nth(2).click()
    page.wait_for_function("location.search.includes('digit=') && !location.search.includes('ink=')")
    is_titled(page, "Test image")


def refused(route):
    route.fulfill(status=409)


def lost(route):
    route.abort()


def another(route):
    answer = route.fetch().json()
    answer["probabilities"] = answer["probabilities"][::-1]
    route.fulfill(status=200, body=json.dumps(answer), content_type="application/json")


def test_a_stroke_that_is_late_is_not_sent_again_until_what_takes_its_place_is_there(opened):
    page, said = opened
    page.route(STROKES, lambda route: route.fulfill(status=412))
    before = said.messages
    browser.draw(page, SEVEN)
    page.locator(".st-key-canvas-frame[data-waits]").wait_for()
    assert said.messages == before
    page.locator(".st-key-undo button").click()
    page.locator(".st-key-canvas-frame:not([data-waits])").wait_for()
    page.get_by_text("Nothing is drawn yet").wait_for()
    page.unroute(STROKES)
    browser.draw(page, SEVEN)
    answered(page)
    assert said.statuses[-1] == 200


@pytest.mark.parametrize("happens", [refused, lost, another])
def test_where_there_is_no_answer_or_another_one_the_drawing_goes_by_streamlit(opened, happens):
    page, said = opened
    before = said.messages
    page.route(STROKES, happens)
    for stroke in (SEVEN, BAR):
        browser.draw(page, stroke)
        answered(page)
    assert said.messages > before
    page.unroute(STROKES)
    page.locator(".st-key-undo button").click()
    answered(page)
    browser.draw(page, BAR)
    answered(page)
    assert said.statuses[-1] == 200
