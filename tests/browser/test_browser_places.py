"""In a real browser, over all places: one begins at the top, "More" opens, every picture opens."""

import os
import re
from urllib.parse import urlencode

import pytest

import browser
from cnnviz.ui import places
from waits import MAIN, SIZES, expect, settle, steady

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture(scope="module")
def laptop(new_page):
    with new_page(SIZES["laptop"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def telephone(new_page):
    with new_page(SIZES["telephone"], has_touch=True) as opened:
        yield opened


def go(page, address, place, part="", net=""):
    asked = {name: value for name, value in (("part", part), ("net", net)) if value}
    page.goto(f"{address}/{places.address(place)}" + (f"?{urlencode(asked)}" if asked else ""))
    settle(page)


def by_menu(page, place):
    """Go to a place by the menu."""
    title, here = places.PLACES[place][0], page.get_by_test_id("stExpandSidebarButton")
    if page.viewport_size["width"] > 1000:
        page.get_by_test_id("stTopNavLink").filter(has_text=title).click()
    else:
        here.click()
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
    page.wait_for_url(re.compile(f"/{places.address(place)}"))
    page.get_by_role("heading", name=title, exact=True).wait_for()
    settle(page)


@pytest.mark.parametrize("size", ["laptop", "telephone"])
def test_after_a_change_of_page_one_stands_at_its_top(request, address, size):
    page = request.getfixturevalue(size)
    go(page, address, "mistakes")
    page.wait_for_function(
        f"(document.querySelector('{MAIN}').scrollTop = 1e6, document.querySelector('{MAIN}').scrollTop) > 0"
    )
    by_menu(page, "layers")
    assert steady(page, lambda: page.evaluate(f"document.querySelector('{MAIN}').scrollTop")) == 0


def test_on_a_telephone_more_opens_what_stands_openly_elsewhere(telephone, laptop, address):
    go(laptop, address, "why")
    laptop.get_by_text("Every filter's favourite patch", exact=True).wait_for()
    expect(laptop.get_by_text("More: the patches")).to_be_hidden()
    go(telephone, address, "why")
    expect(telephone.get_by_text("Every filter's favourite patch")).to_be_hidden()
    telephone.get_by_text("More: the patches").click()
    for title in ("The patches that did it", "An input made to excite it", "Every filter's favourite patch"):
        telephone.get_by_text(title, exact=True).wait_for()


SEEN = f"""location.href + document.querySelector('{MAIN}').innerText
    + getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"""
OVERVIEW, SHEETS = ".overview .maps", ".sheet:has(.label:not(:empty))"
PICTURES = [
    ("layers", "network", OVERVIEW, [(0, 3), (0, 7), (0, 15), (1, 1), (1, 20), (1, 35)]),
    ("layers", "maps", SHEETS, [(n, 2 + n) for n in range(6)]),
    ("layers", "filters", SHEETS, [(0, 1), (0, 9), (0, 14)]),
    ("mistakes", "", SHEETS, [(0, 1), (0, 4), (0, 8)]),
    ("why", "", SHEETS, [(0, 3), (1, 5), (2, 6), (2, 11)]),
    ("break_it", "network", SHEETS, [(0, 2), (0, 5), (1, 7), (2, 7)]),
    ("data", "", SHEETS, [(0, 1), (0, 6), (0, 8)]),
]


def test_more_than_thirty_pictures_are_numbered_and_each_opens_something(laptop, address):
    clicked = 0
    for place, part, kind, pictures in PICTURES:
        go(laptop, address, place, part, net="hvass")  # robust misreads fewer than nine of scikit-learn's test digits
        for group, number in pictures:
            shown = laptop.locator(kind).nth(group)
            picture = shown.locator(".map" if kind == OVERVIEW else "button").nth(number)
            expect(shown.locator(".label").nth(number)).to_have_text(re.compile(r"\d"))
            before = steady(laptop, lambda: laptop.evaluate(SEEN))
            picture.click()
            laptop.wait_for_function(f"before => {SEEN} !== before", arg=before)
            settle(laptop)
            clicked += 1
    go(laptop, address, "kernels", "hand")
    for share in (0.1, 0.5, 0.9):
        before = steady(laptop, lambda: laptop.evaluate(SEEN))
        box = browser.box(laptop.get_by_role("slider", name="The output, "))
        laptop.mouse.click(box["x"] + share * box["width"], box["y"] + 0.1 * box["height"])
        laptop.wait_for_function(f"before => {SEEN} !== before", arg=before)
        settle(laptop)
        clicked += 1
    assert clicked > 30


RUN = "new URLSearchParams(location.search).get('run')"


def test_a_kernel_of_a_run_that_is_watched_opens_among_the_filters_of_layers(laptop, address):
    go(laptop, address, "train")
    before = laptop.evaluate(RUN)  # of another test, whose kernels are shown until the new run has some
    laptop.get_by_role("button", name="Start", exact=True).click()
    laptop.wait_for_function(f"before => {RUN} !== before", arg=before)
    kernels = laptop.locator(f".st-key-kernels-of-run-{laptop.evaluate(RUN)}")
    kernels.get_by_role("button", name="Kernel 5", exact=True).click()
    laptop.wait_for_url(re.compile("/layers"))
    for told in ("part=filters", "map=5", "net=fast"):
        laptop.wait_for_function("told => location.search.includes(told)", arg=told)
    expect(laptop.locator(".sheet [aria-pressed=true]")).to_have_attribute("title", "filter 5")
    laptop.get_by_text("Filter 5 of conv1").first.wait_for()
