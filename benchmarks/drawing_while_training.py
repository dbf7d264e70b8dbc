"""How quick drawing stays while two runs train: pen up to answer and maps, alone and beside two runs, in one session.

CNNVIZ_DATA=... python benchmarks/drawing_while_training.py [--strokes 20]
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from typing import Any

import browser

WARM_S = 5


def strokes(opened: Any, n: int) -> list[float]:
    """Milliseconds from pen up to answer and maps, for n strokes on the open Draw page."""
    took = []
    for i in range(n):
        x = 40 + 200 * i / n
        took.append(browser.timed_stroke(opened, [(x, 40 + i * 3), (x + 30, 120), (x, 230 - i)], 5))
        time.sleep(0.6)
    return took


def open_draw(opened: Any, address: str) -> None:
    """A new session on the Draw page, warm."""
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")
    opened.evaluate(browser.WATCH)
    time.sleep(WARM_S)


def start_two(opened: Any, address: str) -> None:
    """Start two runs of 10,000 iterations and wait until both have taken steps."""
    opened.goto(f"{address}/train")
    opened.get_by_role("heading", name="Train", exact=True).wait_for()
    for _ in range(2):
        opened.get_by_role("radio", name="Tutorial network", exact=True).click()
        opened.get_by_text("10,000 training steps, learning rate").wait_for(state="attached")
        opened.get_by_role("button", name="Start", exact=True).click()
        opened.get_by_text(re.compile(r"training step [1-9][\d,]* of 10,000")).wait_for()
        time.sleep(3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=20)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        browser.server(CNNVIZ_RUNS=folder) as (address, _),
        browser.page() as opened,
    ):
        open_draw(opened, address)
        alone = statistics.median(strokes(opened, args.strokes))
        start_two(opened, address)
        open_draw(opened, address)
        beside = strokes(opened, args.strokes)
    median = statistics.median(beside)
    print(f"alone                {alone:6.0f} ms")
    print(f"beside two runs      {median:6.0f} ms   slowest {max(beside):.0f} ms   {median / alone:.1f} x")


if __name__ == "__main__":
    main()
