"""What only a real browser shows: a digit is drawn and answered, a cell is opened, the model is switched."""

import functools
import http.server
import os
import re
import threading

import pytest

import browser
from common import MNIST, needs_mnist
from waits import expect, settle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]
ONE = [(140, 50), (140, 230)]


@pytest.fixture(scope="module")
def window(new_page):
    with new_page() as opened:
        yield opened


@pytest.fixture
def opened(window, address):
    """The Draw page in a browser, with what the browser complains of."""
    complaints = []
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.goto(address)
    window.wait_for_selector("canvas.upper-canvas")
    yield window
    assert complaints == []


def go_to(opened, page):
    opened.get_by_role("link", name=page, exact=True).click()
    opened.get_by_role("heading", name=page, exact=True).wait_for()


def button(opened, name):
    return opened.locator(f".st-key-{name.lower()} button")


def answer(opened, digit):
    opened.get_by_role("heading", name=f"Answer: {digit}").wait_for()


def test_a_digit_is_drawn_answered_undone_and_cleared(opened):
    opened.get_by_text("Nothing is drawn yet").wait_for()
    browser.draw(opened, SEVEN)
    answer(opened, 7)
    for alt in ("Probability of each digit", "28 by 28 grey pixels", "layer conv1_relu", "layer conv2_relu"):
        opened.locator(f"[role][aria-label*='{alt}']").wait_for()
    shown = opened.evaluate("window.cnnvizFigures.dataset.shown")
    browser.draw(opened, [(150, 150), (150, 150)])
    opened.wait_for_function("shown => window.cnnvizFigures.dataset.shown !== shown", arg=shown)
    settle(opened)
    button(opened, "Undo").click()
    answer(opened, 7)
    button(opened, "Clear").click()
    opened.get_by_text("Nothing is drawn yet").wait_for()
    browser.draw(opened, ONE)
    answer(opened, 1)


def test_the_drawing_survives_a_change_of_page_and_of_model(opened):
    browser.draw(opened, SEVEN)
    answer(opened, 7)
    go_to(opened, "Layers")
    opened.get_by_text("What the 16 filters of layer 1 found").wait_for()
    settle(opened)  # a run that ends would close the list
    opened.get_by_role("combobox", name="Network").click()
    opened.get_by_role("option", name="(low-level)").click()
    opened.get_by_text("What the 32 filters of layer 1 found").wait_for()
    go_to(opened, "Draw")
    answer(opened, 7)
    opened.wait_for_function("new URLSearchParams(location.search).get('net') === 'low-level'")


def test_a_click_on_a_confusion_cell_opens_its_images(opened):
    go_to(opened, "Mistakes")
    squares = opened.locator("[data-testid=stVegaLiteChart] .mark-rect path[aria-label]")
    squares.nth(99).wait_for()
    told = squares.evaluate_all("squares => squares.map(square => square.getAttribute('aria-label'))")
    labels = [re.findall(r"\d+", label) for label in told]
    assert len(labels) == 100
    cells = {(int(true), int(predicted)): int(count) for predicted, true, count, *_ in labels}
    assert sum(cells.values()) == 500
    (true, predicted), count = max(((c, n) for c, n in cells.items() if c[0] != c[1]), key=lambda found: found[1])
    opened.locator(f".mark-rect path[aria-label^='Predicted: {predicted}; True: {true};']").click(force=True)
    opened.get_by_text(re.compile(rf"^{true} read as {predicted}: {count} test image")).wait_for()
    opened.get_by_text(f"{count} of {count}, in the order of the test set.").wait_for()


def test_a_picture_can_be_downloaded(opened):
    go_to(opened, "Layers")
    opened.locator(".overview[data-at]").wait_for()
    for button, name in ((".overview .png", "network.png"), (".st-key-open-map [data-testid=stDownloadButton]", "")):
        with opened.expect_download() as download:
            opened.locator(button).last.click()
        assert download.value.suggested_filename.endswith(name or ".png")
        assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_chart_can_be_downloaded(opened):
    go_to(opened, "Mistakes")
    chart = opened.locator("[data-testid=stVegaLiteChart]")
    chart.locator(".mark-rect path").nth(99).wait_for()
    chart.hover()
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Download as PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_nothing_is_asked_of_the_internet(window, address):
    asked = []
    window.on("request", lambda request: asked.append(request.url))
    window.goto(address)
    window.wait_for_selector("canvas.upper-canvas")
    settle(window)
    assert [
        url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
    ] == []


@needs_mnist
def test_mnist_arrives_behind_the_scenes(window, tmp_path):
    """At the first start the bundled digits are there at once, and MNIST takes their place when it has arrived."""
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=MNIST)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as mirror:
        threading.Thread(target=mirror.serve_forever, daemon=True).start()
        environment = {"CNNVIZ_MNIST_URL": f"http://127.0.0.1:{mirror.server_port}", "KERAS_HOME": str(tmp_path)}
        with browser.server(**environment, XDG_CACHE_HOME=str(tmp_path), CNNVIZ_DATA="") as (address, _):
            window.goto(f"{address}/data")
            window.get_by_text("Training, 55,000").first.wait_for()
            expect(window.get_by_text("They are not MNIST")).to_have_count(0)
        mirror.shutdown()
    assert len(list((tmp_path / "cnnviz" / "MNIST").glob("*.gz"))) == 4
