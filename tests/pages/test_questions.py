"""Layers: Questions: every question of the tutorials has its answer, with numbers of the digit, for every network."""

import dataclasses
import functools
import re

import numpy as np
import pytest

from apptest import open_page, texts
from cnnviz.analysis import arithmetic, evaluation, inspection
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig, layers, n_weights
from cnnviz.network.presets import PRESETS
from cnnviz.pages.layers.asked import catalogue, part, training
from cnnviz.pages.layers.asked.case import Case, Chart, Log, Pictures, Table, Tools, outputs_of, share
from cnnviz.render.palettes import LIGHT
from cnnviz.ui.state import LayersPage, Session
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
    "why-activation", "softmax", "logit", "why-pooling", "edges", "pooling-order",
}  # fmt: skip
CONFIGS = {
    "linear": PRESETS["linear"].network,
    "dense": PRESETS["dense"].network,
    "without padding": NetworkConfig((Convolution(4), Convolution(6, 3, 2)), (8,), padding="valid", dropout=0.25),
    "one convolution": NetworkConfig((Convolution(4, 3, 2),), (), pooling="none", activation="tanh"),
    "activated": NetworkConfig((Convolution(3, 4),), (8,), pooling="average", activate_logits=True),
    "sigmoid": NetworkConfig((Convolution(3, 1), Convolution(2, 28)), (8, 5), activation="sigmoid", initial_stddev=0.0),
}
SHIPPED = ("robust", "deep-mnist", "low-level", "hvass")


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
    assert 1 <= len(sentences(found.text)) <= 4
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


def case_with(config, recipe=None):
    """A random network of a configuration."""
    case = case_of("hvass")
    network = random_network(config)
    outputs = outputs_of(network, case.image, ask)
    return dataclasses.replace(case, network=network, outputs=outputs, recipe=recipe or case.recipe)


def table_of(found):
    """The first table of an answer, row by row."""
    columns = next(shown.columns for shown in found.shown if isinstance(shown, Table))
    return list(zip(*columns.values(), strict=True))


DEEP = PRESETS["deep-mnist"].network


def test_padding_is_that_of_the_layer():
    found = answer("padding", case_with(DEEP))
    assert ": 2 rows of zeros above and 2 below" in found.text
    assert "⌊(28 + 4 − 5) / 1⌋ + 1 = 28 places" in found.text
    assert table_of(found) == [("SAME", "2 + 2", "28"), ("VALID", "0 + 0", "24")]
    odd = answer("padding", case_with(NetworkConfig((Convolution(4, 2, 3),), ())))
    assert "⌊(28 + 1 − 2) / 3⌋ + 1 = 10 places" in odd.text


@pytest.mark.parametrize("kernel_px", [1, 2, 5, 28])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_formula_gives_the_side_of_the_maps(kernel_px, stride, padding):
    config = NetworkConfig((Convolution(1, kernel_px, stride),), (), pooling="none", padding=padding)
    before, behind = arithmetic.same_padding(28, kernel_px, stride) if padding == "same" else (0, 0)
    out = (28 + before + behind - kernel_px) // stride + 1
    assert out == layers(config)[1].shape[0]
    case = case_with(config)
    found = answer("padding", case)
    assert f"⌋ + 1 = {out} places" in found.text
    assert f"conv1 has {padding.upper()}: {before} rows of zeros above and {behind} below" in found.text
    assert {row[0]: row[2] for row in table_of(found)}[padding.upper()] == f"{out}"
    assert table_of(answer("stride", case))[stride - 1][1] == f"{out}"
    assert f"strides = [1, {stride}, {stride}, 1]" in answer("strides", case).text


def test_features_of_patches_and_channels_that_are_added():
    case = case_with(DEEP)
    assert "32 × (25 + 1) = 832 weights" in answer("features", case).text
    second = answer("second-layer", case).text
    assert "64 × 32 = 2,048 kernels" in second
    largest = case.outputs["conv2"].max()
    assert f"at this pixel {largest:.4g}" in second
    assert "36 × 16 = 576 kernels" in answer("second-layer", case_of("hvass")).text


def test_weights_shared_and_not():
    """By hand: 5·5 + 1 for each of 32 filters; times 28·28 places; 784 inputs and a bias for each of 25,088 values."""
    rows = table_of(answer("shared-weights", case_with(DEEP)))
    assert [row[1] for row in rows] == ["832", "652,288", "19,694,080"]
    assert (26 * 32, 26 * 32 * 784, 785 * 28 * 28 * 32) == (832, 652_288, 19_694_080)


def test_the_way_to_the_row_of_inputs():
    case = case_with(DEEP)
    assert "28 → 14 → 7" in answer("seven", case).text
    found = answer("flatten", case)
    assert "7 · 7 · 64 = 3,136" in found.text
    for position, value, _, there in table_of(found):
        assert value == there, position
    rows = table_of(answer("two-dense", case))
    assert rows[0] == ("dense1", "3,136", "1,024", "3,212,288")
    assert rows[1] == ("logits", "1,024", "10", "10,250")


def test_pooling_keeps_the_largest_of_a_window_in_either_order():
    found = answer("pooling", case_of("deep-mnist"))
    assert "makes 14×14×32 of 28×28×32" in found.text
    for _, window, kept in table_of(found):
        assert kept in window.split(", ")
        assert float(kept) == max(map(float, window.split(", ")))
    assert "differ by 0 for this digit" in answer("pooling-order", case_of("hvass")).text
    odd = NetworkConfig((Convolution(2, stride=4),), (), pooling="average")
    assert "7 is odd" in answer("pooling", case_with(odd)).text
    assert "keeps their mean" in answer("pooling", case_with(odd)).text


def test_dropout_drops_with_the_chance_of_the_network_and_scales_the_rest():
    case = case_with(dataclasses.replace(DEEP, dropout=0.2))
    found = answer("dropout", case)
    assert "here 0.2." in found.text
    assert "divided by 0.8, that is, times 1.25" in found.text
    (mask,) = [shown for shown in found.shown if isinstance(shown, Pictures)]
    after = np.concatenate([picture.ravel() for picture in mask.sheet.pictures])
    values = case.outputs["dropout"]
    is_kept = after != 0
    assert after[is_kept] == pytest.approx(1.25 * values[is_kept], rel=1e-5)
    assert f"times 1.25, so that their sum stays about the same: {values.sum():.4g} before" in found.text


def test_numbers_move_with_the_digit_and_the_training_step():
    """What does not depend on them is a number of the configuration, e.g. a stride."""
    of_configuration = {
        *("minus-one", "four-axes", "stride", "padding", "vanilla", "strides", "shared-weights", "ksize", "seven"),
        *("truncated-normal", "constant-bias", "dropout-place", "overfitting"),
    }
    for name in catalogue.QUESTIONS:
        one, other = (repr(said_by(answer(name, case_of("deep-mnist", number)))) for number in (5, 9))
        assert (one == other) == (name in of_configuration), name


def said_by(found):
    """All that an answer says and shows."""
    shown = [each.sheet.pictures if isinstance(each, Pictures) else repr(each) for each in found.shown]
    return [found.text, *shown]


def test_the_loss_of_this_digit_is_minus_the_logarithm_of_its_probability():
    case = case_of("hvass", 7)
    p = case.outputs["softmax"].astype(np.float64)
    found = answer("cross-entropy", case)
    assert f"so the loss is {-np.log(p[case.true]):.3g}"[:-1] in found.text
    rows = table_of(found)
    assert [float(row[2]) for row in rows] == pytest.approx(-np.log(p), rel=1e-2)
    assert [row[3] for row in rows].index("taken for true") == case.true
    unknown = answer("cross-entropy", case_of("hvass", 7, labelled=False)).text
    assert f"A drawing has no label; suppose that it is a {p.argmax()}" in unknown


def test_a_batch_begins_with_this_digit():
    case = case_of("deep-mnist", 7)
    test = case.tools.digits("test")
    images, labels = [np.concatenate([each[7:8], each[:49]]) for each in (test.images, test.labels)]
    probs = evaluation.probabilities(case.network, images).astype(np.float64)
    losses = -np.log(probs[np.arange(50), labels])
    text = answer("batch-loss", case).text
    assert (
        f"For these 50 digits, beginning with yours, the sum is {losses.sum():.4g} and the mean {losses.mean():.4g};"
        in text
    )
    assert "trained with the sum" in text
    assert "trained with the mean" in answer("batch-loss", case_of("hvass")).text


def test_the_three_factors_of_a_gradient_and_the_step_that_follows():
    case = case_of("hvass", 7)
    found = training.strongest_weight(case)
    text = answer("gradient", case).text
    assert f"∂L/∂w = (p − y) · a = {found.gradient:.4g}." in text
    rows = table_of(answer("gradient", case))
    for _, p, y, error, a, gradient in rows:
        assert float(error) * float(a) == pytest.approx(float(gradient), rel=2e-3)
        assert float(p) - float(y) == pytest.approx(float(error), abs=1e-3)
    by_name = {row[0]: row for row in table_of(answer("training-step", case))}
    assert float(by_name["SGD"][2]) == pytest.approx(-1e-4 * found.gradient, rel=1e-3)
    assert float(by_name["Adam"][2]) == pytest.approx(-1e-4 * np.sign(found.gradient), rel=2e-3)


def test_why_adam_says_the_rate_of_the_recipe_and_who_trained_without_it():
    deep = answer("adam", case_of("deep-mnist")).text
    assert "each of the 3,274,634 weights" in deep
    assert "learning rate, 0.0001. So" in deep
    robust = answer("adam", case_of("robust")).text
    assert "0.004 at its largest, after 20\u00a0% of the steps, from where it falls back to 0." in robust
    sgd = dataclasses.replace(case_of("hvass"), recipe=dataclasses.replace(PRESETS["hvass"].recipe, optimizer="sgd"))
    assert answer("adam", sgd).text.endswith("This network was trained without it, by SGD.")
    assert n_weights(DEEP) == 3_274_634


def test_epochs_by_hand():
    text = answer("epoch", dataclasses.replace(case_of("hvass"), n_train=55_000)).text
    assert "here 64 images; an epoch is once through all 55,000, that is 859.4 steps" in text
    assert "10,000 steps are 11.64 epochs" in text


def test_a_probability_near_1_is_not_written_as_1():
    assert [share(p) for p in (0.5, 0.99862, 0.99996, 0.9999999, 1 - 1e-12, 1.0)] == [
        "0.5", "0.9986", "0.99996", "0.9999999", "1 − 1e-12", "1",
    ]  # fmt: skip


# On the page


@pytest.fixture
def opened(bundled_digits):
    return lambda **chosen: open_page("layers/questions", {LayersPage.question: "gradient"}, **chosen)


def test_one_question_at_a_time_in_its_group(opened):
    at = opened()
    assert not at.exception
    assert at.selectbox(key=LayersPage.question_group.name).value == "training"
    assert at.radio(key=LayersPage.question.name).value == "gradient"
    assert "∂L/∂w" in texts(at)
    at.radio(key=LayersPage.question.name).set_value("training-step").run()
    assert "∂L/∂w" not in texts(at)
    assert "RMSprop" in texts(at)
    at.selectbox(key=LayersPage.question_group.name).set_value("convolution").run()
    assert at.session_state[LayersPage.question.name] == "stride"
    at = open_page("layers/questions", {LayersPage.question: "nobody asks this"})
    assert not at.exception
    assert at.radio(key=LayersPage.question.name).value == "one-hot"
    assert [link.proto.page for link in at.get("page_link")][-1] == "data"


@pytest.mark.parametrize("network", ["hvass", "low-level", "deep-mnist"])
def test_every_question_opens_on_the_page(opened, network):
    at = opened(model=network)
    for group, asked in catalogue.GROUPS.items():
        at.selectbox(key=LayersPage.question_group.name).set_value(group).run()
        for name, question in asked.items():
            at.radio(key=LayersPage.question.name).set_value(name).run()
            assert not at.exception, name
            assert f"**{question.words}**" in texts(at)
            says_so = part.Words.lacks.format(name="deep-mnist") in texts(at)
            assert says_so == (name in ("dropout", "dropout-place") and network != "deep-mnist"), name


def test_a_layer_leads_to_the_questions_that_arise_there(bundled_digits):
    chosen = {LayersPage.chart: True, Session.model: "hvass"}
    at = open_page("layers/network", chosen)
    at.button_group(key="explained layer").set_value("conv1_pool").run()
    (link,) = [button for button in at.button if button.label == catalogue.QUESTIONS["ksize"].words]
    link.click().run()
    assert not at.exception
    assert at.radio(key=LayersPage.question.name).value == "ksize"


def test_the_tutorials_network_before_its_training_where_it_is_not_shipped(monkeypatch):
    monkeypatch.setattr(store, "find", lambda name: None)
    network, recipe, n_train = part.tutorial()
    assert (network.config, recipe, n_train) == (DEEP, PRESETS["deep-mnist"].recipe, 55_000)
    outputs = inspection.activations(network, np.zeros((1, 28, 28, 1), np.float32))
    assert np.isfinite(outputs["softmax"]).all()


def test_an_address_opens_a_question_and_names_it(bundled_digits):
    at = open_page("layers/questions")
    at.session_state[Session.has_begun.name] = False
    for name, value in {"part": "questions", "question": "overfitting", "net": "hvass", "digit": "7"}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert at.radio(key=LayersPage.question.name).value == "overfitting"
    assert "hvass ended with" in texts(at)
    at.radio(key=LayersPage.question.name).set_value("epoch").run()
    assert "question=epoch" in at.session_state[Session.address.name][0]


def test_a_network_without_convolution_has_the_answers_of_the_tutorials(bundled_digits):
    """What it has itself is told of itself."""
    linear = case_of("linear")
    lacking = {name for name in catalogue.QUESTIONS if catalogue.answer(name, linear)[1]}
    assert lacking == {
        *("four-axes", *catalogue.GROUPS["convolution"], *catalogue.GROUPS["pooling"], "relu", "why-activation"),
        *catalogue.GROUPS["dense"],
    }
    assert "each of the 784 values of flatten times its weight" in answer("logit", linear).text
    assert "7 · 7 · 64 = 3,136" in answer("flatten", linear).text
