"""Parts of the digits as one list of images."""

import numpy as np
import pytest

from cnnviz.data import dataset
from cnnviz.data.parts import SPLITS, Images


@pytest.fixture(scope="module")
def both():
    return Images(tuple((split, dataset.load(dataset.BUNDLED, split)) for split in SPLITS["all"]))


def test_validation_images_go_on_where_training_images_end(both):
    (_, train), (_, validation) = both.splits
    assert len(both) == len(train) + len(validation) == 1297
    assert [both.spot(number) for number in (0, 1196, 1197, 1296)] == [
        ("train", 0), ("train", 1196), ("validation", 0), ("validation", 99),
    ]  # fmt: skip
    assert (both.labels == np.concatenate([train.labels, validation.labels])).all()
    found = both.inks([1197, 2])
    assert found.shape == (2, 28, 28)
    assert (found[0] == validation.images[0, :, :, 0]).all()
    assert (found[1] == train.images[2, :, :, 0]).all()
    assert both.inks([]).shape == (0, 28, 28)


@pytest.mark.parametrize("number", [-1, 1297])
def test_there_is_no_such_image(both, number):
    with pytest.raises(IndexError, match=r"Expected a number in 0\.\.1296"):
        both.spot(number)
