"""What is remembered, counted in bytes."""

import numpy as np

from cnnviz.bounded import Bounded


def make(calls, key, n=100):
    return lambda: (calls.append(key), np.zeros(n, np.uint8))[1]


def test_what_was_asked_for_last_is_remembered_as_long_as_there_is_room():
    calls, values = [], Bounded(250, lambda array: array.nbytes, 10)
    for key in ("a", "b", "a", "c", "a", "b"):
        values.get(key, make(calls, key))
    assert calls == ["a", "b", "c", "b"], "b was asked for longest ago when c came"
    assert values.n_bytes == 200


def test_one_that_is_larger_than_all_the_room_is_remembered_alone():
    calls, values = [], Bounded(250, lambda array: array.nbytes, 10)
    for key in ("a", "large", "large", "a"):
        values.get(key, make(calls, key, 1000 if key == "large" else 100))
    assert calls == ["a", "large", "a"]
    assert values.n_bytes == 100


def test_there_are_no_more_than_so_many():
    calls, values = [], Bounded(250, lambda array: array.nbytes, 2)
    for key in ("a", "b", "c", "a"):
        values.get(key, make(calls, key, 1))
    assert calls == ["a", "b", "c", "a"]


def test_some_are_forgotten_by_what_they_are():
    calls, values = [], Bounded(250, lambda array: array.nbytes, 10)
    for key, n in (("a", 10), ("b", 20), ("c", 10)):
        values.get(key, make(calls, key, n))
    values.forget(lambda array: len(array) == 10)
    assert [values.find(key) is not None for key in "abc"] == [False, True, False]


def test_what_could_not_be_made_is_not_remembered():
    values = Bounded(250, lambda array: array.nbytes, 2)
    for _ in range(2):
        try:
            values.get("a", lambda: 1 / 0)
        except ZeroDivisionError:
            continue
        raise AssertionError
    assert values.n_bytes == 0


def test_what_is_looked_for_is_remembered_longer_and_not_made():
    values = Bounded(250, lambda array: array.nbytes, 2)
    for key in ("a", "b"):
        values.get(key, make([], key, 1))
    assert values.find("a") is values.get("a", make([], "a"))
    values.get("c", make([], "c", 1))
    assert values.find("b") is None
    assert values.find("a") is not None
