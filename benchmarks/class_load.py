"""How many can draw at once: n students, each with a stroke every three seconds, on a server that this starts.

    CNNVIZ_DATA=... python benchmarks/class_load.py 1 60 200 [--seconds 30] [--training] [--by-streamlit] [--json]
    CNNVIZ_DATA=... python benchmarks/class_load.py --idle 300 | --soak 600 [20]

Each number of students has a server of its own and gives one row (`load_figures.py`).  Students speak Streamlit's own
protocol (`streamlit_client.py`) and need no browser, but they do need the same machine: what they and others take is
in the row, too.  A student looks at an answer before the next stroke; one whose answer is late leaves out the strokes
that were due meanwhile, so that a server that cannot keep up answers fewer than are due.  The canvas is emptied between
digits without telling the server.  With --by-streamlit a stroke goes the way of a browser that cannot compute the
network, by a run of the page.  Options of Streamlit are tried out through the environment, as in
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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
    """Draws on an open page, and looks at every answer.

    Args:
        page: the open page.
        drawings: what is drawn, stroke by stroke.
        by_streamlit: the whole drawing is sent by Streamlit, as where a browser cannot compute the network.
    """

    def __init__(self, page: Browser, drawings: Iterator[Drawing], *, by_streamlit: bool) -> None:
        self.page, self._drawings = page, drawings
        self._canvas = page.widget(component_is("drawable_canvas"))
        live = json.loads(page.element(component_is("cnnviz.live")).bidi_component.json)
        self._address = "" if by_streamlit else live["truth"]["address"]
        self._n_loads = int(told_in(page.element(component_is("cnnviz.figures")))["loads"])

    async def draw(self) -> Answer:
        """One stroke."""
        drawing = next(self._drawings)
        message = drawing.message(1000 * time.time(), self._n_loads)
        began = time.perf_counter()
        if self._address:
            items = json.loads(await self.page.post(self._address, message))["items"]
            took = time.perf_counter() - began
            return Answer(1000 * took, drawing, said_in(headings_of(items)))
        shown = await self.page.set(self._canvas, drawing.value)
        took = time.perf_counter() - began
        await self.page.look_for_downloads()
        figures = [element for element in shown if component_is("cnnviz.figures")(element)]
        headings = [words for element in figures for words in headings_of(told_in(element)["items"])]
        return Answer(1000 * took, drawing, said_in(headings))

    async def attend(self, first: float, end: float) -> list[Answer]:
        """A stroke every INTERVAL_S, from `first` until before `end` on the clock of time.monotonic."""
        answers, due = [], first
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            answers.append(await self.draw())
            due += INTERVAL_S * max(1, math.ceil((time.monotonic() - due) / INTERVAL_S))
        return answers


def said_in(headings: Sequence[str]) -> frozenset[int]:
    """The digits that the answer names, among the headings shown; none when it says that there is no digit.

    Raises:
        AppError: when there is no answer.
    """
    answers = [match for match in map(SAID.fullmatch, headings) if match]
    if len(answers) != 1:
        raise AppError(f"Expected one answer to a stroke. Received headings {headings}.")
    return frozenset(int(digit) for digit in answers[0].groups() if digit)


def component_is(name: str) -> Callable[[Element], bool]:
    """Whether an element is a component that is called so."""
    return lambda element: element.bidi_component.component_name.endswith(name)


def told_in(element: Element) -> dict[str, Any]:
    """What the figures that are one element say: JSON behind its length in four bytes."""
    content = element.bidi_component.bytes
    told: dict[str, Any] = json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])
    return told


def headings_of(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """The headings among figures and sentences."""
    return [item["words"] for item in items if item.get("kind") == "text" and item["tag"] == "h2"]


async def arrive(
    stack: contextlib.AsyncExitStack, address: str, n: int, *, by_streamlit: bool = False
) -> list[Student]:
    """Have n students open the page and draw once; the stack sees them out."""
    rng, door = np.random.default_rng(0), asyncio.Semaphore(N_ARRIVING)
    drawings = pen.drawings(rng.permutation(np.arange(N_DIGITS) % 10).tolist(), rng)

    async def come(i: int) -> Student:
        async with door:
            page = await stack.enter_async_context(opened(address))
            at = i * len(drawings) // n
            student = Student(page, itertools.cycle(drawings[at:] + drawings[:at]), by_streamlit=by_streamlit)
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


async def teach(address: str, n: int, seconds: float, *, training: bool, by_streamlit: bool = False) -> Row:
    """One class on a server that was just started, the only child of this process."""
    (server,) = psutil.Process().children()
    await load_figures.settle(server)
    async with contextlib.AsyncExitStack() as stack:
        students = await arrive(stack, address, n, by_streamlit=by_streamlit)
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
    parser.add_argument("--by-streamlit", action="store_true", help="the whole drawing is sent by Streamlit")
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
            row = teach(address, n, args.seconds, training=args.training, by_streamlit=args.by_streamlit)
            rows.append(asyncio.run(row))
        if not args.json:
            print(load_figures.line(rows[-1]), flush=True)
    if args.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
