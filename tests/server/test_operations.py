"""With a real server: what a proxy, a service manager and a monitoring system see of it."""

import asyncio
import json
import signal
import time
import urllib.error
import urllib.request

import pytest

import browser
import servers
from streamlit_client import opened

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


async def draw_while_it_drains(address, process):
    """A page that was open before SIGTERM still answers after it; what /readyz says meanwhile."""
    async with opened(address) as page:
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while (found := await asyncio.to_thread(ready, address))[0] == 200 and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert await page.rerun()
        return found


def test_a_server_becomes_ready_and_after_sigterm_serves_those_who_are_there_until_a_second_one(tmp_path):
    with browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=str(tmp_path), CNNVIZ_DRAIN_S="600") as (address, _):
        assert ask(address, "/healthz") == (200, '{"alive":true}')
        wait_until_ready(address)
        process = servers.at(address)
        assert asyncio.run(draw_while_it_drains(address, process)) == (
            503,
            {"ready": False, "draining": True, "missing": []},
        )
        assert ask(address, "/")[0] == 200
        assert ask(address, "/healthz")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDED_S) == -signal.SIGTERM


@pytest.mark.parametrize("drain_s", ["0", "1"])
def test_after_its_time_a_server_ends_by_itself_with_the_same_exit_status(tmp_path, drain_s):
    with browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=str(tmp_path), CNNVIZ_DRAIN_S=drain_s) as (address, _):
        process = servers.at(address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDED_S) == -signal.SIGTERM
