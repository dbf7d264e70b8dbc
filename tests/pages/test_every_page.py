"""Every page with MNIST, with the bundled digits, and with a broken model; what it shows is what was computed."""

import base64
import gzip
import io
import shutil

import numpy as np
import pytest
from canvas_message import path as stroke_of
from PIL import Image
from streamlit.testing.v1 import AppTest

import apptest
from apptest import answer, figures, pictures, texts
from cnnviz.analysis import evaluation
from cnnviz.data import dataset, mnist
from cnnviz.network import store
from cnnviz.network.config import layers, n_weights
from cnnviz.percentages import percent, probability
from cnnviz.ui import digits, server, state
from common import MNIST, ROOT, needs_mnist

PAGES = ("draw", "filters", "feature_maps", "mistakes", "network", "data")
SOURCES = [
    pytest.param("bundled", id="bundled"),
    pytest.param(str(MNIST), id="MNIST", marks=needs_mnist),
]


@pytest.fixture(autouse=True)
def _fresh_sources():
    """Digits are looked for on disk anew in every test."""
    server.data_sources.reset()
    digits.load.clear()
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
    assert f"digits: **{name}**" in texts(at).lower().replace(name.lower(), name)
    assert all(
        image.alt and (image.url.endswith(".png") or image.url.startswith("data:image/png")) for image in pictures(at)
    )
    assert pictures(at) or figures(at)
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
    assert at.sidebar.selectbox(key="model").options == ["another", "low-level (broken)"]
    assert not at.error
    at.sidebar.selectbox(key="model").select("low-level").run()
    assert not at.exception
    if page == "data":
        assert not at.error
    else:
        assert "SHA-256" in at.error[0].value
        assert "weights-000200.npz" in at.error[0].value
    at.sidebar.selectbox(key="model").select("another").run()
    assert not at.error


def test_without_any_model_the_page_says_how_to_train_one(open_page, models):
    shutil.rmtree(models / "low-level")
    at = open_page("filters")
    assert not at.exception
    assert "python -m cnnviz train" in at.error[0].value


def test_the_choice_survives_a_change_of_page(open_page):
    at = open_page("filters")
    at.sidebar.select_slider[0].set_value(100).run()
    assert "after 100 iterations" in texts(at)
    at.switch_page("cnnviz/pages/network/page.py").run()
    assert "after 100 iterations" in texts(at)
    at.sidebar.selectbox(key="model").select("low-level").run()
    at.switch_page("cnnviz/pages/draw/page.py").run()
    assert "Network **low-level**, after 200 iterations" in texts(at)


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
    assert next(each for each in at.button if each.label == "Undo").disabled


def test_the_drawing_comes_back_and_goes_to_other_pages(open_page):
    at = open_page("draw", canvas=canvas_message(drawn_digit(7)))
    at.session_state[state.image_at(0, 0).which.name] = "own"
    at.switch_page("cnnviz/pages/feature_maps/page.py").run()
    assert "The input image, 28 by 28 pixels: Your drawing" in pictures(at)[0].alt
    at.switch_page("cnnviz/pages/draw/page.py").run()
    assert answer(at) == "Answer: 7"


# Filters


def test_filters_tell_least_and_greatest_weight(open_page):
    at = open_page("filters")
    kernel = store.load(store.open_model(store.ROOT / "hvass")).weights["conv1/kernel"]
    assert [metric.value for metric in at.metric] == [
        "16 of 5×5×1",
        "416",
        f"{kernel.min():+.4f}",
        f"{kernel.max():+.4f}",
    ]
    biases = at.dataframe[0].value
    assert len(biases) == 16


def test_a_channel_or_all_of_them(open_page):
    at = open_page("filters", chosen={state.FiltersPage.layer: "conv2"})
    assert "36 kernels of conv2 for input channel 0" in texts(at)
    channels = at.main.selectbox[0]
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
    assert f"The first 9 of {len(wrong)} mistakes: test images {', '.join(map(str, wrong[:9]))}." in texts(at)


def test_nine_at_random_and_another_nine(open_page):
    at = open_page("mistakes", chosen={state.MistakesPage.which: "random"})
    first = next(caption.value for caption in at.caption if "at random" in caption.value)
    another = next(button for button in at.button if button.label == "Another nine")
    another.click().run()
    second = next(caption.value for caption in at.caption if "at random" in caption.value)
    assert first != second


def test_the_surest_nine_are_in_order(open_page):
    at = open_page("mistakes", chosen={state.MistakesPage.which: "surest"})
    test = dataset.load(dataset.BUNDLED, "test")
    probs = evaluation.probabilities(store.load(store.open_model(store.ROOT / "hvass")), test.images)
    wrong = np.flatnonzero(probs.argmax(axis=1) != test.labels)
    surest = sorted(wrong, key=lambda i: -probs[i].max())[:9]
    share = probability(probs[surest[-1]].max())
    numbers = ", ".join(map(str, surest))
    assert f"for the wrong answer ({share} and more): test images {numbers}." in texts(at)


def clicked(true, predicted):
    return {state.MistakesPage.matrix: {"selection": {"cell": [{"true": true, "predicted": predicted}]}}}


def test_a_cell_shows_exactly_its_images(open_page):
    test = dataset.load(dataset.BUNDLED, "test")
    probs = evaluation.probabilities(store.load(store.open_model(store.ROOT / "hvass")), test.images)
    matrix = evaluation.confusion_matrix(test.labels, probs.argmax(axis=1))
    off = matrix * (1 - np.eye(10, dtype=int))
    true, predicted = (int(i) for i in np.unravel_index(off.argmax(), off.shape))
    at = open_page("mistakes", chosen=clicked(true, predicted))
    assert f"{true} read as {predicted}: {off.max()} of the test images" in texts(at)
    alts = [image.alt for image in pictures(at)]
    assert f"{off.max()} handwritten digits {true} that the network read as {predicted}." in alts
    empty = open_page("mistakes", chosen=clicked(0, 1))
    assert ("No 0 was read as 1." in texts(empty)) == (matrix[0, 1] == 0)


# Network and Data


@pytest.mark.parametrize("name", ["hvass", "deep-mnist", "low-level"])
def test_the_table_lists_every_layer(open_page, name):
    at = open_page("network", model=name)
    config = store.open_model(store.ROOT / name).card.network
    table = at.table[0].value
    assert list(table["Layer"]) == [layer.name for layer in layers(config)]
    assert f"{n_weights(config):,} weights in all" in texts(at)


def test_data_tells_sizes_and_one_hot(open_page):
    at = open_page("data")
    sizes, labels = at.dataframe[0].value, at.dataframe[1].value
    assert sizes["Digits"].tolist() == [1197, 100, 500]
    assert sizes["Images"].tolist()[2] == "(500, 28, 28, 1)"
    for number, one_hot in zip(labels["Class number"], labels["One-hot"], strict=True):
        assert one_hot.split().index("1") == number
        assert one_hot.split().count("0") == 9


# Digits that are not there, not MNIST, or on their way


def test_digits_that_are_not_mnist_are_not_called_so(open_page, tmp_path):
    for file in mnist.FILES.values():
        with gzip.open(tmp_path / f"{file.name}.gz", "wb", 1) as stream:
            stream.write(file.header + bytes(file.n_bytes - len(file.header)))
    at = open_page("filters", str(tmp_path))
    assert not at.exception
    assert f"digits: **{tmp_path}, not MNIST**" in texts(at)


def test_without_mnist_the_bundled_digits_are_shown_and_the_failure_told(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(dataset, "ROOT", tmp_path)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    server.data_sources().download._thread.join(30)
    at.run()
    assert not at.exception
    assert "scikit-learn's digits" in texts(at)
    warning = at.sidebar.warning[0].value
    assert "no connection" in warning
    assert str(tmp_path / "data" / "MNIST") in warning
    assert all(name in warning for name in mnist.FILE_NAMES)
    assert "Try again" in [button.label for button in at.sidebar.button]


def test_a_folder_that_was_named_and_is_bad_is_told(open_page, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"")
    at = open_page("data", str(tmp_path))
    assert not at.exception
    assert "missing train-labels-idx1-ubyte" in at.sidebar.warning[0].value
    assert "Digits: **scikit-learn's digits**" in texts(at)
