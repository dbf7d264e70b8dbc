"""How far apart runs of one and the same setting come out: test digits read right, one number a seed.

    python benchmarks/equal_settings.py [--data FOLDER] [--out FILE] [--seeds 30] [--small-seeds 200]

`tests/experiments/equal_settings.json` is what it wrote; `tests/experiments/test_false_claims.py` deals these numbers
into settings that are equal by their making, and counts how often a difference between them is claimed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.data import dataset
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import PRESETS, Plan, Recipe
from cnnviz.training import advance, pieces

HVASS, FAST = PRESETS["hvass"], PRESETS["fast"]
SMALL = NetworkConfig((Convolution(4, 3), Convolution(4, 3)), (8,), initial_stddev=0.3)
OUT = Path(__file__).resolve().parent.parent / "tests" / "experiments" / "equal_settings.json"


def correct_of(plan: Plan, train: dataset.Dataset, test: dataset.Dataset) -> int:
    """Test digits that a run of this plan reads right at its end."""
    state = advance.advance(advance.start(plan.network, plan.recipe, plan.seed), train, plan.recipe.iterations)
    return pieces.examine(plan.network, state.weights, test).correct


def of_seeds(plan: Plan, source: Source, n_seeds: int) -> dict[str, object]:
    """What a setting comes out as, one run a seed."""
    train, test = dataset.load_for_training(source, plan.recipe.keep_validation), dataset.load(source, "test")
    correct = []
    for seed in range(n_seeds):
        correct.append(correct_of(dataclasses.replace(plan, seed=seed), train, test))
        print(f"seed {seed}: {correct[-1]} of {len(test)}", flush=True)
    return {"digits": test.name, "iterations": plan.recipe.iterations, "n_test": len(test), "correct": correct}


def wrapped(numbers: str) -> str:
    """A list of numbers in lines of a readable length."""
    return textwrap.fill(" ".join(numbers.split()), 116, initial_indent="  ", subsequent_indent="   ").lstrip()


def main() -> None:
    """Read the arguments, train, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with MNIST; found as the application finds it when not given")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--seeds", type=int, default=30, help="of each setting on MNIST")
    parser.add_argument("--small-seeds", type=int, default=200, help="of the small network")
    args = parser.parse_args()
    source, _ = dataset.find(args.data)
    if source is None:
        parser.error("MNIST is not on this machine; see README, Digits.")
    small = Plan(SMALL, Recipe(learning_rate=1e-2, batch_size=16, iterations=100))
    plans = {
        "a small network": (small, BUNDLED, args.small_seeds),
        "hvass": (Plan(HVASS.network, dataclasses.replace(HVASS.recipe, iterations=300)), source, args.seeds),
        "fast": (Plan(FAST.network, FAST.recipe), source, args.seeds),
    }
    table: dict[str, object] = {"made by": "benchmarks/equal_settings.py: one run a seed, from 0 on"}
    for name, (plan, digits, n_seeds) in plans.items():
        table[name] = of_seeds(plan, digits, n_seeds)
        text = re.sub(r"\[[\d\s,]+\]", lambda numbers: wrapped(numbers.group()), json.dumps(table, indent=1))
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
