"""The head of every page: what it offers, what an address hides, the word list, the link and its QR code."""

import re

import numpy as np
import pytest
import segno
from PIL import Image

from apptest import components, give, go, open_page, texts
from cnnviz.data import dataset
from cnnviz.drawing.preparation import prepare
from cnnviz.ui import digit, glossary, sharing
from cnnviz.ui.state import Session

TERMS = (
    "Convolution", "Kernel", "Filter", "Feature map", "ReLU", "Pooling", "Softmax", "Logit", "Training step",
    "Accuracy", "Occlusion", "Saliency", "Stride", "Padding",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _bundled(monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")


def press(at, label):
    next(button for button in at.button if button.label == label).click()
    return at.run()


def test_the_word_list_has_every_exact_term_once_in_one_sentence():
    assert set(TERMS) <= set(glossary.TERMS)
    assert list(glossary.TERMS) == sorted(glossary.TERMS, key=str.lower)
    for sentence in glossary.TERMS.values():
        assert re.fullmatch(r"[A-Z0-9][^.]*(\d\.\d[^.]*)*\.", sentence), sentence
        assert len(sentence) < 120


def test_the_word_list_opens_from_every_page():
    at = press(open_page("layers"), "Words")
    assert not at.exception
    assert "Keeps positive numbers and turns negative ones into 0." in texts(at)
    assert glossary.help_of("ReLU", "Bias").count("**") == 4


def test_share_gives_the_link_and_its_qr_code():
    at = press(open_page("layers", {Session.shown.number: 7}), "Share")
    assert not at.exception
    (link,) = [code.value for code in at.code]
    assert "digit=7" in link
    assert "net=" in link
    assert any("QR code" in image.alt for element in at.get("image") for image in element.proto.imgs)


def test_a_link_without_the_photograph_says_what_it_shows_instead():
    at = open_page("layers", {Session.shown.number: 7, Session.shown.split: "train"})
    preparation = prepare(np.pad(np.ones((120, 20), np.float32), 80))
    at.session_state[Session.digit.name] = digit.given(preparation, digit.Origin("photograph"))
    at.session_state[Session.shown.which.name] = "own"
    label = dataset.load(dataset.BUNDLED, "train").labels[7]
    assert f"It shows “Training image 7, a {label}” instead." in texts(press(at, "Share"))


def test_a_part_of_the_data_is_chosen_in_the_head():
    at = open_page("layers", {Session.shown.number: 7})

    def choose(which):
        groups = at.get("button_group")
        next(group for group in groups if group.key == Session.shown.which_widget.name).set_value(which).run()
        assert not at.exception
        return components(at, "address")[-1]["title"]

    assert choose("train").startswith("Training image 7, a ")
    at.number_input(key=Session.shown.number_widget.name).set_value(150).run()
    assert components(at, "address")[-1]["title"].startswith("Training image 150, a ")
    assert choose("validation").startswith("Validation image 99, a ")  # the last one there is
    assert choose("test").startswith("Test image 150, a ")


def test_without_a_drawing_an_image_of_the_same_part_is_shown_again():
    at = open_page("layers", {Session.shown.number: 7, Session.shown.split: "train"})
    give(at, prepare(np.pad(np.ones((120, 20), np.float32), 80)))
    at.run()
    assert components(at, "address")[-1]["title"] == "Your drawing"
    go(at, "draw")  # where nothing is drawn
    assert components(at, "address")[-1]["title"].startswith("Training image 7, a ")


def test_a_qr_code_is_dark_on_light_with_a_margin(tmp_path):
    path = tmp_path / "qr.png"
    path.write_bytes(sharing.qr("http://192.168.0.7:8501/layers?net=robust&digit=13"))
    picture = Image.open(path).convert("L")
    assert picture.width == picture.height >= 6 * (21 + 8)
    assert picture.crop((0, 0, 24, picture.height)).getextrema() == (255, 255)
    assert picture.getextrema() == (0, 255)
    assert segno.make("A" * sharing.MAX_QR, error="l").symbol_size(border=4)[0] * 2 <= 320


HIDE = {
    "network": lambda at: [box for box in at.selectbox if box.key == Session.model.name],
    "time": lambda at: [*at.select_slider, *(button for button in at.button if button.label == "Play")],
    "share": lambda at: [button for button in at.button if button.label == "Share"],
    "words": lambda at: [button for button in at.button if button.label == "Words"],
    "theme": lambda at: [button for button in at.button if button.label in ("Dark", "Light")],
    "present": lambda at: [button for button in at.button if button.label == "Present"],
}


@pytest.mark.parametrize("name", HIDE)
def test_each_control_can_be_hidden(name):
    assert HIDE[name](open_page("layers"))
    at = open_page("layers", {Session.hidden: (name,)})
    assert not at.exception
    assert not HIDE[name](at)
    others = [other for other in HIDE if other != name]
    assert all(HIDE[other](at) for other in others)


def test_with_all_hidden_the_page_shows_what_the_address_chose():
    hidden = ("network", "time", "digit", "menu", "share", "words", "theme", "present")
    at = open_page("layers", {Session.hidden: hidden, Session.model: "hvass"}, iteration__of__hvass=100)
    assert not at.exception
    choice = at.session_state[Session.choice.name]
    assert (choice.entry.name, choice.iteration) == ("hvass", 100)
