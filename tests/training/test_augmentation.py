"""Augmentation: small affine maps around the middle; the same chance gives the same images."""

import numpy as np
import pytest

from cnnviz.lazy import tf
from cnnviz.training import augmentation

CHANCE = np.array([3, 7])


def moved(image, **numbers):
    """One small image after the map that these numbers, each in [-1, 1], stand for."""
    names = ("right", "down", "turn", "scale", "shear")
    column = np.array([[numbers.get(name, 0.0)] for name in names], np.float32)
    maps = augmentation.affine(tf.constant(column), image.shape)
    return augmentation.transform(tf.constant(image[None, :, :, None]), maps).numpy()[0, :, :, 0]


def test_five_zeros_change_nothing(bundled):
    images = bundled.images[:8]
    maps = augmentation.affine(tf.zeros((5, 8)), (28, 28))
    assert (augmentation.transform(tf.constant(images), maps).numpy() == images).all()


def test_shift_by_hand():
    """One is the largest shift, two pixels: to the right, then down; what enters is paper."""
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    right = [[0, 0, 0, 1], [0, 0, 4, 5], [0, 0, 8, 9], [0, 0, 12, 13]]
    down = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert moved(image, right=1) == pytest.approx(np.array(right))
    assert moved(image, down=1) == pytest.approx(np.array(down))


def test_scale_turn_and_shear_by_hand(monkeypatch):
    """With the largest turn a right angle and the largest scale a factor of 2, every value can be read off."""
    monkeypatch.setattr(augmentation, "TURN", np.pi / 2)
    monkeypatch.setattr(augmentation, "SCALE", np.log(2))
    monkeypatch.setattr(augmentation, "SHEAR", 1.0)
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.float32)
    assert moved(image, turn=1) == pytest.approx(np.array([[3, 6, 9], [2, 5, 8], [1, 4, 7]]), abs=1e-4)
    larger = [[3, 3.5, 4], [4.5, 5, 5.5], [6, 6.5, 7]]
    assert moved(image, scale=1) == pytest.approx(np.array(larger), abs=1e-4)
    sheared = [[0, 1, 2], [4, 5, 6], [8, 9, 0]]
    assert moved(image, shear=1) == pytest.approx(np.array(sheared), abs=1e-4)


def test_images_keep_shape_range_and_most_of_their_ink(bundled):
    images = bundled.images[:64]
    distorted = augmentation.distort(tf.constant(images), CHANCE).numpy()
    assert distorted.shape == images.shape
    assert distorted.dtype == np.float32
    assert distorted.min() >= 0
    assert distorted.max() <= 1
    ink = distorted.sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert ((ink > 0.7) & (ink < 1.4)).all()


def test_every_image_has_its_own_chance_and_the_same_chance_the_same_images(bundled):
    images = tf.constant(np.repeat(bundled.images[:1], 4, axis=0))
    first, again = (augmentation.distort(images, CHANCE).numpy() for _ in range(2))
    other = augmentation.distort(images, CHANCE + 1).numpy()
    assert (first == again).all()
    assert (first != other).any()
    assert len({image.tobytes() for image in first}) == 4


def test_a_shift_is_by_whole_pixels_each_its_own_and_all_are_as_likely():
    """One dark pixel in the middle is found at one of nine places, and in 900 images about 100 times at each."""
    images = np.zeros((900, 28, 28, 1), np.float32)
    images[:, 14, 14] = 1
    moved = augmentation.shift(tf.constant(images), CHANCE, 1).numpy()
    rows, columns = np.nonzero(moved[..., 0])[1:]
    assert len(rows) == 900
    assert (moved.max((1, 2, 3)) == 1).all()
    counts = np.bincount((rows - 13) * 3 + columns - 13, minlength=9)
    assert counts.sum() == 900
    assert counts.min() > 65
    assert (augmentation.shift(tf.constant(images), CHANCE, 0).numpy() == images).all()
    assert (augmentation.shift(tf.constant(images), CHANCE, 1).numpy() == moved).all()
    assert (augmentation.shift(tf.constant(images), CHANCE + 1, 1).numpy() != moved).any()


def test_what_is_shifted_out_is_gone_and_paper_comes_in():
    image = np.ones((60, 28, 28, 1), np.float32)
    rows = augmentation.shift(tf.constant(image), CHANCE, 2).numpy().sum(2)[..., 0]
    assert set(np.unique((rows > 0).sum(1))) == {26, 27, 28}
