"""Layers: Questions: every question of the tutorials has its answer, with numbers of the digit, for every network."""

import functools
import re

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import PRESETS
from cnnviz.pages.layers.asked import catalogue
from cnnviz.pages.layers.asked.case import Case, Chart, Log, Pictures, Table, Tools, outputs_of
from cnnviz.render.palettes import LIGHT
from networks import random_network

ASKED = {
    1: ("what symmetry, zero gradients and ReLU have to do with each other", "symmetry"),
    2: ("why a bias a little above 0 keeps neurons from being 0 always", "small-bias"),
    3: ("why weights come from a truncated normal", "truncated-normal"),
    4: ("why biases are a constant", "constant-bias"),
    5: ("what vanilla means", "vanilla"),
    6: ("what a stride is", "stride"),
    7: ("which stride is usual", "stride"),
    8: ("which padding is usual", "padding"),
    9: ("what pooling is", "pooling"),
    10: ("where pooling has its name from", "pooling"),
    11: ("what padding is", "padding"),
    12: ("what the numbers of ksize are", "ksize"),
    13: ("what the numbers of strides are", "strides"),
    14: ("how patches of 5×5 give 32 features of a 28×28 image", "features"),
    15: ("why 1 channel goes in and 32 come out", "features"),
    16: ("why the shape begins with −1", "minus-one"),
    17: ("whether x is 784 numbers", "pixels"),
    18: ("why four axes, not three", "four-axes"),
    19: ("how the 64 features come about", "second-layer"),
    20: ("why 7×7 is left", "seven"),
    21: ("where 64 comes from", "second-layer"),
    22: ("what h_pool2 and h_pool2_flat are and where they meet", "flatten"),
    23: ("what dropout scales", "dropout"),
    24: ("whether 0.5 is kept or dropped", "dropout"),
    25: ("where dropout stands", "dropout-place"),
    26: ("why another softmax, and two fully connected layers", "two-dense"),
    27: ("what the ReLU before did", "relu"),
    28: ("why Adam", "adam"),
}
CONCEPTS = {
    "one-hot", "cross-entropy", "batch-loss", "gradient", "training-step", "epoch", "overfitting", "shared-weights",
    "why-activation", "softmax", "logit", "why-pooling", "edges",
}  # fmt: skip
CONFIGS = {
    "linear": NetworkConfig((), ()),
    "one convolution": NetworkConfig((Convolution(4, 3, 2),), (), pooling="none", activation="tanh"),
    "activated": NetworkConfig((Convolution(3, 4),), (8,), pooling="average", activate_logits=True),
    "sigmoid": NetworkConfig((Convolution(3, 1), Convolution(2, 28)), (8, 5), activation="sigmoid", initial_stddev=0.0),
}
SHIPPED = ("robust", "deep-mnist", "low-level", "hvass")


@functools.cache
def long_answer(key, function, *args):
    raise AssertionError


def ask(function, *args):
    return function(*args)


_known = {}


def ask_long(key, function, *args):
    if key not in _known:
        _known[key] = function(*args)
    return _known[key]


def tutorial():
    model = store.find("deep-mnist")
    return store.load(model), model.card.recipe, model.card.n_train


@functools.cache
def case_of(name, number=5, labelled=True):
    """A test image in a shipped network, or in a random one of a configuration."""
    test = dataset.load(dataset.BUNDLED, "test")
    log = Log("hvass", store.find("hvass").card.log)
    tools = Tools(ask, ask_long, lambda split: dataset.load(dataset.BUNDLED, split), tutorial, lambda: log, LIGHT)
    network, recipe, n_train = random_network(CONFIGS[name]) if name in CONFIGS else None, PRESETS["hvass"].recipe, 1197
    if network is None:
        model = store.find(name)
        network, recipe, n_train = store.load(model), model.card.recipe, model.card.n_train
    image, label = test.images[number], int(test.labels[number]) if labelled else None
    return Case(network, recipe, n_train, image, label, tools, outputs_of(network, image, ask))


def answer(name, case):
    return catalogue.answer(name, case)[0]


def test_each_of_the_28_questions_has_its_place():
    for number, (_, name) in ASKED.items():
        assert number in catalogue.QUESTIONS[name].numbers
    found = [number for question in catalogue.QUESTIONS.values() for number in question.numbers]
    assert sorted(found) == list(range(1, 29)) == sorted(ASKED)
    assert {name for name, question in catalogue.QUESTIONS.items() if not question.numbers} == CONCEPTS


def sentences(text):
    return re.split(r"(?<=[.?])\s+(?=[A-Z])", text)


@pytest.mark.parametrize("network", [*SHIPPED, *CONFIGS])
@pytest.mark.parametrize("name", list(catalogue.QUESTIONS))
def test_every_question_is_answered_for_every_network(network, name):
    """Shortly, with a number or a picture, and with the tutorial's network where the chosen one lacks the thing."""
    case = case_of(network)
    found, lacks = catalogue.answer(name, case)
    assert lacks == (not catalogue.QUESTIONS[name].needs(case.config))
    assert not (lacks and network == "deep-mnist")
    assert 1 <= len(sentences(found.text)) <= 5
    assert found.shown
    for shown in found.shown:
        said = [found.text, shown.caption]
        if isinstance(shown, Table):
            (n,) = {len(column) for column in shown.columns.values()}
            assert n
            said += [cell for column in shown.columns.values() for cell in column]
            assert any(re.search(r"\d", cell) for column in shown.columns.values() for cell in column)
        elif isinstance(shown, Pictures):
            assert len(shown.sheet.pictures)
            assert all(np.isfinite(picture).all() for picture in shown.sheet.pictures)
            said.append(shown.alt)
        else:
            assert isinstance(shown, Chart)
            said.append(shown.alt)
        assert shown.caption
        for each in said:
            assert not re.search(r"[{}]|\bnan\b|\binf\b", each), each
    assert re.search(r"\d", found.text)
