"""In a real browser: on a slow network Draw loses nothing, and its answer is of what is seen."""

import os
import re

import pytest

import browser
import slow_network
from drawing_page import SEVEN, answered, choose, inked, open_draw, photograph
from waits import settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
ONE = [(140, 50), (140, 230)]


def test_a_photograph_is_kept(new_page, address, tmp_path):
    """One comes back to it before the browser has heard that the page without it has run, and so has not forgotten."""
    photograph(tmp_path)
    with new_page(**slow_network.PAGE) as opened:
        network = slow_network.SlowNetwork(opened)
        open_draw(opened, address)
        choose(opened, "Photograph")
        opened.locator("input[type=file]").set_input_files(tmp_path / "seven.jpg")
        answered(opened, 7)
        settle(opened)
        network.hold("script_finished")
        choose(opened, "Squares")
        until(opened, network.n_ends, lambda n: n == 1)
        choose(opened, "Photograph")
        until(opened, network.n_ends, lambda n: n == 2)
        network.let_go()
        for _ in range(2):
            opened.get_by_text("Still here: seven.jpg").wait_for()
            answered(opened, 7)
            choose(opened, "Squares")
            opened.get_by_role("grid").wait_for()
            settle(opened)
            choose(opened, "Photograph")
        opened.get_by_text("Still here: seven.jpg").wait_for()


def test_nothing_is_drawn_on_what_clear_takes_away(new_page, address):
    """As long as the browser has not heard what is left: it would be gone with the rest, and the answer be there."""
    with new_page(**slow_network.PAGE) as opened:
        network = slow_network.SlowNetwork(opened)
        open_draw(opened, address)
        browser.draw(opened, SEVEN)
        answered(opened, 7)
        settle(opened)
        network.hold()
        opened.locator(".st-key-clear button").click()
        until(opened, network.n_ends, lambda n: n == 1)
        before = inked(opened)
        browser.draw(opened, ONE)
        settle(opened)
        assert inked(opened) == before
        answered(opened, 7)
        network.let_go()
        opened.get_by_text("Nothing is drawn yet").wait_for()
        until(opened, lambda: inked(opened), lambda n: n == 0)
        until(opened, lambda: opened.url, lambda url: "ink=" not in url and "digit=own" not in url)
        browser.draw(opened, ONE)
        answered(opened, 1)
        assert inked(opened) > 1000
        network.hold()
        opened.locator(".st-key-undo button").click()
        opened.locator(".st-key-canvas-frame[data-waits]").wait_for()
        network.let_go()
        opened.locator(".st-key-canvas-frame:not([data-waits])").wait_for()
        opened.get_by_text("Nothing is drawn yet").wait_for()


@pytest.mark.parametrize("query", ["", "?beside=low-level"], ids=["sent by itself", "sent by Streamlit"])
def test_nothing_is_drawn_while_a_test_image_is_on_its_way(new_page, address, query):
    """The network answers what is seen, that image alone."""
    with new_page(**slow_network.PAGE) as opened:
        network = slow_network.SlowNetwork(opened)
        open_draw(opened, address + query)
        opened.get_by_role("button", name="Surprise me").click()
        label = opened.get_by_text(re.compile("Test image [0-9,]+ is a [0-9]"))
        label.wait_for()
        settle(opened)
        first = label.inner_text()
        browser.draw(opened, ONE)
        until(opened, lambda: opened.url, lambda url: "ink=" in url)
        settle(opened)
        network.hold()
        opened.get_by_role("button", name="Surprise me").click()
        until(opened, network.n_ends, lambda n: n > 0)
        before = inked(opened)
        browser.draw(opened, SEVEN)
        settle(opened)
        assert inked(opened) == before
        network.let_go()
        until(opened, label.inner_text, lambda text: text != first)
        settle(opened)
        until(opened, lambda: inked(opened), lambda n: n == 0)
        assert "ink=" not in opened.url
        reads = opened.get_by_role("heading", name="Answer").or_(opened.get_by_role("heading", name="No digit"))
        assert reads.first.inner_text() != f"Answer: {label.inner_text()[-2]}"
        browser.draw(opened, SEVEN)
        until(opened, lambda: opened.url, lambda url: "ink=" in url)
