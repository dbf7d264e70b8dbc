"""What a run leaves on disk: a file that it can be resumed from to the bit, in today's form and in the one before."""

import dataclasses
import io
import json
import os

import numpy as np
import pytest

from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Plan
from cnnviz.npz import npz_bytes
from cnnviz.training import advance, checkpoints, pieces
from cnnviz.training.run import Check, Run, Status, Timing, snapshot_schedule


def test_snapshots_are_kept_at_1_2_5():
    assert snapshot_schedule(10_000) == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    assert snapshot_schedule(1) == [0, 1]
    assert snapshot_schedule(30) == [0, 1, 2, 5, 10, 20, 30]


@pytest.fixture(scope="module")
def kept(tiny, quick, bundled, tmp_path_factory):
    """A run with everything that a file holds, paused while it was tested."""
    start = advance.start(tiny, quick)
    state = advance.advance(start, bundled, 5)
    return Run(
        "sweep-1-1",
        Plan(tiny, quick),
        Source("idx", tmp_path_factory.mktemp("digits")),
        5,
        experiment="sweep (1)",
        label="batch 8",
        exercise=3,
        every_snapshot=False,
        in_turns=True,
        status=Status.PAUSED,
        state=state,
        snapshots={0: start.weights, 5: state.weights},
        scores={5: Score(500, 70, np.eye(10, dtype=int) * 7)},
        checks=(Check(1, 9, 100, 2.3), Check(5, 12, 100, 2.1)),
        final=Check(5, 12, 100, 2.1, least_energy=1.5),
        timing=Timing(0.01, 0.5, 50),
    )


def same(a, b):
    """Two runs are the same, to the bit; but for what a file does not hold."""
    fields = (
        "name plan source target experiment label exercise every_snapshot in_turns status reason checks final test "
        "timing"
    )
    arrays = [
        [*run.state.weights.values(), *run.state.optimizer_variables, run.state.losses, run.state.accuracies]
        + [run.state.accuracies_after]
        + [array for weights in run.snapshots.values() for array in weights.values()]
        + [score.confusion for score in run.scores.values()]
        for run in (a, b)
    ]
    return (
        all(getattr(a, name) == getattr(b, name) for name in fields.split())
        and (a.iteration, a.seconds, a.snapshot_iterations) == (b.iteration, b.seconds, b.snapshot_iterations)
        and {i: (s.n, s.correct) for i, s in a.scores.items()} == {i: (s.n, s.correct) for i, s in b.scores.items()}
        and all(np.array_equal(x, y, equal_nan=True) and x.dtype == y.dtype for x, y in zip(*arrays, strict=True))
    )


def test_a_run_is_read_as_it_was_written(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / kept.name)
    checkpoints.write(path, kept)
    again, of_server = checkpoints.read(path)
    assert of_server
    assert same(again, kept)


@pytest.mark.parametrize("status", [Status.WAITING, Status.TRAINING, Status.TESTING])
def test_what_was_under_way_stands_paused(kept, tmp_path, status):
    path = checkpoints.run_file(tmp_path / kept.name)
    checkpoints.write(path, dataclasses.replace(kept, status=status))
    assert checkpoints.read(path)[0].status is Status.PAUSED


def test_a_finished_run_whose_model_is_gone_stands_paused(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / kept.name)
    checkpoints.write(path, dataclasses.replace(kept, status=Status.FINISHED))
    assert checkpoints.read(path)[0].status is Status.PAUSED


def test_the_command_lines_run_is_not_the_servers(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / "new")
    checkpoints.write(path, kept, of_server=False)
    again, of_server = checkpoints.read(path)
    assert not of_server
    assert (again.name, again.plan, again.iteration, again.snapshot_iterations) == ("new", kept.plan, 5, (0, 5))


def test_a_run_that_has_not_begun_leaves_no_file(kept, tmp_path):
    checkpoints.write(tmp_path / "file", dataclasses.replace(kept, state=None))
    assert list(tmp_path.iterdir()) == []


def old_file(path, notes):
    """The file as it was written before: "slot" for an optimiser's variable, nothing measured after a step."""
    with np.load(io.BytesIO(path.read_bytes())) as archive:
        arrays = {name.replace("optimizer/", "slot/"): archive[name] for name in archive.files}
    del arrays["accuracies_after"]
    about = json.loads(arrays["about"].tobytes())
    about["n_slots"] = about.pop("n_optimizer_variables")
    about["notes"] = notes(about["notes"])
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path.write_bytes(npz_bytes(arrays))


def test_a_file_of_the_time_before_is_read(kept, tmp_path):
    def notes(of_today):
        return {name: value for name, value in of_today.items() if name not in gone}

    gone = ("exercise", "every_snapshot", "in_turns", "scores")
    before = dataclasses.replace(kept, experiment="exercise 3 (1)", in_turns=False, scores={}, status=Status.TRAINING)
    path = checkpoints.run_file(tmp_path / kept.name)
    checkpoints.write(path, before)
    old_file(path, lambda of_today: notes(of_today) | {"status": "running"})
    again, of_server = checkpoints.read(path)
    assert of_server
    unmeasured = dataclasses.replace(before.state, accuracies_after=np.full(5, np.nan, np.float32))
    assert same(again, dataclasses.replace(before, status=Status.PAUSED, state=unmeasured))
    old_file_of_the_command_line = checkpoints.run_file(tmp_path / "new")
    checkpoints.write(old_file_of_the_command_line, kept)
    old_file(old_file_of_the_command_line, lambda _: None)
    again, of_server = checkpoints.read(old_file_of_the_command_line)
    assert not of_server
    assert (again.iteration, again.snapshot_iterations) == (5, (0, 5))


def test_damaged_unfinished_runs_are_refused(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / "new")
    with pytest.raises(BrokenModel, match="found none"):
        checkpoints.read(path)
    checkpoints.write(path, kept)
    whole = path.read_bytes()
    for content in (whole[:-50], whole[: len(whole) // 2], b"", b"not a run"):
        path.write_bytes(content)
        with pytest.raises(BrokenModel, match="expected an unfinished run"):
            checkpoints.read(path)


def test_a_file_is_never_more_than_its_size_on_disk_says(kept, tmp_path):
    """A compressed member may be a thousand times as large as it is on disk; ours are not compressed."""
    path = checkpoints.run_file(tmp_path / kept.name)
    with path.open("wb") as file:
        np.savez_compressed(file, about=np.zeros(10_000_000, np.uint8))
    for read in (checkpoints.read, checkpoints.read_notes):
        with pytest.raises(BrokenModel, match="Received a compressed one"):
            read(path)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / kept.name)
    os.mkfifo(path)
    with pytest.raises(BrokenModel, match="found a named pipe"):
        checkpoints.read_notes(path)


def test_a_file_that_names_another_run_is_refused(kept, tmp_path):
    """By its name a run is deleted: that is not for the file's content to say."""
    path = checkpoints.run_file(tmp_path / "other")
    checkpoints.write(path, dataclasses.replace(kept, name="../../elsewhere"))
    with pytest.raises(BrokenModel, match="It is of"):
        checkpoints.read(path)


def test_notes_are_read_without_the_arrays(kept, tmp_path):
    path = checkpoints.run_file(tmp_path / kept.name)
    checkpoints.write(path, kept)
    whole, of_server = checkpoints.read(path)
    notes, of_server_too = checkpoints.read_notes(path)
    assert of_server
    assert of_server_too
    assert (notes.state, dict(notes.snapshots), notes.snapshot_iterations) == (None, {}, (0, 5))
    fields = "name plan source target status checks final timing iteration seconds kept owner interrupted"
    assert all(getattr(notes, name) == getattr(whole, name) for name in fields.split())


@pytest.mark.parametrize("change", [{"checks": [[1]]}, {"source": 5}, {"times": [1, 2, 3, 4]}], ids=str)
def test_notes_that_are_no_runs_are_refused(kept, tmp_path, monkeypatch, change):
    path = checkpoints.run_file(tmp_path / kept.name)
    notes = checkpoints.notes_of(kept) | change
    monkeypatch.setattr(checkpoints, "notes_of", lambda _: notes)
    checkpoints.write(path, kept)
    with pytest.raises(BrokenModel, match="expected an unfinished run"):
        checkpoints.read(path)


def test_a_model_has_a_result_for_each_snapshot(kept, tmp_path, bundled):
    scores = {i: pieces.examine(kept.plan.network, weights, bundled) for i, weights in kept.snapshots.items()}
    run = dataclasses.replace(kept, scores=scores)
    digits = pieces.load_digits(BUNDLED, keep_validation=True)
    card = checkpoints.write_model(tmp_path / "new", run, digits).card
    assert {s.iteration: s.correct for s in card.snapshots} == {i: score.correct for i, score in scores.items()}
    assert (card.digits, card.n_train, card.test_digits) == ("bundled digits train", 1197, "bundled digits test")
    assert (np.array(card.confusion_matrix) == scores[5].confusion).all()
    assert card.least_energy == kept.final.least_energy == 1.5
    with pytest.raises(FileExistsError):
        checkpoints.write_model(tmp_path / "new", run, digits)
    assert set(checkpoints.model_snapshots(tmp_path / "new")) == {0, 5}
    assert checkpoints.model_snapshots(tmp_path / "none") == {}
