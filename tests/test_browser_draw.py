"""In a real browser: a digit drawn by finger on a telephone, filled in by keyboard alone, photographed."""

import os

import numpy as np
import pytest
from PIL import Image, ImageDraw

import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def address():
    assert browser.chromium(), "CI needs a Chromium; .ci/run installs one"
    with browser.server(CNNVIZ_DATA="bundled") as (found, _):
        yield found


def open_draw(opened, address):
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas", timeout=60_000)


def answered(opened, digit):
    heading = opened.get_by_role("heading", name=f"Answer: {digit}")
    heading.wait_for(timeout=60_000)
    return heading


def test_by_finger_the_page_does_not_scroll_and_the_answer_is_in_sight(address):
    with browser.page(**PHONE) as opened:
        open_draw(opened, address)
        browser.touch(opened, SEVEN)
        box = answered(opened, 7).bounding_box()
        assert opened.evaluate("document.querySelector('[data-testid=stMain]').scrollTop + window.scrollY") == 0
        assert box["y"] + box["height"] < 844
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_squares_are_filled_by_keyboard_alone(address):
    with browser.page() as opened:
        open_draw(opened, address)
        opened.get_by_role("radio", name="Squares").or_(opened.get_by_role("button", name="Squares")).first.click()
        grid = opened.get_by_role("grid")
        grid.wait_for(timeout=30_000)
        opened.locator(".squares button[tabindex='0']").focus()
        for key in ["ArrowUp"] * 10 + ["Space"] + ["Shift+ArrowDown"] * 20 + ["ArrowRight"] + ["Shift+ArrowUp"] * 20:
            opened.keyboard.press(key)
        answered(opened, 1)
        assert opened.locator(".squares button.ink").count() == 41


def test_a_photograph_is_read(address, tmp_path):
    rows, columns = np.mgrid[0:600, 0:450]
    paper = Image.fromarray((120 + 110 * (rows + columns) / 1050).astype(np.uint8))
    ImageDraw.Draw(paper).line([(140, 150), (310, 150), (250, 300), (200, 460)], 40, 26, joint="curve")
    paper.save(tmp_path / "seven.jpg")
    (tmp_path / "text.png").write_text("not a picture")
    with browser.page() as opened:
        open_draw(opened, address)
        opened.get_by_role("radio", name="Photograph").or_(
            opened.get_by_role("button", name="Photograph")
        ).first.click()
        chooser = opened.locator("input[type=file]")
        chooser.wait_for(state="attached", timeout=30_000)
        chooser.set_input_files(tmp_path / "text.png")
        opened.get_by_text("text.png: not a picture").wait_for(timeout=30_000)
        chooser.set_input_files(tmp_path / "seven.jpg")
        answered(opened, 7)
