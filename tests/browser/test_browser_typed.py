"""In a real browser: a number is typed and the button beside it clicked without a pause; it does what was typed.

Chromium tells the server of a typed number when the click takes the focus from its field: in the same message as the
click, or in one just before it.
"""

import os
import re

import pytest

import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture(scope="module")
def window(new_page, address):
    with new_page(viewport={"width": 1440, "height": 1600}) as page:
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{address}/train")
        page.get_by_role("heading", name="Train", exact=True).wait_for()
        yield page
        assert page.complaints == []


def field_of(window, label):
    """Where a number or a text is typed."""
    return window.locator("input").and_(window.get_by_label(label, exact=True))


def type_and_press(window, values, name):
    """Type into fields and press a button, as quickly as Chromium takes it: nothing is waited for in between."""
    button = window.get_by_role("button", name=name)
    button.wait_for()
    for label, value in values.items():
        field = field_of(window, label)
        field.click()
        field.press("Control+a")
        field.press_sequentially(value)
    box = button.bounding_box()
    window.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def open_part(window, name):
    window.get_by_role("radio", name=name, exact=True).click()


def test_start_begins_the_run_that_was_typed_and_train_on_adds_the_steps_that_were_typed(window):
    open_part(window, "Tutorial network")
    window.get_by_text("10,000 training steps, learning rate 0.0001, seed 0").wait_for(state="attached")
    if not field_of(window, "Training steps").is_visible():  # another test's run is shown
        window.get_by_text("Settings of the next run").click()
    type_and_press(window, {"Seed": "5", "Training steps": "7"}, re.compile("^Start$"))
    window.get_by_text(re.compile(r"hvass-\d+ has finished after 7 training steps")).wait_for()

    type_and_press(window, {"More training steps": "4"}, re.compile("^Train on: "))
    window.get_by_text(re.compile(r"hvass-\d+ has finished after 11 training steps")).wait_for()


def runs_of_the_experiment(window, n):
    """Label, seed, state and steps of its runs, once all n have been tested: what the table tells a screen reader."""
    window.get_by_role("button", name="Delete its runs").wait_for()
    cells = window.locator("[role=gridcell]")
    cells.get_by_text(" to ").nth(n - 1).wait_for(state="attached")  # the last column, the interval
    told = cells.all_inner_texts()
    return [tuple(told[i : i + 4]) for i in range(0, len(told), len(told) // n)]


def test_an_experiment_has_the_steps_values_and_seeds_that_were_typed(window):
    open_part(window, "Experiments")
    type_and_press(window, {"Training steps of each run": "3"}, re.compile("^Start the experiment$"))
    assert [run[3] for run in runs_of_the_experiment(window, 6)] == ["3"] * 6

    open_part(window, "Sweep")
    field_of(window, "Learning rate: values").wait_for()  # the part before has a field for the steps of the same name
    typed = {"Training steps of each run": "2", "Learning rate: values": "0.5", "Seeds": "6"}
    type_and_press(window, typed, re.compile("^Start the experiment$"))
    expected = [("learning rate 0.5", str(seed), "finished", "2") for seed in range(6)]
    assert runs_of_the_experiment(window, 6) == expected
