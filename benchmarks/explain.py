"""How quick it is to take a network apart: a click on a pixel, the sliding kernel, saliency, occlusion, top images.

CNNVIZ_DATA=... python benchmarks/explain.py [--clicks 20]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CLICK = """([x, y]) => {
  const canvas = [...document.querySelectorAll('*')].map(e => e.shadowRoot || e)
    .map(e => e.querySelector && e.querySelector('canvas.output')).find(Boolean);
  const heading = () => canvas.getRootNode().querySelector('.value').textContent;
  const box = canvas.getBoundingClientRect();
  const before = heading();
  const start = performance.now();
  window.took = null;
  canvas.dispatchEvent(new MouseEvent('click', {
    bubbles: true, composed: true, clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
  const look = () => {
    if (heading() !== before) window.took = performance.now() - start;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


WATCH_PLACES = """() => {
  const value = [...document.querySelectorAll('*')].map(e => e.shadowRoot || e)
    .map(e => e.querySelector && e.querySelector('.slide .value')).find(Boolean);
  window.places = 0;
  new MutationObserver(() => window.places += 1).observe(value, {childList: true, characterData: true, subtree: true});
}"""


def clicks(opened: Any, n: int) -> float:
    """Median milliseconds from a click on a pixel until its calculation stands on the page."""
    took = []
    for i in range(n + 2):
        opened.evaluate(CLICK, [0.1 + 0.8 * ((i * 7) % 13) / 13, 0.1 + 0.8 * ((i * 5) % 11) / 11])
        opened.wait_for_function("window.took !== null")
        took.append(opened.evaluate("window.took"))
        time.sleep(0.4)
    return statistics.median(took[2:])


def places_a_second(opened: Any, sent: list[str], speed: int, seconds: float = 4) -> tuple[float, int]:
    """How many places the kernel visits a second at a set speed, and how many messages the server got meanwhile."""
    opened.locator(".slide input.speed").fill(str(speed))
    opened.locator(".slide button.play").click()
    opened.evaluate(WATCH_PLACES)
    time.sleep(1)
    first, messages = opened.evaluate("window.places"), len(sent)
    time.sleep(seconds)
    visited, asked = opened.evaluate("window.places") - first, len(sent) - messages
    opened.locator(".slide button.play").click()
    return visited / seconds, asked


def in_browser(n: int) -> None:
    """What only a browser shows."""
    with browser.server() as (address, _), browser.page() as opened:
        sent: list[str] = []
        opened.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append("")))
        opened.goto(f"{address}/layers?part=network")
        opened.locator("canvas.output").wait_for()
        time.sleep(8)
        print(f"click on a pixel of conv1 to its calculation    {clicks(opened, n):6.0f} ms, median of {n}")
        rate, asked = places_a_second(opened, sent, 20)
        print(f"kernel sliding, set to 20 places a second       {rate:6.1f} a second, {asked} messages to the server")
        opened.locator(".overview .maps").nth(1).get_by_role("button", name="map 20", exact=True).click()
        opened.get_by_text("of map 20 of conv2").wait_for()
        time.sleep(3)
        print(f"click on a pixel of conv2 to its calculation    {clicks(opened, n):6.0f} ms, median of {n}")


def median_ms(work: Callable[[], Any], n: int) -> float:
    """Median milliseconds of n calls after one that compiles."""
    work()
    took = []
    for _ in range(n):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def in_this_process() -> None:
    """What TensorFlow computes, without a server and a browser."""
    from cnnviz.analysis import attribution, top_images
    from cnnviz.data import dataset
    from cnnviz.network import store

    source, _ = dataset.find()
    if source is None:
        raise SystemExit("Set CNNVIZ_DATA to a folder with MNIST.")
    test, network = dataset.load(source, "test"), store.load(store.open_model(store.ROOT / "hvass"))
    image = test.images[0, :, :, 0]
    took = median_ms(lambda: attribution.saliency(network, image), 20)
    print(f"saliency, a step of ink at each pixel           {took:6.0f} ms")
    took = median_ms(lambda: attribution.occlusion(network, image, 7), 5)
    print(f"occlusion, every place of a 5×5 square          {took:6.0f} ms")
    for layer in ("conv1_relu", "conv2_relu"):
        took = median_ms(lambda layer=layer: top_images.top_images(network, test, layer), 3)
        print(f"top images of {layer}, {len(test):,} searched     {took:6.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=20)
    args = parser.parse_args()
    in_browser(args.clicks)
    in_this_process()


if __name__ == "__main__":
    main()
