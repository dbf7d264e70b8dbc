"""`evaluate`: a model reads the test digits."""

from __future__ import annotations

import argparse
import json

from cnnviz.analysis import evaluation
from cnnviz.commands import common
from cnnviz.data import dataset


def evaluate(args: argparse.Namespace) -> int:
    """Print accuracy and confusion matrix."""
    model = common.open_model(args.model)
    network = common.network(model)
    test = dataset.load(common.digit_source(args.data), "test")
    result = evaluation.score(test.labels, evaluation.probabilities(network, test.images))
    if args.json:
        content = {"model": model.name, "dataset": test.name, "n": result.n, "correct": result.correct}
        content |= {"accuracy": result.accuracy, "confusion_matrix": result.confusion.tolist()}
        print(json.dumps(content))
        return 0
    print(f"{model.name} on {test.name}: {common.accuracy(result.correct, result.n)}")
    print("Rows: true digit. Columns: predicted digit.")
    print("\n".join(" ".join(f"{count:5d}" for count in row) for row in result.confusion))
    return 0
