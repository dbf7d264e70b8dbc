"""The training set of the preset `robust`: what is in it, and that its seed decides it, not its processes."""

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.data.dataset import OUTLIER, Dataset
from cnnviz.synthesis import digit_shaped, strokes, training_set
from cnnviz.synthesis.invented import Written
from cnnviz.synthesis.outlier_shapes import straight
from cnnviz.synthesis.training_set import Sizes

FEW = Sizes(copies=2, synthetic=30, outliers=12, invented=9, written=3)
WRITTEN = [
    Written("comb", name, strokes.normalize([straight((0, 0), (1, 0)), *(straight((x, 0), (x, 1)) for x in places)]))
    for name, places in (("three", (0, 0.5, 1)), ("two", (0.2, 0.8)))
]


@pytest.fixture
def none_like_digits(monkeypatch):
    """No outlier counts as digit-shaped, so that numbers are known."""
    monkeypatch.setattr(training_set, "CHUNK", 8)
    monkeypatch.setattr(digit_shaped, "is_digit_shaped", lambda images, digits: np.zeros(len(images), bool))


@pytest.fixture
def twenty(bundled):
    return Dataset(bundled.images[:20], bundled.labels[:20], "twenty")


def made(digits, seed, written=(), show=None):
    return training_set.training_set(digits, seed, list(written), show, FEW)


def test_the_set_holds_plain_distorted_and_drawn_digits_and_outliers(none_like_digits, twenty):
    progress = []
    found = made(twenty, 3, WRITTEN, lambda done, total: progress.append((done, total)))
    assert len(found) == 20 + 2 * 20 + 30 + 12 + 9 + 3 * 2
    assert found.images.dtype == np.uint8
    assert np.array_equal(found.images[:20], np.rint(twenty.images * 255))
    assert np.array_equal(found.labels[:20], twenty.labels)
    assert (found.labels == OUTLIER).sum() == (found.labels[-27:] == OUTLIER).sum() == 27
    assert progress[-1] == (97, 97)
    assert found.name == "twenty, distorted, drawn by program, 2 written characters"


def test_seed_and_digits_decide_the_set(none_like_digits, twenty):
    first, again, other = (made(twenty, seed) for seed in (3, 3, 4))
    assert first == again
    assert not np.array_equal(first.images[20:], other.images[20:])
    fewer = made(Dataset(twenty.images[:19], twenty.labels[:19], "nineteen"), 3)
    assert np.array_equal(fewer.images[-51:], first.images[-51:])  # what is drawn by program depends on the seed alone
    assert first.name == "twenty, distorted, drawn by program"


def test_what_is_digit_shaped_is_left_out_and_a_character_that_mostly_is_altogether(monkeypatch, twenty):
    """Of the nine invented ones every second; of "three" two drawings of three, of "two" one of three."""

    def every_second(images, digits):
        assert len(digits) == 20 + 2 * 20 + 30
        found = np.arange(len(images)) % 2 == 0
        return found if len(images) == 9 else np.array([True, False, True, False, False, True])

    monkeypatch.setattr(digit_shaped, "is_digit_shaped", every_second)
    found = made(twenty, 3, WRITTEN)
    assert (found.labels == OUTLIER).sum() == 12 + 4 + 2


def test_the_preset_has_these_sizes():
    assert Sizes() == (5, 450_000, 24_000, 40_000, 8)


def test_a_distorted_chunk_keeps_its_labels_in_order(twenty):
    plain = np.uint8(twenty.images[:3, ..., 0] * 255)
    images, labels = training_set.distorted_chunk(plain, twenty.labels[:3], 2, (0,))
    assert images.shape == (6, 28, 28)
    assert labels.tolist() == twenty.labels[:3].tolist() * 2


def test_a_synthetic_chunk_has_every_class_as_often():
    images, labels = training_set.synthetic_chunk(20, (0,))
    assert images.shape == (20, 28, 28)
    assert np.bincount(labels).tolist() == [2] * 10


def test_load_makes_the_set_from_the_digits_of_the_source(none_like_digits, monkeypatch, twenty):
    monkeypatch.setattr(dataset, "load_for_training", lambda source, keep_validation: twenty)
    monkeypatch.setattr(training_set, "Sizes", lambda: FEW)
    assert training_set.load(dataset.BUNDLED, True, 3) == made(twenty, 3)
