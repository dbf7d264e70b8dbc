"""`predict`: a model reads pictures."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cnnviz.analysis import inspection
from cnnviz.commands import common
from cnnviz.drawing import pictures, reading, rejection
from cnnviz.drawing.preparation import Preparation, prepare
from cnnviz.network.weights import Network

PREDICT_BATCH = 512
REASONS = {
    "empty": "there is no ink",
    "dot": "a dot",
    "full": "nearly everything is ink",
    "many": "several things side by side",
    "unlike": "not like the digits that the network has learnt from",
}


def predict(args: argparse.Namespace) -> int:
    """Print an answer for every picture; one that cannot be read is named and makes the status BAD_INPUT."""
    model = common.open_model(args.model)
    network = common.network(model)
    status = 0
    for start in range(0, len(args.images), PREDICT_BATCH):
        answers, unreadable = _answers(network, model.least_energy, args.images[start : start + PREDICT_BATCH])
        status |= unreadable
        for answer in answers:
            print(json.dumps(dataclasses.asdict(answer)) if args.json else _in_words(answer))
    return status


@dataclasses.dataclass(frozen=True)
class _Answer:
    """What is printed of one picture; without ink there are no probabilities."""

    image: str
    digit: int | None
    probabilities: list[float] | None
    reason: str | None


def _answers(network: Network, least_energy: float | None, paths: list[Path]) -> tuple[list[_Answer], int]:
    """An answer for every picture that could be opened, and the status: BAD_INPUT when one could not."""
    preparations: list[tuple[Path, Preparation | None]] = []
    status = 0
    for path in paths:
        try:
            preparation = _prepare(path)
        except pictures.ImageError as error:
            print(error, file=sys.stderr)
            status = common.BAD_INPUT
            continue
        preparations.append((path, preparation))
    images = [preparation.centred for _, preparation in preparations if preparation]
    outputs = inspection.activations(network, np.stack(images)[..., None]) if images else {}
    rows = iter(range(len(images)))
    answers = []
    for path, preparation in preparations:
        row = next(rows) if preparation else -1
        output_of = {name: output[row] for name, output in outputs.items()} if preparation else {}
        answers.append(_answer(path, preparation, output_of, least_energy))
    return answers, status


def _prepare(path: Path) -> Preparation | None:
    """A picture on its way to the network; None when there is no ink in it.

    Raises:
        ImageError: when it cannot be read.
    """
    try:
        return prepare(reading.read_ink(pictures.open_image(path, str(path)), str(path)))
    except pictures.NoInkError:
        return None


def _answer(
    path: Path, preparation: Preparation | None, outputs: Mapping[str, np.ndarray], least_energy: float | None
) -> _Answer:
    """What a picture is read as; `outputs` is what each layer made of it, without a batch axis."""
    if preparation is None:
        return _Answer(str(path), None, None, "empty")
    refusal = rejection.refuse(preparation, outputs, least_energy)
    digit = None if refusal else int(outputs["softmax"].argmax())
    rounded = [round(float(prob), 6) for prob in outputs["softmax"]]
    return _Answer(str(path), digit, rounded, refusal.reason if refusal else None)


def _in_words(answer: _Answer) -> str:
    if answer.digit is None:
        return f"{answer.image}: no digit here ({REASONS[answer.reason or 'empty']})"
    return f"{answer.image}: {answer.digit} ({max(answer.probabilities or [0]):.1%})"
