"""A real browser for the benchmarks and the tests: starts the application, draws strokes, waits for pictures."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_S = 60
PATIENCE_MS = 120_000
"""TensorFlow is loaded at low priority: on a machine that does other work as well, the first answer takes long."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
Stroke = Sequence[tuple[float, float]]

WATCH = """() => {
  window.seen = () => [...document.querySelectorAll('[data-testid=stImage] img')];
  const hosts = () => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')];
  window.figures = () => hosts().map(host => host.shadowRoot?.querySelector('.figures')).find(Boolean);
  const shown = () => window.figures()?.dataset.shown; // counts how often all of the figures were drawn
  document.addEventListener('mouseup', () => {
    const [before, shownBefore] = [window.seen().map(i => i.src), shown()];
    const start = performance.now();
    window.took = null;
    const look = () => {
      const now = window.seen();
      const fresh = now.filter(i => !before.includes(i.src) && i.complete && i.naturalWidth);
      const drawn = shown() === shownBefore ? 0 : window.figures().querySelectorAll('figure').length;
      if (fresh.length + drawn >= window.expected) window.took = performance.now() - start;
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}"""


def chromium() -> str | None:
    """Path of a Chromium that is installed, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def headless_shell() -> str | None:
    """Path of Chromium without its windows, or None: it shows the same, in about a seventh less processor time."""
    return shutil.which("chromium-headless-shell")


def free_port() -> int:
    """A port of this machine on which nobody listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextlib.contextmanager
def server(
    script: str = "app.py",
    base: str = "",
    *,
    root: Path = ROOT,
    log: Path | None = None,
    port: int | None = None,
    **environment: str,
) -> Iterator[tuple[str, float]]:
    """Run a Streamlit script from the project's folder, or that of another tree, under a base path such as "/lesson".

    Gives its address, on a free port where none is named, and the moment it was started; what it writes to standard
    error goes to `log`.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.baseUrlPath", base]
    began = time.perf_counter()
    with open(log or os.devnull, "wb") as errors:
        process = subprocess.Popen(  # nosec B603 # no shell, and a script of this project by the same Python
            command, cwd=root, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=errors
        )
    address = f"http://127.0.0.1:{port}{base}"
    try:
        _wait_for(address, process)
        yield address, began
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            health = f"{address}/_stcore/health"
            urllib.request.urlopen(health, timeout=1).close()  # nosec B310 # `server` made it: http, this machine
            return
        time.sleep(0.02)
    raise TimeoutError(f"The server did not answer within {START_S} s (exit code {process.poll()}).")


@contextlib.contextmanager
def launched(path: str | None = None) -> Iterator[Any]:
    """A Chromium, as Playwright's Browser; by default the one with its windows, as people have it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path or chromium(), args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def page(of: Any = None, **options: Any) -> Iterator[Any]:
    """A Playwright page with cookies of its own, in a Chromium of its own or in the one that is given."""
    with contextlib.nullcontext(of) if of else launched() as running:
        context = running.new_context(**({"viewport": {"width": 1440, "height": 1000}} | options))
        try:
            opened = context.new_page()
            opened.set_default_timeout(PATIENCE_MS)
            yield opened
        finally:
            context.close()


def box(locator: Any) -> dict[str, float]:
    """Where an element is, in pixels of the window, once it stays there: Streamlit replaces and moves what is shown."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    before = None
    while time.monotonic() < deadline:
        now: dict[str, float] | None = locator.bounding_box()
        if now and now == before:
            return now
        before = now
        locator.page.wait_for_timeout(50)
    raise TimeoutError(f"{locator} has no place, or moves: {before}.")


def on_canvas(opened: Any, stroke: Stroke) -> list[tuple[float, float]]:
    """Points of the 280×280 canvas as pixels of the window."""
    at = box(opened.locator("canvas.upper-canvas"))
    return [(at["x"] + x * at["width"] / 280, at["y"] + y * at["height"] / 280) for x, y in stroke]


def draw(opened: Any, stroke: Stroke, steps: int = 6) -> None:
    """Draw one stroke with the mouse; points in pixels of the 280×280 canvas."""
    points = on_canvas(opened, stroke)
    opened.mouse.move(*points[0])
    opened.mouse.down()
    for point in points[1:]:
        opened.mouse.move(*point, steps=steps)
    opened.mouse.up()


def touch(opened: Any, stroke: Stroke, steps: int = 6) -> None:
    """Draw one stroke with a finger; points in pixels of the 280×280 canvas."""
    session = opened.context.new_cdp_session(opened)
    corners = on_canvas(opened, stroke)
    path = [
        (a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps)
        for a, b in itertools.pairwise(corners)
        for k in range(1, steps + 1)
    ]

    def send(kind: str, points: Sequence[tuple[float, float]]) -> None:
        told = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        session.send("Input.dispatchTouchEvent", told)

    send("touchStart", corners[:1])
    for point in path:
        send("touchMove", [point])
    send("touchEnd", [])


def timed_stroke(opened: Any, stroke: Stroke, expected: int) -> float:
    """Draw one stroke; milliseconds from pen up until `expected` new pictures stand on the page."""
    opened.evaluate(f"window.expected = {expected}")
    draw(opened, stroke)
    opened.wait_for_function("window.took !== null && window.took !== undefined")
    took: float = opened.evaluate("window.took")
    opened.evaluate("window.took = null")
    return took
