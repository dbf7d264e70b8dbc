"""The benchmark that measures recorded pen digits: what it draws, what it finds, and the card that it writes."""

import dataclasses
import gzip
import json
import shutil

import numpy as np
import pytest

import hands
import recordings
from cnnviz.drawing import strokes
from cnnviz.network import store

SEVEN = [[[100, 100], [300, 100], [180, 400]]]


@pytest.fixture
def hvass(tmp_path):
    """A copy of it, without other test sets."""
    folder = shutil.copytree(store.ROOT / "hvass", tmp_path / "hvass")
    model = store.open_model(folder)
    card = dataclasses.replace(model.card, other_test_sets=())
    (folder / "card.json").write_text(recordings.card_json(card))
    return store.open_model(folder)


def test_recordings_stand_on_the_canvas_at_any_place_and_size(rng):
    sizes = []
    for _ in range(200):
        points = np.concatenate(recordings.placed(SEVEN, rng))
        assert points.min() >= recordings.PEN_PX / 2 - 1e-9
        assert points.max() <= strokes.SIDE_PX - recordings.PEN_PX / 2 + 1e-9
        sizes.append(np.ptp(points, axis=0).max() / (strokes.SIDE_PX - recordings.PEN_PX))
    assert 0.35 <= min(sizes) < 0.4
    assert 0.8 < max(sizes) <= 0.85


def test_what_was_measured_goes_into_the_card_in_place_of_what_was_there(hvass, tmp_path, rng):
    path = tmp_path / "strokes.jsonl.gz"
    with gzip.open(path, "wt") as lines:
        lines.writelines(json.dumps({"digit": digit, "strokes": SEVEN}) + "\n" for digit in (7, 7, 1))
    found = recordings.read(hvass, *recordings.recorded(path, rng))
    measured = recordings.other_test_set(found)
    assert (measured.n, measured.correct, sum(measured.refused)) == (3, 2, 0)
    assert measured.reliability.n == 3
    assert measured.reliability.n_right == 2
    for remarks in ("", "a flag"):
        recordings.put(hvass, dataclasses.replace(measured, remarks=remarks))
        hvass = store.open_model(hvass.folder)
        assert hvass.card.other_test_sets == (dataclasses.replace(measured, remarks=remarks),)
    assert store.load(hvass)


def test_digits_that_are_called_none_are_no_answers():
    logits = np.eye(10)[[3, 3, 5]] * 20
    measured = recordings.other_test_set((logits, np.array([3, 4, 5]), np.array([False, False, True])))
    assert (measured.n, measured.correct, measured.refused[5]) == (3, 1, 1)
    assert (measured.reliability.n, measured.reliability.n_right) == (2, 1)


def test_hands_are_judged_by_writer_and_what_is_called_no_digit_is_wrong(hvass, monkeypatch):
    """Of Ann two of three are right, of Bob one of two, and one that is read right is called no digit."""
    monkeypatch.setattr(recordings, "read", lambda *_: (np.eye(10)[[7, 7, 1, 4, 4]], None, np.arange(5) == 3))
    these = hands.Drawn([], np.array([7, 7, 7, 4, 4]), np.array(["ann", "ann", "ann", "bob", "bob"]))
    told = {"n": 5, "read": 80.0, "right": 60.0, "called no digit": 1, "worst writer": 50.0}
    assert hands.judged(hvass, these) == told


@pytest.mark.parametrize("way", [hands.Way(24), hands.Way(12, (0.8, 0.8)), hands.Way(None)])
def test_hands_draw_each_way(way, rng):
    records = [{"digit": 7, "writer": "ann", "strokes": SEVEN}] * 3
    these = hands.drawn(records, way, rng)
    assert these.labels.tolist() == [7] * 3
    assert all(each.centred.shape == (28, 28) for each in these.preparations)
