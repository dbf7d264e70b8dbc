"""In a real browser: from the answer to the ink, by mouse and by keyboard; the kernel slides without the server."""

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


@pytest.fixture
def opened(new_page, address):
    with new_page(viewport={"width": 1440, "height": 1600}) as window:
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
        heading = re.search(pattern, opened.inner_text("[data-testid=stMain]"))
        if heading and (place := (*map(int, heading.groups()[:3]), heading[4])) != before:
            return place
        opened.wait_for_timeout(100)
    raise AssertionError(f"the pixel is still {before}")


def press(opened, kind, name):
    opened.get_by_role("radio", name=name, exact=True).or_(
        opened.get_by_role("button", name=name, exact=True)
    ).first.click()


def test_from_the_answer_to_the_ink_by_mouse_and_by_keyboard(opened):
    opened.get_by_role("heading", name="From the last layer to the answer").wait_for()
    first = pixel(opened)
    assert first[3] == "conv1"
    press(opened, "layer", "conv2_relu")
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
    opened.get_by_text("pixels of the image that this pixel can see").wait_for()
    press(opened, "layer", "conv1")
    ink = pixel(opened, moved)
    assert ink[3] == "conv1"
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


def test_the_kernel_slides_without_asking_the_server(opened):
    sent = []
    opened.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    opened.reload()
    opened.locator("canvas.output").wait_for()
    pixel(opened)
    wait_until_quiet(opened, sent)
    value = opened.locator(".slide .value")
    opened.locator("button.play").click()
    opened.wait_for_timeout(500)
    early, messages = value.inner_text(), len(sent)
    opened.wait_for_timeout(1500)
    assert value.inner_text() != early
    assert len(sent) == messages
    opened.locator("button.play").click()
