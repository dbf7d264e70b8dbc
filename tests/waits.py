"""Looking at a page that may still change: what is waited for is a state, and never a time.

Streamlit replaces elements while its script runs: what was found a moment ago may have no place any more.
"""

import time

import pytest

import browser

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=browser.PATIENCE_MS)
LONGEST_S = 60
MAIN = "[data-testid=stMain]"
SIZES = {
    "projector": {"width": 1920, "height": 1080},
    "laptop": {"width": 1440, "height": 900},
    "tablet": {"width": 820, "height": 1180},
    "telephone": {"width": 390, "height": 844},
}
RUNNING = "[data-testid=stApp]:not([data-test-script-state=notRunning]), [data-stale=true], [data-testid=stSpinner]"
# A click, an answer that comes later and the run that it brings follow each other with short pauses.
IDLE = f"""() => {{
  if (document.querySelector('{RUNNING}')) window.idleSince = undefined;
  else window.idleSince ??= performance.now();
  return performance.now() - window.idleSince > 200;
}}"""

BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]') ?? document.body).backgroundColor"
COLOURS = {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 23)"}

# The grey of each pixel of the digit on the button in the head: the server and the browser write it as different files.
PIXELS_IN_HEAD = """async () => {
  const url = getComputedStyle(document.documentElement).getPropertyValue('--digit').match(/data:[^)"']+/)[0];
  const image = new Image();
  image.src = url;
  await image.decode();
  const pen = new OffscreenCanvas(28, 28).getContext('2d');
  pen.drawImage(image, 0, 0, 28, 28);
  return [...pen.getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0);
}"""


def until(page, look, so=bool):
    """What `look` gives once `so` holds of it; an element that is replaced in that very moment is looked for again."""
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            found = look()
            if so(found):
                return found
        except (sync_api.Error, TypeError) as error:  # TypeError: of the place of an element that has none
            found = error
        assert time.monotonic() < deadline, f"After {LONGEST_S} s it still is {found!r}."
        page.wait_for_timeout(50)


def steady(page, look):
    """What `look` gives when it gives the same twice."""
    before = look()

    def again():
        nonlocal before
        previous, before = before, look()
        return previous == before

    until(page, again)
    return before


def expect_to_fit(page, width):
    """Nothing is wider than a window of so many pixels, once what was laid out for another one is laid out anew."""
    widths = f"[document.documentElement.scrollWidth, document.querySelector('{MAIN}').scrollWidth]"
    until(page, lambda: page.evaluate(widths), lambda found: max(found) <= width)


def settle(page):
    """Wait until the page has run to its end, and its address says what it shows."""
    page.wait_for_function("window.cnnvizAddressSince && location.search.includes('net=')")
    idle(page)


def idle(page):
    """Wait until nothing runs for the page."""
    page.evaluate("window.idleSince = undefined")
    page.wait_for_function(IDLE)


def digit_in_head(page):
    """Greys of the digit on the button in the head of the page, 784 numbers from 0 to 255."""
    return page.evaluate(PIXELS_IN_HEAD)


def wait_for_digit_in_head(page, greys):
    """Wait until that digit is this one, but for rounding."""
    until(page, lambda: digit_in_head(page), lambda now: max(abs(a - b) for a, b in zip(now, greys, strict=True)) <= 1)


def resize(page, viewport, scheme="light"):
    """Have the page that is open in a window of another size, in light or dark."""
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"{BACKGROUND} === '{COLOURS[scheme]}'")


def assert_in_sight(page, *locators):
    """Each of these is in the window as a whole."""
    size = page.viewport_size

    def outside():
        boxes = {str(locator): locator.bounding_box() for locator in locators}
        return {
            name: box
            for name, box in boxes.items()
            if box is None
            or min(box["x"], box["y"]) < 0
            or box["x"] + box["width"] > size["width"]
            or box["y"] + box["height"] > size["height"]
        }

    until(page, outside, lambda found: not found)
