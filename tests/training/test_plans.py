"""Plans that cannot be trained are refused in one sentence, wherever they come from."""

import dataclasses

import pytest

from cnnviz.network.config import Convolution
from cnnviz.network.presets import Plan
from cnnviz.training.plans import make_plan


def test_a_plan_is_made_with_what_is_changed(tiny, quick):
    assert make_plan(tiny, quick, 7, iterations=5) == Plan(tiny, dataclasses.replace(quick, iterations=5), 7)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"iterations": 1_000_001}, r"^Expected 1 to 1,000,000 iterations\. Received 1,000,001\.$"),
        ({"batch_size": 0}, r"^Expected a batch of 1 to 4096 images\. Received 0\.$"),
        ({"learning_rate": -1.0}, r"^Expected a learning rate above 0"),
        ({"seed": -1}, r"^Expected a seed of 0 to 2147483647\. Received -1\.$"),
        ({"seed": 2**31}, r"^Expected a seed"),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(tiny, quick, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_plan(tiny, quick, **changes)


def test_layers_that_do_not_fit_are_refused(tiny, quick):
    with pytest.raises(ValueError, match="pooling window"):
        make_plan(dataclasses.replace(tiny, convolutions=(Convolution(1, stride=4),) * 4), quick)
