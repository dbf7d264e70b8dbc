"""A run in one process, as the command line takes it through its life: what it reports, and what it leaves."""

import dataclasses

import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints
from cnnviz.training.local import LocalRun
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Run, Status


@pytest.fixture
def digits(bundled):
    return Digits(bundled, None, None, bundled)


@pytest.fixture
def local(tmp_path, tiny, quick, digits):
    recipe = dataclasses.replace(quick, iterations=25)
    return LocalRun(tmp_path / "new", Run("new", Plan(tiny, recipe), BUNDLED, 25), digits)


def test_it_reports_after_1_every_10_and_at_the_end(local):
    assert [run.iteration for run in local.steps()] == [1, 10, 20, 25]
    assert local.run.status is Status.FINISHED
    card = store.open_model(local.folder).card
    assert [s.iteration for s in card.snapshots] == [0, 1, 2, 5, 10, 20, 25]
    assert not local.run.checks


def test_the_last_snapshot_alone_can_be_kept(local):
    local.run = dataclasses.replace(local.run, every_snapshot=False)
    assert [run.iteration for run in local.steps()] == [1, 10, 20, 25]
    assert [s.iteration for s in store.open_model(local.folder).card.snapshots] == [25]


def test_an_interrupted_run_goes_on_to_the_bit(local, bundled, digits, tmp_path, tiny):
    for run in local.steps():
        if run.iteration == 10:
            break
    local.save()
    assert not (tmp_path / "new").exists()

    kept, of_server = checkpoints.read(checkpoints.run_file(tmp_path / "new"))
    assert not of_server
    assert kept.iteration == 10
    resumed = LocalRun(tmp_path / "new", kept, digits)
    assert [run.iteration for run in resumed.steps()] == [20, 25]
    model = store.open_model(tmp_path / "new")

    whole = advance.advance(advance.start(tiny, local.run.plan.recipe), bundled, 25)
    assert all((store.load(model).weights[name] == whole.weights[name]).all() for name in whole.weights)
    assert (resumed.run.state.losses == whole.losses).all()
    assert [s.iteration for s in model.card.snapshots] == [0, 1, 2, 5, 10, 20, 25]
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_a_run_interrupted_while_it_was_tested_goes_on_with_the_tests(local, digits, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("cnnviz.training.pieces.examine", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(local.steps())
    local.save()
    resumed = LocalRun(tmp_path / "new", checkpoints.read(checkpoints.run_file(tmp_path / "new"))[0], digits)
    assert list(resumed.steps()) == []
    assert store.open_model(tmp_path / "new").card.last.iteration == 25
