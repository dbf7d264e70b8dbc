"""How sure, a part of Mistakes; and the switch Calibrated on Draw: what they show is what was computed."""

import asyncio
import json

import numpy as np
import pytest

import apptest
import pen
from apptest import open_page, texts
from cnnviz.analysis import calibration, evaluation
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.pages.draw import sureness
from cnnviz.pages.draw.answer import Reading
from cnnviz.pages.mistakes import from_card
from cnnviz.pages.mistakes.how_sure import Words
from cnnviz.percentages import percent
from cnnviz.ui import lookups
from cnnviz.ui.state import DrawPage, MistakesPage, Session, iteration_of

pytestmark = pytest.mark.usefixtures("bundled_digits")
HVASS, LOW_LEVEL = {Session.model: "hvass"}, {Session.model: "low-level"}


def logits_of(name, split="test"):
    digits = dataset.load(dataset.BUNDLED, split)
    network = store.load(store.open_model(store.ROOT / name))
    return calibration.logits_of(evaluation.probabilities(network, digits.images)), digits.labels


def charts(at):
    """The data of every chart, and what is said of it."""
    return [(json.loads(each.proto.spec), each.proto.alt) for each in at.get("vega_lite_chart")]


def button(at, label):
    return next(each for each in at.button if each.label == label)


def test_the_page_opens_at_misread_digits_and_an_address_at_how_sure():
    at = open_page("mistakes")
    assert at.session_state[MistakesPage.part.name] == "misread"
    assert "Click a cell or a digit to open it." in texts(at)
    apptest.go(at, "mistakes/sure")
    assert not at.exception
    assert texts(at).count(Words.intro) == 1
    assert "confusion matrix" not in texts(at).lower()


def test_the_diagram_and_the_errors_are_those_of_the_test_digits():
    at = open_page("mistakes/sure", HVASS)
    assert not at.exception
    logits, labels = logits_of("hvass")
    counted = calibration.reliability(calibration.with_temperature(logits, 1), labels)
    (diagram, alt), (_, counts_alt), *_ = charts(at)
    filled = [each for each in counted.bins if each.count]
    assert f"Reliability diagram of {len(labels)} answers" in alt
    assert f"{filled[-1].right} of {filled[-1].count} right" in alt
    assert f"{filled[-1].count}" in counts_alt
    assert len(diagram["layer"]) == 3
    error = calibration.expected_calibration_error(counted)
    assert [metric.value for metric in at.metric] == [
        percent(error),
        f"{calibration.negative_log_likelihood(logits, labels):.4f}",
    ]
    right = percent(counted.n_right / counted.n)
    assert f"On average it is {percent(counted.confidence)} sure, and {right} of the 500 test digits" in texts(at)
    table = next(frame.value for frame in at.dataframe if "Answers" in frame.value)
    assert table["Answers"].tolist() == list(counted.counts)
    assert table["Right"].tolist() == list(counted.right)


def test_the_button_puts_the_slider_where_the_validation_digits_have_it_and_back():
    at = open_page("mistakes/sure", HVASS)
    fitted = round(calibration.fit_temperature(*logits_of("hvass", "validation")), 2)
    assert fitted != 1
    assert f"T = {fitted:.2f} suits the 100 validation digits best, of which the network has learnt nothing" in texts(
        at
    )
    button(at, f"Fitted: T = {fitted:.2f}").click().run()
    assert not at.exception
    assert at.slider(key=MistakesPage.temperature.name).value == fitted
    logits, labels = logits_of("hvass")
    counted = calibration.reliability(calibration.with_temperature(logits, fitted), labels)
    assert at.metric[1].value == percent(calibration.expected_calibration_error(counted))
    assert at.metric[3].value == f"{calibration.negative_log_likelihood(logits, labels, fitted):.4f}"
    assert f"With T = {fitted:.2f} it is on average {percent(counted.confidence)} sure" in texts(at)
    button(at, Words.as_it_is).click().run()
    assert at.slider(key=MistakesPage.temperature.name).value == 1
    assert len(at.metric) == 2


def test_a_network_that_learnt_from_the_validation_digits_is_said_to_know_them():
    assert "has learnt from them too" in texts(open_page("mistakes/sure", LOW_LEVEL))


def test_the_surest_answers_are_divided_more_finely():
    at = open_page("mistakes/sure", HVASS | {MistakesPage.confidences: "top"})
    assert not at.exception
    probs = calibration.with_temperature(logits_of("hvass")[0], 1)
    fewer = int((probs.max(axis=1) < 0.9).sum())
    assert f"{fewer} of 500 are less than 90\u00a0% sure and not shown here" in texts(at)
    table = next(frame.value for frame in at.dataframe if "Answers" in frame.value)
    assert table["Answers"].sum() == 500 - fewer
    assert len(table) == 10


@pytest.mark.parametrize("nonsense", [99.0, float("nan"), "hot"])
def test_a_temperature_out_of_an_address_that_is_none_is_1(nonsense):
    at = open_page("mistakes/sure", HVASS | {MistakesPage.temperature: nonsense})
    assert not at.exception
    assert at.slider(key=MistakesPage.temperature.name).value == 1


def test_other_writers_are_shown_of_the_finished_network_whose_card_has_them():
    at = open_page("mistakes/sure", HVASS)
    (other,) = store.open_model(store.ROOT / "hvass").card.other_test_sets
    assert f"Other writers: {other.name}" in texts(at)
    n = 7494 - sum(other.refused)
    told = f"{percent(other.correct / n)} of {n:,} are read right: it is surer than it should be"
    assert told in texts(at)
    assert f"{sum(other.refused)} more it calls no digit." in texts(at)
    assert percent(calibration.expected_calibration_error(other.reliability)) in texts(at)
    assert len(charts(at)) == 4
    at.select_slider[0].set_value(100).run()
    assert not at.exception
    assert "Other writers" not in texts(at)
    assert len(charts(at)) == 2


# Draw


def test_calibrated_says_how_many_test_digits_read_as_surely_were_right(monkeypatch):
    """Before they are read it says so, and the answer stands there all the same; nothing waits for them."""
    test = dataset.load(dataset.BUNDLED, "test")
    monkeypatch.setattr(sureness, "_counted", type(sureness._counted)(10**6, lambda _: 1, 4))
    begun = []
    monkeypatch.setattr(lookups, "probabilities_begun", lambda *asked: begun.append(asked))
    chosen = HVASS | {DrawPage.way: "over", DrawPage.below.number: 3}
    at = open_page("", chosen)
    assert apptest.answer(at)
    assert not begun
    at.toggle(key=DrawPage.calibrated.name).set_value(True).run()
    assert not at.exception
    assert sureness.Words.waits in texts(at)
    assert apptest.answer(at)
    assert {digits.key for _, digits in begun} == {test.key}
    logits, _ = logits_of("hvass")
    probs = calibration.with_temperature(logits, 1)
    monkeypatch.setattr(lookups, "probabilities_begun", lambda *_: probs)
    at.run()
    reading = next(item["shares"] for item in apptest.figures(at) if item["kind"] == "bars")
    counted = calibration.reliability(probs, test.labels, sureness.BINS)
    assert sureness.sentence(counted, max(reading)) in texts(at)


def test_a_stroke_that_is_answered_beside_streamlit_has_the_sentence_too(monkeypatch):
    """Without a run of the page; what was still being read is there with the next stroke."""
    monkeypatch.setattr(sureness, "_counted", type(sureness._counted)(10**6, lambda _: 1, 4))
    probs = calibration.with_temperature(logits_of("hvass")[0], 1)
    monkeypatch.setattr(lookups, "probabilities_begun", lambda *_: None)
    at = open_page("", HVASS | {DrawPage.calibrated: True})
    first, second, *_ = pen.drawings([5], np.random.default_rng(0))
    answers, n_loads, said = (
        at.session_state[DrawPage.answers.name],
        at.session_state[DrawPage.history.name].n_loads,
        [],
    )
    for n, (stroke, known) in enumerate(((first, None), (second, probs)), 1):
        monkeypatch.setattr(lookups, "probabilities_begun", lambda *_, known=known: known)
        shown = json.loads(asyncio.run(answers.answer(stroke.message(n, n_loads))))
        said.append([item["words"] for item in shown["items"] if item.get("tag") == "small"])
    assert said[0] == [sureness.Words.waits]
    counted = calibration.reliability(probs, dataset.load(dataset.BUNDLED, "test").labels, sureness.BINS)
    assert said[1] == [sureness.sentence(counted, max(shown["probabilities"]))]


COUNTED = calibration.reliability(
    np.array([[0.05] * 9 + [0.55], [0.0] * 9 + [1.0], [0.0] * 9 + [1.0], [0.02] * 9 + [0.82]]),
    np.array([9, 9, 0, 0]),
    sureness.BINS,
)


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (0.9995, "Of 2 test digits read this surely (99.9\u00a0% to 100\u00a0%) 1 turned out right."),
        (0.52, "Of the test digits one was read this surely (50\u00a0% to 60\u00a0%); it was right."),
        (0.85, "Of the test digits one was read this surely (80\u00a0% to 90\u00a0%); it was wrong."),
        (0.97, "No test digit was read this surely (95\u00a0% to 99\u00a0%), so nothing can be said"),
        (1.0000001, "Of 2 test digits"),
    ],
)
def test_the_sentence_beside_an_answer(confidence, said):
    assert sureness.sentence(COUNTED, confidence).startswith(said)
    assert sureness.sentence(None, confidence) == sureness.Words.waits


def test_where_there_is_no_digit_nothing_is_said_of_how_sure_it_is(monkeypatch):
    asked = sureness.Sureness(store.load(store.find("hvass")), dataset.load(dataset.BUNDLED, "test"))
    monkeypatch.setattr(sureness.Sureness, "known", lambda _: COUNTED)
    outputs = {"softmax": np.eye(10)[4]}
    assert len(list(asked.told(Reading(outputs, None)))) == 1
    assert not list(asked.told(Reading(outputs, object())))


def test_answers_that_are_no_numbers_are_not_counted(monkeypatch):
    asked = sureness.Sureness(store.load(store.find("low-level")), dataset.load(dataset.BUNDLED, "validation"))
    monkeypatch.setattr(lookups, "probabilities_begun", lambda *_: np.full((100, 10), np.nan))
    assert asked.known() is None


@pytest.mark.parametrize("name", ["hvass", "robust"])
def test_how_much_of_what_is_no_digit_is_refused_is_said_of_the_finished_network(name):
    at = open_page("mistakes/sure", {Session.model: name})
    sets = store.open_model(store.ROOT / name).card.outlier_sets
    assert [each.n for each in sets] == [3600, 2000, 2720]
    for each in sets:
        told = f"Of {each.n:,} {each.name} it calls {100 * each.refused / each.n:.0f}\u00a0% no digit"
        end = "; it has learnt from other drawings of these." if each.is_learnt else "."
        assert told + end in texts(at)
    assert any(each.is_learnt for each in sets) == (name == "robust")


def test_nothing_is_said_of_what_a_card_does_not_have():
    for values in (LOW_LEVEL, HVASS | {iteration_of("hvass"): 100}):
        at = open_page("mistakes/sure", values)
        assert not at.exception
        assert from_card.Words.outliers not in texts(at)
        assert "no digit" not in texts(at)
