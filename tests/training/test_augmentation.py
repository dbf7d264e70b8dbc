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
