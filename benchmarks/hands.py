"""How many recorded pen digits networks read: with other pens, small ones, of each writer, and with MNIST's pen.

    CNNVIZ_STROKES=strokes.jsonl.gz python benchmarks/hands.py [NAME ...]

The recordings are those of `recordings.py`, lines of JSON with "digit", "writer" and "strokes". Prints one line of JSON
for each network and way of drawing them: how many are read right ("read"), how many when those count as wrong that are
called no digit ("right"), how many of those there are, and the share that is right of the writer who fares worst.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import recordings
from cnnviz.drawing import strokes
from cnnviz.drawing.preparation import Preparation, prepare
from cnnviz.network import store


class Way(NamedTuple):
    """How the recordings are drawn: with a pen, its width in pixels or None for MNIST's, at a share of the canvas."""

    pen_px: int | None
    shares: tuple[float, float] = recordings.SHARES


WAYS = {
    "pen 24": Way(24),
    "pen 12": Way(12),
    "pen 16": Way(16),
    "pen 32": Way(32),
    "pen 24, a fifth of the canvas": Way(24, (0.2, 0.2)),
    "pen 32, a fifth to a third": Way(32, (0.2, 1 / 3)),
    "drawn again by MNIST's pen": Way(None),
}


class Drawn(NamedTuple):
    """The recordings as they stand on the canvas: prepared, the digits that they are, and who wrote them."""

    preparations: list[Preparation]
    labels: np.ndarray
    writers: np.ndarray


def drawn(records: list[dict[str, Any]], way: Way, rng: np.random.Generator) -> Drawn:
    """Every recording drawn in some way; those that leave no ink are left out."""
    found = []
    for record in records:
        lines = recordings.placed(record["strokes"], rng, way.pen_px or recordings.PEN_PX, way.shares)
        ink = strokes.redraw(lines, way.pen_px) if way.pen_px else strokes.with_pen(lines)
        prepared = None if ink is None else prepare(ink)
        if prepared is not None:
            found.append((prepared, record["digit"], record["writer"]))
    preparations, labels, writers = zip(*found, strict=True)
    return Drawn(list(preparations), np.array(labels), np.array(writers))


def judged(model: store.Model, these: Drawn) -> dict[str, Any]:
    """What a network makes of them."""
    logits, _, refused = recordings.read(model, these.preparations, these.labels)
    is_read = logits.argmax(axis=1) == these.labels
    is_right = is_read & ~refused
    worst = min(is_right[these.writers == writer].mean() for writer in np.unique(these.writers))
    return {
        "n": len(is_read),
        "read": round(100 * float(is_read.mean()), 2),
        "right": round(100 * float(is_right.mean()), 2),
        "called no digit": int(refused.sum()),
        "worst writer": round(100 * float(worst), 1),
    }


def measured(names: list[str], records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The figures of each network and way."""
    for title, way in WAYS.items():
        these = drawn(records, way, np.random.default_rng(0))
        for name in names:
            yield {"name": name, "drawn": title} | judged(store.open_model(store.ROOT / name), these)


def main() -> None:
    """Measure the networks that are named, by default `robust`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["robust"], help="names under models/, or folders")
    args = parser.parse_args()
    for figures in measured(args.names, recordings.records_of(Path(os.environ["CNNVIZ_STROKES"]))):
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
