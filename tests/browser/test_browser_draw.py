"""In a real browser: a digit drawn by finger on a telephone, filled in by keyboard alone, photographed."""

import base64
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


def open_draw(opened, address):
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")


def answered(opened, digit):
    heading = opened.get_by_role("heading", name=f"Answer: {digit}")
    heading.wait_for()
    return heading


def test_by_finger_the_page_does_not_scroll_and_the_answer_is_in_sight(new_page, address):
    with new_page(**PHONE) as opened:
        open_draw(opened, address)
        browser.touch(opened, SEVEN)
        box = answered(opened, 7).bounding_box()
        assert opened.evaluate("document.querySelector('[data-testid=stMain]').scrollTop + window.scrollY") == 0
        assert box["y"] + box["height"] < 844
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def inked(opened):
    """How many pixels of the canvas are not black."""
    return opened.locator("canvas.dc-canvas.lower-canvas").evaluate(
        """canvas => { const seen = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return seen.filter((value, at) => at % 4 === 0 && value > 0).length; }"""
    )


def wait_for_ink(opened, n):
    """Until about n pixels of the canvas are not black."""
    for _ in range(100):
        if abs(inked(opened) - n) < 50:
            return
        opened.wait_for_timeout(100)
    raise AssertionError(f"Expected about {n} pixels of ink on the canvas. Found {inked(opened)}.")


def choose(opened, way):
    opened.get_by_role("radio", name=way, exact=True).or_(
        opened.get_by_role("button", name=way, exact=True)
    ).first.click()


def test_the_canvas_keeps_its_strokes_and_its_place_on_the_page(new_page, address):
    """Back from another way in it shows what is answered; emptied, it takes a stroke in that very moment."""
    with new_page() as opened:
        open_draw(opened, address)
        browser.draw(opened, SEVEN)
        answered(opened, 7)
        before = inked(opened)
        choose(opened, "Squares")
        opened.get_by_role("grid").wait_for()
        choose(opened, "Draw")
        answered(opened, 7)
        opened.wait_for_selector("canvas.upper-canvas")
        wait_for_ink(opened, before)
        for digit, stroke in 3 * ((1, [(140, 50), (140, 230)]), (7, SEVEN)):
            opened.get_by_test_id("stBaseButton-secondary").filter(has_text="Clear").click()
            opened.get_by_text("Nothing is drawn yet").wait_for()
            browser.draw(opened, stroke)
            answered(opened, digit)


@pytest.fixture(scope="module")
def empty(new_page):
    """A page in which nobody draws, opened again at every width."""
    with new_page() as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 700, 820, 1024, 1280, 1440])
def test_the_whole_canvas_can_be_drawn_on(empty, address, width):
    empty.set_viewport_size({"width": width, "height": 1000})
    open_draw(empty, address)
    empty.get_by_text("Nothing is drawn yet").wait_for()
    reached = empty.locator("canvas.upper-canvas").evaluate(
        """canvas => { const box = canvas.getBoundingClientRect();
        const at = share => canvas.getRootNode().elementFromPoint(
            box.left + 4 + share * (box.width - 8), box.top + 4 + share * (box.height - 8));
        return [box.width, box.height, at(0) === canvas, at(1) === canvas]; }"""
    )
    assert reached == [280, 280, True, True]


def test_squares_are_filled_by_keyboard_alone(new_page, address):
    with new_page() as opened:
        open_draw(opened, address)
        choose(opened, "Squares")
        grid = opened.get_by_role("grid")
        grid.wait_for()
        opened.locator(".squares button[tabindex='0']").focus()
        for key in ["ArrowUp"] * 10 + ["Space"] + ["Shift+ArrowDown"] * 20 + ["ArrowRight"] + ["Shift+ArrowUp"] * 20:
            opened.keyboard.press(key)
        answered(opened, 1)
        assert opened.locator(".squares button.ink").count() == 41


def test_a_photograph_is_read(new_page, address, tmp_path):
    rows, columns = np.mgrid[0:600, 0:450]
    paper = Image.fromarray((120 + 110 * (rows + columns) / 1050).astype(np.uint8))
    ImageDraw.Draw(paper).line([(140, 150), (310, 150), (250, 300), (200, 460)], 40, 26, joint="curve")
    paper.save(tmp_path / "seven.jpg")
    (tmp_path / "text.png").write_text("not a picture")
    with new_page() as opened:
        open_draw(opened, address)
        choose(opened, "Photograph")
        chooser = opened.locator("input[type=file]")
        chooser.wait_for(state="attached")
        chooser.set_input_files(tmp_path / "text.png")
        opened.get_by_text("text.png: not a picture").wait_for()
        chooser.set_input_files(tmp_path / "seven.jpg")
        answered(opened, 7)
        opened.get_by_alt_text("The photograph seven.jpg in shades of grey.").wait_for()
        choose(opened, "Squares")
        opened.get_by_text("Nothing is drawn yet").wait_for()
        choose(opened, "Photograph")
        opened.get_by_text("Still here: seven.jpg").wait_for()
        answered(opened, 7)
        opened.get_by_test_id("stBaseButton-secondary").filter(has_text="Clear").click()
        opened.get_by_text("Nothing is drawn yet").wait_for()


def shown(opened, alt):
    """The file of a picture that the page holds in its message."""
    source = opened.get_by_alt_text(alt).first.get_attribute("src")
    return base64.b64decode(source.removeprefix("data:image/png;base64,"))


def downloaded(opened, place):
    """What the button below the picture at a place on the page gives."""
    with opened.expect_download() as download:
        opened.get_by_role("button", name="PNG").nth(place).click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_stroke_fetches_no_file_and_each_button_gives_what_this_session_sees(new_page, address):
    """The answer, what is seen, two layers and the steps, in this order; also after another stroke, and next door."""
    alts = ["Probability of each", "The drawing as 28", "layer conv1_relu", "layer conv2_relu", "Five pictures"]
    names = [f"{name}.png" for name in ("answer", "seen", "conv1_relu", "conv2_relu", "steps")]
    with new_page() as opened, new_page() as other:
        for window, stroke, digit in ((opened, SEVEN, 7), (other, [(140, 50), (140, 230)], 1)):
            open_draw(window, address)
            browser.draw(window, stroke)
            answered(window, digit)
            window.get_by_alt_text(alts[-1]).wait_for()
        pictures = [[shown(window, alt) for alt in alts] for window in (opened, other)]
        assert all(own != others for own, others in zip(*pictures, strict=True))
        for window, expected in zip((opened, other), pictures, strict=True):
            files = [downloaded(window, place) for place in range(len(alts))]
            assert [name for name, _ in files] == names
            assert [content for _, content in files] == expected
        asked = []
        opened.on("request", lambda request: asked.append(request.url))
        before = opened.get_by_alt_text(alts[-1]).get_attribute("src")
        opened.locator("canvas.upper-canvas").scroll_into_view_if_needed()
        browser.draw(opened, [(60, 150), (180, 150)])
        opened.wait_for_function("before => document.querySelector('img[alt^=Five]').src !== before", arg=before)
        opened.wait_for_timeout(500)
        assert asked == []
        assert downloaded(opened, 4) == ("steps.png", shown(opened, alts[-1]))
        assert shown(opened, alts[-1]) != pictures[0][-1]
