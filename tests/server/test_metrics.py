"""/metrics: what it tells, whom, and that it tells nothing of a person."""

import os

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from asgi import get
from cnnviz.compute import backend
from cnnviz.compute.backend import Priority
from cnnviz.server import metrics

COUNTS = {"waiting": 1, "training": 2}


def app(count_runs=lambda: COUNTS):
    return Starlette(routes=metrics.routes(count_runs))


def samples(answer):
    """Values by name and labels."""
    assert answer.status == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_strokes_are_counted_by_status_and_timed_where_they_were_answered():
    before = samples(get(app(), "/metrics"))
    for status, took_s in ((200, 0.012), (200, 0.7), (429, 9.0)):
        metrics.note_stroke(status, took_s)
    after = samples(get(app(), "/metrics"))
    grown = {key: after[key] - before.get(key, 0) for key in after}
    assert (grown["cnnviz_strokes_total", "200"], grown["cnnviz_strokes_total", "429"]) == (2, 1)
    assert grown["cnnviz_stroke_seconds_count",] == 2
    assert grown["cnnviz_stroke_seconds_sum",] == pytest.approx(0.712)
    assert [grown["cnnviz_stroke_seconds_bucket", edge] for edge in ("0.01", "0.015", "0.5", "1.0")] == [0, 1, 1, 2]


def test_runs_sessions_tasks_and_memory_are_as_they_are_now(monkeypatch):
    monkeypatch.setattr(metrics.limits, "_open", {1, 2, 3})
    monkeypatch.setattr(backend, "n_waiting", lambda: dict.fromkeys(Priority, 0) | {Priority.RUN: 4})
    told = samples(get(app(), "/metrics"))
    assert (told["cnnviz_runs", "waiting"], told["cnnviz_runs", "training"]) == (1, 2)
    assert told["cnnviz_sessions",] == 3
    waiting = {name: told["cnnviz_tasks_waiting", name] for name in ("answer", "page", "run", "aside")}
    assert waiting == {"answer": 0, "page": 0, "run": 4, "aside": 0}


def test_memory_is_told_of_the_server_and_of_each_worker_by_what_it_does():
    backend.submit(os.getpid, priority=Priority.ASIDE).result(60)
    told = metrics.memory_by_role()
    assert set(told) == {"server", "answers", "long_work", "aside", "other"}
    assert told["server"] > 50e6
    assert told["aside"] > 5e6
    assert (told["answers"] > 0) == bool(backend.pids()["answers"])


def test_where_there_is_no_proc_nothing_is_said_of_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(metrics, "PROCESSES", tmp_path)
    assert metrics.memory_by_role() == {}


def test_what_cannot_be_counted_is_left_out_and_the_others_are_told(caplog):
    told = samples(get(app(lambda: 1 / 0), "/metrics"))
    assert ("cnnviz_sessions",) in told
    assert not any(name == "cnnviz_runs" for name, *_ in told)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("client", "header", "networks", "status"),
    [
        ("127.0.0.1", None, "", 200),
        ("::1", None, "", 200),
        ("::ffff:127.0.0.1", None, "", 200),
        ("10.0.0.7", None, "", 403),
        ("10.0.0.7", None, "192.168.0.0/16,10.0.0.0/24", 200),
        ("::ffff:10.0.0.7", None, "10.0.0.0/24", 200),
        ("10.0.1.7", None, "10.0.0.0/24", 403),
        ("testclient", None, "10.0.0.0/24", 403),
        ("127.0.0.1", b"x-forwarded-for", "", 403),
        ("10.0.0.7", b"via", "10.0.0.0/24", 403),
    ],
)
def test_only_this_machine_and_named_networks_may_ask_and_nobody_through_a_proxy(
    client, header, networks, status, monkeypatch
):
    monkeypatch.setenv("CNNVIZ_METRICS", networks)
    headers = [(header, b"127.0.0.1")] if header else []
    assert get(app(), "/metrics", headers, (client, 50000)).status == status
