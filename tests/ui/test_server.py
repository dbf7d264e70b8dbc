"""What lives once a server: made once however many ask at the same time, ended at the end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnviz.ui import server, startup
from cnnviz.ui.server import Once


def test_it_is_made_once_however_many_ask_at_the_same_time():
    made = []

    def make():
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    once, start = Once(make), threading.Barrier(8)

    def ask(_):
        start.wait(10)
        return once()

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(each is made[0] for each in got)


def test_what_is_reset_is_ended_and_made_anew():
    ended = []
    once = Once(object, ended.append)
    once.reset()
    assert ended == []
    first = once()
    once.reset()
    assert ended == [first]
    assert once() is not first


def test_nothing_is_made_by_an_import_and_the_end_leaves_no_thread():
    server.reset()
    assert not any(thread.name == "housekeeping" for thread in threading.enumerate())
    server.housekeeper()
    assert any(thread.name == "housekeeping" for thread in threading.enumerate())
    server.close()
    assert not any(thread.name == "housekeeping" for thread in threading.enumerate())


def test_at_the_end_each_is_ended_on_its_own_and_the_workers_in_any_case(monkeypatch, caplog):
    ended = []
    broken, whole = Once(object, lambda _: 1 / 0), Once(object, ended.append)
    for once in (broken, whole):
        once()
    monkeypatch.setattr(server, "SHARED", (broken, whole))
    monkeypatch.setattr(startup.backend, "shutdown", lambda: ended.append("workers"))
    startup.end()
    assert len(ended) == 2
    assert ended[-1] == "workers"
    assert "ZeroDivisionError" in caplog.text


def test_the_workers_are_ended_also_when_something_is_not(monkeypatch):
    ended = []
    monkeypatch.setattr(startup.server, "close", lambda: 1 / 0)
    monkeypatch.setattr(startup.backend, "shutdown", lambda: ended.append("workers"))
    with pytest.raises(ZeroDivisionError):
        startup.end()
    assert ended == ["workers"]


def test_where_the_database_cannot_be_used_runs_go_on_without_it_and_that_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_DATABASE", f"sqlite:///{tmp_path}/no/such/folder")
    server.reset()
    (problem,) = server.scheduler().problems
    assert "Runs are kept in their files alone" in problem
    assert server.scheduler().refusal == ""
    server.reset()


@pytest.mark.parametrize("address", ["postgresql+psycopg://cnnviz:secret@127.0.0.1:9/school", "no address"])
def test_where_the_database_that_servers_share_cannot_be_used_nothing_begins(address, monkeypatch, tmp_path):
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_DATABASE", address)
    server.reset()
    refusal = server.scheduler().refusal
    assert refusal.startswith("No run can begin for as long as the database, which all servers share, cannot be used.")
    assert "secret" not in refusal
    server.reset()


def test_limits_are_the_settings_and_a_number_that_is_none_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_MAX_ACTIVE_PER_PERSON", "7")
    monkeypatch.setenv("CNNVIZ_MAX_KEPT", "many")
    server.reset()
    limits = server.scheduler().limits
    assert (limits.max_active_per_person, limits.max_kept) == (7, 500)
    assert server.scheduler().problems == [
        "CNNVIZ_MAX_KEPT: expected a whole number from 1 to 1,000,000. Received 'many'; 500 is used."
    ]
    assert (tmp_path / ".cnnviz.sqlite3").is_file()
    server.reset()
