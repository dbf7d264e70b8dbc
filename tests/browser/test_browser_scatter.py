"""The map of digits in a browser: a point is told, opened by a click or a finger, and seen to move in training time."""

import os
import re

import numpy as np
import pytest

import browser
from cnnviz.analysis import embedding, inspection
from cnnviz.data import dataset
from cnnviz.network import store
from waits import SIZES, digit_in_head, expect, expect_to_fit, idle, settle, until, wait_for_digit_in_head

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
FIELD = ".scatter .field > canvas"


@pytest.fixture(scope="module")
def places():
    """Where the test digits lie, from 0 to 1 of the map's side; and the number of one that lies alone."""
    network = store.load(store.open_model(store.ROOT / "hvass"))
    test = dataset.load(dataset.BUNDLED, "test")
    numbers = inspection.activations(network, test.images)["dense1_relu"]
    points = embedding.project(numbers, embedding.principal_axes(numbers))
    low, high = points.min(axis=0), points.max(axis=0)
    half = (high - low).max() / 2 * (1 + 2 * 0.03)
    shares = ((points - (low + high) / 2) / half * [1, -1] + 1) / 2
    apart = np.linalg.norm(shares[:, None] - shares[None], axis=2) + 9 * np.eye(len(shares))
    middle = (np.abs(shares - 0.5) < 0.42).all(axis=1)
    return test, shares, int(np.where(middle, apart.min(axis=1), 0).argmax())


def spot(page, share):
    """A place of the map on the page, in pixels."""
    box = until(page, lambda: page.locator(FIELD).bounding_box())
    return box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]


def greys(picture):
    return picture.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )


def test_a_point_is_told_where_it_is_pointed_at_and_a_click_opens_its_digit(new_page, address, places):
    test, shares, number = places
    with new_page(SIZES["laptop"]) as page:
        page.goto(f"{address}/why?part=map&net=hvass&source=bundled&digit=0")
        page.get_by_text("The 10 of 1,197 training digits").wait_for()
        settle(page)
        expect(page.get_by_role("img", name=re.compile("A map of 500 test digits as points, by PCA"))).to_be_visible()
        page.mouse.move(*spot(page, shares[number]))
        tip = page.locator(".scatter .tip")
        expect(tip).to_contain_text(f"Test image {number}, a {test.labels[number]}")
        expected = np.round(test.images[number].ravel() * 255)
        until(page, lambda: greys(tip.locator("canvas")), lambda seen: np.abs(np.array(seen) - expected).max() <= 1)
        page.mouse.click(*spot(page, shares[number]))
        wait_for_digit_in_head(page, expected.tolist())
        page.wait_for_function(f"location.search.includes('digit={number}&') || location.search.endsWith('={number}')")
        settle(page)
        page.evaluate("""() => {
            const root = [...document.querySelectorAll('*')]
              .map(one => one.shadowRoot?.querySelector('.scatter')).find(Boolean);
            window.moved = [];
            new MutationObserver(() => window.moved.push(root.getAttribute('data-moves'))).observe(root,
              { attributes: true, attributeFilter: ['data-moves'] });
        }""")
        page.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("window.moved.join() === 'yes,no'")
        idle(page)


def test_a_finger_sees_the_digit_first_and_opens_it_by_a_button(new_page, address, places):
    test, shares, number = places
    with new_page(SIZES["telephone"], has_touch=True) as page:
        page.goto(f"{address}/why?part=map&net=hvass&source=bundled&digit=0")
        page.get_by_text("The 10 of 1,197 training digits").wait_for()
        settle(page)
        before = digit_in_head(page)
        page.locator(FIELD).scroll_into_view_if_needed()
        page.touchscreen.tap(*spot(page, shares[number]))
        tip = page.locator(".scatter .tip")
        expect(tip).to_contain_text(f"Test image {number}, a {test.labels[number]}")
        assert digit_in_head(page) == before
        tip.get_by_role("button", name="Open").tap()
        wait_for_digit_in_head(page, np.round(test.images[number].ravel() * 255).tolist())
        expect_to_fit(page, 390)
