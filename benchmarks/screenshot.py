"""Make the README's picture: the Draw page with a seven, as it stands in a browser.

python benchmarks/screenshot.py [docs/draw.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import browser

SEVEN = [(75, 70), (205, 66), (165, 140), (125, 235)]
BAR = [(105, 150), (195, 150)]


def main() -> None:
    """Draw, wait for the answer, take the picture."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else browser.ROOT / "docs" / "draw.png")
    target.parent.mkdir(exist_ok=True)
    size = {"viewport": {"width": 1440, "height": 860}}
    with browser.page(**size) as opened, browser.server() as (address, _):
        opened.goto(address)
        opened.wait_for_selector("canvas.upper-canvas")
        for stroke in (SEVEN, BAR):
            browser.draw(opened, stroke, steps=12)
            opened.wait_for_timeout(4000)
        opened.mouse.move(1420, 40)
        opened.get_by_role("heading", name="Answer").wait_for()
        opened.wait_for_timeout(1500)
        opened.screenshot(path=target)


if __name__ == "__main__":
    main()
