"""What a stroke costs until it is answered: bytes to the browser, processor time of the server and of its worker."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import browser
import load_figures

SETTLE_MS = 400
"""So long after an answer what it cost may still be under way."""
N_WARM = 4
N_A_DIGIT = 2
"""After so many strokes the canvas is emptied, which is not measured."""
ANSWERED = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .map(host => host.shadowRoot?.querySelector('.figures h2')?.textContent)
    .find(Boolean)?.match(/^(Answer|No digit)/)"""


@dataclass(frozen=True)
class Cost:
    """One stroke: bytes that came, milliseconds of processor time, milliseconds until all was drawn."""

    received: float
    server_ms: float
    worker_ms: float
    took_ms: float


class Page:
    """The page Draw of one tree, in a browser."""

    def __init__(self, opened: Any, address: str, server: psutil.Process) -> None:
        self._opened, self._server, self._received = opened, server, 0
        session = opened.context.new_cdp_session(opened)
        session.send("Network.enable")
        session.on("Network.webSocketFrameReceived", self._frame)
        session.on("Network.loadingFinished", self._loaded)
        opened.goto(address)
        opened.wait_for_selector("canvas.upper-canvas")
        opened.wait_for_function(
            "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
            ".some(host => host.shadowRoot?.querySelector('.why-not')?.dataset.ready === '')"
        )
        opened.wait_for_timeout(5000)
        opened.evaluate(browser.WATCH)
        self._n = 0

    def _frame(self, told: Any) -> None:
        content = told["response"]["payloadData"]
        is_text = told["response"]["opcode"] == 1
        self._received += len(content) if is_text else len(content) * 3 // 4  # others are in base64

    def _loaded(self, told: Any) -> None:
        self._received += told["encodedDataLength"]

    def _used(self) -> tuple[float, float]:
        """Milliseconds of processor time of the server and of its worker for answers."""
        processes = load_figures.processes(self._server)
        server_ms, worker_ms = (1000 * sum(processes[name].cpu_times()[:2]) for name in ("server", "answers"))
        return server_ms, worker_ms

    def stroke(self) -> Cost:
        """Draw one stroke and wait for its answer."""
        if self._n % N_A_DIGIT == 0 and self._n:
            self._opened.get_by_role("button", name="Clear", exact=True).last.click()
            self._opened.get_by_role("heading", name="Nothing is drawn yet").wait_for()
            self._opened.wait_for_timeout(SETTLE_MS)
        x = 90 + 7 * (self._n % 10)
        self._n += 1
        received, before = self._received, self._used()
        took = browser.timed_stroke(self._opened, [(x, 40), (x + 30, 120), (x, 230)], 5)
        self._opened.wait_for_function(ANSWERED)
        self._opened.wait_for_timeout(SETTLE_MS)
        server_ms, worker_ms = (b - a for a, b in zip(before, self._used(), strict=True))
        return Cost(self._received - received, server_ms, worker_ms, took)


def compared(trees: Sequence[Path], n: int) -> str:
    """A line for each tree: means over n strokes, in turn."""
    with contextlib.ExitStack() as stack:
        pages, chromium = [], stack.enter_context(browser.launched())
        for root in trees:
            runs = stack.enter_context(tempfile.TemporaryDirectory())
            known = set(psutil.Process().children())
            address, _ = stack.enter_context(browser.server(root=root, CNNVIZ_RUNS=runs))
            (server,) = set(psutil.Process().children()) - known
            pages.append(Page(stack.enter_context(browser.page(chromium)), address, server))
        costs: list[list[Cost]] = [[] for _ in pages]
        for i in range(N_WARM + n):
            for page, found in zip(pages, costs, strict=True):
                cost = page.stroke()
                if i >= N_WARM:
                    found.append(cost)
    return "\n".join(_line(root, found) for root, found in zip(trees, costs, strict=True))


def _line(root: Path, costs: Sequence[Cost]) -> str:
    def mean(name: str) -> float:
        return statistics.fmean(getattr(cost, name) for cost in costs)

    return (
        f"{root.name:16} {mean('received') / 1000:6.1f} kB  server {mean('server_ms'):5.1f} ms  "
        f"worker {mean('worker_ms'):5.1f} ms  drawn after {statistics.median(cost.took_ms for cost in costs):5.0f} ms"
    )
