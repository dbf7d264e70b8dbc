"""Models on disk: whole or not at all, and shown as broken when anything about them is off."""

import dataclasses
import hashlib
import io
import json
import os
import shutil
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cnnviz.analysis import evaluation
from cnnviz.bounded import Bounded
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import cards, store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import digits_of
from cnnviz.training.run import Run


@pytest.fixture(scope="module")
def written(tmp_path_factory, tiny, quick, bundled):
    """A small model with snapshots at 0, 1, 2, 5 and 6."""
    recipe = dataclasses.replace(quick, iterations=6)
    folder = tmp_path_factory.mktemp("models") / "small"
    run = Run("small", Plan(tiny, recipe), BUNDLED, recipe.iterations)
    list(LocalRun(folder, run, digits_of(bundled, None, bundled)).steps())
    return store.open_model(folder)


@pytest.fixture
def folder(written, tmp_path):
    """A copy of it to be broken."""
    return shutil.copytree(written.folder, tmp_path / "small")


def edit_card(folder, signed=False, **changes):
    """Change fields of a card; with `signed` its checksum is made right again."""
    path = folder / "card.json"
    content = json.loads(path.read_text()) | changes
    if signed:
        content["checksum"] = checksum({name: value for name, value in content.items() if name != "checksum"})
    path.write_text(json.dumps(content))


def checksum(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
    edit_card(folder, signed=True, confusion_matrix=np.eye(10, dtype=int).tolist())


def path_outside(folder):
    card = json.loads((folder / "card.json").read_text())
    card["snapshots"][0]["file"] = "../../etc/passwd"
    edit_card(folder, signed=True, snapshots=card["snapshots"])


def unknown_field(folder):
    card = json.loads((folder / "card.json").read_text())
    edit_card(folder, signed=True, network=card["network"] | {"depth": 3})


def file_of_another_kind(folder):
    card = json.loads((folder / "card.json").read_text())
    card["snapshots"][0]["file"] = 5
    edit_card(folder, signed=True, snapshots=card["snapshots"])


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
    "ragged matrix": (lambda f: edit_card(f, signed=True, confusion_matrix=[[1], [2, 3]]), "complete model card"),
    "deep card": (lambda f: (f / "card.json").write_text("[" * 100_000), "card in JSON"),
    "file of another kind": (file_of_another_kind, "complete model card"),
    "other format": (lambda f: edit_card(f, signed=True, format=3), "format 2 or 1, found 3"),
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


def test_figures_on_other_digits_that_do_not_agree_are_refused(tmp_path):
    card = store.open_model(store.ROOT / "robust").card
    (other,) = card.other_test_sets
    path = tmp_path / "card.json"
    path.write_text(cards.card_json(card))
    assert cards.parse(path) == card
    wrong = dataclasses.replace(card, other_test_sets=(dataclasses.replace(other, correct=other.n),))
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


def spoiled(**changes):
    """What a card becomes when some of its values are others and its checksum is right; "a.0.b" names a place."""

    def spoil(folder):
        content = json.loads((folder / "card.json").read_text())
        for place, value in changes.items():
            *way, last = (int(part) if part.isdigit() else part for part in place.split("__"))
            at = content
            for part in way:
                at = at[part]
            at[last] = value
        edit_card(folder, signed=True, **content)

    return spoil


HOSTILE = {
    "number for a hash": ({"snapshots__0__sha256": 5}, "a SHA-256"),
    "hash in capitals": ({"snapshots__0__sha256": "A" * 64}, "a SHA-256"),
    "hash and a line": ({"snapshots__0__sha256": "a" * 64 + "\n"}, "a SHA-256"),
    "iteration as text": ({"snapshots__0__iteration": "0"}, "Expected a count of 0 to 1,000,000,000. Received '0'"),
    "iteration as float": ({"snapshots__0__iteration": 0.0}, "Received 0.0"),
    "true for one": ({"snapshots__1__iteration": True}, "Received True"),
    "negative iteration": ({"snapshots__0__iteration": -1}, "Received -1"),
    "two of one iteration": (
        {"snapshots__1__iteration": 0, "snapshots__1__file": "weights-000000.npz"},
        "not plausible",
    ),
    "NUL in a file name": ({"snapshots__0__file": "weights-000000.npz\0"}, "none of them NUL"),
    "NUL in a name": ({"test_digits": "MNIST\0"}, "none of them NUL"),
    "huge buffer": ({"recipe__shuffle_buffer": 10**30}, "a shuffle buffer of 0 to 10,000,000 images"),
    "file of another name": ({"snapshots__0__file": "card.json"}, "not plausible"),
    "more right than there are": ({"snapshots__0__correct": 501}, "not plausible"),
    "no test digits": ({"snapshots__0__n": 0}, "a number of digits of 1 to 1,000,000,000. Received 0"),
    "log out of order": ({"log": [[5, 0.5, 1.0, None, None], [1, 0.5, 1.0, None, None]]}, "log is not plausible"),
    "log of more right than there are": ({"log": [[1, 0.5, 1.0, [3, 2], None]]}, "log is not plausible"),
    "log of another test": ({"log": [[0, None, None, None, [1, 500]]]}, "do not agree"),
    "log of shares above 1": ({"log": [[1, 1.5, 1.0, None, None]]}, "a share in [0, 1]"),
    "log of nothing": ({"log": [None]}, "complete model card"),
    "no snapshots": ({"snapshots": []}, "expected snapshots"),
    "snapshots of nothing": ({"snapshots": [None]}, "complete model card"),
    "snapshots as an object": ({"snapshots": {"0": {}}}, "complete model card"),
    "negative count": ({"confusion_matrix__0__0": -1}, "Received -1"),
    "count as text": ({"confusion_matrix__0__0": "1"}, "Received '1'"),
    "huge count": ({"confusion_matrix__0__0": 10**30}, "Received 1,000,000,000,"),
    "nine rows": ({"confusion_matrix": [[0] * 10] * 9}, "confusion_matrix with 10 entries. Received 9"),
    "matrix of one row": ({"confusion_matrix": [1] * 10}, "complete model card"),
    "seconds beyond all time": ({"seconds": 3e38}, "seconds in [0, 1e+09]. Received 3e+38"),
    "seconds that are none": ({"seconds": float("nan")}, "Received nan"),
    "negative seconds": ({"seconds": -1.0}, "Received -1.0"),
    "least energy that is none": ({"least_energy": float("nan")}, "Received nan"),
    "least energy as text": ({"least_energy": "3"}, "Received '3'"),
    "more refused than there are": (
        {"outlier_sets": [{"name": "signs", "refused": 3, "n": 2, "is_learnt": False}]},
        "refuses more of 'signs' than there are",
    ),
    "outliers that are none": ({"outlier_sets": [{"name": "signs"}]}, "outlier_sets"),
    "negative seed": ({"seed": -1}, "a seed of 0 to 2,147,483,647. Received -1"),
    "seed as float": ({"seed": 3e38}, "Received 3e+38"),
    "no training digits": ({"n_train": 0}, "Received 0"),
    "name of another kind": ({"name": ["x"]}, "Received ['x']"),
    "very long name": ({"name": "x" * 20_000}, "a text of at most 10,000 characters"),
    "versions of numbers": ({"versions__numpy": 2}, "Received 2"),
    "versions as text": ({"versions": "2"}, "complete model card"),
    "unknown field": ({"author": "x"}, "no field author. Received 'x'"),
    "unknown field of two lines": ({"a\nb": "x"}, "no field 'a\\nb'. Received 'x'"),
    "true for filters": ({"network__convolutions__0__filters": True}, "filters to be a valid integer. Received True"),
    "filters as text": ({"network__convolutions__0__filters": "3"}, "Received '3'"),
    "negative filters": ({"network__convolutions__0__filters": -3}, "conv1: expected 1 to 512 filters"),
    "ten thousand layers": ({"network__dense": [1] * 10_000}, "at most 32 convolution layers"),
    "width of text": ({"network__dense__0": "8"}, "Received '8'"),
    "endless start": ({"network__initial_stddev": 3e38}, "initial_stddev in [0, 1000]. Received 3e+38"),
    "dropout of all": (
        {"network__dropout": 1.0},
        "dropout, the chance of a value to be dropped, in [0, 1). Received 1.0",
    ),
    "network of another kind": ({"network": 7}, "complete model card"),
    "rate of nothing": ({"recipe__learning_rate": 0.0}, "a learning rate above 0"),
    "true for a batch": ({"recipe__batch_size": True}, "a batch of 1 to 4096 images. Received True"),
    "unknown optimizer": ({"recipe__optimizer": "lion"}, "optimizer to be adam, sgd or rmsprop. Received 'lion'"),
    "one for true": ({"recipe__keep_validation": 1}, "Received 1"),
    "format as text": ({"format": "2"}, "format 2 or 1, found '2'"),
    "format true": ({"format": True}, "format 2 or 1, found True"),
    "half a surrogate": ({"name": "\ud800"}, "complete model card"),
}


@pytest.mark.parametrize(("changes", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_card_with_a_right_checksum_and_wrong_values_is_refused_in_one_line(folder, changes, words):
    spoiled(**changes)(folder)
    model = store.open_model(folder)
    assert model.card is None
    assert words in model.reason
    assert model.reason.startswith(str(folder / "card.json"))
    assert "\n" not in model.reason
    assert "\0" not in model.reason
    assert len(model.reason) < len(str(folder)) + 400
    with pytest.raises(BrokenModel):
        store.load(model)


def test_a_field_that_is_missing_is_named(folder):
    for name in ("seed", "network", "snapshots", "format"):
        content = json.loads((folder / "card.json").read_text())
        del content[name], content["checksum"]
        copy = shutil.copytree(folder, folder.parent / f"without {name}")
        (copy / "card.json").write_text(json.dumps({**content, "checksum": checksum(content)}))
        assert f"{name}" in store.open_model(copy).reason.removeprefix(str(copy))


def as_format_1(card):
    """The content of a card as format 1 had it, with the names that format 2 replaced."""
    content = json.loads(cards.card_json(card))
    del content["checksum"]
    recipe = content["recipe"]
    recipe["hold_back"] = recipe.pop("keep_validation")
    recipe["hands"] = recipe["loss"] == "outlier_exposure"
    recipe["loss"] = {"outlier_exposure": "exposure"}.get(recipe["loss"], recipe["loss"])
    content["format"] = 1
    if "other_test_sets" in content:
        content["elsewhere"] = [
            {{"name": "digits", "remarks": "words"}.get(name, name): value for name, value in entry.items()}
            for entry in content.pop("other_test_sets")
        ]
    return {**content, "seal": checksum(content)}


@pytest.mark.parametrize("name", ["robust", "hvass", "low-level"])
def test_a_card_of_format_1_is_read_as_that_of_format_2(tmp_path, name):
    card = store.open_model(store.ROOT / name).card
    path = tmp_path / "card.json"
    path.write_text(json.dumps(as_format_1(card)))
    assert cards.parse(path) == card
    path.write_text(json.dumps(as_format_1(card) | {"seed": 5}))
    with pytest.raises(BrokenModel, match="was changed after training"):
        cards.parse(path)


def test_a_card_of_format_1_from_before_the_schedules_is_read(tmp_path):
    card = store.open_model(store.ROOT / "hvass").card
    content = as_format_1(card)
    for name in ("schedule", "warm_up", "augment", "hands"):
        del content["recipe"][name]
    del content["seal"]
    (tmp_path / "card.json").write_text(json.dumps({**content, "seal": checksum(content)}))
    assert cards.parse(tmp_path / "card.json") == card


def test_a_card_is_written_in_format_2(written):
    content = json.loads((written.folder / "card.json").read_text())
    assert content["format"] == 2
    assert content["checksum"] == checksum({name: value for name, value in content.items() if name != "checksum"})
    assert not {"seal", "elsewhere", "hold_back", "hands"} & (content.keys() | content["recipe"].keys())


def test_the_card_has_the_least_energy_of_the_finished_network(tmp_path, tiny, quick, bundled, written):
    """Of 500 validation digits, the second and third least are on either side."""
    run = Run("guarded", Plan(tiny, dataclasses.replace(quick, iterations=6)), BUNDLED, 6)
    list(LocalRun(tmp_path / "guarded", run, digits_of(bundled, bundled, bundled)).steps())
    model = store.open_model(tmp_path / "guarded")
    logits = evaluation.logits(store.load(model), bundled.images)
    energies = np.sort(np.log(np.exp(logits.astype(np.float64)).sum(axis=1)))
    assert energies[2] < model.card.least_energy < energies[3]
    assert written.card.least_energy is None  # there were no validation digits
    assert "least_energy" not in json.loads((written.folder / "card.json").read_text())


def zip_of(header):
    """A file of weights whose first array has a header of its own."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("conv1/kernel.npy", header)
    return content.getvalue()


ARRAY = b"\x93NUMPY\x01\x00"
UNREADABLE = {
    "more than there is memory": ARRAY
    + b"\x76\x00"
    + b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999,), }".ljust(117)
    + b"\n",
    "no header": b"\x93NUMPY\x01\x00\x05\x00(((((",
    "a pickle": ARRAY + b"\x76\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n.",
    "not an array": b"text",
}


@pytest.mark.parametrize("header", UNREADABLE.values(), ids=UNREADABLE)
def test_weights_that_are_none_and_have_the_right_hash_are_refused(folder, header):
    content = zip_of(header)
    (folder / "weights-000006.npz").write_bytes(content)
    snapshots = json.loads((folder / "card.json").read_text())["snapshots"]
    snapshots[-1]["sha256"] = hashlib.sha256(content).hexdigest()
    edit_card(folder, signed=True, snapshots=snapshots)
    with pytest.raises(BrokenModel, match=r"weights-000006\.npz: expected the weights of the network in its card"):
        store.load(store.open_model(folder))


def test_where_users_networks_are_written_is_read_at_use(tmp_path, monkeypatch):
    monkeypatch.delenv("CNNVIZ_RUNS", raising=False)
    assert store.own_root() == store.ROOT
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    assert store.own_root() == tmp_path


def test_a_model_without_a_card_has_no_least_energy(tmp_path):
    robust = store.open_model(store.ROOT / "robust")
    assert robust.least_energy == robust.card.least_energy > 0
    assert store.open_model(tmp_path).least_energy is None


def test_two_that_ask_at_once_have_each_file_read_once(written, monkeypatch):
    """At the server's start the first page and the warming ask for every model at the same time."""
    read, asked = store._read_weights, []

    def read_slowly(path, *of):
        asked.append(path)
        time.sleep(0.1)
        return read(path, *of)

    monkeypatch.setattr(store, "_read_weights", read_slowly)
    os.utime(written.folder / "card.json", ns=(1, 1))  # so that it is checked anew
    with ThreadPoolExecutor(2) as pool:
        models = list(pool.map(store.open_model, [written.folder] * 2))
    assert models == [written] * 2
    assert len(asked) == len(written.card.snapshots)


def test_networks_that_were_opened_take_no_more_memory_than_they_may(written, monkeypatch):
    one = store.load(written).n_bytes
    opened = Bounded(2 * one, lambda network: network.n_bytes, 64)
    monkeypatch.setattr(store, "_opened", opened)
    for snapshot in written.card.snapshots:
        store.load(written, snapshot.iteration)
    assert len(written.card.snapshots) > 2
    assert opened.n_bytes == 2 * one
    assert store.OPENED_BYTES <= 200_000_000
