"""The times of both orders are measured of the same work, and nothing is kept of it."""

import dataclasses

import numpy as np
import pytest

from cnnviz.data.dataset import Dataset
from cnnviz.training import order_times
from networks import random_network


def test_both_orders_read_and_train_and_the_weights_stay(tiny, quick, bundled):
    network = random_network(tiny)
    before = {name: array.copy() for name, array in network.weights.items()}
    some = Dataset(bundled.images[:40], bundled.labels[:40], "some")
    times = order_times.measure(network, dataclasses.replace(quick, schedule="one_cycle", iterations=1), some, 2)
    assert len(times.forward) == len(times.step) == 2
    assert min(*times.forward, *times.step) > 0
    for name, array in network.weights.items():
        assert np.array_equal(array, before[name])


def test_each_is_compiled_before_it_is_timed_and_both_take_turns(monkeypatch):
    done = []
    runs = [lambda: done.append("pool"), lambda: done.append("activate")]
    monkeypatch.setattr(order_times, "_seconds", lambda run: (run(), len(done))[1])
    assert order_times._ratios(runs, 3) == (4 / 3, 6 / 5, 8 / 7)  # the third call "takes" 3 s, and so on
    assert done == ["pool", "activate"] * 4


def test_without_pooling_there_is_nothing_to_measure(tiny, quick, bundled):
    with pytest.raises(ValueError, match="pooling"):
        order_times.measure(random_network(dataclasses.replace(tiny, pooling="none")), quick, bundled, 1)
