"""Whose turn it is, by hand."""

from cnnviz.training.turns import Turns


def test_an_experiment_and_a_run_alone_take_turns():
    turns, waiting = Turns(), {"e-1": "e", "e-2": "e", "alone": "run alone"}
    assert [turns.next(waiting, [], 1) for _ in range(4)] == ["e-1", "alone", "e-1", "alone"]


def test_an_experiment_fills_the_workers_but_not_the_place_behind_them():
    turns = Turns()
    assert turns.next({"e-3": "e"}, ["e", "e"], 2) is None
    assert turns.next({"e-3": "e", "alone": "run alone"}, ["e", "e"], 2) == "alone"
    assert turns.next({"e-3": "e"}, ["e", "run alone"], 2) == "e-3"


def test_who_comes_later_is_behind_who_waits():
    turns = Turns()
    assert turns.next({"a": "a", "b": "b"}, [], 1) == "a"
    assert turns.next({"a": "a", "b": "b", "c": "c"}, ["a"], 2) == "b"
    assert turns.next({"a": "a", "b": "b", "c": "c"}, [], 2) == "a"
    assert turns.next({"a": "a", "b": "b", "c": "c"}, [], 2) == "c"


def test_nobody_waits():
    assert Turns().next({}, [], 1) is None
