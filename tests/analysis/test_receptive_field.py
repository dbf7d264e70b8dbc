"""What a pixel can see, against changing every pixel of the image; and the way down to the ink."""

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
            box = receptive_field.receptive_field(network.config, layer, row, column)
            rows, columns = (np.flatnonzero(moved[..., row, column].any(axis=axis)) for axis in (1, 0))
            assert (box.top, box.bottom) == (rows[0], rows[-1] + 1), (layer, row)
            assert (box.left, box.right) == (columns[0], columns[-1] + 1), (layer, column)


def test_hvass_by_hand():
    found = receptive_field.fields(HVASS, "conv2", 6, 6)
    assert [(field.layer, field.box) for field in found] == [
        ("conv2", Box(6, 6, 7, 7)),
        ("conv1_relu", Box(4, 4, 9, 9)),  # 5×5
        ("conv1_pool", Box(4, 4, 9, 9)),
        ("conv1", Box(8, 8, 18, 18)),  # 10×10
        ("image", Box(6, 6, 20, 20)),  # 14×14
    ]
    assert all(field.box == field.whole for field in found)


def test_a_corner_sees_less_than_the_kernel_covers():
    field = receptive_field.fields(HVASS, "conv1", 0, 27)[-1]
    assert field.box == Box(0, 25, 3, 28)
    assert field.whole == Box(-2, 25, 3, 30)
    assert (field.whole.height, field.whole.width) == (5, 5)


def test_the_image_sees_itself():
    assert receptive_field.receptive_field(HVASS, "image", 3, 4) == Box(3, 4, 4, 5)


@pytest.mark.parametrize(
    ("layer", "row", "message"), [("dense1", 0, "a layer with maps"), ("conv2", 14, "inside"), ("conv9", 0, "layers")]
)
def test_what_is_not_there_is_refused(layer, row, message):
    with pytest.raises(ValueError, match=message):
        receptive_field.fields(HVASS, layer, row, 0)


def test_a_patch_is_nan_outside_the_image():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert receptive_field.patch(image, Box(1, 2, 3, 4)).tolist() == [[6, 7], [10, 11]]
    found = receptive_field.patch(image, Box(-1, 3, 1, 5))
    assert found[1, 0] == 3
    assert np.isnan(found).tolist() == [[True, True], [False, True]]
    assert np.isnan(receptive_field.patch(image, Box(-3, -3, -1, -1))).all()


# --- the way down ---------------------------------------------------------------------------------------------------

ONE = NetworkConfig((Convolution(1, 3), Convolution(2, 3)), ())


def empty(config):
    return {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}


def outputs_of(network, image):
    return {name: array[0] for name, array in inspection.activations(network, image[None]).items()}


def lone_pixel():
    """A network that looks one pixel up and to the left, twice, and an image with ink at (10, 12) and (20, 5)."""
    weights = empty(ONE)
    weights["conv1/kernel"][0, 0, 0, 0] = 2
    weights["conv2/kernel"][0, 0, 0, 1] = 3
    weights["logits/kernel"][1::2, 7] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 12], image[20, 5] = 0.5, 0.25
    network = Network(ONE, weights)
    return network, outputs_of(network, image)


def test_a_chain_from_an_answer_to_the_ink():
    network, outputs = lone_pixel()
    links = receptive_field.chain(network, outputs, "softmax", (7,))
    assert [(link.layer, link.position, link.value) for link in links[1:]] == [
        ("logits", (7,), 4.5),  # 0.5 × 2 × 3 and 0.25 × 2 × 3
        ("flatten", (2 * (3 * 7 + 3) + 1,), 3),
        ("conv2_pool", (3, 3, 1), 3),
        ("conv2_relu", (6, 7, 1), 3),
        ("conv2", (6, 7, 1), 3),
        ("conv1_pool", (5, 6, 0), 1),
        ("conv1_relu", (11, 13, 0), 1),
        ("conv1", (11, 13, 0), 1),
        ("image", (10, 12, 0), 0.5),
    ]
    assert links[0].gave is None
    assert [link.gave for link in links[1:]] == [4.5, 3, 3, 3, 3, 3, 1, 1, 1]


def test_a_chain_ends_where_only_the_bias_is_left():
    network, outputs = lone_pixel()
    links = receptive_field.chain(network, outputs, "conv2_pool", (0, 0, 0))
    assert [link.layer for link in links] == ["conv2_pool", "conv2_relu", "conv2"]


def test_the_one_that_took_most_away_where_none_gave():
    weights = empty(ONE)
    weights["conv1/kernel"][1, :, 0, 0] = -1, -2, -1
    image = np.full((28, 28, 1), 0.5, np.float32)
    network = Network(ONE, weights)
    links = receptive_field.chain(network, outputs_of(network, image), "conv1", (4, 4, 0))
    assert [(link.position, link.gave) for link in links] == [((4, 4, 0), None), ((4, 4, 0), -1)]


def test_an_average_is_shared():
    config = NetworkConfig((Convolution(1, 1),), (), "tanh", "average", pool_first=True)
    weights = empty(config)
    weights["conv1/kernel"][:] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[2:4, 2:4, 0] = [[0.2, 0.4], [0.8, 0.6]]
    network = Network(config, weights)
    links = receptive_field.chain(network, outputs_of(network, image), "conv1_pool", (1, 1, 0))
    assert [link.position for link in links] == [(1, 1, 0), (3, 2, 0), (3, 2, 0)]
    assert [link.gave for link in links[1:]] == pytest.approx([0.2, 0.8])


def test_an_average_at_the_edge_is_shared_by_fewer():
    config = NetworkConfig((Convolution(1, 1, 4),), (), "tanh", "average", pool_first=True)  # maps of 7×7
    weights = empty(config)
    weights["conv1/kernel"][:] = 1
    image = np.zeros((28, 28, 1), np.float32)
    image[20, 24], image[16, 24] = 0.2, 0.8
    network = Network(config, weights)
    outputs = outputs_of(network, image)
    links = receptive_field.chain(network, outputs, "conv1_pool", (2, 3, 0))
    assert [(link.layer, link.position) for link in links[1:]] == [("conv1", (4, 6, 0)), ("image", (16, 24, 0))]
    assert links[0].value == pytest.approx(0.5)
    assert [link.gave for link in links[1:]] == pytest.approx([0.4, 0.8])


def test_each_link_gives_no_less_than_any_neighbour_would(rng):
    network = positive_network(CONFIGS["odd maps"])
    outputs = outputs_of(network, rng.random((28, 28, 1), np.float32))
    links = receptive_field.chain(network, outputs, "logits", (3,))
    assert [link.layer for link in links[::-1]] == [layer.name for layer in layers(network.config)[:-1]]
    conv1, ink = links[-2], links[-1]
    seen = receptive_field.receptive_field(network.config, "conv1", *conv1.position[:2])
    assert seen.top <= ink.position[0] < seen.bottom
    assert seen.left <= ink.position[1] < seen.right


def test_a_chain_refuses_what_is_not_there():
    network, outputs = lone_pixel()
    with pytest.raises(ValueError, match="inside an array"):
        receptive_field.chain(network, outputs, "conv1", (28, 0, 0))
    with pytest.raises(ValueError, match="one of the layers"):
        receptive_field.chain(network, outputs, "conv7", (0, 0, 0))
    assert len(receptive_field.chain(network, outputs, "image", (0, 0, 0))) == 1
