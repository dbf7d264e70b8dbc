"""The times of both orders are measured of the same work, and nothing is kept of it."""

import dataclasses

import numpy as np
import pytest

from cnnviz.data.dataset import Dataset
from cnnviz.training import order_times
from cnnviz.training.order_times import OrderTimes
from networks import random_network


def test_both_orders_read_and_train_and_the_weights_stay(tiny, quick, bundled):
    network = random_network(tiny)
    before = {name: array.copy() for name, array in network.weights.items()}
    some = Dataset(bundled.images[:40], bundled.labels[:40], "some")
    times = order_times.measure(network, dataclasses.replace(quick, schedule="one_cycle", iterations=1), some, 2)
    assert min(*times.forward_s, *times.step_s) > 0
    for name, array in network.weights.items():
        assert np.array_equal(array, before[name])


def test_each_is_compiled_before_it_is_timed_and_both_take_turns(monkeypatch):
    done = []
    runs = [lambda: done.append("pool"), lambda: done.append("activate")]
    monkeypatch.setattr(order_times, "_seconds", lambda run: (run(), len(done))[1])
    assert order_times._medians(runs, 3) == (5, 6)  # the 3rd, 5th, 7th and the 4th, 6th, 8th that were called
    assert done == ["pool", "activate"] * 4


def test_a_ratio_is_of_the_activation_first_to_pooling_first():
    times = OrderTimes((2.0, 3.0), (0.5, 0.4))
    assert (times.forward_ratio, times.step_ratio) == (1.5, 0.8)


def test_without_pooling_there_is_nothing_to_measure(tiny, quick, bundled):
    with pytest.raises(ValueError, match="pooling"):
        order_times.measure(random_network(dataclasses.replace(tiny, pooling="none")), quick, bundled, 1)
