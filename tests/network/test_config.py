"""The configuration's shapes and counts, and the Keras model that is built from it."""

import dataclasses
import json
import pickle
import re

import numpy as np
import pytest

from cnnviz.network.cards import network_from
from cnnviz.network.config import Convolution, NetworkConfig, layer_seed, layers, n_weights, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.presets import PRESETS, Plan, Recipe
from cnnviz.network.weights import Network, check_weights
from cnnviz.validation import from_content

HVASS = PRESETS["hvass"].network


def shapes(config):
    return [(layer.name, layer.shape) for layer in layers(config)]


def test_hvass_pools_before_its_relu():
    assert shapes(HVASS) == [
        ("image", (28, 28, 1)),
        ("conv1", (28, 28, 16)),
        ("conv1_pool", (14, 14, 16)),
        ("conv1_relu", (14, 14, 16)),
        ("conv2", (14, 14, 36)),
        ("conv2_pool", (7, 7, 36)),
        ("conv2_relu", (7, 7, 36)),
        ("flatten", (1764,)),
        ("dense1", (128,)),
        ("dense1_relu", (128,)),
        ("logits", (10,)),
        ("softmax", (10,)),
    ]


def test_deep_mnist_pools_after_its_relu_and_drops_half():
    names = [name for name, _ in shapes(PRESETS["deep-mnist"].network)]
    assert names[1:4] == ["conv1", "conv1_relu", "conv1_pool"]
    assert names[-3:] == ["dropout", "logits", "softmax"]
    assert PRESETS["deep-mnist"].network.dropout == 0.5


@pytest.mark.parametrize(
    ("preset", "flattened", "weights"),
    [
        ("hvass", 1764, 16 * 26 + 36 * (25 * 16 + 1) + 128 * 1765 + 10 * 129),
        ("deep-mnist", 3136, 32 * 26 + 64 * (25 * 32 + 1) + 1024 * 3137 + 10 * 1025),
        ("low-level", 3136, 32 * 26 + 64 * (25 * 32 + 1) + 1024 * 3137 + 10 * 1025),
    ],
)
def test_presets_have_the_tutorials_sizes(preset, flattened, weights):
    config = PRESETS[preset].network
    assert dict(shapes(config))["flatten"] == (flattened,)
    assert n_weights(config) == weights


def test_recipes_are_the_tutorials():
    recipes = {name: preset.recipe for name, preset in PRESETS.items()}
    figures = {n: (r.learning_rate, r.batch_size, r.iterations, r.loss, r.optimizer) for n, r in recipes.items()}
    assert figures == {
        "hvass": (1e-4, 64, 10_000, "mean", "adam"),
        "deep-mnist": (1e-4, 50, 10_000, "sum", "adam"),
        "low-level": (1e-3, 128, 200, "clipped_sum", "adam"),
        "fast": (1.1e-2, 64, 540, "mean", "adam"),
        "linear": (1e-4, 64, 10_000, "mean", "adam"),
        "dense": (1e-4, 64, 10_000, "mean", "adam"),
        "robust": (4e-3, 128, 25_000, "outlier_exposure", "adam"),
    }
    assert recipes["linear"] == recipes["dense"] == recipes["hvass"]
    assert [name for name in recipes if not recipes[name].keep_validation] == ["low-level"]
    assert {name: recipe.shuffle_buffer for name, recipe in recipes.items() if recipe.shuffle_buffer} == {
        "low-level": 5000
    }
    assert [name for name in recipes if recipes[name].schedule == "one_cycle"] == ["fast", "robust"]
    assert [name for name in recipes if recipes[name].shift_px or recipes[name].teachers] == ["robust"]


CONFIGS = {
    "hvass": HVASS,
    "deep-mnist": PRESETS["deep-mnist"].network,
    "stride 2, no pooling": NetworkConfig((Convolution(4, 3, 2), Convolution(5, 3, 2)), (), pooling="none"),
    "three convolutions, average": NetworkConfig((Convolution(2, 3),) * 3, (9, 7), "sigmoid", "average"),
    "relu on the logits": NetworkConfig((Convolution(2, 1),), (5,), "tanh", pool_first=True, activate_logits=True),
    "no convolution": NetworkConfig((), (16,)),
    "no padding": NetworkConfig((Convolution(4, 5), Convolution(5, 3, 2)), (6,), padding="valid"),
    "no padding, stride 3": NetworkConfig((Convolution(3, 4, 3),), (), pooling="none", padding="valid"),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_keras_agrees_with_the_configuration(config):
    model = build(config)
    assert [(layer.name, tuple(layer.output.shape)[1:]) for layer in model.layers] == shapes(config)
    assert model.count_params() == n_weights(config)
    assert [tuple(v.shape) for v in model.trainable_variables] == list(weight_shapes(config).values())


@pytest.mark.parametrize("preset", PRESETS)
def test_weights_start_as_the_recipe_says(preset):
    config = PRESETS[preset].network
    kernel, bias = build(config, 3).get_layer("dense1" if config.dense else "logits").get_weights()
    ratio = {"normal": 1.0, "truncated_normal": 0.8796}[config.initializer]  # of a normal cut off at 2 sigma
    assert kernel.std() == pytest.approx(config.initial_stddev * ratio, rel=0.02)  # `linear` has few weights
    assert (bias == np.float32(config.initial_bias)).all()
    assert (np.abs(kernel).max() <= 2 * config.initial_stddev) == (config.initializer == "truncated_normal")


def test_a_network_that_was_written_before_there_was_a_choice_of_padding_has_zeros_around():
    written = dataclasses.asdict(HVASS)
    del written["padding"]
    assert network_from(json.loads(json.dumps(written))) == HVASS
    assert HVASS.padding == "same"
    without = dataclasses.replace(HVASS, padding="valid")
    assert network_from(json.loads(json.dumps(dataclasses.asdict(without)))) == without


def test_without_padding_the_maps_of_hvass_are_worked_out_by_hand():
    sides = [shape[0] for _, shape in shapes(dataclasses.replace(HVASS, padding="valid"))][1:7]
    assert sides == [24, 12, 12, 8, 4, 4]


def test_seed_decides_the_initial_weights():
    first, again, other = (build(HVASS, seed).get_layer("conv1").get_weights()[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"activation": "swish"}, "activation"),
        ({"pooling": "median"}, "pooling"),
        ({"dropout": 1.0}, "dropout"),
        ({"convolutions": (Convolution(0),)}, "conv1"),
        ({"dense": (128, 0)}, "dense2"),
        ({"convolutions": (Convolution(8),) * 6}, "conv6_pool"),
        ({"convolutions": (Convolution(8, 3, 4),) * 3}, "conv2_pool"),
        ({"dense": (8192, 8192)}, "weights"),
        ({"padding": "full"}, "padding"),
        ({"padding": "valid", "convolutions": (Convolution(8),) * 3}, "conv3: without padding a kernel of 5×5"),
    ],
)
def test_impossible_networks_are_refused_by_name(changes, words):
    with pytest.raises(ValueError, match=words):
        layers(dataclasses.replace(HVASS, **changes))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_block_and_stride_say_what_the_names_say(config):
    """Names are for people; code reads `block` and `stride`."""
    for layer in layers(config):
        convolution = re.fullmatch(r"conv(\d+)(_.*)?", layer.name)
        assert layer.block == (int(convolution[1]) if convolution else 0)
        if layer.kind == "convolution":
            assert layer.stride == config.convolutions[layer.block - 1].stride
        else:
            assert layer.stride == (2 if layer.kind == "pooling" else 1)


def test_layers_of_neighbouring_seeds_draw_from_seeds_of_their_own():
    seeds = [layer_seed(seed, position) for seed in (0, 1, 2, 2**31 - 1) for position in range(200)]
    assert len(set(seeds)) == len(seeds)
    assert layer_seed(3, 5) == 3 * 1009 + 5
    assert layer_seed(2**31 - 1, 1009) == 0


NOT_A_NETWORK = {
    "true for filters": (lambda: Convolution(True), "filters to be a valid integer. Received True"),
    "stride as text": (lambda: Convolution(8, 3, "2"), "stride to be a valid integer. Received '2'"),
    "kernel as float": (lambda: Convolution(8, 5.0), "kernel_px to be a valid integer. Received 5.0"),
    "convolutions of numbers": (lambda: dataclasses.replace(HVASS, convolutions=(16,)), "convolutions.0"),
    "neurons as text": (lambda: dataclasses.replace(HVASS, dense=("128",)), "dense.0 to be a valid integer"),
    "one for true": (lambda: dataclasses.replace(HVASS, pool_first=1), "pool_first to be a valid boolean"),
    "dropout that is none": (
        lambda: dataclasses.replace(HVASS, dropout=np.nan),
        "dropout, the chance of a value to be dropped",
    ),
    "endless bias": (lambda: dataclasses.replace(HVASS, initial_bias=3e38), r"initial_bias in [-1000, 1000]"),
    "negative deviation": (lambda: dataclasses.replace(HVASS, initial_stddev=-0.1), "initial_stddev in [0, 1000]"),
    "too many layers": (lambda: NetworkConfig((), (1,) * 33), "at most 32 convolution layers and 32 fully connected"),
    "batch as text": (lambda: Recipe(0.1, "64", 1), "a batch of 1 to 4096 images. Received '64'"),
    "batch too large": (lambda: Recipe(0.1, 4097, 1), "Received 4097"),
    "endless rate": (lambda: Recipe(3e38, 64, 1), "a learning rate above 0 and at most 1e+20. Received 3e+38"),
    "true for iterations": (lambda: Recipe(0.1, 64, True), "1 to 1,000,000 iterations. Received True"),
    "iterations beyond all": (lambda: Recipe(0.1, 64, 2_000_000), "1 to 1,000,000 iterations. Received 2,000,000"),
    "unknown loss": (lambda: Recipe(0.1, 64, 1, "max"), "loss to be mean, sum, clipped_sum or outlier_exposure"),
    "negative buffer": (lambda: Recipe(0.1, 64, 1, shuffle_buffer=-1), "a shuffle buffer of 0 to 10,000,000 images"),
    "epsilon of nothing": (lambda: Recipe(0.1, 64, 1, epsilon=0.0), "epsilon above 0 and at most 1. Received 0.0"),
    "warm-up of all": (lambda: Recipe(0.1, 64, 1, warm_up=1.0), "warm_up, a share of the iterations, between 0 and 1"),
    "negative seed": (lambda: Plan(HVASS, PRESETS["hvass"].recipe, -1), "a seed of 0 to 2,147,483,647. Received -1"),
    "plan without a network": (lambda: Plan(None, PRESETS["hvass"].recipe), "network to be an instance of"),
}


@pytest.mark.parametrize(("make", "words"), NOT_A_NETWORK.values(), ids=NOT_A_NETWORK)
def test_values_of_another_kind_or_out_of_range_are_refused_in_one_line(make, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        make()
    assert str(error.value).count("Received") == 1
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_are_copied_sent_and_compared_as_dataclasses(preset):
    plan = Plan(preset.network, preset.recipe, 7)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert hash(dataclasses.replace(plan, seed=7)) == hash(plan)
    assert dataclasses.replace(plan, seed=8) != plan
    assert from_content(Plan, json.loads(json.dumps(dataclasses.asdict(plan)))) == plan
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.seed = 8


def test_weights_of_another_network_are_refused(tiny):
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(tiny).items()}
    check_weights(tiny, weights)
    with pytest.raises(ValueError, match=r"conv1/bias: expected float32 of shape \(3,\)"):
        check_weights(tiny, weights | {"conv1/bias": np.zeros(4, np.float32)})
    with pytest.raises(ValueError, match="finite"):
        check_weights(tiny, weights | {"logits/bias": np.full(10, np.nan, np.float32)})
    with pytest.raises(ValueError, match="Expected the arrays"):
        check_weights(tiny, dict(list(weights.items())[1:]))


def test_networks_are_equal_when_their_weights_are(tiny):
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(tiny).items()}
    same, other = (
        Network(tiny, dict(weights)),
        Network(tiny, weights | {"logits/bias": np.ones(10, np.float32)}),
    )
    assert Network(tiny, weights) == same
    assert hash(Network(tiny, weights)) == hash(same)
    assert same != other
