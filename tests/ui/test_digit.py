"""A digit and where it came from."""

import numpy as np

from cnnviz.drawing.preparation import prepare
from cnnviz.ui import digit
from cnnviz.ui.digit import Origin


def test_a_test_image_knows_its_number_its_set_and_its_label(bundled):
    image = digit.of_data(bundled, 7)
    assert image.origin == Origin("test image", bundled.name, 7)
    assert image.label == bundled.labels[7]
    assert (image.image == bundled.images[7, :, :, 0]).all()
    assert not image.is_own
    assert image.preparation is None


def test_an_image_of_another_part_says_of_which(bundled):
    for split, kind in (("train", "training image"), ("validation", "validation image")):
        image = digit.of_data(bundled, 7, split)
        assert image.origin == Origin(kind, bundled.name, 7)
        assert not image.is_own


def test_what_a_person_gives_keeps_its_way_and_its_origin(bundled):
    preparation = prepare(np.pad(np.ones((100, 20), np.float32), 40))
    for origin in (Origin("drawing"), Origin("photograph"), Origin("drawing over a test image", bundled.name, 3)):
        own = digit.given(preparation, origin)
        assert own.is_own
        assert own.origin == origin
        assert own.image is preparation.centred
        assert own.preparation is preparation
        assert own.label is None


def test_a_packed_digit_is_the_same_digit_in_less_room():
    ink = np.zeros((280, 280), np.float32)
    ink[40:200, 60:160] = 1
    own = digit.given(prepare(ink), Origin("drawing"))
    packed = own.packed()
    assert (packed.origin, packed.label, packed.is_own) == (own.origin, own.label, True)
    assert np.array_equal(packed.image, own.image)
    for name in ("drawn", "cropped", "boxed", "centred"):
        assert np.array_equal(getattr(packed.preparation, name), getattr(own.preparation, name))
    assert packed.kept.drawn.nbytes == own.preparation.drawn.nbytes / 4
