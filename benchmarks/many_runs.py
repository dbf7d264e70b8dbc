"""How a server with many finished runs does: the Train page's processor and wall time, and memory.

    python benchmarks/many_runs.py [--runs 200] [--times 10] [--profile] [--only memory --preset deep-mnist --runs 20]

The runs are made up: small random networks with figures of the right form, in a folder of their own.
"""

from __future__ import annotations

import argparse
import cProfile
import dataclasses
import gc
import logging
import os
import pstats
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

import browser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.analysis import evaluation
from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig, weight_shapes
from cnnviz.network.presets import PRESETS, Plan, Recipe
from cnnviz.network.weights import Weights
from cnnviz.training import checkpoints
from cnnviz.training.advance import RunState
from cnnviz.training.pieces import Digits, load_digits
from cnnviz.training.run import Check, Kept, Run, Status, Timing, snapshot_schedule
from cnnviz.ui import server

NETWORK = NetworkConfig((Convolution(4), Convolution(8)), (16,))
RECIPE = Recipe(learning_rate=1e-3, batch_size=64, iterations=1000)
WARM_S = 8
MIB = 2**20


def make_runs(root: Path, n: int, network: NetworkConfig = NETWORK, recipe: Recipe = RECIPE) -> None:
    """Write so many finished runs to a folder: a checkpoint and a network of each."""
    digits = load_digits(BUNDLED, recipe.keep_validation)
    for i in range(n):
        run = _finished(f"made-up-{i + 1}", Plan(network, recipe, i), digits)
        checkpoints.write_model(root / run.name, run, digits)
        done = dataclasses.replace(run, status=Status.FINISHED, snapshots={}, scores={})
        checkpoints.write(checkpoints.run_file(root / run.name), done)


def _finished(name: str, plan: Plan, digits: Digits) -> Run:
    rng = np.random.default_rng(plan.seed)
    n, n_test = plan.recipe.iterations, len(digits.test)
    snapshots = {i: _weights(plan.network, rng) for i in snapshot_schedule(n)}
    adam = tuple(array for _ in range(2) for array in snapshots[n].values())
    figures = rng.random((2, n)).astype(np.float32)
    state = RunState(plan.network, plan.recipe, plan.seed, n, snapshots[n], adam, *figures, seconds=12.0)
    score = evaluation.score(digits.test.labels, np.eye(10, dtype=np.float32)[digits.test.labels])
    checks = tuple(Check(i, 150, 200, 0.5) for i in range(max(1, n // 20), n + 1, max(1, n // 20)))
    return Run(
        name, plan, BUNDLED, n, status=Status.TESTING, state=state, snapshots=snapshots, checks=checks,
        scores=dict.fromkeys(snapshots, score), final=checks[-1], test=(n_test, n_test), timing=Timing(0.01, 10.0, n),
        kept=Kept(n), revision=1,
    )  # fmt: skip


def _weights(network: NetworkConfig, rng: np.random.Generator) -> Weights:
    return {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in weight_shapes(network).items()}


def processor_times(times: int, profile: bool) -> list[float]:
    """Seconds of processor time in which the Train page is opened in a session that comes from another page."""
    from streamlit.testing.v1 import AppTest

    took, profiler = [], cProfile.Profile()
    for i in range(times + 2):
        at = AppTest.from_file(str(browser.ROOT / "app.py"), default_timeout=120).run()
        at.switch_page("cnnviz/pages/train/page.py")
        if profile and i > 1:
            threading.setprofile(lambda *_: profiler.enable())
        began = time.process_time()
        at.run()
        took.append(time.process_time() - began)
        threading.setprofile(None)
        if at.exception:
            raise RuntimeError(at.exception)
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)
    return took[2:]


OPENED = (
    "document.body.innerText.includes('has finished after')"
    " && !document.querySelector('[data-test-script-state=running]')"
)


def wall_times(root: Path, times: int) -> tuple[float, list[float]]:
    """Seconds until the Train page is there in a browser: at once after the server's start, and from page to page."""
    with browser.page() as opened, browser.server(CNNVIZ_RUNS=str(root), CNNVIZ_DATA="bundled") as (address, _):
        began = time.perf_counter()
        opened.goto(f"{address}/train")
        opened.wait_for_function(OPENED)
        first = time.perf_counter() - began
        time.sleep(WARM_S)
        took = []
        for _ in range(times):
            opened.get_by_role("link", name="Data").click()
            opened.get_by_role("heading", name="Data").wait_for()
            time.sleep(1)
            began = time.perf_counter()
            opened.get_by_role("link", name="Train").click()
            opened.wait_for_function(OPENED)
            took.append(time.perf_counter() - began)
            time.sleep(1)
        return first, took


def memory(root: Path, n: int) -> None:
    """What a scheduler holds of the runs: as found, and once every one has been looked at."""
    from cnnviz.training.scheduler import Scheduler

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    def held() -> float:
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / MIB

    runs = Scheduler(root)
    print(f"memory: {held():.1f} MiB for {n} runs as found", end="")
    for run in runs.runs():
        runs.loaded(run.name)
    print(f", {held():.1f} MiB once each has been looked at", end="")
    models = store.models()
    print(f", {held():.1f} MiB with their cards", end="")
    for model in models:
        store.load(model)
    print(f", {held():.1f} MiB once each network has been opened")
    runs.close()
    tracemalloc.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--preset", choices=sorted(PRESETS), help="its network, after one iteration; else a small one")
    parser.add_argument("--only", choices=("processor", "browser", "memory"))
    args = parser.parse_args()
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CNNVIZ_RUNS"], os.environ["CNNVIZ_DATA"] = folder, "bundled"
        root = Path(folder)
        if args.preset:
            make_runs(root, args.runs, PRESETS[args.preset].network, dataclasses.replace(RECIPE, iterations=1))
        else:
            make_runs(root, args.runs)
        parts: dict[str, Callable[[], None]] = {
            "browser": lambda: _print_wall(*wall_times(root, args.times)),
            "memory": lambda: memory(root, args.runs),
            "processor": lambda: _print_processor(processor_times(args.times, args.profile)),
        }
        for name, part in parts.items():
            if args.only in (None, name):
                part()
        server.close()
        backend.shutdown()


def _print_wall(first: float, took: list[float]) -> None:
    print(f"browser: {first:.2f} s at once after the start, then {statistics.median(took):.2f} s from page to page")


def _print_processor(took: list[float]) -> None:
    print(f"processor time of the Train page: {statistics.median(took):.3f} s ({min(took):.3f} to {max(took):.3f})")


if __name__ == "__main__":
    main()
