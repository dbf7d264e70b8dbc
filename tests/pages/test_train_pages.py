"""Train, Compare and Experiments, and the time machine in the head, with a small folder of one's own."""

import dataclasses
import json
import re
import time

import numpy as np
import pytest
from scipy.stats import binomtest
from streamlit.elements.lib import image_utils

from apptest import alts, give, open_page, texts
from cnnviz.analysis import inspection
from cnnviz.data import dataset
from cnnviz.data.dataset import BUNDLED
from cnnviz.experiments import exercises, reported
from cnnviz.experiments.statistics import MIN_SEEDS
from cnnviz.network import presets, store
from cnnviz.network.config import n_weights
from cnnviz.network.presets import PRESETS, Plan, Preset, Recipe
from cnnviz.pages.train import planning, run_view, runs
from cnnviz.percentages import percent
from cnnviz.render import figures
from cnnviz.training import checkpoints
from cnnviz.training.run import Status, Timing
from cnnviz.training.scheduler import Scheduler
from cnnviz.ui import choice, places, server, state

RECIPE = Recipe(learning_rate=1e-2, batch_size=16, iterations=30)
REPRODUCED = "The same plan with the same seed ended in the same weights, to the bit."


@pytest.fixture(autouse=True)
def _own_server(monkeypatch, tmp_path, tiny):
    """A scheduler with an empty folder, bundled digits, and one quick preset."""
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")
    monkeypatch.setitem(presets.PRESETS, "tiny", Preset(dataclasses.replace(tiny, dropout=0.0), RECIPE))
    server.reset()
    yield
    server.reset()


def begin(tiny, seed=0, name="tiny", **changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    return server.scheduler().begin(Plan(dataclasses.replace(tiny, dropout=0.0), recipe, seed), BUNDLED, name)


def now(run):
    """The record of a run as it is by now."""
    return server.scheduler().find(run.name)


def until(condition, timeout_s=120):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, [(run.name, run.status) for run in server.scheduler().runs()]
        time.sleep(0.02)


def wait_for(*runs):
    """The records of runs once they have ended or are held; alone, when there is one."""
    until(lambda: not any(now(run).active for run in runs))
    records = [now(run) for run in runs]
    return records if len(runs) > 1 else records[0]


def button(at, label):
    return next(found for found in at.button if found.label == label)


def table_with(at, column):
    """The table that has such a column."""
    return next(frame.value for frame in at.dataframe if column in frame.value)


def table(at, first_column):
    return next(frame.value for frame in at.dataframe if frame.value.columns[0] == first_column)


def form(at):
    return next(found for found in at.expander if found.label == "Settings of the next run")


def test_the_fastest_recipe_is_the_first_and_the_tutorials_are_one_click_away():
    at = open_page("train")
    recipes = next(group for group in at.main.button_group if group.key == "train preset")
    assert recipes.value == "fast"
    assert [recipes.options[i] for i in range(6)] == [
        "Fast, about 8 s",
        "Tutorial network",
        "Large tutorial network",
        "Only 200 steps",
        "No hidden layer",
        "No convolution",
    ]
    recipes.set_value("hvass").run()
    assert {w.key: w.value for w in at.number_input}["hvass: Training steps"] == 10_000


def test_a_run_is_started_watched_and_found_again():
    at = open_page("train", train__preset="tiny")
    assert "No run yet" in texts(at)
    assert form(at).proto.expanded
    button(at, "Start").click().run()
    (begun,) = server.scheduler().runs()
    assert begun.plan.recipe == RECIPE
    one = wait_for(begun)
    assert (one.status, one.reason) == (Status.FINISHED, "")
    assert not form(at.run()).proto.expanded
    again = open_page("train")
    assert not again.exception
    assert "has finished after 30 training steps" in texts(again)
    correct, n = one.test
    assert [m.value for m in again.metric if m.label == "Test accuracy"] == [percent(correct / n)]
    milestones = table_with(again, "Here")
    card = store.open_model(server.scheduler().root / one.name).card
    assert milestones.columns.tolist() == ["Training steps", "Here"], "a tutorial's figures beside another network"
    assert milestones["Training steps"].tolist() == ["0", "1", "2", "5", "10", "20", "30"]
    assert milestones["Here"].tolist() == [f"{percent(s.accuracy)} ({s.correct:,} / 500)" for s in card.snapshots]


def test_the_tutorials_run_has_its_figures_beside_it(monkeypatch, tiny):
    of_hvass = reported.REPORTED["hvass"]
    monkeypatch.setattr(reported, "REPORTED", {"tiny": of_hvass})
    monkeypatch.setattr(reported, "preset_of", lambda plan: "tiny")
    monkeypatch.setattr(runs.digits, "title", lambda source: "MNIST")
    one = wait_for(begin(tiny))
    milestones = table_with(open_page("train"), "M. E. H. Pedersen, second rendering")
    assert milestones["Training steps"].tolist() == ["0", "1", "100", "1,000", "10,000", "Time"]
    card = store.open_model(server.scheduler().root / one.name).card
    mine = [f"{percent(s.accuracy)} ({s.correct:,} / {s.n:,})" for s in card.snapshots[:2]]
    assert milestones["Here"].tolist()[:-1] == [*mine, "–", "–", "–"]
    assert milestones["M. E. H. Pedersen, second rendering"].tolist()[-2:] == [percent(0.988), "26 s"]


def test_the_training_log_of_a_run_is_a_table_and_a_text(tiny):
    one = wait_for(begin(tiny))
    at = open_page("train")
    log = table_with(at, "Loss per image")
    state = server.scheduler().loaded(one.name).state
    card = store.open_model(server.scheduler().root / one.name).card
    assert log["Training steps"].tolist() == [line.iteration for line in card.log]
    at_10 = log[log["Training steps"] == 10].iloc[0]
    assert at_10["Training accuracy"] == percent(float(state.accuracies_after[9]), 1)
    assert at_10["Loss"] == pytest.approx(float(state.losses[9]), abs=1e-4)
    assert at_10["Validation accuracy"].endswith(f"/ {len(dataset.load(BUNDLED, 'validation'))})")
    assert at_10["Test accuracy"].endswith("/ 500)")
    (text,) = [code.value for code in at.code if code.value.startswith("Iteration      0, test ")]
    assert len(text.splitlines()) == len(log)
    assert "30 training steps in all, " in texts(at)


def test_a_shipped_network_has_its_log_beside_what_its_tutorial_reports():
    """A sum over the batch as the tutorial prints it, and no validation digits, since it learns from those too."""
    at = open_page("train/compare", compared=["low-level", "hvass"], compared__log="low-level")
    log = table_with(at, "Loss per image")
    assert log["Training steps"].tolist() == [1, *range(10, 201, 10)]
    assert log["Loss"].iloc[-1] == pytest.approx(128 * log["Loss per image"].iloc[-1], rel=1e-2)
    assert "the sum over its 128 images" in texts(at)
    assert set(log["Validation accuracy"]) == {""}
    beside = table_with(at, "A. Damien")
    assert beside["Here"].tolist() == [f"{percent(0.9818)} (9,818 / 10,000)"]
    assert beside["A. Damien"].tolist() == [percent(0.98)]
    (chart,) = [chart.proto.alt for chart in at.get("vega_lite_chart")]
    assert chart == "Line chart of Validation accuracy for hvass."
    at = open_page("train/compare", compared=["low-level", "hvass"], compared__curves="test")
    (chart,) = [chart.proto.alt for chart in at.get("vega_lite_chart")]
    assert chart == "Line chart of Test accuracy for low-level, hvass."


def test_nothing_is_said_of_validation_digits_where_they_are_learnt_from(tiny):
    without, watched = wait_for(begin(tiny, keep_validation=False), begin(tiny, seed=1))
    sentence = "This run learns from the validation digits too"
    assert not without.validated
    for run, has_them in ((without, False), (watched, True)):
        at = open_page("train", train__run=run.name)
        told = [caption.value for caption in at.caption if caption.value.startswith(("Accuracy of", "Cross-entropy"))]
        assert [(sentence in words, "On validation digits, too" in words) for words in told] == [
            (not has_them, has_them)
        ] * 2
        charts = [chart.proto.alt for chart in at.get("vega_lite_chart") if "it ends at:" in chart.proto.alt]
        assert ["validation" in alt for alt in charts] == [has_them] * 2
    at = open_page("train/compare", compared=[without.name, watched.name])
    assert f"because the validation digits were learnt from too: {without.name}." in texts(at)
    assert f"Not here, because the validation digits were learnt from too: {without.name}." in texts(at)
    (chart,) = [chart.proto.alt for chart in at.get("vega_lite_chart")]
    assert chart == f"Line chart of Validation accuracy for {watched.name}."
    at = open_page("train/compare", compared=[without.name])
    assert not at.exception
    assert not at.get("vega_lite_chart")


def test_the_form_says_that_the_rate_of_a_schedule_is_its_peak():
    at = open_page("train", train__preset="fast")
    assert "540 training steps, learning rate up to 0.011 and back to 0, seed 0" in texts(at)
    at = open_page("train", train__preset="tiny")
    assert "30 training steps, learning rate 0.01, seed 0" in texts(at)


def test_an_experiment_says_how_long_each_of_its_runs_is():
    at = open_page("train/experiments", exercise=2, experiment__preset="tiny", experiment__iterations=300)
    assert planned(at).startswith("10 runs, 4,500 training steps together")
    (table,) = [frame.value for frame in at.dataframe if "Training steps" in frame.value]
    assert sorted(table["Training steps"]) == 5 * [300] + 5 * [600]


def test_the_last_exercise_sends_one_to_places_and_parts_that_there_are():
    """And to a place where the answer stands: what a step does with its batch is told under Questions."""
    parts = open_page("layers").main.button_group(key=state.LayersPage.part.name).options
    titles = {title for title, _ in places.PLACES.values()}
    for _, page in exercises.find(13).discussion:
        place, _, part = page.partition(",")[0].partition(": ")
        assert place in titles
        assert not part or (place, part) in [("Layers", name) for name in parts]
    (step,) = [page for question, page in exercises.find(13).discussion if "one training step" in question]
    assert step == "Layers: Questions"


def test_what_the_form_says_is_what_is_trained():
    at = open_page("train", train__preset="tiny")
    number = {widget.key: widget for widget in at.number_input}
    number["tiny: Training steps"].set_value(12)
    number["tiny: Seed"].set_value(7)
    number["tiny: conv1: filters"].set_value(5)
    at.run()
    by_hand = (9 + 1) * 5 + (9 * 5 + 1) * 4 + (4 * 4 * 4 + 1) * 8 + (8 + 1) * 10
    assert [m.value for m in at.metric if m.label == "Weights"] == [f"{by_hand}"] == ["844"]
    button(at, "Start").click().run()
    plan = server.scheduler().runs()[0].plan
    assert (plan.recipe.iterations, plan.seed, plan.network.convolutions[0].filters) == (12, 7, 5)
    wait_for(*server.scheduler().runs())


def test_padding_loss_and_initial_weights_are_chosen_on_the_form():
    at = open_page("train", train__preset="tiny")
    for label, value in {"Padding of the convolutions": "valid", "Loss": "sum", "Initial weights": "normal"}.items():
        at.button_group(key=f"tiny: {label}").set_value(value)
    number = {widget.key: widget for widget in at.number_input}
    number["tiny: Their standard deviation"].set_value(0.2)
    number["tiny: Initial biases"].set_value(0.0)
    at.run()
    assert not at.exception
    by_hand = (9 + 1) * 3 + (9 * 3 + 1) * 4 + (3 * 3 * 4 + 1) * 8 + 90  # 28, 26, 13, 6, 3 pixels a side
    assert [m.value for m in at.metric if m.label == "Weights"] == [f"{by_hand}"]
    button(at, "Start").click().run()
    plan = server.scheduler().runs()[0].plan
    assert (plan.network.padding, plan.recipe.loss) == ("valid", "sum")
    assert (plan.network.initializer, plan.network.initial_stddev, plan.network.initial_bias) == ("normal", 0.2, 0.0)
    one = wait_for(*server.scheduler().runs())
    assert one.status is Status.FINISHED
    for page in ("layers/network", "layers/maps", "layers/filters", "break_it", "why", "draw"):
        at = open_page(page, model=one.name)
        assert not at.exception
        assert not at.error


def test_what_is_typed_when_the_button_is_pressed_counts(tiny):
    """Chromium sends a number in the message of the click that leaves its field."""
    at = open_page("train", train__preset="tiny")
    next(field for field in at.number_input if field.key == "tiny: Training steps").set_value(11)
    button(at, "Start").click().run()
    (one,) = server.scheduler().runs()
    assert one.plan.recipe.iterations == 11
    assert "tiny-1 has begun." in [toast.value for toast in at.toast]
    wait_for(one)
    at = open_page("train")
    next(field for field in at.number_input if field.label == "More training steps").set_value(5)
    button(at, "Train on: 11").click().run()
    assert wait_for(one).iteration == 16


def test_an_impossible_network_is_refused_by_its_layer():
    at = open_page("train", train__preset="tiny")
    at.session_state["tiny: Convolution layers"] = 4
    for i in range(1, 5):
        at.session_state[f"tiny conv{i}: stride"] = 4
    at.run()
    assert not at.exception
    assert any("conv" in error.value and "pooling window" in error.value for error in at.error)
    assert button(at, "Start").disabled
    assert server.scheduler().runs() == []


def test_pause_says_so_and_tests(tiny):
    one = begin(tiny, iterations=100_000)
    until(lambda: now(one).iteration >= 3)
    at = open_page("train")
    button(at, "Pause").click().run()
    assert wait_for(one).status is Status.PAUSED
    at.run()
    assert any(m.label == "Test accuracy" for m in at.metric)
    assert button(at, "Resume")
    button(at, f"Delete {one.name} for good").click().run()
    assert server.scheduler().runs() == []


def test_a_run_is_tested_on_the_digits_it_belongs_to(tiny, bundled, monkeypatch):
    """Whatever digits the head shows; here ones of which every label is wrong."""
    one = begin(tiny, learning_rate=1e-3, iterations=100_000)
    until(lambda: now(one).iteration >= 40)
    server.scheduler().pause(one.name)
    one = wait_for(one)
    wrong, found = dataset.Dataset(bundled.images, (bundled.labels + 1) % 10, "wrong test"), choice.dataset
    monkeypatch.setattr(
        choice, "dataset", lambda part="test", source=None: found(part, source=source) if source else wrong
    )
    at = open_page("train")
    probs = inspection.activations(server.scheduler().network_at(one.name, one.iteration), bundled.images)["softmax"]
    right = (probs.argmax(axis=1) == bundled.labels).mean()
    assert [m.value for m in at.metric if m.label == "Test accuracy"] == [percent(right)]
    assert "This run learns from scikit-learn's digits" in texts(at)


def test_what_is_no_digit_is_not_only_read_as_one(tiny):
    from cnnviz.drawing.preparation import prepare

    one = begin(tiny)
    wait_for(one)
    at = open_page("train")
    for prepared, none in ((_drawing(), False), (prepare(_two_bars()), True)):
        give(at, prepared)
        at.run()
        assert "Your drawing: after 30 training steps the network reads" in texts(at)
        assert (f"{one.name} calls this drawing **no digit**" in texts(at)) == none


def _two_bars():
    ink = np.zeros((280, 280), np.float32)
    ink[100:180, 40:60] = ink[100:180, 200:220] = 1
    return ink


def test_a_one_cycle_run_is_not_offered_to_train_on_and_says_why(tiny):
    wait_for(begin(tiny, schedule="one_cycle"))
    at = open_page("train")
    assert "has finished after 30 training steps" in texts(at)
    assert not any(found.label.startswith("Train on") for found in at.button)
    assert "It cannot train on: its learning rate has come down to 0." in texts(at)


def test_a_one_cycle_run_that_was_stopped_may_train_to_the_end_of_its_schedule(tiny):
    one = begin(tiny, schedule="one_cycle", iterations=100_000)
    until(lambda: now(one).iteration >= 3)
    server.scheduler().stop(one.name)
    left = 100_000 - wait_for(one).iteration
    at = open_page("train")
    assert button(at, f"Train on: {left:,}")
    assert next(found for found in at.number_input if found.label == "More training steps").max == left


def test_a_constant_rate_may_train_on(tiny):
    one = wait_for(begin(tiny))
    at = open_page("train")
    button(at, "Train on: 30").click().run()
    assert now(one).target == 60
    assert wait_for(one).iteration == 60


def test_a_run_stopped_before_it_began_says_so(tiny, monkeypatch):
    monkeypatch.setattr(Scheduler, "_next", lambda self: None)
    one = begin(tiny)
    server.scheduler().stop(one.name)
    at = open_page("train")
    assert "Stopped before it began." in texts(at)
    assert table(at, "Run")["State"].tolist() == ["stopped before it began"]


def test_a_run_can_be_paused_stopped_and_deleted_while_it_is_tested(tiny, monkeypatch):
    pick = Scheduler._next
    monkeypatch.setattr(
        Scheduler, "_next", lambda self: None if self._runs["tiny-1"].status is Status.TESTING else pick(self)
    )
    one = begin(tiny)
    until(lambda: now(one).status is Status.TESTING)
    at = open_page("train")
    assert {"Pause", "Stop", f"Delete {one.name} for good"} <= {found.label for found in at.button}
    button(at, "Pause").click().run()
    assert now(one).status is Status.PAUSED
    button(at, "Resume").click().run()
    until(lambda: now(one).status is Status.TESTING)
    at.run()
    button(at, f"Delete {one.name} for good").click().run()
    assert server.scheduler().runs() == []


def test_a_failed_run_says_why(tiny):
    one = begin(tiny, optimizer="sgd", learning_rate=1e9, iterations=300)
    wait_for(one)
    at = open_page("train")
    assert "no longer a number" in texts(at)


def test_training_accuracy_is_that_after_a_step_and_says_so(tiny):
    one = wait_for(begin(tiny, iterations=25))
    at = open_page("train")
    state = server.scheduler().loaded(one.name).state
    (metric,) = [metric for metric in at.metric if metric.label == "Training accuracy"]
    assert metric.value == percent(float(state.accuracies_after[24]), 1)
    assert metric.help == "Of the batch of training step 25, after that step and with no value dropped."
    (accuracy,) = [chart.proto for chart in at.get("vega_lite_chart") if "accuracy over" in chart.proto.alt]
    assert "it ends at: before the step " in accuracy.alt
    assert f"after the step {state.accuracies_after[24]:.3f}" in accuracy.alt
    assert "after their step with no value dropped, every 10 steps, and before each step (steps" in texts(at)


def test_a_run_of_the_time_before_shows_what_it_has(tiny, monkeypatch):
    one = wait_for(begin(tiny))
    found = server.scheduler().loaded(one.name)
    nothing = np.full(30, np.nan, np.float32)
    old = dataclasses.replace(found, state=dataclasses.replace(found.state, accuracies_after=nothing))
    monkeypatch.setattr(Scheduler, "loaded", lambda self, name: old)
    at = open_page("train")
    assert not at.exception
    (metric,) = [metric for metric in at.metric if metric.label == "Training accuracy"]
    assert "nothing was measured after a step yet" in metric.help
    at = open_page("train/compare", compared=[one.name], compared__curves="after")
    assert not at.exception
    assert f"Nothing of it is known of: {one.name}." in texts(at)


def test_the_slider_moves_filters_through_a_run(tiny):
    one = begin(tiny)
    wait_for(one)
    at = open_page("layers/filters", model=one.name)
    network = store.load(store.find(one.name))
    assert f"{network.weights['conv1/kernel'].min():+.4f}" in [m.value for m in at.metric]
    slider = at.select_slider[0]
    assert [int(option.split()[0].replace(",", "")) for option in slider.options] == [0, 1, 2, 5, 10, 20, 30]
    slider.set_value(0).run()
    start = store.load(store.find(one.name), 0)
    assert f"{start.weights['conv1/kernel'].min():+.4f}" in [m.value for m in at.metric]
    assert slider.value == 0


def test_play_begins_at_the_first_snapshot(tiny):
    one = begin(tiny)
    wait_for(one)
    at = open_page("layers/filters", model=one.name)
    button(at, "Play").click().run()
    assert at.select_slider[0].value == 0
    assert button(at, "Pause")
    button(at, "Pause").click().run()
    assert button(at, "Play")


def test_compare_shows_what_differs_and_tells_luck(tiny):
    first, second = wait_for(begin(tiny), begin(tiny, learning_rate=1e-3))
    at = open_page("train/compare", compared=[second.name, first.name])
    found = table(at, "Run")
    assert found["Run"].tolist() == [second.name, first.name]
    assert found["learning rate"].tolist() == ["0.001", "0.01"]
    assert {"batch", "seed", "filters"}.isdisjoint(found.columns)
    assert found["Test"].tolist() == [percent(c / n) for c, n in (second.test, first.test)]
    best = max((first, second), key=lambda one: one.test[0])
    share = percent(best.test[0] / best.test[1])
    assert f"**{best.name}** read most test digits right, {share}, after 30 training steps." in texts(at)
    right = [read_right(one) for one in (first, second)]
    alone = [int((right[i] & ~right[1 - i]).sum()) for i in (0, 1)]
    is_luck = binomtest(alone[0], sum(alone)).pvalue > 0.05
    assert ("No difference from it that 500 digits could show" in texts(at)) == is_luck
    assert "(McNemar's test, 5 %)" in texts(at)
    assert "It holds for so many training steps; longer training may turn it." in texts(at)


def read_right(run):
    """Of every test digit whether the network of a finished run reads it right."""
    network, test = store.load(store.find(run.name)), dataset.load(BUNDLED, "test")
    return inspection.activations(network, test.images)["softmax"].argmax(axis=1) == test.labels


def test_networks_that_cannot_read_the_test_digits_are_not_told_apart():
    """Of the shipped networks MNIST's are known; here are scikit-learn's."""
    at = open_page("train/compare", compared=["hvass", "low-level"])
    assert "Luck cannot be told here: hvass, low-level cannot read the test digits again" in texts(at)
    assert "by luck" not in texts(at)


def test_accuracies_on_other_digits_are_not_compared(tiny):
    """The names decide, not how many digits there are."""
    first, second = begin(tiny), begin(tiny, learning_rate=1e-3)
    wait_for(first, second)
    model = store.open_model(server.scheduler().root / first.name)
    weights = {s.iteration: store.load(model, s.iteration).weights for s in model.card.snapshots}
    store.write(model.folder, dataclasses.replace(model.card, test_digits="others"), weights, replace=True)
    at = open_page("train/compare", compared=[second.name, first.name])
    assert "tested on different digits (bundled digits test, others)" in texts(at)
    assert "read most test digits right" not in texts(at)


def test_a_network_without_convolution_has_no_filters(tiny):
    one = begin(dataclasses.replace(tiny, convolutions=()))
    wait_for(one)
    at = open_page("layers/filters", model=one.name)
    assert not at.exception
    assert "no convolution layer" in texts(at)
    assert "The weights of all 8 neurons of dense1." in texts(at)
    at = open_page("train", train__run=one.name)
    assert "The weights of dense1 after 30 training steps" in texts(at)


def test_an_exercise_that_was_stopped_concludes_nothing_of_the_stopped_run(tiny):
    plan = Plan(tiny, dataclasses.replace(RECIPE, iterations=1_000_000))
    room = server.scheduler()
    room.begin_experiment([("the first run", plan), ("the same again", plan)], BUNDLED, "exercise 1", 1)
    begun = room.runs()
    until(lambda: now(begun[0]).iteration > 3)
    room.stop_all([run.name for run in begun])
    runs = wait_for(*begun)
    at = open_page("train/experiments")
    assert "not decided by the seed" not in texts(at)
    assert f"is left out: It ended after {runs[0].iteration:,} of 1,000,000 iterations." in texts(at)


def test_compare_two_networks_on_one_drawing():
    prepared = _drawing()
    at = open_page("train/compare", compared=["hvass", "low-level"])
    give(at, prepared)
    at.run()
    assert not at.exception
    assert "hvass" in table(at, "Run")["Run"].tolist()
    readings = [c.value for c in at.caption if "training steps: reads" in c.value]
    assert len(readings) == 2


def test_compare_begins_with_one_s_own_runs_beside_the_chosen_network(tiny):
    assert table(open_page("train/compare"), "Run")["Run"].tolist()[:2] == ["deep-mnist", "hvass"]
    one = wait_for(begin(tiny))
    at = open_page("train/compare", model="low-level")
    assert table(at, "Run")["Run"].tolist() == [one.name, "low-level"]
    assert [at.selectbox(key=f"compared {i}").value for i in (0, 1)] == ["low-level", one.name]


def _drawing():
    from cnnviz.drawing.preparation import prepare

    ink = np.zeros((280, 280), np.float32)
    ink[60:80, 70:210] = 1
    ink[60:240, 190:210] = 1
    return prepare(ink)


def test_an_exercise_is_run_and_concluded():
    at = open_page("train/experiments", exercise=1, experiment__preset="tiny", experiment__iterations=8)
    button(at, "Start the experiment").click().run()
    runs = server.scheduler().runs()
    assert [one.label for one in runs] == ["the first run", "the same again", *["another seed"] * 4]
    wait_for(*runs)
    at.run()
    assert not at.exception
    found = next(frame.value for frame in at.dataframe if "State" in frame.value.columns)
    assert found["Training steps"].tolist() == [8] * 6
    (chart,) = [chart.proto for chart in at.get("vega_lite_chart")]
    shares = [correct / n for correct, n in (now(one).test for one in runs)]
    assert chart.alt.startswith("Chart with a point for each seed of each setting, by test accuracy. the first run: m")
    mean, points = percent(np.mean(shares[2:])), ", ".join(map(percent, shares[2:]))
    assert chart.alt.endswith(f"another seed: mean {mean}, seeds {points}.")
    assert json.loads(chart.spec)["layer"][2]["data"]["values"] == [
        {"setting": one.label, "share": share} for one, share in zip(runs, shares, strict=True)
    ]
    assert REPRODUCED in texts(at)
    assert "Every other seed ended in other weights." in texts(at)
    assert "After 8 training steps 5 seeds of this one setting read" in texts(at)


def planned(at):
    """What the page says beforehand of the experiment that is chosen."""
    return next(found.label for found in at.expander if "training steps together" in found.label)


def test_the_time_is_told_beforehand_from_what_was_measured(tiny):
    """At first by the shipped networks, then by a run of this server: 30 s for each thousand steps of two runs."""
    at = open_page("train/experiments", exercise=2, experiment__preset="tiny", experiment__iterations=1000)
    assert planned(at).startswith("10 runs, 15,000 training steps together: about ")
    assert "of the shipped networks on another machine" in texts(at)
    one = wait_for(begin(tiny, iterations=8))
    measured = dataclasses.replace(now(one), timing=Timing(0.03, 3.0, 100))
    server.scheduler()._runs[one.name] = measured
    at = open_page("train/experiments", exercise=2, experiment__preset="tiny", experiment__iterations=1000)
    assert planned(at) == "10 runs, 15,000 training steps together: about 8 min, longer while others train too."
    assert "were measured on this server" in texts(at)


def test_the_default_is_long_enough_to_mean_something():
    at = open_page("train/experiments", exercise=5)
    assert next(box for box in at.selectbox if box.label == "Network and recipe").value == "fast"
    assert planned(at).startswith("10 runs, 5,400 training steps together")
    assert PRESETS["fast"].recipe.iterations == 540  # its schedule ends where the experiment does


def test_a_sweep_has_five_seeds_at_least():
    at = open_page("train/experiments", experiment__kind="Sweep")
    seeds = next(found for found in at.number_input if found.label == "Seeds")
    assert (seeds.min, seeds.value) == (5, 5)


def test_a_conclusion_stays_when_the_experiments_are_called_otherwise(monkeypatch):
    """The exercise is a field of its runs; no sentence that is shown decides what is concluded."""
    monkeypatch.setattr(planning.Words, "exercise_name", "question no. {n}")
    at = open_page("train/experiments", exercise=1, experiment__preset="tiny", experiment__iterations=8)
    button(at, "Start the experiment").click().run()
    runs = server.scheduler().runs()
    assert {(one.experiment, one.exercise) for one in runs} == {("question no. 1 (1)", 1)}
    wait_for(*runs)
    assert REPRODUCED in texts(at.run())
    server.scheduler.reset()  # the next one finds it in their files
    assert REPRODUCED in texts(open_page("train/experiments"))


def test_runs_of_no_exercise_have_no_conclusion(tiny):
    plan = Plan(tiny, dataclasses.replace(RECIPE, iterations=3))
    room = server.scheduler()
    room.begin_experiment([("as it is", plan)], BUNDLED, "exercise 1")
    wait_for(*room.runs())
    at = open_page("train/experiments", experiment__kind="Sweep")
    assert not at.exception
    assert "What it shows" not in texts(at)
    found = next(frame.value for frame in at.dataframe if "State" in frame.value)
    assert found["Run"].tolist() == ["as it is"]


def test_an_experiment_stands_under_its_own_question(tiny):
    plan = Plan(tiny, dataclasses.replace(RECIPE, iterations=3))
    room = server.scheduler()
    for name, number in (("exercise 2", 2), ("sweep", None)):
        room.begin_experiment([(f"of {name}", plan)], BUNDLED, name, number)
    wait_for(*room.runs())
    at = open_page("train/experiments", exercise=1)
    assert "Nobody has asked this yet." in texts(at)
    for listed, label in (("exercise 2 (1)", "of exercise 2"), ("sweep (1)", "of sweep")):
        listing = next(box for box in at.selectbox if box.label == "Experiments on this server")
        listing.select(next(option for option in listing.options if option.startswith(listed[:5]))).run()
        assert not at.exception
        assert next(frame.value for frame in at.dataframe if "State" in frame.value)["Run"].tolist() == [label]
        assert "Nobody has asked this yet." not in texts(at)


def test_a_sweep_can_be_stopped_as_a_whole():
    at = open_page(
        "train/experiments", experiment__preset="tiny", experiment__iterations=50_000, experiment__kind="Sweep"
    )
    button(at, "Start the experiment").click().run()
    runs = server.scheduler().runs()
    assert len(runs) == 2 * MIN_SEEDS
    button(at, "Stop the experiment").click().run()
    runs = wait_for(*runs)
    assert all(one.iteration < 50_000 for one in runs)
    assert {one.status for one in runs} <= {Status.FINISHED, Status.STOPPED}
    states = next(frame.value for frame in at.run().dataframe if "State" in frame.value.columns)["State"]
    assert set(states) <= {"stopped before it began", "ended early"}


@pytest.mark.parametrize("number", range(1, 15))
def test_every_exercise_opens(number):
    preset = "hvass" if number == 14 else "tiny"  # which has too few weights for fully connected layers to equal
    at = open_page("train/experiments", exercise=number, experiment__preset=preset, model="low-level")
    assert not at.exception
    assert not at.error


@pytest.fixture
def begun_before(tiny):
    """An experiment of three, of which one had a checkpoint, as a new server finds it; that server is stopped first."""
    plan = Plan(dataclasses.replace(tiny, dropout=0.0), dataclasses.replace(RECIPE, iterations=100_000))
    server.scheduler().begin_experiment([(f"{i}", plan) for i in range(3)], BUNDLED, "sweep")
    until(lambda: server.scheduler().find("sweep-1-1").iteration >= 3)
    server.reset()


def test_both_orders_stand_in_a_table_of_two_by_two_and_their_times_when_asked_for():
    at = open_page("train/experiments", exercise=6, experiment__preset="hvass")
    (differences,) = [found.value for found in at.table]
    assert differences.columns.tolist() == ["Activation", "Max-pooling", "Average-pooling"]
    assert differences["Activation"].tolist() == ["ReLU", "Sigmoid"]
    relu, sigmoid = differences["Max-pooling"]
    assert relu == "It makes no difference: every number is the same, to the bit."
    assert sigmoid.startswith("It makes no difference")
    for text in differences["Average-pooling"]:
        assert re.match(
            r"It makes a difference: numbers differ by up to [\d.]+ for your digit and by up to [\d.]+ ", text
        )
    assert planned(at).startswith("40 runs, 21,600 training steps together")
    button(at, "Measure which order is faster").click().run()
    assert not at.exception
    _, times = [found.value for found in at.table]
    for text in (*times["Max-pooling"], *times["Average-pooling"]):
        numbers = re.fullmatch(
            r"Forward pass (.+) \((.+) to (.+)\), training step (.+) \((.+) to (.+)\)", text
        ).groups()
        for median, least, most in (numbers[:3], numbers[3:]):
            assert 0 < float(least) <= float(median) <= float(most)
    at.run()
    assert len(at.table) == 2
    assert "Measure which order is faster" not in [found.label for found in at.button]


def test_a_search_is_a_chart_of_weights_and_validation_accuracy_without_test_digits(tiny):
    small = Plan(dataclasses.replace(tiny, convolutions=tiny.convolutions[:1], dropout=0.0), RECIPE)
    large = Plan(dataclasses.replace(tiny, dense=(64,), dropout=0.0), RECIPE)
    begun = server.scheduler().begin_experiment([("small", small), ("large", large)], BUNDLED, "exercise 8", 8)
    runs = {run.label: run for run in wait_for(*[run for run in server.scheduler().runs() if run.experiment == begun])}
    at = open_page("train/experiments", exercise=8, experiment__preset="tiny")
    assert not at.exception
    (alt,) = [chart.proto.alt for chart in at.get("vega_lite_chart")]
    for label, run in runs.items():
        share = percent(run.final.correct / run.final.n)
        told = f"{n_weights(run.plan.network):,} weights, mean {share}, seeds {share}"
        assert re.search(rf"{label}(, on the frontier)?: {re.escape(told)}", alt)
    assert "on the frontier" in alt
    (shown,) = [frame.value for frame in at.dataframe if "State" in frame.value]
    assert "Validation" in shown
    assert "Test" not in shown
    assert "each size needs 5 seeds" in texts(at)
    assert planned(at).startswith("30 runs, 16,200 training steps together")


def test_a_search_that_was_paused_chooses_nothing_yet(tiny):
    plan = Plan(dataclasses.replace(tiny, dropout=0.0), RECIPE)
    longer = dataclasses.replace(plan, recipe=dataclasses.replace(RECIPE, learning_rate=1e-3, iterations=100_000))
    runs = server.scheduler()
    begun = runs.begin_experiment([("small", plan), ("large", longer)], BUNDLED, "exercise 8", 8)
    small, large = (run for run in runs.runs() if run.experiment == begun)
    wait_for(small)
    until(lambda: now(large).iteration > 0)
    runs.pause(large.name)
    wait_for(large)
    at = open_page("train/experiments", exercise=8, experiment__preset="tiny")
    assert not at.exception
    assert "A network is chosen, and tested, when all have ended." in texts(at)
    assert "What it shows" not in texts(at)


def test_the_figures_of_a_program_of_one_s_own_are_compared_with_the_plan(tiny):
    at = open_page("train/experiments", exercise=12, experiment__preset="hvass", experiment__iterations=10_000)
    assert "Nothing entered yet." in texts(at)
    field = {found.label: found for found in (*at.number_input, *at.text_input)}
    field["Weights in all"].set_value(242_062 - 128)
    field["dense1"].set_value(225_792)
    field["Training images"].set_value(55_000)
    field["Test accuracy"].set_value("98.8 %")
    field["Loss of the first batch"].set_value(2.6 * 64)
    at.run()
    assert not at.exception
    told = texts(at)
    assert (
        "1 of 4 figures agree with the plan." in told
    )  # of the accuracy on other digits than MNIST's nothing is known
    assert "128 too few, the plan has 242,062. So many come of this: the biases of dense1 are missing (128)." in told
    assert "dense1: 225,792 weights; in the plan 1,764 · 128 + 128 = 225,920. Its biases are missing." in told
    assert "55,000 training images: as many as the plan learns from." in told
    assert "nothing is known here of this plan with 10,000 training steps" in told
    assert "It is about 64 times as large: summed over the batch" in told
    next(found for found in at.text_input if found.label == "Test accuracy").set_value("good").run()
    assert "Received 'good'." in texts(at)


def test_an_accuracy_is_compared_with_runs_of_this_server(tiny):
    seeds = wait_for(*(begin(tiny, seed=i) for i in range(2)))
    least, most = sorted(run.test[0] for run in seeds)
    chosen = {state.ExperimentsPart.own_accuracy: f"{most} / 500"}
    at = open_page("train/experiments", chosen, exercise=12, experiment__preset="tiny", experiment__iterations=30)
    assert "1 of 1 figures agree with the plan." in texts(at)
    assert f"{percent(least / 500)} to {percent(most / 500)} (2 seeds are known" in texts(at)


def test_weights_that_are_shared_stand_beside_those_that_are_not():
    at = open_page("train/experiments", exercise=14, experiment__preset="hvass")
    shown = table(at, "Layer")
    assert shown.values.tolist() == [
        ["conv1", 28 * 28, 416, 28 * 28 * 416, 785 * 12_544],
        ["conv2", 14 * 14, 14_436, 14 * 14 * 14_436, (14 * 14 * 16 + 1) * 7_056],
    ]
    unshared = 242_062 + 783 * 416 + 195 * 14_436
    assert f"The network has 242,062; with kernels of their own at each place it would have {unshared:,}." in texts(at)


@pytest.mark.parametrize(("number", "preset"), [(4, "linear"), (6, "dense"), (14, "linear")])
def test_an_exercise_that_a_network_has_nothing_for_says_so(number, preset):
    at = open_page("train/experiments", exercise=number, experiment__preset=preset)
    assert not at.exception
    assert at.error[0].value.startswith("This experiment cannot be run. Expected a network")


def test_layers_can_be_added_to_a_preset_that_has_none():
    at = open_page("train", train__preset="linear")
    assert [m.value for m in at.metric if m.label == "Weights"] == ["7,850"]
    number = {widget.key: widget for widget in at.number_input}
    number["linear: Convolution layers"].set_value(1)
    number["linear: Fully connected layers"].set_value(1)
    at.run()
    assert not at.exception
    by_hand = 26 * 16 + (14 * 14 * 16 + 1) * 128 + 129 * 10
    assert [m.value for m in at.metric if m.label == "Weights"] == [f"{by_hand:,}"]


def test_after_a_restart_the_page_says_what_is_there_and_what_is_missing(begun_before, monkeypatch):
    monkeypatch.setattr(run_view, "test_result", lambda *_: pytest.fail("Nobody has asked for a test."))
    at = open_page("train", train__run="sweep-1-1")
    assert not at.exception
    begun = sum(run.begun for run in server.scheduler().runs())  # the digits of the second may have been there first
    assert 1 <= begun < 3
    assert (
        f"Runs of an earlier start of the server: 3. From their checkpoints can go on: {begun}. The other {3 - begun} "
        "were not on disk yet and can begin anew." in texts(at)
    )
    n = server.scheduler().find("sweep-1-1").iteration
    assert f"The server ended while this run was under way. It can go on from training step {n:,}." in texts(at)
    assert table(at, "Run")["On disk"].tolist()[2] == f"step {n:,}"
    at = open_page("train", train__run="sweep-1-3")
    assert "The server ended before this run was on disk. Its plan is known; it can begin anew." in texts(at)


def test_an_experiment_resumes_as_one(begun_before):
    at = open_page("train/experiments", experiment__kind="Sweep")
    button(at, "Resume the experiment").click().run()
    runs = server.scheduler().runs()
    assert all(run.active and not run.interrupted for run in runs)
    server.scheduler().stop_all([run.name for run in runs])
    wait_for(*runs)
    assert "Runs of an earlier start" not in texts(open_page("train"))


def test_what_is_not_on_disk_is_said_not_to_be(tiny, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "write_atomically", full)
    one = begin(tiny, iterations=100_000)
    until(lambda: now(one).iteration >= 3)
    server.scheduler().pause(one.name)
    until(lambda: now(one).not_on_disk)
    at = open_page("train")
    (warning,) = (element.value for element in at.warning)
    assert warning.startswith("**Not on disk.**")
    assert "No space left on device. It goes on in memory, and is lost when the server ends." in warning
    assert "is kept" not in texts(at)
    assert table(at, "Run")["On disk"].tolist() == ["not on disk"]


def test_a_failed_run_says_what_of_it_is_on_disk(tiny):
    one = begin(tiny, optimizer="sgd", learning_rate=1e9, iterations=300)
    failed = wait_for(one)
    until(lambda: now(one).on_disk)
    assert f"Its state at training step {failed.iteration:,} is on disk." in texts(open_page("train"))


def test_a_checkpoint_that_cannot_be_read_is_said_and_the_page_goes_on(tiny):
    one = begin(tiny, iterations=100_000)
    until(lambda: now(one).iteration >= 3)
    server.scheduler().pause(one.name)
    until(lambda: now(one).on_disk)
    server.reset()
    checkpoints.run_file(server.scheduler().root / one.name).write_bytes(b"not a run")
    at = open_page("train")
    assert not at.exception
    assert "Its curves and weights cannot be read." in texts(at)
    assert button(at, "Resume")


def test_more_than_there_may_be_is_refused_in_a_sentence(tiny, monkeypatch):
    monkeypatch.setenv("CNNVIZ_MAX_ACTIVE", "1")
    server.reset()
    one = begin(tiny, iterations=100_000)
    at = open_page("train", train__preset="tiny")
    button(at, "Start").click().run()
    assert ["1 runs and experiments are under way on this server" in error.value for error in at.error] == [True]
    assert len(server.scheduler().runs()) == 1
    at = open_page("train/experiments", experiment__preset="tiny", exercise=1)
    button(at, "Start the experiment").click().run()
    assert any("under way on this server" in error.value for error in at.error)
    server.scheduler().pause(one.name)
    wait_for(one)
    other = begin(tiny, iterations=100_000)
    at = open_page("train", train__run=one.name)
    button(at, "Resume").click().run()
    assert any("under way on this server" in error.value for error in at.error)
    server.scheduler().stop(other.name)
    wait_for(other)


def test_the_flow_chart_is_drawn_once_for_a_network_and_is_not_encoded_anew(monkeypatch, tiny):
    drawn, draw = [], figures.network_figure
    monkeypatch.setattr(figures, "network_figure", lambda *of: (drawn.append(of), draw(*of))[1])
    widths, encode = [], image_utils._pil_to_bytes

    def encode_anew(image, *of, **named):
        widths.append(image.width)
        return encode(image, *of, **named)

    monkeypatch.setattr(image_utils, "_pil_to_bytes", encode_anew)
    for _ in range(2):
        at = open_page("train", train__preset="hvass")
        assert not at.exception
        assert any("Flow chart of the network with" in alt for alt in alts(at))
    assert len(drawn) <= 1
    assert max(widths) <= 48, "more than the icon of the page"
