"""Receptive fields, against changing every pixel of the image."""

import itertools

import numpy as np
import pytest

from cnnviz.analysis import inspection, receptive_field
from cnnviz.analysis.receptive_field import Box
from cnnviz.network.config import Convolution, NetworkConfig, layers, weight_shapes
from cnnviz.network.presets import HVASS
from cnnviz.network.weights import Network

# Sigmoid and average hide nothing: every pixel that is computed from another moves with it.
CONFIGS = {
    "two layers": NetworkConfig((Convolution(2, 5), Convolution(2, 3)), (), "sigmoid", "average"),
    "even kernels": NetworkConfig((Convolution(2, 4), Convolution(2, 2)), (), "sigmoid", "average", pool_first=True),
    "strides": NetworkConfig((Convolution(2, 3, 2), Convolution(2, 4, 2)), (), "sigmoid", "none"),
    "pixels that nothing sees": NetworkConfig((Convolution(2, 1, 4), Convolution(2, 5)), (), "sigmoid", "none"),
    "no padding": NetworkConfig((Convolution(2, 5), Convolution(2, 3)), (), "sigmoid", "average", padding="valid"),
    "no padding, strides": NetworkConfig((Convolution(2, 4, 3),), (), "sigmoid", "none", padding="valid"),
    "odd maps": NetworkConfig((Convolution(2, 5, 4), Convolution(2, 3)), (), "sigmoid", "average"),
}


def positive_network(config):
    """Positive weights, so that nothing cancels, small enough to keep the sigmoid away from its flat ends."""
    rng = np.random.default_rng(0)
    scales = {name: 1 / np.prod(shape[:-1]) for name, shape in weight_shapes(config).items()}
    draws = {name: scales[name] * rng.uniform(0.5, 1.5, shape) for name, shape in weight_shapes(config).items()}
    return Network(config, {name: draw.astype(np.float32) for name, draw in draws.items()})


def moved_by_each_pixel(network):
    """For each layer a bool array (28, 28, height, width): whether an image pixel moves a pixel of its maps.

    The same sum may differ in its last bits from one image of a batch to the next; that is no move.
    """
    images = np.zeros((785, 28, 28, 1), np.float32)
    images[np.arange(784), *divmod(np.arange(784), 28)] = 50
    outputs = inspection.activations(network, images)
    return {
        layer.name: (np.abs(outputs[layer.name][:-1] - outputs[layer.name][-1]) > 1e-6)
        .any(axis=-1)
        .reshape(28, 28, *layer.shape[:2])
        for layer in layers(network.config)
        if layer.is_map
    }


@pytest.mark.parametrize("name", CONFIGS)
def test_fields_are_the_pixels_that_matter(name):
    network = positive_network(CONFIGS[name])
    for layer, moved in moved_by_each_pixel(network).items():
        sides = moved.shape[2:]
        edges = [sorted({0, 1, side // 2, side - 2, side - 1}) for side in sides]
        for row, column in itertools.product(*edges):
            box = receptive_field.receptive_field_in_image(network.config, layer, row, column)
            rows, columns = (np.flatnonzero(moved[..., row, column].any(axis=axis)) for axis in (1, 0))
            assert (box.top, box.bottom) == (rows[0], rows[-1] + 1), (layer, row)
            assert (box.left, box.right) == (columns[0], columns[-1] + 1), (layer, column)


def test_fields_of_hvass_worked_out_by_hand():
    fields = receptive_field.receptive_fields(HVASS, "conv2", 6, 6)
    assert [(field.layer, field.box) for field in fields] == [
        ("conv2", Box(6, 6, 7, 7)),
        ("conv1_relu", Box(4, 4, 9, 9)),  # 5×5
        ("conv1_pool", Box(4, 4, 9, 9)),
        ("conv1", Box(8, 8, 18, 18)),  # 10×10
        ("image", Box(6, 6, 20, 20)),  # 14×14
    ]
    assert all(field.box == field.unclipped for field in fields)


def test_at_a_corner_the_field_is_clipped_and_its_unclipped_box_is_not():
    field = receptive_field.receptive_fields(HVASS, "conv1", 0, 27)[-1]
    assert field.box == Box(0, 25, 3, 28)
    assert field.unclipped == Box(-2, 25, 3, 30)
    assert (field.unclipped.height, field.unclipped.width) == (5, 5)


def test_the_field_of_an_image_pixel_is_itself():
    assert receptive_field.receptive_field_in_image(HVASS, "image", 3, 4) == Box(3, 4, 4, 5)


@pytest.mark.parametrize(
    ("layer", "row", "message"), [("dense1", 0, "a layer with maps"), ("conv2", 14, "inside"), ("conv9", 0, "layers")]
)
def test_layers_and_pixels_that_do_not_exist_are_refused(layer, row, message):
    with pytest.raises(ValueError, match=message):
        receptive_field.receptive_fields(HVASS, layer, row, 0)


def test_a_patch_is_nan_outside_the_image():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert receptive_field.extract_patch(image, Box(1, 2, 3, 4)).tolist() == [[6, 7], [10, 11]]
    patch = receptive_field.extract_patch(image, Box(-1, 3, 1, 5))
    assert patch[1, 0] == 3
    assert np.isnan(patch).tolist() == [[True, True], [False, True]]
    assert np.isnan(receptive_field.extract_patch(image, Box(-3, -3, -1, -1))).all()
