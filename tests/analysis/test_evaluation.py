"""Counting by hand, and the network's probabilities against the same network in plain NumPy."""

import numpy as np
import pytest

from cnnviz.analysis import evaluation
from cnnviz.analysis.evaluation import ConfusionChange
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.weights import Network

SMALL = NetworkConfig((Convolution(2, 3),), ())


def random_network(config, seed=0):
    """Weights that leave the ten probabilities well apart from 0 and 1."""
    rng = np.random.default_rng(seed)
    scales = {name: 1 / np.sqrt(np.prod(shape[:-1])) for name, shape in weight_shapes(config).items()}
    draws = {name: scales[name] * rng.normal(size=shape) for name, shape in weight_shapes(config).items()}
    return Network(config, {name: draw.astype(np.float32) for name, draw in draws.items()})


def random_images(n, seed=1):
    return np.random.default_rng(seed).random((n, 28, 28, 1), np.float32)


def answers(predictions, sure=0.9):
    """Probabilities whose greatest, `sure`, stands at each predicted digit."""
    predictions, sure = np.asarray(predictions), np.broadcast_to(sure, len(predictions))
    probs = np.repeat((1 - sure)[:, None] / 9, 10, axis=1)
    probs[np.arange(len(probs)), predictions] = sure
    return probs


# --- the oracle -----------------------------------------------------------------------------------------------------


ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh}


def convolve(x, kernel, bias, stride):
    side, px = x.shape[1], kernel.shape[0]
    pad = max((-(-side // stride) - 1) * stride + px - side, 0)
    edge = (pad // 2, pad - pad // 2)  # TensorFlow's SAME: the odd one at the bottom and at the right
    x = np.pad(x, ((0, 0), edge, edge, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (px, px), (1, 2))[:, ::stride, ::stride]
    return np.einsum("nyxchw,hwcf->nyxf", windows, kernel) + bias


def pool(x, how):
    if how == "none":
        return x
    odd = (0, x.shape[1] % 2)
    x = np.pad(x, ((0, 0), odd, odd, (0, 0)), constant_values=np.nan)  # what is padded counts for nothing
    n, side, _, channels = x.shape
    blocks = x.reshape(n, side // 2, 2, side // 2, 2, channels)
    return {"max": np.nanmax, "average": np.nanmean}[how](blocks, axis=(2, 4))


def oracle(network, images):
    config, weights, x = network.config, network.weights, images.astype(np.float64)
    act = ACTIVATIONS[config.activation]
    for i, c in enumerate(config.convolutions, 1):
        x = convolve(x, weights[f"conv{i}/kernel"], weights[f"conv{i}/bias"], c.stride)
        x = act(pool(x, config.pooling)) if config.pool_first else pool(act(x), config.pooling)
    x = x.reshape(len(x), -1)
    for i in range(1, len(config.dense) + 1):
        x = act(x @ weights[f"dense{i}/kernel"] + weights[f"dense{i}/bias"])
    x = x @ weights["logits/kernel"] + weights["logits/bias"]
    powers = np.exp(act(x) if config.activate_logits else x)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(SMALL, id="max"),
        pytest.param(NetworkConfig((Convolution(2, 3),), (), pooling="average"), id="average"),
        pytest.param(NetworkConfig((Convolution(2, 3),), (), pooling="average", pool_first=True), id="average-first"),
        pytest.param(NetworkConfig((Convolution(2, 3, 2),), (), pooling="none"), id="stride-2"),
        pytest.param(NetworkConfig((Convolution(2, 5, 4),), (), pool_first=True), id="max-first-of-7x7"),
        pytest.param(NetworkConfig((Convolution(2, 2, 4),), (), pooling="average"), id="average-of-7x7"),
        pytest.param(NetworkConfig((Convolution(3, 4, 2), Convolution(2, 5)), (7, 6), "tanh"), id="two-and-two"),
        pytest.param(NetworkConfig((Convolution(2, 3),), (8,), "sigmoid", dropout=0.5), id="dropout-off"),
        pytest.param(NetworkConfig((Convolution(2, 3),), (), activate_logits=True), id="activated-logits"),
    ],
)
def test_probabilities_are_those_of_plain_numpy(config):
    network, images = random_network(config), random_images(3)
    probs = evaluation.probabilities(network, images)
    assert probs.dtype == np.float32
    assert probs == pytest.approx(oracle(network, images), abs=1e-5)
    assert probs.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert probs.std() > 1e-3  # ten equal numbers would show little


# --- probabilities --------------------------------------------------------------------------------------------------


def test_batches_give_the_same_as_all_images_at_once(monkeypatch):
    network, images, sizes = random_network(SMALL), random_images(10), []
    together = evaluation.probabilities(network, images)
    forward = evaluation.forward

    def counting(config, every_layer):
        run = forward(config, every_layer)
        return lambda weights, batch: sizes.append(len(batch)) or run(weights, batch)

    monkeypatch.setattr(evaluation, "forward", counting)
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 4)
    assert evaluation.probabilities(network, images) == pytest.approx(together, abs=1e-6)
    assert sizes == [4, 4, 2]


def test_no_images_give_no_probabilities():
    probs = evaluation.probabilities(random_network(SMALL), random_images(0))
    assert (probs.shape, probs.dtype) == ((0, 10), np.float32)


def test_dropout_is_off(tiny):
    network, images = random_network(tiny), random_images(4)
    assert tiny.dropout == 0.5
    assert (evaluation.probabilities(network, images) == evaluation.probabilities(network, images)).all()


def test_each_network_answers_with_its_own_weights():
    first, second, images = random_network(SMALL, 0), random_network(SMALL, 1), random_images(2)
    assert evaluation.probabilities(second, images) == pytest.approx(oracle(second, images), abs=1e-5)
    assert evaluation.probabilities(first, images) == pytest.approx(oracle(first, images), abs=1e-5)


def test_probabilities_of_a_range_are_those_of_its_images():
    network, digits = random_network(SMALL), Dataset(random_images(7), np.arange(7), "seven")
    whole = evaluation.probabilities(network, digits.images)
    assert evaluation.probabilities_of_range(network, digits, 2, 5) == pytest.approx(whole[2:5], abs=1e-6)
    assert evaluation.probabilities_of_range(network, digits, 5, 99) == pytest.approx(whole[5:], abs=1e-6)
    assert evaluation.probabilities_of_range(network, digits, 3, 3).shape == (0, 10)


# --- counting -------------------------------------------------------------------------------------------------------


def test_confusion_matrix_has_true_digits_as_rows():
    matrix = evaluation.confusion_matrix(np.array([0, 0, 0, 4, 4, 9]), np.array([0, 0, 7, 9, 9, 9]))
    expected = np.zeros((10, 10), int)
    expected[0, 0], expected[0, 7], expected[4, 9], expected[9, 9] = 2, 1, 2, 1
    assert matrix.tolist() == expected.tolist()
    assert (matrix.shape, matrix.dtype) == ((10, 10), np.int64)


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        pytest.param([1, 2, 3], [1, 2], r"Received \(3,\) and \(2,\)", id="shapes-differ"),
        pytest.param([[1, 2]], [[1, 2]], r"Received \(1, 2\)", id="two-dimensional"),
        pytest.param([], [], r"Received \(0,\) and \(0,\)", id="empty"),
        pytest.param([1, 10], [1, 2], r"Received 1\.\.10", id="label-10"),
        pytest.param([1, 2], [10, 2], r"Received 1\.\.10", id="prediction-10"),
        pytest.param([-1, 2], [1, 2], r"Received -1\.\.2", id="label-minus-1"),
        pytest.param([1, 2], [1, -1], r"Received -1\.\.2", id="prediction-minus-1"),
    ],
)
def test_confusion_matrix_refuses_what_it_cannot_count(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        evaluation.confusion_matrix(np.array(labels, int), np.array(predictions, int))


def test_score_counts_correct_predictions():
    score = evaluation.score(np.array([3, 3, 5, 8]), answers([3, 5, 5, 8]))
    assert (score.n, score.correct, score.accuracy) == (4, 3, 0.75)
    assert score.confusion.sum() == 4
    assert score.confusion[3, 5] == score.confusion[3, 3] == score.confusion[5, 5] == score.confusion[8, 8] == 1
    assert type(score.correct) is int


@pytest.mark.parametrize(("predictions", "accuracy"), [([1, 1], 0.0), ([2, 2], 1.0)], ids=["none", "all"])
def test_accuracy_is_a_fraction(predictions, accuracy):
    assert evaluation.score(np.array([2, 2]), answers(predictions)).accuracy == accuracy


def test_confusion_changes_come_largest_first():
    before = np.diag(np.full(10, 50))
    after = before.copy()
    after[4, 4], after[4, 9], after[7, 7], after[7, 2] = 40, 10, 48, 2
    assert evaluation.confusion_changes(before, after) == [
        ConfusionChange(4, 4, 50, 40),
        ConfusionChange(4, 9, 0, 10),
        ConfusionChange(7, 2, 0, 2),
        ConfusionChange(7, 7, 50, 48),
    ]
    assert evaluation.confusion_changes(before, before) == []


ODD_WRONG = np.arange(100) % 2
"""Predictions for a hundred zeros: those with an odd number are misread, as 1."""


def test_first_mistakes_are_the_first_nine():
    chosen = evaluation.mistakes(np.zeros(100, int), answers(ODD_WRONG))
    assert chosen.tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17]
    assert chosen.dtype == np.int64
    assert evaluation.mistakes(np.zeros(100, int), answers(ODD_WRONG), n=2).tolist() == [1, 3]


def test_random_mistakes_are_nine_different_ones_in_order():
    labels, probs = np.zeros(100, int), answers(ODD_WRONG)
    draws = [evaluation.mistakes(labels, probs, "random", seed=seed).tolist() for seed in (0, 0, 1, 2)]
    assert draws[0] == draws[1]
    assert len({tuple(draw) for draw in draws}) == 3
    for draw in draws:
        assert len(set(draw)) == 9
        assert draw == sorted(draw)
        assert all(i % 2 == 1 for i in draw)


def test_surest_mistakes_come_surest_first_and_equal_ones_in_order():
    predictions, sure = [1, 0, 2, 3, 4, 0, 5], [0.5, 0.99, 0.9, 0.7, 0.9, 0.95, 0.6]
    probs = answers(predictions, sure)
    assert evaluation.mistakes(np.zeros(7, int), probs, "surest").tolist() == [2, 4, 3, 6, 0]
    assert evaluation.mistakes(np.zeros(7, int), probs, "surest", n=3).tolist() == [2, 4, 3]
    many = answers(np.ones(100, int), np.where(ODD_WRONG, 0.9, 0.5))
    assert evaluation.mistakes(np.zeros(100, int), many, "surest").tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17]


@pytest.mark.parametrize("choice", ["first", "random", "surest"])
def test_fewer_mistakes_than_nine_are_all_shown(choice):
    labels = np.array([7, 7, 7, 7])
    assert sorted(evaluation.mistakes(labels, answers([7, 1, 7, 2]), choice).tolist()) == [1, 3]
    none = evaluation.mistakes(labels, answers(labels), choice)
    assert (none.shape, none.dtype) == ((0,), np.int64)


def test_precision_and_recall_are_nan_where_there_are_no_images():
    precision, recall = evaluation.precision_and_recall(np.array([0, 0, 0, 1, 1, 2]), answers([0, 0, 1, 1, 1, 3]))
    nan = np.nan
    # Read as 0: two, both right; as 1: three, two right; as 2: none; as 3: one, wrong.
    assert precision == pytest.approx([1, 2 / 3, nan, 0, *[nan] * 6], nan_ok=True)
    # Three 0, two read so; two 1, both; one 2, not; no 3.
    assert recall == pytest.approx([2 / 3, 1, 0, nan, *[nan] * 6], nan_ok=True)
    assert precision.dtype == recall.dtype == np.float64
