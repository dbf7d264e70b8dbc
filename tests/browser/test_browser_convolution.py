"""In a real browser: a click opens a map or a kernel beside the others, and the kernel slides without the server."""

import os
import re
import time

import pytest

import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
SCREENS = [{"width": 1440, "height": 900}, {"width": 1920, "height": 1080}]


@pytest.fixture(params=SCREENS[:1], ids=lambda screen: str(screen["width"]))
def opened(request, new_page, address):
    with new_page(viewport=request.param) as window:
        complaints = []
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(f"{address}/convolution")
        window.locator("canvas.output").wait_for()
        pixel(window)
        yield window
        assert complaints == []


def pixel(opened, before=None):
    """Row, column, map and layer that are taken apart, once they are others than before."""
    pattern = r"Pixel \((\d+), (\d+)\) of map (\d+) of (\w+):"
    for _ in range(150):
        headings = opened.locator(".slide .value").all_inner_texts()  # two while Streamlit replaces one
        heading = re.search(pattern, headings[0]) if len(headings) == 1 else None
        if heading and (place := (*map(int, heading.groups()[:3]), heading[4])) != before:
            return place
        opened.wait_for_timeout(100)
    raise AssertionError(f"the pixel is still {before}")


def press(opened, name):
    opened.get_by_role("radio", name=name, exact=True).or_(
        opened.get_by_role("button", name=name, exact=True)
    ).first.click()


def in_sight(opened, *parts):
    """Whether parts of the page are whole in the window, without scrolling."""
    size = opened.viewport_size
    for part in parts:
        box = opened.locator(part).bounding_box()
        assert box, part
        assert box["y"] >= 0, part
        assert box["x"] >= 0, part
        assert box["y"] + box["height"] <= size["height"], (part, box)
        assert box["x"] + box["width"] <= size["width"], (part, box)
    assert opened.evaluate("document.documentElement.scrollWidth") <= size["width"]


CALCULATION = (".slide .value", ".slide .output", ".slide .patch", ".slide .weights", ".slide .products", ".slide .sum",
               ".slide .then")  # fmt: skip


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: str(screen["width"]))
def test_a_click_on_a_map_opens_its_calculation_in_sight(opened):
    before = pixel(opened)
    in_sight(opened, *CALCULATION, ".slide .input")
    opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 20", exact=True).click()
    clicked = pixel(opened, before)
    assert clicked[2:] == (20, "conv2")
    in_sight(opened, *CALCULATION, ".slide .digit", ".slide .input")
    assert opened.locator(".overview .maps").nth(1).locator("[aria-pressed=true]").get_attribute("title") == "map 20"
    assert "ReLU: max(0, " in opened.locator(".slide .then").inner_text()
    # The same map once more, after another one, also by keyboard.
    opened.locator(".overview .maps").nth(0).get_by_role("button", name="map 3", exact=True).click()
    other = pixel(opened, clicked)
    assert other[2:] == (3, "conv1")
    opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 19", exact=True).focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")
    assert pixel(opened, other) == clicked


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: str(screen["width"]))
def test_a_click_on_a_kernel_opens_its_calculation_in_sight(opened):
    before = pixel(opened)
    press(opened, "Filters")
    opened.locator(".sheet").get_by_role("button", name="filter 9", exact=True).click()
    assert pixel(opened, before)[2:] == (9, "conv1")
    opened.get_by_text("Filter 9 of conv1").wait_for()
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
    box = opened.locator("canvas.output").bounding_box()
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


def wait_until_quiet(opened, sent, quiet_ms=2000, at_most_s=60):
    """Until the page has sent nothing for a while; what comes after that is sent by what the test does."""
    deadline = time.monotonic() + at_most_s
    while time.monotonic() < deadline:
        before = len(sent)
        opened.wait_for_timeout(quiet_ms)
        if len(sent) == before:
            return
    raise AssertionError(f"The page still sends messages after {at_most_s} s.")


def test_the_kernel_slides_from_the_ink_on_without_asking_the_server(opened):
    sent = []
    opened.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    opened.reload()
    opened.locator("canvas.output").wait_for()
    pixel(opened)
    wait_until_quiet(opened, sent)
    value, numbers = opened.locator(".slide .value"), opened.locator(".slide .patch")
    opened.locator("button.play").click()
    opened.wait_for_timeout(500)
    early, patch, messages = value.inner_text(), numbers.get_attribute("aria-label"), len(sent)
    assert set(re.findall(r"\d\.\d\d", patch)) != {"0.00"}
    opened.wait_for_timeout(1500)
    assert value.inner_text() != early
    assert numbers.get_attribute("aria-label") != patch
    assert len(sent) == messages
    opened.locator("button.play").click()
