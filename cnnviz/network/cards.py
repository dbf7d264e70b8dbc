"""A model's card: what is known of a trained network, as JSON that is checked when it is read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from cnnviz.files import FileError, read_bounded
from cnnviz.network.config import NetworkConfig
from cnnviz.network.counts import Count, Share, Total
from cnnviz.network.presets import Recipe, Seed
from cnnviz.network.reliability import Reliability
from cnnviz.validation import expected, from_content, quoted, validated

FORMAT = 2
MAX_BYTES = 1_000_000
"""Of a card's file."""
UNLIKE_A_CARD = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What is raised when JSON of another form, or nested without end, is taken for a card."""
ROW_OF_NUMBERS, LOG_LINE = r"\[[\d\s,.e+-]+\]", r"\[\s*\d+(?:,\s*(?:null|[\d.e+-]+|\[[\d ,]+\])){4}\s*\]"
"""What stands in one line of a card's file each."""
MAX_SECONDS = 1e9

Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS), expected(f"seconds in [0, {MAX_SECONDS:g}]")]
Counts = Annotated[tuple[Count, ...], Field(min_length=10, max_length=10)]
ConfusionMatrix = Annotated[tuple[Counts, ...], Field(min_length=10, max_length=10)]
Text = Annotated[
    str,
    Field(max_length=10_000, pattern=r"\A[^\x00]*\z"),
    expected("a text of at most 10,000 characters, none of them NUL"),
]
Finite = Annotated[float, Field(allow_inf_nan=False), expected("a finite number")]
MAX_LOG = 1000
"""Lines of a training log in a card."""
Sha256 = Annotated[str, Field(pattern=r"\A([0-9a-f]{64})?\z"), expected("a SHA-256, 64 digits of 0 to f")]


class BrokenModel(ValueError):
    """A model that cannot be trusted; the message names the file, what was expected and what was received."""


@validated
@dataclass(frozen=True)
class Snapshot:
    """A network after some iterations of its training, with its result on the test digits.

    Attributes:
        iteration: steps of training before it.
        file: name of the weights' file in the model's folder, see `weights_file`.
        sha256: of that file; "" until it is written.
        correct, n: test digits read right, and all of them.
    """

    iteration: Count
    file: Text
    sha256: Sha256
    correct: Count
    n: Total

    @property
    def accuracy(self) -> float:
        """Share of the test digits read right, in [0, 1]."""
        return self.correct / self.n


@validated
@dataclass(frozen=True)
class OtherTestSet:
    """How a network does on digits that are not its test digits, e.g. by other writers.

    Attributes:
        name: what they are.
        correct, n: digits read right, and all of them.
        refused: of each true digit, how many were called no digit.
        confusion_matrix: of the others; row = true, column = predicted.
        remarks: what is misread, and why.
        reliability: how sure it was of those that it did not call no digit, and how often right; cards of before
            2026-12 have none.
    """

    name: Text
    correct: Count
    n: Total
    refused: Counts
    confusion_matrix: ConfusionMatrix
    remarks: Text
    reliability: Reliability | None = None


@validated
@dataclass(frozen=True)
class OutlierSet:
    """How many of some drawings that are no digits a network calls no digit.

    Attributes:
        name: what they are.
        refused, n: drawings that it calls no digit, and all of them.
        is_learnt: whether it has learnt from other drawings of the same, as examples of no digit.
    """

    name: Text
    refused: Count
    n: Total
    is_learnt: bool


@validated
@dataclass(frozen=True)
class LogLine:
    """What was measured at one iteration of a training; None where something was not.

    Attributes:
        iteration: steps done.
        training_accuracy: of the batch of this step, after the step and with nothing dropped.
        loss: of the same batch before the step, with dropout, as the recipe has it: a mean over the batch, or a sum.
        validation: validation digits read right, and how many were read.
        test: the same of test digits.
    """

    iteration: Count
    training_accuracy: Share | None = None
    loss: Finite | None = None
    validation: tuple[Count, Total] | None = None
    test: tuple[Count, Total] | None = None


@validated
@dataclass(frozen=True)
class Card:
    """What is known of a shipped or trained network.

    Attributes:
        name: the folder's name when it was written.
        network, recipe, seed: what was trained, how, and from which seed.
        digits: name of the training digits, e.g. "MNIST train", and n_train of them.
        test_digits: name of the test digits.
        seconds: time that training took.
        versions: of Python and of the libraries.
        confusion_matrix: of the last snapshot on the test digits; row = true, column = predicted.
        snapshots: ordered by iteration; the last is the finished network.
        other_test_sets: results on other digits; a card need not have any.
        outlier_sets: results on what is no digit; a card need not have any.
        log: what was measured on the way, ordered by iteration; cards of before 2026-12 have none.
        least_energy: of which few validation digits have less at the end, so that a drawing with less is called no
            digit (see `drawing.rejection`); cards of before 2026-12 have none, nor has a network without validation
            digits.
    """

    name: Text
    network: NetworkConfig
    recipe: Recipe
    seed: Seed
    digits: Text
    n_train: Total
    test_digits: Text
    seconds: Seconds
    versions: Mapping[Text, Text]
    confusion_matrix: ConfusionMatrix
    snapshots: tuple[Snapshot, ...]
    other_test_sets: tuple[OtherTestSet, ...] = ()
    log: Annotated[tuple[LogLine, ...], Field(max_length=MAX_LOG)] = ()
    least_energy: Finite | None = None
    outlier_sets: tuple[OutlierSet, ...] = ()

    @property
    def last(self) -> Snapshot:
        """The finished network."""
        return self.snapshots[-1]


def parse(path: Path) -> Card:
    """Read a card and check that it is complete and that its figures agree.

    Raises:
        BrokenModel: when it is not.
    """
    try:
        content = json.loads(read_bounded(path, MAX_BYTES, follow_links=False).decode("utf-8"))
        stated = content.pop("checksum" if "checksum" in content else "seal")
        computed = _checksum(content)
    except FileError as error:
        raise BrokenModel(str(error)) from None
    except UNLIKE_A_CARD as error:
        raise BrokenModel(f"{path}: expected a model card in JSON, found something else ({error}).") from None
    if computed != stated:
        raise BrokenModel(f"{path}: its figures do not belong to its weights; the card was changed after training.")
    try:
        card = from_content(Card, _fields(path, content))
        _check_figures(path, card)
    except BrokenModel:
        raise
    except UNLIKE_A_CARD as error:
        raise BrokenModel(f"{path}: expected a complete model card. {error}") from None
    return card


def network_from(content: Mapping[str, Any]) -> NetworkConfig:
    """The configuration that `dataclasses.asdict` wrote.

    Raises:
        ValueError: when a field is missing, unknown or out of range.
    """
    return from_content(NetworkConfig, content)


def recipe_from(content: Mapping[str, Any]) -> Recipe:
    """The recipe that `dataclasses.asdict` wrote, today or under the names of format 1.

    Raises:
        ValueError: when a field is missing, unknown or out of range.
    """
    return from_content(Recipe, _recipe_of_format_1(content))


def _fields(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """A card's content as the fields of `Card`: in today's names, and without what is computed from other fields."""
    if type(content["format"]) is not int or content["format"] not in (1, FORMAT):
        raise BrokenModel(f"{path}: expected format {FORMAT} or 1, found {quoted(content['format'])}.")
    current = _of_format_1(content) if content["format"] == 1 else content
    fields = {name: value for name, value in current.items() if name not in ("format", "accuracy")}
    names = [field.name for field in dataclasses.fields(LogLine)]
    if "log" in current:
        fields["log"] = [dict(zip(names, values, strict=True)) for values in current["log"]]
    fields["snapshots"] = [
        {name: value for name, value in entry.items() if name != "accuracy"} for entry in current["snapshots"]
    ]
    return fields


def _of_format_1(content: Mapping[str, Any]) -> dict[str, Any]:
    """A card of format 1, as networks trained until 2025 have it, in the names of format 2."""
    renamed = {**content, "recipe": _recipe_of_format_1(content["recipe"])}
    names = {"digits": "name", "words": "remarks"}
    renamed["other_test_sets"] = [
        {names.get(name, name): value for name, value in entry.items()} for entry in renamed.pop("elsewhere", [])
    ]
    return renamed


def _recipe_of_format_1(content: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe in the names of format 2; `hands` followed from the loss."""
    names = {"hold_back": "keep_validation"}
    recipe = {names.get(name, name): value for name, value in content.items() if name != "hands"}
    return recipe | ({"loss": "outlier_exposure"} if recipe.get("loss") == "exposure" else {})


def _check_figures(path: Path, card: Card) -> None:
    """Compare the figures with each other."""
    if not card.snapshots:
        raise BrokenModel(f"{path}: expected snapshots and a 10×10 confusion matrix of counts.")
    matrix = np.array(card.confusion_matrix)
    if (matrix.trace(), matrix.sum()) != (card.last.correct, card.last.n):
        raise BrokenModel(
            f"{path}: expected {card.last.correct} of {card.last.n} right, as the last snapshot has it; "
            f"the confusion matrix counts {matrix.trace()} of {matrix.sum()}."
        )
    for other in card.other_test_sets:
        counts = np.array(other.confusion_matrix)
        if (counts.trace(), counts.sum() + sum(other.refused)) != (other.correct, other.n):
            raise BrokenModel(f"{path}: the figures for {quoted(other.name)} do not agree with their confusion matrix.")
        if other.reliability and not _agrees(other.reliability, other):
            raise BrokenModel(f"{path}: how sure it was of {quoted(other.name)} does not agree with the other figures.")
    for outliers in card.outlier_sets:
        if outliers.refused > outliers.n:
            raise BrokenModel(f"{path}: it refuses more of {quoted(outliers.name)} than there are.")
    before = -1
    for snapshot in card.snapshots:
        in_order, before = snapshot.iteration > before, snapshot.iteration
        if not in_order or snapshot.file != weights_file(snapshot.iteration) or snapshot.correct > snapshot.n:
            raise BrokenModel(f"{path}: the snapshot at iteration {snapshot.iteration} is not plausible.")
    _check_log(path, card)


def _agrees(counted: Reliability, other: OtherTestSet) -> bool:
    """Whether all answers are in the bins, and as many of them right."""
    covers_all = (counted.edges[0], counted.edges[-1]) == (0, 1)
    return covers_all and (counted.n_right, counted.n) == (other.correct, other.n - sum(other.refused))


def _check_log(path: Path, card: Card) -> None:
    """Compare the lines of the log with the snapshots, and with each other."""
    at = [line.iteration for line in card.log]
    counts = [count for line in card.log for count in (line.validation, line.test) if count]
    if at != sorted(set(at)) or any(correct > n for correct, n in counts):
        raise BrokenModel(f"{path}: its training log is not plausible.")
    tested = {snapshot.iteration: (snapshot.correct, snapshot.n) for snapshot in card.snapshots}
    for line in card.log:
        if line.test and line.test != tested.get(line.iteration, line.test):
            raise BrokenModel(f"{path}: its training log and the snapshot at iteration {line.iteration} do not agree.")


def _checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 of the card's content, hashes of the weights included: it ties the figures to the files."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def weights_file(iteration: int) -> str:
    """File name of a snapshot."""
    return f"weights-{iteration:06d}.npz"


def card_json(card: Card) -> str:
    """The card as it is written, with its checksum."""
    content: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(card)}
    for entry in content["other_test_sets"]:
        if entry["reliability"] is None:
            del entry["reliability"]
    if card.log:
        content["log"] = [dataclasses.astuple(line) for line in card.log]
    for name in ("other_test_sets", "log", "least_energy", "outlier_sets"):  # what a card need not have
        if content[name] in ((), [], None):
            del content[name]
    content["seconds"] = round(card.seconds, 2)
    content["accuracy"] = card.last.accuracy
    for entry, snapshot in zip(content["snapshots"], card.snapshots, strict=True):
        entry["accuracy"] = snapshot.accuracy
    content = json.loads(json.dumps(content))
    text = json.dumps({**content, "checksum": _checksum(content)}, indent=1)
    for pattern in (ROW_OF_NUMBERS, LOG_LINE):
        text = re.sub(pattern, lambda row: " ".join(row.group().split()), text)
    return text + "\n"
