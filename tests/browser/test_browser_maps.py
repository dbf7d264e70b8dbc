"""Pictures in a browser: what is pointed at is told, by mouse and by keyboard; they are enlarged, and taken home."""

import os
import re

import numpy as np
import pytest
from PIL import Image

import browser
from cnnviz.analysis import inspection
from cnnviz.analysis.sliding_convolution import EXAMPLE_IMAGE
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.render import palettes
from waits import SIZES, expect, expect_to_fit, settle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


def value(line):
    """The number at the end of a line."""
    return float(line.rpartition(": ")[2])


def said(opened, start):
    """The line below the pictures, once it begins so."""
    return opened.locator("figcaption .line").filter(has_text=re.compile(f"^{re.escape(start)}")).first.inner_text()


def downloaded(opened, name):
    with opened.expect_download() as download:
        opened.get_by_role("link", name=f"Download {name}.png").click()
    return np.asarray(Image.open(download.value.path()).convert("RGB"))


def test_a_kernel_is_read_by_mouse_and_keyboard_enlarged_and_taken_home(new_page, address):
    kernels = inspection.kernels(store.load(store.open_model(store.ROOT / "hvass")), "conv1", 0)
    with new_page(SIZES["laptop"]) as opened:
        opened.goto(f"{address}/layers?part=filters&net=hvass")
        cell = opened.get_by_role("button", name="filter 5", exact=True)
        cell.wait_for()
        settle(opened)
        box, before = browser.box(cell.locator("canvas")), browser.box(opened.locator("figcaption").first)
        opened.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.9 * box["height"])
        assert value(said(opened, "filter 5, row 4, column 1: ")) == pytest.approx(kernels[5, 4, 1], abs=1e-3)
        assert browser.box(opened.locator("figcaption").first) == before  # nothing moves
        opened.mouse.move(5, 5)
        opened.get_by_text("The 16 kernels of conv1").wait_for()
        cell.focus()
        for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
            opened.keyboard.press(key)
        assert value(said(opened, "filter 5, row 1, column 1: ")) == pytest.approx(kernels[5, 1, 1], abs=1e-3)
        opened.keyboard.press("+")
        dialog = opened.get_by_role("dialog")
        dialog.wait_for()
        for key in ("ArrowDown", "ArrowRight", "PageDown"):
            opened.keyboard.press(key)
        line = dialog.locator(".line")
        expect(line).to_have_text(re.compile("^filter 6, row 0, column 1: "))
        assert value(line.inner_text()) == pytest.approx(kernels[6, 0, 1], abs=1e-3)
        opened.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        file = downloaded(opened, "kernels-conv1")
        expected = palettes.apply_palette(kernels, "seismic", palettes.symmetric_limits(kernels))
        zoom, gap = 17, 8  # 84 pixels about; a label under each
        middle = zoom // 2
        for i in (0, 5, 9):
            left, top = i % 8 * (5 * zoom + gap), i // 8 * (5 * zoom + 20 + gap)
            found = file[top + middle : top + 5 * zoom : zoom, left + middle : left + 5 * zoom : zoom]
            assert np.abs(found.astype(int) - expected[i]).max() <= 4
        assert file.shape[1] > 8 * (5 * zoom + gap)  # the colour bar


def test_a_picture_that_opens_nothing_is_enlarged_by_a_click_and_one_of_many_is_pointed_at(new_page, address):
    image = dataset.load(dataset.BUNDLED, "test").images[0, :, :, 0]
    with new_page(SIZES["telephone"], has_touch=True) as opened:
        opened.goto(f"{address}/layers?part=maps&net=hvass")
        picture = opened.get_by_role("button", name="Enlarge: picture")
        picture.wait_for()
        picture.tap()
        dialog = opened.get_by_role("dialog")
        dialog.wait_for()
        box = browser.box(dialog.locator("canvas"))
        assert box["width"] >= 300
        opened.touchscreen.tap(box["x"] + 14.5 / 28 * box["width"], box["y"] + 10.5 / 28 * box["height"])
        line = dialog.locator(".line").filter(has_text="row 10, column 14")
        assert value(line.inner_text()) == pytest.approx(image[10, 14], abs=0.006)
        dialog.get_by_role("button", name="Close").tap()
        dialog.wait_for(state="hidden")
        expect_to_fit(opened, 390)


def colour(picture, row, column, side):
    """Red, green and blue near a corner of a square of a picture of side × side squares."""
    script = """(canvas, [row, column, side]) => {
      const px = canvas.width / side;
      const [x, y] = [Math.round((column + 0.15) * px), Math.round((row + 0.15) * px)];
      return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3);
    }"""
    return picture.locator("canvas").first.evaluate(script, [row, column, side])


def test_numbers_that_are_written_can_be_pointed_at_and_those_never_reached_are_pale(new_page, address):
    with new_page(SIZES["laptop"], color_scheme="light") as opened:
        opened.goto(f"{address}/kernels?part=hand&size=4&stride=2&padding=1")
        padded = opened.get_by_role("img", name="The padded image, 9 by 9 numbers")
        padded.wait_for()
        assert colour(padded, 0, 0, 9) == [0, 0, 0]
        assert min(colour(padded, 8, 8, 9)) > 150  # the last row and column are never reached
        settle(opened)
        box = browser.box(padded)
        opened.mouse.move(box["x"] + 3.5 / 9 * box["width"], box["y"] + 2.5 / 9 * box["height"])
        said(opened, f"image, row 2, column 3: {EXAMPLE_IMAGE[1, 2]}")
        padded.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
            opened.keyboard.press(key)
        said(opened, f"image, row 3, column 5: {EXAMPLE_IMAGE[2, 4]}")


def test_an_old_browser_says_that_it_cannot_show_pictures_and_the_rest_of_the_page_works(new_page, address):
    with new_page(init_script="delete window.DecompressionStream; delete window.CompressionStream") as opened:
        opened.goto(f"{address}/mistakes?net=hvass")
        opened.get_by_text("What belongs here cannot be shown by this browser (DecompressionStream").first.wait_for()
        opened.get_by_role("link", name="Draw", exact=True).click()
        opened.wait_for_selector("canvas.upper-canvas")
        browser.draw(opened, [(70, 60), (210, 60), (160, 140), (120, 240)])
        opened.get_by_role("heading", name="Answer: 7").wait_for()  # by Streamlit: strokes cannot be packed either
