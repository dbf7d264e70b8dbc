"""The command line: `python -m cnnviz train | evaluate | predict | map`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from cnnviz.commands import digit_map, evaluate, predict, train
from cnnviz.commands.common import BAD_INPUT, INTERRUPTED, UsageError
from cnnviz.data import mnist
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import PRESETS
from cnnviz.training import advance
from cnnviz.training.folder_lock import InUse


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    args = _parser().parse_args(arguments)
    try:
        return int(args.command(args))
    except (UsageError, mnist.DataError, BrokenModel, InUse, advance.TrainingDiverged) as error:
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
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | predict | map")
    data_help = "folder with the four MNIST files, or 'bundled' for scikit-learn's digits"

    training = commands.add_parser("train", help="train a network and write it as a model")
    training.add_argument("--preset", choices=PRESETS, required=True, help="network and recipe, e.g. of a tutorial")
    training.add_argument("--iterations", metavar="N", help="steps (default: the recipe's)")
    training.add_argument(
        "--seed", type=_seed, default=0, help="decides initial weights, batches and dropout (default 0)"
    )
    training.add_argument("--data", metavar="DIR", help=data_help)
    training.add_argument("--out", type=Path, metavar="DIR", help="new folder (default: a new one under models/)")
    training.add_argument(
        "--snapshots", choices=("all", "last"), default="all", help="0, 1, 2, 5, 10, … or the last only"
    )
    training.add_argument(
        "--characters",
        type=Path,
        metavar="FILE",
        help="characters that people wrote, to be learnt as no digit by --preset robust: gzip of lines of JSON",
    )
    training.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same --out")
    training.set_defaults(command=train.train)

    testing = commands.add_parser("evaluate", help="test a model on the test digits")
    testing.add_argument("model", metavar="MODEL", help="name under models/, or a folder")
    testing.add_argument("--data", metavar="DIR", help=data_help)
    testing.add_argument("--json", action="store_true", help="one JSON object")
    testing.set_defaults(command=evaluate.evaluate)

    reading = commands.add_parser("predict", help="read digits in pictures")
    reading.add_argument("model", metavar="MODEL", help="name under models/, or a folder")
    reading.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="picture of one digit")
    reading.add_argument("--json", action="store_true", help="one JSON object a line")
    reading.set_defaults(command=predict.predict)

    mapping = commands.add_parser("map", help="place the test digits on a map by t-SNE and keep it with the model")
    mapping.add_argument("model", metavar="MODEL", help="name under models/, or a folder")
    mapping.add_argument("--data", metavar="DIR", help=data_help)
    mapping.set_defaults(command=digit_map.digit_map)
    return parser


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"expected 0 to 2147483647, received {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
