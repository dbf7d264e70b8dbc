"""The training set of the preset `robust`: what is in it, and that chance repeats it whoever makes the pieces."""

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.data.dataset import OUTLIER, Dataset
from cnnviz.synthesis import training_set


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(training_set, "N_HANDS", 30)
    monkeypatch.setattr(training_set, "N_NONE", 12)
    monkeypatch.setattr(training_set, "PIECE", 8)


@pytest.fixture
def digits(bundled):
    return Dataset(bundled.images[:20], bundled.labels[:20], "twenty")


def test_the_set_holds_plain_distorted_drawn_and_no_digits(small, digits):
    told = []
    made = training_set.training_set(digits, 3, lambda done, total: told.append((done, total)))
    assert len(made) == 20 + training_set.COPIES * 20 + 30 + 12
    assert made.images.dtype == np.uint8
    assert np.array_equal(made.images[:20], np.rint(digits.images * 255))
    assert np.array_equal(made.labels[:20], digits.labels)
    assert (made.labels == OUTLIER).sum() == 12
    assert told[-1] == (82, 82)
    assert made.name == "twenty, distorted, drawn by program"


def test_seed_and_digits_decide_the_set(small, digits):
    first, again, other = (training_set.training_set(digits, seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_distorted_piece_keeps_its_labels_in_order(digits):
    plain = np.uint8(digits.images[:3, ..., 0] * 255)
    images, labels = training_set.distorted_piece(plain, digits.labels[:3], 2, (0,))
    assert images.shape == (6, 28, 28)
    assert labels.tolist() == digits.labels[:3].tolist() * 2


def test_a_written_piece_has_every_class_as_often():
    images, labels = training_set.written_piece(20, (0,))
    assert images.shape == (20, 28, 28)
    assert np.bincount(labels).tolist() == [2] * 10


def test_load_takes_the_source_apart(small, monkeypatch, digits):
    monkeypatch.setattr(dataset, "load_for_training", lambda source, keep_validation: digits)
    assert training_set.load(dataset.BUNDLED, True, 3) == training_set.training_set(digits, 3)
