"""The pages that explain an answer and that break a network: what they show is what was computed."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from apptest import choose_network, give, go, open_cell, open_page, pictures, shown_maps, texts
from cnnviz.analysis import ablation, activation_maximization, attribution, evaluation, top_images, weight_editing
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.percentages import percent, probability
from cnnviz.render import palettes
from cnnviz.ui import server, state
from cnnviz.ui.state import BreakItPage, Session, WhyPage
from common import MNIST, needs_mnist

pytestmark = pytest.mark.usefixtures("bundled_digits")


@pytest.fixture(scope="module")
def hvass():
    return store.load(store.open_model(store.ROOT / "hvass"))


def by_label(widgets, start):
    return next(one for one in widgets if one.label.startswith(start))


def table(at, first_column):
    return next(frame.value for frame in at.dataframe if frame.value.columns[0] == first_column)


def metric(at, label):
    return next(one.value for one in at.metric if one.label == label)


def share(network, test):
    probs = evaluation.probabilities(network, test.images)
    return percent(evaluation.score(test.labels, probs).accuracy)


def a_seven():
    ink = np.zeros((280, 280), np.float32)
    ink[60:80, 70:210] = 1
    ink[60:240, 190:210] = 1
    return prepare(ink)


@pytest.mark.parametrize("page", ["why", "break_it/network", "break_it/digit", "break_it/smallest"])
@pytest.mark.parametrize("model", ["hvass", "low-level"])
def test_both_pages_open_with_every_picture_in_words(page, model):
    at = open_page(page, model=model)
    assert not at.exception
    assert not at.error
    assert pictures(at)
    assert all(len(image.alt) > 30 for image in pictures(at))
    assert len(at.get("download_button")) >= len(pictures(at))


@pytest.mark.parametrize("model", ["hvass", "low-level"])
@pytest.mark.parametrize("page", ["why", "break_it"])
def test_every_layer_of_a_network_can_be_chosen(page, model):
    at = open_page(page, model=model)
    for name in ("conv2", "dense1", "logits"):
        by_label(at.main.button_group, "Layer").set_value(name).run()
        assert not at.exception
        assert not at.error
        told = texts(at) + "".join(one.label for one in at.button)
        assert name in told


# What it looks at


def saliency_caption(at):
    return next(c.value for c in at.caption if c.value.startswith("At each pixel in turn"))


def test_the_saliency_picture_is_what_a_step_of_ink_does_and_its_caption_says_so(hvass, bundled):
    at = open_page("why", {state.Session.shown.number: 3})
    digit = int(evaluation.probabilities(hvass, bundled.images[3:4]).argmax())
    changes = attribution.saliency(hvass, bundled.images[3])[..., digit]
    caption = saliency_caption(at)
    assert f"ink is added, 5\u00a0% of full ink, and the network computes again: red, the number for {digit}" in caption
    assert f"It changes by {changes.min():+.3f} to {changes.max():+.3f}." in caption
    n_full = int((bundled.images[3] > 0.95).sum())
    assert n_full > 1
    assert f"{n_full} pixels have no room for more ink." in caption
    alt, url = next((i.alt, i.url) for i in pictures(at) if "what a step of ink at each pixel does" in i.alt)
    row, column = np.unravel_index(changes.argmax(), (28, 28))
    assert f"{changes.max():+.3f} in row {row}, column {column}." in alt
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    # 280 pixels of digit, a gap of 48, then squares of 10 pixels; their middles are free of lines.
    middles = shown[5:280:10, 280 + 48 + 5 : 280 + 48 + 280 : 10]
    expected = palettes.apply_palette(changes, "seismic", palettes.symmetric_limits(changes))
    assert np.abs(middles.astype(int) - expected.astype(int)).max() <= 4


def test_another_digit_can_be_asked_about(hvass, bundled):
    at = open_page("why", {WhyPage.about: 4})
    changes = attribution.saliency(hvass, bundled.images[0])[..., 4]
    assert "red, the number for 4 before the softmax rises" in saliency_caption(at)
    assert f"It changes by {changes.min():+.3f} to {changes.max():+.3f}." in saliency_caption(at)
    assert "Asked about: **4**" in texts(at)


def test_occlusion_tells_the_worst_place(hvass, bundled):
    at = open_page("why", {WhyPage.side_px: 8})
    digit = int(evaluation.probabilities(hvass, bundled.images[:1]).argmax())
    covered = attribution.occlusion(hvass, bundled.images[0], digit, 8)
    top, left = np.unravel_index(covered.argmin(), covered.shape)
    alt = next(i.alt for i in pictures(at) if "the square that hurts most" in i.alt)
    assert f"rows {top} to {top + 7}, columns {left} to {left + 7};" in alt
    assert f"from {probability(float(covered.min()))} to {probability(float(covered.max()))}." in alt
    image = bundled.images[:1].copy()
    image[0, top : top + 8, left : left + 8] = 0.5
    now = evaluation.probabilities(hvass, image).argmax()
    assert f"the digit is read as {now}." in texts(at)
    n_changed = int((attribution.occluded(hvass, bundled.images[0], 8).argmax(axis=-1) != digit).sum())
    assert n_changed > 1
    assert f"**{n_changed} of the {covered.size} squares change the answer.**" in texts(at)


def test_occlusion_says_that_no_square_changes_the_answer(hvass, bundled):
    probs = evaluation.probabilities(hvass, bundled.images)
    sure = int(probs.max(axis=1).argmax())
    occluded = attribution.occluded(hvass, bundled.images[sure], 1)
    assert (occluded.argmax(axis=-1) == probs[sure].argmax()).all()
    at = open_page("why", {WhyPage.side_px: 1, Session.shown.number: sure})
    assert "**No single square changes the answer.**" in texts(at)
    # The scale is that of every digit, 0 to 1: what leaves nearly everything has the colour of 1.
    url = next(i.url for i in pictures(at) if "the square that hurts most" in i.alt)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    expected = palettes.apply_palette(occluded[..., probs[sure].argmax()], "viridis", (0, 1))
    assert np.abs(shown[5:280:10, 280 + 48 + 5 : 280 + 48 + 280 : 10].astype(int) - expected.astype(int)).max() <= 4


def test_all_test_digits_are_searched_for_a_filter(hvass, bundled):
    at = open_page("why", {state.exciting_filter_of("conv1", 16): 5})
    found = top_images.top_images(hvass, bundled, "conv1")
    assert "The 9 of all 500 test digits with the greatest numbers of filter 5 of conv1" in texts(at)
    shown = shown_maps(at)
    assert shown["strongest images"]["labels"] == [f"{bundled.labels[i]}\nImage {i}" for i in found.indices[5]]
    assert shown["strongest patches"]["labels"] == [f"{a:+.2f}" for a in found.activations[5]]
    assert shown["favourite patches"]["marked"] == [5]
    made = activation_maximization.maximize_activation(hvass, "conv1", 5)
    assert f"from {made.before:+.2f} to {made.after:+.2f}." in texts(at)
    assert texts(at).count("Does not prove") == 4


def test_a_picture_of_a_filter_opens(bundled):
    """An image becomes the session's digit; a patch of all filters chooses its filter."""
    at = open_page("why", {state.exciting_filter_of("conv1", 16): 5})
    number = int(shown_maps(at)["strongest images"]["labels"][3].rpartition(" ")[2])
    open_cell(at, WhyPage.strongest, 3)
    assert not at.exception
    assert at.session_state[Session.shown.number.name] == number
    assert 3 in shown_maps(at)["strongest images"]["marked"]
    open_cell(at, WhyPage.favourites, 11)
    assert by_label(at.number_input, "Filter").value == 11
    assert "greatest numbers of filter 11 of conv1" in texts(at)


def test_a_drawing_is_asked_about_when_it_is_chosen(hvass):
    prepared = a_seven()
    at = open_page("why")
    give(at, prepared)
    at.run()
    changes = attribution.saliency(hvass, prepared.centred)[..., 7]
    assert "The network reads **7**" in texts(at)
    assert f"It changes by {changes.min():+.3f} to {changes.max():+.3f}." in saliency_caption(at)


# Break it


def test_nothing_is_changed_at_first(hvass, bundled):
    at = open_page("break_it")
    assert "Nothing is changed" in texts(at)
    assert metric(at, "Accuracy before") == metric(at, "Accuracy after") == share(hvass, bundled)
    assert by_label(at.button, "Reset").disabled
    right = round(float(share(hvass, bundled).split()[0]) * len(bundled) / 100)
    assert f"No change: {right} of 500 test digits are read right." in texts(at)


def test_filters_are_switched_off_and_restored(hvass, bundled):
    at = open_page("break_it")
    by_label(at.multiselect, "Switch off").set_value([1, 13]).run()
    broken = weight_editing.without_filters(hvass, "conv1", [1, 13])
    assert metric(at, "Accuracy before") == share(hvass, bundled)
    assert metric(at, "Accuracy after") == share(broken, bundled) != share(hvass, bundled)
    assert "conv1 without filters 1, 13." in texts(at)
    assert "2 of the 16 kernels changed; 2 are 0 everywhere and crossed out." in texts(at)
    matrices = [
        evaluation.score(bundled.labels, evaluation.probabilities(one, bundled.images)).confusion
        for one in (hvass, broken)
    ]
    changed = evaluation.confusion_changes(*matrices)[:10]
    assert table(at, "True digit").to_numpy().tolist() == [
        [one.true, one.predicted, one.before, one.after, one.after - one.before] for one in changed
    ]
    by_label(at.button, "Reset").click().run()
    assert "Nothing is changed" in texts(at)
    assert metric(at, "Accuracy after") == share(hvass, bundled)
    assert by_label(at.multiselect, "Switch off").value == []


def test_changes_of_several_layers_add_up_and_stay_with_the_page(hvass, bundled):
    at = open_page("break_it")
    by_label(at.multiselect, "Switch off").set_value([2]).run()
    by_label(at.main.button_group, "Layer").set_value("dense1").run()
    by_label(at.multiselect, "Switch off").set_value([0, 7]).run()
    by_label(at.slider, "Noise").set_value(0.5).run()
    broken = weight_editing.with_noise(hvass, "dense1", 0.5)
    broken = weight_editing.without_filters(weight_editing.without_filters(broken, "conv1", [2]), "dense1", [0, 7])
    assert metric(at, "Accuracy after") == share(broken, bundled)
    assert "dense1 with noise of 0.5 standard deviations; conv1 without filter 2; dense1 without neurons 0, 7" in texts(
        at
    )
    go(at, "mistakes")
    assert at.metric[0].value == share(hvass, bundled)
    go(at, "break_it")
    assert metric(at, "Accuracy after") == share(broken, bundled)


@pytest.mark.parametrize("model", ["hvass", "low-level"])
def test_a_layer_goes_back_to_random_values_and_again_to_the_learnt(bundled, model):
    at = open_page("break_it", model=model)
    opened = store.open_model(store.ROOT / model)
    network = store.load(opened)
    at.button(key="to random").click().run()
    kept = model == "hvass"
    broken = weight_editing.reset_layer(network, "conv1", store.load(opened, 0) if kept else 0)
    assert metric(at, "Accuracy after") == share(broken, bundled)
    told = "random values that its training began with" if kept else "newly drawn random values"
    assert f"conv1 with {'the ' if kept else ''}{told}" in texts(at)
    at.button(key="to random").click().run()
    assert metric(at, "Accuracy after") == share(network, bundled)
    assert "Nothing is changed" in texts(at)


def test_a_kernel_is_typed(hvass, bundled):
    at = open_page("break_it")
    by_label(at.number_input, "Filter").set_value(1).run()
    shown = np.array([line.split() for line in by_label(at.text_area, "Kernel").value.splitlines()], float)
    assert shown == pytest.approx(hvass.weights["conv1/kernel"][:, :, 0, 1], abs=5.1e-4)
    by_label(at.text_area, "Kernel").set_value("\n".join(["1 0 -1 1/2 0"] * 5)).run()
    broken = weight_editing.with_kernel(hvass, "conv1", 0, 1, np.array([[1, 0, -1, 0.5, 0]] * 5))
    assert metric(at, "Accuracy after") == share(broken, bundled)
    assert "filter 1 of conv1 with a typed kernel for input channel 0" in texts(at)
    by_label(at.number_input, "Filter").set_value(2).run()
    assert metric(at, "Accuracy after") == share(broken, bundled)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "Expected a number such as"),
        ("1 2\n3 4", "The kernels of conv1 are 5 rows of 5 numbers. Received 2 rows of 2."),
        ("1 2 3\n4 5", "Row 1 has 3"),
        ("", "Expected 1 to 7 rows"),
        ("\n".join(["1 2 3 4 1e9"] * 5), "Expected numbers from -1000 to 1000"),
    ],
)
def test_what_is_no_kernel_is_refused_in_a_sentence(hvass, bundled, text, told):
    at = open_page("break_it")
    by_label(at.text_area, "Kernel").set_value(text).run()
    assert not at.exception
    assert told in at.error[0].value
    assert "Nothing is changed" in texts(at)
    assert metric(at, "Accuracy after") == share(hvass, bundled)


def test_the_ranking_is_what_the_loss_of_each_filter_costs(hvass, bundled):
    at = open_page("break_it")
    by_label(at.button, "Rank the filters of conv1").click().run()
    costs = ablation.ablate_filters(hvass, bundled, "conv1", 0, 1)
    found = table(at, "Filter")
    lost = costs.n_lost[found["Filter"]]
    # Summed in parts of other sizes: one digit may lie between two answers.
    assert np.abs(found["Answers lost"] - lost).max() <= 1
    assert sorted(found["Filter"]) == list(range(16))
    assert found["Answers lost"].is_monotonic_decreasing
    right = int(costs.baseline.trace())
    assert (found["Answers lost"] + found["Read right without it"] == right).all()
    assert f"reads {right} of 500 digits right." in texts(at)
    assert "all 500 test digits" in texts(at)


def test_the_drawing_is_answered_before_and_after(hvass):
    prepared = a_seven()
    at = open_page("break_it")
    give(at, prepared)
    by_label(at.multiselect, "Switch off").set_value(list(range(16))).run()
    both = (hvass, weight_editing.without_filters(hvass, "conv1", range(16)))
    for network, when in zip(both, ("Before", "After"), strict=True):
        probs = evaluation.probabilities(network, prepared.centred[None, :, :, None])[0]
        first, second = np.argsort(-probs)[:2]
        assert f"{when}: reads {first}; its second guess is {second}." in texts(at)


def test_a_click_on_a_kernel_switches_its_filter_off_and_on(hvass, bundled):
    at = open_page("break_it")
    open_cell(at, BreakItPage.kernels, 1)
    open_cell(at, BreakItPage.kernels, 13)
    assert not at.exception
    broken = weight_editing.without_filters(hvass, "conv1", [1, 13])
    assert metric(at, "Accuracy after") == share(broken, bundled)
    shown = shown_maps(at)[BreakItPage.kernels.name]
    assert shown["crossed"] == [1, 13]
    assert shown["names"][1] == "Filter 1, switched off: switch it on"
    assert by_label(at.multiselect, "Switch off").value == [1, 13]
    open_cell(at, BreakItPage.kernels, 1)
    assert "conv1 without filter 13." in texts(at)
    by_label(at.button, "Reset").click().run()
    assert shown_maps(at)[BreakItPage.kernels.name]["crossed"] == []


def test_a_changed_digit_is_answered_beside_its_sliders(hvass, bundled):
    at = open_page("break_it/digit")
    was = evaluation.probabilities(hvass, bundled.images[:1]).argmax()
    assert f"No change: the network still reads {was}." in texts(at)
    by_label(at.slider, "Inverted").set_value(1.0).run()
    now = evaluation.probabilities(hvass, 1 - bundled.images[:1]).argmax()
    assert now != was
    assert f"The network now reads {now}; before, it read {was}." in texts(at)
    by_label(at.button, "Reset").click().run()
    assert f"No change: the network still reads {was}." in texts(at)


def test_the_model_on_disk_stays_as_it_was():
    folder = store.ROOT / "hvass"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    at = open_page("break_it")
    at.button(key="to random").click().run()
    by_label(at.slider, "Noise").set_value(2.0).run()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_another_network_has_its_own_changes(bundled):
    at = open_page("break_it")
    by_label(at.multiselect, "Switch off").set_value([0]).run()
    choose_network(at, "low-level").run()
    assert "Nothing is changed" in texts(at)
    assert by_label(at.multiselect, "Switch off").value == []
    choose_network(at, "hvass").run()
    assert "conv1 without filter 0." in texts(at)


@needs_mnist
def test_large_networks_are_ranked_on_a_sample_that_is_called_one(monkeypatch):
    at = open_page("break_it", model="low-level")
    assert "all 500 test digits are read" in texts(at)
    monkeypatch.setenv("CNNVIZ_DATA", str(MNIST))
    server.data_sources.reset()
    at = open_page("break_it", model="low-level")
    assert "a sample of 2,000 of the 10,000 test digits are read" in texts(at)
