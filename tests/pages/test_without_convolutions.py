"""Every page with a network that has no convolution, with and without a hidden layer: what there is, and what not."""

import numpy as np
import pytest

from apptest import components, open_page, shown_maps, texts
from cnnviz.analysis import inspection
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import digits_of
from cnnviz.training.run import Run
from cnnviz.ui.state import LayersPage, Session

pytestmark = pytest.mark.usefixtures("bundled_digits")
SAID = {
    "draw": "no convolution layer, so there are no feature maps to show",
    "layers/network": "no convolution layer, so there are no feature maps to take apart",
    "layers/maps": "no convolution layer, so it has no feature maps",
    "layers/filters": "no convolution layer, so it has no filters",
    "break_it": "no convolution layer, so it has no filters to rank",
    "break_it/smallest": "Smallest change found",
    "why": "What a neuron likes best",
    "why/map": "numbers of ",
    "mistakes": "Confusion matrix",
    "train/compare": "as both see it",
    "kernels/digit": "What comes out",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with `linear` and `dense`, trained for a moment."""
    folder, bundled = tmp_path_factory.mktemp("runs"), dataset.load(dataset.BUNDLED, "test")
    for name in ("linear", "dense"):
        plan = Plan(PRESETS[name].network, PRESETS[name].recipe)
        run = Run(name, plan, dataset.BUNDLED, 20, every_snapshot=False)
        for _ in LocalRun(folder / name, run, digits_of(bundled, None, bundled)).steps():
            pass
    return folder


@pytest.fixture(autouse=True)
def _runs(monkeypatch, trained):
    monkeypatch.setenv("CNNVIZ_RUNS", str(trained))


def opened(page, name):
    at = open_page(page, {Session.model: name, LayersPage.chart: True, LayersPage.answer: True})
    assert not at.exception
    assert not at.error
    return at


def network_of(name):
    return store.load(store.find(name))


@pytest.mark.parametrize("page", SAID)
@pytest.mark.parametrize("name", ["linear", "dense"])
def test_every_page_shows_what_there_is_and_says_what_is_not(name, page):
    at = opened(page, name)
    assert at.selectbox(key=Session.model.name).value == name
    assert SAID[page] in texts(at)


def test_digits_are_placed_by_the_last_hidden_layer_or_by_the_logits():
    assert "by the 10 numbers of logits" in texts(opened("why/map", "linear"))
    assert "by the 120 numbers of dense2_relu" in texts(opened("why/map", "dense"))


def test_the_ten_weight_images_stand_where_filters_are_shown_and_add_up_to_the_outputs():
    at, network = opened("layers/filters", "linear"), network_of("linear")
    weights, products = (shown_maps(at)[name] for name in ("pictures weights-logits", "pictures weights-times-pixels"))
    kernel = network.weights["logits/kernel"]
    for digit in range(10):
        assert weights["arrays"][digit] == pytest.approx(kernel[:, digit].reshape(28, 28), abs=1e-3)
    image = dataset.load(dataset.BUNDLED, "test").images[:1]
    logits = inspection.activations(network, image)["logits"][0]
    assert products["labels"] == [f"{digit}: {logits[digit]:+.2f}" for digit in range(10)]
    assert f"is the answer, {logits.argmax()}." in products["caption"]


def test_of_many_neurons_the_first_are_shown():
    at, network = opened("layers/filters", "dense"), network_of("dense")
    assert list(shown_maps(at)) == ["pictures weights-dense1"]
    assert len(shown_maps(at)["pictures weights-dense1"]["arrays"]) == 64
    assert "The weights of the first 64 of 266 neurons of dense1." in texts(at)
    last = shown_maps(at)["pictures weights-dense1"]["arrays"][63]
    assert last == pytest.approx(network.weights["dense1/kernel"][:, 63].reshape(28, 28), abs=1e-3)


def test_the_answer_is_taken_apart_by_pixels():
    at, network = opened("layers/network", "linear"), network_of("linear")
    image = dataset.load(dataset.BUNDLED, "test").images[0].ravel()
    table = next(frame.value for frame in at.dataframe if frame.value.columns[0] == "Pixel of flatten")
    pixel = table["Pixel of flatten"][0]
    answer = inspection.activations(network, image.reshape(1, 28, 28, 1))["softmax"][0].argmax()
    gives = image * network.weights["logits/kernel"][:, answer]
    assert pixel == np.abs(gives).argmax()
    assert "pixels of the image that contribute most" in texts(at)


def test_the_overview_has_the_digit_the_neurons_and_no_maps():
    (told,) = components(opened("layers/network", "dense"), "overview")
    assert told["groups"] == []
    assert [strip["n"] for strip in told["strips"]] == [266, 120]


def test_kernels_that_are_no_pixels_are_refused():
    with pytest.raises(ValueError, match="without convolution layers"):
        inspection.pixel_weights(network_of("hvass"), 10)
