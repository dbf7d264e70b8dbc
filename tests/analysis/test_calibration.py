"""Calibration: bins, the expected calibration error and temperatures, against numbers worked out by hand and NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnviz.analysis import calibration, evaluation, inspection
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.reliability import Bin
from networks import random_network


def answers(confidences, digit=3):
    """Probabilities (n, 10) that answer one digit so surely."""
    probs = np.empty((len(confidences), 10))
    probs[:] = ((1 - np.array(confidences)) / 9)[:, None]
    probs[:, digit] = confidences
    return probs


def labels_of(right, digit=3):
    return np.where(right, digit, digit + 1)


def test_four_answers_in_two_bins_by_hand():
    """0.5 is in the lower bin, as in Guo and others, where a bin is (low, high]."""
    counted = calibration.reliability(answers([0.3, 0.5, 0.6, 0.9]), labels_of([True, False, True, True]), 2)
    assert counted.edges == (0.0, 0.5, 1.0)
    assert (counted.counts, counted.right) == ((2, 2), (1, 2))
    assert counted.confidence_sums == pytest.approx((0.8, 1.5))
    assert (counted.n, counted.n_right, counted.confidence) == (4, 3, pytest.approx(2.3 / 4))
    # |1 - 0.8| / 4 + |2 - 1.5| / 4
    assert calibration.expected_calibration_error(counted) == pytest.approx(0.175)
    low, high = counted.bins
    assert (low.accuracy, low.confidence) == (0.5, pytest.approx(0.4))
    assert (high.accuracy, high.confidence) == (1.0, pytest.approx(0.75))


def test_bins_may_begin_higher_and_what_is_less_sure_is_left_out():
    counted = calibration.reliability(answers([0.2, 0.9, 0.95, 1.0]), labels_of([True] * 4), (0.9, 0.95, 1.0))
    assert counted.counts == (2, 1)  # the lowest edge belongs to the first bin
    assert calibration.equal_edges(2, 0.9) == pytest.approx((0.9, 0.95, 1.0))


def test_without_answers_there_is_no_error_to_tell():
    counted = calibration.reliability(np.zeros((0, 10)), np.zeros(0, int))
    assert counted.counts == (0,) * 15
    with pytest.raises(ValueError, match="at least one answer"):
        calibration.expected_calibration_error(counted)


def test_float32_that_rounds_to_above_1_is_in_the_last_bin():
    probs = np.zeros((1, 10), np.float32)
    probs[0, 3] = np.nextafter(np.float32(1), np.float32(2))
    assert calibration.reliability(probs, np.array([3])).counts[-1] == 1


def test_the_share_right_among_answers_this_sure():
    counted = calibration.reliability(answers([0.5, 0.6, 0.9]), labels_of([True, False, True]), 2)
    assert calibration.share_right_among(counted, 0.8) == Bin(0.5, 1.0, 2, 1, pytest.approx(1.5))
    assert calibration.share_right_among(counted, 0.5).count == 1
    assert calibration.share_right_among(counted, 0.0).low == 0
    assert (
        calibration.share_right_among(calibration.reliability(answers([0.5]), np.array([3]), (0.4, 1.0)), 0.3) is None
    )


def test_a_temperature_by_hand():
    """Logits ln 4 and 0 (the others far below): 4 to 1; with T = 2 it is 2 to 1."""
    logits = np.array([[math.log(4), 0, *[-1e4] * 8]])
    assert calibration.with_temperature(logits, 1)[0, :2] == pytest.approx([0.8, 0.2])
    assert calibration.with_temperature(logits, 2)[0, :2] == pytest.approx([2 / 3, 1 / 3])
    assert calibration.negative_log_likelihood(logits, np.array([1])) == pytest.approx(math.log(5))
    assert calibration.negative_log_likelihood(logits, np.array([1]), 2) == pytest.approx(math.log(3))


def test_a_temperature_changes_the_loss_as_it_changes_the_probabilities(rng):
    logits, labels = rng.normal(0, 3, (50, 10)), rng.integers(0, 10, 50)
    wanted = -np.log(calibration.with_temperature(logits, 1.7)[np.arange(50), labels]).mean()
    assert calibration.negative_log_likelihood(logits, labels, 1.7) == pytest.approx(wanted)


def drawn(logits, rng):
    """Labels drawn from a softmax, so that it is calibrated."""
    return np.array([rng.choice(10, p=row) for row in calibration.with_temperature(logits, 1)])


@pytest.mark.parametrize("t", [0.5, 1.0, 1.4, 3.0])
def test_the_temperature_that_was_put_in_is_found(rng, t):
    logits = rng.normal(0, 2, (8000, 10))
    labels = drawn(logits, rng)
    assert calibration.fit_temperature(t * logits, labels) == pytest.approx(t, rel=0.05)


def test_where_all_are_right_or_nothing_is_known_the_fit_ends_at_its_bounds(rng):
    logits = np.eye(10)
    assert calibration.fit_temperature(logits, np.arange(10)) == pytest.approx(calibration.LEAST_T, rel=1e-3)
    assert calibration.fit_temperature(logits, np.roll(np.arange(10), 1)) == pytest.approx(calibration.MOST_T, rel=1e-3)


def test_a_calibrated_sample_has_hardly_an_error_and_one_that_is_too_sure_has(rng):
    logits = rng.normal(0, 2, (20_000, 10))
    labels = drawn(logits, rng)
    calibrated, sure = (
        calibration.expected_calibration_error(calibration.reliability(calibration.with_temperature(logits, t), labels))
        for t in (1, 0.5)
    )
    assert calibrated < 0.01
    assert sure > 0.1


def ece_by_masks(probs, labels, n_bins):
    """As in the paper, bin by bin."""
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    error = 0.0
    for m in range(n_bins):
        is_in = (confidence > m / n_bins) & (confidence <= (m + 1) / n_bins)
        if is_in.any():
            error += is_in.mean() * abs(right[is_in].mean() - confidence[is_in].mean())
    return error


LOGITS = st.integers(1, 40).flatmap(lambda n: arrays(np.float64, (n, 10), elements=st.floats(-30, 30)))
TEMPERATURES = st.floats(calibration.LEAST_T, calibration.MOST_T)
QUICK = settings(max_examples=60, deadline=None)


@QUICK
@given(logits=LOGITS, n_bins=st.integers(1, 20), seed=st.integers(0, 9))
def test_the_error_is_that_of_numpy_and_lies_in_0_to_1(logits, n_bins, seed):
    labels = np.random.default_rng(seed).integers(0, 10, len(logits))
    probs = calibration.with_temperature(logits, 1)
    counted = calibration.reliability(probs, labels, n_bins)
    error = calibration.expected_calibration_error(counted)
    assert counted.n == len(logits)
    assert 0 <= error <= 1
    edges = np.linspace(0, 1, n_bins + 1)
    if np.abs(probs.max(axis=1)[:, None] - edges[None]).min() > 1e-9:  # else rounding decides on the bin
        assert error == pytest.approx(ece_by_masks(probs, labels, n_bins), abs=1e-9)


@QUICK
@given(logits=LOGITS, t=TEMPERATURES)
def test_a_temperature_never_changes_the_order_of_the_digits_and_1_nothing(logits, t):
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    assert np.allclose(calibration.with_temperature(logits, 1), softmax, rtol=1e-9, atol=0)
    changed = calibration.with_temperature(logits, t)
    assert np.allclose(changed.sum(axis=1), 1)
    best = logits.argmax(axis=1)
    assert np.array_equal(changed[np.arange(len(best)), best], changed.max(axis=1))


@pytest.mark.parametrize("activate", [False, True])
def test_the_logits_of_probabilities_do_what_the_networks_own_do(rng, activate):
    """So no logits need be computed beside the probabilities; also where the logits go through the activation."""
    network = random_network(NetworkConfig((Convolution(3, 3),), (8,), activate_logits=activate, initial_stddev=0.5))
    images = rng.random((40, 28, 28, 1)).astype(np.float32)
    outputs = list(inspection.activations(network, images).values())
    logits = calibration.logits_of(evaluation.probabilities(network, images))
    for t in (calibration.LEAST_T, 1, 1.3, calibration.MOST_T):
        wanted = calibration.with_temperature(outputs[-2], t)
        assert np.allclose(calibration.with_temperature(logits, t), wanted, atol=1e-5)


def test_a_probability_that_float32_rounds_to_0_counts_as_the_smallest():
    probs = np.zeros((1, 10), np.float32)
    probs[0, 2] = 1
    assert np.array_equal(calibration.with_temperature(calibration.logits_of(probs), 1).argmax(axis=1), [2])
    assert 80 < calibration.negative_log_likelihood(calibration.logits_of(probs), np.array([5])) < 90
