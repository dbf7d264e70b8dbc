"""Models that somebody has damaged: broken, with the reason in one line, and the others beside them work."""

import dataclasses
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import damaged
from cnnviz.analysis import inspection
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.weights import Network, may_overflow
from common import ROOT
from networks import random_network

HVASS = store.ROOT / "hvass"


@pytest.fixture(scope="module")
def small(tmp_path_factory, tiny):
    """A small model."""
    folder = tmp_path_factory.mktemp("models") / "small"
    card = store.open_model(HVASS).card
    damaged.small_model(folder, dataclasses.replace(card, network=tiny))
    assert store.open_model(folder).card
    return folder


@pytest.fixture
def folder(small, tmp_path):
    """A copy of it, beside another one that stays good."""
    shutil.copytree(small, tmp_path / "good")
    return shutil.copytree(small, tmp_path / "bad")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("damage", damaged.DAMAGE)
def test_a_damaged_model_is_broken_with_a_reason_of_one_line(folder, damage):
    damaged.DAMAGE[damage](folder)
    bad, good = store.models(folder.parent)
    assert (bad.name, bad.card) == ("bad", None)
    assert bad.reason.startswith(str(folder))
    assert bad.reason.isprintable()
    assert len(bad.reason) < len(str(folder)) + 500
    assert good.card
    assert store.load(good)
    with pytest.raises(BrokenModel):
        store.load(bad)


def test_weights_that_have_changed_since_they_were_checked_are_a_broken_model(folder):
    model = store.open_model(folder)
    damaged.replaced(damaged.last(folder), os.mkfifo)
    with pytest.raises(BrokenModel, match="found a named pipe"):
        store.load(model)


REFUSE = """
import resource, sys
from pathlib import Path
from cnnviz.network import store
store.open_model(Path(sys.argv[2]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = store.open_model(Path(sys.argv[1]))
assert model.card is None, "a bomb was taken for a model"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, model.reason)
"""


def test_a_bomb_of_895_mb_is_refused_in_less_than_20(folder):
    damaged.put_weights(folder, damaged.bomb(folder))
    assert damaged.last(folder).stat().st_size < 1_000_000
    good = folder.parent / "good"
    ran = subprocess.run(
        [sys.executable, "-c", REFUSE, str(folder), str(good)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    grown_kb, reason = ran.stdout.split(" ", 1)
    assert int(grown_kb) < 20_000
    assert "at most" in reason or "stored as it is" in reason


def test_a_bomb_no_larger_than_the_weights_should_be_is_refused_too(tmp_path):
    folder = shutil.copytree(store.ROOT / "low-level", tmp_path / "bomb")
    damaged.put_weights(folder, damaged.bomb(folder))
    good = shutil.copytree(store.ROOT / "low-level", tmp_path / "good")
    ran = subprocess.run(
        [sys.executable, "-c", REFUSE, str(folder), str(good)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    grown_kb, reason = ran.stdout.split(" ", 1)
    assert int(grown_kb) < 20_000
    assert "stored as it is" in reason


def test_a_folder_of_a_thousand_entries(small, tmp_path):
    good = shutil.copytree(small, tmp_path / "good")
    damaged.many(tmp_path, store.open_model(good).card, 1000)
    models = store.models(tmp_path)
    assert [model.name for model in models if model.card] == ["good"]
    assert len(models) == 501
    start = time.perf_counter()
    store.models(tmp_path)
    assert time.perf_counter() - start < 1


def test_a_folder_that_may_not_be_read_does_not_hide_the_others(small, tmp_path, monkeypatch):
    shutil.copytree(small, tmp_path / "good")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    closed, good = store.models(tmp_path)
    assert "Permission denied" in closed.reason
    assert good.card
    monkeypatch.setattr(os, "listdir", refuse)
    assert store.models(tmp_path / "closed") == []


def test_a_name_of_any_bytes_can_be_shown(small, tmp_path):
    shutil.copytree(small, os.fsdecode(bytes(tmp_path) + b"/\xff\n"))
    (tmp_path / os.fsdecode(b"\xfe")).mkdir()
    broken, good = store.models(tmp_path)
    assert (broken.name, good.name) == ("\\udcfe", "\\udcff\\n")
    assert broken.reason.isprintable()
    assert store.load(good)


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", "a\\b", "", "a\nb", "a\0", "ä" * 120, "\udcff"])
def test_a_name_that_leads_elsewhere_is_none(name, small, tmp_path):
    with pytest.raises(ValueError, match="Expected a name of characters") as refused:
        store.check_name(name)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["hvass-1", "sweep-1-3", "größer (2)", "x" * 200])
def test_other_names_are(name):
    store.check_name(name)


def test_a_model_of_such_a_name_is_not_written(small, tmp_path):
    card = store.open_model(small).card
    with pytest.raises(ValueError, match="Expected a name"):
        store.write(tmp_path / ".hidden", card, {})
    assert list(tmp_path.iterdir()) == []


CARD = (HVASS / "card.json").read_bytes()
BYTES = st.binary(max_size=50)
CUT = st.tuples(st.integers(0, 1 << 16), st.integers(0, 1 << 16), BYTES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PLACES = ["name", "network", "recipe", "seed", "snapshots", "snapshots.0", "snapshots.0.sha256", "snapshots.0.file"]
PLACES += ["versions", "confusion_matrix", "confusion_matrix.3", "format", "network.convolutions", "network.dense"]
PLACES += ["network.convolutions.0", "recipe.loss", "recipe.iterations", "other_test_sets", "seconds", "n_train"]
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refuse_or_open(folder):
    model = store.open_model(folder)
    assert (model.card is None) == bool(model.reason)
    assert model.reason.isprintable()
    if model.card:
        assert store.load(model)
    else:
        with pytest.raises(BrokenModel):
            store.load(model)


def cut(content, change):
    start, end, middle = change
    start, end = sorted((start % len(content), end % len(content)))
    return content[:start] + middle + content[end:]


@QUIET
@given(change=BYTES | CUT)
def test_no_bytes_of_a_card_raise_anything(small, tmp_path_factory, change):
    folder = tmp_path_factory.mktemp("card") / "small"
    shutil.copytree(small, folder)
    content = (folder / "card.json").read_bytes()
    (folder / "card.json").write_bytes(change if isinstance(change, bytes) else cut(content, change))
    refuse_or_open(folder)
    shutil.rmtree(folder)


@QUIET
@given(place=st.sampled_from(PLACES), value=JSON)
def test_no_value_in_a_card_with_a_right_checksum_raises_anything(small, tmp_path_factory, place, value):
    folder = tmp_path_factory.mktemp("card") / "small"
    shutil.copytree(small, folder)
    damaged.change(folder, place, value)
    refuse_or_open(folder)
    shutil.rmtree(folder)


@QUIET
@given(change=BYTES | CUT, signed=st.booleans())
def test_no_bytes_of_weights_raise_anything(small, tmp_path_factory, change, signed):
    folder = tmp_path_factory.mktemp("weights") / "small"
    shutil.copytree(small, folder)
    content = damaged.last(folder).read_bytes()
    content = change if isinstance(change, bytes) else cut(content, change)
    if signed:
        damaged.put_weights(folder, content)
    else:
        damaged.last(folder).write_bytes(content)
    refuse_or_open(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["robust", "hvass", "deep-mnist", "low-level"])
def test_no_shipped_network_can_overflow(name):
    model = store.open_model(store.ROOT / name)
    assert not any(may_overflow(store.load(model, snapshot.iteration)) for snapshot in model.card.snapshots)


def test_weights_of_3e38_overflow(folder):
    damaged.huge_weights(folder)
    network = store.load(store.open_model(folder))
    assert may_overflow(network)
    assert not inspection.has_finite_outputs(network)


def test_a_deep_network_that_does_not_overflow_is_found_out_by_running_it():
    network = random_network(NetworkConfig((Convolution(64), Convolution(64)), (64,) * 20))
    assert may_overflow(network)
    assert inspection.has_finite_outputs(network)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_an_activation_that_ends_at_one_ends_the_growth(activation):
    config = NetworkConfig((), (4, 4), activation=activation)
    weights = {name: np.full(a.shape, 1e35, np.float32) for name, a in damaged.weight_arrays(config).items()}
    assert not may_overflow(Network(config, weights))
    assert may_overflow(Network(dataclasses.replace(config, activation="relu"), weights))
