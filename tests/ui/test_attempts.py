"""How often a passphrase or a code may be tried."""

import time

from cnnviz.state.rooms import CODE_LENGTH, LETTERS
from cnnviz.ui.attempts import PER_BROWSER, PER_SERVER, WRONG_CODES_PER_SERVER, Attempts


def test_five_a_minute_by_a_browser_and_then_it_waits():
    now = [100.0]
    attempts = Attempts(lambda: now[0])
    assert [attempts.wait_s("a") for _ in range(PER_BROWSER)] == [0] * PER_BROWSER
    assert attempts.wait_s("a") == 60
    now[0] += 45.5
    assert attempts.wait_s("a") == 15
    assert attempts.wait_s("b") == 0
    now[0] += 14.5
    assert attempts.wait_s("a") == 0


def test_browsers_that_drop_their_cookies_share_what_a_server_allows():
    attempts = Attempts(lambda: 0.0)
    assert sum(attempts.wait_s(str(i)) == 0 for i in range(1000)) == PER_SERVER


def test_a_thousand_attempts_take_no_time():
    began, attempts = time.perf_counter(), Attempts()
    for i in range(1000):
        attempts.wait_s(f"browser {i}")
    assert time.perf_counter() - began < 0.5


def test_what_was_right_does_not_count():
    attempts = Attempts(lambda: 0.0, per_browser=2, per_server=3)
    for _ in range(20):
        assert attempts.wait_s("a") == 0
        attempts.forgive("a")
    assert [attempts.wait_s(name) for name in "aaabb"] == [0, 0, 60, 0, 60]
    attempts.forgive("nobody")
    attempts.forgive("b")
    assert attempts.wait_s("c") == 0


def test_all_codes_of_rooms_take_longer_than_a_room_lasts():
    assert len(LETTERS) ** CODE_LENGTH / WRONG_CODES_PER_SERVER / 60 > 24
