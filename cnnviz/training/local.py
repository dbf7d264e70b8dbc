"""A run taken through its life in this process, one effect after another, as the command line does it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from cnnviz.network import store
from cnnviz.training import advance, checkpoints, events, pieces
from cnnviz.training.events import Effect, Event, SendPiece, Validation
from cnnviz.training.lifecycle import transition
from cnnviz.training.pieces import Digits
from cnnviz.training.run import Run, Status


class LocalRun:
    """A run that nobody but its owner sees.

    Args:
        folder: the model's.
        run: the record, new or as it was kept.
        digits: what it learns from and is tested on.

    Attributes:
        saved_at: iteration that the file has from which it can be resumed; None when there is none.
        not_saved: why the last attempt to write that file has failed; "" when it has not. It is tried again.
    """

    def __init__(self, folder: Path, run: Run, digits: Digits) -> None:
        self.folder, self.run, self.digits = folder, run, digits
        self.saved_at = run.iteration if run.state else None
        self.not_saved = ""
        self._every = advance.measured_every(run.plan.recipe.iterations)

    def steps(self) -> Iterator[Run]:
        """Take it to its end, which writes the model.

        Yields:
            the record after iteration 1, then after every 100 (every 10 of a short run), and when training has ended.

        Raises:
            TrainingDiverged: when a loss is not finite.
            OSError: when the model cannot be written.
        """
        new = self.run.status is Status.WAITING
        happening: deque[Event] = deque([events.Begin() if new else events.Resume()])
        while happening:
            before = self.run.iteration
            self.run, effects = transition(self.run, happening.popleft())
            if self.run.iteration > before and self._reports(self.run.iteration):
                yield self.run
            happening.extend(event for effect in effects if (event := self._carry_out(effect)))

    def save(self) -> None:
        """Keep it as it stands, or remember why not; the file that was there stays."""
        try:
            checkpoints.write(checkpoints.run_file(self.folder), self.run, of_server=False)
        except OSError as error:
            self.not_saved = error.strerror or str(error)
        else:
            self.not_saved = ""
            self.saved_at = self.run.iteration if self.run.state else None

    def _reports(self, iteration: int) -> bool:
        return iteration in (1, self.run.target) or iteration % self._every == 0

    def _carry_out(self, effect: Effect) -> Event | None:
        match effect:
            case events.ReadDigits():
                return events.DigitsReady(len(self.digits.validation) if self.digits.validation else 0)
            case events.SendPiece():
                return self._train(effect)
            case events.TestSnapshot():
                weights = self.run.snapshots[effect.iteration]
                score = pieces.examine(self.run.plan.network, weights, self.digits.test)
                return events.SnapshotTested(effect.iteration, score)
            case events.SaveCheckpoint() if self.run.status is Status.FINISHED:
                store.delete_file(checkpoints.run_file(self.folder))
            case events.SaveCheckpoint():
                self.save()
            case events.WriteModel():
                checkpoints.write_model(self.folder, self.run, self.digits)
                return events.Written()
        return None

    def _train(self, work: SendPiece) -> Event:
        """Train to an iteration, or only to the next one that is reported."""
        state = self.run.state
        if state is None:
            plan = self.run.plan
            return events.PieceDone(advance.start(plan.network, plan.recipe, plan.seed), now_s=time.monotonic())
        at = state.iteration
        report = 1 if at == 0 else (at // self._every + 1) * self._every
        stop = min(work.stop, report)
        of = work.validation if stop == work.stop else Validation.NONE
        state, check = pieces.piece(state, self.digits.train, *pieces.checked(self.digits, of), stop - at)
        return events.PieceDone(state, check, of, time.monotonic())
