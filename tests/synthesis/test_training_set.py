"""The training set of the preset `robust`: what is in it, and that its seed decides it, not its processes."""

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.data.dataset import OUTLIER, Dataset
from cnnviz.synthesis import training_set


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(training_set, "N_SYNTHETIC", 30)
    monkeypatch.setattr(training_set, "N_OUTLIERS", 12)
    monkeypatch.setattr(training_set, "CHUNK", 8)


@pytest.fixture
def twenty(bundled):
    return Dataset(bundled.images[:20], bundled.labels[:20], "twenty")


def test_the_set_holds_plain_distorted_and_drawn_digits_and_outliers(small, twenty):
    progress = []
    made = training_set.training_set(twenty, 3, lambda done, total: progress.append((done, total)))
    assert len(made) == 20 + training_set.N_COPIES * 20 + 30 + 12
    assert made.images.dtype == np.uint8
    assert np.array_equal(made.images[:20], np.rint(twenty.images * 255))
    assert np.array_equal(made.labels[:20], twenty.labels)
    assert (made.labels == OUTLIER).sum() == 12
    assert progress[-1] == (82, 82)
    assert made.name == "twenty, distorted, drawn by program"


def test_seed_and_digits_decide_the_set(small, twenty):
    first, again, other = (training_set.training_set(twenty, seed) for seed in (3, 3, 4))
    assert first == again
    assert not np.array_equal(first.images[20:], other.images[20:])
    fewer = training_set.training_set(Dataset(twenty.images[:19], twenty.labels[:19], "nineteen"), 3)
    assert np.array_equal(fewer.images[-42:], first.images[-42:])  # what is drawn by program depends on the seed alone


def test_a_distorted_chunk_keeps_its_labels_in_order(twenty):
    plain = np.uint8(twenty.images[:3, ..., 0] * 255)
    images, labels = training_set.distorted_chunk(plain, twenty.labels[:3], 2, (0,))
    assert images.shape == (6, 28, 28)
    assert labels.tolist() == twenty.labels[:3].tolist() * 2


def test_a_synthetic_chunk_has_every_class_as_often():
    images, labels = training_set.synthetic_chunk(20, (0,))
    assert images.shape == (20, 28, 28)
    assert np.bincount(labels).tolist() == [2] * 10


def test_load_makes_the_set_from_the_digits_of_the_source(small, monkeypatch, twenty):
    monkeypatch.setattr(dataset, "load_for_training", lambda source, keep_validation: twenty)
    assert training_set.load(dataset.BUNDLED, True, 3) == training_set.training_set(twenty, 3)
