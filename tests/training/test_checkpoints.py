"""A whole run: what is kept, and a run that is interrupted and resumed."""

import dataclasses

import pytest

from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.training import advance, checkpoints


def test_snapshots_are_kept_at_1_2_5():
    assert checkpoints.snapshot_iterations(10_000) == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    assert checkpoints.snapshot_iterations(1) == [0, 1]
    assert checkpoints.snapshot_iterations(30) == [0, 1, 2, 5, 10, 20, 30]


@pytest.fixture
def recorder(tmp_path, tiny, quick):
    recipe = dataclasses.replace(quick, iterations=25)
    return checkpoints.Recorder(tmp_path / "new", advance.start(tiny, recipe), {}, checkpoints.snapshot_iterations(25))


def test_it_reports_after_1_every_10_and_at_the_end(recorder, bundled):
    assert [state.iteration for state in recorder.run(bundled)] == [1, 10, 20, 25]
    assert sorted(recorder.snapshots) == [0, 1, 2, 5, 10, 20, 25]


def test_an_interrupted_run_goes_on_to_the_bit(recorder, bundled, tmp_path, tiny):
    for state in recorder.run(bundled):
        if state.iteration == 10:
            break
    recorder.save()
    assert not (tmp_path / "new").exists()

    state, snapshots, _ = checkpoints.load_run(checkpoints.run_file(tmp_path / "new"))
    assert state.iteration == 10
    resumed = checkpoints.Recorder(tmp_path / "new", state, snapshots, checkpoints.snapshot_iterations(25))
    assert [state.iteration for state in resumed.run(bundled)] == [20, 25]
    model = resumed.finish(bundled, bundled)

    whole = advance.advance(advance.start(tiny, state.recipe), bundled, 25)
    assert all((store.load(model).weights[name] == whole.weights[name]).all() for name in whole.weights)
    assert (resumed.state.losses == whole.losses).all()
    assert [s.iteration for s in model.card.snapshots] == [0, 1, 2, 5, 10, 20, 25]
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_damaged_unfinished_runs_are_refused(recorder, tmp_path):
    path = checkpoints.run_file(tmp_path / "new")
    with pytest.raises(BrokenModel, match="found none"):
        checkpoints.load_run(path)
    recorder.save()
    whole = path.read_bytes()
    for content in (whole[:-50], whole[: len(whole) // 2], b"", b"not a run"):
        path.write_bytes(content)
        with pytest.raises(BrokenModel, match="expected an unfinished run"):
            checkpoints.load_run(path)
