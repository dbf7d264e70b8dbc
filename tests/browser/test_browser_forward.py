"""In a real browser: its forward pass gives what TensorFlow gives, its preparation of a drawing what the server's does.

MNIST's digits are looked at where they are, and recorded strokes where CNNVIZ_STROKES names a file of them: lines of
JSON, gzip, with "strokes", each a list of [x, y], y down.
"""

import contextlib
import gzip
import itertools
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import browser
import forward
import pen
from cnnviz.analysis import evaluation, inspection, weight_editing
from cnnviz.data import dataset
from cnnviz.drawing import strokes
from cnnviz.drawing.preparation import STEPS, prepare
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.presets import PRESETS
from cnnviz.synthesis.digits import sample_strokes
from common import MNIST, needs_mnist
from networks import random_network, zero_weights

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
RECORDED = os.environ.get("CNNVIZ_STROKES")
SUBSETS = [left_out for n in range(len(STEPS) + 1) for left_out in itertools.combinations(STEPS, n)]
TINY = NetworkConfig((Convolution(3, 3),), (4,))
AT_ONCE = 100
LAST_BITS = 1e-6
FEW_ROUNDINGS = 4


@pytest.fixture(scope="module")
def page(new_page):
    with new_page() as opened:
        yield forward.ForwardPage(opened)


@pytest.fixture(scope="module")
def shipped():
    return {model.name: model for model in store.models()}


def network_of(preset, shipped):
    return store.load(shipped[preset]) if preset in shipped else random_network(PRESETS[preset].network)


def assert_same_answers(page, network, images):
    """The digit every time, and the probabilities."""
    wanted = evaluation.probabilities(network, images)
    finite, outputs = page.outputs(images, ("softmax",))
    assert all(finite)
    assert np.array_equal(outputs["softmax"].argmax(axis=1), wanted.argmax(axis=1))
    assert np.abs(outputs["softmax"] - wanted).max() < 1e-4


def assert_same_maps(page, network, images):
    """What leaves every layer, in order and form."""
    wanted = inspection.activations(network, images)
    finite, outputs = page.outputs(images)
    assert all(finite)
    assert list(outputs) == list(wanted)
    for name, values in wanted.items():
        assert outputs[name].shape == values.shape
        # Where all values of a layer are the same their spread is 0, and float32 still rounds.
        rounding = FEW_ROUNDINGS * np.finfo(np.float32).eps * np.abs(values).max()
        assert np.abs(outputs[name] - values).max() <= 1e-3 * max(np.ptp(values), 1e-6) + rounding, name


@pytest.mark.parametrize("preset", PRESETS)
def test_every_layer_of_a_preset_is_as_in_tensorflow(page, shipped, bundled, preset):
    network = network_of(preset, shipped)
    page.open(network)
    assert_same_maps(page, network, bundled.images[:5])
    assert_same_answers(page, network, bundled.images[:AT_ONCE])


@needs_mnist
@pytest.mark.parametrize("preset", PRESETS)
def test_hundreds_of_digits_of_mnist_are_read_as_by_tensorflow(page, shipped, preset):
    images = dataset.load(dataset.Source("idx", MNIST), "test").images[:200]
    network = network_of(preset, shipped)
    page.open(network)
    assert_same_answers(page, network, images)


convolutions = st.builds(
    Convolution, st.integers(1, 18), st.integers(1, 8) | st.sampled_from([27, 28]), st.sampled_from([1, 1, 2, 3, 4])
)
fields = st.fixed_dictionaries(
    {
        "convolutions": st.lists(convolutions, max_size=3).map(tuple),
        "dense": st.lists(st.integers(1, 20), max_size=2).map(tuple),
        "activation": st.sampled_from(["relu", "sigmoid", "tanh"]),
        "pooling": st.sampled_from(["max", "average", "none"]),
        "pool_first": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.5]),
        "activate_logits": st.booleans(),
        "padding": st.sampled_from(["same", "valid"]),
    }
)


def possible(fields):
    """The network; without pooling where a map is too small for it, then with padding where one is for a kernel."""
    for changes in ({}, {"pooling": "none"}):
        with contextlib.suppress(ValueError):
            return NetworkConfig(**fields | changes)
    return NetworkConfig(**fields | {"pooling": "none", "padding": "same"})


NO_PADDING = {
    "pooling": NetworkConfig((Convolution(9, 5), Convolution(3, 3)), (7,), padding="valid"),
    "strides": NetworkConfig((Convolution(3, 4, 3), Convolution(10, 2, 2)), (), "tanh", "none", padding="valid"),
}


@pytest.mark.parametrize("config", NO_PADDING.values(), ids=NO_PADDING)
def test_every_layer_without_padding_is_as_in_tensorflow(page, bundled, config):
    network = random_network(config)
    page.open(network)
    assert_same_maps(page, network, bundled.images[:3])


@settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate,),  # to find a simpler network that fails takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(fields, st.integers(0, 1000))
def test_every_layer_of_any_network_is_as_in_tensorflow(page, bundled, fields, seed):
    config = possible(fields)
    network = random_network(config, seed)
    noise = np.random.default_rng(seed).random((1, 28, 28, 1)).astype(np.float32)
    page.open(network)
    assert_same_maps(page, network, np.concatenate([bundled.images[seed % 500][None], 0 * noise, 0 * noise + 1, noise]))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("pooling", "pool_first"), [("max", True), ("max", False), ("average", True), ("none", False)])
def test_without_some_filters_every_layer_is_as_in_tensorflow_with_their_weights_0(
    page, bundled, activation, pooling, pool_first
):
    config = NetworkConfig(
        (Convolution(9, 3), Convolution(4, 3)), (5,), activation=activation, pooling=pooling, pool_first=pool_first
    )
    network = random_network(config, 4)
    off = {"conv1": [0, 8], "conv2": [2], "dense1": [1, 3]}
    broken = network
    for layer, filters in off.items():
        broken = weight_editing.without_filters(broken, layer, filters)
    images = bundled.images[:5]
    page.open(network)
    finite, found = page.outputs(images, off=off)
    assert all(finite)
    for name, values in inspection.activations(broken, images).items():
        assert np.abs(found[name] - values).max() <= 1e-3 * max(np.ptp(values), 1e-6), name
    assert (found["conv1_relu" if activation == "relu" else f"conv1_{activation}"][..., [0, 8]] == (
        0.5 if activation == "sigmoid" else 0)).all()  # fmt: skip
    assert_same_maps(page, network, images)  # and all of it is there again


WILD = {
    "no number": lambda weights, rng: np.where(rng.random(weights.shape) < 0.1, np.nan, weights),
    "one that is no number": lambda weights, rng: np.where(np.arange(weights.size) == 7, np.nan, weights),
    "infinite": lambda weights, rng: np.where(rng.random(weights.shape) < 0.1, -np.inf, weights),
    "enormous": lambda weights, _: 0 * weights + 3e38,
    "enormous, of both signs": lambda weights, rng: 3e38 * np.sign(rng.normal(size=weights.shape)),
}


@pytest.mark.parametrize("name", ["conv1/kernel", "dense1/kernel", "logits/kernel"])
@pytest.mark.parametrize("change", WILD.values(), ids=WILD)
def test_weights_that_give_no_numbers_are_said(page, bundled, rng, change, name):
    weights = random_network(TINY).weights
    changed = dict(weights) | {name: change(weights[name].ravel(), rng)}
    page.open_weights(TINY, [values.astype("<f4").tobytes() for values in changed.values()])
    finite, _ = page.outputs(bundled.images[:5], ("softmax",))
    assert finite == [False] * 5


@pytest.mark.parametrize(("pooling", "is_finite"), [("max", True), ("average", False)])
def test_a_mean_whose_sum_leaves_the_range_is_said(page, pooling, is_finite):
    config = NetworkConfig((Convolution(1, 1),), (), pooling=pooling)
    weights = zero_weights(config) | {"conv1/kernel": np.full((1, 1, 1, 1), 3e38, np.float32)}
    page.open_weights(config, [values.astype("<f4").tobytes() for values in weights.values()])
    finite, _ = page.outputs(np.ones((1, 28, 28, 1), np.float32), ("softmax",))
    assert finite == [is_finite]


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_where_it_says_numbers_tensorflow_has_the_same(page, bundled, pooling):
    """Weights from small to far too large."""
    config = NetworkConfig((Convolution(3, 3),), (4,), pooling=pooling)
    said = []
    for exponent in (0, 3, 9, 18, 37):
        network = random_network(config, gain=10.0**exponent)
        page.open(network)
        finite, outputs = page.outputs(bundled.images[:5])
        said.append(all(finite))
        if said[-1]:
            wanted = inspection.activations(network, bundled.images[:5])
            for name in ("conv1", "conv1_pool", "dense1", "logits"):
                assert np.allclose(outputs[name], wanted[name], rtol=1e-3, atol=1e-4 * np.abs(wanted[name]).max())
    assert said[:3] == [True, True, True]
    assert said[-1] is False


def test_every_run_writes_into_the_same_arrays(page):
    """Also after a run that gave no numbers."""
    config = forward.described(TINY)
    found = page.page.evaluate(
        """async config => {
          const { build } = await import("/forward.js");
          const network = build(config, new Float32Array(config.n_weights).fill(0.01));
          const [paper, ink] = [new Float32Array(784), new Float32Array(784).fill(1)];
          const first = network.run(ink), arrays = [...first.layers.values()], finite = [first.finite];
          const before = [...first.layers.get("logits")];
          for (const image of [ink.map(() => NaN), paper, ink]) finite.push(network.run(image).finite);
          const last = network.run(ink);
          return {
            same: last === first && arrays.every((array, i) => array === [...last.layers.values()][i]),
            again: before.every((value, i) => value === last.layers.get("logits")[i]),
            probabilities: last.probabilities === last.layers.get("softmax"),
            shapes: [...network.shapes.values()].map((shape) => shape.reduce((a, b) => a * b)),
            sizes: arrays.map((array) => array.length),
            finite,
          };
        }""",
        config,
    )
    assert found.pop("shapes") == found.pop("sizes")
    assert found == {"same": True, "again": True, "probabilities": True, "finite": [True, False, True, True]}


def test_weights_of_another_network_are_refused(page):
    n = sum(int(np.prod(shape)) for shape in weight_shapes(TINY).values())
    with pytest.raises(Exception, match=f"Expected {n} weights. Received 3"):
        page.open_weights(TINY, [bytes(12)])


def written(lines, pen_px):
    """The canvas, uint8."""
    return np.round(strokes.redraw(lines, pen_px) * 255).astype(np.uint8)


def assert_prepared_alike(page, drawings, left_out):
    """The preparation and each of its steps."""
    for start in range(0, len(drawings), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        found = page.prepared(drawings[part], left_out[part])
        for ink, without, image in zip(drawings[part], left_out[part], found, strict=True):
            wanted = prepare(ink.astype(np.float32) / 255, without)
            assert (image is None) == (wanted is None)
            if wanted is not None:
                assert np.abs(image - wanted.centred).max() <= LAST_BITS, (ink.shape, without)


def test_drawings_are_prepared_as_by_the_server(page, rng):
    drawings = [
        written(pen.placed(sample_strokes(digit, rng), rng), pen_px) for digit in range(10) for pen_px in (12, 24, 32)
    ]
    assert_prepared_alike(page, drawings, [()] * len(drawings))
    assert_prepared_alike(page, drawings[4:7] * len(SUBSETS), [steps for steps in SUBSETS for _ in range(3)])


def test_ink_of_any_form_is_prepared_as_by_the_server(page, rng):
    """From one square to the whole canvas, faint, empty, and symmetric, whose middle is on the edge of two pixels."""
    inks = []
    for _ in range(200):
        height, width = rng.integers(1, 60, 2)
        ink = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < rng.random())
        symmetric = np.maximum(np.maximum(ink, ink[::-1]), np.maximum(ink, ink[::-1])[:, ::-1])
        inks += [ink.astype(np.uint8), symmetric.astype(np.uint8)]
    inks += [np.full((280, 280), value, np.uint8) for value in (0, 50, 51, 255)]
    assert_prepared_alike(page, inks, [SUBSETS[i % len(SUBSETS)] for i in range(len(inks))])
    assert_prepared_alike(page, inks[1::2], [()] * (len(inks) // 2))


def test_the_steps_are_the_servers(page, rng):
    ink = written(pen.placed(sample_strokes(5, rng), rng), 24)
    wanted = prepare(ink.astype(np.float32) / 255)
    for step in ("drawn", "cropped", "boxed", "centred"):
        (found,) = page.prepared([ink], [()], step)
        assert found.shape == getattr(wanted, step).shape
        assert np.abs(found - getattr(wanted, step)).max() <= LAST_BITS


def test_colours_of_a_canvas_are_read_as_by_the_server(page, rng):
    colours = rng.integers(0, 256, (200, 300, 4)).astype(np.uint8)
    on_black = Image.alpha_composite(Image.new("RGBA", (300, 200), "black"), Image.fromarray(colours))
    (found,) = page.prepared([colours], [()], "drawn")
    assert np.array_equal(found, np.asarray(on_black.convert("L"), np.float32) / 255)


@pytest.mark.skipif(RECORDED is None, reason="CNNVIZ_STROKES names no recorded strokes")
def test_500_recorded_drawings_are_read_as_by_the_server(page, shipped):
    with gzip.open(Path(RECORDED or ""), "rt") as lines:
        records = random.Random(0).sample([json.loads(line)["strokes"] for line in lines], 500)
    rng = np.random.default_rng(0)
    drawings = []
    for record in records:
        points = np.concatenate([np.array(line, np.float64) for line in record])
        longest = max(float(np.ptp(points, axis=0).max()), 1.0)
        lines = [(np.array(line, np.float64) - points.min(axis=0)) / longest for line in record]
        drawings.append(written(pen.placed(lines, rng), int(rng.choice([12, 16, 24, 32]))))
    assert_prepared_alike(page, drawings, [()] * len(drawings))
    images = np.stack([prepare(ink.astype(np.float32) / 255).centred for ink in drawings])[..., None]
    for preset in PRESETS:
        network = network_of(preset, shipped)
        page.open(network)
        assert_same_answers(page, network, images)
