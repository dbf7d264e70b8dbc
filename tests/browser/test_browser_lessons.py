"""In a real browser: cause and effect on one screen, what is shown opens, and nothing is wider than a telephone."""

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
SCREENS = [pytest.param((1440, 900), id="1440x900"), pytest.param((1920, 1080), id="1920x1080")]
PAGES = ("why", "mistakes", "break-it", "train", "data")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=str(tmp_path_factory.mktemp("runs"))) as (found, _):
        yield found


@pytest.fixture(scope="module")
def window(new_page):
    assert browser.chromium(), "CI needs a Chromium; .ci/run installs one"
    with new_page(viewport={"width": 1440, "height": 900}) as opened:
        yield opened


@pytest.fixture
def open_page(window, address):
    """Open a page on a screen of some size, as the first one of a session."""
    complaints = []
    window.on("pageerror", lambda error: complaints.append(str(error)))

    def opened(page, size=(1440, 900), tab=None):
        window.context.clear_cookies()
        window.set_viewport_size({"width": size[0], "height": size[1]})
        window.goto(f"{address}/{page}")
        if tab:
            window.get_by_role("radio", name=tab, exact=True).click()
        return window

    yield opened
    assert complaints == []


def assert_fits(window, *shown):
    """Each of these is in sight as a whole, with nothing scrolled."""
    assert window.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    size = window.viewport_size
    for locator in shown:
        locator.wait_for()
        box = locator.bounding_box()
        assert box["x"] >= 0, locator
        assert box["x"] + box["width"] <= size["width"], locator
        assert box["y"] >= 0, locator
        assert box["y"] + box["height"] <= size["height"], (locator, box)


def metric(window, label):
    return window.get_by_test_id("stMetric").filter(has_text=label)


def settled(window):
    """Wait until the page's run has ended."""
    window.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    window.wait_for_timeout(300)


@pytest.mark.parametrize("size", SCREENS)
def test_a_training_is_on_one_screen_with_the_form_closed(open_page, size):
    window = open_page("train", size)
    window.get_by_role("button", name="Start", exact=True).click()
    window.get_by_text(re.compile(r"training step [1-9]\d* of 700|has finished|has ended")).wait_for()
    kernels = window.locator("[aria-label*='16 kernels of the first convolution layer']")
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    chart = window.get_by_test_id("stVegaLiteChart").first
    metric(window, "Validation accuracy").wait_for()
    assert_fits(window, metric(window, "Validation accuracy"), answer, chart, kernels)
    assert not window.get_by_text("More about the network").is_visible()


@pytest.mark.parametrize("size", SCREENS)
def test_what_a_switched_off_filter_changes_is_beside_it(open_page, size):
    window = open_page("break-it", size)
    kernel = window.get_by_role("button", name="Filter 1: switch it off")
    kernel.click()
    window.get_by_text("Changed: conv1 without filter 1.").wait_for()
    answers = window.get_by_alt_text(re.compile("^(Before|After): reads"))
    metric(window, "points").wait_for()
    settled(window)
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
    assert window.evaluate(
        "document.activeElement.shadowRoot?.activeElement?.title ?? document.activeElement.title"
    ) == ("Filter 9, switched off: switch it on")


@pytest.mark.parametrize("size", SCREENS)
def test_a_changed_digit_is_beside_its_sliders(open_page, size):
    window = open_page("break-it", size, "The digit")
    slider = window.get_by_role("slider", name="Noise, standard deviation")
    slider.press("End")
    window.get_by_text(re.compile("^(The network now reads|No change)")).wait_for()
    pair = window.get_by_alt_text(re.compile("the digit before and after"))
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    assert_fits(window, slider, pair, answer)


@pytest.mark.parametrize("size", SCREENS)
def test_a_misread_digit_opens_beside_the_others(open_page, size):
    window = open_page("mistakes", size)
    third = window.locator(".sheet button").nth(2)
    name = third.get_attribute("title")
    number, true, read_as = re.match(r"Test image (\d+): (\d), read as (\d)", name).groups()
    third.click()
    said = window.get_by_text(f"This is a {true}. The network reads {read_as}; its second guess is")
    said.wait_for()
    settled(window)
    answer = window.get_by_alt_text(re.compile("Probability of each digit"))
    matrix = window.get_by_test_id("stVegaLiteChart")
    assert_fits(window, third, said, answer, matrix, window.get_by_role("link", name="Why this answer?"))
    window.get_by_role("link", name="Why this answer?").click()
    window.get_by_role("heading", name="Why", exact=True).wait_for()
    window.get_by_text(f"The network reads {read_as}; its second guess is").wait_for()
    assert f"Test image {number}" in window.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"
    )


def test_the_answer_to_a_control_of_why_is_in_sight_of_it(open_page):
    window = open_page("why")
    slider = window.get_by_role("slider", name="Side of the grey square, pixels")
    slider.press("ArrowRight")
    window.get_by_text("A grey square of 6×6 pixels").wait_for()
    answer = window.get_by_text(re.compile(r"change(s)? the answer"))
    assert_fits(window, slider, window.get_by_alt_text(re.compile("the square that hurts most")), answer)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [(820, 1180), (390, 844)], ids=["tablet", "telephone"])
def test_nothing_is_wider_than_the_screen(open_page, page, size):
    window = open_page(page, size)
    window.get_by_role("heading").first.wait_for()
    settled(window)
    assert window.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0]
    assert window.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize(("size", "columns"), [((820, 1180), 2), ((390, 844), 1)], ids=["tablet", "telephone"])
def test_curves_stand_in_two_columns_on_a_tablet_and_in_one_on_a_telephone(open_page, size, columns):
    window = open_page("break-it", size, "The digit")
    charts = window.get_by_test_id("stVegaLiteChart")
    charts.nth(4).wait_for()
    boxes = [charts.nth(i).bounding_box() for i in range(5)]
    assert len({round(box["x"]) for box in boxes}) == columns
    assert min(box["width"] for box in boxes) > 300
