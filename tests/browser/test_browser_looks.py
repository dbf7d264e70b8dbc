"""What one sees, measured in a browser: sizes, contrast, touch targets, on every place and at every size."""

import os
import re

import pytest

import browser
from cnnviz.ui import places
from waits import MAIN, SIZES, expect, resize, settle, steady, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PARTS = {
    "layers": ("network", "maps", "filters", "questions"),
    "kernels": ("hand", "digit"),
    "mistakes": ("misread", "sure"),
    "break_it": ("network", "digit", "smallest"),
    "train": ("train", "compare", "experiments"),
}
EVERY = [
    places.address(name) + (f"?part={part}" if part else "")
    for name in places.PLACES
    for part in PARTS.get(name, ("",))
]
FIRST = [place for place in EVERY if not place.endswith(tuple(part for parts in PARTS.values() for part in parts[1:]))]
"""What is shown of each place where no part is named."""
PRESENTED = [place for place in EVERY if not place.endswith(("filters", "experiments"))]
CUT_OFF = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].filter(
  e => e.querySelector('svg')?.getBoundingClientRect().width > e.getBoundingClientRect().width + 2)
  .map(e => e.ariaLabel)"""
TEXTS = """least => {
  const visible = e => { const b = e.getBoundingClientRect(), s = getComputedStyle(e);
    return b.width && b.height && s.visibility !== 'hidden' && s.opacity !== '0' && s.fontSize !== '0px'; };
  const walk = document.createTreeWalker(document.querySelector('[data-testid=stMain]'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    const unseen = 'style, script, svg, [data-testid=stIconMaterial], canvas, [aria-hidden=true]';
    if (!text || !visible(e) || e.closest(unseen)) continue;
    let zoom = 1;
    for (let p = e; p; p = p.parentElement) zoom *= Number(getComputedStyle(p).zoom) || 1;
    const px = parseFloat(getComputedStyle(e).fontSize) * zoom;
    if (px < least) found.push([Math.round(px * 10) / 10, text.slice(0, 60)]);
  }
  return found;
}"""
FONTS_OF_CANVASES = """() => {
  const fill = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (...all) {
    const px = Number(this.font.match(/([\\d.]+)px/)[1]) * this.getTransform().a;
    this.canvas.smallest = Math.min(this.canvas.smallest ?? Infinity, px);
    return fill.apply(this, all);
  };
  // A canvas that is given a size is empty again: what was written in the window before counts no more.
  const width = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
  const set = function (value) { this.smallest = undefined; width.set.call(this, value); };
  Object.defineProperty(HTMLCanvasElement.prototype, 'width', { ...width, set });
}"""
TEXTS_IN_PICTURES = """([least, fonts]) => {
  const found = [];
  const note = (px, text) => { if (px < least - 0.05) found.push([Math.round(px * 10) / 10, text.slice(0, 60)]); };
  const zoom = e => { let z = 1;
    for (let p = e; p; p = p.parentElement ?? p.getRootNode().host) z *= Number(getComputedStyle(p).zoom) || 1;
    return z; };
  const look = root => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) look(e.shadowRoot);
      const box = e.getBoundingClientRect(), style = getComputedStyle(e);
      if (!box.width || !box.height || style.visibility === 'hidden' || e.closest('details:not([open])')) continue;
      const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join('');
      const inside = e.tagName === 'text' || root !== document.body && !e.closest('style, script, [aria-hidden=true]');
      if (text && inside) note(parseFloat(style.fontSize) * zoom(e), text);
      if (e.tagName === 'CANVAS' && e.smallest) note(e.smallest * box.width / e.width, e.ariaLabel ?? e.className);
      if (e.tagName !== 'IMG') continue;
      const alt = e.alt || e.parentElement.ariaLabel || '';
      const font = fonts.find(([begins]) => alt.startsWith(begins));
      const shown = Math.min(box.width / e.naturalWidth, box.height / e.naturalHeight);
      if (font) note(font[1] * shown, alt);
    }
  };
  look(document.querySelector('[data-testid=stMain]'));
  return found;
}"""
FONTS = [
    ("Probability of each digit", 22),
    ("Before: reads", 22),
    ("The padded image", 23),
    ("The image", 23),
    ("The output", 23),
    ("The kernel", 23),
    ("The patch", 20),
    ("Two pictures of 28 by 28 pixels: the digit before and after", 28),
    ("Three pictures", 20),
    ("Two pictures", 14),
    ("128 values of layer", 15),
    ("Bar chart of digits", 20),
]
"""How a picture's description begins, and the pixels of the smallest text in it, before the picture is enlarged."""
CONTRAST = """least => {
  const rgba = c => { const n = c.match(/[\\d.]+/g).map(Number);
    return [...n.slice(0, 3).map(x => c.startsWith('color(srgb') ? 255 * x : x), n[3] ?? 1]; };
  const over = (a, b) => a.slice(0, 3).map((x, i) => x * a[3] + b[i] * (1 - a[3]));
  const light = c => c.map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const back = e => {
    const layers = [];
    for (let p = e; p; p = p.parentElement) {
      const c = rgba(getComputedStyle(p).backgroundColor);
      layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below), [255, 255, 255]);
  };
  const walk = document.createTreeWalker(document.querySelector('[data-testid=stMain]'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    const box = e.getBoundingClientRect();
    if (!text || !box.width || !box.height || getComputedStyle(e).fontSize === '0px') continue;
    const unseen = 'style, svg, canvas, :disabled, [aria-disabled=true], [data-testid=stIconMaterial], '
      + '[data-testid=stCode], [data-testid=stSliderThumbValue]';  // it stands above the thumb and not on its colour
    if (e.closest(unseen)) continue;
    // Undo and Clear, which are never disabled, as long as nothing is drawn.
    const idle = '.st-key-canvas-frame:not(:has(.st-key-canvas[data-drawn])) [data-testid=stBaseButton-tertiary]';
    if (e.closest(idle)) continue;
    const widget = e.closest('[data-testid=stWidgetLabel]')?.parentElement;
    if (widget?.querySelector(':disabled, [aria-disabled=true]')) continue;
    const below = back(e), colour = rgba(getComputedStyle(e).color);
    for (let p = e; p; p = p.parentElement) colour[3] *= Number(getComputedStyle(p).opacity);
    if (colour[3] === 0) continue;  // e.g. the ends of a slider, until a mouse comes
    const [a, b] = [light(over(colour, below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push([Math.round(ratio * 100) / 100, text.slice(0, 60)]);
  }
  return found;
}"""
SMALL_TARGETS = """least => {
  const targets = '[data-testid=stMain] :is(button, a[href], [role=combobox], summary), [data-testid=stTopNavLink],'
    + '[data-testid=stMain] :is([role=radiogroup], [data-testid=stCheckbox]) label';
  const without = '[data-testid=stTooltipIcon], [data-testid=stElementToolbar], [data-testid=stNumberInputContainer]';
  return [...document.querySelectorAll(targets)].filter(e => !e.closest(without))
    .map(e => [e.getBoundingClientRect(), e]).filter(([b]) => b.width && b.height && b.height < least - 0.5)
    .map(([b, e]) => [Math.round(b.height), (e.innerText || e.ariaLabel || e.outerHTML).slice(0, 60)]);
}"""


SMALL_CAPTIONS = """all => all.filter(e => e.offsetHeight && parseFloat(getComputedStyle(e).fontSize) < 16)
  .map(e => e.innerText)"""
STYLED = """() => [...document.styleSheets].some(sheet => [...sheet.cssRules].some(
    rule => rule.selectorText?.includes("stCaptionContainer")))"""
"""The style sheet is there: what is measured at once after the first message of a server is without it."""
BEFORE_MORE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const more = [...main.querySelectorAll('[data-testid=stExpander]')]
    .filter(e => e.getBoundingClientRect().height && /^\\s*More/m.test(e.innerText))
    .map(e => e.getBoundingClientRect().top + main.scrollTop);
  return Math.min(main.scrollHeight, ...more);
}"""


@pytest.fixture(scope="module")
def page(new_page):
    with new_page(SIZES["projector"], init_script=f"({FONTS_OF_CANVASES})()") as opened:
        yield opened


@pytest.fixture(scope="module")
def pointer(page):
    """Switches between a mouse and a finger: what Chromium tells the page that it has."""
    tools = page.context.new_cdp_session(page)

    def switch(by_finger):
        tools.send("Emulation.setTouchEmulationEnabled", {"enabled": by_finger})
        page.wait_for_function(f"matchMedia('(pointer: coarse)').matches === {str(by_finger).lower()}")

    yield switch
    switch(False)


def open_at(page, address, place, size="projector", scheme="light"):
    """A place, as the first one of a session, at a size and in light or dark."""
    page.context.clear_cookies()
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}/{place}")
    settle(page)
    page.wait_for_function(STYLED)


def faults(page):
    """What is wider than the window, too small, or too faint."""
    width = page.viewport_size["width"]
    wide = page.evaluate(f"[document.documentElement.scrollWidth, document.querySelector('{MAIN}').scrollWidth]")
    captions = page.get_by_test_id("stCaptionContainer").evaluate_all(SMALL_CAPTIONS)
    return [
        *(("sideways", found) for found in wide if found > width),
        *(("small caption", found) for found in captions),
        *(("contrast", *found) for found in page.evaluate(CONTRAST, 4.5)),
    ]


def none(found):
    return found == []


def fits_and_can_be_touched(page):
    """And on a telephone it is no longer than four screens before its "More"."""
    for size, scheme in (("telephone", "dark"), ("tablet", "light")):
        resize(page, SIZES[size], scheme)
        until(page, lambda: faults(page), none)
        until(page, lambda: page.evaluate(SMALL_TARGETS, 44), none)
        if size == "telephone":
            until(page, lambda: page.evaluate(BEFORE_MORE) / SIZES["telephone"]["height"], lambda n: n <= 4)


def fits_and_is_legible(page):
    """Colours do not depend on the size, nor sizes on the colours."""
    for size, scheme in (("projector", "light"), ("laptop", "light"), ("laptop", "dark")):
        resize(page, SIZES[size], scheme)
        until(page, lambda: faults(page), none)
        title = page.locator(f"{MAIN} [data-testid=stHeading]").first
        if size == "laptop":
            assert browser.box(title)["y"] < 200


def too_small(page):
    """What a class would not see from the last row, or not as a whole."""
    wide = page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]
    return [
        *page.evaluate(TEXTS, 24),
        *(("in a picture", *found) for found in page.evaluate(TEXTS_IN_PICTURES, [24, FONTS])),
        *(("cut off", found) for found in page.evaluate(CUT_OFF)),
        *(["sideways"] if wide else []),
    ]


def nothing_that_carries_meaning_is_small(page):
    """On any screen of a page that is presented."""
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    position = page.locator(".st-key-presenting output")
    expect(position).to_have_text(re.compile(r"1 / \d+"))
    n = int(steady(page, position.inner_text).partition("/")[2])
    for screen in range(1, n + 1):
        expect(position).to_have_text(f"{screen} / {n}")
        until(page, lambda: too_small(page), none)
        if screen < n:
            page.evaluate(f"document.querySelector('{MAIN}').scrollTop = 1e6")
            page.keyboard.press("PageDown")
            page.wait_for_function(f"document.querySelector('{MAIN}').scrollTop === 0")


def test_a_table_that_stands_grows_when_one_begins_to_present(page, address):
    open_at(page, address, "data")
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    until(page, lambda: too_small(page), none)


def test_numbers_of_a_calculation_grow_with_the_letters_of_the_page(page, address):
    """The style sheet of Present may come after they were drawn."""
    open_at(page, address, "layers")
    shown = "canvas => canvas.smallest * canvas.getBoundingClientRect().width / canvas.width"
    patch = page.locator(".slide .patch")
    until(page, lambda: patch.evaluate(shown), lambda px: px < 17)
    page.add_style_tag(content="html { font-size: 28.8px !important; }")
    until(page, lambda: patch.evaluate(shown), lambda px: px > 20)


def leave_present(page, address, place):
    """By Escape, or where its canvas has the page run once more and the key may be lost, by another address."""
    if place == "draw":
        open_at(page, address, place)
    else:
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stHeader")).to_be_visible()
        settle(page)


@pytest.mark.parametrize("place", EVERY)
def test_a_place_can_be_presented_fits_is_legible_and_can_be_touched(page, pointer, address, place):
    """In Present from its first look on, then with a mouse, then by finger."""
    pointer(by_finger=False)
    presented = place in PRESENTED
    open_at(page, address, f"{place}{'&' if '?' in place else '?'}present=1" if presented else place)
    if presented:
        nothing_that_carries_meaning_is_small(page)
        leave_present(page, address, place)
    if place in FIRST:
        fits_and_is_legible(page)
    pointer(by_finger=True)
    fits_and_can_be_touched(page)
