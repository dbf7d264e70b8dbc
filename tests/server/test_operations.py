"""With a real server: what a proxy, a service manager and a monitoring system see of it."""

import asyncio
import json
import re
import signal
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

import browser
import pen
import servers
from class_load import Student
from cnnviz.server import cookie
from cnnviz.state import database
from cnnviz.state.rooms import Rooms
from cnnviz.state.sessions import fingerprint
from streamlit_client import opened

TOKEN = "t" * 43
PATIENCE_S = 120
ENDED_S = 60


def ask(address, path):
    """Status and text of an answer."""
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ready(address):
    status, text = ask(address, "/readyz")
    return status, json.loads(text)


def wait_until_ready(address):
    deadline = time.monotonic() + PATIENCE_S
    while (found := ready(address))[0] != 200:
        assert found[0] == 503
        assert found[1]["missing"]
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address, process and log of a server that is ready, and would go on for ten minutes after SIGTERM."""
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log"
    settings = {"CNNVIZ_DATA": "bundled", "CNNVIZ_RUNS": str(folder), "CNNVIZ_DRAIN_S": "600", "CNNVIZ_LOG": "json"}
    with browser.server(log=log, **settings) as (address, _):
        assert ask(address, "/healthz") == (200, '{"alive":true}')
        wait_until_ready(address)
        yield address, servers.at(address), log


async def strokes(address):
    """What /metrics says while a student is there who has drawn, and the random name that strokes were sent to."""
    drawings = pen.drawings([1, 7], np.random.default_rng(0))
    async with opened(address) as page:
        student = Student(page, iter(drawings), by_streamlit=False)
        for _ in drawings:
            await student.draw()
        return (
            len(drawings),
            (await asyncio.to_thread(ask, address, "/metrics"))[1],
            student._address.rpartition("/")[2],
        )


def test_strokes_are_in_the_metrics_and_in_the_log_and_nobody_is_told_who_drew_what(server):
    address, _, log = server
    n, told, name = asyncio.run(strokes(address))
    assert f'cnnviz_strokes_total{{status="200"}} {n}.0' in told
    assert f"cnnviz_stroke_seconds_count {n}.0" in told
    assert "cnnviz_sessions 1.0" in told
    assert 'cnnviz_runs{status="training"} 0.0' in told
    memory = dict(re.findall(r'cnnviz_process_resident_memory_bytes\{role="(\w+)"\} (\S+)', told))
    assert all(float(memory[role]) > 100e6 for role in ("server", "answers"))
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    timed = [line for line in lines if line["logger"] == "cnnviz.server.strokes"]
    assert [line["status"] for line in timed] == [200] * n
    assert all(0 < line["ms"] < 60_000 for line in timed)
    assert set().union(*lines) <= {"time", "level", "logger", "message", "status", "ms"}  # no line has an exception
    assert name not in told + log.read_text("utf-8")
    assert "127.0.0.1" not in log.read_text("utf-8")


def test_metrics_are_refused_through_a_proxy(server):
    asked = urllib.request.Request(f"{server[0]}/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(asked, timeout=PATIENCE_S)


async def draw_while_it_drains(address, process):
    """A page that was open before SIGTERM still answers after it; what /readyz says meanwhile."""
    async with opened(address) as page:
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while (found := await asyncio.to_thread(ready, address))[0] == 200 and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert await page.rerun()
        return found


def test_after_sigterm_a_server_serves_those_who_are_there_until_a_second_one(server):
    """The last one of this server."""
    address, process, _ = server
    draining = {"ready": False, "draining": True, "missing": []}
    assert asyncio.run(draw_while_it_drains(address, process)) == (503, draining)
    assert ask(address, "/")[0] == 200
    assert ask(address, "/healthz")[0] == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(ENDED_S) == -signal.SIGTERM


@pytest.mark.parametrize("drain_s", ["0", "1"])
def test_after_its_time_a_server_ends_by_itself_with_the_same_exit_status(tmp_path, drain_s):
    """Also while a browser listens to a room, which is a request that would never end."""
    engine = database.connect(database.default_url(tmp_path))
    code = Rooms(engine).open(fingerprint(TOKEN)).code
    engine.dispose()
    with browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=str(tmp_path), CNNVIZ_DRAIN_S=drain_s) as (address, _):
        process = servers.at(address)
        asked = urllib.request.Request(f"{address}/cnnviz/room/{code}", headers={"Cookie": f"{cookie.NAME}={TOKEN}"})
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as stream:
            assert json.loads(stream.readline().removeprefix(b"data: "))["room"] == code
            process.send_signal(signal.SIGTERM)
            stream.read()
        assert process.wait(ENDED_S) == -signal.SIGTERM
