"""Models on disk: whole or not at all, and shown as broken when anything about them is off."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network import cards, store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Run


@pytest.fixture(scope="module")
def written(tmp_path_factory, tiny, quick, bundled):
    """A small model with snapshots at 0, 1, 2, 5 and 6."""
    recipe = dataclasses.replace(quick, iterations=6)
    folder = tmp_path_factory.mktemp("models") / "small"
    run = Run("small", Plan(tiny, recipe), BUNDLED, recipe.iterations)
    list(LocalRun(folder, run, Digits(bundled, None, None, bundled)).steps())
    return store.open_model(folder)


@pytest.fixture
def folder(written, tmp_path):
    """A copy of it to be broken."""
    return shutil.copytree(written.folder, tmp_path / "small")


def edit_card(folder, seal=False, **changes):
    path = folder / "card.json"
    content = json.loads(path.read_text()) | changes
    if seal:
        content["seal"] = cards._seal({name: value for name, value in content.items() if name != "seal"})
    path.write_text(json.dumps(content))


def test_a_model_is_read_as_it_was_written(written, tiny):
    assert written.reason == ""
    assert written.card.network == tiny
    assert [s.iteration for s in written.card.snapshots] == [0, 1, 2, 5, 6]
    assert written.card.last.n == 500
    assert np.trace(written.card.confusion_matrix) == written.card.last.correct
    first, last = store.load(written, 0), store.load(written)
    assert first.config == tiny
    assert first != last
    assert store.load(written, 6) == last


def test_the_card_names_recipe_seed_versions_seconds_and_hashes(written):
    card = json.loads((written.folder / "card.json").read_text())
    assert {"recipe", "seed", "versions", "seconds", "accuracy", "confusion_matrix", "snapshots"} <= card.keys()
    assert {"tensorflow", "keras", "numpy", "python", "cnnviz"} == card["versions"].keys()
    assert card["accuracy"] == card["snapshots"][-1]["accuracy"]
    named = {snapshot["file"] for snapshot in card["snapshots"]}
    assert named == {path.name for path in written.folder.glob("*.npz")}
    assert all(len(snapshot["sha256"]) == 64 for snapshot in card["snapshots"])


def flip_a_byte(folder):
    path = folder / "weights-000006.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap_weights(folder):
    (folder / "weights-000006.npz").write_bytes((folder / "weights-000005.npz").read_bytes())


def cut_weights(folder):
    path = folder / "weights-000006.npz"
    path.write_bytes(path.read_bytes()[:-100])


def huge_weights(folder):
    with (folder / "weights-000006.npz").open("wb") as file:
        file.truncate(2_000_000_000)


def better_accuracy(folder):
    edit_card(folder, accuracy=0.99)


def other_matrix(folder):
    edit_card(folder, seal=True, confusion_matrix=np.eye(10, dtype=int).tolist())


def path_outside(folder):
    card = json.loads((folder / "card.json").read_text())
    card["snapshots"][0]["file"] = "../../etc/passwd"
    edit_card(folder, seal=True, snapshots=card["snapshots"])


def unknown_field(folder):
    card = json.loads((folder / "card.json").read_text())
    edit_card(folder, seal=True, network=card["network"] | {"depth": 3})


def file_of_another_kind(folder):
    card = json.loads((folder / "card.json").read_text())
    card["snapshots"][0]["file"] = 5
    edit_card(folder, seal=True, snapshots=card["snapshots"])


def pickled_weights(folder):
    np.savez(folder / "weights-000006.npz", weights=np.array([{"a": 1}], dtype=object))


BREAK = {
    "no card": (lambda f: (f / "card.json").unlink(), "not written to its end"),
    "half a card": (lambda f: (f / "card.json").write_text('{"format": 1,'), "card in JSON"),
    "card of a list": (lambda f: (f / "card.json").write_text("[]"), "card in JSON"),
    "card of nonsense": (lambda f: (f / "card.json").write_bytes(b"\xff\xfe\x00"), "card in JSON"),
    "huge card": (lambda f: (f / "card.json").write_text(" " * 2_000_000), "at most"),
    "edited figure": (better_accuracy, "do not belong to its weights"),
    "other matrix": (other_matrix, "confusion matrix counts 10 of 10"),
    "ragged matrix": (lambda f: edit_card(f, seal=True, confusion_matrix=[[1], [2, 3]]), "complete model card"),
    "deep card": (lambda f: (f / "card.json").write_text("[" * 100_000), "card in JSON"),
    "file of another kind": (file_of_another_kind, "complete model card"),
    "other format": (lambda f: edit_card(f, seal=True, format=2), "format 1, found 2"),
    "unknown field": (unknown_field, "complete model card"),
    "path outside": (path_outside, "not plausible"),
    "one bit": (flip_a_byte, "SHA-256"),
    "weights of another snapshot": (swap_weights, "SHA-256"),
    "cut weights": (cut_weights, "SHA-256"),
    "huge weights": (huge_weights, "at most"),
    "pickled weights": (pickled_weights, "SHA-256"),
    "missing weights": (lambda f: (f / "weights-000006.npz").unlink(), "found none"),
}


@pytest.mark.parametrize(("spoil", "words"), BREAK.values(), ids=BREAK)
def test_a_broken_model_says_why_and_nothing_is_raised(folder, spoil, words):
    spoil(folder)
    model = store.open_model(folder)
    assert model.card is None
    assert words in model.reason
    assert str(folder) in model.reason
    assert "\n" not in model.reason
    with pytest.raises(BrokenModel, match="small"):
        store.load(model)


def test_a_model_is_checked_again_when_a_file_changes(folder):
    assert store.open_model(folder).card
    flip_a_byte(folder)
    os.utime(folder / "weights-000006.npz", ns=(1, 1))
    assert store.open_model(folder).card is None


def test_one_broken_model_does_not_hide_the_others(folder):
    shutil.copytree(folder, folder.parent / "good")
    (folder.parent / "empty").mkdir()
    (folder.parent / ".draft").mkdir()
    flip_a_byte(folder)
    found = {model.name: bool(model.card) for model in store.models(folder.parent)}
    assert found == {"empty": False, "good": True, "small": False}
    assert store.models(folder.parent / "nowhere") == []


def test_a_snapshot_that_is_not_there_is_refused(written):
    with pytest.raises(BrokenModel, match="iteration 3, found 0, 1, 2, 5, 6"):
        store.load(written, 3)


def test_nothing_is_overwritten(written, folder):
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        store.write(folder, written.card, {})


def test_a_failed_write_leaves_nothing(written, tmp_path):
    with pytest.raises(KeyError):
        store.write(tmp_path / "new", written.card, {})
    assert list(tmp_path.iterdir()) == []


def test_the_same_arrays_give_the_same_file():
    arrays = {"a": np.arange(3.0), "b/c": np.zeros((2, 2), np.float32)}
    assert store.npz_bytes(arrays) == store.npz_bytes(arrays)


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "deep" / "file"
    store.write_atomically(path, b"one")
    store.write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_figures_on_other_digits_that_do_not_agree_are_refused(tmp_path):
    card = store.open_model(store.ROOT / "robust").card
    (other,) = card.elsewhere
    path = tmp_path / "card.json"
    path.write_text(cards.card_json(card))
    assert cards.parse(path) == card
    wrong = dataclasses.replace(card, elsewhere=(dataclasses.replace(other, correct=other.n),))
    path.write_text(cards.card_json(wrong))
    with pytest.raises(cards.BrokenModel, match="do not agree with their confusion matrix"):
        cards.parse(path)


def test_a_model_that_cannot_be_replaced_stays(written, folder, monkeypatch):
    rename = Path.rename

    def refuse(path, target):
        if path.name.startswith(".") and not path.name.endswith(".old"):
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    weights = {s.iteration: store.load(written, s.iteration).weights for s in written.card.snapshots}
    with pytest.raises(PermissionError):
        store.write(folder, written.card, weights, replace=True)
    assert store.open_model(folder).card
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_file_that_cannot_be_written_leaves_no_draft(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        store.write_atomically(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
