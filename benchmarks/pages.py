"""How fast the pages are in a real browser, beside the page that one writes first.

    python benchmarks/pages.py [--strokes 20]

Prints medians in milliseconds and, for what both pages do, the ratio of one run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import browser

WARM_S = 5
PLACES = {
    "layers": ("Filters", "Feature maps"),
    "kernels": ("On the digit", "By hand"),
    "mistakes": ("Surest nine", "First nine"),
    "break-it": ("conv2", "conv1"),
    "data": ("Five", "Nine"),
}
"""Two choices of each place, which are clicked in turn."""


def canvas_usable(opened: Any, script: str) -> float:
    """Milliseconds from starting the server until one can draw; the browser is already open."""
    with browser.server(script) as (address, began):
        opened.goto(address)
        opened.wait_for_selector("canvas.upper-canvas")
        return 1000 * (time.perf_counter() - began)


def strokes(opened: Any, script: str, n: int, expected: int) -> list[float]:
    """Milliseconds from pen up to answer and maps, for n strokes; the first comes five seconds after opening."""
    with browser.server(script) as (address, _):
        opened.goto(address)
        opened.wait_for_selector("canvas.upper-canvas")
        opened.evaluate(browser.WATCH)
        time.sleep(WARM_S)
        took = []
        for i in range(n):
            x = 40 + 200 * i / n
            took.append(browser.timed_stroke(opened, [(x, 40 + i * 3), (x + 30, 120), (x, 230 - i)], expected))
            time.sleep(0.6)
        return took


RERUN = """(word) => {
  const button = [...document.querySelectorAll('[data-testid=stMain] label, [data-testid=stMain] button')]
    .find(b => b.innerText.trim().endsWith(word));
  const images = () => [...document.querySelectorAll('[data-testid=stImage] img')];
  const inside = () => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stBidiComponentIsolated]')]
    .flatMap(host => [...(host.shadowRoot?.querySelectorAll('figcaption, .label, .words') ?? [])])
    .map(e => e.innerText);
  const shown = () =>
    [document.querySelector('[data-testid=stMain]').innerText, ...images().map(i => i.src), ...inside()].join();
  const before = shown();
  const start = performance.now();
  window.took = null;
  button.click();
  const look = () => {
    const fresh = shown() !== before;
    const running = document.querySelector('[data-test-script-state=running]');
    if (fresh && !running && images().every(i => i.complete)) window.took = performance.now() - start;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def reruns(opened: Any, n: int) -> dict[str, float]:
    """Median milliseconds of a change on each other place, once warm."""
    medians = {}
    with browser.server() as (address, _):
        for page, words in PLACES.items():
            opened.goto(f"{address}/{page}")
            opened.get_by_text(words[0], exact=True).first.wait_for()
            time.sleep(WARM_S)
            took = []
            for i in range(n + 2):
                opened.evaluate(RERUN, words[i % 2])
                opened.wait_for_function("window.took !== null")
                took.append(opened.evaluate("window.took"))
                time.sleep(0.5)
            medians[page] = statistics.median(took[2:])
    return medians


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=20)
    args = parser.parse_args()
    naive_script = "benchmarks/naive_page.py"
    with browser.page() as opened:
        opened.goto("about:blank")
        starts = [canvas_usable(opened, "app.py") for _ in range(3)]
        ours = strokes(opened, "app.py", args.strokes, 5)
        others = reruns(opened, 8)
        naive_start = canvas_usable(opened, naive_script)
        naive = strokes(opened, naive_script, max(3, args.strokes // 4), 3)
    ours_ms, naive_ms, start_ms = statistics.median(ours), statistics.median(naive[1:]), statistics.median(starts)
    print(f"server start to canvas   {start_ms:6.0f} ms   naive {naive_start:6.0f} ms   {naive_start / start_ms:.1f} x")
    print(f"pen up to answer, maps   {ours_ms:6.0f} ms   naive {naive_ms:6.0f} ms   {naive_ms / ours_ms:.1f} x")
    print(f"first stroke             {ours[0]:6.0f} ms   tenth {ours[min(9, len(ours) - 1)]:6.0f} ms")
    for page, took in others.items():
        print(f"{page:24} {took:6.0f} ms")


if __name__ == "__main__":
    main()
