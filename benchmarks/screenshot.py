"""Make the pictures in docs: every place with a drawn seven, and scikit-learn's digits, as it stands in a browser.

python benchmarks/screenshot.py [docs]
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

import browser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.ui import places

SEVEN = [(75, 70), (205, 66), (165, 140), (125, 235)]
BAR = [(105, 150), (195, 150)]
SIZE = {"width": 1440, "height": 860}
COLOURS = 128
"""Enough for a page, and a third of the bytes."""


def draw(opened: Any, address: str) -> None:
    """The seven, which then is the digit of every place."""
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")
    for stroke in (SEVEN, BAR):
        browser.draw(opened, stroke, steps=12)
        opened.wait_for_timeout(4000)
    opened.get_by_role("heading", name="Answer").wait_for()


def picture(opened: Any) -> Image.Image:
    """What stands in the window, once nothing is under way."""
    opened.mouse.move(1420, 40)
    opened.wait_for_timeout(2500)
    opened.wait_for_function("!document.querySelector('[data-testid=stSpinner], [data-testid=stProgress]')")
    opened.wait_for_timeout(1000)
    return Image.open(io.BytesIO(opened.screenshot())).convert("RGB").quantize(COLOURS)


def main() -> None:
    """Draw, go from place to place, take the pictures."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else browser.ROOT / "docs")
    target.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as runs,
        browser.page(viewport=SIZE) as opened,
        browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=runs) as (address, _),
    ):
        draw(opened, address)
        for i, name in enumerate(places.PLACES):
            opened.get_by_test_id("stTopNavLink").nth(i).click()
            picture(opened).save(target / f"{places.address(name)}.png", optimize=True)


if __name__ == "__main__":
    main()
