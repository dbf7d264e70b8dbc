"""In a real browser: a run is started, moves, is paused, taken back to step 0, and found again after a reload."""

import os
import re

import pytest

import browser
from waits import expect, settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture
def opened(new_page, address):
    with new_page({"width": 1440, "height": 1600}) as window:
        complaints = []
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(f"{address}/train")
        window.get_by_role("heading", name="Train", exact=True).wait_for()
        yield window
        assert complaints == []


def step(opened):
    told = opened.get_by_text(re.compile(r"training step [\d,]+ of 10,000")).first.inner_text()
    return int(re.search(r"training step ([\d,]+) of", told)[1].replace(",", ""))


def press(opened, name):
    opened.get_by_role("button", name=name, exact=True).click()


def test_start_watch_pause_go_back_reload(opened):
    opened.get_by_role("radio", name="Tutorial network", exact=True).click()
    opened.get_by_text("10,000 training steps, learning rate 0.0001, seed 0").wait_for(state="attached")
    press(opened, "Start")  # the form is closed where another test's run is shown
    opened.get_by_text(re.compile(r"training step [1-9][\d,]* of 10,000")).wait_for()
    early = step(opened)
    kernels = opened.locator("[aria-label*='kernels of the first convolution layer']")
    first = kernels.get_attribute("aria-label")  # it says the smallest and the largest weight
    until(opened, lambda: step(opened), lambda n: n > max(early, 20))
    expect(kernels).not_to_have_attribute("aria-label", first)
    press(opened, "Pause")
    opened.get_by_text(re.compile(r"hvass-1: paused, training step")).wait_for()
    at = step(opened)
    opened.get_by_test_id("stMetric").filter(has_text="Test accuracy").wait_for()

    opened.get_by_role("link", name="Mistakes", exact=True).click()
    opened.get_by_role("heading", name="Mistakes", exact=True).wait_for()
    settle(opened)  # a run that ends would close the list
    opened.get_by_role("combobox", name="Network").click()
    opened.get_by_role("option", name="hvass-1").click()
    steps = opened.get_by_test_id("stSlider").filter(has_text="Training steps")
    steps.get_by_text(f"{at:,} training steps", exact=True).first.wait_for()
    opened.get_by_role("slider", name="Training steps").press("Home")
    steps.get_by_text("0 training steps", exact=True).first.wait_for()
    untrained = re.compile(r"Test accuracy\s*([0-9]|1[0-9]|2[0-4])(\.[0-9]+)?\s*%")
    opened.get_by_test_id("stMetric").filter(has_text=untrained).wait_for()

    opened.goto(opened.url.replace("mistakes", "train"))
    opened.reload()
    opened.get_by_text(re.compile(rf"paused, training step {at:,} of 10,000")).wait_for()
    press(opened, "Resume")
    opened.get_by_text(re.compile(r"running, training step")).wait_for()
    press(opened, "Stop")
    opened.get_by_text(re.compile(r"ended after [\d,]+ training steps, of 10,000 planned")).wait_for()
