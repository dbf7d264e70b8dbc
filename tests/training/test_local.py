"""A run in one process, as the command line takes it through its life: what it reports, and what it leaves."""

import dataclasses

import numpy as np
import pytest

from cnnviz.data.dataset import BUNDLED, Dataset
from cnnviz.network import store
from cnnviz.network.cards import MAX_LOG, LogLine
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints, pieces
from cnnviz.training.local import LocalRun
from cnnviz.training.log import log_of
from cnnviz.training.pieces import digits_of
from cnnviz.training.run import Check, Run, Status


@pytest.fixture
def digits(bundled):
    return digits_of(bundled, None, bundled)


@pytest.fixture
def local(tmp_path, tiny, quick, digits):
    recipe = dataclasses.replace(quick, iterations=25)
    return LocalRun(tmp_path / "new", Run("new", Plan(tiny, recipe), BUNDLED, 25), digits)


def test_it_reports_after_1_every_10_and_at_the_end(local):
    assert [run.iteration for run in local.steps()] == [1, 10, 20, 25]
    assert local.run.status is Status.FINISHED
    card = store.open_model(local.folder).card
    assert [s.iteration for s in card.snapshots] == [0, 1, 2, 5, 10, 20, 25]
    assert not local.run.validated


def test_the_model_has_the_training_log(local):
    """Line by line what was measured, on all test digits where a snapshot read them, else on the first of them."""
    list(local.steps())
    card = store.open_model(local.folder).card
    log, tested = card.log, {snapshot.iteration: (snapshot.correct, 500) for snapshot in card.snapshots}
    assert [line.iteration for line in log] == list(range(26))  # so short a run is checked after every step
    state = local.run.state
    assert log[0] == LogLine(0, test=tested[0])
    at_10 = next(line for line in log if line.iteration == 10)
    assert at_10.training_accuracy == pytest.approx(float(state.accuracies_after[9]), abs=1e-6)
    assert at_10.loss == pytest.approx(float(state.losses[9]), rel=1e-5)
    assert at_10.test == tested[10]
    assert all(line.validation is None for line in log)
    assert log[11].test == (next(check.test_correct for check in local.run.checks if check.iteration == 11), 500)


def test_a_run_with_validation_digits_is_checked_on_the_way_and_at_its_end(tmp_path, tiny, quick, bundled):
    recipe = dataclasses.replace(quick, iterations=40)
    validation = Dataset(bundled.images[:50], bundled.labels[:50], "validation")
    digits = digits_of(bundled, validation, bundled)
    local = LocalRun(tmp_path / "new", Run("new", Plan(tiny, recipe), BUNDLED, 40, every_snapshot=False), digits)
    list(local.steps())
    log = {line.iteration: line for line in store.open_model(local.folder).card.log}
    assert [at for at, line in log.items() if line.validation] == list(range(2, 41, 2))
    assert log[4].training_accuracy is None  # measured after every tenth step, checked after every second
    assert {line.validation[1] for line in log.values() if line.validation} == {50}
    whole = advance.advance(advance.start(tiny, recipe), bundled, 10)
    assert log[10].validation == (pieces.check(whole, validation).correct, 50)
    assert log[10].test == (pieces.check(whole, None, bundled).test_correct, 500)


def test_a_log_of_a_long_run_is_thinned_out_but_not_its_checks(tiny, quick):
    n = 5_000
    recipe = dataclasses.replace(quick, iterations=n)
    state = dataclasses.replace(
        advance.start(tiny, recipe), iteration=n, losses=np.ones(n, np.float32), accuracies_after=np.ones(n, np.float32)
    )
    checks = tuple(Check(at, 1, 2, 0.5) for at in range(250, n + 1, 250))
    log = log_of(Run("long", Plan(tiny, recipe), BUNDLED, n, state=state, checks=checks))
    assert 500 < len(log) <= MAX_LOG
    assert [line.iteration for line in log if line.validation] == list(range(250, n + 1, 250))


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
