"""Every page with MNIST, with the bundled digits, and with a broken model; what it shows is what was computed."""

import base64
import gzip
import io
import re
import shutil

import numpy as np
import pytest
from canvas_message import path as stroke_of
from PIL import Image
from streamlit.testing.v1 import AppTest

import apptest
from apptest import answer, figures, pictures, texts
from cnnviz.analysis import batches, evaluation
from cnnviz.data import dataset, mnist
from cnnviz.network import store
from cnnviz.network.config import layers, n_weights
from cnnviz.percentages import percent, probability
from cnnviz.ui import digits, server, state
from common import MNIST, ROOT, needs_mnist

PAGES = ("draw", "layers/filters", "layers/maps", "mistakes", "layers/network", "data")
SOURCES = [
    pytest.param("bundled", id="bundled"),
    pytest.param(str(MNIST), id="MNIST", marks=needs_mnist),
]


@pytest.fixture(autouse=True)
def _fresh_sources():
    """Digits are looked for on disk anew in every test."""
    server.data_sources.reset()
    digits.loaded.clear()
    yield
    server.data_sources.reset()


@pytest.fixture
def open_page(monkeypatch):
    """Open a page with some digits."""

    def opened(page, source="bundled", chosen=None, **by_name):
        monkeypatch.setenv("CNNVIZ_DATA", source)
        return apptest.open_page(page, chosen, **by_name)

    return opened


@pytest.fixture
def models(monkeypatch, tmp_path):
    """A models folder of one's own with `low-level` in it."""
    shutil.copytree(store.ROOT / "low-level", tmp_path / "low-level")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_says_what_it_shows_and_describes_its_pictures(open_page, page, source):
    at = open_page(page, source)
    assert not at.exception
    assert not at.error
    name = "scikit-learn's digits" if source == "bundled" else "MNIST"
    assert at.selectbox(key=state.Session.digits.name).options[0] == name
    assert all(
        image.alt and (image.url.endswith(".png") or image.url.startswith("data:image/png")) for image in pictures(at)
    )
    drawn_there = [*apptest.components(at, "overview"), *figures(at), *apptest.shown_maps(at).values()]
    assert pictures(at) or drawn_there
    assert all(item["alt"] and item["caption"] for item in figures(at) if item["kind"] != "text")
    downloads = [button.proto for button in at.get("download_button")]
    assert len(downloads) >= len(pictures(at))
    assert all(button.deferred_file_id and not button.url for button in downloads)  # made when it is asked for


def break_model(folder):
    path = folder / "low-level" / "weights-000200.npz"
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_model_is_shown_as_broken_and_the_rest_works(open_page, models, page):
    shutil.copytree(models / "low-level", models / "another")
    break_model(models)
    at = open_page(page)
    assert at.selectbox(key="model").options == ["another", "Network after 200 steps (low-level) (broken)"]
    assert not at.error
    apptest.choose_network(at, "low-level").run()
    assert not at.exception
    if page == "data":
        assert not at.error
    else:
        assert "SHA-256" in at.error[0].value
        assert "weights-000200.npz" in at.error[0].value
    apptest.choose_network(at, "another").run()
    assert not at.error


def test_without_any_model_the_page_says_how_to_train_one(open_page, models):
    shutil.rmtree(models / "low-level")
    at = open_page("layers/filters")
    assert not at.exception
    assert "python -m cnnviz train" in at.error[0].value


def test_the_choice_survives_a_change_of_page(open_page):
    at = open_page("layers/filters")
    at.select_slider[0].set_value(100).run()
    apptest.go(at, "layers/network")
    assert at.select_slider[0].value == 100
    apptest.choose_network(at, "low-level").run()
    apptest.go(at, "draw")
    assert at.selectbox(key=state.Session.model.name).value == "low-level"


# Draw


def canvas_message(image, n_strokes=1):
    """What the browser sends: strokes, and the canvas as a PNG in a data URL."""
    content = io.BytesIO()
    image.save(content, "PNG")
    raw = {"objects": [stroke_of([(120, 40), (240, 160)])] * n_strokes, "background": "#000000"}
    url = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    return {"drawing": {"raw": raw, "data": url}, "backgroundFit": None}


def drawn_digit(digit):
    test = dataset.load(dataset.BUNDLED, "test")
    image = test.images[np.flatnonzero(test.labels == digit)[0], :, :, 0]
    large = Image.fromarray(np.uint8(image * 255)).resize((140, 140))
    canvas = Image.new("RGBA", (280, 280), "black")
    canvas.paste(Image.merge("RGBA", (large,) * 3 + (Image.new("L", large.size, 255),)), (110, 30))
    return canvas


def test_nothing_drawn_is_no_answer(open_page):
    at = open_page("draw")
    assert "Nothing is drawn yet" in texts(at)
    assert answer(at) == ""


@pytest.mark.parametrize("digit", [0, 3, 7])
def test_a_drawn_digit_is_answered_with_bars_and_both_layers(open_page, digit):
    at = open_page("draw", canvas=canvas_message(drawn_digit(digit)))
    assert not at.exception
    assert answer(at) == f"Answer: {digit}"
    alts = [item["alt"] for item in figures(at) if item["kind"] != "text"]
    assert len(alts) == 5
    assert "Five pictures" in alts[4]
    assert "Probability of each digit" in alts[0]
    assert "16 feature maps of layer conv1_relu, 14 by 14" in alts[2]
    assert "36 feature maps of layer conv2_relu, 7 by 7" in alts[3]


def test_a_blank_canvas_is_no_answer(open_page):
    at = open_page("draw", canvas=canvas_message(Image.new("RGB", (280, 280))))
    assert "Nothing is drawn yet" in texts(at)


BAD = {
    "not a PNG": "data:image/png;base64," + base64.b64encode(b"nonsense").decode(),
    "not base64": "data:image/png;base64,???",
    "no data URL": "nonsense",
    "other size": canvas_message(Image.new("L", (100, 100), 255))["drawing"]["data"],
}


@pytest.mark.parametrize("url", BAD.values(), ids=BAD)
def test_a_bad_message_is_a_sentence_and_the_next_drawing_works(open_page, url):
    bad = {"drawing": {"raw": {"objects": [{}]}, "data": url}, "backgroundFit": None}
    at = open_page("draw", canvas=bad)
    assert not at.exception
    assert len(at.error) == 1
    at.session_state["canvas"] = canvas_message(drawn_digit(7))
    at.run()
    assert answer(at) == "Answer: 7"


def test_undo_and_clear(open_page):
    at = open_page("draw", canvas=canvas_message(drawn_digit(7)))
    at.session_state["canvas"] = canvas_message(drawn_digit(0), 2)
    at.run()
    assert answer(at) == "Answer: 0"
    button = {each.label: each for each in at.button}
    button["Undo"].click().run()
    assert answer(at) == "Answer: 7"
    next(each for each in at.button if each.label == "Clear").click().run()
    assert "Nothing is drawn yet" in texts(at)


def test_the_drawing_comes_back_and_goes_to_other_pages(open_page):
    at = open_page("draw", canvas=canvas_message(drawn_digit(7)))
    at.session_state[state.Session.shown.which.name] = "own"
    apptest.go(at, "layers/maps")
    assert any("The input image, 28 by 28 pixels: Your drawing" in alt for alt in apptest.alts(at))
    apptest.go(at, "draw")
    assert answer(at) == "Answer: 7"


# Filters


def test_filters_tell_smallest_and_largest_weight(open_page):
    at = open_page("layers/filters")
    kernel = store.load(store.open_model(store.ROOT / "hvass")).weights["conv1/kernel"]
    assert [(metric.label, metric.value) for metric in at.metric] == [
        ("Filters", "16 of 5×5×1"),
        ("Weights with biases", "416"),
        ("Smallest weight", f"{kernel.min():+.4f}"),
        ("Largest weight", f"{kernel.max():+.4f}"),
    ]
    biases = at.dataframe[0].value
    assert len(biases) == 16


def test_a_channel_or_all_of_them(open_page):
    at = open_page("layers/filters", chosen={state.FiltersPart.layer: "conv2"})
    assert "36 kernels of conv2 for input channel 0" in texts(at)
    channels = next(box for box in at.main.selectbox if box.label == "Input channel")
    assert channels.options == [*map(str, range(16)), "All"]
    channels.select("All").run()
    assert "All 576 kernels of conv2" in texts(at)
    assert not at.exception


# Mistakes


@pytest.mark.parametrize("source", SOURCES)
def test_mistakes_are_those_of_the_network(open_page, source):
    at = open_page("mistakes", source)
    test = dataset.load(*((dataset.BUNDLED, "test") if source == "bundled" else (dataset.Source("idx", MNIST), "test")))
    probs = evaluation.probabilities(store.load(store.open_model(store.ROOT / "hvass")), test.images)
    wrong = np.flatnonzero(probs.argmax(axis=1) != test.labels)
    right = len(test) - len(wrong)
    assert at.metric[0].value == percent(right / len(test))
    assert at.metric[1].value == f"{right:,} of {len(test):,}"
    assert at.metric[2].value == str(len(wrong))
    assert f"The first 9 of {len(wrong)} mistakes." in texts(at)
    shown = apptest.shown_maps(at)["mistakes gallery"]
    pairs = [(test.labels[i], probs[i].argmax(), i) for i in wrong[:9]]
    assert shown["labels"] == [f"True: {true}, Pred: {predicted}\nImage {i}" for true, predicted, i in pairs]
    assert shown["names"] == [f"Test image {i}: {true}, read as {predicted}" for true, predicted, i in pairs]


def test_the_test_digits_can_be_read_in_any_batch_with_the_same_result(open_page, monkeypatch):
    """Several batches stand in one table; one that would take too much memory is told from its shapes, and not read."""
    at = open_page("mistakes")
    label = "Read the test digits so"
    for batch in (100, 1000):
        at.session_state[state.MistakesPage.batch.name] = batch
        at.run()
        next(button for button in at.button if button.label == label).click().run()
        assert not at.exception
    table = next(frame.value for frame in at.dataframe if "Memory computed" in frame.value)
    assert table["Images in a batch"].tolist() == [100, 1000]
    assert table["Batches"].tolist() == [5, 1]
    right, _, n = at.metric[1].value.partition(" of ")
    assert set(table["Test accuracy"]) == {f"{percent(int(right) / int(n))} ({right} / {n})"}
    assert any("batches of 100, 1,000" in chart.proto.alt for chart in at.get("vega_lite_chart"))
    monkeypatch.setattr(batches, "allowed_bytes", lambda: 10**7)
    at.run()
    assert "would take " in texts(at)
    assert label not in [button.label for button in at.button]
    at.session_state[state.MistakesPage.batch.name] = 7  # of an address
    assert not at.run().exception


def test_a_misread_digit_opens_where_it_stands(open_page):
    at = open_page("mistakes")
    labels = apptest.shown_maps(at)["mistakes gallery"]["labels"]
    numbers = [int(label.rpartition(" ")[2]) for label in labels]
    apptest.open_cell(at, state.MistakesPage.gallery, 2)
    assert not at.exception
    assert apptest.shown_maps(at)["mistakes gallery"]["marked"] == [2]
    true, predicted = (int(part) for part in re.match(r"True: (\d), Pred: (\d)", labels[2]).groups())
    assert f"Test image {numbers[2]}, a {true}" in texts(at)
    assert f"This is a {true}. The network reads {predicted}; its second guess is" in texts(at)
    links = [element.proto.page for element in at.get("page_link")]
    assert {"layers", "why"} <= set(links)
    for nonsense in (9, -1, "2", None, [1]):
        apptest.open_cell(at, state.MistakesPage.gallery, nonsense)
        assert not at.exception
    assert at.session_state[state.Session.shown.number.name] == numbers[2]


def test_the_data_page_says_which_network_learnt_from_the_validation_digits(open_page):
    assert "**low-level** is an exception: it learnt from the validation digits too" in texts(
        open_page("data", model="low-level")
    )
    assert "is an exception" not in texts(open_page("data", model="hvass"))


def shown_mistakes(at):
    return [int(label.rpartition(" ")[2]) for label in apptest.shown_maps(at)["mistakes gallery"]["labels"]]


def test_nine_at_random_and_another_nine(open_page):
    at = open_page("mistakes", chosen={state.MistakesPage.which: "random"})
    first = shown_mistakes(at)
    another = next(button for button in at.button if button.label == "Another nine")
    another.click().run()
    assert shown_mistakes(at) != first


def test_the_surest_nine_are_in_order(open_page):
    at = open_page("mistakes", chosen={state.MistakesPage.which: "surest"})
    test = dataset.load(dataset.BUNDLED, "test")
    probs = evaluation.probabilities(store.load(store.open_model(store.ROOT / "hvass")), test.images)
    wrong = np.flatnonzero(probs.argmax(axis=1) != test.labels)
    surest = sorted(wrong, key=lambda i: -probs[i].max())[:9]
    share = probability(probs[surest[-1]].max())
    assert shown_mistakes(at) == surest
    assert f"gave its wrong answer the highest probability, {share} and more." in texts(at)


def clicked(true, predicted):
    return {state.MistakesPage.matrix: {"selection": {"cell": [{"true": true, "predicted": predicted}]}}}


def test_a_cell_shows_exactly_its_images(open_page):
    test = dataset.load(dataset.BUNDLED, "test")
    probs = evaluation.probabilities(store.load(store.open_model(store.ROOT / "hvass")), test.images)
    matrix = evaluation.confusion_matrix(test.labels, probs.argmax(axis=1))
    off = matrix * (1 - np.eye(10, dtype=int))
    true, predicted = (int(i) for i in np.unravel_index(off.argmax(), off.shape))
    at = open_page("mistakes", chosen=clicked(true, predicted))
    assert f"{true} read as {predicted}: {off.max()} test images" in texts(at)
    found = np.flatnonzero((test.labels == true) & (probs.argmax(axis=1) == predicted))
    shown = apptest.shown_maps(at)["mistakes of a cell"]["labels"]
    assert [int(label.rpartition(" ")[2]) for label in shown] == found.tolist()[: len(shown)]
    assert len(shown) == min(30, off.max())
    apptest.open_cell(at, state.MistakesPage.cell, 0)
    assert at.session_state[state.Session.shown.number.name] == found[0]
    many = open_page("mistakes", chosen=clicked(0, 0))
    assert len(apptest.shown_maps(many)["mistakes of a cell"]["labels"]) == 30
    many.toggle[0].set_value(True).run()
    assert len(apptest.shown_maps(many)["mistakes of a cell"]["labels"]) == matrix[0, 0]
    empty = open_page("mistakes", chosen=clicked(0, 1))
    assert ("No 0 was read as 1." in texts(empty)) == (matrix[0, 1] == 0)


# Network and Data


@pytest.mark.parametrize("name", ["hvass", "deep-mnist", "low-level"])
def test_the_table_lists_every_layer(open_page, name):
    at = open_page("layers/network", chosen={state.LayersPage.chart: True}, model=name)
    config = store.open_model(store.ROOT / name).card.network
    table = at.table[0].value
    assert list(table["Layer"]) == [layer.name for layer in layers(config)]
    assert f"{n_weights(config):,} weights in all" in texts(at)


# Digits that are not there, not MNIST, or on their way


def test_digits_that_are_not_mnist_are_not_called_so(open_page, tmp_path):
    for file in mnist.FILES.values():
        with gzip.open(tmp_path / f"{file.name}.gz", "wb", 1) as stream:
            stream.write(file.header + bytes(file.n_bytes - len(file.header)))
    at = open_page("layers/filters", str(tmp_path))
    assert not at.exception
    assert at.selectbox(key=state.Session.digits.name).options[0] == f"{tmp_path}, not MNIST"


def test_without_mnist_the_bundled_digits_are_shown_and_the_failure_told(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(dataset, "ROOT", tmp_path)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    server.data_sources().download._thread.join(30)
    at.run()
    assert not at.exception
    assert at.selectbox(key=state.Session.digits.name).options == ["scikit-learn's digits"]
    warning = at.warning[0].value
    assert "no connection" in warning
    assert str(tmp_path / "data" / "MNIST") in warning
    assert all(name in warning for name in mnist.FILE_NAMES)
    assert "Try again" in [button.label for button in at.button]


def test_a_folder_that_was_named_and_is_bad_is_told(open_page, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"")
    at = open_page("data", str(tmp_path))
    assert not at.exception
    assert "missing train-labels-idx1-ubyte" in at.warning[0].value
    assert at.selectbox(key=state.Session.digits.name).options == ["scikit-learn's digits"]
