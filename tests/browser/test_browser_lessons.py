"""In a real browser: cause and effect on one screen, and what is shown opens."""

import os
import re

import pytest

import browser
from waits import MAIN, SIZES, assert_in_sight, expect, expect_to_fit, settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


@pytest.fixture
def open_page(new_page, address):
    """Open a page on a screen of some size, as the first one of a session."""
    with new_page() as window:
        complaints = []
        window.on("pageerror", lambda error: complaints.append(str(error)))

        def opened(page, size="laptop", tab=None):
            window.set_viewport_size(SIZES[size])
            window.goto(f"{address}/{page}")
            settle(window)
            if tab:
                window.get_by_role("radio", name=tab, exact=True).click()
                settle(window)
            return window

        yield opened
        assert complaints == []


def assert_fits(window, *shown):
    """Each of these is in sight as a whole, with nothing scrolled: on a laptop, and on the screen of a classroom."""
    for size in ("laptop", "projector"):
        window.set_viewport_size(SIZES[size])
        assert window.evaluate(f"document.querySelector('{MAIN}').scrollTop") == 0
        assert_in_sight(window, *shown)


def metric(window, label):
    return window.get_by_test_id("stMetric").filter(has_text=label)


def test_a_training_is_on_one_screen_with_the_form_closed(open_page):
    window = open_page("train")
    window.get_by_role("button", name="Start", exact=True).click()
    window.get_by_text(re.compile(r"training step [1-9]\d* of 540|has finished|has ended")).wait_for()
    kernels = window.locator("[aria-label*='16 kernels of the first convolution layer']")
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    chart = window.get_by_test_id("stVegaLiteChart").first
    metric(window, "Validation accuracy").wait_for()
    assert_fits(window, metric(window, "Validation accuracy"), answer, chart, kernels)
    expect(window.get_by_text("More about the network")).to_be_hidden()
    window.get_by_role("button", name="Stop", exact=True).click()


def test_what_a_switched_off_filter_changes_is_beside_it(open_page):
    window = open_page("break-it")
    kernel = window.get_by_role("button", name="Filter 1: switch it off")
    kernel.click()
    window.get_by_text("Changed: conv1 without filter 1.").wait_for()
    answers = window.get_by_alt_text(re.compile("^(Before|After): reads"))
    metric(window, "points").wait_for()
    settle(window)
    pressed = window.get_by_role("button", name="Filter 1, switched off: switch it on")
    assert_fits(window, pressed, metric(window, "Accuracy after"), answers.nth(0), answers.nth(1))
    window.get_by_role("button", name="Reset").click()
    window.get_by_text("Nothing is changed").wait_for()


def test_kernels_are_reached_by_keyboard(open_page):
    window = open_page("break-it")
    window.get_by_role("button", name="Filter 0: switch it off").focus()
    window.keyboard.press("ArrowRight")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    window.get_by_text("Changed: conv1 without filter 9.").wait_for()
    window.wait_for_function(
        "(document.activeElement.shadowRoot?.activeElement?.title ?? document.activeElement.title)"
        " === 'Filter 9, switched off: switch it on'"
    )


def test_a_changed_digit_is_beside_its_sliders(open_page):
    window = open_page("break-it", tab="The digit")
    slider = window.get_by_role("slider", name="Noise, standard deviation")
    slider.press("End")
    window.get_by_text(re.compile("^(The network now reads|No change)")).wait_for()
    pair = window.get_by_role("group", name=re.compile("the digit before and after"))
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    assert_fits(window, slider, pair, answer)


def test_a_misread_digit_opens_beside_the_others(open_page):
    window = open_page("mistakes")
    third = window.locator(".sheet button").nth(2)
    name = third.get_attribute("title")
    number, true, read_as = re.match(r"Test image (\d+): (\d), read as (\d)", name).groups()
    third.click()
    said = window.get_by_text(f"This is a {true}. The network reads {read_as}; its second guess is")
    said.wait_for()
    settle(window)
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    matrix = window.get_by_test_id("stVegaLiteChart")
    assert_fits(window, third, said, answer, matrix, window.get_by_role("link", name="Why this answer?"))
    window.get_by_role("link", name="Why this answer?").click()
    window.get_by_role("heading", name="Why", exact=True).wait_for()
    window.get_by_text(f"The network reads {read_as}; its second guess is").wait_for()
    window.wait_for_function(
        "told => getComputedStyle(document.documentElement).getPropertyValue('--digit-title').includes(told)",
        arg=f"Test image {number}",
    )


def test_the_answer_to_a_control_of_why_is_in_sight_of_it(open_page):
    window = open_page("why")
    slider = window.get_by_role("slider", name="Side of the grey square, pixels")
    slider.press("ArrowRight")
    window.get_by_text("A grey square of 6×6 pixels").wait_for()
    answer = window.get_by_text(re.compile(r"change(s)? the answer"))
    assert_fits(window, slider, window.get_by_alt_text(re.compile("the square that hurts most")), answer)


def test_curves_stand_in_two_columns_on_a_tablet_and_in_one_on_a_telephone(open_page):
    window = open_page("break-it", "tablet", "The digit")
    charts = window.get_by_test_id("stVegaLiteChart")
    charts.nth(4).wait_for()

    def columns():
        boxes = [charts.nth(i).bounding_box() for i in range(5)]
        return len({round(box["x"]) for box in boxes}) if min(box["width"] for box in boxes) > 300 else None

    until(window, columns, lambda n: n == 2)
    window.set_viewport_size(SIZES["telephone"])
    until(window, columns, lambda n: n == 1)


def test_a_step_of_a_lesson_is_answered_and_shows_what_it_leads_to(open_page):
    """With the page open already: the filters that the browser knows of, the outline, and the strip on a telephone."""
    window = open_page("layers?net=hvass&digit=0&lesson=why-it-is-wrong&lesson-step=7")
    strip = window.locator(".st-key-lesson-strip")
    strip.get_by_role("button", name="Next").click()
    expect(strip.locator("summary")).to_contain_text("Step 8 of 12")
    switch = window.locator(".overview .switch").nth(1)
    expect(switch).to_have_attribute("aria-checked", "true")
    maps = window.locator(".st-key-screen-maps")
    expect(maps).to_have_css("outline-style", "none")
    strip.get_by_role("button", name="That is my answer").click()
    expect(strip).to_contain_text("Right: 93.1 %.")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(maps).to_have_css("outline-style", "dashed")
    window.wait_for_url(re.compile(r"lesson=why-it-is-wrong&lesson-step=8.*off\.hvass=conv1\+1"))
    window.set_viewport_size(SIZES["telephone"])
    text = window.locator("[class*='st-key-lesson-text-']")
    until(window, lambda: text.bounding_box()["height"] <= 0.36 * SIZES["telephone"]["height"])
    expect_to_fit(window, SIZES["telephone"]["width"])
    window.set_viewport_size(SIZES["laptop"])
    strip.get_by_role("button", name="Next").click()
    expect(strip.locator("summary")).to_contain_text("Step 9 of 12")
    expect(switch).to_have_attribute("aria-checked", "true")
