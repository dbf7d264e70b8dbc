"""The network answers while the pen moves, also where the server does not; the server then says the same."""

import os
import re

import numpy as np
import pytest

import browser
from servers import stopped
from waits import steady

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
READY = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .some(host => host.shadowRoot?.querySelector('.why-not')?.dataset.ready === '')"""
SAID = "window.cnnvizFigures.querySelector('h2').textContent"
SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]
# What is shown: the shares in words, and of every picture the red of each pixel.
SHOWN = """() => {
  const figures = [...window.cnnvizFigures.querySelectorAll('figure')].filter((one) => !one.closest('.wide'));
  const red = (canvas) => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return [...pixels].filter((_, i) => i % 4 === 0);
  };
  return figures.map((one) => ({
    caption: one.querySelector('.caption').textContent,
    shares: [...one.querySelectorAll('.bar .share')].map((share) => share.textContent),
    pictures: [...one.querySelectorAll('.cell canvas')].map(red),
    crossed: [...one.querySelectorAll('.cell')].map((cell) => cell.classList.contains('crossed')),
  }));
}"""


def at_hand(opened, address):
    """The page Draw, once its network is in the browser."""
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")
    opened.wait_for_function(READY)


# After the pen is lifted the whole stroke is drawn with the next picture of the screen: see `end` in live.js.
DRAWN = """() => new Promise((resolve) =>
  setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(resolve)), 0))"""


def hold(opened, points, *, is_down=False):
    """Draw without lifting the pen, which may be down already."""
    for i, point in enumerate(browser.on_canvas(opened, points)):
        opened.mouse.move(*point, steps=5)
        if not i and not is_down:
            opened.mouse.down()


def test_the_answer_changes_while_the_pen_is_down_and_the_server_stopped(new_page, address):
    with new_page() as opened:
        opened.set_default_timeout(30_000)
        at_hand(opened, address)
        with stopped(address):
            hold(opened, [(140, 40), (140, 240)])
            opened.wait_for_function(f"{SAID} === 'So far: 1'")
            hold(opened, [(60, 240), (60, 160), (140, 160)], is_down=True)
            opened.wait_for_function(f"{SAID} !== 'So far: 1'")
            opened.mouse.up()
            assert re.fullmatch(r"So far: \d( or \d)?", steady(opened, lambda: opened.evaluate(SAID)))
        opened.wait_for_function(f"!{SAID}.startsWith('So far')")


def test_what_was_shown_is_what_the_server_then_says(new_page, address):
    with new_page() as opened:
        at_hand(opened, address)
        for stroke in (SEVEN, [(110, 140), (190, 140)]):
            with stopped(address):
                hold(opened, stroke)
                opened.mouse.up()
                opened.evaluate(DRAWN)
                opened.wait_for_function(f"{SAID}.startsWith('So far')")
                said, before = steady(opened, lambda: [opened.evaluate(SAID), opened.evaluate(SHOWN)])
            opened.wait_for_function(f"!{SAID}.startsWith('So far')")
            told, after = steady(opened, lambda: [opened.evaluate(SAID), opened.evaluate(SHOWN)])
            assert told == said.replace("So far", "Answer")
            assert [one["shares"] for one in after] == [one["shares"] for one in before]
            assert [one["crossed"] for one in after] == [one["crossed"] for one in before]
            assert [one["caption"] for one in after[1:]] == [one["caption"] for one in before[1:]]
            pairs = [
                pair
                for a, b in zip(after, before, strict=True)
                for pair in zip(a["pictures"], b["pictures"], strict=True)
            ]
            assert len(pairs) == 1 + 16 + 36
            assert max(np.abs(np.subtract(a, b)).max() for a, b in pairs) <= 1


def test_where_the_network_cannot_be_fetched_it_is_said_and_the_server_answers(new_page, address):
    with new_page() as opened:
        opened.route("**/cnnviz/weights/*", lambda route: route.abort())
        opened.goto(address)
        opened.wait_for_selector("canvas.upper-canvas")
        opened.get_by_text("The answer comes when you lift the pen: this browser cannot compute").wait_for()
        browser.draw(opened, SEVEN)
        opened.get_by_role("heading", name="Answer: 7").wait_for()
