"""How sure networks are and how often they are right, on MNIST and on recorded pen digits.

    CNNVIZ_DATA=… CNNVIZ_STROKES=strokes.jsonl.gz python benchmarks/recordings.py [NAME ...] [--write]

The recordings are lines of JSON with "digit" and "strokes", lists of points. Each digit is put on a canvas of 280
pixels, its longer side 35 to 85 % of what the pen can reach, and drawn with a pen of 24. Prints for each network what
its card can hold of the recordings; `--write` puts it there, in place of an entry of that name.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.analysis import calibration, evaluation
from cnnviz.data import dataset
from cnnviz.drawing import rejection, strokes
from cnnviz.drawing.preparation import Preparation, prepare
from cnnviz.files import write_atomically
from cnnviz.network import store
from cnnviz.network.cards import OtherTestSet, card_json

PEN_PX = 24
SHARES = (0.35, 0.85)
"""Longer side of a digit as a share of what the pen can reach, so that its ink stays on the canvas."""
NAME = "{n:,} recorded pen digits of 30 writers, drawn on a canvas of 280 pixels with a 24-pixel pen"
Read = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Logits (n, 10), labels (n,), and which ones are called no digit, bool (n,)."""


def records_of(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of recordings."""
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def recorded(path: Path, rng: np.random.Generator) -> tuple[list[Preparation], np.ndarray]:
    """Every recording as it stands on the canvas, prepared; and the digits that they are."""
    records = records_of(path)
    found = [prepare(strokes.redraw(placed(record["strokes"], rng), PEN_PX)) for record in records]
    kept = [(each, record["digit"]) for each, record in zip(found, records, strict=True) if each is not None]
    return [each for each, _ in kept], np.array([digit for _, digit in kept])


def placed(
    lines: Sequence[Sequence[Sequence[float]]],
    rng: np.random.Generator,
    pen_px: int = PEN_PX,
    shares: tuple[float, float] = SHARES,
) -> list[np.ndarray]:
    """A recording's lines at some size and place on the canvas where the pen stays on it."""
    points = [np.array(line, np.float64) for line in lines]
    low, high = np.concatenate(points).min(axis=0), np.concatenate(points).max(axis=0)
    room = strokes.SIDE_PX - pen_px
    scale = rng.uniform(*shares) * room / max((high - low).max(), 1)
    corner = pen_px / 2 + rng.uniform(0, 1, 2) * (room - (high - low) * scale)
    return [(line - low) * scale + corner for line in points]


def read(model: store.Model, preparations: Sequence[Preparation], labels: np.ndarray) -> Read:
    """What a model makes of the recordings."""
    network = store.load(model)
    images = np.stack([each.centred for each in preparations])[..., None]
    logits = evaluation.logits(network, images)
    refused = [
        rejection.refuse(each, {"logits": of_it}, model.least_energy) is not None
        for each, of_it in zip(preparations, logits, strict=True)
    ]
    return logits, labels, np.array(refused)


def other_test_set(found: Read, before: OtherTestSet | None = None) -> OtherTestSet:
    """What a card can hold of it; the remarks are those that it had."""
    logits, labels, refused = found
    probs, digits = calibration.with_temperature(logits[~refused], 1), labels[~refused]
    score, counted = evaluation.score(digits, probs), calibration.reliability(probs, digits)
    return OtherTestSet(
        NAME.format(n=len(labels)),
        score.correct,
        len(labels),
        tuple(np.bincount(labels[refused], minlength=10).tolist()),
        tuple(tuple(row) for row in score.confusion.tolist()),
        before.remarks if before else "",
        dataclasses.replace(counted, confidence_sums=tuple(round(each, 3) for each in counted.confidence_sums)),
    )


def put(model: store.Model, measured: OtherTestSet) -> None:
    """Write it into a model's card, in place of an entry of that name; its checksum is computed anew."""
    if model.card is None:
        raise ValueError(model.reason)
    others = [other for other in model.card.other_test_sets if other.name != measured.name]
    card = dataclasses.replace(model.card, other_test_sets=(*others, measured))
    write_atomically(model.folder / "card.json", card_json(card).encode())


def judged(logits: np.ndarray, labels: np.ndarray, t: float) -> dict[str, float]:
    """Accuracy, calibration error and loss with a temperature, the first two in percent."""
    counted = calibration.reliability(calibration.with_temperature(logits, t), labels)
    return {
        "accuracy": round(100 * counted.n_right / counted.n, 2),
        "confidence": round(100 * counted.confidence, 2),
        "ECE": round(100 * calibration.expected_calibration_error(counted), 2),
        "negative log-likelihood": round(calibration.negative_log_likelihood(logits, labels, t), 4),
    }


def report(model: store.Model, measured: OtherTestSet, found: Read, source: dataset.Source) -> dict[str, Any]:
    """The figures of a model on MNIST and on the recordings, as it is and with the fitted temperature."""
    network = store.load(model)
    validation, test = dataset.load(source, "validation"), dataset.load(source, "test")
    t = calibration.fit_temperature(evaluation.logits(network, validation.images), validation.labels)
    logits, labels, refused = found
    sets = {
        test.name: (evaluation.logits(network, test.images), test.labels),
        "recorded": (logits[~refused], labels[~refused]),
    }
    figures = {name: {f"T = {each:.3f}": judged(*of_set, each) for each in (1.0, t)} for name, of_set in sets.items()}
    return {"name": model.name, "temperature": round(t, 3), **figures, "card": dataclasses.asdict(measured)}


def main() -> None:
    """Measure the networks that are named, by default the shipped ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["hvass", "robust", "deep-mnist", "low-level"])
    parser.add_argument("--write", action="store_true", help="put what was measured into the cards")
    args = parser.parse_args()
    source, _ = dataset.find()
    if source is None:
        raise SystemExit("Expected MNIST in CNNVIZ_DATA. Found none.")
    preparations, labels = recorded(Path(os.environ["CNNVIZ_STROKES"]), np.random.default_rng(0))
    for name in args.names:
        model = store.open_model(store.ROOT / name)
        found = read(model, preparations, labels)
        before = next(iter(model.card.other_test_sets), None) if model.card else None
        measured = other_test_set(found, before)
        print(json.dumps(report(model, measured, found, source), ensure_ascii=False))
        if args.write:
            put(model, measured)


if __name__ == "__main__":
    main()
