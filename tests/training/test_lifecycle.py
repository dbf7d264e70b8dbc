"""The life of a run as a table: what each event makes of a run of each status.  No thread, no clock, no TensorFlow."""

import dataclasses
import json

import numpy as np
import pytest

from cnnviz.analysis.evaluation import Score
from cnnviz.data.dataset import BUNDLED
from cnnviz.network.config import NetworkConfig
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training import checkpoints, lifecycle
from cnnviz.training.advance import RunState
from cnnviz.training.events import (
    Begin,
    Delete,
    DigitsReady,
    Extend,
    Failed,
    NotSaved,
    Pause,
    PieceDone,
    PieceSent,
    ReadDigits,
    Resume,
    SaveCheckpoint,
    Saved,
    SendPiece,
    SnapshotTested,
    Stop,
    TestSnapshot,
    Validation,
    WriteModel,
    Written,
)
from cnnviz.training.lifecycle import transition
from cnnviz.training.run import Check, Kept, Run, Status

WAITING, TRAINING, PAUSED, TESTING, FINISHED, STOPPED, FAILED = Status
CONFIG = NetworkConfig((), ())
RECIPE = Recipe(learning_rate=1e-3, batch_size=10, iterations=60)
N = 100
WEIGHTS = {"logits/kernel": np.zeros((784, 10), np.float32), "logits/bias": np.zeros(10, np.float32)}


def state(iteration, recipe=RECIPE):
    numbers = np.zeros(iteration, np.float32)
    return RunState(CONFIG, recipe, 0, iteration, WEIGHTS, (), numbers, numbers, iteration / 100)


def score(correct=7):
    return Score(N, correct, np.eye(10, dtype=int))


def run(status, iteration=None, recipe=RECIPE, **fields):
    """A run of a status; without an iteration it has not begun."""
    snapshots = {} if iteration is None else {i: WEIGHTS for i in (0, 1, 2, 5, 10, 20, 50, 60) if i <= iteration}
    where = {"state": None if iteration is None else state(iteration, recipe), "snapshots": snapshots}
    return dataclasses.replace(
        Run("r-1", Plan(CONFIG, recipe), BUNDLED, recipe.iterations, status=status),
        **where | {"n_validation": N} | fields,
    )


def names(effects):
    return tuple(type(effect).__name__ for effect in effects)


# A run as it typically is in each status: in its middle where it has begun, at its end where it is being tested.
RUNS = {
    WAITING: run(WAITING),
    TRAINING: run(TRAINING, 30),
    PAUSED: run(PAUSED, 30),
    TESTING: run(TESTING, 60, final=Check(60, 9, N, 0.1), scores={60: score()}),
    FINISHED: run(FINISHED, 60, snapshots={}, test=(7, N)),
    STOPPED: run(STOPPED, reason=lifecycle.NEVER_BEGUN),
    FAILED: run(FAILED, 30, reason="It was so."),
}
EVENTS = {
    "Begin": Begin(),
    "DigitsReady": DigitsReady(N),
    "PieceSent": PieceSent(),
    "PieceDone": PieceDone(state(31)),
    "SnapshotTested": SnapshotTested(20, score()),
    "Written": Written(),
    "Saved": Saved(Kept(30, 0.3, (0, 30), -1)),
    "NotSaved": NotSaved("It is full."),
    "Failed": Failed("It went wrong."),
    "Pause": Pause(),
    "Resume": Resume(),
    "Stop": Stop(),
    "Extend": Extend(40),
    "Delete": Delete(),
}
# The status after the event and the effects; "." where nothing changes and nothing is to be done.
TABLE = """
               waiting               training                     paused                testing                      finished               stopped             failed
Begin          waiting ReadDigits    .                            .                     .                            .                      .                   .
DigitsReady    waiting SendPiece     training SendPiece           .                     testing TestSnapshot         .                      .                   .
PieceSent      training              .                            .                     .                            .                      .                   .
PieceDone      training SendPiece    training SendPiece           paused                .                            .                      .                   failed
SnapshotTested .                     training                     paused                testing TestSnapshot         .                      .                   failed
Written        .                     .                            .                     finished SaveCheckpoint      .                      .                   .
Saved          waiting               training                     paused                testing                      finished               stopped             failed
NotSaved       waiting               training                     paused                testing                      finished               stopped             failed
Failed         failed                failed SaveCheckpoint        failed SaveCheckpoint failed SaveCheckpoint        failed SaveCheckpoint  failed              failed
Pause          paused                paused SaveCheckpoint        .                     paused SaveCheckpoint        .                      .                   .
Resume         .                     .                            waiting ReadDigits    .                            .                      waiting ReadDigits  waiting ReadDigits
Stop           stopped               testing SaveCheckpoint+ReadDigits testing SaveCheckpoint+ReadDigits testing WriteModel .               .                   testing SaveCheckpoint+ReadDigits
Extend         waiting               training                     waiting ReadDigits    .                            waiting ReadDigits     waiting ReadDigits  waiting ReadDigits
Delete         .                     .                            paused DeleteFiles    testing DeleteFiles          finished DeleteFiles   stopped DeleteFiles failed DeleteFiles
"""  # noqa: E501


def cells(words):
    """The cells of a line: a status alone, or one with its effects; every effect is written with a capital."""
    found = []
    for word in words:
        if word[0].isupper():
            found[-1] = (found[-1][0], tuple(word.split("+")))
        else:
            found.append((word, ()))
    return found


def table():
    """(status, event) of every cell, with what is expected."""
    lines = [line.split() for line in TABLE.strip().splitlines()]
    statuses = [Status(word) for word in lines[0]]
    for event, *words in lines[1:]:
        for status, expected in zip(statuses, cells(words), strict=True):
            yield pytest.param(status, event, *expected, id=f"{status.value}, {event}")


def test_the_table_is_complete():
    assert {line.split()[0] for line in TABLE.strip().splitlines()[1:]} == set(EVENTS)
    assert {type(event) for event in EVENTS.values()} == set(lifecycle._HANDLERS)
    assert len(list(table())) == len(Status) * len(EVENTS)


@pytest.mark.parametrize(("status", "event", "then", "effects"), list(table()))
def test_what_an_event_makes_of_a_run(status, event, then, effects):
    before = RUNS[status]
    kept = dict(vars(before))
    after, found = transition(before, EVENTS[event])
    assert vars(before) == kept
    assert names(found) == effects
    assert after.status is (status if then == "." else Status(then))
    counts = event not in ("Saved", "NotSaved")
    assert after.revision == before.revision + (counts and after is not before)
    if then == ".":
        assert after is before


# What the statuses alone do not show.


def test_pieces_end_at_snapshots_at_checks_and_at_the_target():
    """60 iterations: a check every 3, snapshots at 1, 2, 5, 10, 20, 50; all validation digits at the end."""
    now, stops, validated = run(TRAINING, 0), [], []
    while now.status is TRAINING:
        piece = now.next_stop()
        _, (sent,) = transition(now, DigitsReady(N))
        assert sent.stop == piece
        stops.append(sent.stop)
        validated.append(sent.validation)
        check = Check(piece, 50, N, 1.0) if sent.validation is not Validation.NONE else None
        now, _ = transition(now, PieceDone(state(piece), check, sent.validation))
    assert {1, 2, 3, 5, 6, 9, 10, 12, 20, 21, 50, 60} <= set(stops)
    assert dict(zip(stops, validated, strict=True))[5] is Validation.SUBSET
    assert validated.count(Validation.ALL) == 1
    assert now.status is TESTING
    assert now.final == Check(60, 50, N, 1.0)
    assert now.snapshot_iterations == (0, 1, 2, 5, 10, 20, 50, 60)


def test_without_validation_digits_nothing_is_checked():
    _, (sent,) = transition(run(WAITING), DigitsReady(0))
    assert sent == SendPiece(0, Validation.NONE)
    _, effects = transition(run(TRAINING, 59, n_validation=0), PieceDone(state(60)))
    assert names(effects) == ("SaveCheckpoint", "TestSnapshot")


def test_one_snapshot_after_the_other_is_tested_the_last_one_first_and_then_the_model_is_written():
    now, effects = transition(run(TRAINING, 59), PieceDone(state(60)))
    assert effects == (SaveCheckpoint(), SendPiece(60, Validation.ALL))
    now, (effect,) = transition(now, PieceDone(now.state, Check(60, 90, N, 0.1), Validation.ALL))
    tested = []
    while isinstance(effect, TestSnapshot):
        tested.append(effect.iteration)
        now, (effect,) = transition(now, SnapshotTested(effect.iteration, score(effect.iteration)))
    assert tested == [60, 0, 1, 2, 5, 10, 20, 50]
    assert effect == WriteModel()
    now, effects = transition(now, Written())
    assert (now.status, now.test, effects) == (FINISHED, (60, N), (SaveCheckpoint(),))
    assert not now.snapshots
    assert not now.scores
    assert now.final.correct == 90


def test_a_run_that_is_paused_while_it_is_tested_goes_on_with_what_is_left():
    now, _ = transition(RUNS[TESTING], SnapshotTested(0, score()))
    now, _ = transition(now, Pause())
    now, effects = transition(now, Resume())
    assert effects == (ReadDigits(),)
    now, effects = transition(now, DigitsReady(N))
    assert (now.status, effects) == (TESTING, (SaveCheckpoint(), TestSnapshot(1)))


def test_stop_ends_the_tests_but_the_last_snapshot_is_tested():
    tested = dataclasses.replace(RUNS[TESTING], scores={0: score(), 5: score()})
    now, effects = transition(tested, Stop())
    assert effects == (TestSnapshot(60),)
    now, effects = transition(now, SnapshotTested(60, score()))
    assert effects == (WriteModel(),)
    assert now.snapshot_iterations == (0, 5, 60)


def test_stop_makes_the_present_iteration_the_target_and_a_snapshot():
    now, _ = transition(run(TRAINING, 33), Stop())
    assert (now.target, now.snapshot_iterations[-1]) == (33, 33)
    now, (effect,) = transition(now, DigitsReady(N))
    assert effect == SendPiece(33, Validation.ALL)


def test_pause_keeps_a_snapshot_of_where_it_stands():
    assert transition(run(TRAINING, 33), Pause())[0].snapshot_iterations[-1] == 33


def test_digits_bring_the_snapshots_of_the_model_it_wrote_before():
    finished, _ = transition(run(FINISHED, 60, snapshots={}), Extend(40))
    assert finished.target == 100
    now, effects = transition(finished, DigitsReady(N, {0: WEIGHTS, 60: WEIGHTS}))
    assert now.snapshot_iterations == (0, 60)
    assert names(effects) == ("SendPiece",)


def test_a_checkpoint_is_due_at_snapshots_and_when_the_last_one_is_some_time_ago():
    long = Recipe(learning_rate=1e-3, batch_size=10, iterations=5000)
    now, effects = transition(run(TRAINING, 99, long), PieceDone(state(100, long), now_s=1000.0))
    assert names(effects) == ("SaveCheckpoint", "SendPiece")
    now, effects = transition(now, PieceDone(state(110, long), now_s=1010.0))
    assert names(effects) == ("SendPiece",)
    now, effects = transition(now, PieceDone(state(120, long), now_s=1010.1))
    assert names(effects) == ("SaveCheckpoint", "SendPiece")
    now, effects = transition(run(TRAINING, 49, long), PieceDone(state(50, long), now_s=1000.0))
    assert names(effects) == ("SendPiece",), "a young run loses little"


def test_a_run_that_has_failed_keeps_the_piece_that_was_still_computed():
    now, _ = transition(run(TRAINING, 30), Failed("No space left."))
    now, effects = transition(now, PieceDone(state(40)))
    assert (now.status, now.reason, now.iteration, effects) == (FAILED, "No space left.", 40, ())


def test_a_run_stopped_before_it_began_says_so_and_can_begin():
    now, _ = transition(run(WAITING), Stop())
    assert (now.status, now.reason, now.state) == (STOPPED, "It was stopped before it began.", None)
    now, _ = transition(now, Resume())
    assert (now.status, now.reason) == (WAITING, "")


@pytest.mark.parametrize(("at", "more", "target"), [(60, 1, 60), (30, 30, 60), (30, 31, 30), (30, 10, 40)])
def test_a_one_cycle_run_is_extended_to_the_end_of_its_schedule_and_no_further(at, more, target):
    recipe = dataclasses.replace(RECIPE, schedule="one_cycle")
    ended = run(FINISHED, at, recipe, target=at)
    after, effects = transition(ended, Extend(more))
    assert (after.target, bool(effects)) == (target, target > at)
    assert ended.most_more == 60 - at


def test_everything_but_the_arrays_can_be_written_as_json():
    for record in RUNS.values():
        notes = json.loads(json.dumps(checkpoints.notes_of(record)))
        assert notes["status"] == record.status.value
        assert notes["target"] == 60


def test_the_runs_of_an_experiment_share_a_turn():
    alone = run(WAITING)
    of_experiment = dataclasses.replace(alone, experiment="sweep (1)")
    assert alone.turn == "run r-1"
    assert of_experiment.turn == dataclasses.replace(of_experiment, name="r-2").turn == "sweep (1)"
    owned = dataclasses.replace(of_experiment, owner="a")
    assert (owned.turn, owned.unit) == ("owner a", "sweep (1)")


def test_a_checkpoint_that_cannot_be_written_fails_no_run_and_says_so_until_it_can():
    now, effects = transition(run(TRAINING, 30), NotSaved("It is full."))
    assert (now.status, now.not_on_disk, now.kept, now.iteration, effects) == (TRAINING, "It is full.", None, 30, ())
    now, _ = transition(now, Pause())
    now, _ = transition(now, NotSaved("It is full."))
    assert (now.status, now.not_on_disk, now.state.iteration) == (PAUSED, "It is full.", 30)
    now, _ = transition(now, Saved(Kept(30, 0.3, (0, 30), now.revision)))
    assert (now.not_on_disk, now.state, now.iteration) == ("", None, 30)


def test_arrays_stay_in_memory_until_all_of_them_are_on_disk():
    now, _ = transition(run(TRAINING, 30), Saved(Kept(30, 0.3, (0, 20), 0)))
    assert now.state is not None, "it is active"
    now, _ = transition(now, Pause())
    now, _ = transition(now, Saved(Kept(30, 0.3, (0, 20), 0)))
    assert now.state is not None, "the snapshot of the pause is not in that checkpoint"
    now, _ = transition(now, Saved(Kept(30, 0.3, (0, 20, 30), now.revision)))
    assert (now.state, now.snapshot_iterations) == (None, (0, 20, 30))


@pytest.mark.parametrize(("event", "then"), [(Resume(), WAITING), (Stop(), TESTING), (Extend(5), WAITING)])
def test_what_is_on_disk_comes_back_with_the_digits_as_it_is_there(event, then):
    """The file may be newer than the record: a server was killed between the two."""
    on_disk = run(PAUSED, 40, scores={20: score(3)}, checks=(Check(39, 1, N, 0.1),))
    record = run(PAUSED, kept=Kept(30, 0.3, (0, 20), 0), interrupted=True, checks=(Check(30, 1, N, 0.1),))
    now, effects = transition(record, event)
    assert (now.status, now.interrupted, now.state, names(effects)[-1]) == (then, False, None, "ReadDigits")
    now, effects = transition(now, DigitsReady(N, restored=on_disk))
    assert (now.state, now.checks, set(now.scores)) == (on_disk.state, on_disk.checks, {20})
    assert set(now.snapshots) >= set(on_disk.snapshots)
    if then is TESTING:
        assert (now.target, now.snapshot_iterations[-1], names(effects)) == (40, 40, ("SendPiece",))


def test_paused_while_it_is_read_it_stays_on_disk_alone():
    record = run(PAUSED, kept=Kept(30, 0.3, (0, 20), 0))
    now, _ = transition(record, Resume())
    now, effects = transition(now, Pause())
    assert (now.status, now.iteration, effects) == (PAUSED, 30, ())
    now, _ = transition(now, DigitsReady(N, restored=run(PAUSED, 30)))
    assert now.state is None
