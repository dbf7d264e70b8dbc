"""Whose turn it is, by hand: by person, then by experiment or run."""

from collections import Counter

from cnnviz.training.turns import Turns


def alone(**turns):
    """Runs by name, each with whose turn it takes; nobody has two experiments or runs."""
    return {name: (turn, turn) for name, turn in turns.items()}


def test_an_experiment_and_a_run_alone_take_turns():
    turns, waiting = Turns(), alone(e1="e", e2="e", alone="run alone")
    assert [turns.next(waiting, [], 1) for _ in range(4)] == ["e1", "alone", "e1", "alone"]


def test_an_experiment_fills_the_workers_but_not_the_place_behind_them():
    turns = Turns()
    assert turns.next(alone(e3="e"), ["e", "e"], 2) is None
    assert turns.next(alone(e3="e", alone="run alone"), ["e", "e"], 2) == "alone"
    assert turns.next(alone(e3="e"), ["e", "run alone"], 2) == "e3"


def test_who_comes_later_is_behind_who_waits():
    turns = Turns()
    assert turns.next(alone(a="a", b="b"), [], 1) == "a"
    assert turns.next(alone(a="a", b="b", c="c"), ["a"], 2) == "b"
    assert turns.next(alone(a="a", b="b", c="c"), [], 2) == "a"
    assert turns.next(alone(a="a", b="b", c="c"), [], 2) == "c"


def test_nobody_waits():
    assert Turns().next({}, [], 1) is None


def test_fifty_runs_of_one_take_as_many_turns_as_one_run_of_another():
    turns = Turns()
    waiting = {f"r-{i}": ("many", f"run r-{i}") for i in range(50)} | {"x": ("one", "run x"), "y": ("other", "run y")}
    order = [turns.next(waiting, [], 1) for _ in range(150)]
    assert Counter(order)["x"] == Counter(order)["y"] == 50
    assert order[:6] == ["r-0", "x", "y", "r-1", "x", "y"]
    assert all(Counter(order)[f"r-{i}"] == 1 for i in range(50))


def test_experiments_and_runs_of_one_person_take_turns():
    turns, waiting = Turns(), {"e-1": ("a", "e"), "e-2": ("a", "e"), "r": ("a", "run r")}
    assert [turns.next(waiting, [], 1) for _ in range(4)] == ["e-1", "r", "e-1", "r"]


def test_who_has_something_in_flight_keeps_the_place():
    turns = Turns()
    assert turns.next(alone(a="a", b="b"), [], 1) == "a"
    assert turns.next(alone(b="b"), ["a"], 1) == "b"
    assert turns.next(alone(a="a", b="b"), [], 1) == "a"
