"""In a real browser: a click opens a map or a kernel beside the others, and the kernel slides without the server."""

import os
import re

import pytest

import browser
from waits import SIZES, assert_in_sight, expect, expect_to_fit, idle, settle, steady, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture(scope="module")
def window(new_page, address):
    with new_page(SIZES["laptop"]) as page:
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/convolution")
        yield page
        assert complaints == []


@pytest.fixture
def opened(window):
    """The network on one screen with the calculation of a pixel of the first convolution layer."""
    window.locator("canvas.output").wait_for()
    pixel(window)
    if not window.locator(".overview").is_visible():
        press(window, "Network")
        window.locator(".overview[data-at]").wait_for()
    before = pixel(window)
    if before[3] != "conv1":
        window.locator(".overview .maps").nth(0).get_by_role("button", name="map 7", exact=True).click()
        assert pixel(window, before)[2:] == (7, "conv1")
    return window


def pixel(opened, before=None):
    """Row, column, map and layer that are taken apart, once they are others than before."""
    pattern = r"Pixel \((\d+), (\d+)\) of map (\d+) of (\w+):"

    def place():
        headings = opened.locator(".slide .value").all_inner_texts()  # two while Streamlit replaces one
        heading = re.search(pattern, headings[0]) if len(headings) == 1 else None
        return heading and (*map(int, heading.groups()[:3]), heading[4])

    found = until(opened, place, lambda found: found and found != before)
    settle(opened)  # a click into a page that is being replaced would be lost
    return found


def press(opened, name):
    opened.get_by_role("radio", name=name, exact=True).or_(
        opened.get_by_role("button", name=name, exact=True)
    ).first.click()
    settle(opened)


def in_sight(opened, *parts):
    """Whether parts of the page are whole in the window, without scrolling, on a laptop and in a classroom."""
    for size in ("projector", "laptop"):
        opened.set_viewport_size(SIZES[size])
        assert_in_sight(opened, *(opened.locator(part) for part in parts))
        expect_to_fit(opened, SIZES[size]["width"])


CALCULATION = (".slide .value", ".slide .output", ".slide .patch", ".slide .weights", ".slide .products", ".slide .sum",
               ".slide .then")  # fmt: skip


def test_a_click_on_a_map_opens_its_calculation_in_sight(opened):
    before = pixel(opened)
    in_sight(opened, *CALCULATION, ".slide .input")
    opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 20", exact=True).click()
    clicked = pixel(opened, before)
    assert clicked[2:] == (20, "conv2")
    in_sight(opened, *CALCULATION, ".slide .digit", ".slide .input")
    pressed = opened.locator(".overview .maps").nth(1).locator("[aria-pressed=true]")
    expect(pressed).to_have_attribute("title", "map 20")
    expect(opened.locator(".slide .then")).to_contain_text("ReLU: max(0, ")
    # The same map once more, after another one, also by keyboard.
    opened.locator(".overview .maps").nth(0).get_by_role("button", name="map 3", exact=True).click()
    other = pixel(opened, clicked)
    assert other[2:] == (3, "conv1")
    opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 19", exact=True).focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")
    assert pixel(opened, other) == clicked


def test_a_click_on_a_kernel_opens_its_calculation_in_sight(opened):
    before = pixel(opened)
    press(opened, "Filters")
    opened.locator(".sheet").get_by_role("button", name="filter 9", exact=True).click()
    assert pixel(opened, before)[2:] == (9, "conv1")
    opened.get_by_text("Filter 9 of conv1").first.wait_for()
    in_sight(opened, *CALCULATION, ".slide .input")


def test_a_map_far_down_on_feature_maps_is_opened_in_sight(opened):
    before = pixel(opened)
    press(opened, "Feature maps")
    opened.get_by_role("button", name="map 30", exact=True).last.click()
    clicked = pixel(opened, before)
    assert clicked[2:] == (30, "conv2_relu")
    in_sight(opened, ".slide .value", ".slide .digit", ".slide .output", ".slide .sum")


def test_from_a_pixel_to_the_ink_by_mouse_and_by_keyboard(opened):
    before = pixel(opened)
    opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 5", exact=True).click()
    first = pixel(opened, before)
    press(opened, "conv2_relu")
    deep = pixel(opened, first)
    assert deep[3] == "conv2_relu"
    box = browser.box(opened.locator("canvas.output"))
    opened.mouse.click(box["x"] + 3.5 / 7 * box["width"], box["y"] + 2.5 / 7 * box["height"])
    clicked = pixel(opened, deep) if deep[:2] != (2, 3) else deep
    assert clicked[:2] == (2, 3)
    opened.locator("canvas.output").focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowRight")
    moved = pixel(opened, clicked)
    assert moved[:2] in ((3, 4), (3, 3))
    opened.get_by_text("More: every number of this pixel").click()
    opened.get_by_text("pixels of the image that this pixel can see").wait_for()
    opened.get_by_text("Pixel (3, 4) of map 5 of conv2_relu").first.wait_for()
    press(opened, "conv2")
    assert pixel(opened, moved)[3] == "conv2"
    opened.locator("img[alt^='Three squares of 5 by 5 numbers']").first.wait_for()


def wait_until_quiet(opened, sent, quiet_ms=1000):
    """Until the page has sent nothing for a while; what comes after that is sent by what the test does."""
    idle(opened)

    def look():
        opened.wait_for_timeout(quiet_ms)
        return len(sent)

    steady(opened, look)


def test_the_kernel_slides_from_the_ink_on_without_asking_the_server(opened, address):
    sent = []
    opened.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    opened.context.clear_cookies()
    opened.goto(f"{address}/convolution")
    opened.locator("canvas.output").wait_for()
    pixel(opened)
    wait_until_quiet(opened, sent)
    value, numbers = opened.locator(".slide .value"), opened.locator(".slide .patch")
    messages, before, seen = len(sent), value.inner_text(), {}
    opened.locator("button.play").click()
    while len(seen) < 5:  # the first row that has any ink is far from the top
        told = until(opened, value.inner_text, lambda told: told not in (before, *seen))
        seen[told] = tuple(re.findall(r"\d\.\d\d", numbers.get_attribute("aria-label")))
    assert any(set(patch) != {"0.00"} for patch in seen.values())
    assert len(set(seen.values())) > 1
    assert len(sent) == messages
    opened.locator("button.play").click()
