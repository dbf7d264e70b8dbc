"""A model's card: what is known of a trained network, as JSON that is checked when it is read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import Recipe

FORMAT = 1
RENAMED_FIELDS = {"hold_back": "keep_validation"}


class BrokenModel(ValueError):
    """A model that cannot be trusted; the message names the file, what was expected and what was found."""


@dataclass(frozen=True)
class Snapshot:
    """A network at one moment of its training, with its result on the test digits."""

    iteration: int
    file: str
    sha256: str
    correct: int
    n: int

    @property
    def accuracy(self) -> float:
        """Share of the test digits read right, in [0, 1]."""
        return self.correct / self.n


@dataclass(frozen=True)
class Elsewhere:
    """How a network does on digits that are not its test digits, e.g. drawn by other hands.

    Attributes:
        digits: what they are.
        correct, n: digits read right, and all of them.
        refused: of each true digit, how many were called no digit.
        confusion_matrix: of the others; row = true, column = predicted.
        words: what is left, and why.
    """

    digits: str
    correct: int
    n: int
    refused: tuple[int, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    words: str


@dataclass(frozen=True)
class Card:
    """What is known of a shipped or trained network.

    Attributes:
        name: the folder's name when it was written.
        network, recipe, seed: what was trained, how, and from which chance.
        digits: name of the training digits, e.g. "MNIST train", and n_train of them.
        test_digits: name of the test digits.
        seconds: time that training took.
        versions: of Python and of the libraries.
        confusion_matrix: of the last snapshot on the test digits; row = true, column = predicted.
        snapshots: ordered by iteration; the last is the finished network.
        elsewhere: results on other digits; a card need not have any.
    """

    name: str
    network: NetworkConfig
    recipe: Recipe
    seed: int
    digits: str
    n_train: int
    test_digits: str
    seconds: float
    versions: Mapping[str, str]
    confusion_matrix: tuple[tuple[int, ...], ...]
    snapshots: tuple[Snapshot, ...]
    elsewhere: tuple[Elsewhere, ...] = ()

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
        content = json.loads(path.read_text("utf-8"))
        stated, card = content.pop("seal"), content
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenModel(f"{path}: expected a model card in JSON, found something else ({error}).") from None
    if _seal(card) != stated:
        raise BrokenModel(f"{path}: its figures do not belong to its weights; the card was changed after training.")
    try:
        if card["format"] != FORMAT:
            raise BrokenModel(f"{path}: expected format {FORMAT}, found {card['format']}.")
        found = _card_from(card)
        _check_figures(path, found)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenModel(f"{path}: expected a complete model card. {error}") from None
    return found


def network_from(content: Mapping[str, Any]) -> NetworkConfig:
    """The configuration that `dataclasses.asdict` wrote.

    Raises:
        TypeError, KeyError, ValueError: when a field is missing, unknown or out of range.
    """
    convolutions = tuple(Convolution(**c) for c in content["convolutions"])
    return NetworkConfig(**{**content, "convolutions": convolutions, "dense": tuple(content["dense"])})


def recipe_from(content: Mapping[str, Any]) -> Recipe:
    """The recipe that `dataclasses.asdict` wrote, today or under the names of format 1."""
    values = {RENAMED_FIELDS.get(name, name): value for name, value in content.items() if name != "hands"}
    return Recipe(**values | ({"loss": "outlier_exposure"} if values.get("loss") == "exposure" else {}))


def _card_from(content: Mapping[str, Any]) -> Card:
    content = {"elsewhere": (), **content}
    values = {field.name: content[field.name] for field in dataclasses.fields(Card)}
    values["elsewhere"] = tuple(_elsewhere_from(entry) for entry in content["elsewhere"])
    values["network"] = network_from(content["network"])
    values["recipe"] = recipe_from(content["recipe"])
    fields = [field.name for field in dataclasses.fields(Snapshot)]
    values["snapshots"] = tuple(Snapshot(**{name: s[name] for name in fields}) for s in content["snapshots"])
    values["confusion_matrix"] = tuple(tuple(row) for row in content["confusion_matrix"])
    return Card(**values)


def _elsewhere_from(content: Mapping[str, Any]) -> Elsewhere:
    rows = tuple(tuple(row) for row in content["confusion_matrix"])
    return Elsewhere(**{**content, "refused": tuple(content["refused"]), "confusion_matrix": rows})


def _check_figures(path: Path, card: Card) -> None:
    matrix = np.array(card.confusion_matrix)
    if not card.snapshots or matrix.shape != (10, 10) or matrix.dtype.kind != "i" or matrix.min() < 0:
        raise BrokenModel(f"{path}: expected snapshots and a 10×10 confusion matrix of counts.")
    if (matrix.trace(), matrix.sum()) != (card.last.correct, card.last.n):
        raise BrokenModel(
            f"{path}: expected {card.last.correct} of {card.last.n} right, as the last snapshot has it; "
            f"the confusion matrix counts {matrix.trace()} of {matrix.sum()}."
        )
    for other in card.elsewhere:
        counts = np.array(other.confusion_matrix)
        if counts.shape != (10, 10) or (counts.trace(), counts.sum() + sum(other.refused)) != (other.correct, other.n):
            raise BrokenModel(f"{path}: the figures for {other.digits} do not agree with their confusion matrix.")
    for snapshot in card.snapshots:
        if Path(snapshot.file).name != snapshot.file or not 0 <= snapshot.correct <= snapshot.n:
            raise BrokenModel(f"{path}: the snapshot at iteration {snapshot.iteration} is not plausible.")


def _seal(card: Mapping[str, Any]) -> str:
    """SHA-256 of the card's content, hashes of the weights included: it ties the figures to the files."""
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()


def weights_file(iteration: int) -> str:
    """File name of a snapshot."""
    return f"weights-{iteration:06d}.npz"


def card_json(card: Card) -> str:
    """The card as it is written, sealed."""
    content: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(card)}
    if not card.elsewhere:
        del content["elsewhere"]
    content["seconds"] = round(card.seconds, 2)
    content["accuracy"] = card.last.accuracy
    for entry, snapshot in zip(content["snapshots"], card.snapshots, strict=True):
        entry["accuracy"] = snapshot.accuracy
    content = json.loads(json.dumps(content))
    text = json.dumps({**content, "seal": _seal(content)}, indent=1)
    return re.sub(r"\[[\d\s,]+\]", lambda row: " ".join(row.group().split()), text) + "\n"  # a row of counts, a line
