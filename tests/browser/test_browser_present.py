"""In a real browser: Present by keys and swipes, the menu of a telephone, light and dark, what a link may hide."""

import os
import re

import pytest
from canvas_message import SEVEN

import browser
from waits import MAIN, SIZES, digit_in_head, expect, settle, steady, wait_for_digit_in_head

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture
def projector(new_page):
    with new_page(SIZES["projector"]) as page:
        yield page


@pytest.fixture
def laptop(new_page):
    with new_page(SIZES["laptop"]) as page:
        yield page


@pytest.fixture
def finger(new_page):
    with new_page(SIZES["tablet"], has_touch=True) as page:
        yield page


def go(page, url):
    page.goto(url)
    settle(page)


def position(page):
    return page.locator(".st-key-presenting output")


def n_screens(page):
    """How many screens the place that is presented has, once the first one is shown."""
    expect(position(page)).to_have_text(re.compile(r"1 / \d+"))
    settle(page)  # the last screens come in with the end of the page
    return int(steady(page, position(page).inner_text).partition("/")[2])


def test_present_goes_on_by_keys_and_swipes_to_the_next_place_and_ends(projector, address):
    page = projector
    go(page, f"{address}/data")
    page.get_by_role("button", name="Present").click()
    n = n_screens(page)
    assert n > 1
    screens = page.locator("[class*=st-key-screen-]:visible")
    expect(screens.first).to_be_visible()
    expect(page.locator("[class*=st-key-screen-]:not([class*=samples]):visible")).to_have_count(0)  # it has two parts
    page.keyboard.press("PageUp")  # at the first screen: the place before
    page.wait_for_url(re.compile("/train"))
    settle(page)
    page.get_by_role("button", name="On", exact=True).click()
    while "/train" in page.url:  # a key scrolls, goes to the next screen, or to the next place
        page.keyboard.press("ArrowRight")
        steady(page, lambda: page.evaluate(f"location.pathname + document.querySelector('{MAIN}').scrollTop"))
    settle(page)
    expect(position(page)).to_have_text(f"1 / {n}")
    page.evaluate(f"document.querySelector('{MAIN}').scrollTop = 1e6")
    page.keyboard.press("ArrowRight")
    expect(position(page)).to_have_text(f"2 / {n}")
    page.wait_for_function("location.search.includes('screen=2')")
    page.reload()
    settle(page)
    expect(position(page)).to_have_text(f"2 / {n}")
    page.keyboard.press("Escape")
    page.get_by_test_id("stHeader").wait_for()
    expect(screens).to_have_count(n + 1)  # that of the images has two parts


def swipe(page, way):
    """Move a finger over the title, to the left or to the right."""
    session, width = page.context.new_cdp_session(page), SIZES["tablet"]["width"]
    box = browser.box(page.locator("[data-testid=stHeading]:visible").first)
    begin, end = (0.8, 0.2) if way == "left" else (0.2, 0.8)
    steps = [begin + (end - begin) * k / 8 for k in range(9)]
    for kind, shares in (("touchStart", steps[:1]), ("touchMove", steps[1:]), ("touchEnd", [None])):
        for share in shares:
            points = [] if share is None else [{"x": share * width, "y": box["y"] + box["height"] / 2}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_in_present_a_swipe_goes_on_and_back_also_to_another_place(finger, address):
    page = finger
    go(page, f"{address}/data?present=1")
    n = n_screens(page)
    for way, expected in (("left", 2), ("left", 3), ("right", 2), ("right", 1)):
        swipe(page, way)
        expect(position(page)).to_have_text(f"{expected} / {n}")
    swipe(page, "right")  # before the first screen of a place: the place before
    page.wait_for_url(re.compile("/train"))


def test_the_menu_of_a_telephone_is_closed_and_closes_after_a_choice(finger, address):
    page = finger
    page.set_viewport_size(SIZES["telephone"])
    go(page, f"{address}/data")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Mistakes").click()
    page.wait_for_url(re.compile("/mistakes"))
    page.wait_for_function("document.querySelector('[data-testid=stSidebar]').dataset.collapsed === 'true'")


def test_the_switch_of_light_and_dark_keeps_the_session_and_holds_on_every_place(laptop, address):
    page = laptop
    page.goto(address)
    page.wait_for_selector("canvas.upper-canvas")
    browser.draw(page, SEVEN)
    page.wait_for_function("location.search.includes('ink=')")
    settle(page)
    before = digit_in_head(page)
    colour = "getComputedStyle(document.querySelector('[data-testid=stApp]') ?? document.body).backgroundColor"
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function(f"{colour} === 'rgb(14, 17, 23)'")
    settle(page)
    wait_for_digit_in_head(page, before)
    go(page, f"{address}/train")
    page.wait_for_function(f"{colour} === 'rgb(14, 17, 23)'")
    page.get_by_role("button", name="Light").click()
    page.wait_for_function(f"{colour} === 'rgb(255, 255, 255)'")


def test_hide_takes_the_menu_and_the_controls_away(laptop, address):
    page = laptop
    go(page, f"{address}/layers?hide=network,time,digit,share,menu")
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.locator(".st-key-thumbnail")).to_have_count(0)
    expect(page.get_by_role("button", name="Share")).to_have_count(0)
    expect(page.locator(".st-key-head [data-testid=stSlider]")).to_have_count(0)
    assert "hide=network,time,digit,share,menu" in page.url
