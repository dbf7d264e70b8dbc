"""What a monitoring system may know of the server, in Prometheus's text format; nothing of any person.

    GET /metrics    for this machine, and for the networks that CNNVIZ_METRICS names; never through a proxy

Of strokes, those are counted that come beside Streamlit (`server/strokes.py`), as nearly all do.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import prometheus_client
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cnnviz import settings
from cnnviz.compute import backend
from cnnviz.server import limits
from cnnviz.server.this_machine import is_loopback, was_forwarded

BUCKETS_S = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""A stroke takes 13 ms in the median; somebody who draws notices 200."""
PROCESSES = Path("/proc")
"""Linux's; elsewhere nothing is said of memory."""
log = logging.getLogger(__name__)
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # else a line more for each, unasked
_strokes = prometheus_client.Counter(
    "cnnviz_strokes", "Strokes by HTTP status; 200 was answered.", ["status"], registry=None
)
_stroke_s = prometheus_client.Histogram(
    "cnnviz_stroke_seconds", "From a stroke's arrival to its answer.", registry=None, buckets=BUCKETS_S
)


def note_stroke(status: int, took_s: float) -> None:
    """Count a stroke.

    Args:
        status: the HTTP status of the answer.
        took_s: seconds from its arrival to its answer.
    """
    _strokes.labels(str(status)).inc()
    if status == 200:
        _stroke_s.observe(took_s)


class State(Collector):
    """What is as it is at the moment that it is asked for.

    Args:
        count_runs: gives the number of runs by status.
    """

    def __init__(self, count_runs: Callable[[], Mapping[str, int]]) -> None:
        self._count_runs = count_runs

    def describe(self) -> list[Any]:
        """Nothing: to be registered need not ask for anything."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each family of metrics; what cannot be read now is left out."""
        yield GaugeMetricFamily("cnnviz_sessions", "Pages open in browsers.", limits.n_sessions())
        waiting = {priority.name.lower(): n for priority, n in backend.n_waiting().items()}
        yield _family(
            "cnnviz_tasks_waiting", "Tasks that wait for a worker, by who waits for them.", "priority", waiting
        )
        yield _family(
            "cnnviz_process_resident_memory_bytes",
            "Resident memory of the server and of its workers on this machine.",
            "role",
            memory_by_role(),
        )
        try:
            runs = self._count_runs()
        except Exception:  # whatever it is, the others are told all the same
            log.exception("The runs could not be counted")
            return
        yield _family("cnnviz_runs", "Runs by status; servers with one database count the same ones.", "status", runs)


def _family(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def memory_by_role() -> dict[str, int]:
    """Bytes of resident memory of this process, of each kind of worker, and of all other children."""
    roles = {pid: role for role, pids in backend.pids().items() for pid in pids}
    found = {"server": _resident_bytes(os.getpid()), **dict.fromkeys(backend.pids(), 0), "other": 0}
    for pid in _children(os.getpid()):
        found[roles.get(pid, "other")] += _resident_bytes(pid)
    return found if found["server"] else {}


def _children(parent: int) -> list[int]:
    """Numbers of the processes that a process has begun."""
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it has ended meanwhile
            if int((folder / "stat").read_text("utf-8").rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def _resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 where it is not known."""
    with contextlib.suppress(OSError, IndexError):
        return int((PROCESSES / str(pid) / "statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def may_ask(request: Request) -> bool:
    """Whether somebody may read the metrics: on this machine or in a network that is named, and through no proxy."""
    if request.client is None or was_forwarded(request.headers):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return is_loopback(str(plain)) or any(plain in ipaddress.ip_network(each) for each in settings.read().metrics)


def routes(count_runs: Callable[[], Mapping[str, int]]) -> list[Route]:
    """The address, for `st.App`.

    Args:
        count_runs: gives the number of runs by status.
    """
    registry = prometheus_client.CollectorRegistry()
    for collector in (_strokes, _stroke_s, State(count_runs)):
        registry.register(collector)

    def told(request: Request) -> Response:  # in a thread: reading runs and processes is none of the event loop's work
        if not may_ask(request):
            return Response("Only for this machine and for the networks in CNNVIZ_METRICS.", 403)
        return Response(prometheus_client.generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route("/metrics", told)]
