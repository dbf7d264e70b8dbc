"""Figures of one class: what the processes used, how soon answers came, and all of it as a row."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from pen import Drawing
from streamlit_wire import AppError

SETTLE_S = 120
IDLE_S = 0.05
"""A second with less processor time than this in all our processes is a quiet one."""
LEAST_RIGHT, ENOUGH_DIGITS = 0.7, 20
"""The network that is chosen at first reads more than nine of ten; far fewer are no answers to what was sent."""
TRAINS = 0.05
COLUMNS = {
    "students": "students", "due_per_s": "due/s", "answered_per_s": "answered/s", "median_ms": "median ms",
    "p95_ms": "95 % ms", "server_ms": "server ms", "answers_ms": "answers ms", "clients_ms": "clients ms",
    "work_share": "work", "others_share": "others", "socket_kb": "socket kB", "files_kb": "files kB",
    "server_mb": "server MB", "answers_mb": "answers MB", "work_mb": "work MB", "read_right": "right",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One stroke: milliseconds until its run had ended, what was drawn, and the digits that were answered."""

    ms: float
    drawing: Drawing
    said: frozenset[int]


@dataclass(frozen=True)
class Usage:
    """What has been used until a moment.

    Attributes:
        seconds, megabytes: processor time and resident memory of each process: server, answers, work, clients.
        others_s: processor time that the machine gave to anything else.
        socket_bytes, file_bytes: what the students received.
    """

    seconds: Mapping[str, float]
    megabytes: Mapping[str, float]
    others_s: float = 0.0
    socket_bytes: int = 0
    file_bytes: int = 0


@dataclass(frozen=True)
class Row:
    """What one class did; processor times and bytes are for a stroke.

    Attributes:
        students, due_per_s, answered_per_s, median_ms, p95_ms: how many, and how soon.
        server_ms, answers_ms, clients_ms: processor time of the server, its worker for answers, the students.
        work_share, others_share: processors that the worker for long work and the machine's other processes took.
        socket_kb, files_kb: received through the websocket, and as files of download buttons.
        server_mb, answers_mb, work_mb: resident memory before and after.
        read_right: share of the whole digits whose answer names them; None when no digit became whole.
    """

    students: int
    due_per_s: float
    answered_per_s: float
    median_ms: float
    p95_ms: float
    server_ms: float
    answers_ms: float
    clients_ms: float
    work_share: float
    others_share: float
    socket_kb: float
    files_kb: float
    server_mb: tuple[float, float]
    answers_mb: tuple[float, float]
    work_mb: tuple[float, float]
    read_right: float | None


def processes(server: psutil.Process) -> dict[str, psutil.Process]:
    """The students' process, the server and its workers; the one for long work gives way to all others."""
    found = {"server": server, "clients": psutil.Process()}
    for child in server.children():
        if "LokyProcess" in " ".join(child.cmdline()):
            found["work" if child.nice() > server.nice() else "answers"] = child
    return found


def usage(server: psutil.Process, socket_bytes: int = 0, file_bytes: int = 0) -> Usage:
    """What has been used until now; the bytes are told."""
    known = processes(server)
    seconds = {name: sum(process.cpu_times()[:2]) for name, process in known.items()}
    megabytes = {name: process.memory_info().rss / 1e6 for name, process in known.items()}
    machine = psutil.cpu_times()
    used_s = sum(getattr(machine, kind, 0.0) for kind in ("user", "nice", "system", "steal"))
    return Usage(seconds, megabytes, used_s - sum(seconds.values()), socket_bytes, file_bytes)


async def settle(server: psutil.Process) -> None:
    """Wait until both workers are there and none of the processes computes.

    Raises:
        AppError: when that does not come, or the server has ended.
    """
    end = time.monotonic() + SETTLE_S
    before = usage(server)
    while time.monotonic() < end:
        await asyncio.sleep(1)
        if server.status() == psutil.STATUS_ZOMBIE:
            raise AppError("The server has ended.")
        after = usage(server)
        busy = sum(after.seconds.values()) - sum(before.seconds.values())
        if {"answers", "work"} <= after.seconds.keys() == before.seconds.keys() and busy < IDLE_S:
            return
        before = after
    raise AppError(f"The server has not come to rest within {SETTLE_S} s.")


def row(students: int, due_per_s: float, took_s: float, answers: Sequence[Answer], used: tuple[Usage, Usage]) -> Row:
    """Figures of a class that drew for `took_s` seconds, with what was used before and after."""
    before, after = used
    times = [answer.ms for answer in answers]
    whole = [answer.drawing.digit in answer.said for answer in answers if answer.drawing.whole]
    cpu_s = {name: after.seconds[name] - before.seconds[name] for name in after.seconds}
    mb = {f"{name}_mb": (before.megabytes[name], after.megabytes[name]) for name in ("server", "answers", "work")}
    n = len(answers)
    return Row(
        students=students,
        due_per_s=due_per_s,
        answered_per_s=n / took_s,
        median_ms=statistics.median(times),
        p95_ms=float(np.percentile(times, 95)),
        server_ms=1000 * cpu_s["server"] / n,
        answers_ms=1000 * cpu_s["answers"] / n,
        clients_ms=1000 * cpu_s["clients"] / n,
        work_share=cpu_s["work"] / took_s,
        others_share=max(0.0, after.others_s - before.others_s) / took_s,
        socket_kb=(after.socket_bytes - before.socket_bytes) / 1000 / n,
        files_kb=(after.file_bytes - before.file_bytes) / 1000 / n,
        read_right=sum(whole) / len(whole) if whole else None,
        **mb,
    )


def check(found: Row, answers: Sequence[Answer], training: bool) -> None:
    """See that the class was one.

    Raises:
        AppError: when the answers are not those to what was drawn, or a training run did not compute beside.
    """
    n_whole = sum(answer.drawing.whole for answer in answers)
    if n_whole >= ENOUGH_DIGITS and found.read_right is not None and found.read_right < LEAST_RIGHT:
        raise AppError(f"Only {found.read_right:.0%} of {n_whole} digits were read as what they are.")
    if training and found.work_share < TRAINS:
        raise AppError("The training run has not computed while the class was drawing.")


def header() -> str:
    """What stands above the rows."""
    return "  ".join(COLUMNS.values())


def line(found: Row) -> str:
    """The row as text."""
    return "  ".join(_told(name, getattr(found, name)).rjust(len(title)) for name, title in COLUMNS.items())


def _told(name: str, value: float | tuple[float, float] | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return f"{value[0]:.0f}-{value[1]:.0f}"
    if name.endswith("_per_s"):
        return f"{value:.1f}"
    if name.endswith("_share"):
        return f"{value:.2f}"
    return f"{value:.0%}" if name == "read_right" else f"{value:.0f}"
