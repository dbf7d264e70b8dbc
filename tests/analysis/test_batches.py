"""Reading in batches: the sums by hand, memory by its formula, and the same answers whatever the batch."""

import pytest

from cnnviz.analysis import batches, evaluation
from cnnviz.analysis.batches import Reading
from cnnviz.data import dataset
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from cnnviz.training import advance


@pytest.fixture(scope="module")
def network(tiny, quick):
    return Network(tiny, advance.start(tiny, quick).weights)


@pytest.fixture(scope="module")
def digits():
    return dataset.load(dataset.BUNDLED, "test")


def test_the_running_sum_by_hand():
    reading = Reading(4, (3, 4, 1), (4, 4, 2), 0.1)
    assert reading.running_accuracy.tolist() == [3 / 4, 7 / 8, 8 / 10]


def test_memory_follows_from_the_shapes():
    """Deep MNIST: 28·28·32 numbers of 4 bytes leave conv1 for an image, and as many its ReLU."""
    config = PRESETS["deep-mnist"].network
    assert batches.layer_bytes(config, 1)["conv1"] == 28 * 28 * 32 * 4
    assert batches.needed_bytes(config, 10_000) == 2 * 28 * 28 * 32 * 4 * 10_000


def test_tasks_hold_whole_batches_and_every_image_once():
    for batch in (1, 7, 256, 1000, 2500):
        tasks = batches.parts(2600, batch)
        assert [stop for _, stop in tasks[:-1]] == [start for start, _ in tasks[1:]]
        assert (tasks[0][0], tasks[-1][1]) == (0, 2600)
        assert all((stop - start) % batch == 0 for start, stop in tasks[:-1])


def test_the_answers_do_not_depend_on_the_batch(network, digits):
    probs = evaluation.probabilities(network, digits.images)
    right = int((probs.argmax(axis=1) == digits.labels).sum())
    for batch in (1, 128, 500):
        tasks = batches.parts(500, batch)
        found = batches.joined([batches.read(network, digits, batch, *task) for task in tasks])
        assert (sum(found.right), sum(found.sizes)) == (right, 500)
        assert found.running_accuracy[-1] == right / 500
        assert found.seconds > 0


def test_more_at_once_takes_more_memory(network, digits):
    """What leaves conv1 for 4,000 images is 28·28·3 numbers for each, 38 MB; for 10 images it is nothing one sees."""
    few = batches.measured_bytes(network, digits, 10)
    if few is None:
        pytest.skip("this system does not tell how much memory a process takes")
    many = batches.measured_bytes(network, digits, 4000)
    assert many > batches.layer_bytes(network.config, 4000)["conv1"] > few


def test_a_process_that_gives_no_answer_is_an_error(network, digits, monkeypatch):
    monkeypatch.setattr(batches.sys, "executable", "false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        batches.measured_bytes(network, digits, 10)


@pytest.mark.parametrize("batch", [0, 10_001])
def test_a_batch_out_of_range_is_refused(network, digits, batch):
    with pytest.raises(ValueError, match="Expected a batch of 1 to 10,000 images"):
        batches.read(network, digits, batch, 0, 500)
