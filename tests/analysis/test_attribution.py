"""Gradients, squares and searches on networks whose answers are known by construction."""

import numpy as np
import pytest

from cnnviz.analysis import attribution, inspection
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.presets import HVASS
from cnnviz.network.weights import Network

LINEAR = NetworkConfig((), ())
SMOOTH = NetworkConfig((Convolution(3, 5, 2), Convolution(2, 4)), (6,), "sigmoid", "average", dropout=0.5)


def empty(config):
    return {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}


def random_network(config, seed=0):
    rng = np.random.default_rng(seed)
    scales = {name: 2 / np.sqrt(np.prod(shape[:-1])) for name, shape in weight_shapes(config).items()}
    draws = {name: scales[name] * rng.normal(size=shape) for name, shape in weight_shapes(config).items()}
    return Network(config, {name: draw.astype(np.float32) for name, draw in draws.items()})


def one_pixel(digit=4, weight=3.0, place=(10, 12)):
    """A network that answers `digit` the surer, the more ink there is on one pixel."""
    weights = empty(LINEAR)
    weights["logits/kernel"][28 * place[0] + place[1], digit] = weight
    return Network(LINEAR, weights)


def dataset(images):
    return Dataset(images.astype(np.float32), np.zeros(len(images), np.int64), "made up")


# --- saliency -------------------------------------------------------------------------------------------------------


def test_the_saliency_of_a_linear_network_is_its_weights(rng):
    network = random_network(LINEAR)
    found = attribution.saliency(network, rng.random((28, 28, 1), np.float32), 7)
    assert (found.shape, found.dtype) == ((28, 28), np.float32)
    assert found == pytest.approx(network.weights["logits/kernel"][:, 7].reshape(28, 28), abs=1e-6)


def test_saliency_is_the_slope_of_the_logit(rng):
    network, image = random_network(SMOOTH), rng.random((28, 28), np.float32)
    found = attribution.saliency(network, image, 3)
    pixels, step = [(0, 0), (13, 14), (27, 27), (5, 20)], 0.05
    nudged = np.stack([image] * 8)[..., None]
    for i, pixel in enumerate(pixels):
        nudged[2 * i][pixel] += step
        nudged[2 * i + 1][pixel] -= step
    logits = inspection.activations(network, nudged)["logits"][:, 3]
    slopes = (logits[::2] - logits[1::2]) / (2 * step)
    assert [found[pixel] for pixel in pixels] == pytest.approx(slopes, rel=0.02, abs=2e-4)


def test_saliency_looks_before_the_activation_of_the_logits():
    config = NetworkConfig((), (), "relu", activate_logits=True)
    weights = empty(config)
    weights["logits/kernel"][0, 2], weights["logits/bias"][2] = 1, -5  # behind the ReLU all would be 0
    found = attribution.saliency(Network(config, weights), np.zeros((28, 28), np.float32), 2)
    assert (found[0, 0], np.count_nonzero(found)) == (1, 1)


@pytest.mark.parametrize("digit", [-1, 10])
def test_digits_that_are_none_are_refused(digit):
    image = np.zeros((28, 28), np.float32)
    for function in (attribution.saliency, attribution.occlusion):
        with pytest.raises(ValueError, match=r"a digit in 0\.\.9"):
            function(one_pixel(), image, digit)


# --- occlusion ------------------------------------------------------------------------------------------------------


def test_only_squares_on_the_pixel_change_the_answer():
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 12] = 1
    found = attribution.occlusion(one_pixel(), image, 4)
    assert (found.shape, found.dtype) == ((24, 24), np.float32)
    free, covered = np.exp(3) / (np.exp(3) + 9), np.exp(1.5) / (np.exp(1.5) + 9)
    expected = np.full((24, 24), free)
    expected[6:11, 8:13] = covered
    assert found == pytest.approx(expected, abs=1e-6)
    assert image.sum() == 1


def test_the_square_has_its_own_side_stride_and_grey():
    found = attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, 3, 5, grey=1.0)
    assert found.shape == (6, 6)  # at 0, 5, …, 25
    assert found[2, 2] == pytest.approx(np.exp(3) / (np.exp(3) + 9), abs=1e-6)  # 10..12 × 10..12
    assert np.count_nonzero(found > 0.11) == 1
    assert attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, 28).shape == (1, 1)


@pytest.mark.parametrize(("side", "stride", "grey"), [(0, 1, 0.5), (29, 1, 0.5), (5, 0, 0.5), (5, 1, 1.5)])
def test_squares_that_do_not_fit_are_refused(side, stride, grey):
    with pytest.raises(ValueError, match="Expected a side of 1 to 28"):
        attribution.occlusion(one_pixel(), np.zeros((28, 28), np.float32), 4, side, stride, grey=grey)


# --- the images a filter likes best ---------------------------------------------------------------------------------


def spots():
    """Six images with one spot each, of ink 0.1 to 0.6, on its own place."""
    images = np.zeros((6, 28, 28, 1), np.float32)
    for i in range(6):
        images[i, 2 + 3 * i, 20 - 2 * i] = (i + 1) / 10
    return dataset(images)


def looking_up_left():
    """Filter 0 sees the pixel above and left of it twice as strong, filter 1 its negative; filter 2 is dead."""
    config = NetworkConfig((Convolution(3, 3),), ())
    weights = empty(config)
    weights["conv1/kernel"][0, 0, 0] = 2, -1, 0
    return Network(config, weights)


def test_the_strongest_images_and_where():
    found = attribution.top_images(looking_up_left(), spots(), "conv1_relu", 3)
    assert found.indices.tolist() == [[5, 4, 3], [0, 1, 2], [0, 1, 2]]
    assert found.rows[0].tolist() == [18, 15, 12]  # one below the spots at 17, 14, 11
    assert found.columns[0].tolist() == [11, 13, 15]
    assert found.activations[0] == pytest.approx([1.2, 1.0, 0.8])
    assert found.activations[1:].tolist() == [[0, 0, 0]] * 2


def test_every_image_is_searched_in_batches(rng, monkeypatch):
    monkeypatch.setattr(attribution, "BATCH_SIZE", 10)
    images = rng.random((57, 28, 28, 1), np.float32)
    network, digits = random_network(SMOOTH), dataset(images)
    for layer in ("conv1", "conv2_pool"):
        found = attribution.top_images(network, digits, layer)
        maps = inspection.activations(network, images)[layer]
        strongest = maps.max(axis=(1, 2))
        assert found.activations == pytest.approx(-np.sort(-strongest, axis=0)[:9].T, abs=1e-5)
        filters = np.arange(maps.shape[-1])[:, None]
        there = maps[found.indices, found.rows, found.columns, filters]
        assert there == pytest.approx(found.activations, abs=1e-5)
        assert [len(set(row)) for row in found.indices.tolist()] == [9] * len(filters)


def test_a_search_in_pieces_is_the_same(rng):
    network, digits = random_network(SMOOTH), dataset(rng.random((60, 28, 28, 1), np.float32))
    parts = [attribution.strongest_in(network, digits, "conv2", i, i + 25) for i in (0, 25, 50)]
    assert [len(part) for part in parts] == [25, 25, 10]
    found = attribution.places_of(network, digits, "conv2", np.concatenate(parts), 4)
    whole = attribution.top_images(network, digits, "conv2", 4)
    assert (found.indices == whole.indices).all()
    assert (found.rows == whole.rows).all()


@pytest.mark.parametrize("layer", ["image", "flatten", "dense1", "softmax", "conv7"])
def test_layers_without_maps_are_not_searched(layer):
    with pytest.raises(ValueError, match=r"a layer with maps|one of the layers"):
        attribution.top_images(random_network(HVASS), spots(), layer, 1)


@pytest.mark.parametrize("n", [0, 7])
def test_more_images_than_there_are_cannot_be_found(n):
    with pytest.raises(ValueError, match="Expected 1 to 6 images"):
        attribution.top_images(looking_up_left(), spots(), "conv1", n)


# --- gradient ascent ------------------------------------------------------------------------------------------------


def test_ink_grows_where_the_filter_looks():
    found = attribution.exciting_input(looking_up_left(), "conv1", 0)
    assert (found.image.shape, found.image.dtype) == ((28, 28), np.float32)
    assert found.image.min() >= 0
    assert found.image[13, 13] == found.image.max() > 0.95  # the middle of the map is (14, 14)
    assert found.image[:10].max() < 0.05
    assert found.before < 0.2 < found.after == pytest.approx(2 * found.image[13, 13])


def test_ink_goes_where_the_filter_minds_it():
    found = attribution.exciting_input(looking_up_left(), "conv1", 1)
    assert found.image[13, 13] == 0
    assert found.after == 0


def test_a_digit_that_looks_at_one_half_gets_ink_there():
    weights = empty(LINEAR)
    weights["logits/kernel"].reshape(28, 28, 10)[:14, :, 6] = 1
    weights["logits/kernel"].reshape(28, 28, 10)[14:, :, 6] = -1
    found = attribution.exciting_input(Network(LINEAR, weights), "logits", 6)
    assert found.image[:13].min() > 0.9
    assert found.image[15:].max() == 0


def test_what_was_reached_is_what_the_network_gives():
    network = random_network(SMOOTH)
    found = attribution.exciting_input(network, "conv2", 1, seed=3, steps=30)
    map_ = inspection.activations(network, found.image[None, :, :, None])["conv2"][0, :, :, 1]
    assert found.after == pytest.approx(map_[map_.shape[0] // 2, map_.shape[1] // 2], abs=1e-5)
    assert found.after > found.before


def test_the_same_seed_gives_the_same_image():
    network = random_network(SMOOTH)
    images = [attribution.exciting_input(network, "conv2", 0, seed, 20).image for seed in (1, 1, 2)]
    assert images[0] == pytest.approx(images[1], abs=1e-6)
    assert np.abs(images[0] - images[2]).max() > 1e-3


def test_a_dead_filter_excites_nothing():
    found = attribution.exciting_input(looking_up_left(), "conv1", 2, 0, 300)
    assert (found.before, found.after) == (0, 0)
    assert found.image.max() < 0.001


def test_no_steps_leave_the_noise():
    found = attribution.exciting_input(looking_up_left(), "conv1", 0, 0, 0)
    assert found.before == found.after
    assert 0.05 < found.image.max() <= attribution.START_INK


@pytest.mark.parametrize(("layer", "filter_"), [("conv1_relu", 0), ("flatten", 0), ("conv1", 3), ("conv1", -1)])
def test_what_has_no_weights_cannot_be_excited(layer, filter_):
    with pytest.raises(ValueError, match=r"convolution or fully connected layer|a filter in 0\.\.2"):
        attribution.exciting_input(looking_up_left(), layer, filter_)
