"""What one student who starts all that may be started costs another one, the disk, the memory and the next start.

    CNNVIZ_DATA=... python benchmarks/fair_turns.py [--seconds 30] [--preset hvass] [--no-limits]

One owner begins runs of a million iterations until none more is taken, another begins one. What counts is how many
iterations the other one gets beside them, in relation to all that are computed: half of them is fair.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.compute import backend
from cnnviz.data import dataset
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.state import database
from cnnviz.state.run_records import RunRecords
from cnnviz.training.limits import LimitReached, Limits
from cnnviz.training.scheduler import Scheduler

MANY = 50
NO_LIMITS = Limits(10**6, 10**6, 10**6, 10**6)


def megabytes(folder: Path) -> float:
    """What the files of a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def measure(root: Path, plan: Plan, seconds: float, limits: Limits) -> None:
    """Begin, wait, count, begin again."""
    source = dataset.find()[0] or dataset.BUNDLED
    records = RunRecords(database.connect(database.default_url(root)))
    runs = Scheduler(root, records, limits)
    began = time.perf_counter()
    with contextlib.suppress(LimitReached):
        for _ in range(MANY):
            runs.begin(plan, source, "many", owner="one who begins many")
    other = runs.begin(plan, source, "one", owner="another one").name
    n = len(runs.runs()) - 1
    print(f"{n} runs begun by one, 1 by another, in {time.perf_counter() - began:.2f} s")
    while runs.find(other).iteration < 2:  # type: ignore[union-attr]
        time.sleep(0.1)
    before = {run.name: run.iteration for run in runs.runs()}
    time.sleep(seconds)
    done = {run.name: run.iteration - before[run.name] for run in runs.runs()}
    print(f"iterations in {seconds:.0f} s: {sum(done.values()):,}, of these the other's {done[other]:,}", end="")
    print(f" ({done[other] / max(1, sum(done.values())):.0%})")
    print(f"memory of the server: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB at most")
    runs.close()
    print(f"on disk: {megabytes(root):.0f} MB")
    began = time.perf_counter()
    later = Scheduler(root, records, limits)
    print(f"the next start: {1000 * (time.perf_counter() - began):.0f} ms for {len(later.runs())} runs")
    later.close()
    backend.shutdown()


def main() -> None:
    """Read the arguments and measure once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--preset", choices=list(PRESETS), default="hvass")
    parser.add_argument("--no-limits", action="store_true", help="as many as fifty, to see what the limits save")
    args = parser.parse_args()
    preset = PRESETS[args.preset]
    plan = Plan(preset.network, dataclasses.replace(preset.recipe, iterations=1_000_000))
    with tempfile.TemporaryDirectory() as root:
        measure(Path(root), plan, args.seconds, NO_LIMITS if args.no_limits else Limits())


if __name__ == "__main__":
    main()
