"""What corruptions do to images, by hand on small ones, and to the accuracy of a network."""

import numpy as np
import pytest

from cnnviz.analysis import corruptions
from cnnviz.network import store


def dot(row=14, column=14):
    image = np.zeros((1, 28, 28), np.float32)
    image[0, row, column] = 1
    return image


def test_translation_is_to_the_right():
    assert np.argwhere(corruptions.translate(dot(), 3)).tolist() == [[0, 14, 17]]
    half = corruptions.translate(dot(), 0.5)
    assert half[0, 14, 14:16].tolist() == [0.5, 0.5]
    assert corruptions.translate(dot(14, 26), 4).sum() == 0


def test_rotation_is_clockwise():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 2, 13:15] = 1
    turned = corruptions.rotate(image, 90)
    assert turned[0, 13:15, 25].tolist() == pytest.approx([1, 1], abs=1e-6)
    assert turned.sum() == pytest.approx(2, abs=1e-5)


def test_thickening_dilates_by_a_cross_and_thinning_erodes():
    assert corruptions.thicken(dot(), 1).sum() == 5
    assert corruptions.thicken(dot(), 2).sum() == 13
    assert corruptions.thicken(dot(), 0.5).sum() == pytest.approx(1 + 4 * 0.5)
    assert corruptions.thicken(corruptions.thicken(dot(), 1), -1).tolist() == dot().tolist()


def test_inverting_and_noise():
    assert corruptions.invert(dot(), 1).sum() == 783
    assert (corruptions.invert(dot(), 0.5) == 0.5).all()
    noisy = corruptions.add_noise(np.full((1, 28, 28), 0.5, np.float32), 0.1)
    assert noisy.std() == pytest.approx(0.1, abs=0.01)
    assert (noisy == corruptions.add_noise(np.full((1, 28, 28), 0.5, np.float32), 0.1)).all()


@pytest.mark.parametrize("name", corruptions.CORRUPTIONS)
def test_the_neutral_severity_changes_nothing_and_every_one_stays_in_range(name, bundled):
    corruption = corruptions.CORRUPTIONS[name]
    assert corruption.neutral in corruption.severities
    assert list(corruption.severities) == sorted(corruption.severities)
    images = bundled.images[:5, :, :, 0]
    assert corruptions.apply(images, {name: corruption.neutral}) is images
    for severity in corruption.severities:
        changed = corruptions.apply(images, {name: severity})
        assert changed.shape == images.shape
        assert changed.dtype == np.float32
        assert changed.min() >= 0
        assert changed.max() <= 1


def test_accuracy_falls_when_digits_are_rotated(bundled):
    network = store.load(store.find("hvass"))
    straight = corruptions.accuracy(network, bundled, "turn", 0)
    assert straight > 0.9
    assert corruptions.accuracy(network, bundled, "turn", 10) > 0.8
    assert corruptions.accuracy(network, bundled, "turn", 90) < 0.5
