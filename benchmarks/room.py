"""A class in a room: a teacher and three students in Chromium, and 57 more who speak Streamlit's protocol.

    CNNVIZ_DATA=... python benchmarks/room.py [--members 57] [--seconds 24] [--json]

They come within ten seconds, guess, see the answers revealed, follow the teacher, draw a stroke every three seconds and
put a drawing on the wall. Told are, in seconds unless they are called ms: how soon each is there; how soon a revealed
question is on the screens (of students without a browser: in their stream); how soon those who follow are where the
teacher is; how soon strokes are answered meanwhile, and how soon the teacher's wall shows the last drawing; and what
the server takes while nothing happens.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from playwright.async_api import Page, async_playwright

import browser
import class_load
import load_figures
import pen
from class_load import Student
from streamlit_client import cookies_of, opened
from streamlit_wire import AppError

N_BROWSERS, COME_S, IDLE_S = 3, 10.0, 20.0
PATIENCE_MS = 60_000
Told = dict[str, Any]


@dataclass
class Member:
    """A student without a browser: a page, and the stream of what happens in the room."""

    student: Student
    address: str
    code: str
    cookies: str
    came_s: float
    told: Told = field(default_factory=dict)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        """Keep what the room shows, for as long as this runs."""
        host, port = self.address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_000_000)
        request = f"GET /cnnviz/room/{self.code} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {self.cookies}\r\n\r\n"
        writer.write(request.encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    async with self.heard:
                        self.told = json.loads(line[6:])
                        self.heard.notify_all()
        finally:
            writer.close()

    async def hears(self, so: Callable[[Told], bool]) -> float:
        """When the room shows something first, on the clock of time.monotonic."""
        async with self.heard:
            await self.heard.wait_for(lambda: so(self.told))
        return time.monotonic()

    async def answer(self, answer: object) -> int:
        """Give an answer; the HTTP status of what became of it."""
        content = json.dumps({"question": self.told["question"]["number"], "answer": answer}).encode()
        headers = {"Content-Type": "application/json", "Cookie": self.cookies}
        asked = urllib.request.Request(f"{self.address}/cnnviz/room/{self.code}/answer", content, headers)
        with await asyncio.to_thread(urllib.request.urlopen, asked) as given:  # nosec B310 # http, this machine
            return int(given.status)

    async def follow(self) -> float:
        """Go where the teacher is, as a browser does that hears of it; when this is there."""
        await self.student.page.trigger("cnnviz.room", "scene", self.told["scene"])
        return time.monotonic()

    async def hand_in(self) -> float:
        """Put what is drawn on the wall; when it is there."""
        await self.student.page.trigger("cnnviz.room", "hand_in", self.told["question"]["number"])
        said = self.student.page.told("cnnviz.room")
        if said["handedIn"] != self.told["question"]["number"]:
            raise AppError(f"Expected a drawing on the wall. Received {said['said']!r}.")
        return time.monotonic()


@dataclass
class Class:
    """Everybody in the room."""

    teacher: Page
    pages: list[Page]
    members: list[Member]
    server: psutil.Process

    async def on_all_screens(self, text: str, so: Callable[[Told], bool]) -> list[float]:
        """When each shows something: in a browser an element, else in the stream."""
        shown = [self._shows(page, text) for page in (self.teacher, *self.pages)]
        return list(await asyncio.gather(*shown, *(member.hears(so) for member in self.members)))

    async def _shows(self, page: Page, selector: str) -> float:
        await page.locator(selector).first.wait_for(timeout=PATIENCE_MS)
        return time.monotonic()


@contextlib.asynccontextmanager
async def room(address: str, n: int, server: psutil.Process) -> AsyncIterator[tuple[Class, dict[str, float]]]:
    """A room that everybody comes into within COME_S."""
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=browser.chromium(), args=list(browser.FLAGS))
        pages = [await (await chromium.new_context()).new_page() for _ in range(1 + N_BROWSERS)]
        teacher, *others = pages
        await teacher.goto(f"{address}/classroom")
        await teacher.get_by_role("button", name="Open a room").click(timeout=PATIENCE_MS)
        code = await teacher.locator(".st-key-room-code h1").inner_text(timeout=PATIENCE_MS)
        async with opened(address) as first:  # what the first one needs is no matter of how many there are
            await Student(first, iter(pen.drawings([7], np.random.default_rng(1))), by_streamlit=False).draw()
        begin = time.monotonic()
        came = [asyncio.create_task(_come_by_browser(page, address, code)) for page in others]
        drawings = pen.drawings([7] * 40, np.random.default_rng(0))

        async def come(i: int) -> Member:
            await asyncio.sleep(COME_S * i / max(1, n))
            began = time.monotonic()
            cookies = await cookies_of(address)
            page = await stack.enter_async_context(opened(address, cookies=cookies, query=f"room={code}"))
            turn = itertools.cycle(drawings[i % len(drawings) :] + drawings[: i % len(drawings)])
            member = Member(Student(page, turn, by_streamlit=False), address, code, cookies, time.monotonic() - began)
            stack.callback(asyncio.create_task(member.listen()).cancel)
            return member

        members = list(await asyncio.gather(*(come(i) for i in range(n))))
        by_browser = list(await asyncio.gather(*came))
        everybody = f"{n + N_BROWSERS} here"
        await teacher.locator(".room .who", has_text=everybody).wait_for(timeout=PATIENCE_MS)
        took = {"all_here_s": time.monotonic() - begin, "join_p95_s": p95([m.came_s for m in members])}
        yield Class(teacher, others, members, server), took | {"join_in_browser_s": max(by_browser)}
        await chromium.close()


async def _come_by_browser(page: Page, address: str, code: str) -> float:
    began = time.monotonic()
    await page.goto(f"{address}/?room={code}")
    await page.locator(".room .who").wait_for(timeout=PATIENCE_MS)
    return time.monotonic() - began


async def ask(teacher: Page, about: str) -> None:
    """Choose a question in the teacher's dialog."""
    await teacher.get_by_role("button", name="Ask the class").click()
    dialog = teacher.get_by_role("dialog")
    await dialog.get_by_role("combobox", name="About").click()
    await teacher.get_by_role("option", name=about).click()
    await dialog.get_by_role("button", name="Ask", exact=True).click()


async def guess(here: Class) -> dict[str, float]:
    """All answer in the same second; how soon everybody sees what was answered once it is revealed."""
    await ask(here.teacher, "Which digit will the network say?")
    await here.on_all_screens(".room .question", lambda told: "question" in told)
    began = time.monotonic()
    answers = [member.answer(i % 10) for i, member in enumerate(here.members)]
    clicks = [page.locator(".room").get_by_role("button", name="7", exact=True).click() for page in here.pages]
    await asyncio.gather(*answers, *clicks)
    answered = time.monotonic() - began
    n = len(here.members) + len(here.pages)
    await here.teacher.locator(".room .count", has_text=f"{n} of {n} have answered").wait_for(timeout=PATIENCE_MS)
    revealed = time.monotonic()
    shown = asyncio.create_task(here.on_all_screens(".room table", lambda told: "counts" in told))
    await here.teacher.get_by_role("button", name="Reveal").click()
    took = [at - revealed for at in await shown]
    return {"all_answered_s": answered, "reveal_p95_s": p95(took), "reveal_slowest_s": max(took)}


async def follow(here: Class) -> dict[str, float]:
    """How soon everybody is on the page to which the teacher goes."""
    await here.teacher.get_by_role("switch", name="Follow me").click()
    await asyncio.gather(*(member.hears(lambda told: bool(told["follow"])) for member in here.members))
    before = here.members[0].told["scene"]
    began = time.monotonic()
    await here.teacher.get_by_test_id("stTopNavLink").filter(has_text="Kernels").click()
    arrived = [_is_at(page, "**/kernels*") for page in here.pages]

    async def comes(member: Member) -> float:
        await member.hears(lambda told: told["scene"] > before)
        return await member.follow()

    took = [at - began for at in await asyncio.gather(*arrived, *map(comes, here.members))]
    await here.teacher.get_by_role("switch", name="Follow me").click()
    return {"follow_p95_s": p95(took), "follow_slowest_s": max(took)}


async def _is_at(page: Page, address: str) -> float:
    await page.wait_for_url(address, timeout=PATIENCE_MS)
    return time.monotonic()


async def draw(here: Class, seconds: float) -> dict[str, float]:
    """Strokes of all, each of whom puts a drawing on the wall meanwhile; the last one on the teacher's wall."""
    await here.teacher.get_by_test_id("stTopNavLink").filter(has_text="Class").click()
    await ask(here.teacher, "Draw a digit")
    await asyncio.gather(*(m.hears(lambda told: told["question"]["prompt"]["kind"] == "drawing") for m in here.members))
    for member in here.members:  # back on the canvas
        await member.student.page.trigger("cnnviz.room", "draw", 1)
        member.student = Student(member.student.page, member.student._drawings, by_streamlit=False)
    n, begin = len(here.members), time.monotonic()

    async def lesson(i: int, member: Member) -> tuple[list[float], float]:
        first = begin + class_load.INTERVAL_S * i / n
        answers = await member.student.attend(first, begin + seconds / 2)
        handed = await member.hand_in()
        answers += await member.student.attend(handed + 1.0, begin + seconds)
        return [answer.ms for answer in answers], handed

    wall = asyncio.create_task(_filled(here.teacher, n))
    lessons = await asyncio.gather(*(lesson(i, member) for i, member in enumerate(here.members)))
    ms = [each for answers, _ in lessons for each in answers]
    last = max(handed for _, handed in lessons)
    figures = {"strokes_per_s": len(ms) / seconds, "stroke_median_ms": float(np.median(ms)), "stroke_p95_ms": p95(ms)}
    return figures | {"wall_after_last_s": await wall - last}


async def _filled(teacher: Page, n: int) -> float:
    await teacher.locator(".st-key-wall .cell").nth(n - 1).wait_for(timeout=4 * PATIENCE_MS)
    return time.monotonic()


async def idle(here: Class) -> dict[str, float]:
    """The share of one processor that the server takes while everybody is there and nothing happens."""
    before = sum(here.server.cpu_times()[:2])
    await asyncio.sleep(IDLE_S)
    return {"idle_processor_share": (sum(here.server.cpu_times()[:2]) - before) / IDLE_S}


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


async def measure(address: str, n: int, seconds: float) -> dict[str, float]:
    """One lesson on a server that was just started, the only child of this process."""
    (server,) = psutil.Process().children()
    await load_figures.settle(server)
    async with room(address, n, server) as (here, coming):
        figures = dict(coming)
        await load_figures.settle(server)
        for part in (idle(here), guess(here), follow(here), draw(here, seconds)):
            figures |= await part
    return {"students": n + N_BROWSERS, **figures}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=57)
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as runs, browser.server(CNNVIZ_RUNS=runs) as (address, _):
        figures = asyncio.run(measure(address, chosen.members, chosen.seconds))
    if chosen.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value:10.3f}")


if __name__ == "__main__":
    main()
