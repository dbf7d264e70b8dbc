"""Shared jobs: computed once, cancelled when nobody waits, tried again, forgotten in turn; all without Streamlit."""

import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

import pytest

from cnnviz.compute import backend
from cnnviz.compute.backend import BackendError, Priority
from cnnviz.compute.jobs import Jobs

WAIT_S = 30


@pytest.fixture
def submitted(monkeypatch):
    """What jobs submit to the backend, as (arguments, priority, future); nothing is computed."""
    submitted = []

    def submit(function, *args, priority):
        future = Future()
        submitted.append((args, priority, future))
        return future

    monkeypatch.setattr(backend, "submit", submit)
    return submitted


def calls(*names):
    return lambda: [(abs, name) for name in names]


def never():
    pytest.fail("nothing was to be submitted")


def test_a_job_is_begun_without_waiting_and_left(submitted):
    jobs = Jobs()
    assert jobs.begin("key", calls("a", "b"), Priority.RUN) is None
    assert [priority for _, priority, _ in submitted] == [Priority.RUN] * 2
    assert jobs.begin("key", never) is None
    for number, future in enumerate(futures(submitted)):
        future.set_result(number)
    assert jobs.begin("key", never) == [0, 1]
    jobs.leave("key")
    assert jobs.begin("key", never) == [0, 1]
    jobs.begin("other", calls("c"))
    jobs.leave("other")
    jobs.leave("none")
    assert futures(submitted)[2].cancelled()
    assert jobs.begin("other", calls("c")) is None
    assert len(submitted) == 4


def test_what_somebody_waits_for_is_not_left(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a")):
        jobs.begin("key", never)
        jobs.leave("key")
        assert not futures(submitted)[0].cancelled()
    assert futures(submitted)[0].cancelled()


def futures(submitted):
    return [future for _, _, future in submitted]


def test_results_come_in_order_and_are_computed_once(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a", "b"), Priority.RUN) as job:
        assert [(args, priority) for args, priority, _ in submitted] == [(("a",), Priority.RUN), (("b",), Priority.RUN)]
        assert (job.wait(0), job.n_done) == (False, 0)
        futures(submitted)[1].set_result("second")
        assert (job.wait(0), job.n_done) == (False, 1)
        assert jobs.results("key") is None
        futures(submitted)[0].set_result("first")
        assert job.wait(WAIT_S)
        assert job.results() == ["first", "second"]
    with jobs.waiting("key", never) as job:
        assert job.wait(0)
        assert job.results() == ["first", "second"] == jobs.results("key")


def test_pages_are_waited_for_unless_it_is_said(submitted):
    with Jobs().waiting("key", calls("a")):
        assert submitted[0][1] is Priority.PAGE


def test_the_last_who_leaves_cancels_what_is_left(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a", "b", "c")):
        with jobs.waiting("key", never):
            futures(submitted)[0].set_running_or_notify_cancel()  # has been sent
        assert not any(future.cancelled() for future in futures(submitted))
    assert [future.cancelled() for future in futures(submitted)] == [False, True, True]


def test_a_page_that_is_stopped_leaves(submitted):
    """Streamlit ends a script with an exception that is no Exception."""

    class Stopped(BaseException):
        pass

    with pytest.raises(Stopped), Jobs().waiting("key", calls("a")):
        raise Stopped
    assert futures(submitted)[0].cancelled()


def test_who_comes_again_finds_what_was_done(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a", "b", "c")):
        futures(submitted)[0].set_result("a done")
        futures(submitted)[1].set_running_or_notify_cancel()
    with jobs.waiting("key", calls("a", "b", "c")) as job:
        assert [args for args, *_ in submitted[3:]] == [("c",)]
        futures(submitted)[1].set_result("b done")
        futures(submitted)[3].set_result("c done")
        assert job.results() == ["a done", "b done", "c done"]


def test_a_failure_ends_the_waiting_and_only_what_failed_is_tried_again(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a", "b", "c")) as job:
        futures(submitted)[0].set_result("a done")
        futures(submitted)[1].set_exception(BackendError("gone"))
        assert job.wait(WAIT_S), "nobody waits for the third part"
        with pytest.raises(BackendError, match="gone"):
            job.results()
    assert futures(submitted)[2].cancelled()
    assert jobs.results("key") is None
    with jobs.waiting("key", calls("a", "b", "c")) as job:
        assert [args for args, *_ in submitted[3:]] == [("b",), ("c",)]
        for future in futures(submitted)[3:]:
            future.set_result("done")
        assert job.results() == ["a done", "done", "done"]


def test_another_session_that_tries_again_does_not_hold_up_who_saw_the_failure(submitted):
    jobs = Jobs()
    with jobs.waiting("key", calls("a")) as first:
        futures(submitted)[0].set_exception(BackendError("gone"))
        with jobs.waiting("key", calls("a")) as second:
            assert first.wait(0)
            assert not second.wait(0)
            with pytest.raises(BackendError, match="gone"):
                first.results()


def test_parts_that_cannot_be_made_leave_nothing_behind(submitted):
    jobs = Jobs()
    with pytest.raises(ZeroDivisionError), jobs.waiting("key", lambda: 1 / 0):
        pytest.fail("not reached")
    with jobs.waiting("key", calls("a")):
        assert len(submitted) == 1


def test_the_least_recently_asked_for_is_forgotten(submitted):
    jobs = Jobs(2)

    def ask(key):
        with jobs.waiting(key, calls(key)) as job:
            for future in futures(submitted):
                if not future.done():
                    future.set_result(None)
            return job

    ask("first"), ask("second"), ask("first"), ask("third")
    assert jobs.results("second") is None
    assert jobs.results("first") == jobs.results("third") == [None]
    jobs.discard("third"), jobs.discard("third")
    assert jobs.results("third") is None
    jobs.clear()
    assert jobs.results("first") is None


def test_who_is_waited_for_is_kept_longer_than_others(submitted):
    jobs = Jobs(2)
    with jobs.waiting("waited for", calls("a")):
        for key in ("second", "third", "fourth"):
            with jobs.waiting(key, calls(key)):
                pass
        with jobs.waiting("waited for", never):
            pass


def test_what_is_forgotten_goes_on_for_those_who_wait(submitted):
    """Another session's job takes the only place; that was a KeyError once."""
    jobs = Jobs(1)
    with jobs.waiting("first", calls("a")) as first:
        with jobs.waiting("second", calls("b")) as second:
            assert not futures(submitted)[0].cancelled()
            futures(submitted)[0].set_result("a done")
            futures(submitted)[1].set_result("b done")
            assert second.results() == ["b done"]
        assert first.results() == ["a done"]
    assert jobs.results("first") is None
    assert jobs.results("second") == ["b done"]
    with jobs.waiting("first", calls("a")), jobs.waiting("second", calls("b")):
        pass
    assert futures(submitted)[2].cancelled(), "the last who waits for a forgotten job cancels it, too"


def test_many_sessions_at_once(monkeypatch):
    """Eight threads ask for six jobs of five parts, of which three are kept, and some leave before the end."""
    pool, lock, counts = ThreadPoolExecutor(2), threading.Lock(), {}

    def part(key, i):
        with lock:
            counts[key, i] = counts.get((key, i), 0) + 1
        return key, i

    monkeypatch.setattr(backend, "submit", _submit_to(pool))
    jobs = Jobs(3)

    def session(number):
        for turn in range(200):
            key = (number + turn) % 6
            with jobs.waiting(key, lambda key=key: [(part, key, i) for i in range(5)]) as job:
                if (number * turn) % 5 == 1:
                    continue
                assert job.wait(WAIT_S)
                assert job.results() == [(key, i) for i in range(5)]

    with ThreadPoolExecutor(8) as sessions:
        for ended in [sessions.submit(session, number) for number in range(8)]:
            ended.result(2 * WAIT_S)
    pool.shutdown()


def test_two_sessions_share_one_computation(monkeypatch):
    pool, gate, counts = ThreadPoolExecutor(1), threading.Event(), []

    def part():
        counts.append(gate.wait(WAIT_S))
        return len(counts)

    monkeypatch.setattr(backend, "submit", _submit_to(pool))
    jobs, both = Jobs(), threading.Barrier(2)

    def session():
        with jobs.waiting("key", lambda: [(part,)]) as job:
            both.wait(WAIT_S)
            gate.set()
            assert job.wait(WAIT_S)
            return job.results()

    with ThreadPoolExecutor(2) as sessions:
        assert [ended.result(WAIT_S) for ended in [sessions.submit(session) for _ in range(2)]] == [[1], [1]]
    pool.shutdown()


def test_with_the_real_backend_what_was_left_is_never_computed(tmp_path):
    """A file says whether a part was computed; the worker is busy until the test opens the gate."""
    busy = backend.submit(_wait_for, tmp_path / "gate")
    also_sent = backend.submit(abs, -1)
    with Jobs().waiting("key", lambda: [(_touch, tmp_path / name) for name in "abc"]) as job:
        assert not job.wait(0)
    (tmp_path / "gate").touch()
    assert (busy.result(WAIT_S), also_sent.result(WAIT_S)) == (True, 1)
    with pytest.raises(CancelledError):
        job.parts[0].result(WAIT_S)
    assert backend.submit(abs, -2).result(WAIT_S) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gate"]


def _submit_to(pool):
    def submit(function, *args, priority):
        return pool.submit(function, *args)

    return submit


def _wait_for(path):
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if path.exists():
            return True
        time.sleep(0.01)
    return False


def _touch(path):
    path.touch()
