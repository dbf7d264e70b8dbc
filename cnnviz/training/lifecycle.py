"""The life of a run as a function: what an event makes of it, and what is to be done then.

    WAITING ── first piece is sent ──▶ TRAINING ── target, Stop ──▶ TESTING ── model is written ──▶ FINISHED
       ▲                                  │ Pause                      │ Pause                          │ Extend
       └──────── Resume ──── PAUSED ◀─────┴────────────────────────────┘           WAITING ◀────────────┘

Stop before the first piece: STOPPED.  Failed, from anywhere: FAILED, from where Resume leads on.  A checkpoint that
cannot be written changes no status: the run goes on in memory and says so.  Arrays of a run that does nothing are let
go once they are on disk; `ReadDigits` brings them back with the digits.

No thread, no clock, no file: whoever has the record passes events in and carries the effects out, the scheduler for
the server and `local` for the command line.  What a person wants is passed in between two pieces: not while one is
computed, a snapshot is tested or the model is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from cnnviz.training.events import (
    Begin,
    Delete,
    DeleteFiles,
    DigitsReady,
    Effect,
    Event,
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
from cnnviz.training.run import Run, Status

SHORT_RUN = 100
"""Iterations; before that no checkpoint is written because of a snapshot: little would be lost."""
SAVE_EVERY_S = 10.0
"""A run is on disk as it was no longer than about that ago; between its snapshots, too."""
NEVER_BEGUN = "It was stopped before it began."


Effects = tuple[Effect, ...]
Outcome = tuple[Run, Effects]


def transition(run: Run, event: Event) -> Outcome:
    """What an event makes of a run.

    Args:
        run: the record.
        event: what has happened; one that says nothing to a run of its status changes nothing.

    Returns:
        the next record, with a higher revision when anything has changed but what is on disk, and what is to be done,
        in this order.
    """
    changed, effects = _HANDLERS[type(event)](run, event)
    if changed is not run and not isinstance(event, (Saved, NotSaved)):
        changed = dataclasses.replace(changed, revision=run.revision + 1)
    return changed, effects


def _begin(run: Run, _: Begin) -> Outcome:
    return run, (ReadDigits(),) if run.status is Status.WAITING else ()


def _digits_ready(run: Run, event: DigitsReady) -> Outcome:
    if not run.active:
        return run, ()
    if event.restored and run.state is None:
        run = _restored(run, event.restored)
    snapshots = {**event.snapshots, **run.snapshots}
    run = dataclasses.replace(run, n_validation=event.n_validation, snapshots=snapshots)
    return _go_on(_with_snapshot(run) if run.status is Status.TESTING else run)


def _restored(run: Run, of_file: Run) -> Run:
    """With the arrays of its checkpoint, and what was found out on the way to there, no more and no less."""
    scores = {**of_file.scores, **run.scores}
    run = dataclasses.replace(run, state=of_file.state, snapshots=of_file.snapshots, scores=scores)
    run = dataclasses.replace(run, checks=of_file.checks, final=of_file.final, timing=of_file.timing)
    return dataclasses.replace(run, target=run.iteration) if run.status is Status.TESTING else run


def _piece_sent(run: Run, _: PieceSent) -> Outcome:
    if run.status is not Status.WAITING:
        return run, ()
    return dataclasses.replace(run, status=Status.TRAINING), ()


def _piece_done(run: Run, event: PieceDone) -> Outcome:
    """The run is where the piece has brought it; one that has failed meanwhile keeps it for when it is resumed."""
    if run.status in (Status.FINISHED, Status.STOPPED) or event.state.iteration < run.iteration:
        return run, ()
    if run.state is None and run.kept:  # it failed and was let go meanwhile; the piece can be computed again
        return run, ()
    run = _taken(run, event)
    if not run.active:
        return run, ()
    if run.status is Status.WAITING:
        run = dataclasses.replace(run, status=Status.TRAINING)
    run, saves = _saved_in_time(run, event.now_s)
    run, effects = _go_on(run)
    return run, effects if run.status is Status.TESTING else (*saves, *effects)


def _taken(run: Run, event: PieceDone) -> Run:
    """With the piece's state, check and time, and a snapshot where one is planned."""
    state, timing, snapshots = event.state, run.timing, run.snapshots
    if run.iteration and state.iteration > run.iteration:  # the first piece compiles, so its time says nothing
        timing = timing.after(state.iteration - run.iteration, state.seconds - run.seconds)
    if run.is_planned_snapshot(state.iteration):
        snapshots = {**snapshots, state.iteration: state.weights}
    run = dataclasses.replace(run, state=state, timing=timing, snapshots=snapshots)
    if event.check:
        run = dataclasses.replace(run, checks=(*run.checks, event.check))
        if event.validation is Validation.ALL:
            run = dataclasses.replace(run, final=event.check)
    return run


def _saved_in_time(run: Run, now_s: float) -> Outcome:
    """A checkpoint at snapshots, unless hardly anything would be lost, and when the last one is some time ago."""
    if run.saved_s is None:
        run = dataclasses.replace(run, saved_s=now_s)
    at_snapshot = run.iteration >= SHORT_RUN and run.is_planned_snapshot(run.iteration)
    if at_snapshot or now_s - (run.saved_s or 0.0) > SAVE_EVERY_S:
        return dataclasses.replace(run, saved_s=now_s), (SaveCheckpoint(),)
    return run, ()


def _snapshot_tested(run: Run, event: SnapshotTested) -> Outcome:
    """A score stays true whatever becomes of the run: the weights at an iteration never change."""
    if event.iteration not in run.snapshot_iterations:
        return run, ()
    run = dataclasses.replace(run, scores={**run.scores, event.iteration: event.score})
    return _go_on(run) if run.status is Status.TESTING else (run, ())


def _written(run: Run, _: Written) -> Outcome:
    if run.status is not Status.TESTING:
        return run, ()
    last = run.scores[run.iteration]
    run = dataclasses.replace(run, status=Status.FINISHED, test=(last.correct, last.n), snapshots={}, scores={})
    return run, (SaveCheckpoint(),)


def _saved(run: Run, event: Saved) -> Outcome:
    """The arrays of a run that does nothing are on disk now, and take no memory."""
    run = dataclasses.replace(run, kept=event.kept, not_on_disk="")
    if run.on_disk and not run.active:
        run = dataclasses.replace(run, state=None, snapshots={})
    return run, ()


def _not_saved(run: Run, event: NotSaved) -> Outcome:
    return dataclasses.replace(run, not_on_disk=event.reason), ()


def _failed(run: Run, event: Failed) -> Outcome:
    """A run that has failed already is not saved again: it may be the saving that has failed."""
    saves = (SaveCheckpoint(),) if run.state and run.status is not Status.FAILED else ()
    return dataclasses.replace(run, status=Status.FAILED, reason=event.reason), saves


def _pause(run: Run, _: Pause) -> Outcome:
    if not run.active:
        return run, ()
    return dataclasses.replace(_with_snapshot(run), status=Status.PAUSED), (SaveCheckpoint(),) if run.state else ()


def _resume(run: Run, _: Resume) -> Outcome:
    if run.status not in (Status.PAUSED, Status.STOPPED, Status.FAILED):
        return run, ()
    return _waiting(run), (ReadDigits(),)


def _waiting(run: Run) -> Run:
    return dataclasses.replace(run, status=Status.WAITING, reason="", saved_s=None, interrupted=False)


def _stop(run: Run, _: Stop) -> Outcome:
    if run.status in (Status.FINISHED, Status.STOPPED):
        return run, ()
    if not run.begun:
        return dataclasses.replace(run, status=Status.STOPPED, reason=NEVER_BEGUN, interrupted=False), ()
    if run.status is Status.TESTING:
        return _go_on(_without_untested(run)) if run.state else (run, ())
    run = dataclasses.replace(_with_snapshot(_waiting(run)), status=Status.TESTING, target=run.iteration)
    return run, (SaveCheckpoint(), ReadDigits())


def _without_untested(run: Run) -> Run:
    """Without the snapshots that have not been tested, but with the last one."""
    snapshots = {i: weights for i, weights in run.snapshots.items() if i in run.scores or i == run.iteration}
    return dataclasses.replace(run, snapshots=snapshots)


def _extend(run: Run, event: Extend) -> Outcome:
    """Past the end of its schedule it cannot train; a run that is being tested is first to be finished."""
    if run.status is Status.TESTING or event.iterations > run.most_more:
        return run, ()
    run = dataclasses.replace(run, target=run.target_after(event.iterations))
    if run.active:
        return run, ()
    return _waiting(run), (ReadDigits(),)


def _delete(run: Run, _: Delete) -> Outcome:
    """A run that is waiting or training stays, also when it has become so since the page was drawn."""
    return run, () if run.status in (Status.WAITING, Status.TRAINING) else (DeleteFiles(),)


def _go_on(run: Run) -> Outcome:
    """The next thing to be done with an active run whose digits are there."""
    if run.status is Status.TESTING:
        return run, (_next_test(run),)
    if run.state and run.iteration >= run.target:
        run = dataclasses.replace(_with_snapshot(run), status=Status.TESTING)
        return run, (SaveCheckpoint(), _next_test(run))
    stop = run.next_stop()
    return run, (SendPiece(stop, _validation(run, stop)),)


def _next_test(run: Run) -> Effect:
    """What is left before the model can be written: the last check, then the last snapshot, then the others."""
    if run.n_validation and not (run.final and run.final.iteration == run.iteration):
        return SendPiece(run.iteration, Validation.ALL)
    untested = [i for i in (run.iteration, *run.snapshot_iterations) if i not in run.scores]
    return TestSnapshot(untested[0]) if untested else WriteModel()


def _validation(run: Run, stop: int) -> Validation:
    """Checks at snapshots and evenly between them; of the plan alone, so that they do not depend on the pieces."""
    if run.state is None:
        return Validation.NONE
    if stop == run.target:
        return Validation.ALL if run.n_validation else Validation.NONE
    due = run.is_planned_snapshot(stop) or stop % run.check_every == 0
    return Validation.SUBSET if due else Validation.NONE


def _with_snapshot(run: Run) -> Run:
    """With a snapshot of where it stands."""
    if run.state is None:
        return run
    return dataclasses.replace(run, snapshots={**run.snapshots, run.iteration: run.state.weights})


_HANDLERS: dict[type[Event], Callable[[Run, Any], Outcome]] = {
    Begin: _begin,
    DigitsReady: _digits_ready,
    PieceSent: _piece_sent,
    PieceDone: _piece_done,
    SnapshotTested: _snapshot_tested,
    Written: _written,
    Saved: _saved,
    NotSaved: _not_saved,
    Failed: _failed,
    Pause: _pause,
    Resume: _resume,
    Stop: _stop,
    Extend: _extend,
    Delete: _delete,
}
