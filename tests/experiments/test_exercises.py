"""The exercises: their runs differ in what is asked, and their answers say no more than the digits allow."""

import dataclasses

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.experiments import exercises, plan_text, variations
from cnnviz.experiments.comparing import Result
from cnnviz.experiments.exercises import EXERCISES
from cnnviz.experiments.statistics import MIN_SEEDS, seeds_needed
from cnnviz.network.config import Convolution, NetworkConfig, layers, n_weights
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.network.weights import weights_checksum
from cnnviz.percentages import NO_BREAK, percent
from cnnviz.training import advance, pieces

BY_NUMBER = {exercise.number: exercise for exercise in EXERCISES}
HVASS = Plan(PRESETS["hvass"].network, PRESETS["hvass"].recipe)
BASES = {name: Plan(preset.network, preset.recipe, seed=3) for name, preset in PRESETS.items()}
BASES["stride 2, no pooling"] = dataclasses.replace(
    HVASS, network=NetworkConfig((Convolution(4, 3, 2),), (9, 7), "sigmoid", "none", dropout=0.5)
)
BASES["no convolution"] = dataclasses.replace(HVASS, network=NetworkConfig((), ()))
ASKED = {
    1: {"seed"},
    2: {"seed", "iterations"},
    3: {"seed", "learning rate"},
    4: {"seed", "filters", "kernel size", "neurons"},
    5: {"seed", "dropout"},
    6: {"seed", "activation", "pooling", "order"},
    7: {"seed", "filters", "kernel size", "stride", "neurons"},
    8: {"seed", "filters", "neurons"},
    9: {"seed", "activation on the outputs"},
    10: {"seed", "pooling"},
    11: {"seed", "pooling", "stride"},
    14: {"seed", "filters", "kernel size", "stride", "neurons", "dropout"},
}
NEEDS_CONVOLUTIONS = {6, 10, 11, 14}
NEEDS_A_HIDDEN_LAYER = {4, 8}


def plain(text):
    """In one line, with spaces that break it."""
    return text.replace(NO_BREAK, " ").replace("\n\n", " ")


def result(label="as it is", correct=9800, seed=0, plan=HVASS, **more):
    plan = dataclasses.replace(plan, seed=seed)
    return Result(
        label,
        plan,
        **{"n_weights": 1000, "seconds_per_1000": 6.0, "n_test": 10_000, "weights_checksum": "a"} | more,
        test_correct=correct,
    )


def test_there_are_thirteen_and_one_more():
    assert [exercise.number for exercise in EXERCISES] == list(range(1, 15))
    assert exercises.find(14) is EXERCISES[-1]
    assert exercises.find(15) is None
    assert all(exercise.question.endswith("?") for exercise in EXERCISES)
    assert [e.number for e in EXERCISES if e.shows_program] == [12]
    assert len(BY_NUMBER[13].discussion) == 6
    assert [e.number for e in EXERCISES if not e.plan_runs(HVASS, 100)] == [12, 13]


@pytest.mark.parametrize("number", ASKED)
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_runs_are_possible_networks_that_differ_in_what_is_asked_alone(number, base):
    network = base.network
    if (number in NEEDS_CONVOLUTIONS and not network.convolutions) or (
        number in NEEDS_A_HIDDEN_LAYER and not (network.convolutions or network.dense)
    ):
        with pytest.raises(ValueError, match=r"^Expected a network .* This one has no"):
            BY_NUMBER[number].plan_runs(base, 700)
        return
    runs = BY_NUMBER[number].plan_runs(base, 700)
    for run in runs:
        layers(run.plan.network)
        assert n_weights(run.plan.network) <= 1.1 * variations.MAX_DENSE_WEIGHTS
        assert run.plan.recipe.iterations in ((700, 1400) if number == 2 else (700,))
    assert set(plan_text.differences([run.plan for run in runs])) <= ASKED[number]
    n_settings = len({run.plan.network for run in runs})
    n_seeds = seeds_needed(n_settings - 1) if number == 8 else MIN_SEEDS
    assert {run.plan.seed for run in runs} == set(range(base.seed, base.seed + n_seeds))
    if number != 1:
        assert len({run.plan for run in runs}) == len(runs)


def values(number, base=HVASS):
    """The first seed's differences of an exercise."""
    plans = [run.plan for run in BY_NUMBER[number].plan_runs(base, 1000) if run.plan.seed == base.seed]
    return plan_text.differences(plans)


def test_hvass_is_varied_as_the_exercises_say():
    first, again, *others = BY_NUMBER[1].plan_runs(HVASS, 1000)
    assert first.plan == again.plan
    assert [(run.label, run.plan.seed) for run in others] == [("another seed", i) for i in range(1, MIN_SEEDS)]
    assert values(2) == {"iterations": ["1,000", "2,000"]}
    assert values(3) == {"learning rate": ["0.0001", "0.00001", "0.001", "0.01", "0.1"]}
    assert values(4) == {
        "filters": ["16, 36", "8, 18", "32, 72", *["16, 36"] * 4],
        "kernel size": [*["5×5, 5×5"] * 3, "3×3, 3×3", "7×7, 7×7", *["5×5, 5×5"] * 2],
        "neurons": [*["128"] * 5, "64", "256"],
    }
    assert values(5) == {"dropout": ["none", percent(0.5, 0)]}
    assert values(6) == {
        "activation": ["relu"] * 4 + ["sigmoid"] * 4,
        "pooling": ["max", "max", "average", "average"] * 2,
        "order": ["activation, then pooling", "pooling, then activation"] * 4,
    }
    assert values(7) == {
        "filters": ["16, 36", "16, 36, 36", "16, 36"],
        "kernel size": ["5×5, 5×5", "5×5, 5×5, 5×5", "5×5, 5×5"],
        "stride": ["1, 1", "1, 1, 1", "1, 1"],
        "neurons": ["128", "128", "128, 128"],
    }
    assert values(8) == {
        "filters": ["16, 36"] * 3 + ["4, 9"] * 3 + ["1, 2"] * 3,
        "neurons": ["128", "32", "8"] * 3,
    }
    assert values(9) == {"activation on the outputs": ["no", "yes"]}
    assert values(10) == {"pooling": ["max", "none"]}
    assert values(14) == {
        "filters": ["none", "none", "16, 36"],
        "kernel size": ["none", "none", "5×5, 5×5"],
        "stride": ["none", "none", "1, 1"],
        "neurons": ["266, 120", "none", "128"],
    }
    assert values(11) == {"stride": ["1, 1", "2, 2"], "pooling": ["max", "none"]}


def test_the_recipe_without_validation_digits_is_named_where_one_is_to_choose_by_them():
    without = {name for name, preset in PRESETS.items() if not preset.recipe.keep_validation}
    assert without == {"low-level"}
    assert "`low-level` keeps no validation digits" in BY_NUMBER[8].explanation


def test_with_and_without_shared_weights_as_many_weights_are_compared():
    runs = BY_NUMBER[14].plan_runs(HVASS, 10)
    assert list(dict.fromkeys(run.label for run in runs)) == [
        "fully connected, 242,060 weights",
        "no hidden layer, 7,850 weights",
        "convolutions, 242,062 weights",
    ]
    assert [runs[i].plan.network.dense for i in (0, MIN_SEEDS)] == [PRESETS["dense"].network.dense, ()]
    assert {run.plan.recipe for run in runs} == {dataclasses.replace(HVASS.recipe, iterations=10)}
    with pytest.raises(ValueError, match=r"can equal in weights\. This one has 54\."):
        BY_NUMBER[14].plan_runs(
            dataclasses.replace(HVASS, network=NetworkConfig((Convolution(1, 1, 4),) * 2, (), pooling="none")), 10
        )


def test_the_search_goes_down_to_a_thousand_weights_with_seeds_for_each_of_its_comparisons():
    runs = BY_NUMBER[8].plan_runs(HVASS, 10)
    assert n_weights(runs[-1].plan.network) == 26 + 2 * 26 + 8 * (7 * 7 * 2 + 1) + 10 * 9
    assert runs[-1].label == "1, 2 filters, 8 neurons"
    assert len(runs) == 9 * 6
    only_dense = BY_NUMBER[8].plan_runs(Plan(PRESETS["dense"].network, HVASS.recipe), 10)
    assert list(dict.fromkeys(run.label for run in only_dense)) == [
        "266, 120 neurons",
        "66, 30 neurons",
        "16, 7 neurons",
    ]


def test_strides_leave_maps_of_the_size_that_pooling_leaves():
    pooled, strided = (dict(shapes(run.plan.network)) for run in BY_NUMBER[11].plan_runs(HVASS, 10)[::MIN_SEEDS])
    assert pooled["conv1_pool"] == strided["conv1"] == (14, 14, 16)
    assert pooled["flatten"] == strided["flatten"]


def shapes(config):
    return [(layer.name, layer.shape) for layer in layers(config)]


def test_without_pooling_a_large_network_has_fewer_neurons_in_both_runs():
    pooled, unpooled = BY_NUMBER[10].plan_runs(BASES["deep-mnist"], 10)[::MIN_SEEDS]
    assert pooled.plan.network.dense == unpooled.plan.network.dense == (128,)
    assert (pooled.label, unpooled.label) == ("max-pooling, 128 neurons", "no pooling, 128 neurons")


def test_an_exercise_that_leaves_no_room_names_the_layer():
    base = dataclasses.replace(HVASS, network=NetworkConfig((Convolution(4),) * 5, (8,)))
    with pytest.raises(ValueError, match="conv6_pool"):
        BY_NUMBER[7].plan_runs(base, 10)


def test_equal_settings_are_left_out():
    assert plan_text.differences([HVASS, HVASS]) == {}
    other = Plan(
        dataclasses.replace(HVASS.network, convolutions=(Convolution(8), Convolution(8, 3)), dense=()),
        dataclasses.replace(
            HVASS.recipe,
            loss="clipped_sum",
            keep_validation=False,
            shuffle_buffer=5000,
            epsilon=1e-7,
            augment=True,
            schedule="one_cycle",
            warm_up=0.25,
        ),
        seed=7,
    )
    assert plan_text.differences([HVASS, other]) == {
        "filters": ["16, 36", "8, 8"],
        "kernel size": ["5×5, 5×5", "5×5, 3×3"],
        "neurons": ["128", "none"],
        "loss": ["mean", "clipped sum"],
        "epsilon": ["1e-8", "1e-7"],
        "validation digits held back": ["yes", "no"],
        "shuffle buffer": ["all images", "5,000"],
        "schedule": ["constant", "one cycle"],
        "warm-up": [percent(0.2, 0), percent(0.25, 0)],
        "augmentation": ["no", "yes"],
        "seed": ["0", "7"],
    }


def seeds_of(label, counts, **more):
    return [result(label, n, seed, **more) for seed, n in enumerate(counts)]


def test_conclusions_say_better_worse_or_no_difference():
    results = [
        *seeds_of("learning rate 0.0001", [9800, 9810, 9805, 9795, 9815]),
        *seeds_of("learning rate 0.00001", [9000, 9010, 9005, 8995, 9015]),
        *seeds_of("learning rate 0.001", [9905, 9895, 9900, 9890, 9910]),
        *seeds_of("learning rate 0.01", [9815, 9800, 9810, 9820, 9805]),
    ]
    assert plain(BY_NUMBER[3].conclude(results)) == (
        "Learning rate 0.0001: 98.05 % after 10,000 training steps, the mean of 5 seeds, which read 97.95 % to "
        "98.15 %; 95 % interval over seeds and digits 97.74 % to 98.32 %. "
        "Learning rate 0.00001: 90.05 % after 10,000 training steps, 8.00 points worse than “learning rate 0.0001” "
        "(95 % interval over seeds and digits -8.67 to -7.34). "
        "Learning rate 0.001: 99.00 % after 10,000 training steps, 0.95 points better than “learning rate 0.0001” "
        "(95 % interval over seeds and digits +0.59 to +1.32). "
        "Learning rate 0.01: 98.10 % after 10,000 training steps; no difference from “learning rate 0.0001” is shown, "
        "seeds of one setting differ as much. "
        "Better or worse is said only where chance makes so large a difference in at most 5 % of all ways of dealing "
        "the seeds into two groups (permutation test). Who compares 3 times is wrong more easily, so each comparison "
        "must be clearer than that (Holm): the chance of even one false claim stays at most 5 %. "
        "Without validation digits nobody saw whether the gaps were closing: longer training may turn them."
    )


def test_each_conclusion_names_its_own_number_of_steps():
    short, long = (dataclasses.replace(HVASS, recipe=dataclasses.replace(HVASS.recipe, iterations=n)) for n in (7, 14))
    results = [
        *seeds_of("7 training steps", [9000, 9001, 9002, 9003, 9004], plan=short),
        *seeds_of("14 training steps", [9100, 9101, 9102, 9103, 9104], plan=long),
    ]
    conclusion = plain(BY_NUMBER[2].conclude(results))
    assert "90.02 % after 7 training steps" in conclusion
    assert "91.02 % after 14 training steps, 1.00 points better" in conclusion
    assert "longer training" not in conclusion  # that is what was tried


def test_a_difference_that_other_digits_may_not_show_is_said_to_be_of_these():
    results = [
        *seeds_of("no dropout", [9800, 9801, 9802, 9803, 9804]),
        *seeds_of("some", [9810, 9811, 9812, 9813, 9814]),
    ]
    assert "0.10 points better than “no dropout”" in BY_NUMBER[5].conclude(results)
    assert "That is so on these test digits; on others it may not be." in BY_NUMBER[5].conclude(results)


@pytest.mark.parametrize(("late", "turns"), [(0.91, True), (0.88, False)])
def test_a_closing_gap_is_hinted_at(late, turns):
    """4 points ahead half way; 1 or 4 at the end."""
    ahead = ((4000, 0.85), (5000, 0.86), (9000, 0.92), (10_000, 0.92))
    behind = ((4000, 0.81), (5000, 0.82), (9000, late), (10_000, late))
    results = [
        *seeds_of("no dropout", [9200, 9201, 9202, 9203, 9204], checks=ahead),
        *seeds_of("dropout of 50 %", [9000, 9001, 9002, 9003, 9004], checks=behind),
    ]
    conclusion = BY_NUMBER[5].conclude(results)
    assert ("with longer training the order may turn" in conclusion) == turns
    assert "Without validation digits" not in conclusion


def test_too_few_seeds_and_a_failed_run_are_said():
    failed = result("learning rate 0.01", 0, n_test=0, failure="The loss is no longer a number at iteration 7.")
    two = [result("learning rate 0.0001"), *seeds_of("learning rate 0.001", [9900, 9910, 9920, 9930])]
    conclusion = BY_NUMBER[3].conclude([*two, failed])
    assert "Learning rate 0.0001: 98.00\u00a0% after 10,000 training steps, with one seed." in conclusion
    assert "too few seeds to compare it with “learning rate 0.0001”, each needs 5." in conclusion
    assert "better" not in conclusion
    assert conclusion.endswith(
        "Learning rate 0.01, seed 0, is left out: The loss is no longer a number at iteration 7."
    )
    assert BY_NUMBER[3].conclude([result(), failed]).startswith("There is nothing to compare yet.")


def test_a_run_that_was_stopped_is_not_taken_for_another_outcome():
    failure = "It was stopped after 120 of 300 iterations."
    stopped = result("the same again", 5000, weights_checksum="b", failure=failure)
    other = result("another seed", 9820, seed=1, weights_checksum="c")
    conclusion = BY_NUMBER[1].conclude([result("the first run"), stopped, other])
    assert "not decided by the seed" not in conclusion
    assert conclusion.endswith("The same again, seed 0, is left out: It was stopped after 120 of 300 iterations.")


@pytest.mark.parametrize("number", range(1, 12))
def test_nothing_is_concluded_from_nothing(number):
    assert BY_NUMBER[number].conclude([]) in ("There is nothing to compare yet.", "")


def test_running_again_is_judged_by_the_weights():
    others = [result("another seed", 9790 + 20 * i, seed=i, weights_checksum=f"{i}") for i in range(1, 5)]
    conclusion = BY_NUMBER[1].conclude([result("the first run"), result("the same again"), *others])
    assert plain(conclusion) == (
        "The same plan with the same seed ended in the same weights, to the bit. Every other seed ended in other "
        "weights. After 10,000 training steps 5 seeds of this one setting read 98.00 % to 98.70 % of the test digits "
        "right. Only chance sets them apart: a difference no larger than that, between single runs, need mean nothing."
    )
    assert "not decided by the seed" in BY_NUMBER[1].conclude(
        [result("the first run"), result("the same again", weights_checksum="c")]
    )


def test_swapping_is_judged_by_weights_accuracy_and_time():
    runs = BY_NUMBER[6].plan_runs(HVASS, 10)
    assert len(runs) == 8 * MIN_SEEDS  # so many can tell each of the four comparisons
    base = [9800, 9800, 9000, 9000, 9000, 9000, 9000, 9200]
    results = [
        result(run.label, base[i // 5] + i % 5, run.plan.seed, run.plan,
               weights_checksum=str(run.plan.seed) if i < 10 else str(i), seconds_per_1000=6.0 + i // 5)
        for i, run in enumerate(runs)
    ]  # fmt: skip
    conclusion = BY_NUMBER[6].conclude(results)
    assert "With relu and max-pooling both orders ended in the same weights, to the bit." in conclusion
    for other in ("relu and average", "sigmoid and max", "sigmoid and average"):
        assert f"With {other}-pooling both orders ended in different weights." in conclusion
    assert "no difference from “relu, then max-pooling” is shown" in conclusion
    better = "Average-pooling, then sigmoid: 92.02 % after 10 training steps, 2.00 points better than “sigmoid, then"
    assert better in plain(conclusion)
    assert "Who compares 4 times is wrong more easily" in conclusion
    assert "Training took 0.86 times as long with relu, then max-pooling as with max-pooling, then relu;" in conclusion
    assert "0.92 times as long with sigmoid, then average-pooling as with average-pooling, then sigmoid;" in conclusion


def tried(label, n_weights, validation, test, seeds=6):
    """Runs of one size: what its seeds read right of 5,000 validation and 10,000 test digits."""
    return [
        result(label, test + i, i, n_weights=n_weights, validation_correct=validation + i, n_validation=5000)
        for i in range(seeds)
    ]


def test_the_search_chooses_by_validation_digits_and_judges_the_chosen_one_by_test_digits():
    """By test digits "small" would be the best and "tiny" as good."""
    results = [*tried("large", 9000, 4900, 9500), *tried("small", 900, 4898, 9800), *tried("tiny", 90, 4500, 9800),
               *tried("beaten", 5000, 4600, 9900)]  # fmt: skip
    conclusion = plain(BY_NUMBER[8].conclude(results))
    assert conclusion.startswith(
        "On the frontier, from the fewest weights to the most: tiny (90 weights, 90.05 %); small (900 weights, "
        "98.01 %); large (9,000 weights, 98.05 %)."
    )
    assert "Chosen: small, 900 weights, the smallest of the frontier that is not shown to be worse" in conclusion
    assert "than the best, large, which has 10.0 times as many weights." in conclusion
    assert "for 3 comparisons (Holm)" in conclusion
    judged = conclusion.partition("judge it alone: ")[2]
    assert judged.startswith("98.02 %, the mean of 6 seeds, which read 98.00 % to 98.05 %; 95 % interval over seeds")
    assert conclusion.count("test digits") == 1
    assert not any(share in conclusion for share in ("95.02 %", "99.02 %"))


def test_a_search_that_cannot_choose_says_why():
    few = [*tried("large", 9000, 4900, 9500, 2), *tried("small", 900, 4890, 9800, 2)]
    assert BY_NUMBER[8].conclude(few).endswith("Nothing is chosen: each size needs 5 seeds.")
    best = [*tried("large", 9000, 4900, 9500), *tried("small", 900, 4800, 9800)]
    assert "Chosen: large, 9,000 weights, which read most validation digits right;" in BY_NUMBER[8].conclude(best)
    unwatched = [result("large", 9500), result("small", 9400)]
    assert BY_NUMBER[8].conclude(unwatched).startswith("These runs kept no validation digits")
    failed = result("small", 0, n_test=0, failure="It diverged.")
    assert BY_NUMBER[8].conclude([failed]) == (
        "There is nothing to compare yet.\n\nSmall, seed 0, is left out: It diverged."
    )


def test_swapped_runs_end_in_the_same_weights(tiny, quick, bundled):
    """The gradients of relu and max-pooling are the same in both orders too."""
    checksums = []
    for first in (True, False):
        config = dataclasses.replace(tiny, pool_first=first)
        state = advance.advance(advance.start(config, quick, 2), bundled, 5)
        checksums.append(weights_checksum(state.weights))
    assert checksums[0] == checksums[1]
    assert checksums[0] != weights_checksum(advance.start(tiny, quick, 2).weights)


@pytest.mark.parametrize("number", ASKED)
def test_every_exercise_is_run_and_concluded(number, quick, bundled):
    """Each at a small size, from its question to its answer; what it says is what was counted."""
    digits = dataset.Dataset(bundled.images[:100], bundled.labels[:100], "some")
    base = Plan(NetworkConfig((Convolution(4, 3),), (8,), pool_first=True), dataclasses.replace(quick, iterations=3))
    results = []
    for run in BY_NUMBER[number].plan_runs(base, 3):
        plan = run.plan
        state = advance.advance(advance.start(plan.network, plan.recipe, plan.seed), digits, plan.recipe.iterations)
        score = pieces.examine(plan.network, state.weights, digits)
        counts = score.correct, score.n
        checksum = weights_checksum(state.weights)
        results.append(
            Result(run.label, plan, n_weights(plan.network), 1.0, *counts, *counts, weights_checksum=checksum)
        )
    conclusion = BY_NUMBER[number].conclude(results)
    first = [r.accuracy for r in results if r.label == results[0].label]
    if number not in (1, 6, 8):
        assert conclusion.startswith(f"{plan_text.capitalized(results[0].label)}: {percent(np.mean(first))}")
    if number == 1:
        assert "same weights, to the bit" in conclusion
        assert "5 seeds of this one setting read" in conclusion
        return
    if number == 8:
        assert conclusion.startswith("On the frontier, from the fewest weights to the most: ")
        assert "Chosen: " in conclusion
        return
    if number == 6:
        assert "With relu and max-pooling both orders ended in the same weights, to the bit." in conclusion
    assert all(
        plan_text.capitalized(label) in conclusion or label in conclusion for label in {r.label for r in results[2:]}
    )
