"""In a real browser: a digit drawn by finger on a telephone, filled in by keyboard alone, photographed."""

import base64
import io
import json
import os
import re
import zlib

import numpy as np
import pytest
from PIL import Image

import browser
from cnnviz.drawing import short_strokes, strokes
from cnnviz.ui.sent_stroke import Stroke
from drawing_page import SEVEN, answered, choose, inked, open_draw, photograph
from waits import SIZES, expect, expect_to_fit, idle, settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PHONE = {"viewport": SIZES["telephone"], "has_touch": True, "is_mobile": True}


def wait_for_ink(opened, n):
    """Until about n pixels of the canvas are not black."""
    until(opened, lambda: inked(opened), lambda found: abs(found - n) < 50)


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
            opened.locator(".st-key-clear button").click()
            opened.get_by_text("Nothing is drawn yet").wait_for()
            browser.draw(opened, stroke)
            answered(opened, digit)


REACHED = """canvas => { const box = canvas.getBoundingClientRect();
  const at = share => canvas.getRootNode().elementFromPoint(
    box.left + 4 + share * (box.width - 8), box.top + 4 + share * (box.height - 8));
  return [box.width, box.height, at(0) === canvas, at(1) === canvas, canvas.width, canvas.height]; }"""


HINT = "element => getComputedStyle(element, '::after').display"


def test_the_canvas_is_as_large_as_the_room_allows_and_its_faint_digit_goes_at_pen_down(new_page, address):
    """It can be drawn on everywhere, and the faint digit goes in the browser."""
    with new_page() as opened:
        open_draw(opened, address)
        opened.get_by_text("Nothing is drawn yet").wait_for()
        upper, figures = opened.locator("canvas.upper-canvas"), opened.locator(".figures")
        for width, side in ((390, 358), (700, None), (820, None), (1024, 480), (1440, 480), (1920, 480)):
            opened.set_viewport_size({"width": width, "height": 1000})
            if side:
                until(opened, lambda: browser.box(upper)["width"], lambda wide, side=side: abs(wide - side) <= 0.5)
            canvas, answer = browser.box(upper), browser.box(figures)
            wide, high, *reached = upper.evaluate(REACHED)
            assert wide == pytest.approx(high, abs=0.1)
            assert 300 < wide <= 480.1
            assert reached == [True, True, 280, 280]
            if width >= 1024:  # the answer stands beside the canvas
                assert answer["y"] == pytest.approx(canvas["y"], abs=1)
                assert answer["x"] > canvas["x"] + canvas["width"]
            else:
                assert answer["y"] > canvas["y"] + canvas["height"]
            expect_to_fit(opened, width)
        canvas = opened.locator(".st-key-canvas")
        until(opened, lambda: canvas.evaluate(HINT), lambda shown: shown == "block")
        box = browser.box(canvas)
        opened.mouse.move(box["x"] + 100, box["y"] + 100)
        opened.mouse.down()
        until(opened, lambda: canvas.evaluate(HINT), lambda shown: shown == "none")
        opened.mouse.move(box["x"] + 120, box["y"] + 300, steps=4)
        opened.mouse.up()
        opened.get_by_role("heading", name="Answer").or_(opened.get_by_role("heading", name="No digit")).wait_for()
        assert canvas.evaluate(HINT) == "none"


SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  const text = typeof message === "string" ? message : new TextDecoder("latin1").decode(message);
  const found = text.match(/\\{"drawing":.*?"data":"data:image\\/png;base64,[^"]*"\\}/s);
  if (found) window.sent.push(found[0] + "}");
  return send.apply(this, arguments);
};
"""
POINTS = [(50, 40), (230, 60), (70, 240)]


@pytest.mark.parametrize(
    ("options", "draw"),
    [
        ({"viewport": {"width": 1440, "height": 1000}}, browser.draw),
        ({"viewport": {"width": 1440, "height": 1000}, "device_scale_factor": 2}, browser.draw),
        (PHONE, browser.touch),
        (PHONE | {"device_scale_factor": 3}, browser.touch),
        ({"viewport": {"width": 820, "height": 1180}, "has_touch": True, "device_scale_factor": 2}, browser.touch),
    ],
    ids=["480 px, mouse", "480 px, mouse, two pixels", "telephone, finger", "telephone, three pixels", "tablet"],
)
def test_strokes_land_under_the_pen_and_the_picture_has_280_pixels(new_page, address, options, draw):
    """What is sent of a stroke beside Streamlit, and the whole drawing, which the component itself then sends."""
    with new_page(**options, init_script=SENT) as opened:
        open_draw(opened, address)
        opened.wait_for_function("window.cnnvizSendsStrokes")
        with opened.expect_request("**/cnnviz/stroke/*") as asked:
            draw(opened, POINTS)
        opened.wait_for_function("!window.cnnvizFigures.querySelector('h2').textContent.startsWith('So far')")
        stroke = Stroke.of_bytes(asked.value.post_data_buffer)
        assert opened.evaluate("sent.length") == 0
        opened.evaluate("window.dispatchEvent(new Event('cnnviz-send-drawing'))")
        opened.wait_for_function("sent.length > 0")
        drawing = json.loads(opened.evaluate("sent[sent.length - 1]"))["drawing"]
        lines = strokes.lines_of(drawing["raw"])
        assert len(lines) == 1
        for point in (POINTS[0], POINTS[-1]):
            assert np.abs(lines[0][0 if point == POINTS[0] else -1] - point).max() < 1
        handles = np.array([command[1:3] for command in drawing["raw"]["objects"][0]["path"]])
        assert np.abs(handles - POINTS[1]).max(axis=1).min() < 1
        picture = Image.open(io.BytesIO(base64.b64decode(drawing["data"].partition(",")[2])))
        assert picture.size == (280, 280)
        (sent,) = drawing["raw"]["objects"]
        ours = short_strokes.stroke(24, stroke.points)["path"]
        assert [command[0] for command in ours] == [command[0] for command in sent["path"]]
        for command, other in zip(ours, sent["path"], strict=True):
            assert np.abs(np.subtract(command[1:], other[1:])).max() < 1e-6
        ink = np.frombuffer(zlib.decompress(stroke.packed_ink), np.uint8).reshape(280, 280)
        difference = np.abs(np.asarray(picture.convert("L")).astype(int) - ink)
        assert difference.max() == 0 if options.get("device_scale_factor", 1) == 1 else difference.mean() < 0.5
        again = strokes.redraw(lines, 24)
        assert np.abs(np.asarray(picture.convert("L")) / 255 - again).mean() < 0.01


def test_the_same_strokes_have_the_same_ink_to_the_bit_at_every_size(new_page, address):
    """A reload loads the strokes that were kept; the canvas then shows them at another size."""
    with new_page() as opened:
        open_draw(opened, address)
        browser.draw(opened, SEVEN)
        browser.draw(opened, [(60, 150), (180, 150)])
        heading = opened.get_by_role("heading", name="Answer").or_(opened.get_by_role("heading", name="No digit"))
        heading.wait_for()
        settle(opened)
        lower = opened.locator("canvas.dc-canvas.lower-canvas")
        before = lower.evaluate("canvas => canvas.toDataURL()")
        for width in (390, 700):  # from 1024 on the canvas is as large as here
            opened.set_viewport_size({"width": width, "height": 1000})
            opened.reload()
            opened.wait_for_selector("canvas.upper-canvas")
            until(opened, lambda: lower.evaluate("canvas => canvas.toDataURL()"), lambda now: now == before)


@pytest.mark.parametrize(
    "options", [PHONE, {"viewport": SIZES["tablet"], "has_touch": True}], ids=["telephone", "tablet"]
)
def test_by_finger_the_page_does_not_scroll_and_the_answer_is_in_sight(new_page, address, options):
    with new_page(**options) as opened:
        open_draw(opened, address)
        browser.touch(opened, SEVEN)
        answered(opened, 7)
        assert opened.evaluate("document.querySelector('[data-testid=stMain]').scrollTop + window.scrollY") == 0
        expect_to_fit(opened, options["viewport"]["width"])
        heading, pinned = opened.get_by_role("heading", name="Answer: 7"), opened.locator(".pinned.needed")

        def in_sight():
            boxes = [each.bounding_box() for each in (*heading.all(), *pinned.all())]
            return any(box["y"] >= 0 and box["y"] + box["height"] <= options["viewport"]["height"] for box in boxes)

        until(opened, in_sight)
        heading.scroll_into_view_if_needed()
        expect(pinned).to_have_count(0)


@pytest.fixture(scope="module")
def opened(new_page, address):
    """The page Draw; for tests that begin with choosing a way, and leave no squares behind."""
    with new_page() as page:
        open_draw(page, address)
        yield page


def test_surprise_me_shows_a_misread_digit_and_its_label(opened):
    choose(opened, "Draw")
    opened.get_by_role("button", name="Surprise me").click()
    told = opened.get_by_text(re.compile("Test image [0-9,]+ is a [0-9]"))
    told.wait_for()
    heading = opened.get_by_role("heading", name="Answer").or_(opened.get_by_role("heading", name="No digit"))
    heading.wait_for()
    settle(opened)
    label = told.inner_text()[-2]
    assert heading.inner_text() != f"Answer: {label}"


def test_squares_are_filled_by_keyboard_alone(opened):
    choose(opened, "Squares")
    grid = opened.get_by_role("grid")
    grid.wait_for()
    opened.locator(".squares button[tabindex='0']").focus()
    for key in ["ArrowUp"] * 10 + ["Space"] + ["Shift+ArrowDown"] * 20 + ["ArrowRight"] + ["Shift+ArrowUp"] * 20:
        opened.keyboard.press(key)
    answered(opened, 1)
    expect(opened.locator(".squares button.ink")).to_have_count(41)
    opened.get_by_test_id("stBaseButton-secondary").filter(has_text="Clear").click()
    expect(opened.locator(".squares button.ink")).to_have_count(0)


def test_a_photograph_is_read(opened, tmp_path):
    photograph(tmp_path)
    (tmp_path / "text.png").write_text("not a picture")
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


ICON = ".jpg"
"""The tab's picture, which Chromium asks for again when the address changes; no other file is one."""
NAMES = ("answer", "seen", "conv1_relu", "conv2_relu", "steps")


def pixels(opened):
    """Every picture among the figures, as the canvases hold them."""
    return opened.locator(".figures canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def downloaded(opened, name):
    """The file that the link below a figure gives."""
    with opened.expect_download() as download:
        opened.get_by_role("link", name=f"Download {name}.png").click()
    assert download.value.suggested_filename == f"{name}.png"
    return np.asarray(Image.open(download.value.path()).convert("RGB"))


def assert_is_in_file(opened, file):
    """The digit as the network sees it: each number is a square of its colour in the file."""
    seen = opened.locator("figure:has(a[download='seen.png']) canvas").evaluate("canvas => canvas.toDataURL()")
    image = Image.open(io.BytesIO(base64.b64decode(seen.partition(",")[2])))
    assert image.size == (28, 28)
    large = np.asarray(image.convert("RGB")).repeat(10, axis=0).repeat(10, axis=1)
    assert (file[1:-1, 1:-1] == large[1:-1, 1:-1]).all()


def test_a_stroke_fetches_no_file_and_each_link_gives_what_this_session_sees(new_page, address):
    """Made by the browser: also after another stroke, and in two windows at once."""
    with new_page() as opened, new_page() as other:
        for window, stroke, digit in ((opened, SEVEN, 7), (other, [(140, 50), (140, 230)], 1)):
            open_draw(window, address)
            browser.draw(window, stroke)
            answered(window, digit)
        files = [{name: downloaded(window, name) for name in NAMES} for window in (opened, other)]
        assert all((files[0][name] != files[1][name]).any() for name in NAMES)
        assert_is_in_file(opened, files[0]["seen"])
        asked = []
        opened.on("request", lambda request: asked.append(request.url))
        before = pixels(opened)
        opened.locator("canvas.upper-canvas").scroll_into_view_if_needed()
        browser.draw(opened, [(60, 150), (180, 150)])
        until(opened, lambda: pixels(opened), lambda now: now != before)
        idle(opened)
        assert all("/cnnviz/stroke/" in url or url.endswith(ICON) for url in asked)
        assert (downloaded(opened, "steps") != files[0]["steps"]).any()


def test_maps_are_numbered_reached_by_keyboard_and_opened(new_page, address):
    with new_page() as opened:
        open_draw(opened, address)
        browser.draw(opened, SEVEN)
        answered(opened, 7)
        sheet = opened.get_by_role("group", name="36 feature maps of layer conv2_relu")
        expect(sheet.get_by_role("button")).to_have_count(36)
        expect(sheet.locator("[tabindex='0']")).to_have_count(1)
        sheet.get_by_role("button", name="map 0", exact=True).focus()
        for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "ArrowDown"):
            opened.keyboard.press(key)
        before = pixels(opened)
        browser.draw(opened, [(60, 150), (180, 150)])
        until(opened, lambda: pixels(opened), lambda now: now != before)
        idle(opened)
        expect(sheet.locator("[tabindex='0']")).to_have_text("34")  # the place is kept while one draws
        sheet.locator("[tabindex='0']").focus()
        opened.keyboard.press("Enter")
        opened.wait_for_url(re.compile("/layers"))
        opened.get_by_text("conv2_relu").first.wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_captions_are_large_enough_and_links_can_be_touched(new_page, address, width, scheme):
    with new_page({"width": width, "height": 900}, color_scheme=scheme) as opened:
        open_draw(opened, address)
        browser.draw(opened, SEVEN)
        answered(opened, 7)
        expect_to_fit(opened, width)
        captions = opened.locator(".figures .caption")
        expect(captions.first).to_be_visible()
        until(
            opened,
            lambda: [each for each in captions.evaluate_all(CONTRAST) if each[0] < 16 or each[1] < 4.5],
            lambda found: found == [],
        )
        for target in (".figures .download", ".figures button.cell"):
            until(opened, lambda target=target: min(opened.locator(target).evaluate_all(SMALLER_SIDE), default=0),
                  lambda side: side >= 44)  # fmt: skip


SMALLER_SIDE = "all => all.map(each => each.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
CONTRAST = """all => all.map(element => {
  const pen = document.createElement("canvas").getContext("2d");
  const luminance = (colour) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map(value => value / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const look = getComputedStyle(element);
  const two = [look.color, look.getPropertyValue("--st-background-color")].map(luminance).sort((a, b) => b - a);
  return [parseFloat(look.fontSize), (two[0] + 0.05) / (two[1] + 0.05)];
})"""
