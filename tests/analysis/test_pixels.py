"""An image and its label as numbers."""

import numpy as np
import pytest

from cnnviz.analysis import pixels
from cnnviz.analysis.pixels import Ink
from cnnviz.data import dataset
from cnnviz.data.dataset import Source
from common import MNIST, needs_mnist


def test_a_byte_is_the_pixel_times_255_as_a_whole_number():
    image = np.array([[0, 1], [253 / 255, 0.5]], np.float32)
    assert pixels.to_bytes(image).tolist() == [[0, 255], [253, 128]]
    assert not pixels.are_bytes(image)
    assert pixels.are_bytes((np.arange(256) / np.float32(255)).astype(np.float32))


def test_every_byte_comes_back_from_the_division():
    values = np.arange(256, dtype=np.uint8)
    assert (pixels.to_bytes(values.astype(np.float32) / np.float32(255)) == values).all()
    assert f"{253 / 255:.3f}" == "0.992"


def test_the_example_is_the_largest_byte_below_255():
    assert pixels.example(np.array([[0, 255, 9], [254, 3, 254]], np.uint8)) == (1, 0)
    assert pixels.example(np.array([[0, 255]], np.uint8)) == (0, 0)


def test_the_ink_of_an_l():
    """Two pixels below each other and a fainter one beside the lower one."""
    image = np.zeros((6, 8), np.float32)
    image[1, 2] = image[2, 2] = 1
    image[2, 3] = 0.5
    assert pixels.ink_of(image) == Ink(1, 2, 3, 4, row=(1.5 + 2.5 + 1.25) / 2.5, column=(2.5 + 2.5 + 1.75) / 2.5)
    assert pixels.ink_of(image).size == (2, 2)


def test_an_empty_image_has_no_ink():
    assert pixels.ink_of(np.zeros((28, 28), np.float32)) is None


@needs_mnist
def test_mnist_is_centred_and_size_normalised_as_the_page_says():
    """Less than one pixel below the middle and right of it, but for the rounding to bytes; the longer side is 20."""
    digits = dataset.load(Source("idx", MNIST), "test")
    inks = [pixels.ink_of(image) for image in digits.images[:1000, :, :, 0]]
    assert all(13.99 < place < 15.01 for ink in inks for place in (ink.row, ink.column))
    assert sum(max(ink.size) == 20 for ink in inks) > 990
    assert pixels.are_bytes(digits.images[:1000])


@pytest.mark.parametrize("label", range(10))
def test_one_hot_and_back(label):
    found = pixels.one_hot(label)
    assert found.sum() == 1
    assert found[label] == 1
    assert found.argmax() == label


def test_what_is_no_digit_has_only_zeros():
    assert pixels.one_hot(dataset.OUTLIER).tolist() == [0] * 10
