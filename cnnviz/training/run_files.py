"""What a scheduler's threads read and write of runs; what comes of it is an event."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path

from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.training import checkpoints, events
from cnnviz.training.events import Event
from cnnviz.training.pieces import Digits, load_digits
from cnnviz.training.run import Kept, Run

NOT_SAVED = "{file} could not be written: {reason}."
NOT_WRITTEN = "Its network is not on disk, {folder} could not be written: {reason}. Resume writes it again."


class RunFiles:
    """The files of runs, and the digits that they learn from.

    Args:
        root: folder for the runs' files and for the networks that come of them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._shared_digits: weakref.WeakValueDictionary[tuple[Source, bool], Digits] = weakref.WeakValueDictionary()

    def path(self, name: str) -> Path:
        """The file of a run's checkpoint."""
        return checkpoints.run_file(self._root / name)

    def digits(self, run: Run) -> Digits:
        """The digits of a run; runs that learn from the same have the same arrays.

        Raises:
            DataError: when a file is missing or damaged.
        """
        key = (run.source, run.plan.recipe.keep_validation)
        with self._lock:
            shared = self._shared_digits.get(key)
        digits = shared or load_digits(*key)
        with self._lock:
            return self._shared_digits.setdefault(key, digits)

    def read(self, run: Run, digits: Digits) -> Event:
        """What a run goes on from, beside its digits.

        Raises:
            BrokenModel: when its checkpoint cannot be read.
        """
        snapshots = checkpoints.model_snapshots(self._root / run.name)
        restored = checkpoints.read(self.path(run.name))[0] if run.kept and not run.state else None
        return events.DigitsReady(len(digits.validation) if digits.validation else 0, snapshots, restored)

    def save(self, run: Run | None) -> Event | None:
        """Write a run's checkpoint; None where there is nothing to be written."""
        if run is None or run.state is None or run.on_disk:
            return None
        path = self.path(run.name)
        try:
            checkpoints.write(path, run)
        except OSError as error:
            return events.NotSaved(NOT_SAVED.format(file=path, reason=error.strerror or error))
        return events.Saved(Kept(run.iteration, run.seconds, run.snapshot_iterations, run.revision))

    def write(self, run: Run) -> Event:
        """Write the network that has come of a run, over the one that it wrote before."""
        folder = self._root / run.name
        replace = store.open_model(folder).card is not None
        try:
            checkpoints.write_model(folder, run, self.digits(run), replace=replace)
        except OSError as error:
            return events.Failed(NOT_WRITTEN.format(folder=folder, reason=error.strerror or error))
        return events.Written()

    def delete(self, name: str) -> None:
        """Take away a run's checkpoint and its network."""
        self.path(name).unlink(missing_ok=True)
        store.delete(self._root / name)
