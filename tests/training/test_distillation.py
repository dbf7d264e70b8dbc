"""Distillation: what teachers answer at a temperature, and the loss, against NumPy."""

import dataclasses

import numpy as np
import pytest

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import tf
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.training import advance, distillation

RECIPE = Recipe(1e-3, 16, 4, loss="outlier_exposure", teachers=2)


@pytest.fixture
def digits():
    rng = np.random.default_rng(0)
    return Dataset(rng.integers(0, 256, (16, 28, 28, 1), np.uint8), np.array([3, 10] * 8), "some")


@pytest.fixture
def taught(digits):
    answers = np.random.default_rng(1).dirichlet(np.ones(10), 16).astype(np.float16)
    return dataclasses.replace(digits, key="", answers=answers)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_softened_probabilities_are_those_of_half_the_logits():
    assert distillation.TEMPERATURE == 2
    logits = np.random.default_rng(0).normal(0, 4, (5, 10))
    assert distillation.softened(softmax(logits)) == pytest.approx(softmax(logits / 2))


def test_answers_are_the_mean_of_the_teachers_however_many_are_read_at_a_time(tiny, digits, monkeypatch):
    teachers = [Network(tiny, advance.start(tiny, RECIPE, seed).weights) for seed in (1, 2)]
    images = digits.images.astype(np.float32) / 255
    expected = np.mean([distillation.softened(evaluation.probabilities(each, images)) for each in teachers], axis=0)
    for n in (10_000, 5):
        monkeypatch.setattr(distillation, "CHUNK", n)
        found = distillation.answers_of(teachers, digits)
        assert found.dtype == np.float16
        assert found == pytest.approx(expected, abs=1e-3)
    assert distillation.answers_of(teachers, dataclasses.replace(digits, images=images)) == pytest.approx(found)


def test_the_loss_is_that_of_numpy(taught):
    logits = np.random.default_rng(2).normal(0, 4, (16, 10)).astype(np.float32)
    of_answers = -(taught.answers * np.log(softmax(logits / 2.4))).sum(axis=1).mean()
    found = distillation.mixed(tf.constant(0.5), tf.constant(logits), tf.constant(taught.answers))
    assert float(found) == pytest.approx(0.3 * 0.5 + 0.7 * 2 * 2.4 * of_answers, rel=1e-5)


def test_a_network_comes_to_answer_as_its_teachers_do(tiny, digits):
    """All say 5, whatever the labels are; the loss that is kept is that of the labels."""
    answers = np.full((16, 10), 0.01, np.float16)
    answers[:, 5] = 0.91
    config = dataclasses.replace(tiny, dropout=0.0)
    taught = dataclasses.replace(digits, key="", answers=answers)
    recipe = dataclasses.replace(RECIPE, iterations=40)
    done = advance.advance(advance.start(config, recipe), taught, 40)
    alone = advance.advance(advance.start(config, dataclasses.replace(recipe, teachers=0)), digits, 40)
    images = digits.images.astype(np.float32) / 255
    reads = [evaluation.probabilities(Network(config, each.weights), images).argmax(axis=1) for each in (done, alone)]
    assert (reads[0] == 5).all()
    assert (reads[1] != 5).all()
    assert done.losses[0] == alone.losses[0]


def test_answers_are_part_of_what_a_set_is(digits, taught):
    assert taught != digits
    assert dataclasses.replace(digits, key="") == digits


def test_a_recipe_with_teachers_needs_their_answers(tiny, digits):
    with pytest.raises(ValueError, match="Expected the answers of the recipe's teachers"):
        advance.advance(advance.start(tiny, RECIPE), digits, 1)


@pytest.mark.parametrize("answers", [np.zeros((16, 9), np.float16), np.zeros((16, 10), np.float32)])
def test_answers_of_another_form_are_refused(digits, answers):
    with pytest.raises(ValueError, match=r"Expected float16 \(16, 10\)"):
        dataclasses.replace(digits, key="", answers=answers)
