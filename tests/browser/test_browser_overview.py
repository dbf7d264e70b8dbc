"""The network on one screen: it moves without the server, says what TensorFlow says, and a map of it is opened."""

import os
import re

import numpy as np
import pytest

import browser
from cnnviz.analysis import arithmetic, inspection, receptive_field, weight_editing
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.render import palettes
from servers import stopped
from waits import SIZES, assert_in_sight, expect, expect_to_fit, idle, steady, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
ROOT = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .map(host => host.shadowRoot?.querySelector('.overview')).find(Boolean)"""
# Of every picture the red of each pixel.
PICTURES = f"""() => [...({ROOT}).querySelectorAll('.map canvas')].map((canvas) => [...canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0))"""
LAYER, SIDE = {1: "conv1_relu", 2: "conv2_relu"}, {1: 14, 2: 7}


@pytest.fixture(scope="module")
def opened(new_page, address):
    """The page, whose browser has the network; one for all tests that leave it as it was."""
    with new_page(SIZES["laptop"]) as window:
        complaints = []
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(f"{address}/layers?net=hvass&digit=3")
        rests(window, 10_000)
        window.locator("canvas.output").wait_for()
        yield window
        assert complaints == []


@pytest.fixture(scope="module")
def outputs():
    """What TensorFlow says of the same digit, and of the snapshots of the same network."""
    image = dataset.load(dataset.BUNDLED, "test").images[3:4]

    def after(iteration=None, off=None):
        network = store.load(store.find("hvass"), iteration)
        for layer, filters in (off or {}).items():
            network = weight_editing.without_filters(network, layer, filters)
        return {name: output[0] for name, output in inspection.activations(network, image).items()}

    return after


def rests(opened, iteration):
    opened.wait_for_function(f"({ROOT})?.dataset.at === '{iteration}'")


def greys(values):
    """What `paint.js` has to show: each map of a layer without negative numbers, all on one scale."""
    return np.floor(values.transpose(2, 0, 1) / values.max() * 255 + 0.5).reshape(values.shape[2], -1)


def compare(opened, outputs):
    """The maps and the answer that are shown with those of TensorFlow."""
    wanted = np.concatenate([greys(outputs[name]).ravel() for name in ("conv1_relu", "conv2_relu")])

    def difference():
        shown = np.concatenate(opened.evaluate(PICTURES))
        return np.abs(wanted - shown).max() if shown.shape == wanted.shape else np.inf

    until(opened, difference, lambda greatest: greatest <= 1)
    first, second = np.argsort(-outputs["softmax"], kind="stable")[:2]
    expect(opened.locator(".overview .answer")).to_have_text(f"Reads {first}; its second guess is {second}.")


def at_pixel(opened, block, number, place):
    """Put the pointer on a pixel of a map, at its row and column."""
    (row, column), side = place, SIDE[block]
    canvas = opened.locator(".overview .maps").nth(block - 1).locator("canvas").nth(number)
    box = browser.box(canvas)
    opened.mouse.move(box["x"] + (column + 0.5) / side * box["width"], box["y"] + (row + 0.5) / side * box["height"])


def said(opened):
    """The sentence below the maps."""
    return opened.locator(".overview .value")


def test_all_of_it_is_on_one_screen(opened):
    size = opened.viewport_size
    parts = (".overview .training", ".overview .digit", ".overview .answer", ".overview .told", ".overview .png")
    assert_in_sight(opened, *(opened.locator(part) for part in parts))
    for part in parts:
        box = browser.box(opened.locator(part))
        assert box["x"] + box["width"] <= size["width"] / 2, part
    expect(opened.locator(".overview .map")).to_have_count(16 + 36)
    expect_to_fit(opened, size["width"])
    sizes = opened.evaluate(f"""[...({ROOT}).querySelectorAll('.label, p, figcaption, button')]
        .map((one) => parseFloat(getComputedStyle(one).fontSize))""")
    assert min(sizes) >= 14


def test_what_is_pointed_at_is_what_tensorflow_says(opened, outputs):
    found = outputs()
    compare(opened, found)
    for block, number in ((1, 5), (2, 20)):
        values = found[LAYER[block]][:, :, number]
        row, column = np.unravel_index(values.argmax(), values.shape)
        at_pixel(opened, block, number, (row, column))
        expect(said(opened)).to_have_text(
            re.compile(rf"^layer {block}, map {number}, row {row}, column {column}: [\d.−]+$")
        )
        told = said(opened).inner_text().rpartition(" ")[2]
        assert float(told.replace("−", "-")) == pytest.approx(values[row, column], abs=1e-3)


ORANGE = f"""() => {{
  const [lines, digit] = ['.lines', '.digit canvas'].map((one) => ({ROOT}).querySelector(one));
  const [from, to] = [lines.getBoundingClientRect(), digit.getBoundingClientRect()];
  const pixels = lines.getContext('2d').getImageData(0, 0, lines.width, lines.height).data;
  const found = [];
  for (let i = 0; i < pixels.length; i += 4) {{
    if (pixels[i] !== 224 || pixels[i + 1] !== 123 || pixels[i + 3] !== 255) continue;
    found.push([Math.floor(i / 4 / lines.width) + from.top - to.top, (i / 4 % lines.width) + from.left - to.left]);
  }}
  const of = (at) => found.map((one) => one[at] / to.width * 28);
  return [0, 1].flatMap((at) => [Math.min(...of(at)), Math.max(...of(at))]);
}}"""
"""First and last row and column of the frame on the digit, in pixels of the digit."""


# How many pixels of lines are drawn, without the orange frame.
LINES = f"""() => {{
  const lines = ({ROOT}).querySelector('.lines');
  const pixels = lines.getContext('2d').getImageData(0, 0, lines.width, lines.height).data;
  let n = 0;
  for (let i = 3; i < pixels.length; i += 4) n += pixels[i] > 0 && pixels[i - 1] > 60;
  return n;
}}"""


def test_the_receptive_field_is_framed_and_lines_lead_from_what_feeds_the_map(opened):
    at_pixel(opened, 2, 20, (3, 2))
    box = receptive_field.receptive_field_in_image(store.load(store.find("hvass")).config, "conv2_relu", 3, 2)
    frame = pytest.approx([box.top, box.bottom, box.left, box.right], abs=0.6)
    until(opened, lambda: opened.evaluate(ORANGE), lambda found: found == frame)
    drawn = f"""() => ({ROOT}).cnnvizView.scene.lines.getContext('2d')
        .getImageData(0, 0, 4000, 4000).data.reduce((n, value, i) => n + (i % 4 === 3 && value > 0), 0)"""
    many = opened.evaluate(drawn)
    expect(opened.locator(".overview .legend")).to_contain_text("L2 norm")
    opened.mouse.move(5, 5)
    until(opened, lambda: opened.evaluate(drawn), lambda n: n == 0)
    at_pixel(opened, 1, 3, (7, 7))
    until(opened, lambda: opened.evaluate(drawn), lambda n: 0 < n < many)


def test_the_arrows_move_and_enter_opens(opened):
    maps = opened.locator(".overview .map")
    maps.nth(15).focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowDown")
    expect(said(opened)).to_have_text(re.compile("^layer 2, map 12, "))
    expect(said(opened)).to_have_attribute("aria-live", "polite")
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("ArrowUp")
    expect(said(opened)).to_have_text(re.compile("^layer 1, map 8, "))
    opened.keyboard.press("Enter")
    opened.get_by_text(re.compile(r"of map 8 of conv1:")).first.wait_for()
    opened.keyboard.press("Escape")
    expect(said(opened)).to_have_text(re.compile("^Point at a map"))
    at_pixel(opened, 2, 20, (3, 3))
    opened.mouse.down()
    opened.mouse.up()
    opened.get_by_text(re.compile(r"of map 20 of conv2:")).first.wait_for()
    expect(opened.locator(".overview .map[aria-pressed=true]")).to_have_attribute("title", "map 20")


def test_the_slider_moves_maps_and_answer_while_the_server_is_stopped(opened, address, outputs):
    slider = opened.locator(".overview .steps")
    slider.focus()
    opened.keyboard.press("ArrowLeft")
    opened.wait_for_function(f"'ready' in ({ROOT}).dataset")
    rests(opened, 5000)
    opened.locator(".st-key-head").get_by_text("5,000 training steps").first.wait_for()
    idle(opened)
    box = browser.box(slider)
    with stopped(address):
        opened.mouse.move(box["x"] + box["width"] * 12 / 13, box["y"] + box["height"] / 2)
        opened.mouse.down()
        opened.mouse.move(box["x"] + box["width"] * 0.41, box["y"] + box["height"] / 2, steps=12)
        opened.get_by_text("between step 20 and 50, weights interpolated").wait_for()
        between = opened.locator(".overview .answer").inner_text(), opened.evaluate(PICTURES)
        opened.mouse.up()
        rests(opened, 20)
        compare(opened, outputs(20))
        assert between[1] != opened.evaluate(PICTURES)
    opened.locator(".st-key-head").get_by_text("20 training steps", exact=True).first.wait_for()


def test_play_goes_to_the_last_snapshot_and_the_head_follows(opened, outputs):
    opened.locator(".overview .play-training").click()
    opened.get_by_text(re.compile("between step .* and .*, weights interpolated")).wait_for()
    rests(opened, 10_000)
    compare(opened, outputs(10_000))
    slider = opened.locator(".st-key-head").get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "10,000 training steps")


def numbers_of(window):
    """Place, value, the sums by channel and what is said of them, as the calculation shows it."""
    parts = {name: window.locator(f".slide .{name}").inner_text() for name in ("value", "sum", "channels", "then")}
    place = re.fullmatch(r"Pixel \((\d+), (\d+)\) of map (\d+) of (\w+): ([+−-]\d+\.\d+)", parts["value"])
    sums = re.findall(r"(?:: |· )(\d+) ([+−]\d\.\d{4})", parts["channels"])
    return (
        (int(place[1]), int(place[2])),
        float(place[5].replace("−", "-")),
        {int(channel): float(sum_.replace("−", "-")) for channel, sum_ in sums},
        parts["then"],
    )


def test_the_calculation_follows_the_pointer_until_a_click_holds_a_pixel(opened, address, outputs):
    """Over the open map in the overview and over the result, without a message to the server; Escape lets it go."""
    network, found = store.load(store.find("hvass")), outputs()
    maps = opened.locator(".overview .map")
    maps.nth(16 + 7).click()
    opened.get_by_text(re.compile(r"of map 7 of conv2:")).first.wait_for()
    opened.mouse.move(5, 5)
    chosen = receptive_field.strongest_pixel(network.config, found, "conv2", 7)
    until(opened, lambda: numbers_of(opened)[0], lambda place: place == chosen)
    idle(opened)
    opened.evaluate("""() => {
      const send = WebSocket.prototype.send;
      window.cnnvizSent = 0;
      WebSocket.prototype.send = function (...all) { window.cnnvizSent++; return send.apply(this, all); };
    }""")
    with stopped(address):
        for pixel in ((0, 0), (3, 4), (6, 2)):
            at_pixel(opened, 2, 7, pixel)
            at = {(2 * pixel[0] + i, 2 * pixel[1] + j) for i in (0, 1) for j in (0, 1)}
            place, value, sums, then = until(opened, lambda: numbers_of(opened), lambda now, at=at: now[0] in at)
            window = found["conv2"][2 * pixel[0] : 2 * pixel[0] + 2, 2 * pixel[1] : 2 * pixel[1] + 2, 7]
            assert value == pytest.approx(window.max(), abs=1e-3)
            step = arithmetic.explain(network, found, "conv2", (*place, 7))
            assert list(sums) == step.channels_by_contribution[:5].tolist()
            assert list(sums.values()) == pytest.approx(step.channel_sums[list(sums)], abs=2e-4)
            assert re.fullmatch(r"Then conv2_pool, the largest of (\S+, ){3}\S+: \S+\. Then conv2_relu, ReLU: .*", then)
            assert float(then.rpartition("= ")[2]) == pytest.approx(found["conv2_relu"][(*pixel, 7)], abs=2e-4)
        opened.mouse.move(5, 5)
        until(opened, lambda: numbers_of(opened)[0], lambda place: place == chosen)
        box = browser.box(opened.locator("canvas.output"))
        opened.mouse.move(box["x"] + 2.5 / 14 * box["width"], box["y"] + 11.5 / 14 * box["height"])
        until(opened, lambda: numbers_of(opened)[0], lambda place: place == (11, 2))
        at_pixel(opened, 2, 8, (3, 4))  # of another map, which is not open
        until(opened, lambda: numbers_of(opened)[0], lambda place: place == chosen)
        assert opened.evaluate("window.cnnvizSent") == 0
    at_pixel(opened, 2, 7, (3, 4))
    held = until(opened, lambda: numbers_of(opened)[0], lambda place: place != chosen)
    opened.mouse.down()
    opened.mouse.up()
    expect(opened.locator(".slide .held")).to_have_text("Held; Escape frees it.")
    at_pixel(opened, 2, 7, (6, 2))
    assert steady(opened, lambda: numbers_of(opened)[0]) == held
    opened.wait_for_url(re.compile(f"[?&]pixel={held[0]},{held[1]}(&|$)"))
    assert opened.evaluate("window.cnnvizSent") > 0  # the one that is chosen the server knows
    opened.keyboard.press("Escape")
    at_pixel(opened, 2, 7, (3, 2))
    until(opened, lambda: numbers_of(opened)[0], lambda place: place != held)
    opened.mouse.move(5, 5)
    until(opened, lambda: numbers_of(opened)[0], lambda place: place == held)


def test_a_map_that_is_opened_grows_into_its_calculation(opened):
    opened.evaluate("""() => {
      window.grown = [];
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (frames, options) {
        if (this.className === "cnnviz-growing") window.grown.push([this.getBoundingClientRect().x, frames.transform[1],
          options.duration]);
        return animate.call(this, frames, options);
      };
    }""")
    idle(opened)
    from_, into = (
        browser.box(one) for one in (opened.locator(".overview .map").nth(4), opened.locator("canvas.output"))
    )
    opened.locator(".overview .map").nth(4).click()
    ((x, transform, ms),) = until(opened, lambda: opened.evaluate("window.grown"))
    shift = float(re.match(r"translate\(([-\d.]+)px", transform)[1])
    assert x == pytest.approx(from_["x"], abs=1)
    assert x + shift == pytest.approx(into["x"], abs=1)
    assert ms == 250
    opened.wait_for_function("!document.querySelector('.cnnviz-growing')")


def test_a_filter_is_switched_off_at_once_and_the_accuracy_follows(new_page, address, outputs):
    """By its dot and by keyboard, with the server stopped; then in the address, on Break it, and after a reload."""
    with new_page(SIZES["laptop"]) as window:
        complaints = []
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(f"{address}/layers?net=hvass&digit=3")
        rests(window, 10_000)
        window.locator("canvas.output").wait_for()
        maps, toggles = window.locator(".overview .map"), window.locator(".overview .switch")
        idle(window)
        places = [browser.box(maps.nth(n)) for n in (0, 51)]
        with stopped(address):
            for number in (0, 1, 2):
                toggles.nth(number).click()
            maps.nth(16 + 4).focus()
            window.keyboard.press("x")
            expect(said(window)).to_have_text(re.compile("; its filter is off, x switches it on$"))
            window.keyboard.press("ArrowRight")
            window.keyboard.press("Delete")
            window.keyboard.press("Delete")
            expect(toggles.nth(2)).to_have_attribute("aria-checked", "false")
            toggles.nth(2).click()
            compare(window, outputs(off={"conv1": [0, 1], "conv2": [4]}))
            line = window.locator(".overview .switched")
            expect(line).to_have_text(re.compile("^3 filters off"))
            until(window, lambda: [n for n in range(52) if maps.nth(n).evaluate("one => one.matches('.off')")],
                  lambda off: off == [0, 1, 20])  # fmt: skip
            expect(maps.nth(20)).to_have_attribute("aria-label", "map 4, its filter switched off")
            at_pixel(window, 2, 4, (3, 3))
            until(window, lambda: window.evaluate(LINES), lambda n: n == 0)  # what is off is fed by nothing
            at_pixel(window, 2, 20, (3, 3))
            until(window, lambda: window.evaluate(LINES))
        window.get_by_text(re.compile(r"of 500 test digits are read right, \d+ (fewer|more) than before\.$")).wait_for()
        assert [browser.box(maps.nth(n)) for n in (0, 51)] == places
        box = browser.box(line)
        assert box["y"] + box["height"] <= 900
        window.get_by_text(re.compile(r"of map 0 of conv1: \+0\.000")).first.wait_for()  # the calculation is of it, too
        window.locator(".overview .steps").focus()
        window.keyboard.press("ArrowLeft")
        rests(window, 5000)
        compare(window, outputs(5000, off={"conv1": [0, 1], "conv2": [4]}))
        window.wait_for_url(re.compile("steps=5000"))
        window.reload()
        rests(window, 5000)
        compare(window, outputs(5000, off={"conv1": [0, 1], "conv2": [4]}))
        window.get_by_role("button", name="Open in Break it").click()
        window.get_by_text("conv2 without filter 4; conv1 without filters 0, 1").wait_for()
        window.go_back()
        rests(window, 5000)
        window.get_by_role("button", name="Reset").click()
        compare(window, outputs(5000))
        window.wait_for_url(lambda url: "off." not in url)
        assert complaints == []


def test_where_the_network_cannot_be_fetched_it_is_said_and_the_server_computes(new_page, address, outputs):
    with new_page(SIZES["laptop"]) as window:
        window.route("**/cnnviz/weights/*", lambda route: route.abort())
        window.goto(f"{address}/layers?net=hvass&digit=3")
        window.get_by_text("The server computes what is shown here: this browser cannot compute").wait_for()
        rests(window, "server")
        compare(window, outputs())
        expect(window.locator(".overview .training")).to_be_hidden()
        shown = window.evaluate(f"({ROOT}).dataset.drawn")
        window.locator(".overview .switch").nth(3).click()
        window.wait_for_function(f"({ROOT}).dataset.drawn !== '{shown}'")
        compare(window, outputs(off={"conv1": [3]}))
        window.get_by_role("button", name="Reset").click()
        window.wait_for_function(f"({ROOT}).dataset.drawn - {shown} >= 2")
        at_pixel(window, 2, 20, (3, 3))
        value = outputs()["conv2_relu"][3, 3, 20]
        expect(said(window)).to_have_text(f"layer 2, map 20, row 3, column 3: {value:.3f}")


# The colours of the lines that are drawn, each once.
LINE_COLOURS = f"""() => {{
  const lines = ({ROOT}).querySelector('.lines');
  const pixels = lines.getContext('2d').getImageData(0, 0, lines.width, lines.height).data;
  const found = new Set();
  for (let i = 0; i < pixels.length; i += 4) {{
    if (pixels[i + 3] === 255 && pixels[i + 2] > 0) found.add([...pixels.subarray(i, i + 3)].join());
  }}
  return [...found].map((one) => one.split(',').map(Number));
}}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_have_the_colours_of_the_palette_that_is_chosen(new_page, address, scheme):
    with new_page(SIZES["laptop"], color_scheme=scheme) as window:
        window.goto(f"{address}/layers?net=hvass&digit=3&palette=PuOr")
        rests(window, 10_000)
        at_pixel(window, 2, 20, (3, 3))
        expect(window.locator(".overview .legend")).to_contain_text("purple above 0, orange below")
        table = palettes.palette_table("PuOr")[:256].astype(int)
        drawn = np.array(until(window, lambda: window.evaluate(LINE_COLOURS)))
        distance = np.abs(drawn[:, None] - table[None]).max(axis=2).min(axis=1)
        assert (distance <= 1).sum() >= 10
        # Where lines cross, a pixel may be a mixture; none is as red or as blue as in seismic.
        red, green, blue = drawn.T
        assert not ((red > 240) & (green < 140) & (blue < 140)).any()
        assert not ((blue > 240) & (green < 140) & (red < 140)).any()


def tap(window, block, number, place):
    """A finger on a pixel of a map."""
    (row, column), side = place, SIDE[block]
    canvas = window.locator(".overview .maps").nth(block - 1).locator("canvas").nth(number)
    canvas.scroll_into_view_if_needed()
    box = browser.box(canvas)
    x, y = box["x"] + (column + 0.5) / side * box["width"], box["y"] + (row + 0.5) / side * box["height"]
    window.touchscreen.tap(x, y)


def test_a_finger_points_opens_holds_switches_and_slides(new_page, address, outputs):
    with new_page(SIZES["tablet"], has_touch=True) as window:
        window.goto(f"{address}/layers?net=hvass&digit=3")
        rests(window, 10_000)
        window.locator("canvas.output").wait_for()
        for part in (".switch", ".map", ".steps", ".play-training", ".png"):
            box = browser.box(window.locator(f".overview {part}").nth(0))
            assert box["height"] >= 44, part
            assert box["width"] >= 44, part
        tap(window, 2, 20, (3, 3))
        expect(said(window)).to_have_text(re.compile("^layer 2, map 20, row 3, column 3: "))
        expect(window.locator(".overview .map[aria-pressed=true]")).to_have_attribute("title", "map 0")
        tap(window, 2, 20, (3, 3))
        window.get_by_text(re.compile("of map 20 of conv2:")).first.wait_for()
        tap(window, 2, 20, (5, 1))
        until(window, lambda: numbers_of(window)[0], lambda at: at in [(10, 2), (10, 3), (11, 2), (11, 3)])
        expect(window.locator(".slide .held")).to_have_text("Held; Escape frees it.")
        window.locator(".overview .switch").nth(2).tap()
        compare(window, outputs(off={"conv1": [2]}))
        window.get_by_role("button", name="Reset").tap()
        compare(window, outputs())
        slider = window.locator(".overview .steps")
        slider.scroll_into_view_if_needed()
        box = browser.box(slider)
        finger = window.context.new_cdp_session(window)

        def touch(kind, share=None):
            spot = {"x": box["x"] + (share or 0) * box["width"], "y": box["y"] + box["height"] / 2}
            points = [] if share is None else [spot]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 0.99)
        window.wait_for_function(f"'ready' in ({ROOT}).dataset")
        for share in (0.9, 0.7, 0.5, 0.41):
            touch("touchMove", share)
        window.get_by_text("between step 20 and 50, weights interpolated").wait_for()
        touch("touchEnd")
        rests(window, 20)
        compare(window, outputs(20))


def test_for_who_wants_less_motion_play_steps_and_nothing_animates(new_page, address, outputs):
    with new_page(SIZES["laptop"], reduced_motion="reduce") as window:
        window.goto(f"{address}/layers?net=hvass&digit=3")
        rests(window, 10_000)
        window.locator("canvas.output").wait_for()
        window.evaluate(f"""() => {{
          window.animated = 0;
          window.steps = [];
          Element.prototype.animate = function () {{ window.animated++; return {{}}; }};
          const when = ({ROOT}).querySelector('.when');
          new MutationObserver(() => window.steps.push(when.textContent)).observe(when, {{ childList: true }});
        }}""")
        window.locator(".overview .map").nth(16 + 20).click()
        window.get_by_text(re.compile("of map 20 of conv2:")).first.wait_for()
        window.locator(".overview .play-training").click()
        window.wait_for_function(f"!({ROOT}).dataset.at")
        rests(window, 10_000)
        steps = list(dict.fromkeys(step for step in window.evaluate("window.steps") if "Fetching" not in step))
        assert len(steps) >= 10
        assert all(re.fullmatch(r"[\d,]+ training steps", step) for step in steps), steps
        assert window.evaluate("window.animated") == 0
        compare(window, outputs())
