"""Surprise me: a test digit that the chosen network misreads; and what stands there before anything is drawn."""

import numpy as np
import pytest
from canvas_message import SEVEN, sent

from apptest import answer, figures, go, open_page, texts
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import layers
from cnnviz.pages.draw import surprise
from cnnviz.ui import lookups
from cnnviz.ui.state import DrawPage, Session

pytestmark = pytest.mark.usefixtures("bundled_digits")


def press(at):
    return next(button for button in at.button if button.label == "Surprise me").click().run()


def test_the_digit_is_misread_and_another_one_each_time():
    test = dataset.load(dataset.BUNDLED, "test")
    at, seen = open_page("", {Session.model: "low-level"}), []
    for _ in range(3):
        at = press(at)
        assert not at.exception
        seen.append(at.session_state[DrawPage.below.number.name])
        label = test.labels[seen[-1]]
        assert f"Test image {seen[-1]:,} is a {label}." in texts(at)
        assert answer(at) != f"Answer: {label}"
        assert at.session_state[Session.digit.name].origin.number == seen[-1]
    assert seen[0] != seen[1] != seen[2]


def test_where_nothing_is_misread_it_says_so(monkeypatch):
    monkeypatch.setattr(surprise, "misread", lambda *_: None)
    at = open_page("", {Session.model: "low-level"})
    before = at.session_state[DrawPage.history.name].n_loads
    at = press(at)
    assert not at.exception
    assert [toast.value for toast in at.toast] == [surprise.Words.none]
    assert at.session_state[DrawPage.history.name].n_loads == before + 1  # the canvas is told, which waits for it
    assert at.session_state[DrawPage.way.name] == "canvas"


def test_a_digit_that_is_read_right_on_the_canvas_comes_last(monkeypatch, bundled):
    """Most are prepared anew there; the first that is still misread is taken."""
    labels = np.eye(10)[bundled.labels]
    monkeypatch.setattr(lookups, "probabilities", lambda *_: labels[::-1])
    monkeypatch.setattr(lookups, "ask", lambda _, __, images: np.eye(10)[np.zeros(len(images), int)])
    network = store.load(store.find("low-level"))
    for seed in range(5):
        number = surprise.misread(network, bundled, np.random.default_rng(seed))
        assert bundled.labels[number] != 0
        assert bundled.labels[::-1][number] != bundled.labels[number]


def test_before_anything_is_drawn_what_will_be_there_is_shown_empty():
    at = open_page("", {Session.model: "hvass"})
    shown = {item["name"]: item for item in figures(at) if item["kind"] != "text"}
    config = store.load(store.find("hvass")).config
    shapes = {layer.name: layer.shape for layer in layers(config)}
    assert list(shown) == ["answer", "seen", "conv1_relu", "conv2_relu"]
    for name in ("conv1_relu", "conv2_relu"):
        height, width, n = shapes[name]
        assert shown[name]["shapes"] == [[height, width]] * n
        assert not shown[name]["opens"]
        assert all(len(np.unique(array)) == 1 for array in shown[name]["arrays"])
    assert not any(shown["answer"]["shares"])
    assert answer(at) == ""


def test_a_test_image_that_was_chosen_elsewhere_lies_on_the_empty_canvas():
    at = open_page("mistakes", {Session.model: "low-level"})
    at.session_state[Session.shown.number.name] = 5
    go(at, "draw")
    assert not at.exception
    assert (at.session_state[DrawPage.way.name], at.session_state[DrawPage.below.number.name]) == ("over", 5)
    assert answer(at)
    at.session_state[DrawPage.way.name] = "canvas"  # one may leave it again
    assert not answer(at.run())


def test_a_drawing_is_not_lost_when_a_test_image_is_chosen_elsewhere():
    at = open_page("", {Session.model: "low-level", DrawPage.canvas: sent(SEVEN)})
    go(at, "data")
    at.session_state[Session.shown.which.name] = "image"
    at.session_state[Session.shown.number.name] = 5
    go(at, "draw")
    assert not at.exception
    assert at.session_state[DrawPage.way.name] == "canvas"
    assert at.session_state[DrawPage.history.name].drawings
