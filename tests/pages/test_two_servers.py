"""A second server on one folder: it shows everything and draws, trains nothing, and says why; later it takes over."""

import dataclasses
import logging

import pytest

from apptest import open_page
from cnnviz.network import presets, store
from cnnviz.network.presets import Preset, Recipe
from cnnviz.training import folder_lock
from cnnviz.ui import server, texts


@pytest.fixture
def folder(monkeypatch, tmp_path, tiny, bundled_digits):
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    recipe = Recipe(learning_rate=1e-2, batch_size=16, iterations=4)
    monkeypatch.setitem(presets.PRESETS, "tiny", Preset(dataclasses.replace(tiny, dropout=0.0), recipe))
    server.scheduler.reset()
    yield tmp_path
    server.scheduler.reset()


@pytest.fixture
def taken(folder):
    """The folder, which another server has."""
    lock = folder_lock.lock_folder(folder)
    yield lock
    lock.release()


def start_button(at):
    return next(button for button in at.button if button.label.startswith("Start"))


@pytest.mark.parametrize("page", ["train", "train/experiments"])
def test_the_second_server_says_so_and_begins_nothing(taken, page):
    at = open_page(page, train__preset="tiny", exercise=1)
    assert not at.exception
    (warning,) = (w.value for w in at.main.warning)
    assert warning.startswith("Another server, process ")
    assert "CNNVIZ_RUNS" in warning
    assert start_button(at).disabled


def test_it_is_said_in_the_log_once(taken, caplog, monkeypatch):
    monkeypatch.setattr(server, "ASK_EVERY_S", 0.0)
    with caplog.at_level(logging.WARNING, "cnnviz.ui.server"):
        assert server.scheduler().refusal
        assert server.scheduler().refusal
    assert len(caplog.records) == 1


@pytest.mark.parametrize("page", ["draw", "layers/filters", "train/compare", "mistakes"])
def test_the_second_server_shows_everything(taken, page):
    at = open_page(page)
    assert not at.exception
    assert not at.error
    assert texts.network_title("hvass") in at.selectbox(key="model").options


def test_the_second_server_takes_over_when_the_first_has_ended(taken, monkeypatch):
    at = open_page("train", train__preset="tiny")
    assert start_button(at).disabled
    monkeypatch.setattr(server, "ASK_EVERY_S", 0.0)
    assert start_button(at.run()).disabled
    taken.release()
    at.run()
    assert not start_button(at).disabled
    start_button(at).click().run()
    (begun,) = server.scheduler().runs()
    assert begun.name.startswith("tiny-")
    assert not at.exception


def test_the_first_server_has_the_folder_until_it_closes(folder):
    assert not server.scheduler().refusal
    with pytest.raises(folder_lock.InUse):
        folder_lock.lock_folder(store.own_root())
    server.scheduler.reset()
    folder_lock.lock_folder(store.own_root()).release()


def test_servers_that_share_a_database_share_the_folder(taken, monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATABASE", "postgresql+psycopg://school/cnnviz")
    assert not server.scheduler().refusal


def test_where_nothing_can_be_locked_it_is_said(folder, monkeypatch):
    monkeypatch.setattr(folder_lock, "HAS_FLOCK", False)
    assert "see that only one uses it" in "".join(server.scheduler().problems)
