"""Digits of a class as the session's digits: every page with them, the teacher's delete button, training on them."""

import dataclasses
import json
import time
from urllib.parse import parse_qs

import numpy as np
import pytest
from browsers import ANNA

from apptest import go, open_page, texts
from cnnviz.analysis import evaluation
from cnnviz.data import collections, dataset
from cnnviz.data.dataset import BUNDLED
from cnnviz.experiments.statistics import mcnemar_p
from cnnviz.network import presets, store
from cnnviz.network.presets import Plan, Preset, Recipe
from cnnviz.pages.data import class_digits as on_data
from cnnviz.pages.train.class_digits import Words
from cnnviz.server import immutable
from cnnviz.training import notes
from cnnviz.training.run import Status
from cnnviz.ui import class_runs, server
from cnnviz.ui import texts as words
from cnnviz.ui.state import DataPage, DrawPage, LayersPage, MapPart, Session, TrainPage
from common import until

PHRASE = "correct horse battery staple"
RECIPE = Recipe(learning_rate=1e-2, batch_size=16, iterations=60)
PARTS = (
    "layers/questions",
    *("draw", "layers/network", "layers/filters", "layers/maps", "kernels", "why/depends", "why/map"),
    *("mistakes/misread", "mistakes/sure", "break_it/network", "break_it/digit", "train", "data"),
)


@pytest.fixture(autouse=True)
def _own_server(browsers, bundled_digits, monkeypatch, tiny):
    """A folder of one's own, bundled digits, one quick preset; nobody is the teacher who does not say so."""
    monkeypatch.setitem(presets.PRESETS, "tiny", Preset(dataclasses.replace(tiny, dropout=0.0), RECIPE))
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)


@pytest.fixture
def keep(bundled):
    """Keep some of the bundled test digits as a class's; gives their source."""

    def kept(numbers, n_persons=1):
        images = np.rint(bundled.images[numbers, :, :, 0] * 255).astype(np.uint8)
        persons = 100 + np.arange(len(numbers)) % n_persons
        return server.data_sources().keep(images, bundled.labels[numbers], persons)

    return kept


@pytest.fixture
def sevens(keep, bundled):
    """Five sevens of five persons."""
    return keep(np.flatnonzero(bundled.labels == 7)[:5], 5)


@pytest.fixture
def forty(keep):
    """Forty digits of five persons."""
    return keep(np.arange(40), 5)


def said(at):
    return [toast.value for toast in at.toast]


def button(at, label):
    return next(found for found in at.button if found.label == label)


def labels(at):
    return {found.label for found in at.button}


@pytest.mark.parametrize("part", PARTS)
def test_every_page_works_with_one_digit_and_with_sevens_alone(keep, sevens, part):
    for source in (keep([3]), sevens):
        more = {MapPart.only_misread: True, LayersPage.question: "epoch", DrawPage.calibrated: True}
        at = open_page(part, {Session.digits: source, Session.shown.number: 400, Session.model: "hvass"} | more)
        assert not at.exception
        assert not at.error
        assert at.selectbox(key=Session.digits.name).value == source
        assert "Test digits: drawn by a class. Training and validation digits: scikit-learn's digits." in texts(at)


def test_the_head_names_when_it_was_kept_and_how_many(keep, monkeypatch):
    monkeypatch.setattr(server.data_sources, "_made", [])
    monkeypatch.setattr("cnnviz.ui.data_sources.time.time", lambda: 1_795_701_900.0)
    monkeypatch.setattr("cnnviz.data.collections.time.time", lambda: 1_795_701_900.0)
    source = keep([3, 4])
    keep([5])
    at = open_page("data", {Session.digits: source})
    options = at.selectbox(key=Session.digits.name).options
    assert options[0] == "scikit-learn's digits"
    assert len(options) == 3
    at.session_state[Session.digits.name] = source
    assert "(2 digits), drawn by one person" in texts(at)
    assert any(option.endswith("(1 digit)") for option in options)
    assert all("Class of 26 November, " in option or "Class of 27 November, " in option for option in options[1:])


def test_a_link_brings_its_digits(forty):
    at = open_page("data")
    assert at.selectbox(key=Session.digits.name).value == BUNDLED
    at.session_state[Session.has_begun.name] = False
    at.query_params["source"] = f"class-{forty.path.stem}"
    at.query_params["digit"] = "39"
    at.run()
    assert not said(at)
    assert at.selectbox(key=Session.digits.name).value == forty
    assert "Test image 39" in texts(at)
    query = parse_qs(at.session_state[Session.address.name][0])
    assert query["source"] == [f"class-{forty.path.stem}"]
    collections.delete(forty.path)
    at.session_state[Session.has_begun.name] = False
    at.run()
    assert "This link asks for something that is not here. Left out: the digits." in said(at)


@pytest.mark.parametrize("part", ["mistakes", "data", "train"])
def test_when_it_is_gone_the_session_goes_on_with_others_and_says_so(forty, part):
    at = open_page(part, {Session.digits: forty})
    collections.delete(forty.path)
    at.run()
    assert not at.exception
    assert said(at) == ["The digits of the class were deleted, or their day is over. Shown now: scikit-learn's digits."]
    assert at.selectbox(key=Session.digits.name).value == BUNDLED
    assert not said(at.run())


def test_pictures_of_deleted_digits_are_not_fetched_any_more(forty):
    at = open_page("why/map", {Session.digits: forty})
    assert not at.exception
    key = dataset.load(forty, "test").key
    assert immutable._data_sets.find(key)
    collections.delete(forty.path)
    server.data_sources().classes()
    assert immutable._data_sets.find(key) is None


def test_what_is_a_day_old_is_deleted_by_the_housekeeper(forty, monkeypatch):
    now_s = time.time()
    monkeypatch.setattr("cnnviz.ui.data_sources.time.time", lambda: now_s + collections.DAY_S)
    server.housekeeper()._also()  # at every look, as test_housekeeping has it
    server.housekeeper.reset()
    assert not forty.path.exists()


def test_how_little_few_digits_tell_is_said(keep):
    at = open_page("mistakes", {Session.digits: keep([3]), Session.model: "hvass"})
    assert "With so few test digits chance counts: on many more the accuracy may be 21" in texts(at)


def test_where_mnist_arrives_meanwhile_the_class_stays_chosen(forty):
    before = dataclasses.replace(forty, base=dataset.Source("idx", forty.path.parent))
    at = open_page("data", {Session.digits: before})
    assert at.selectbox(key=Session.digits.name).value == forty
    assert not said(at)


def test_a_damaged_file_is_told_in_the_head(forty):
    forty.path.write_bytes(forty.path.read_bytes()[:-9])
    at = open_page("data")
    assert any(forty.path.name in warning.value for warning in at.warning)
    assert at.selectbox(key=Session.digits.name).options == ["scikit-learn's digits"]


def test_only_the_teacher_deletes_them(forty, browsers):
    browsers.of(ANNA)
    at = open_page("data", {Session.digits: forty})
    assert "They are deleted on" in texts(at)
    assert "Before that, only the teacher can delete them." in texts(at)
    assert on_data.Words.sure not in labels(at)
    go(at, "train")
    at.text_input(key=Session.passphrase.name).set_value(PHRASE)
    at.button(key=Session.enter_passphrase.name).click().run()
    go(at, "data")
    at.button(key=DataPage.delete_class_sure.name).click().run()
    assert not at.exception
    assert said(at)[0].startswith("The digits of the class were deleted")
    assert not forty.path.exists()
    assert server.data_sources().classes() == []


def test_a_click_of_who_is_no_teacher_any_more_deletes_nothing(forty, browsers, monkeypatch):
    browsers.of(ANNA, here=True)
    monkeypatch.setenv("CNNVIZ_TEACHER", "")
    at = open_page("data", {Session.digits: forty})
    click = at.button(key=DataPage.delete_class_sure.name).click()
    monkeypatch.setenv("CNNVIZ_TEACHER", PHRASE)
    assert said(click.run()) == [on_data.Words.not_teacher]
    assert forty.path.exists()


def test_they_are_downloaded_as_idx_files_and_npz(forty):
    at = open_page("data", {Session.digits: forty})
    named = {element.proto.label for element in at.get("download_button")}
    assert {"IDX files", "npz"} <= named
    assert on_data._file(forty, lambda digits: bytes(digits.labels.tolist())) == bytes(
        dataset.collection(forty).labels.tolist()
    )
    collections.delete(forty.path)
    assert on_data._file(forty, lambda digits: b"something") == b""


# Training on them


def trained(at):
    """Press Start, and wait for all runs."""
    at.session_state[TrainPage.preset.name] = "tiny"
    at.run()
    button(at, "Start").click().run()
    assert not at.exception
    until(lambda: not any(run.active for run in server.scheduler().runs()))
    return {run.name: run for run in server.scheduler().runs()}


def right(name, test):
    """Of test digits, which ones the network of a run reads right."""
    probs = evaluation.probabilities(store.load(store.find(name)), test.images)
    return probs.argmax(axis=1) == test.labels


def test_half_the_class_teaches_and_the_other_half_tests_before_and_after(forty):
    at = open_page("train", {Session.digits: forty})
    assert at.toggle(key=TrainPage.add_class.name).value is True
    assert "24 of 40 digits, repeated until 10" in texts(at)
    runs = trained(at)
    assert {name: run.status for name, run in runs.items()} == {
        "tiny-with-class-1": Status.FINISHED,
        "tiny-without-class-1": Status.FINISHED,
    }
    # persons 1 and 3 test: sixteen digits; the run without them is tested on all forty
    assert runs["tiny-with-class-1"].test[1] == 16
    assert runs["tiny-without-class-1"].test[1] == 40
    card = store.find("tiny-with-class-1").card
    assert (card.n_train, card.last.n) == (1197 + 24 * 6, 16)
    at.run()
    assert not at.exception
    test = dataset.load(dataclasses.replace(forty, adds_class=True), "test")
    before, after = right("tiny-without-class-1", test), right("tiny-with-class-1", test)
    table = next(frame.value for frame in at.dataframe if "95 % interval" in frame.value)
    assert table["Right"].tolist() == [before.sum(), after.sum()]
    assert table["Of"].tolist() == [16, 16]
    assert runs["tiny-with-class-1"].test[0] == after.sum()
    won, lost = (after & ~before).sum(), (before & ~after).sum()
    assert f"Digits that only the new one reads right: {won}; only the old one: {lost}." in texts(at)
    assert (f"McNemar's test, p = {mcnemar_p(lost, won):.2g}" in texts(at)) == (won != lost)
    assert "They are of 2 persons." in texts(at)
    assert "This run learns from scikit-learn's digits and half of: Class of" in texts(at)

    # the page of the other one says the same
    at.session_state[TrainPage.run.name] = "tiny-without-class-1"
    assert f"tiny-with-class-1 reads **{after.sum()}** right" in texts(at.run())

    # what it has learnt from is no test of it
    at.session_state[Session.model.name] = "tiny-with-class-1"
    assert words.CLASS_LEARNT in texts(go(at, "mistakes"))
    at.session_state[Session.model.name] = "tiny-without-class-1"
    assert words.CLASS_LEARNT not in texts(at.run())

    # a second one finds its comparison trained already
    begun = class_runs.begin(runs["tiny-with-class-1"].plan, dataclasses.replace(forty, adds_class=True), "tiny")
    assert begun.name == "tiny-with-class-2"
    assert len(server.scheduler().runs()) == 3
    until(lambda: not server.scheduler().find(begun.name).active)
    again = store.load(store.find(begun.name)).weights
    assert all((again[name] == of_first).all() for name, of_first in store.load(store.find(card.name)).weights.items())

    # once they are deleted, the page says so, and no run goes on
    collections.delete(forty.path)
    at = go(at, "train")
    assert not at.exception
    assert Words.gone in texts(at)
    assert "half of: Class of" in texts(at)


def test_a_run_whose_digits_are_gone_says_so(forty, tiny):
    plan = Plan(dataclasses.replace(tiny, dropout=0.0), RECIPE)
    collections.delete(forty.path)
    begun = server.scheduler().begin(plan, dataclasses.replace(forty, adds_class=True), "tiny")
    until(lambda: not server.scheduler().find(begun.name).active)
    failed = server.scheduler().find(begun.name)
    assert (failed.status, failed.reason) == (Status.FAILED, collections.GONE)
    at = open_page("train")
    assert not at.exception
    assert any(collections.GONE in error.value for error in at.error)


def test_the_comparison_is_offered_where_there_is_none(forty, tiny):
    plan = Plan(dataclasses.replace(tiny, dropout=0.0), RECIPE)
    begun = server.scheduler().begin(plan, dataclasses.replace(forty, adds_class=True), "tiny-with-class")
    until(lambda: not server.scheduler().find(begun.name).active)
    at = open_page("train", {Session.digits: forty})
    assert Words.alone in texts(at)
    at.button(key=TrainPage.train_without.name).click().run()
    other = class_runs.without(server.scheduler().find(begun.name))
    assert other.name == "tiny-without-class-1"
    until(lambda: not server.scheduler().find(other.name).active)
    assert "before and after" in texts(at.run())


def test_digits_of_one_person_test_and_do_not_teach(keep):
    at = open_page("train", {Session.digits: keep([1, 2, 3])})
    assert Words.one_person in texts(at)
    (run,) = trained(at).values()
    assert (run.status, run.test[1], run.source.adds_class) == (Status.FINISHED, 3, False)


def test_who_does_not_add_them_tests_on_all_of_them(forty):
    at = open_page("train", {Session.digits: forty})
    at.toggle(key=TrainPage.add_class.name).set_value(False).run()
    assert "learns from scikit-learn's digits alone and is tested on all 40 digits" in texts(at)
    (run,) = trained(at).values()
    assert (run.name, run.test[1], run.source) == ("tiny-1", 40, forty)
    assert Words.title not in texts(at.run())


def test_where_the_digits_are_no_class_s_nothing_is_asked():
    at = open_page("train")
    assert not [toggle for toggle in at.toggle if toggle.key == TrainPage.add_class.name]


def test_a_run_is_known_again_with_its_class(forty, tiny):
    plan = Plan(tiny, RECIPE)
    for source in (forty, dataclasses.replace(forty, adds_class=True), BUNDLED):
        run = server.scheduler().begin(plan, source, "tiny")
        record = json.loads(json.dumps(notes.record_of(run)))
        assert notes.run_of_record(run.name, record).source == source
    record["source"] = ["class", "a", "b", ["class", "c", "d", ["bundled", None], False], False]
    with pytest.raises(ValueError, match="go with those of another"):
        notes.run_of_record(run.name, record)
    server.scheduler().stop_all_runs()
