"""The page Data: a browser of images, and what one of them is as numbers."""

import numpy as np
import pytest

import apptest
from apptest import alts, components, shown_maps, texts
from cnnviz.analysis import browsing, evaluation
from cnnviz.data import dataset
from cnnviz.data.dataset import Source
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.percentages import probability
from cnnviz.render.palettes import palette_table
from cnnviz.ui import lookups, server
from cnnviz.ui.state import DataPage, Session
from common import MNIST, needs_mnist

GALLERY = DataPage.gallery.name


@pytest.fixture
def open_page(monkeypatch):
    """The page with some choices, on scikit-learn's digits unless told otherwise."""

    def opened(chosen=None, source="bundled", page="data"):
        monkeypatch.setenv("CNNVIZ_DATA", source)
        server.data_sources.reset()
        at = apptest.open_page(page, {Session.model: "hvass"} | (chosen or {}))
        assert not at.exception
        return at

    yield opened
    server.data_sources.reset()


@pytest.fixture(scope="module")
def hvass():
    return store.load(store.open_model(store.ROOT / "hvass"))


@pytest.fixture(scope="module")
def train_probs(hvass):
    return evaluation.probabilities(hvass, dataset.load(dataset.BUNDLED, "train").images)


def numbers(at):
    """Of the images shown, as it stands under them."""
    return [int(label.split()[-1]) for label in shown_maps(at)[GALLERY]["labels"]]


def press(at, label):
    next(button for button in at.button if button.label == label).click()
    at.run()
    assert not at.exception


def table(at, column):
    """The table that has a column."""
    return next(each.value for each in (*at.dataframe, *at.table) if column in each.value.columns)


def test_five_test_images_with_the_answers_right_ones_too(open_page, hvass):
    at = open_page({DataPage.at_a_time: 5})
    test = dataset.load(dataset.BUNDLED, "test")
    read = evaluation.probabilities(hvass, test.images[:5]).argmax(axis=1)
    expected = [f"True: {test.labels[i]}, Pred: {read[i]}\nImage {i}" for i in range(5)]
    assert shown_maps(at)[GALLERY]["labels"] == expected
    assert any(true == predicted for true, predicted in zip(test.labels[:5], read, strict=True))
    assert "1 to 5 of 500 images" in texts(at)


def test_a_sheet_is_one_picture_with_both_digits_under_each(open_page, train_probs):
    at = open_page({DataPage.part: "train", DataPage.at_a_time: 100})
    train = dataset.load(dataset.BUNDLED, "train")
    item = shown_maps(at)[GALLERY]
    signs = np.where(train_probs.argmax(axis=1) == train.labels, "=", "≠")
    expected = [f"{train.labels[i]} {signs[i]} {train_probs[i].argmax()}\n{i}" for i in range(100)]
    assert item["labels"] == expected
    assert (item["arrays"][3] == np.round(train.images[3, :, :, 0] * 255)).all()
    assert len([name for name in shown_maps(at) if name == GALLERY]) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"order": "surest"},
        {"order": "least", "digit": 8},
        {"answers": "wrong"},
        {"answers": "right", "digit": 3, "order": "least"},
        {"digit": 5},
        {"order": "random", "seed": 4},
    ],
)
def test_order_class_and_answers(open_page, train_probs, asked):
    chosen = {getattr(DataPage, name): value for name, value in asked.items()}
    at = open_page(chosen | {DataPage.part: "train"})
    expected = browsing.chosen(dataset.load(dataset.BUNDLED, "train").labels, train_probs, **asked)
    assert numbers(at) == expected[:9].tolist()
    assert f"1 to {min(9, len(expected))} of {len(expected):,} images" in texts(at)


def test_only_what_needs_all_answers_has_the_network_read_all(open_page, monkeypatch):
    read = []
    monkeypatch.setattr(lookups, "probabilities", lambda network, digits: read.append(len(digits)) or _flat(digits))
    at = open_page({DataPage.part: "all", DataPage.digit: 4, DataPage.order: "random"})
    assert read == []
    at.session_state[DataPage.answers.name] = "wrong"
    at.run()
    assert read == [1197, 100]


def _flat(digits):
    return np.full((len(digits), 10), 0.1, np.float32)


def test_on_back_and_an_image_by_its_number(open_page):
    at = open_page({DataPage.digit: 4})
    fours = np.flatnonzero(dataset.load(dataset.BUNDLED, "test").labels == 4).tolist()
    assert numbers(at) == fours[:9]
    press(at, "On")
    assert numbers(at) == fours[9:18]
    press(at, "Back")
    assert numbers(at) == fours[:9]
    at.number_input(key=DataPage.number.name).set_value(fours[20] - 1).run()
    assert numbers(at) == [number for number in fours if number >= fours[20] - 1][:9]
    at.selectbox(key=DataPage.digit.name).set_value(6).run()
    assert "1 to 9 of" in texts(at)


def test_both_parts_are_numbered_on(open_page):
    at = open_page({DataPage.part: "all", DataPage.first: 1195})
    assert numbers(at) == list(range(1195, 1204))
    assert "From number 1,197 on they are the validation images." in texts(at)
    assert shown_maps(at)[GALLERY]["called"][4] == "image 1199"
    apptest.open_cell(at, DataPage.gallery, 4)
    assert not at.exception
    label = dataset.load(dataset.BUNDLED, "validation").labels[2]
    assert f"**Validation image 2, a {label}**" in texts(at)
    assert shown_maps(at)[GALLERY]["marked"] == [4]


def test_a_training_image_becomes_the_digit_of_every_page(open_page):
    at = open_page({DataPage.part: "train"})
    apptest.open_cell(at, DataPage.gallery, 2)
    label = dataset.load(dataset.BUNDLED, "train").labels[2]
    assert f"**Training image 2, a {label}**" in texts(at)
    for page in ("mistakes", "why", "layers/maps"):
        apptest.go(at, page)
        assert not at.exception
        assert components(at, "address")[-1]["title"] == f"Training image 2, a {label}"
    assert "digit=train-2" in components(at, "address")[-1]["query"]
    apptest.go(at, "draw")  # what lies on the canvas there is a test image or nothing
    assert not at.exception
    assert components(at, "address")[-1]["title"] == f"Training image 2, a {label}"
    apptest.go(at, "data")
    assert shown_maps(at)[GALLERY]["marked"] == [2]
    at.session_state[DataPage.part.name] = "test"
    at.run()
    assert shown_maps(at)[GALLERY]["marked"] == []


def test_one_image_in_three_palettes_and_the_gallery_in_the_one_that_is_chosen(open_page):
    at = open_page({DataPage.palette: "hot"})
    shown = shown_maps(at)
    for palette in ("gray", "binary", "hot"):
        item = shown[f"pictures image-{palette}"]
        assert (item["table"] == palette_table(palette)[:256]).all()
        assert f"cmap='{palette}'" in item["caption"]
        assert (item["arrays"][0] == shown[GALLERY]["arrays"][0]).all()
        assert len(item["boxes"][0]) == 2  # the ink, and its centre of mass
    assert (shown[GALLERY]["table"] == palette_table("hot")[:256]).all()
    assert "Its centre of mass, the point where it would balance, is" in texts(at)


def test_the_784_bytes_their_division_and_the_way_to_four_axes(open_page):
    at = open_page({Session.shown.number: 3})
    image = dataset.load(dataset.BUNDLED, "test").images[3, :, :, 0]
    values = np.round(image * 255)
    item = shown_maps(at)["pictures bytes"]
    assert (item["arrays"][0] == values).all()
    assert "the network gets them unrounded" in item["caption"]  # scikit-learn's digits were enlarged
    largest = int(values[values < 255].max())
    assert f"{largest} / 255 = {largest / 255:.3f}" in texts(at)
    row = table(at, "Byte")
    assert row["Byte / 255"].tolist() == [f"{byte / 255:.3f}" for byte in row["Byte"]]
    assert largest in row["Byte"].tolist()
    assert len(row) == 7
    places = row["Number of the 784"]
    assert (values.reshape(784)[places] == row["Byte"]).all()
    shapes = table(at, "In Python")["Shape"].tolist()
    assert shapes == ["x (1797, 8, 8), y (1797,)", "(28, 28)", "(784,)", "(1, 28, 28, 1)", "(500, 784)",
                      "(500, 28, 28, 1)"]  # fmt: skip
    assert "392,000 / (28 · 28 · 1) = 500 images" in texts(at)


def test_a_label_becomes_one_hot_and_argmax_brings_it_back(open_page, hvass):
    at = open_page({Session.shown.number: 3})
    test = dataset.load(dataset.BUNDLED, "test")
    label, probs = int(test.labels[3]), evaluation.probabilities(hvass, test.images[3:4])[0]
    found = table(at, "Label, one-hot")
    assert found["Label, one-hot"].tolist() == [int(place == label) for place in range(10)]
    assert found["Network's probability"].tolist() == [probability(share) for share in probs]
    assert f"= {label}. Of the network's ten probabilities it gives {probs.argmax()}" in texts(at)
    assert f"np.argmax(probabilities) = {probs.argmax()}" in texts(at)


def test_a_drawing_has_numbers_too_and_no_label(open_page):
    at = open_page()
    apptest.give(at, prepare(np.pad(np.ones((120, 20), np.float32), 80)))
    at.run()
    assert not at.exception
    assert "**Your drawing**" in texts(at)
    assert "it has no label" in texts(at)
    assert shown_maps(at)[GALLERY]["marked"] == []


def test_sizes_first_labels_and_counts_of_the_part(open_page):
    at = open_page({DataPage.part: "train"})
    train = dataset.load(dataset.BUNDLED, "train")
    sizes = table(at, "As rows")
    assert sizes["As rows"].tolist() == ["(1197, 784)", "(100, 784)", "(1297, 784)", "(500, 784)"]
    assert table(at, "Class number")["Class number"].tolist() == train.labels[:10].tolist()
    assert f"0: {(train.labels == 0).sum()}," in " ".join(alts(at))
    assert "The 1,197 digits of the training part" in texts(at)


@needs_mnist
def test_mnist_as_keras_loads_it_and_the_first_ten_training_labels(open_page):
    at = open_page({DataPage.part: "all"}, source=str(MNIST))
    assert table(at, "In Python")["Shape"].tolist()[::4] == ["x (60000, 28, 28), y (60000,)", "(60000, 784)"]
    assert table(at, "Class number")["Class number"].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert "1 to 9 of 60,000 images" in texts(at)
    apptest.open_cell(at, DataPage.gallery, 2)
    assert "**Training image 2, a 4**" in texts(at)
    item = shown_maps(at)["pictures bytes"]
    assert "as MNIST's file has it" in item["caption"]
    assert "unrounded" not in item["caption"]
    pixels = dataset.load(Source("idx", MNIST), "train").images[2, :, :, 0]
    assert np.allclose(item["arrays"][0], pixels * 255, atol=1e-4)


def test_without_a_network_the_images_are_shown_all_the_same(open_page, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    at = open_page({DataPage.order: "surest"})
    assert not at.error
    assert "there are no answers" in texts(at)
    assert numbers(at) == list(range(9))
    assert "Pred" not in shown_maps(at)[GALLERY]["labels"][0]


def test_when_no_image_is_like_that_the_page_says_so(open_page, monkeypatch):
    monkeypatch.setattr(browsing, "chosen", lambda *_, **__: np.zeros(0, np.int64))
    at = open_page()
    assert "None of the 500 images is like that" in texts(at)
    assert GALLERY not in shown_maps(at)
