"""The command line: `python -m cnnviz train | evaluate | predict`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cnnviz.analysis import evaluation, inspection
from cnnviz.data import dataset, download, mnist
from cnnviz.drawing import pictures, rejection
from cnnviz.drawing.preparation import Preparation, prepare
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import PRESETS, Recipe
from cnnviz.network.weights import Network
from cnnviz.synthesis import training_set
from cnnviz.training import advance, checkpoints

BAD_INPUT = 2
INTERRUPTED = 130
PREDICT_BATCH = 512
REASONS = {
    "empty": "there is no ink",
    "dot": "a dot",
    "full": "nearly everything is ink",
    "many": "several things side by side",
    "unlike": "not like the digits that the network has learnt from",
}


class UsageError(ValueError):
    """Input that cannot be used; the message is the one line that is printed."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    args = _parser().parse_args(arguments)
    try:
        return int(args.command(args))
    except (UsageError, mnist.DataError, BrokenModel, advance.TrainingDiverged) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return BAD_INPUT
    except OSError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnnviz", description="Train, evaluate and use a digit reader.")
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | predict")
    data_help = "folder with the four MNIST files, or 'bundled' for scikit-learn's digits"

    train = commands.add_parser("train", help="train a network and write it as a model")
    train.add_argument("--preset", choices=PRESETS, required=True, help="network and recipe, e.g. of a tutorial")
    train.add_argument("--iterations", type=_positive, help="steps (default: the recipe's)")
    train.add_argument("--seed", type=_seed, default=0, help="decides initial weights, batches and dropout (default 0)")
    train.add_argument("--data", metavar="DIR", help=data_help)
    train.add_argument("--out", type=Path, metavar="DIR", help="new folder (default: a new one under models/)")
    train.add_argument("--snapshots", choices=("all", "last"), default="all", help="0, 1, 2, 5, 10, … or the last only")
    train.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same --out")
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", help="test a model on the test digits")
    evaluate.add_argument("model", metavar="MODEL", help="name under models/, or a folder")
    evaluate.add_argument("--data", metavar="DIR", help=data_help)
    evaluate.add_argument("--json", action="store_true", help="one JSON object")
    evaluate.set_defaults(command=_evaluate)

    predict = commands.add_parser("predict", help="read digits in pictures")
    predict.add_argument("model", metavar="MODEL", help="name under models/, or a folder")
    predict.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="picture of one digit")
    predict.add_argument("--json", action="store_true", help="one JSON object a line")
    predict.set_defaults(command=_predict)
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, received {value}")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"expected 0 to 2147483647, received {value}")
    return value


def _digits(named: str | None) -> dataset.Source:
    """The digits to use; downloads MNIST where it is found nowhere."""
    source, refused = dataset.find(named, download.cache_dir())
    for sentence in refused:
        print(sentence, file=sys.stderr)
    if source is not None:
        return source
    with tqdm(unit="B", unit_scale=True, desc="MNIST") as bar:
        error = download.fetch(lambda done, total: _show(bar, done, total))
    if error:
        raise UsageError(f"{error} Or use --data bundled.")
    return dataset.Source("idx", download.cache_dir())


def _show(bar: Any, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _opened(model: str) -> store.Model:
    named = None if Path(model).is_dir() else store.find(model)
    folder = named.folder if named else Path(model)
    if not folder.is_dir():
        names = ", ".join(m.name for m in store.models()) or "none"
        raise UsageError(f"{model}: expected a folder or a name under models/ ({names}), found neither.")
    return store.open_model(folder)


def _evaluate(args: argparse.Namespace) -> int:
    model = _opened(args.model)
    network = store.load(model)
    test = dataset.load(_digits(args.data), "test")
    result = evaluation.score(test.labels, evaluation.probabilities(network, test.images))
    if args.json:
        content = {"model": model.name, "dataset": test.name, "n": result.n, "correct": result.correct}
        content |= {"accuracy": result.accuracy, "confusion_matrix": result.confusion.tolist()}
        print(json.dumps(content))
        return 0
    print(f"{model.name} on {test.name}: {_accuracy(result.correct, result.n)}")
    print("Rows: true digit. Columns: predicted digit.")
    print("\n".join(" ".join(f"{count:5d}" for count in row) for row in result.confusion))
    return 0


def _accuracy(correct: int, n: int) -> str:
    return f"{correct / n:.2%} ({correct:,} / {n:,})"


def _predict(args: argparse.Namespace) -> int:
    model = _opened(args.model)
    network = store.load(model)
    trained_on_outliers = model.card is not None and model.card.recipe.uses_outliers
    status = 0
    for start in range(0, len(args.images), PREDICT_BATCH):
        answers, unreadable = _answers(network, trained_on_outliers, args.images[start : start + PREDICT_BATCH])
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


def _answers(network: Network, trained_on_outliers: bool, paths: list[Path]) -> tuple[list[_Answer], int]:
    prepared: list[tuple[Path, Preparation | None]] = []
    status = 0
    for path in paths:
        try:
            found = prepare(pictures.ink_of(pictures.open_image(path, str(path))))
        except pictures.ImageError as error:
            print(error, file=sys.stderr)
            status = BAD_INPUT
            continue
        prepared.append((path, found))
    images = [found.centred for _, found in prepared if found]
    outputs = inspection.activations(network, np.stack(images)[..., None]) if images else {}
    rows = iter(range(len(images)))
    return [
        _answer(path, found, outputs, next(rows) if found else -1, trained_on_outliers) for path, found in prepared
    ], status


def _answer(
    path: Path, found: Preparation | None, outputs: Mapping[str, np.ndarray], row: int, trained_on_outliers: bool
) -> _Answer:
    if found is None:
        return _Answer(str(path), None, None, "empty")
    one = {name: output[row] for name, output in outputs.items()}
    refusal = rejection.refuse(found, one, trained_on_outliers)
    digit = None if refusal else int(one["softmax"].argmax())
    rounded = [round(float(prob), 6) for prob in one["softmax"]]
    return _Answer(str(path), digit, rounded, refusal.reason if refusal else None)


def _in_words(answer: _Answer) -> str:
    if answer.digit is None:
        return f"{answer.image}: no digit here ({REASONS[answer.reason or 'empty']})"
    return f"{answer.image}: {answer.digit} ({max(answer.probabilities or [0]):.1%})"


def _train(args: argparse.Namespace) -> int:
    preset = PRESETS[args.preset]
    recipe = dataclasses.replace(preset.recipe, iterations=args.iterations or preset.recipe.iterations)
    folder = args.out or _free_folder(args.preset)
    if folder.exists():
        raise UsageError(f"{folder} is already there; nothing is overwritten. Choose another --out.")
    unfinished = checkpoints.run_file(folder)
    if args.resume:
        state, snapshots, _ = checkpoints.load_run(unfinished)
        mine = (preset.network, recipe, args.seed)
        if (state.network, state.recipe, state.seed) != mine:
            raise UsageError(f"{unfinished}: expected the run of these settings, found another preset, seed or length.")
    elif unfinished.exists():
        raise UsageError(f"{unfinished} holds an interrupted run. Add --resume to go on with it, or delete it.")
    _check_writable(folder.parent)
    source = _digits(args.data)
    train = _training_set(source, recipe, args.seed)
    if not args.resume:
        state, snapshots = advance.start(preset.network, recipe, args.seed), {}
    keep = checkpoints.snapshot_iterations(recipe.iterations) if args.snapshots == "all" else [recipe.iterations]
    recorder = checkpoints.Recorder(folder, state, snapshots, keep)
    try:
        for state in _with_progress(recorder, train):
            _print_status(state)
        model = recorder.finish(train, dataset.load(source, "test"))
    except KeyboardInterrupt:
        recorder.save()
        print(
            f"Stopped at iteration {recorder.state.iteration:,}. To go on: the same command with --resume"
            f" --out {folder}.",
            file=sys.stderr,
        )
        return INTERRUPTED
    if model.card is None:
        raise BrokenModel(model.reason)
    last = model.card.last
    print(f"Test accuracy {_accuracy(last.correct, last.n)} on {model.card.test_digits}.")
    print(f"Time used: {state.seconds:.0f} s. Written to {folder}.")
    return 0


def _check_writable(folder: Path) -> None:
    """Before the training, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(f"{folder}: expected a folder that can be written to. {error.strerror}.") from None


def _training_set(source: dataset.Source, recipe: Recipe, seed: int) -> dataset.Dataset:
    if not recipe.uses_outliers:
        return dataset.load_for_training(source, recipe.keep_validation)
    with tqdm(unit="img", desc="Drawing digits") as bar:
        return training_set.load(source, recipe.keep_validation, seed, lambda done, total: _show(bar, done, total))


def _free_folder(preset: str) -> Path:
    names = (f"{preset}-{number}" for number in range(1, 10_000))
    return next(store.own_root() / name for name in names if not (store.own_root() / name).exists())


def _with_progress(recorder: checkpoints.Recorder, train: dataset.Dataset) -> Iterator[advance.RunState]:
    total = recorder.state.recipe.iterations
    with tqdm(total=total, initial=recorder.state.iteration, unit="it", desc="Training") as bar:
        for state in recorder.run(train):
            bar.update(state.iteration - bar.n)
            yield state


def _print_status(state: advance.RunState) -> None:
    accuracy, loss = state.accuracies[-1], state.losses[-1]
    with tqdm.external_write_mode():
        print(f"Iteration {state.iteration:6,}, training accuracy {accuracy:6.1%}, loss {loss:.4g}")


if __name__ == "__main__":
    sys.exit(main())
