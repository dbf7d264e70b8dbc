"""Saliency and occlusion on networks whose answers are known by construction."""

import numpy as np
import pytest

from cnnviz.analysis import attribution, inspection
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import random_network, zero_weights

LINEAR = NetworkConfig((), ())
SMOOTH = NetworkConfig((Convolution(3, 5, 2), Convolution(2, 4)), (6,), "sigmoid", "average", dropout=0.5)


def one_pixel(digit=4, weight=3.0, place=(10, 12)):
    """A network that answers `digit` the surer, the more ink there is on one pixel."""
    weights = zero_weights(LINEAR)
    weights["logits/kernel"][28 * place[0] + place[1], digit] = weight
    return Network(LINEAR, weights)


def test_the_saliency_of_a_linear_network_is_its_weights(rng):
    network = random_network(LINEAR)
    result = attribution.saliency(network, rng.random((28, 28, 1), np.float32), 7)
    assert (result.shape, result.dtype) == ((28, 28), np.float32)
    assert result == pytest.approx(network.weights["logits/kernel"][:, 7].reshape(28, 28), abs=1e-6)


def test_saliency_is_the_slope_of_the_logit(rng):
    network, image = random_network(SMOOTH), rng.random((28, 28), np.float32)
    result = attribution.saliency(network, image, 3)
    pixels, step = [(0, 0), (13, 14), (27, 27), (5, 20)], 0.05
    nudged = np.stack([image] * 8)[..., None]
    for i, pixel in enumerate(pixels):
        nudged[2 * i][pixel] += step
        nudged[2 * i + 1][pixel] -= step
    logits = inspection.activations(network, nudged)["logits"][:, 3]
    slopes = (logits[::2] - logits[1::2]) / (2 * step)
    assert [result[pixel] for pixel in pixels] == pytest.approx(slopes, rel=0.02, abs=2e-4)


def test_saliency_is_taken_before_the_activation_of_the_logits():
    config = NetworkConfig((), (), "relu", activate_logits=True)
    weights = zero_weights(config)
    weights["logits/kernel"][0, 2], weights["logits/bias"][2] = 1, -5  # behind the ReLU all would be 0
    result = attribution.saliency(Network(config, weights), np.zeros((28, 28), np.float32), 2)
    assert (result[0, 0], np.count_nonzero(result)) == (1, 1)


@pytest.mark.parametrize("digit", [-1, 10])
def test_numbers_that_are_no_digit_are_refused(digit):
    image = np.zeros((28, 28), np.float32)
    for function in (attribution.saliency, attribution.occlusion):
        with pytest.raises(ValueError, match=r"a digit in 0\.\.9"):
            function(one_pixel(), image, digit)


# --- occlusion ------------------------------------------------------------------------------------------------------


def test_only_squares_that_cover_the_pixel_change_the_probability():
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 12] = 1
    result = attribution.occlusion(one_pixel(), image, 4)
    assert (result.shape, result.dtype) == ((24, 24), np.float32)
    free, covered = np.exp(3) / (np.exp(3) + 9), np.exp(1.5) / (np.exp(1.5) + 9)
    expected = np.full((24, 24), free)
    expected[6:11, 8:13] = covered
    assert result == pytest.approx(expected, abs=1e-6)
    assert image.sum() == 1


def test_the_square_has_its_own_side_stride_and_grey():
    result = attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, 3, 5, grey=1.0)
    assert result.shape == (6, 6)  # at 0, 5, …, 25
    assert result[2, 2] == pytest.approx(np.exp(3) / (np.exp(3) + 9), abs=1e-6)  # 10..12 × 10..12
    assert np.count_nonzero(result > 0.11) == 1
    assert attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, 28).shape == (1, 1)


@pytest.mark.parametrize(("side", "stride", "grey"), [(0, 1, 0.5), (29, 1, 0.5), (5, 0, 0.5), (5, 1, 1.5)])
def test_squares_that_do_not_fit_are_refused(side, stride, grey):
    with pytest.raises(ValueError, match="Expected a side of 1 to 28"):
        attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, side, stride, grey=grey)


# --- the images a filter likes best ---------------------------------------------------------------------------------
