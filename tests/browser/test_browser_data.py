"""In a real browser: a sheet of training images, one of which becomes the digit of the session."""

import os

import pytest

import browser
from cnnviz.data import dataset
from waits import SIZES, expect, expect_to_fit, resize, settle, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
TITLE = "getComputedStyle(document.documentElement).getPropertyValue('--digit-title')"
COLUMNS = "sheet => new Set([...sheet.children].map(cell => cell.offsetLeft)).size"


def test_a_training_image_is_chosen_from_a_sheet_and_is_in_the_address(new_page, address):
    labels = dataset.load(dataset.BUNDLED, "train").labels
    with new_page(SIZES["laptop"]) as page:
        page.goto(f"{address}/data?data=train&show=100&palette=hot")
        settle(page)
        sheet = page.locator(".sheet").first
        expect(sheet.locator("button")).to_have_count(100)
        assert sheet.evaluate(COLUMNS) == 10
        sheet.locator("button").nth(2).click()
        until(page, lambda: page.evaluate(TITLE), lambda title: f"Training image 2, a {labels[2]}" in title)
        expect(page.get_by_text(f"Training image 2, a {labels[2]}", exact=True)).to_be_visible()
        page.get_by_role("button", name="On", exact=True).click()
        expect(sheet.locator(".label").first).to_contain_text("100")
        for told in ("digit=train-2", "from=100", "palette=hot", "data=train"):
            page.wait_for_function("told => location.search.includes(told)", arg=told)
        page.reload()  # whoever opens the address sees the same
        settle(page)
        expect(page.locator(".sheet").first.locator(".label").first).to_contain_text("100")
        until(page, lambda: page.evaluate(TITLE), lambda title: "Training image 2" in title)
        resize(page, SIZES["telephone"])
        until(page, lambda: page.locator(".sheet").first.evaluate(COLUMNS), lambda n: 5 <= n <= 8)
        expect_to_fit(page, SIZES["telephone"]["width"])
