"""In a real browser: what pen_up.js does beside the drawing component, and what it relies on.

These fail when a new release of the component breaks it; tests/ui/test_canvas.py looks into the component's files.
"""

import itertools
import os

import pytest

import browser
from waits import idle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
DEBOUNCE_MS = 200
"""The component by itself sends that long after a stroke."""

WATCH = """
window.ups = []; window.sent = [];
for (const name of ["mouseup", "touchend"]) window.addEventListener(name, () => ups.push(performance.now()), true);
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  const text = typeof message === "string" ? message : new TextDecoder("latin1").decode(message);
  if (text.includes("data:image/png;base64")) sent.push(performance.now());
  return send.apply(this, arguments);
};
"""
FIRST = itertools.count()
"""Pixels that the first stroke of a test lies lower than that of the first test."""
BUTTONS = "canvas => [...canvas.getRootNode().querySelectorAll('button')]"


def open_draw(page, address):
    """The Draw page; with a second network beside, of which the browser computes nothing, strokes go by Streamlit."""
    page.goto(f"{address}/?beside=low-level")
    page.wait_for_selector("canvas.upper-canvas")
    page.get_by_text("Nothing is drawn yet").wait_for()


@pytest.fixture(scope="module")
def window(new_page, address):
    """The Draw page; for tests that leave the component as it is."""
    with new_page(init_script=WATCH) as page:
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_draw(page, address)
        yield page
        assert complaints == []


@pytest.fixture
def opened(window):
    """The Draw page, after a first stroke was answered, so that everything is warm.

    Each time it lies a little lower: the very points that were sent last would be taken for what Streamlit hands out
    again in every run, until the component has sent that it is empty, which it may do late.
    """
    if window.locator(".st-key-canvas[data-drawn]").count():
        window.locator(".st-key-clear button").click()
        window.get_by_text("Nothing is drawn yet").wait_for()
        idle(window)
        window.wait_for_timeout(2 * DEBOUNCE_MS)  # in which the component sends what it shows again
    stroke(window, 0, down=next(FIRST))
    answered(window)
    return window


def answered(opened):
    opened.get_by_role("heading", name="Answer").or_(opened.get_by_role("heading", name="No digit here")).wait_for()


def canvas(opened):
    return opened.locator("canvas.upper-canvas")


def stroke(opened, i, down=0):
    """Draw the i-th stroke, some pixels lower; milliseconds from pen up until its drawing was sent, only once."""
    before = opened.evaluate("[ups.length, sent.length]")
    browser.draw(opened, [(60 + 12 * i, 60 + down), (90 + 12 * i, 220 + down)])
    opened.wait_for_function("n => sent.length > n", arg=before[1])
    opened.wait_for_timeout(2 * DEBOUNCE_MS)  # in which nothing more may be sent
    ups, sent = opened.evaluate("[ups, sent]")
    assert len(sent) == before[1] + 1
    return sent[-1] - ups[before[0]]


def is_sent_at_once(opened):
    """Whether one of a few strokes is: the machine may be busy with something else at the others."""
    return any(stroke(opened, i) < DEBOUNCE_MS / 2 for i in range(1, 7))


def test_a_stroke_is_sent_well_before_the_component_by_itself_would_send_it(opened):
    assert is_sent_at_once(opened)


def test_it_still_is_after_another_page_and_after_another_way_of_giving_a_digit(opened):
    opened.get_by_role("link", name="Data", exact=True).click()
    opened.get_by_role("heading", name="Data", exact=True).wait_for()
    opened.get_by_role("link", name="Draw", exact=True).click()
    canvas(opened).wait_for()
    answered(opened)
    assert is_sent_at_once(opened)
    for way in ("Squares", "Draw"):
        opened.get_by_role("radio", name=way, exact=True).or_(
            opened.get_by_role("button", name=way, exact=True)
        ).first.click()
        (opened.get_by_role("grid") if way == "Squares" else canvas(opened)).wait_for()
    answered(opened)
    opened.wait_for_timeout(2 * DEBOUNCE_MS)  # in which the component sends what it shows again
    assert is_sent_at_once(opened)


def test_the_pen_may_be_lifted_beside_the_canvas(opened):
    box = browser.box(canvas(opened))
    n = opened.evaluate("sent.length")
    opened.mouse.move(box["x"] + 200, box["y"] + 100)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] + 60, box["y"] + 150, steps=5)
    opened.mouse.up()
    opened.wait_for_function(f"sent.length === {n + 1}")


def test_the_component_has_the_toolbar_that_is_relied_on_and_it_is_not_seen(opened):
    pressed = canvas(opened).evaluate(f"{BUTTONS}.map(b => b.hasAttribute('aria-pressed'))")
    assert pressed == [i == 3 for i in range(8)]
    labels = canvas(opened).evaluate(f"{BUTTONS}.map(b => b.getAttribute('aria-label'))")
    assert [label.split()[0] for label in labels] == [
        "Update", "Undo", "Redo", "Edit", "Bring", "Send", "Delete", "Reset"
    ]  # fmt: skip
    canvas(opened).hover()
    idle(opened)
    assert canvas(opened).evaluate(f"{BUTTONS}.every(b => getComputedStyle(b).visibility === 'hidden')")


OTHER_BUTTONS = """canvas => { const buttons = canvas.getRootNode().querySelectorAll("button");
  const other = document.createElement("button"); other.setAttribute("aria-label", "new in this release");
  window.pressed = 0;
  buttons[0].before(other);
  for (const button of [other, ...buttons]) button.addEventListener("click", () => window.pressed++); }"""


def test_where_a_release_has_other_buttons_none_is_pressed_and_strokes_come_a_little_later(new_page, address):
    with new_page(init_script=WATCH) as opened:
        open_draw(opened, address)
        stroke(opened, 0)
        answered(opened)
        canvas(opened).evaluate(OTHER_BUTTONS)
        assert min(stroke(opened, i) for i in (1, 2)) >= DEBOUNCE_MS * 0.9
        assert opened.evaluate("window.pressed") == 0


def test_clear_and_undo_keep_the_very_element_that_is_drawn_on(opened):
    canvas(opened).evaluate("canvas => { canvas.isTheSame = true; }")
    stroke(opened, 1)
    for name, sentence in (("Undo", "Answer"), ("Clear", "Nothing is drawn yet")):
        opened.locator(f".st-key-{name.lower()} button").click()
        opened.get_by_text(sentence).or_(opened.get_by_text("No digit here")).first.wait_for()
        opened.wait_for_timeout(2 * DEBOUNCE_MS)
        assert canvas(opened).evaluate("canvas => canvas.isTheSame === true")
    assert is_sent_at_once(opened)
