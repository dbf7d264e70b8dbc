"""Saliency and occlusion on networks whose answers are known by construction."""

import numpy as np
import pytest

from cnnviz.analysis import attribution
from cnnviz.analysis.submodel import value_and_gradient
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network
from networks import logits_by_hand, random_network, zero_weights

LINEAR = NetworkConfig((), ())
SMOOTH = NetworkConfig((Convolution(3, 5, 2), Convolution(2, 4)), (6,), "sigmoid", "average", dropout=0.5)


def one_pixel(digit=4, weight=3.0, place=(10, 12)):
    """A network that answers `digit` the surer, the more ink there is on one pixel."""
    weights = zero_weights(LINEAR)
    weights["logits/kernel"][28 * place[0] + place[1], digit] = weight
    return Network(LINEAR, weights)


STEP = 0.05


def saliency_by_hand(network, image):
    """One pixel after the other, by `logits_by_hand`; float64 (28, 28, 10)."""
    result = np.zeros((28, 28, 10))
    [free] = logits_by_hand(network, image[None])
    for row in range(28):
        other = np.stack([image] * 28).astype(np.float64)
        full = image[row] > 1 - STEP
        other[range(28), row, range(28)] += np.where(full, -STEP, STEP)
        result[row] = (logits_by_hand(network, other) - free) * np.where(full, -1, 1)[:, None]
    return result


def on_blank_paper(rng):
    """An image with blank paper, full ink and everything between."""
    image = np.zeros((28, 28), np.float32)
    image[6:20, 8:12], image[9:15, 12:20] = 1, rng.random((6, 8), np.float32)
    return image


def test_the_saliency_of_a_linear_network_is_a_step_times_its_weights(rng):
    network = random_network(LINEAR)
    result = attribution.saliency(network, rng.random((28, 28, 1), np.float32))
    assert (result.shape, result.dtype) == ((28, 28, 10), np.float32)
    assert attribution.INK_STEP == STEP
    assert result == pytest.approx(STEP * network.weights["logits/kernel"].reshape(28, 28, 10), abs=1e-6)


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig((Convolution(3, 5), Convolution(2, 3)), (6,), pool_first=True),
        NetworkConfig((Convolution(3, 5), Convolution(2, 3)), (6,), pool_first=False, dropout=0.5),
        NetworkConfig((Convolution(4, 4, 2),), (), "tanh", "average"),
        NetworkConfig((Convolution(3, 3, 2),), (5,), "sigmoid", "none"),
    ],
)
def test_saliency_is_what_a_step_of_ink_does_at_every_pixel(config, rng):
    """On blank paper all four numbers of a pooling window are the same, and a gradient is that of one of them."""
    network, image = random_network(config), on_blank_paper(rng)
    result, expected = attribution.saliency(network, image), saliency_by_hand(network, image)
    assert np.abs(result - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("model", ["hvass", "robust"])
def test_the_saliency_of_a_shipped_network_is_what_a_step_of_ink_does(model, bundled):
    network, image = store.load(store.open_model(store.ROOT / model)), bundled.images[3, :, :, 0]
    assert (image == 0).any()
    assert (image > 1 - STEP).any()
    result, expected = attribution.saliency(network, image), saliency_by_hand(network, image)
    assert np.abs(result - expected).max() < 1e-3 * np.abs(expected).max()
    # What the gradient says of blank paper is another thing: that is why the step is made.
    digit = int(logits_by_hand(network, image[None]).argmax())
    _, gradient = value_and_gradient(network, image, "logits", (digit,))
    assert np.count_nonzero(gradient * expected[..., digit] < 0) > 16


def test_where_nothing_ties_and_the_network_is_smooth_saliency_is_the_gradient_times_the_step(rng):
    network, image = random_network(SMOOTH), rng.random((28, 28), np.float32)
    _, gradient = value_and_gradient(network, image, "logits", (3,))
    result = attribution.saliency(network, image)[..., 3] / STEP
    assert np.abs(result - gradient).max() < 0.02 * np.abs(gradient).max()


def test_at_full_ink_the_step_is_less_ink_and_the_sign_says_what_ink_does():
    """The logit is relu(ink - 0.97): more ink would raise it, less ink lowers it by 0.03."""
    config = NetworkConfig((), (1,))
    weights = zero_weights(config)
    weights["dense1/kernel"][:2], weights["dense1/bias"][:], weights["logits/kernel"][0, 2] = 1, -0.97, 1
    image = np.zeros((28, 28), np.float32)
    image[0, 0] = 1
    result = attribution.saliency(Network(config, weights), image)[..., 2]
    assert result[0, :3] == pytest.approx([0.03, STEP, 0], abs=1e-6)
    assert np.count_nonzero(result) == 2
    assert attribution.has_room(np.array([0, 0.95, 0.951, 1], np.float32)).tolist() == [True, True, False, False]


def test_saliency_is_taken_before_the_activation_of_the_logits():
    config = NetworkConfig((), (), "relu", activate_logits=True)
    weights = zero_weights(config)
    weights["logits/kernel"][0, 2], weights["logits/bias"][2] = 1, -5  # behind the ReLU all would be 0
    result = attribution.saliency(Network(config, weights), np.zeros((28, 28), np.float32))
    assert result[0, 0, 2] == pytest.approx(STEP, rel=1e-5)
    assert np.count_nonzero(result) == 1


# --- occlusion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", [-1, 10])
def test_numbers_that_are_no_digit_are_refused(digit):
    with pytest.raises(ValueError, match=r"a digit in 0\.\.9"):
        attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), digit)


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
