"""In a real browser: a link shows elsewhere what is seen here, old ones and hostile ones lead somewhere, and Back."""

import os
import re

import pytest
from canvas_message import SEVEN

import browser
from cnnviz.ui import address_names, places
from waits import MAIN, digit_in_head, expect, settle, until, wait_for_digit_in_head

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PLACES = [places.address(name) for name in places.PLACES]


def alike(pair):
    return pair[0] == pair[1]


def query(page):
    """What stands in the address, in any order."""
    return sorted(page.evaluate("[...new URLSearchParams(location.search)]"))


def drawn(page, address):
    page.goto(address)
    page.wait_for_selector("canvas.upper-canvas")
    browser.draw(page, SEVEN)
    page.wait_for_function("location.search.includes('ink=')")
    settle(page)


INK = """canvas => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, i) => i % 4 === 0 && value > 127).length / (pixels.length / 4);
}"""
LABEL = "getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"


def seen(page):
    """What two people who see the same would both say: title, controls and which digit."""
    page.wait_for_function(f"{LABEL} !== ''")
    texts = page.locator(f"{MAIN} :is(h1, h2, h3, [data-testid=stMetricValue])").all_inner_texts()
    return (
        page.evaluate(LABEL),
        texts,
        page.locator(f"{MAIN} [role=combobox]").evaluate_all("all => all.map(e => e.value ?? '')"),
    )


@pytest.fixture(scope="module")
def sender(new_page, address):
    """The page of somebody who has drawn; for tests that leave the drawing as it is."""
    with new_page() as page:
        drawn(page, address)
        yield page


@pytest.fixture
def page(new_page):
    with new_page() as opened:
        yield opened


@pytest.mark.parametrize("place", PLACES)
def test_a_link_opened_elsewhere_shows_the_same(sender, page, place):
    page, other = sender, page
    page.get_by_test_id("stTopNavLink").nth(PLACES.index(place)).click()
    page.wait_for_url(re.compile(f"/{place}" if place != "draw" else r"/(draw)?\?"))
    settle(page)
    other.goto(page.url)
    settle(other)
    until(other, lambda: [seen(other), seen(page)], alike)  # what takes long to compute comes in later
    assert page.evaluate(LABEL) == "'Your drawing'"
    until(other, lambda: [query(other), query(page)], alike)


BAR = [(110, 150), (200, 150)]


def test_a_linked_drawing_is_on_the_canvas_and_can_be_drawn_on(sender, page):
    page, other = sender, page
    page.get_by_test_id("stTopNavLink").nth(PLACES.index("draw")).click()
    page.wait_for_selector("canvas.upper-canvas")
    settle(page)
    other.goto(page.url)
    other.wait_for_selector("canvas.upper-canvas")
    settle(other)
    inks = [each.locator("canvas.dc-canvas.lower-canvas") for each in (page, other)]
    until(
        page,
        lambda: [ink.evaluate(INK) for ink in inks],
        lambda shares: shares[0] > 0.01 and abs(shares[0] - shares[1]) < 0.1 * shares[0],
    )
    before = other.url
    browser.draw(other, BAR)
    other.wait_for_function("before => location.href !== before", arg=before)


def test_a_reload_keeps_the_drawing_the_address_follows_it_and_back_leads_to_the_page_before(page, address):
    """What follows makes no new entries in the history; strokes can still be undone after the reload."""
    drawn(page, address)
    before = digit_in_head(page)
    page.reload()
    settle(page)
    page.wait_for_selector("canvas.upper-canvas")
    wait_for_digit_in_head(page, before)
    n = page.evaluate("history.length")
    page.locator(".st-key-undo button").click()
    page.wait_for_function("!location.search.includes('ink=')")
    browser.draw(page, BAR)
    page.wait_for_function("location.search.includes('ink=')")
    settle(page)
    before = page.url
    browser.draw(page, SEVEN)
    page.wait_for_function("before => location.href !== before", arg=before)
    assert page.evaluate("history.length") == n
    page.get_by_test_id("stTopNavLink").nth(1).click()
    page.wait_for_url(re.compile("/layers"))
    settle(page)
    assert page.evaluate("history.length") == n + 1
    page.go_back()
    page.wait_for_selector("canvas.upper-canvas")


@pytest.mark.parametrize("old", places.OLD_ADDRESSES)
def test_old_addresses_lead_to_the_right_place(page, address, old):
    place, part = places.OLD_ADDRESSES[old]
    page.goto(f"{address}/{old}?net=hvass&steps=100&digit=7&source=bundled")
    page.wait_for_url(re.compile(f"/{places.address(place)}"))
    settle(page)
    first = part in ("", "network", "depends")
    for told in ("net=hvass&steps=100", "digit=7", *([] if first else [f"part={part}"])):
        page.wait_for_function("told => location.search.includes(told)", arg=told)


HOSTILE = {
    "a script": "?net=<script>alert(1)</script>&evil=<img src=x onerror=alert(1)>",
    "30 kB": "?ink=" + "A" * 30_000,
    "a bomb": f"?digit=own&ink={address_names.packed(bytes(1_000_000))}",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_address_is_a_sentence(page, address, query):
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog) or dialog.dismiss())
    page.goto(f"{address}/layers{query}")
    expect(page.get_by_test_id("stToast")).to_have_count(1)
    expect(page.get_by_test_id("stToast")).to_contain_text("This link")
    settle(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not dialogs
    assert "evil" not in page.url
