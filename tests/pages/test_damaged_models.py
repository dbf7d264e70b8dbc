"""Every page with models of every kind of damage beside good ones: they are shown as broken, and the rest works."""

import dataclasses
import os
import shutil

import numpy as np
import pytest

import apptest
import damaged
from apptest import choose_network, give
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.training import checkpoints
from cnnviz.ui import choice, server, texts

PAGES = (
    *("draw", "layers/network", "layers/maps", "layers/calculation", "layers/filters", "kernels", "why", "mistakes"),
    "mistakes/sure",
    *(
        "break_it/network",
        "break_it/digit",
        "break_it/smallest",
        "data",
        "train/train",
        "train/experiments",
        "train/compare",
    ),
)
WITHOUT_NETWORK = {"data", "train/train", "train/experiments", "train/compare", "kernels"}
"""Pages that do not show the network of the head."""

GOOD = ("low-level", "low-level 2")


@pytest.fixture(scope="module")
def damaged_models(tmp_path_factory, tiny):
    """A folder with a good network, one for every kind of damage, and unfinished runs that are none."""
    root = tmp_path_factory.mktemp("damaged")
    card = dataclasses.replace(store.open_model(store.ROOT / "hvass").card, network=tiny)
    for name in GOOD:
        shutil.copytree(store.ROOT / "low-level", root / name)
    for name, damage in damaged.DAMAGE.items():
        damaged.small_model(root / name, card)
        damage(root / name)
    damaged.small_model(root / "too large", card)
    damaged.huge_weights(root / "too large")
    (root / os.fsdecode(b"\xff\n")).mkdir()
    (root / "a file").write_text("no folder")
    os.mkfifo(root / "a pipe")
    os.mkfifo(checkpoints.run_file(root / "pipe"))
    checkpoints.run_file(root / "text").write_text("no run")
    return root


@pytest.fixture
def open_page(monkeypatch, bundled_digits, tmp_path):
    def opened(page, root):
        monkeypatch.setattr(store, "ROOT", root)
        monkeypatch.setenv("CNNVIZ_RUNS", str(root))
        server.scheduler.reset()
        server.overflowing.reset()
        at = apptest.open_page(page)
        give(at, prepare(np.pad(np.ones((120, 20), np.float32), 80)))
        return at.run()

    yield opened
    server.scheduler.reset()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_them_as_broken_and_works(open_page, damaged_models, page):
    at = open_page(page, damaged_models)
    assert not at.exception
    assert not at.error
    options = at.selectbox(key="model").options
    broken = {f"{name} (broken)" for name in (*damaged.DAMAGE, "\\udcff\\n")}
    good = {texts.network_title(name) for name in GOOD}
    assert set(options) == {*good, "too large", *broken}
    for option in options:
        choose_network(at, option.removesuffix(" (broken)")).run()
        assert not at.exception, option
        if page not in WITHOUT_NETWORK:
            errors = [error.value for error in at.error]
            assert bool(errors) == (option not in good), (option, errors)
            assert all("cannot be used" in error for error in errors)
            assert ("no numbers any more" in "".join(errors)) == (option == "too large")


def test_runs_that_cannot_be_read_are_named_on_the_train_page(open_page, damaged_models):
    at = open_page("train", damaged_models)
    warnings = "\n".join(warning.value for warning in at.warning)
    assert "found a named pipe" in warnings
    assert ".text.run.npz: expected an unfinished run" in warnings


def test_a_run_whose_last_step_went_beyond_all_numbers_is_no_exception(open_page, damaged_models, monkeypatch, tiny):
    """Nothing in its files is wrong: the loss of a step is known before the step, and this was the last one."""
    monkeypatch.setattr(choice, "entries", lambda: {"run": dataclasses.replace(entry, name="run")})
    model = store.open_model(damaged_models / "too large")
    entry = choice.Entry("run", (model.card.last.iteration,), lambda _: store.load(model))
    for page in ("draw", "mistakes", "train/compare"):
        at = open_page(page, damaged_models)
        assert not at.exception
        assert "no numbers any more" in "\n".join(error.value for error in at.error)


@pytest.mark.timeout(600)
def test_a_folder_of_a_thousand_entries_opens(open_page, tmp_path):
    shutil.copytree(store.ROOT / "low-level", tmp_path / "low-level")
    damaged.many(tmp_path, store.open_model(tmp_path / "low-level").card, 1000)
    at = open_page("draw", tmp_path)
    assert not at.exception
    assert not at.error
    assert texts.network_title("low-level") in at.selectbox(key="model").options
    assert len(at.selectbox(key="model").options) == 501


def test_the_list_says_of_weights_that_overflow_that_they_are_broken_once_they_were_run(
    open_page, damaged_models, monkeypatch
):
    at = open_page("draw", damaged_models)
    model = at.selectbox(key="model")
    assert "too large" in model.options
    at = model.set_value("too large").run()
    assert "no numbers any more" in "".join(error.value for error in at.error)
    assert "too large (broken)" in at.selectbox(key="model").options
    assert at.selectbox(key="model").value == "too large"
    told = at.selectbox(key="model").proto  # the browser, which goes on showing the old label otherwise
    assert (told.set_value, told.raw_value) == (True, "too large (broken)")
    monkeypatch.setattr(choice.lookups, "has_finite_outputs", lambda network: 1 / 0)  # the list runs none
    assert "too large (broken)" in apptest.open_page("train").selectbox(key="model").options


def test_what_was_found_holds_for_these_weights_and_no_others(open_page, damaged_models):
    open_page("draw", damaged_models)
    entries = choice.entries()
    server.overflowing().add(entries["too large"].last)
    assert choice.is_broken(choice.entries()["too large"])
    assert not any(choice.is_broken(choice.entries()[name]) for name in GOOD)
    assert not choice.is_broken(dataclasses.replace(entries["too large"], last="of other weights"))
