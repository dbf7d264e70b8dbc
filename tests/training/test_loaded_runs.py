"""Arrays of runs that do nothing: read from their checkpoints, and remembered up to a number of bytes."""

import numpy as np
import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training import recall
from cnnviz.training.advance import RunState
from cnnviz.training.run import Kept, Run

RECIPE = Recipe(learning_rate=1e-3, batch_size=16, iterations=10)


@pytest.fixture
def read(monkeypatch, tiny):
    """Which files were read, of runs whose arrays take 4,000 bytes."""
    paths = []

    def read_run(path):
        paths.append(path.name)
        weights = {"conv1/kernel": np.zeros(500, np.float32)}
        state = RunState(tiny, RECIPE, 0, 10, weights, (np.zeros(500, np.float32),))
        return Run("a", Plan(tiny, RECIPE), BUNDLED, 10, state=state, snapshots={10: weights}, kept=Kept(10)), True

    monkeypatch.setattr(recall.checkpoints, "read", read_run)
    return paths


def test_no_more_of_them_are_remembered_than_there_is_room_for(read, monkeypatch, tmp_path):
    monkeypatch.setattr(recall, "LOADED_BYTES", 9_000)
    loaded = recall.LoadedRuns()
    for name in ("a", "b", "a", "c", "a", "b"):
        assert loaded.get(tmp_path / name).n_bytes == 4_000, "a snapshot of the state's own weights counts once"
    assert read == ["a", "b", "c", "b"]


def test_one_that_is_larger_than_the_room_is_not_read_each_time_that_it_is_looked_at(read, monkeypatch, tmp_path):
    monkeypatch.setattr(recall, "LOADED_BYTES", 1_000)
    loaded = recall.LoadedRuns()
    for _ in range(3):
        loaded.get(tmp_path / "a")
    assert read == ["a"]
