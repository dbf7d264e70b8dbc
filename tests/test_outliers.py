"""The benchmark of what is called no digit: kinds that no training set has, and shares that are counted right."""

import dataclasses
import gzip
import json

import numpy as np
import pytest

import outliers
import unseen_kinds
from cnnviz.analysis import evaluation
from cnnviz.network import store
from cnnviz.synthesis import non_digits


def test_the_kinds_are_28_and_none_of_them_is_learnt():
    assert len(unseen_kinds.LINES) == 28
    assert not set(unseen_kinds.LINES) & set(non_digits.KINDS)


def test_every_kind_is_drawn_in_the_format_of_the_networks_input():
    images = unseen_kinds.sample_images(3, np.random.default_rng(0))
    assert list(images) == list(unseen_kinds.LINES)
    assert all(each.shape == (3, 28, 28) and each.dtype == np.uint8 and each.any() for each in images.values())


def test_characters_are_counted_by_alphabet(tmp_path, monkeypatch):
    comb = [[[0, 0], [90, 0]], [[0, 0], [0, 90]], [[45, 0], [45, 90]], [[90, 0], [90, 90]]]
    upright = [[[0, 0], [0, 90]]]
    with gzip.open(tmp_path / "some.gz", "wt") as file:
        for alphabet, strokes in (("a", comb), ("b", comb), ("b", upright)):
            file.write(json.dumps({"alphabet": alphabet, "character": "x", "strokes": strokes}) + "\n")
    monkeypatch.setattr(outliers, "N_COMPARED", 2000)
    every, unlike = outliers.written(tmp_path / "some.gz", np.random.default_rng(0))
    assert {name: len(images) for name, images in every.items()} == {"a": 1, "b": 2}
    assert {name: len(images) for name, images in unlike.items()} == {"a": 1, "b": 1}


def test_a_network_that_learnt_digits_alone_refuses_few_and_robust_most():
    sets = {"some": np.concatenate(list(unseen_kinds.sample_images(5, np.random.default_rng(0)).values()))}
    models = {name: store.open_model(store.ROOT / name) for name in ("robust", "hvass")}
    shares = {name: outliers.figures(store.load(it), it.card.least_energy, sets) for name, it in models.items()}
    assert shares["robust"]["some"] == shares["robust"]["all"] > 50
    assert 5 < shares["hvass"]["all"] < 30


@pytest.mark.parametrize("name", ["robust", "hvass"])
def test_the_card_can_hold_how_many_are_refused_and_which_of_them_are_learnt(name):
    """Of five of each kind: two sets, 90 of letters and signs and 50 of small letters, and one of characters."""
    model = store.open_model(store.ROOT / name)
    network, rng = store.load(model), np.random.default_rng(0)
    kinds = unseen_kinds.sample_images(5, rng)
    comb = np.stack([kinds["m"][0], kinds["percent"][0]])
    other, small, written = outliers.outlier_sets(model.card, network, kinds, {"a": comb, "b": comb})
    assert [each.n for each in (other, small, written)] == [90, 50, 4]
    assert [each.is_learnt for each in (other, small, written)] == [False, name == "robust", name == "robust"]
    assert other.name == "drawings of 18 capital letters and signs"
    images = np.concatenate([images for kind, images in kinds.items() if kind in set("adehkmnrtw")])
    logits = evaluation.logits(network, images[..., None].astype(np.float32) / 255).astype(np.float64)
    assert small.refused == (np.log(np.exp(logits).sum(axis=1)) < model.card.least_energy).sum() > 0
    model_card = dataclasses.replace(model.card, least_energy=None)
    with pytest.raises(ValueError, match="no least energy"):
        outliers.outlier_sets(model_card, network, kinds, {"a": comb})
