"""What can happen to a run, and what is then to be done: the words between `lifecycle` and who carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cnnviz.analysis.evaluation import Score
from cnnviz.network.weights import Weights
from cnnviz.training.advance import RunState
from cnnviz.training.run import Check, Kept, Run


class Validation(Enum):
    """The digits that a piece ends with a check on.

    A subset of the validation digits and one of the test digits, or all validation digits: all test digits come after.
    """

    NONE = "none"
    SUBSET = "subset"
    ALL = "all"


# Events


@dataclass(frozen=True)
class Begin:
    """The run is new."""


@dataclass(frozen=True, eq=False)
class DigitsReady:
    """Its digits have been read.

    Attributes:
        n_validation: how many validation digits there are.
        snapshots: weights by iteration that stand in the model which it wrote before.
        restored: the run as its checkpoint has it, where its arrays were not in memory.
    """

    n_validation: int = 0
    snapshots: Mapping[int, Weights] = field(default_factory=dict)
    restored: Run | None = None


@dataclass(frozen=True)
class PieceSent:
    """A worker has got its next piece."""


@dataclass(frozen=True, eq=False)
class PieceDone:
    """A piece has come back.

    Attributes:
        state: where the run stands now.
        check: what the piece ended with, if anything.
        validation: the digits of that check.
        now_s: time, in seconds since anything.
    """

    state: RunState
    check: Check | None = None
    validation: Validation = Validation.NONE
    now_s: float = 0.0


@dataclass(frozen=True, eq=False)
class SnapshotTested:
    """A snapshot has read the test digits."""

    iteration: int
    score: Score


@dataclass(frozen=True)
class Written:
    """The model is on disk."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint has been written."""

    kept: Kept


@dataclass(frozen=True)
class NotSaved:
    """A checkpoint could not be written; the reason is a sentence."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """Something that was to be done could not be done; the reason is a sentence."""

    reason: str


@dataclass(frozen=True)
class Pause:
    """A person wants to hold it."""


@dataclass(frozen=True)
class Resume:
    """A person wants it to go on."""


@dataclass(frozen=True)
class Stop:
    """A person wants it to end where it stands: what it has learnt becomes a model."""


@dataclass(frozen=True)
class Extend:
    """A person wants it to train for some iterations more."""

    iterations: int


@dataclass(frozen=True)
class Delete:
    """A person wants it gone, and the model that came of it."""


Event = (
    Begin
    | DigitsReady
    | PieceSent
    | PieceDone
    | SnapshotTested
    | Written
    | Saved
    | NotSaved
    | Failed
    | Pause
    | Resume
    | Stop
    | Extend
    | Delete
)


# Effects


@dataclass(frozen=True)
class ReadDigits:
    """Read its digits, and its checkpoint where its arrays are not in memory; `DigitsReady` follows."""


@dataclass(frozen=True)
class SendPiece:
    """When it has its turn, train to an iteration and check it there; `PieceDone` follows, there or earlier."""

    stop: int
    validation: Validation


@dataclass(frozen=True)
class TestSnapshot:
    """When it has its turn, test one snapshot; `SnapshotTested` follows."""

    __test__ = False  # pytest takes it for a test otherwise
    iteration: int


@dataclass(frozen=True)
class SaveCheckpoint:
    """Write the record to its file, as it is by then; `Saved` or `NotSaved` follows."""


@dataclass(frozen=True)
class WriteModel:
    """Write the model, over the one that it wrote before; `Written` follows."""


@dataclass(frozen=True)
class DeleteFiles:
    """Forget the record; take its checkpoint and its model away."""


Effect = ReadDigits | SendPiece | TestSnapshot | SaveCheckpoint | WriteModel | DeleteFiles
