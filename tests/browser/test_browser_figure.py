"""In a real browser: the figure of one convolution follows the pointer, together with the kernel that slides."""

import io
import os
import re

import pytest
from PIL import Image

import browser
from waits import SIZES, expect, expect_to_fit, settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
# Of each canvas of the figure: how many of its pixels are red, how many blue, and how many grey.
COLOURS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const found = { red: 0, blue: 0, grey: 0 };
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = data.slice(i, i + 3);
    if (r > b + 30 && b > 40) found.red++;
    else if (b > r + 30) found.blue++;
    else if (r === g && g === b && r < 200) found.grey++;
  }
  return found;
}"""


@pytest.fixture
def figure(new_page, address):
    with new_page(SIZES["laptop"]) as page:
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/layers?part=filters&net=hvass&pixel-layer=conv1&map=8")
        page.locator(".places .moving").wait_for()
        settle(page)
        yield page
        assert complaints == []


def here(page):
    """Row, column and value under the copy that follows, None until it is drawn; and of the kernel that slides."""
    told = page.locator(".places figure:has(.moving) figcaption").inner_text()
    sliding = page.locator(".slide .value").inner_text()
    ours = re.fullmatch(r"row (\d+), column (\d+)\n([+−][\d.]+)", told)
    other = re.search(r"Pixel \((\d+), (\d+)\) of map (\d+) of (\w+): ([+-][\d.]+)", sliding)
    assert other, sliding
    return ours and ours.groups(), (other[1], other[2], other[5].replace("-", "−"))


def agree(found):
    return found[0] == found[1]


def drawn(page, name):
    return page.locator(f".places canvas.{name}").evaluate("canvas => canvas.toDataURL()")


def middle_of(page, name, row, column, side):
    canvas = page.locator(f".places canvas.{name}")
    canvas.scroll_into_view_if_needed()
    box = browser.box(canvas)
    return box["x"] + (column + 0.5) / side * box["width"], box["y"] + (row + 0.5) / side * box["height"]


def test_four_copies_the_map_and_one_copy_that_follows(figure):
    page = figure
    copies = page.locator(".places canvas.copy")
    expect(copies).to_have_count(4)
    expect(page.locator(".places b")).to_have_text(["1", "2", "3", "4"])
    for i in range(4):
        colours = until(page, lambda i=i: copies.nth(i).evaluate(COLOURS), lambda found: found["grey"] > 500)
        assert colours["red"] > 100
        assert colours["blue"] > 100
        assert copies.nth(i).get_attribute("aria-label").startswith("The digit with the kernel at place")
    # At first, and wherever one points, both kernels stand at the same place.
    until(page, lambda: here(page), agree)
    before = drawn(page, "moving"), drawn(page, "map")
    page.mouse.move(*middle_of(page, "map", 20, 9, 28))
    at = until(page, lambda: here(page), lambda found: agree(found) and found[0][:2] == ("20", "9"))
    assert drawn(page, "moving") != before[0]
    assert drawn(page, "map") != before[1]
    # On the copy the kernel's middle is under the pointer.
    page.mouse.move(*middle_of(page, "moving", 5, 17, 28))
    until(page, lambda: here(page), lambda found: agree(found) and found[0][:2] == ("5", "17"))
    # Beside it the other kernel goes back to its own place, and this one with it; by keyboard both go on from there.
    page.mouse.move(0, 0)
    back = until(page, lambda: here(page), lambda found: agree(found) and found != at)
    page.locator(".places canvas.map").focus()
    page.keyboard.press("ArrowRight")
    moved = (back[0][0], str(int(back[0][1]) + 1))
    until(page, lambda: here(page), lambda found: agree(found) and found[0][:2] == moved)
    # The kernel that slides leads too.
    output = page.locator(".slide .output")
    output.scroll_into_view_if_needed()
    box = browser.box(output)
    page.mouse.move(box["x"] + 11.5 / 28 * box["width"], box["y"] + 14.5 / 28 * box["height"])
    until(page, lambda: here(page), lambda found: agree(found) and found[0][:2] == ("14", "11"))


def test_a_click_holds_another_filter_changes_it_and_it_can_be_taken_home(figure):
    page = figure
    page.locator(".places canvas.map").click(position={"x": 3, "y": 3})
    until(page, lambda: here(page), lambda found: agree(found) and found[0][:2] == ("0", "0"))
    expect(page.locator(".slide .held")).to_contain_text("Held")
    settle(page)
    with page.expect_download() as download:
        page.locator("[class*=conv1-filter-8-places] button").click()
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.width > 1500
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    # Beside the calculation of the pooled map, which has other pixels, the figure goes on by itself.
    page.get_by_role("radio", name="conv1_pool", exact=True).click()
    page.get_by_text("of map 8 of conv1_pool").first.wait_for()
    settle(page)
    page.mouse.move(*middle_of(page, "map", 21, 25, 28))
    expect(page.locator(".places figure:has(.moving) figcaption")).to_contain_text("row 21, column 25")
    # Another filter, and a deeper layer: other kernels, other maps.
    before = drawn(page, "map")
    page.get_by_role("button", name="filter 5", exact=True).click()
    page.get_by_text("Filter 5 of conv1 at").wait_for()
    until(page, lambda: drawn(page, "map"), lambda now: now != before)
    page.get_by_role("radio", name="conv2", exact=True).first.click()
    page.get_by_text("Filter 0 of conv2 at").wait_for()
    settle(page)
    until(page, lambda: here(page), agree)
    page.set_viewport_size(SIZES["telephone"])
    expect_to_fit(page, 390)
    tops = page.locator(".places figure").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert len(set(map(round, tops))) == -(-len(tops) // 2)
