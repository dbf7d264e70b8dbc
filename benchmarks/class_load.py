"""How many can draw at once: n students, each with a stroke every three seconds, on a server that this starts.

    CNNVIZ_DATA=... python benchmarks/class_load.py 1 30 60 120 [--seconds 30] [--training] [--json]
    CNNVIZ_DATA=... python benchmarks/class_load.py --idle 300 | --soak 600 [20]

Each number of students has a server of its own and gives one row (`load_figures.py`).  Students speak Streamlit's own
protocol (`streamlit_client.py`) and need no browser, but they do need the same machine: what they and others take is
in the row, too.  A student looks at an answer before the next stroke; one whose answer is late leaves out the strokes
that were due meanwhile, so that a server that cannot keep up answers fewer than are due.  The canvas is emptied between
digits without telling the server.  Options of Streamlit are tried out through the environment, as in
STREAMLIT_RUNNER_POST_SCRIPT_GC=true.

With --idle so many students draw once and look on: how much memory the server takes, and gives back when they have
left. With --soak students draw for so many seconds: memory along the way.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import math
import re
import tempfile
import time
from collections.abc import Iterator, Sequence

import numpy as np
import psutil
from streamlit.proto.Element_pb2 import Element

import browser
import load_figures
import pen
from load_figures import Answer, Row, Usage
from pen import Drawing
from streamlit_client import Browser, opened
from streamlit_wire import AppError

INTERVAL_S = 3.0
N_ARRIVING = 4
"""So many open the page at the same time."""
N_DIGITS = 100
SESSION_TTL_S = 125.0
"""Streamlit keeps a session for two minutes after its browser has gone (server.disconnectedSessionTTL)."""
TIDY_S = 65.0
"""The server tidies up twice a minute, when it is quiet."""
SAID = re.compile(r"Answer: (\d)(?: or (\d))?|No digit here")


class Student:
    """Draws on an open page, and looks at every answer."""

    def __init__(self, page: Browser, drawings: Iterator[Drawing]) -> None:
        self.page, self._drawings = page, drawings
        self._canvas = page.widget(lambda element: element.bidi_component.component_name.endswith("drawable_canvas"))

    async def draw(self) -> Answer:
        """One stroke."""
        drawing = next(self._drawings)
        began = time.perf_counter()
        shown = await self.page.set(self._canvas, drawing.value)
        took = time.perf_counter() - began
        await self.page.look_for_downloads()
        return Answer(1000 * took, drawing, said_in(shown))

    async def attend(self, first: float, end: float) -> list[Answer]:
        """A stroke every INTERVAL_S, from `first` until before `end` on the clock of time.monotonic."""
        answers, due = [], first
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            answers.append(await self.draw())
            due += INTERVAL_S * max(1, math.ceil((time.monotonic() - due) / INTERVAL_S))
        return answers


def said_in(shown: Sequence[Element]) -> frozenset[int]:
    """The digits that the answer names; none when it says that there is no digit.

    Raises:
        AppError: when there is no answer.
    """
    headings = [words for element in shown for words in headings_of(element)]
    answers = [match for match in map(SAID.fullmatch, headings) if match]
    if len(answers) != 1:
        raise AppError(f"Expected one answer to a stroke. Received headings {headings} in {len(shown)} elements.")
    return frozenset(int(digit) for digit in answers[0].groups() if digit)


def headings_of(element: Element) -> list[str]:
    """The headings among the figures that are one element: JSON behind its length in four bytes."""
    if not element.bidi_component.component_name.endswith("cnnviz.figures"):
        return []
    content = element.bidi_component.bytes
    items = json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])["items"]
    return [item["words"] for item in items if item["kind"] == "text" and item["tag"] == "h2"]


async def arrive(stack: contextlib.AsyncExitStack, address: str, n: int) -> list[Student]:
    """Have n students open the page and draw once; the stack sees them out."""
    rng, door = np.random.default_rng(0), asyncio.Semaphore(N_ARRIVING)
    drawings = pen.drawings(rng.permutation(np.arange(N_DIGITS) % 10).tolist(), rng)

    async def come(i: int) -> Student:
        async with door:
            page = await stack.enter_async_context(opened(address))
            at = i * len(drawings) // n
            student = Student(page, itertools.cycle(drawings[at:] + drawings[:at]))
            await student.draw()
        return student

    async with asyncio.TaskGroup() as group:
        coming = [group.create_task(come(i)) for i in range(n)]
    return [task.result() for task in coming]


async def start_training(address: str) -> None:
    """Press Start on the page Train and leave: the run belongs to the server."""
    async with opened(address, "train") as page:
        await page.click(page.widget(lambda element: element.button.label == "Start"))


def used(server: psutil.Process, students: Sequence[Student]) -> Usage:
    """What has been used and received until now."""
    pages = [student.page for student in students]
    return load_figures.usage(
        server, sum(page.n_socket_bytes for page in pages), sum(page.n_file_bytes for page in pages)
    )


async def teach(address: str, n: int, seconds: float, training: bool) -> Row:
    """One class on a server that was just started, the only child of this process."""
    (server,) = psutil.Process().children()
    await load_figures.settle(server)
    async with contextlib.AsyncExitStack() as stack:
        students = await arrive(stack, address, n)
        await load_figures.settle(server)
        if training:
            await start_training(address)
        before, begin = used(server, students), time.monotonic()
        async with asyncio.TaskGroup() as group:
            places = [(student, begin + INTERVAL_S * i / n) for i, student in enumerate(students)]
            lessons = [group.create_task(student.attend(first, begin + seconds)) for student, first in places]
        took, after = max(seconds, time.monotonic() - begin), used(server, students)
    answers = [answer for lesson in lessons for answer in lesson.result()]
    row = load_figures.row(n, n / INTERVAL_S, took, answers, (before, after))
    load_figures.check(row, answers, training)
    return row


async def look_on(address: str, n: int, ttl_s: float = SESSION_TTL_S) -> dict[str, float]:
    """Megabytes of the server before n students come, while they look on, and when it has forgotten them."""
    (server,) = psutil.Process().children()
    async with opened(address):  # what the first one needs is no matter of how many there are
        await load_figures.settle(server)
    found = {"before": resident_mb(server)}
    async with contextlib.AsyncExitStack() as stack:
        await arrive(stack, address, n)
        await load_figures.settle(server)
        found["open"] = resident_mb(server)
    await asyncio.sleep(ttl_s)
    async with opened(address):  # Streamlit forgets who has left when it is asked for something
        await load_figures.settle(server)
    await asyncio.sleep(TIDY_S)
    found["left"] = resident_mb(server)
    return found


async def soak(address: str, n: int, seconds: float) -> list[float]:
    """Megabytes of the server at the start and after each eighth of the time, while n students draw."""
    (server,) = psutil.Process().children()
    await load_figures.settle(server)
    async with contextlib.AsyncExitStack() as stack:
        students = await arrive(stack, address, n)
        found = [resident_mb(server)]
        for _ in range(8):
            begin = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for i, student in enumerate(students):
                    group.create_task(student.attend(begin + INTERVAL_S * i / n, begin + seconds / 8))
            found.append(resident_mb(server))
    return found


def resident_mb(process: psutil.Process) -> float:
    """Resident memory."""
    return float(process.memory_info().rss) / 1e6


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("students", type=int, nargs="*", default=[20])
    parser.add_argument("--seconds", type=float, default=30, help="how long each class draws")
    parser.add_argument("--training", action="store_true", help="one run trains beside")
    parser.add_argument("--idle", type=int, metavar="N", help="memory while N look on, and when they have left")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="memory while a class draws for so long")
    parser.add_argument("--json", action="store_true", help="print a list of rows as JSON")
    args = parser.parse_args()
    if min(args.students) < 1 or args.seconds < INTERVAL_S:
        parser.error(f"Expected at least one student and {INTERVAL_S:.0f} seconds.")
    return args


def main() -> None:
    """Measure and print."""
    args = arguments()
    if args.idle or args.soak:
        with tempfile.TemporaryDirectory() as folder, browser.server(CNNVIZ_RUNS=folder) as (address, _):
            if args.idle:
                print({when: round(mb) for when, mb in asyncio.run(look_on(address, args.idle)).items()})
            else:
                print([round(mb) for mb in asyncio.run(soak(address, args.students[0], args.soak))])
        return
    rows = []
    if not args.json:
        print(load_figures.header())
    for n in args.students:
        with tempfile.TemporaryDirectory() as folder, browser.server(CNNVIZ_RUNS=folder) as (address, _):
            rows.append(asyncio.run(teach(address, n, args.seconds, args.training)))
        if not args.json:
            print(load_figures.line(rows[-1]), flush=True)
    if args.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
