"""What one sees, measured in a browser: sizes, contrast, touch targets, Present, links that open elsewhere."""

import contextlib
import os
import re

import pytest
from canvas_message import SEVEN

import browser
from cnnviz.ui import address_names, places

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
SIZES = {"projector": (1920, 1080), "laptop": (1440, 900), "tablet": (820, 1180), "telephone": (390, 844)}
PLACES = [places.address(name) for name in places.PLACES]
OTHER_PARTS = ["layers?part=maps", "kernels?part=digit", "break-it?part=digit", "train?part=compare"]
MAIN = "[data-testid=stMain]"
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
  const targets = '[data-testid=stMain] :is(button, a[href], [role=combobox], summary), [data-testid=stTopNavLink]';
  const without = '[data-testid=stTooltipIcon], [data-testid=stElementToolbar], [data-testid=stNumberInputContainer]';
  return [...document.querySelectorAll(targets)].filter(e => !e.closest(without))
    .map(e => [e.getBoundingClientRect(), e]).filter(([b]) => b.width && b.height && b.height < least - 0.5)
    .map(([b, e]) => [Math.round(b.height), (e.innerText || e.ariaLabel || e.outerHTML).slice(0, 60)]);
}"""


SMALL_CAPTIONS = """all => all.filter(e => e.offsetHeight && parseFloat(getComputedStyle(e).fontSize) < 16)
  .map(e => e.innerText)"""


@pytest.fixture
def new(new_page):
    """Opens pages that know nothing of each other, and closes them."""
    with contextlib.ExitStack() as stack:

        def open_one(size="laptop", **options):
            width, height = SIZES[size]
            return stack.enter_context(new_page(viewport={"width": width, "height": height}, **options))

        yield open_one


def settle(page):
    """Wait until the page has run to its end."""
    page.wait_for_function("window.cnnvizAddressSince && location.search.includes('net=')")
    running = "[data-testid=stApp]:not([data-test-script-state=notRunning]), [data-stale=true], [data-testid=stSpinner]"
    page.wait_for_function(f"!document.querySelector('{running}')")
    page.wait_for_timeout(300)


def go(page, url):
    page.goto(url)
    settle(page)


STYLED = """() => [...document.styleSheets].some(sheet => [...sheet.cssRules].some(
    rule => rule.selectorText?.includes("stCaptionContainer")))"""
"""The style sheet is there: what is measured at once after the first message of a server is without it."""


LOOKS = [("projector", "light"), ("laptop", "light"), ("laptop", "dark"), ("tablet", "light"), ("telephone", "dark")]
"""Colours do not depend on the size, nor sizes on the colours."""


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_place_fits_is_legible_and_can_be_touched(new, address, size, scheme):
    touch = {"has_touch": True} if size in ("tablet", "telephone") else {}
    page, problems = new(size, color_scheme=scheme, **touch), []
    for place in PLACES:
        go(page, f"{address}/{place}")
        page.wait_for_function(STYLED)
        if page.evaluate("document.documentElement.scrollWidth") > SIZES[size][0]:
            problems.append((place, "sideways"))
        captions = page.get_by_test_id("stCaptionContainer").evaluate_all(SMALL_CAPTIONS)
        problems += [(place, "small caption", caption) for caption in captions]
        problems += [(place, "contrast", *found) for found in page.evaluate(CONTRAST, 4.5)]
        if touch:
            problems += [(place, "touch", *found) for found in page.evaluate(SMALL_TARGETS, 44)]
        if size == "laptop":
            top = page.locator(f"{MAIN} [data-testid=stHeading]").first.bounding_box()["y"]
            problems += [(place, "starts at", top)] if top >= 200 else []
    assert problems == []


def test_in_present_nothing_that_carries_meaning_is_small(new, address):
    page, problems = new("projector"), []
    page.add_init_script(f"({FONTS_OF_CANVASES})()")
    for place in PLACES + OTHER_PARTS:
        go(page, f"{address}/{place}{'&' if '?' in place else '?'}present=1")
        assert page.get_by_test_id("stHeader").is_hidden()
        for _ in range(20):
            problems += [(place, *found) for found in page.evaluate(TEXTS, 24)]
            problems += [(place, "in a picture", *found) for found in page.evaluate(TEXTS_IN_PICTURES, [24, FONTS])]
            problems += [(place, "cut off", found) for found in page.evaluate(CUT_OFF)]
            if page.evaluate("document.documentElement.scrollWidth") > SIZES["projector"][0]:
                problems.append((place, "sideways"))
            n, of = map(int, re.findall(r"\d+", page.locator(".st-key-presenting output").inner_text()))
            if n == of:
                break
            page.evaluate(f"document.querySelector('{MAIN}').scrollTop = 1e6")
            page.keyboard.press("PageDown")
            page.wait_for_function(f"document.querySelector('{MAIN}').scrollTop === 0")
    assert problems == []


def position(page):
    return page.locator(".st-key-presenting output").inner_text()


def test_present_goes_on_by_keys_and_swipes_to_the_next_place_and_ends(new, address):
    page = new("projector")
    go(page, f"{address}/data")
    page.get_by_role("button", name="Present").click()
    page.locator(".st-key-presenting output").wait_for()
    settle(page)
    n = int(position(page).split("/")[1])
    assert n > 1
    assert page.locator("[class*=st-key-screen-]:visible").count() == 1
    page.keyboard.press("PageUp")  # at the first screen: the place before
    page.wait_for_url(re.compile("/train"))
    settle(page)
    page.get_by_role("button", name="On", exact=True).click()
    while "/train" in page.url:
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(700)
    settle(page)
    assert position(page) == f"1 / {n}"
    page.evaluate(f"document.querySelector('{MAIN}').scrollTop = 1e6")
    page.keyboard.press("ArrowRight")
    assert position(page) == f"2 / {n}"
    assert "screen=2" in page.url
    page.reload()
    settle(page)
    assert position(page) == f"2 / {n}"
    page.keyboard.press("Escape")
    page.get_by_test_id("stHeader").wait_for()
    settle(page)
    assert page.locator("[class*=st-key-screen-]:visible").count() == n


def swipe(page, way):
    """Move a finger over the title, to the left or to the right."""
    session, width = page.context.new_cdp_session(page), SIZES["tablet"][0]
    box = page.locator("[data-testid=stHeading]:visible").first.bounding_box()
    begin, end = (0.8, 0.2) if way == "left" else (0.2, 0.8)
    steps = [begin + (end - begin) * k / 8 for k in range(9)]
    for kind, shares in (("touchStart", steps[:1]), ("touchMove", steps[1:]), ("touchEnd", [None])):
        for share in shares:
            points = [] if share is None else [{"x": share * width, "y": box["y"] + box["height"] / 2}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_in_present_a_swipe_goes_on_and_back_also_to_another_place(new, address):
    page = new("tablet", has_touch=True)
    go(page, f"{address}/data?present=1")
    n = int(position(page).split("/")[1])
    for way, expected in (("left", 2), ("left", 3), ("right", 2), ("right", 1)):
        swipe(page, way)
        page.locator(".st-key-presenting output", has_text=f"{expected} / {n}").wait_for()
    swipe(page, "right")  # before the first screen of a place: the place before
    page.wait_for_url(re.compile("/train"))


def drawn(page, address):
    page.goto(address)
    page.wait_for_selector("canvas.upper-canvas")
    browser.draw(page, SEVEN)
    page.wait_for_function("location.search.includes('ink=')")
    settle(page)


INK = """canvas => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, i) => i % 4 === 0 && value > 127).length / (pixels.length / 4);
}"""
LABEL = "getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"
PICTURE = "getComputedStyle(document.documentElement).getPropertyValue('--digit')"


def seen(page):
    """What two people who see the same would both say: title, controls and which digit."""
    page.wait_for_function(f"{LABEL} !== ''")
    texts = page.locator(f"{MAIN} :is(h1, h2, h3, [data-testid=stMetricValue])").all_inner_texts()
    return (
        page.evaluate(LABEL),
        texts,
        page.locator(f"{MAIN} [role=combobox]").evaluate_all("all => all.map(e => e.value ?? '')"),
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_link_opened_elsewhere_shows_the_same(new, address, place):
    page = new()
    drawn(page, address)
    page.get_by_test_id("stTopNavLink").nth(PLACES.index(place)).click()
    page.wait_for_url(re.compile(f"/{place}" if place != "draw" else r"/(draw)?\?"))
    settle(page)
    other = new()
    go(other, page.url)
    for _ in range(100):  # what takes long to compute comes in later
        if seen(other) == seen(page):
            break
        other.wait_for_timeout(200)
    assert seen(other) == seen(page)
    assert page.evaluate(LABEL) == "'Your drawing'"
    settle(other)
    assert dict(part.split("=") for part in other.url.partition("?")[2].split("&")) == dict(
        part.split("=") for part in page.url.partition("?")[2].split("&")
    )


def test_a_linked_drawing_is_on_the_canvas_and_can_be_drawn_on(new, address):
    page, other = new(), new()
    drawn(page, address)
    go(other, page.url)
    other.wait_for_selector("canvas.upper-canvas")
    other.wait_for_timeout(1000)
    counted = [each.locator("canvas.dc-canvas.lower-canvas").evaluate(INK) for each in (page, other)]
    assert counted[0] > 0.01
    assert abs(counted[0] - counted[1]) < 0.1 * counted[0]
    before = other.url
    browser.draw(other, [(110, 150), (200, 150)])
    other.wait_for_function("before => location.href !== before", arg=before)


def test_the_address_follows_without_new_entries_and_back_leads_to_the_page_before(new, address):
    page = new()
    drawn(page, address)
    n = page.evaluate("history.length")
    browser.draw(page, [(110, 150), (200, 150)])
    before = page.url
    page.wait_for_function("before => location.href !== before", arg=before)
    assert page.evaluate("history.length") == n
    page.get_by_test_id("stTopNavLink").nth(1).click()
    page.wait_for_url(re.compile("/layers"))
    settle(page)
    assert page.evaluate("history.length") == n + 1
    page.go_back()
    page.wait_for_selector("canvas.upper-canvas")


def test_a_reload_keeps_the_drawing_and_its_strokes(new, address):
    page = new()
    drawn(page, address)
    before = page.evaluate(PICTURE)
    page.wait_for_timeout(2500)
    page.reload()
    settle(page)
    page.wait_for_selector("canvas.upper-canvas")
    assert page.evaluate(PICTURE) == before
    undo = page.locator(".st-key-undo button")
    undo.click()
    page.wait_for_function("!location.search.includes('ink=')")


@pytest.mark.parametrize("old", places.OLD_ADDRESSES)
def test_old_addresses_lead_to_the_right_place(new, address, old):
    place, part = places.OLD_ADDRESSES[old]
    page = new()
    page.goto(f"{address}/{old}?net=hvass&steps=100&digit=7&source=bundled")
    page.wait_for_url(re.compile(f"/{places.address(place)}"))
    settle(page)
    assert "net=hvass&steps=100" in page.url
    assert "digit=7" in page.url
    first = part in ("", "network")
    assert first or f"part={part}" in page.url


HOSTILE = {
    "a script": "?net=<script>alert(1)</script>&evil=<img src=x onerror=alert(1)>",
    "30 kB": "?ink=" + "A" * 30_000,
    "a bomb": f"?digit=own&ink={address_names.packed(bytes(1_000_000))}",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_address_is_a_sentence(new, address, query):
    page, dialogs = new(), []
    page.on("dialog", lambda dialog: dialogs.append(dialog) or dialog.dismiss())
    page.goto(f"{address}/layers{query}")
    page.get_by_test_id("stToast").wait_for()
    assert page.get_by_test_id("stToast").count() == 1
    assert "This link" in page.get_by_test_id("stToast").inner_text()
    settle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert not dialogs
    assert "evil" not in page.url


def test_the_menu_of_a_telephone_is_closed_and_closes_after_a_choice(new, address):
    page = new("telephone", has_touch=True)
    go(page, f"{address}/data")
    sidebar = page.get_by_test_id("stSidebar")
    assert sidebar.get_attribute("data-collapsed") == "true"
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Mistakes").click()
    page.wait_for_url(re.compile("/mistakes"))
    page.wait_for_function("document.querySelector('[data-testid=stSidebar]').dataset.collapsed === 'true'")


def test_the_switch_of_light_and_dark_keeps_the_session_and_holds_on_every_place(new, address):
    page = new()
    drawn(page, address)
    before = page.evaluate(PICTURE)
    colour = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function(f"{colour} === 'rgb(14, 17, 23)'")
    settle(page)
    assert page.evaluate(PICTURE) == before
    go(page, f"{address}/train")
    assert page.evaluate(colour) == "rgb(14, 17, 23)"
    page.get_by_role("button", name="Light").click()
    page.wait_for_function(f"{colour} === 'rgb(255, 255, 255)'")


def test_hide_takes_the_menu_and_the_controls_away(new, address):
    page = new()
    go(page, f"{address}/layers?hide=network,time,digit,share,menu")
    assert page.get_by_test_id("stHeader").is_hidden()
    assert page.locator(".st-key-thumbnail").count() == 0
    assert page.get_by_role("button", name="Share").count() == 0
    assert page.locator(".st-key-head [data-testid=stSlider]").count() == 0
    assert "hide=network,time,digit,share,menu" in page.url
