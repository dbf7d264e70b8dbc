"""Training as a function: cut anywhere it gives the same; chance comes from the seed alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz import training
from cnnviz.data import Dataset
from cnnviz.presets import PRESETS, Recipe
from conftest import MNIST, needs_mnist


def same(a, b):
    arrays = [*a.weights.values(), *a.slots, a.losses, a.accuracies]
    others = [*b.weights.values(), *b.slots, b.losses, b.accuracies]
    return a.iteration == b.iteration and all((x == y).all() for x, y in zip(arrays, others, strict=True))


@pytest.mark.parametrize("pieces", [(1, 19), (10, 10), (7, 1, 12), (1,) * 20], ids=str)
def test_any_cutting_gives_the_same_run_to_the_bit(tiny, quick, bundled, pieces):
    start = training.start(tiny, quick, seed=5)
    whole = training.advance(start, bundled, 20)
    cut = start
    for steps in pieces:
        cut = training.advance(cut, bundled, steps)
    assert same(whole, cut)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_other_optimisers_can_be_cut_too(tiny, quick, bundled, optimizer):
    start = training.start(tiny, dataclasses.replace(quick, optimizer=optimizer))
    assert same(training.advance(start, bundled, 6), training.advance(training.advance(start, bundled, 2), bundled, 4))


def test_same_seed_same_run_other_seed_another(tiny, quick, bundled):
    first, again, other = (training.advance(training.start(tiny, quick, s), bundled, 5) for s in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


def test_two_runs_in_turns_do_not_disturb_each_other(tiny, quick, bundled):
    alone = training.advance(training.start(tiny, quick, 1), bundled, 6)
    mine, theirs = training.start(tiny, quick, 1), training.start(tiny, quick, 2)
    for _ in range(3):
        mine, theirs = training.advance(mine, bundled, 2), training.advance(theirs, bundled, 2)
    assert same(alone, mine)


def test_it_learns(tiny, bundled):
    recipe = Recipe(learning_rate=1e-2, batch_size=32, iterations=200)
    state = training.advance(training.start(dataclasses.replace(tiny, dropout=0.0), recipe), bundled, 200)
    assert state.accuracies[:5].mean() < 0.4
    assert state.accuracies[-20:].mean() > 0.8
    assert state.seconds > 0


def test_a_state_is_not_changed_by_advancing(tiny, quick, bundled):
    start = training.start(tiny, quick)
    before = {name: array.copy() for name, array in start.weights.items()}
    training.advance(start, bundled, 3)
    assert start.iteration == 0
    assert all((start.weights[name] == before[name]).all() for name in before)


def test_losses_are_those_of_numpy(tiny, bundled):
    """Before the first step, with no dropout, the three losses follow from the softmax of the first batch."""
    config = dataclasses.replace(tiny, dropout=0.0)
    expected = {}
    for loss in ("mean", "sum", "clipped_sum"):
        recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=1, loss=loss)
        state = training.start(config, recipe)
        batch = training.batch_indices(recipe, 0, 0, 1, len(bundled))[0]
        model = training.net.build(config)
        probs = model(bundled.images[batch]).numpy()
        each = -np.log(probs[np.arange(16), bundled.labels[batch]])
        expected[loss] = each.mean() if loss == "mean" else each.sum()
        assert training.advance(state, bundled, 1).losses[0] == pytest.approx(expected[loss], rel=1e-5)


def test_first_adam_step_moves_every_weight_by_the_learning_rate(tiny, bundled):
    """Adam's first step is learning_rate * g / (|g| + epsilon): its size does not depend on the gradient's."""
    recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=1)
    start = training.start(tiny, recipe)
    moved = training.advance(start, bundled, 1).weights["logits/bias"] - start.weights["logits/bias"]
    assert np.abs(moved) == pytest.approx(np.full(10, 1e-3), rel=1e-2)


def test_a_learning_rate_that_ends_in_nan_is_named(tiny, bundled):
    recipe = Recipe(learning_rate=1e18, batch_size=16, iterations=50, optimizer="sgd", loss="sum")
    start = training.start(tiny, recipe)
    with pytest.raises(training.TrainingDiverged, match=r"iteration \d+.*1e\+18"):
        training.advance(start, bundled, 50)
    assert np.isfinite(start.weights["conv1/kernel"]).all()


@given(st.integers(0, 40), st.integers(1, 30), st.integers(1, 30), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_batches_follow_from_seed_and_iteration(iteration, first, second, seed):
    recipe = Recipe(learning_rate=1, batch_size=7, iterations=1)
    whole = training.batch_indices(recipe, seed, iteration, first + second, 50)
    parts = [
        training.batch_indices(recipe, seed, iteration, first, 50),
        training.batch_indices(recipe, seed, iteration + first, second, 50),
    ]
    assert (whole == np.concatenate(parts)).all()
    assert whole.shape == (first + second, 7)


@pytest.mark.parametrize("shuffle_buffer", [0, 10, 49, 50, 500])
def test_an_epoch_shows_every_image_once(shuffle_buffer):
    recipe = Recipe(learning_rate=1, batch_size=10, iterations=1, shuffle_buffer=shuffle_buffer)
    epochs = training.batch_indices(recipe, 0, 0, 10, 50).reshape(2, 50)
    assert (np.sort(epochs, axis=1) == np.arange(50)).all()
    assert (epochs[0] != epochs[1]).any()


def test_a_shuffle_buffer_lets_no_image_come_before_its_time():
    """With a buffer of 10, image i cannot leave before step i - 9: only ten images are in the buffer at a time."""
    recipe = Recipe(learning_rate=1, batch_size=50, iterations=1, shuffle_buffer=10)
    order = training.batch_indices(recipe, 0, 0, 1, 50)[0]
    assert (order <= np.arange(50) + 9).all()


def test_no_steps_are_refused(tiny, quick, bundled):
    with pytest.raises(ValueError, match="at least 1 step"):
        training.advance(training.start(tiny, quick), bundled, 0)


@needs_mnist
def test_hvass_begins_as_the_tutorial_reports():
    """Tutorial 02 reports 70.8 % and 66.6 % after 100 iterations; a band around that."""
    from cnnviz import data, evaluation
    from cnnviz.network import Network

    source = data.Source("idx", MNIST)
    train, test = data.load(source, "train"), data.load(source, "test")
    some = Dataset(test.images[:2000], test.labels[:2000], "some")
    state = training.advance(training.start(PRESETS["hvass"].network, PRESETS["hvass"].recipe, 1), train, 100)
    probs = evaluation.probabilities(Network(state.network, state.weights), some.images)
    assert 0.55 < evaluation.score(some.labels, probs).accuracy < 0.85
