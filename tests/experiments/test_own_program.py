"""Figures of a program of one's own: what agrees, what does not, and the slip that gives exactly this number."""

import dataclasses

import pytest

from cnnviz.experiments import own_program, recorded
from cnnviz.network.config import layers, n_weights
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.training import first_loss

HVASS = Plan(PRESETS["hvass"].network, PRESETS["hvass"].recipe, 3)
TOTAL = 242_062


def weights(n, plan=HVASS):
    found = own_program.check_weights(plan, n)
    return found.agrees, found.sentence


def test_the_right_number_of_weights_agrees():
    assert weights(TOTAL) == (True, "242,062 weights: as many as the plan has.")


@pytest.mark.parametrize(
    ("n", "difference", "cause"),
    [
        (TOTAL - 128, "128 too few", "the biases of dense1 are missing (128)"),
        (TOTAL - 16 - 36 - 128 - 10, "190 too few", "the biases of conv1, conv2, dense1, logits are missing (190)"),
        (3 * TOTAL + 2, "484,126 too many", "the optimiser's own numbers are counted too"),
        (416 + 14_436 + 1764 * 10 + 10, "209,560 too few", "dense1 is missing"),
        (416 + (14 * 14 * 16 + 1) * 128 + 1290, None, "conv2 is missing"),
        (416 + 14_436 + (28 * 28 * 36 + 1) * 128 + 1290, None, "there is no pooling"),
        (160 + (9 * 16 + 1) * 36 + 225_920 + 1290, None, "the kernels have 3×3 weights"),
        (416 + 14_436 + (4 * 4 * 36 + 1) * 128 + 1290, None, "the convolutions' padding is VALID, not SAME"),
        (TOTAL + 2 * 25 * 16, "800 too many", "the image has three channels"),
    ],
)
def test_a_wrong_number_is_put_down_to_the_slip_that_gives_it(n, difference, cause):
    agrees, sentence = weights(n)
    assert agrees is False
    assert (difference or f"{abs(TOTAL - n):,} too") in sentence
    assert f"So many come of this: {cause}" in sentence


def test_a_number_that_no_slip_gives_is_not_explained():
    agrees, sentence = weights(TOTAL + 1)
    assert agrees is False
    assert "1 too many" in sentence
    assert sentence.endswith(
        "No common slip gives this number; enter the weights layer by layer to see where they differ."
    )


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_agrees_with_itself(name):
    plan = Plan(PRESETS[name].network, PRESETS[name].recipe)
    assert weights(n_weights(plan.network), plan)[0]
    assert weights(1, plan)[0] is False


def test_layers_are_checked_one_by_one():
    conv2, dense1 = (next(each for each in layers(HVASS.network) if each.name == name) for name in ("conv2", "dense1"))
    assert own_program.check_layer(conv2, 14_436).agrees
    assert own_program.check_layer(conv2, 14_400).sentence == (
        "conv2: 14,400 weights; in the plan 5 · 5 · 16 · 36 + 36 = 14,436. Its biases are missing."
    )
    assert own_program.check_layer(dense1, 128 * (7 * 7 * 64 + 1)).sentence.endswith(
        "So it takes in 3,136 values instead of 1,764: look at the layers before it."
    )


@pytest.mark.parametrize(
    ("n", "agrees", "says"),
    [
        (55_000, True, "as many as the plan learns from"),
        (60_000, False, "The validation digits, the last 5,000 of the training file, were learnt from too."),
        (70_000, False, "The test digits are among them, so the test accuracy says nothing."),
        (10_000, False, "These are the test digits."),
        (64, False, "That is one batch."),
        (54_999, False, "the plan learns from 55,000."),
    ],
)
def test_training_images_are_counted(n, agrees, says):
    found = own_program.check_train(HVASS, n)
    assert found.agrees is agrees
    assert found.sentence.endswith((says, f"{says}."))


def test_a_plan_without_validation_digits_learns_from_all():
    plan = Plan(PRESETS["low-level"].network, PRESETS["low-level"].recipe)
    assert own_program.check_train(plan, 60_000).agrees
    assert own_program.check_train(plan, 55_000).sentence.endswith("this plan learns from them too.")


@pytest.mark.parametrize(
    "text", ["98.8 %", "98.8%", "98.8", "0.988", "9880", "9,880", "9880/10000", "9,880 / 10,000", "988 of 1000"]
)
def test_an_accuracy_is_read_as_people_write_it(text):
    assert own_program.read_accuracy(text) == pytest.approx(0.988)


@pytest.mark.parametrize("text", ["", "good", "98.8 % of all", "12000", "-3", "5 / 0", "101 %", "1.2.3"])
def test_what_is_no_accuracy_is_said(text):
    with pytest.raises(ValueError, match="expected a share such as"):
        own_program.read_accuracy(text)


def test_an_accuracy_within_the_seeds_that_are_known_agrees():
    known = recorded.correct_of(HVASS)
    assert sorted(known) == [9857, 9874, 9876, 9882]
    found = own_program.check_accuracy(HVASS, 0.988, known, 10_000)
    assert found.agrees
    assert "98.57\u00a0% to 98.82\u00a0% (4 seeds; of a further seed " in found.sentence
    low = own_program.check_accuracy(HVASS, 0.96, known, 10_000)
    assert low.agrees is False
    assert "Common causes: other learning rate" in low.sentence
    assert "guessing" in own_program.check_accuracy(HVASS, 0.0980, known, 10_000).sentence
    assert "test digits among those learnt from" in own_program.check_accuracy(HVASS, 0.999, known, 10_000).sentence


def test_what_a_further_seed_reads_is_expected_by_the_spread_of_those_that_are_known():
    """Mean 9,500, standard deviation 10, Student's 4.303 for three: 4.303 · 10 · sqrt(4 / 3) = 49.7 digits."""
    known = (9490, 9500, 9510)
    assert "94.50\u00a0% to 95.50\u00a0% is expected" in own_program.check_accuracy(HVASS, 0.95, known, 10_000).sentence
    assert own_program.check_accuracy(HVASS, 0.9545, known, 10_000).agrees
    assert not own_program.check_accuracy(HVASS, 0.9556, known, 10_000).agrees
    assert "too few to say" in own_program.check_accuracy(HVASS, 0.95, known[:2], 10_000).sentence


def test_of_another_plan_nothing_is_known():
    other = dataclasses.replace(HVASS, recipe=dataclasses.replace(HVASS.recipe, iterations=700))
    assert recorded.correct_of(other) == ()
    found = own_program.check_accuracy(other, 0.9, (), 10_000)
    assert found.agrees is None
    assert "nothing is known here of this plan with 700 training steps" in found.sentence


def test_the_first_loss_is_compared_with_that_of_seeds(bundled):
    known = first_loss.first_losses(HVASS, bundled, 5)
    assert len(set(known)) == 5
    assert all(2.2 < loss < 3.5 for loss in known)
    middle = sorted(known)[2]
    assert own_program.check_loss(HVASS, middle, known).agrees
    assert "summed over the batch" in own_program.check_loss(HVASS, 64 * middle, known).sentence
    summed = dataclasses.replace(HVASS, recipe=dataclasses.replace(HVASS.recipe, loss="sum"))
    assert "the mean over the batch" in own_program.check_loss(summed, middle, [64 * loss for loss in known]).sentence
    assert "Common causes: other initial weights" in own_program.check_loss(HVASS, 9.0, known).sentence
    assert "ten equal answers" in own_program.check_loss(HVASS, 2.303, [4.0, 4.1]).sentence
