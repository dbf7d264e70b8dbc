"""Training as a function: cut anywhere it gives the same; random numbers follow from the seed alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import layers, n_weights
from cnnviz.network.forward import build
from cnnviz.network.presets import PRESETS, Recipe, learning_rate_at
from cnnviz.network.weights import Network
from cnnviz.training import advance, engine
from common import MNIST, needs_mnist


def same(a, b):
    arrays = [*a.weights.values(), *a.optimizer_variables, a.losses, a.accuracies, a.accuracies_after]
    others = [*b.weights.values(), *b.optimizer_variables, b.losses, b.accuracies, b.accuracies_after]
    return a.iteration == b.iteration and all(map(np.array_equal, arrays, others, [True] * len(arrays)))


@pytest.mark.parametrize("pieces", [(1, 19), (10, 10), (7, 1, 12), (1,) * 20], ids=str)
def test_any_cutting_gives_the_same_run_to_the_bit(tiny, quick, bundled, pieces):
    start = advance.start(tiny, quick, seed=5)
    whole = advance.advance(start, bundled, 20)
    cut = start
    for steps in pieces:
        cut = advance.advance(cut, bundled, steps)
    assert same(whole, cut)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_other_optimisers_can_be_cut_too(tiny, quick, bundled, optimizer):
    start = advance.start(tiny, dataclasses.replace(quick, optimizer=optimizer))
    assert same(advance.advance(start, bundled, 6), advance.advance(advance.advance(start, bundled, 2), bundled, 4))


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_scheduled_and_augmented_run_can_be_cut_anywhere(tiny, quick, bundled, optimizer):
    recipe = dataclasses.replace(quick, schedule="one_cycle", augment=True, optimizer=optimizer)
    start = advance.start(tiny, recipe, seed=5)
    whole = advance.advance(start, bundled, 20)
    for pieces in ((1, 19), (7, 1, 12)):
        cut = start
        for steps in pieces:
            cut = advance.advance(cut, bundled, steps)
        assert same(whole, cut)


def test_schedule_and_augmentation_each_change_the_run(tiny, quick, bundled):
    recipes = [quick, dataclasses.replace(quick, schedule="one_cycle"), dataclasses.replace(quick, augment=True)]
    plain, scheduled, augmented = (advance.advance(advance.start(tiny, r), bundled, 2) for r in recipes)
    assert scheduled.losses[0] == plain.losses[0] != augmented.losses[0]
    assert not same(plain, scheduled)


def test_one_cycle_by_hand():
    """Ten steps with a warm-up of 0.2: the line through (0, 0), (2, 1) and (10, 0), read in the middle of each step."""
    recipe = Recipe(learning_rate=1.0, batch_size=1, iterations=10, schedule="one_cycle", warm_up=0.2)
    rates = [learning_rate_at(recipe, iteration) for iteration in range(10)]
    expected = [0.25, 0.75, 0.9375, 0.8125, 0.6875, 0.5625, 0.4375, 0.3125, 0.1875, 0.0625]
    assert rates == pytest.approx(expected)


def test_a_constant_rate_has_no_end():
    recipe = Recipe(learning_rate=1e-4, batch_size=1, iterations=10)
    assert learning_rate_at(recipe, 0) == learning_rate_at(recipe, 10_000) == 1e-4


@given(st.integers(1, 2000), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_one_cycle_stays_between_zero_and_the_rate(iterations, warm_up):
    recipe = Recipe(learning_rate=3e-3, batch_size=1, iterations=iterations, schedule="one_cycle", warm_up=warm_up)
    assert all(0 < learning_rate_at(recipe, iteration) <= 3e-3 for iteration in range(iterations))


def test_past_the_end_of_the_schedule_is_refused(tiny, quick, bundled):
    recipe = dataclasses.replace(quick, iterations=5, schedule="one_cycle")
    done = advance.advance(advance.start(tiny, recipe), bundled, 5)
    for state, steps in ((done, 1), (advance.start(tiny, recipe), 6)):
        with pytest.raises(ValueError, match=r"0 after its 5 iterations.*no step after iteration 5"):
            advance.advance(state, bundled, steps)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"learning_rate": 0.0}, "learning rate above 0"),
        ({"learning_rate": float("nan")}, "learning rate above 0"),
        ({"learning_rate": float("inf")}, "learning rate above 0"),
        ({"epsilon": 0.0}, "epsilon above 0"),
        ({"batch_size": 0}, "1 to 4096 images"),
        ({"batch_size": 4097}, "1 to 4096 images"),
        ({"iterations": 0}, "1 to 1,000,000 iterations"),
        ({"iterations": 1_000_001}, "1 to 1,000,000 iterations"),
        ({"shuffle_buffer": -1}, "shuffle buffer"),
        ({"shift_px": 5}, "shift_px"),
        ({"teachers": 6}, "teachers"),
        ({"schedule": "cosine"}, "constant or one_cycle"),
        ({"warm_up": 0.0}, "warm_up"),
        ({"warm_up": 1.0}, "warm_up"),
    ],
    ids=str,
)
def test_a_recipe_out_of_range_is_refused_in_a_sentence(quick, change, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(quick, **change)


def test_a_recipe_written_before_there_were_schedules_is_read():
    written = {"learning_rate": 1e-4, "batch_size": 64, "iterations": 10_000, "loss": "mean", "optimizer": "adam"}
    written |= {"epsilon": 1e-8, "keep_validation": True, "shuffle_buffer": 0}
    assert Recipe(**written) == PRESETS["hvass"].recipe


@pytest.mark.parametrize("preset", ["fast", "hvass"])
def test_fast_trains_the_tutorials_network(preset):
    """By hand: 16 and 36 kernels of 5×5, pooled to 7×7, 128 neurons, as tutorial 02 has it."""
    network = PRESETS[preset].network
    assert n_weights(network) == (25 + 1) * 16 + (25 * 16 + 1) * 36 + (7 * 7 * 36 + 1) * 128 + (128 + 1) * 10
    assert (network.activation, network.pooling, network.pool_first, network.dropout) == ("relu", "max", True, 0.0)
    assert [layer.shape for layer in layers(network) if layer.kind == "pooling"] == [(14, 14, 16), (7, 7, 36)]


def test_same_seed_same_run_other_seed_another(tiny, quick, bundled):
    first, again, other = (advance.advance(advance.start(tiny, quick, s), bundled, 5) for s in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


def test_two_runs_in_turns_do_not_disturb_each_other(tiny, quick, bundled):
    alone = advance.advance(advance.start(tiny, quick, 1), bundled, 6)
    mine, theirs = advance.start(tiny, quick, 1), advance.start(tiny, quick, 2)
    for _ in range(3):
        mine, theirs = advance.advance(mine, bundled, 2), advance.advance(theirs, bundled, 2)
    assert same(alone, mine)


def test_it_learns(tiny, bundled):
    recipe = Recipe(learning_rate=1e-2, batch_size=32, iterations=200)
    state = advance.advance(advance.start(dataclasses.replace(tiny, dropout=0.0), recipe), bundled, 200)
    assert state.accuracies[:5].mean() < 0.4
    assert state.accuracies[-20:].mean() > 0.8
    assert state.seconds > 0


def test_a_state_is_not_changed_by_advancing(tiny, quick, bundled):
    start = advance.start(tiny, quick)
    before = {name: array.copy() for name, array in start.weights.items()}
    advance.advance(start, bundled, 3)
    assert start.iteration == 0
    assert all((start.weights[name] == before[name]).all() for name in before)


def test_losses_are_those_of_numpy(tiny, bundled):
    """Before the first step, with no dropout, the three losses follow from the softmax of the first batch."""
    config = dataclasses.replace(tiny, dropout=0.0)
    expected = {}
    for loss in ("mean", "sum", "clipped_sum"):
        recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=1, loss=loss)
        state = advance.start(config, recipe)
        batch = advance.batch_indices(recipe, 0, 0, 1, len(bundled))[0]
        model = build(config)
        probs = model(bundled.images[batch]).numpy()
        each = -np.log(probs[np.arange(16), bundled.labels[batch]])
        expected[loss] = each.mean() if loss == "mean" else each.sum()
        assert advance.advance(state, bundled, 1).losses[0] == pytest.approx(expected[loss], rel=1e-5)


def test_outlier_exposure_asks_for_an_even_softmax_where_there_is_no_digit(tiny):
    """By hand: for a digit the logarithm of its probability, for no digit the mean of all ten logarithms."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (16, 28, 28, 1), np.uint8)
    labels = np.array([3, 10] * 8)
    config = dataclasses.replace(tiny, dropout=0.0)
    recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=1, loss="outlier_exposure")
    logs = np.log(build(config)(images.astype(np.float32) / 255).numpy())
    done = advance.advance(advance.start(config, recipe), Dataset(images, labels, "some"), 1)
    expected = -np.where(labels == 10, logs.mean(axis=1), logs[:, 3]).mean()
    assert done.losses[0] == pytest.approx(expected, rel=1e-5)
    assert done.accuracies[0] == (logs[labels == 3].argmax(axis=1) == 3).mean()


@pytest.mark.parametrize(
    ("planned", "after"),
    [(30, [1, 10, 20, 30]), (1000, [1, *range(10, 1001, 10)]), (1050, [1, *range(100, 1001, 100), 1050])],
)
def test_training_accuracy_is_measured_where_the_tutorials_print_it(quick, planned, after):
    recipe = dataclasses.replace(quick, iterations=planned)
    assert (np.flatnonzero(advance.is_measured(recipe, np.arange(1, planned + 1))) + 1).tolist() == after


def test_training_accuracy_is_that_after_the_step_with_nothing_dropped(tiny, quick, bundled):
    """Read anew by another way, with the weights as they are after the step."""
    state = advance.advance(advance.start(tiny, quick, seed=5), bundled, 10)
    assert np.isfinite(state.accuracies_after).nonzero()[0].tolist() == [0, 9]
    batch = advance.batch_indices(quick, 5, 9, 1, len(bundled))[0]
    probs = evaluation.probabilities(Network(tiny, state.weights), bundled.images[batch])
    assert state.accuracies_after[9] == (probs.argmax(axis=1) == bundled.labels[batch]).mean()


@pytest.mark.parametrize("augment", [False, True])
def test_measuring_changes_no_bit(tiny, quick, bundled, augment, monkeypatch):
    recipe = dataclasses.replace(quick, augment=augment)
    measured = advance.advance(advance.start(tiny, recipe, seed=5), bundled, 20)
    for answer in (False, True):
        monkeypatch.setattr(advance, "is_measured", lambda _, at, answer=answer: np.full(len(at), answer))
        other = advance.advance(advance.start(tiny, recipe, seed=5), bundled, 20)
        assert np.isfinite(other.accuracies_after).all() == answer
        assert same(measured, dataclasses.replace(other, accuracies_after=measured.accuracies_after))


def test_of_outliers_and_digits_only_digits_count_after_the_step(tiny):
    rng = np.random.default_rng(0)
    digits = Dataset(rng.integers(0, 256, (16, 28, 28, 1), np.uint8), np.array([3, 10] * 8), "some")
    recipe = Recipe(learning_rate=1e-2, batch_size=16, iterations=1, loss="outlier_exposure")
    done = advance.advance(advance.start(tiny, recipe), digits, 1)
    images = digits.images[::2].astype(np.float32) / 255
    probs = evaluation.probabilities(Network(tiny, done.weights), images)
    assert done.accuracies_after[0] == (probs.argmax(axis=1) == 3).mean()


def test_first_adam_step_moves_every_weight_by_the_learning_rate(tiny, bundled):
    """Adam's first step is learning_rate * g / (|g| + epsilon): its size does not depend on the gradient's."""
    recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=1)
    start = advance.start(tiny, recipe)
    moved = advance.advance(start, bundled, 1).weights["logits/bias"] - start.weights["logits/bias"]
    assert np.abs(moved) == pytest.approx(np.full(10, 1e-3), rel=1e-2)


def test_adam_is_keras_to_the_bit(tiny, quick, bundled, monkeypatch):
    start = advance.start(tiny, quick)
    fused = advance.advance(start, bundled, 10)
    engine.engine.cache_clear()
    monkeypatch.setattr(engine.Engine, "_apply", lambda self, *changes: self.optimizer.apply(*changes))
    keras = advance.advance(start, bundled, 10)
    engine.engine.cache_clear()
    assert same(fused, keras)


def test_a_schedule_that_ends_in_nan_is_named(tiny, bundled):
    recipe = Recipe(1e18, 16, 50, optimizer="sgd", loss="sum", schedule="one_cycle", augment=True)
    with pytest.raises(advance.TrainingDiverged, match=r"iteration \d+.*1e\+18"):
        advance.advance(advance.start(tiny, recipe), bundled, 50)


def test_a_learning_rate_that_ends_in_nan_is_named(tiny, bundled):
    recipe = Recipe(learning_rate=1e18, batch_size=16, iterations=50, optimizer="sgd", loss="sum")
    start = advance.start(tiny, recipe)
    with pytest.raises(advance.TrainingDiverged, match=r"iteration \d+.*1e\+18"):
        advance.advance(start, bundled, 50)
    assert np.isfinite(start.weights["conv1/kernel"]).all()


@given(st.integers(0, 40), st.integers(1, 30), st.integers(1, 30), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_batches_follow_from_seed_and_iteration(iteration, first, second, seed):
    recipe = Recipe(learning_rate=1, batch_size=7, iterations=1)
    whole = advance.batch_indices(recipe, seed, iteration, first + second, 50)
    parts = [
        advance.batch_indices(recipe, seed, iteration, first, 50),
        advance.batch_indices(recipe, seed, iteration + first, second, 50),
    ]
    assert (whole == np.concatenate(parts)).all()
    assert whole.shape == (first + second, 7)


@pytest.mark.parametrize("shuffle_buffer", [0, 10, 49, 50, 500])
def test_an_epoch_shows_every_image_once(shuffle_buffer):
    recipe = Recipe(learning_rate=1, batch_size=10, iterations=1, shuffle_buffer=shuffle_buffer)
    epochs = advance.batch_indices(recipe, 0, 0, 10, 50).reshape(2, 50)
    assert (np.sort(epochs, axis=1) == np.arange(50)).all()
    assert (epochs[0] != epochs[1]).any()


def test_a_shuffle_buffer_lets_no_image_come_before_its_time():
    """With a buffer of 10, image i cannot leave before step i - 9: only ten images are in the buffer at a time."""
    recipe = Recipe(learning_rate=1, batch_size=50, iterations=1, shuffle_buffer=10)
    order = advance.batch_indices(recipe, 0, 0, 1, 50)[0]
    assert (order <= np.arange(50) + 9).all()


def test_no_steps_are_refused(tiny, quick, bundled):
    with pytest.raises(ValueError, match="at least 1 step"):
        advance.advance(advance.start(tiny, quick), bundled, 0)


@needs_mnist
def test_hvass_begins_as_the_tutorial_reports():
    """Tutorial 02 reports 70.8 % and 66.6 % after 100 iterations; a band around that."""
    from cnnviz.analysis import evaluation
    from cnnviz.data import dataset
    from cnnviz.network.weights import Network

    source = dataset.Source("idx", MNIST)
    train, test = dataset.load(source, "train"), dataset.load(source, "test")
    some = Dataset(test.images[:2000], test.labels[:2000], "some")
    state = advance.advance(advance.start(PRESETS["hvass"].network, PRESETS["hvass"].recipe, 1), train, 100)
    probs = evaluation.probabilities(Network(state.network, state.weights), some.images)
    assert 0.55 < evaluation.score(some.labels, probs).accuracy < 0.85
