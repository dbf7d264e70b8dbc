"""In a real browser: Kernels by pointer and keys; the kernel slides there without the server."""

import os
import re

import pytest

import browser
from waits import expect, idle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture(scope="module")
def window(new_page, address):
    """The page in a browser; `sent` holds what it told the server."""
    with new_page() as page:
        page.sent, page.complaints = [], []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: page.sent.append(str(frame))))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{address}/laboratory")
        page.get_by_text("Row 1, column 3: patch × kernel").wait_for()
        yield page
        assert page.complaints == []


def worked_out(window, row, column):
    window.get_by_text(f"Row {row}, column {column}: patch × kernel").first.wait_for()


def test_a_number_is_picked_by_click_and_by_keyboard(window):
    sheet = window.get_by_role("slider", name="The output, ")
    box = browser.box(sheet)
    sheet.click(position={"x": box["width"] * 0.1, "y": box["height"] * 0.3})
    worked_out(window, 1, 0)
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        sheet.press(key)
    worked_out(window, 3, 0)
    expect(sheet).to_have_attribute("aria-valuetext", "row 3, column 0")


def test_the_kernel_slides_without_the_server_and_stops_where_it_is_paused(window):
    window.get_by_role("radio", name="On the digit").or_(
        window.get_by_role("button", name="On the digit")
    ).first.click()
    stage = window.locator(".slide")
    value = stage.locator(".value")
    stage.locator(".step").click()
    value.filter(has_text="Row").wait_for()
    idle(window)
    window.sent.clear()
    before = value.inner_text()
    stage.locator(".play").click()
    value.filter(has_not_text=before).wait_for()
    expect(stage.locator(".play")).to_have_text("Pause")
    assert window.sent == []
    stage.locator(".play").click()
    expect(stage.locator(".play")).to_have_text("Play")
    row, column = re.findall(r"\d+", value.inner_text())[:2]
    window.get_by_text("More: the sum, row by row").click()
    worked_out(window, row, column)
    expect(value).to_have_text(re.compile(f"^Row {row}, column {column}:"))
    stage.locator(".output").press("ArrowDown")
    worked_out(window, int(row) + 1, column)
