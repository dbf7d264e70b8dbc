"""What several servers answer behind HAProxy, with one PostgreSQL and one folder, and what each part of it costs.

    CNNVIZ_DATA=... python benchmarks/replicas.py 1 2 3 [--students 60] [--seconds 30] [--json]
    CNNVIZ_DATA=... python benchmarks/replicas.py 3 --students 120 --kill

Everything runs on this machine: servers, their workers, HAProxy (with `deploy/haproxy.cfg`, its addresses changed),
PostgreSQL and the students (`class_load.py`).  So more servers do not answer more than the processors allow; the
processor time of each part is what counts for more machines.  With --kill a third of the time goes by, one server is
killed, and it is measured how soon its students, who connect again as browsers do, have an answer and their drawing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import browser
import class_load
import load_figures
import postgresql
from class_load import INTERVAL_S, N_ARRIVING, Student
from streamlit_client import cookies_of, opened

CONFIGURATION = browser.ROOT / "deploy" / "haproxy.cfg"
READY_S = 120


@dataclass(frozen=True)
class School:
    """Servers behind a proxy.

    Attributes:
        address: of the proxy.
        direct: of each server.
        servers: their processes, in the same order.
        proxy, database: the others'.
        runs: the folder that all have.
    """

    address: str
    direct: tuple[str, ...]
    servers: tuple[psutil.Process, ...]
    proxy: psutil.Process
    database: postgresql.Server
    runs: Path

    def seconds(self) -> dict[str, float]:
        """Processor time of each part until now."""
        servers = [process for process in self.servers if process.is_running()]
        workers = [child for server in servers for child in server.children()]
        postgres = psutil.Process(self.database.pid)
        parts = {"servers": servers, "workers": workers, "proxy": [self.proxy, *self.proxy.children()]}
        parts |= {"database": [postgres, *postgres.children()], "clients": [psutil.Process()]}
        return {name: sum(map(_seconds, processes)) for name, processes in parts.items()}


@dataclass
class Visit:
    """A student who comes back when the connection is lost, as a browser does."""

    cookies: str
    student: Student
    stack: contextlib.AsyncExitStack = field(repr=False)


@contextlib.contextmanager
def school(n: int, **environment: str) -> Iterator[School]:
    """Start n servers with one database and one folder behind HAProxy; all are ready."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        for name in ("database", "runs"):
            (folder / name).mkdir(mode=0o755)
        database = stack.enter_context(postgresql.running(folder / "database"))
        known, direct = set(psutil.Process().children()), []
        settings = {"CNNVIZ_DATABASE": database.url, "CNNVIZ_RUNS": str(folder / "runs")} | environment
        for _ in range(n):
            address, _ = stack.enter_context(browser.server(**settings))
            direct.append(address)
        servers = tuple(child for child in psutil.Process().children() if child not in known)
        for address in direct:
            _wait_until_ready(address)
        address, proxy = stack.enter_context(_proxy(folder, [int(each.rpartition(":")[2]) for each in direct]))
        yield School(address, tuple(direct), servers, proxy, database, folder / "runs")


@contextlib.contextmanager
def _proxy(folder: Path, ports: Sequence[int]) -> Iterator[tuple[str, psutil.Process]]:
    """HAProxy as in `deploy/`, for servers at these ports of this machine."""
    program, port = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin"), postgresql.free_port()
    if program is None:
        raise FileNotFoundError("HAProxy is not installed here (Debian: apt-get install haproxy)")
    lines = []
    for line in CONFIGURATION.read_text().splitlines():
        server = re.match(r"\s+server (\w+) replica-(\d+):", line)
        if server and int(server[2]) <= len(ports):
            lines.append(f"    server {server[1]} 127.0.0.1:{ports[int(server[2]) - 1]} cookie {server[1]}")
        elif not server:
            lines.append(line.replace("bind :80", f"bind 127.0.0.1:{port}"))
    (folder / "haproxy.cfg").write_text("\n".join(lines) + "\n")
    command = [program, "-f", str(folder / "haproxy.cfg")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # nosec B603
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, "/")
        yield address, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(address: str, path: str = "/readyz") -> None:
    end = time.monotonic() + READY_S
    while not _answers(f"{address}{path}"):
        if time.monotonic() > end:
            raise TimeoutError(f"{address}{path} did not answer within {READY_S} s.")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # nosec B310 # http, this machine
    except OSError:
        return False
    return True


def _seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return 0.0


async def come(address: str, drawings: Iterator[Any]) -> Visit:
    """A browser that opens the page by the proxy, and draws once."""
    cookies = await cookies_of(address)
    stack = contextlib.AsyncExitStack()
    page = await stack.enter_async_context(opened(address, cookies=cookies))
    student = Student(page, drawings, by_streamlit=False)
    await student.draw()
    return Visit(cookies, student, stack)


async def come_back(address: str, visit: Visit, drawings: Iterator[Any]) -> None:
    """The browser connects again with its cookies, until it is answered; its drawing is there again."""
    with contextlib.suppress(Exception):  # what was open is lost
        await visit.stack.aclose()
    while True:
        stack = contextlib.AsyncExitStack()
        with contextlib.suppress(Exception):  # whatever it is, a browser tries again
            page = await stack.enter_async_context(opened(address, cookies=visit.cookies))
            visit.student, visit.stack = Student(page, drawings, by_streamlit=False), stack
            return
        await stack.aclose()
        await asyncio.sleep(0.1)


async def all_come(address: str, n: int) -> list[Visit]:
    """N students, a few at a time."""
    rng, door = np.random.default_rng(0), asyncio.Semaphore(N_ARRIVING)
    drawings = class_load.pen.drawings(rng.permutation(np.arange(class_load.N_DIGITS) % 10).tolist(), rng)

    async def one(i: int) -> Visit:
        async with door:
            at = i * len(drawings) // n
            return await come(address, class_load.itertools.cycle(drawings[at:] + drawings[:at]))

    return list(await asyncio.gather(*(one(i) for i in range(n))))


async def measure(here: School, n: int, seconds: float) -> dict[str, Any]:
    """Strokes a second, how soon they are answered, and the processor time of each part for a stroke."""
    visits = await all_come(here.address, n)
    for server in here.servers:  # each loads TensorFlow twice, which is no stroke's cost
        await load_figures.settle(server)
    before, begin = here.seconds(), time.monotonic()
    places = [(visit.student, begin + INTERVAL_S * i / n) for i, visit in enumerate(visits)]
    lessons = await asyncio.gather(*(student.attend(first, begin + seconds) for student, first in places))
    took, after = time.monotonic() - begin, here.seconds()
    ms = [answer.ms for lesson in lessons for answer in lesson]
    for visit in visits:
        await visit.stack.aclose()
    figures = {"servers": len(here.servers), "students": n, "strokes_per_s": len(ms) / took}
    figures |= {"median_ms": float(np.median(ms)), "p95_ms": float(np.percentile(ms, 95))}
    return figures | {f"{name}_ms": 1000 * (after[name] - before[name]) / len(ms) for name in after}


async def measure_kill(here: School, n: int) -> dict[str, Any]:
    """How soon those whose server was killed are answered by another one."""
    visits = await all_come(here.address, n)
    here.servers[0].kill()
    began = time.monotonic()

    async def again(visit: Visit) -> float | None:
        try:
            async with asyncio.timeout(2):
                await visit.student.draw()
        except Exception:  # its server is gone
            await come_back(here.address, visit, visit.student._drawings)
            await visit.student.draw()
            return time.monotonic() - began
        return None

    took = [seconds for seconds in await asyncio.gather(*map(again, visits)) if seconds is not None]
    return {"students": n, "lost_their_server": len(took), "slowest_s": max(took, default=0.0)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--kill", action="store_true", help="how soon those of a killed server are answered")
    args = parser.parse_args()
    for n in args.servers:
        with school(n) as here:
            figures = measure_kill(here, args.students) if args.kill else measure(here, args.students, args.seconds)
            print(json.dumps(asyncio.run(figures)), flush=True)


if __name__ == "__main__":
    main()
