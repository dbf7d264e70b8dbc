"""Filters: the figure of one convolution, and what is said of the open filter; Feature maps: a digit that is moved."""

import re

import numpy as np
import pytest

from apptest import choose_network, components, go, open_page, shown_maps, texts
from cnnviz.analysis import inspection, kernel_places, likeness, shifts, top_images
from cnnviz.analysis.likeness import Nearest
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.pages.layers import moved, reacts_to
from cnnviz.percentages import percent
from cnnviz.ui import state
from cnnviz.ui.components.places import places
from cnnviz.ui.state import CalculationPart, FiltersPart, KernelsPage
from networks import random_network

pytestmark = pytest.mark.usefixtures("bundled_digits")


@pytest.fixture(scope="module")
def hvass():
    return store.load(store.find("hvass"))


def outputs_of(network, number):
    image = dataset.load(dataset.BUNDLED, "test").images[number : number + 1]
    return {name: output[0] for name, output in inspection.activations(network, image).items()}


def opened(layer, number, digit=3, **by_name):
    chosen = {CalculationPart.layer: layer, CalculationPart.filter: number, FiltersPart.layer: layer}
    at = open_page("layers/filters", chosen | {state.Session.shown.number: digit}, **by_name)
    assert not at.exception
    assert not at.error
    return at


def of_sign(value):
    return f"{value:+.3f}".replace("-", "−").replace("−0.000", "+0.000")


@pytest.mark.parametrize(("layer", "number"), [("conv1", 8), ("conv2", 3)])
def test_the_figure_has_the_places_of_the_kernel_on_the_digit_with_their_numbers(hvass, layer, number):
    at = opened(layer, number)
    outputs = outputs_of(hvass, 3)
    (told,) = components(at, "places")
    places = kernel_places.kernel_places(hvass, outputs, layer, number, 0)
    assert [(mark["row"], mark["column"]) for mark in told["marks"]] == [(p.row, p.column) for p in places]
    for i, (mark, place) in enumerate(zip(told["marks"], places, strict=True), 1):
        assert mark["label"].startswith(f"{i}: ")
        assert of_sign(place.value) in mark["label"]
        assert (f"channel 0 adds {of_sign(place.products)}" in mark["label"]) == (layer == "conv2")
    assert told["values"] == [of_sign(value) for value in outputs[layer][:, :, number].ravel()]
    assert (told["block"], told["number"], told["kernel"], told["pad"]) == (int(layer[-1]), number, 5, 2)
    words = "the digit, which is grey" if layer == "conv1" else "map 0 of conv1_relu, which is grey"
    assert f"The 5×5 kernel {'' if layer == 'conv1' else 'of input channel 0 '}on {words}" in texts(at)
    names = {1: "one place", 2: "two places", 3: "three places", 4: "four places"}
    assert f"Filter {number} of {layer} at {names[len(places)]}" in texts(at)


def test_a_number_that_rounds_to_zero_is_not_below_it():
    assert [places.signed(value) for value in (-0.0004, 0.0, -0.0006, 1.25)] == ["+0.000", "+0.000", "−0.001", "+1.250"]
    assert places.signed(-0.004, 2) == "+0.00"


def test_another_digit_and_another_filter_change_the_figure(hvass):
    first = components(opened("conv1", 8, 3), "places")[0]
    other = components(opened("conv1", 8, 5), "places")[0]
    assert first["input"] != other["input"]
    assert first["map"] != other["map"]
    assert first["weights"] == other["weights"]
    assert components(opened("conv1", 2, 3), "places")[0]["weights"] != first["weights"]


def test_the_figure_begins_at_the_pixel_that_is_taken_apart():
    chosen = {CalculationPart.layer: "conv1", CalculationPart.filter: 8, CalculationPart.place: (4, 9)}
    (told,) = components(open_page("layers/filters", chosen), "places")
    assert told["start"] == [4, 9]


def test_a_filter_is_told_with_its_nearest_hand_made_kernel_and_the_number(hvass):
    for number in (0, 1, 5, 8):
        found = likeness.nearest(inspection.kernels(hvass, "conv1", 0)[number])
        said = texts(opened("conv1", number))
        assert f"“{found.name}”" in said
        assert f"{found.likeness:.2f}".replace("-", "−") in said
        assert ("**much like" in said) == (found.verdict == "much")
        assert ("like none of the hand-made kernels" in said) == (found.verdict == "none")


@pytest.mark.parametrize(
    ("found", "is_mean", "words"),
    [
        (Nearest("Line, horizontal", 0.78, "much"), False, "likeness 0.78: it reacts to a horizontal stroke."),
        (Nearest("Line, vertical", -0.78, "much"), False, "reacts to an upright gap with ink on both sides."),
        (Nearest("Edge, ink above left", 0.8, "much"), False, "it reacts to an edge with the ink above left."),
        (Nearest("Edge, ink above left", -0.8, "much"), False, "it reacts to an edge with the ink below right."),
        (Nearest("Sobel, top to bottom", -0.9, "much"), False, "reverse of “Sobel, top to bottom”**, likeness −0.90"),
        (Nearest("Sobel, top to bottom", -0.9, "much"), False, "it reacts to an edge with the ink above."),
        (Nearest("Sobel, left to right", 0.9, "much"), False, "it reacts to an edge with the ink right."),
        (Nearest("Sharpen", 0.6, "somewhat"), False, "in part it reacts to ink in the middle with less around it."),
        (Nearest("Blur", 0.5, "none"), False, "the nearest is “Blur”, with a likeness of only 0.50."),
        (Nearest("Blur", 0.9, "much"), True, "But for their mean its weights are **much like “Blur”**, likeness 0.90."),
    ],
)  # fmt: skip
def test_no_more_is_said_than_the_number_says(found, is_mean, words):
    sentence = reacts_to.in_words(found, is_mean)
    assert words in sentence
    assert ("reacts to" in sentence) == (found.verdict != "none" and not is_mean)


def test_the_kinds_of_the_first_layer_are_counted(hvass):
    said = re.search(
        r"Of the (\d+) filters of conv1, (\d+) are much like an edge .*?, (\d+) much like a line .*?, (\d+) much like "
        r"a spot; (\d+) are somewhat like a hand-made kernel and (\d+) like none",
        texts(opened("conv1", 0)),
    )
    n, *counts = map(int, said.groups())
    verdicts = [likeness.nearest(kernel).verdict for kernel in inspection.kernels(hvass, "conv1", 0)]
    assert n == sum(counts) == 16
    assert (sum(counts[:3]), counts[3], counts[4]) == tuple(verdicts.count(v) for v in ("much", "somewhat", "none"))


def test_of_a_deeper_layer_it_is_said_how_many_kernels_are_summed():
    said = texts(opened("conv2", 3))
    assert "16 × 36 = 576 kernels" in said
    assert "summed over the channels, with its bias; they are not averaged" in said
    assert "likeness" not in said
    assert "kernels. The" not in texts(opened("conv1", 3))
    other = texts(opened("conv2", 3, model="deep-mnist"))
    assert "32 × 64 = 2,048 kernels" in other


@pytest.mark.parametrize(("layer", "number"), [("conv1", 8), ("conv2", 3)])
def test_the_favourite_patch_is_where_the_filter_answers_most(hvass, bundled, layer, number):
    at = opened(layer, number)
    (item,) = [one for one in shown_maps(at).values() if one["name"] == f"{layer}-filter-{number}-patches"]
    found = top_images.top_images(hvass, bundled, layer)
    activations = found.activations[number]
    assert item["labels"] == [f"{value:+.2f}".replace("-", "−") for value in activations]
    # Its pixels, weighed by the kernel, are that number.
    patch = item["arrays"][0] / 255
    if layer == "conv1":
        total = (patch * inspection.kernels(hvass, layer, 0)[number]).sum() + hvass.weights["conv1/bias"][number]
        assert total == pytest.approx(activations[0], abs=0.02)  # 256 steps a pixel
    assert f"of all {len(bundled)} test digits the {len(patch)}×{len(patch)} pixels" in item["caption"]


def test_the_nearest_kernel_can_be_laid_on_the_digit_and_a_learnt_one_is_found_from_there(hvass):
    at = opened("conv1", 8)
    name = likeness.nearest(inspection.kernels(hvass, "conv1", 0)[8]).name
    at.button(key=FiltersPart.lay.name).click().run()
    assert f"{name}, 3×3: red is positive" in texts(at)
    at.button(key=KernelsPage.learnt.name).click().run()
    assert "Filter 8 of conv1 at" in texts(at)


@pytest.mark.parametrize("name", ["hvass", "deep-mnist"])
def test_how_much_a_moved_digit_changes_the_maps_is_said_as_it_is(name):
    network = store.load(store.find(name))
    at = open_page("layers/maps", {state.Session.shown.number: 3}, model=name)
    changes = shifts.relative_changes(network, outputs_of(network, 3)["image"][:, :, 0])
    (first, one), (second, two) = changes.items()
    said = texts(at)
    assert f"after layer 1 ({first}) by {percent(one, 0)} and after layer 2 ({second}) by {percent(two, 0)}." in said
    assert ("Layer 2 is less sensitive" in said) == (percent(two, 0) != percent(one, 0) and two < one)
    choose_network(at, "low-level").run()
    assert "Move this digit by one pixel" in texts(at)


def test_layers_are_compared_only_as_the_numbers_that_are_shown():
    network = random_network(NetworkConfig((Convolution(2), Convolution(2), Convolution(2)), ()))
    names = ("conv1_relu", "conv2_relu", "conv3_relu")
    say = lambda *changes: moved.in_words(network, dict(zip(names, changes, strict=False)))  # noqa: E731
    assert say(0.4, 0.3, 0.5).endswith(moved.Words.less)
    assert say(0.3, 0.4, 0.1).endswith(moved.Words.more)
    assert say(0.302, 0.298).endswith(moved.Words.same)
    assert say(0.4).endswith("after layer 1 (conv1_relu) by 40\u00a0%.")
    assert "(conv1_relu) by 40\u00a0%, after layer 2 (conv2_relu) by 30\u00a0% and after layer 3" in say(0.4, 0.3, 0.5)
    only_second = moved.in_words(network, {"conv2_relu": np.float64(0.2)})
    assert only_second == "Move this digit by one pixel, and the maps change: after layer 2 (conv2_relu) by 20\u00a0%."


def test_going_to_feature_maps_keeps_the_sentence_with_the_second_image():
    at = go(opened("conv1", 0), "layers/maps")
    at.toggle(key=state.FeatureMapsPart.two_images.name).set_value(True).run()
    assert texts(at).count("Move this digit by one pixel") == 1
