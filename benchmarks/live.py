"""How fast the pictures follow the pen, and training time, in a real browser.

    CNNVIZ_DATA=... python benchmarks/live.py [--networks robust,deep-mnist] [--moves 200]
    CNNVIZ_DATA=... python benchmarks/live.py --play [--networks robust,hvass]
    CNNVIZ_DATA=... python benchmarks/live.py --strokes 30 [--beside FOLDER]

Milliseconds from a movement of the pen until all that it changes is drawn: answer, bars, 28×28 and all maps; median and
95th percentile; and the same with the processor slowed six times, as Chromium emulates a cheap tablet.

With --play: how many pictures a second the network on one screen (Layers) draws while its training is played, each with
weights of its own; and the milliseconds that one takes to compute and to draw, median and 95th percentile.

With --strokes: what a stroke costs that is answered, one after the other on one page (`stroke_costs.py`); also on the
page of another tree, e.g. a `git worktree` of an earlier commit, stroke by stroke in turn.
"""

from __future__ import annotations

import argparse
import math
import statistics
from pathlib import Path
from typing import Any

import stroke_costs

import browser

SLOWED = 6
READY = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .some(host => host.shadowRoot?.querySelector('.why-not')?.dataset.ready === '')"""
# From the first movement that is not shown yet until it is.
WATCH = """() => {
  window.took = [];
  let since = null;
  document.addEventListener('mousemove', (event) => (since ??= event.timeStamp), true);
  const figures = window.cnnvizFigures;
  const show = figures.follow;
  figures.follow = (change) => {
    show(change);
    if (since !== null) window.took.push(performance.now() - since);
    since = null;
  };
}"""


OVERVIEW = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .map(host => host.shadowRoot?.querySelector('.overview')).find(Boolean)"""
# From the first picture to the last: when each was drawn, and how long it took.
RECORD = f"""() => {{
  const view = ({OVERVIEW}).cnnvizView;
  const draw = view.draw.bind(view);
  window.drawn = [];
  view.draw = (weights) => {{
    const began = performance.now();
    const fits = draw(weights);
    window.drawn.push([began, performance.now() - began]);
    return fits;
  }};
}}"""


def played(opened: Any, address: str, network: str, slowed: int) -> str:
    """One row: Play, from the first to the last snapshot."""
    opened.goto(f"{address}/layers?net={network}")
    opened.wait_for_function(f"({OVERVIEW})?.dataset.at")
    opened.wait_for_timeout(2000)
    session = opened.context.new_cdp_session(opened)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    opened.evaluate(RECORD)
    opened.locator(".overview .play-training").click()
    opened.wait_for_function(f"!({OVERVIEW}).dataset.at")
    opened.wait_for_function(f"({OVERVIEW}).dataset.at")
    drawn: list[tuple[float, float]] = opened.evaluate("window.drawn")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    took = sorted(ms for _, ms in drawn)
    rate = (len(drawn) - 1) / (drawn[-1][0] - drawn[0][0]) * 1000
    late = took[int(0.95 * len(took))]
    return f"{network:12} {slowed} x {rate:6.1f} pictures/s {statistics.median(took):7.1f} {late:7.1f} ms"


def moves(opened: Any, n: int) -> list[float]:
    """Milliseconds for each picture, while the pen goes round in a spiral."""
    opened.wait_for_function(READY)
    opened.evaluate(WATCH)
    box = opened.locator("canvas.upper-canvas").bounding_box()
    for i in range(n):
        angle, radius = i / 12, 40 + 60 * i / n
        x, y = 140 + radius * math.cos(angle), 140 + radius * math.sin(angle)
        opened.mouse.move(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280)
        if not i:
            opened.mouse.down()
        opened.wait_for_timeout(16)
    took: list[float] = opened.evaluate("window.took")
    opened.mouse.up()
    return took


def measured(opened: Any, address: str, network: str, n: int, slowed: int) -> str:
    """One row."""
    opened.goto(f"{address}/?net={network}")
    opened.wait_for_selector("canvas.upper-canvas")
    session = opened.context.new_cdp_session(opened)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    took = sorted(moves(opened, n))
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    late = took[int(0.95 * len(took))]
    return f"{network:12} {slowed} x {len(took):4} pictures {statistics.median(took):7.1f} {late:7.1f} ms"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--play", action="store_true")
    parser.add_argument("--strokes", type=int)
    parser.add_argument("--beside", type=Path, default=None, metavar="FOLDER")
    args = parser.parse_args()
    if args.strokes:
        print(stroke_costs.compared([browser.ROOT, *([args.beside] if args.beside else [])], args.strokes))
        return
    networks = args.networks or ("robust,hvass" if args.play else "robust,deep-mnist")
    with browser.server() as (address, _):
        for network in networks.split(","):
            for slowed in (1, SLOWED):
                with browser.page() as opened:
                    if args.play:
                        print(played(opened, address, network, slowed), flush=True)
                    else:
                        print(measured(opened, address, network, args.moves, slowed), flush=True)


if __name__ == "__main__":
    main()
