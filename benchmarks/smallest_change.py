"""How small a change turns test digits into the next digit (an 8 into a 9, a 9 into a 0), for each shipped network.

CNNVIZ_DATA=... python benchmarks/smallest_change.py [--digits 200] [--networks hvass robust]
"""

from __future__ import annotations

import argparse
import functools
import operator
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.analysis import adversarial, evaluation, inspection
from cnnviz.analysis.adversarial import RADII, Changed, Search
from cnnviz.data import dataset
from cnnviz.data.dataset import Dataset
from cnnviz.drawing import rejection
from cnnviz.network import store
from cnnviz.network.weights import Network

NETWORKS = ("hvass", "deep-mnist", "low-level", "robust")
AT_ONCE = 8
LINE = "{name:11} {n:4} digits read right; {found} turned into the next digit; median {median} of full ink"
NOISE = "            random noise of the same size is read as that digit {turned}, as another wrong one {wrong} times"
REFUSED = "            no digit: {found} of the {n} changed, {noisy} with noise, {plain} of the digits as they are"


def smallest_change(network: Network, image: np.ndarray, target: int) -> Search | None:
    """The search as the page makes it, but for radii larger than the first that is enough; None where none is."""
    found: list[Search] = []
    for start in range(0, len(RADII), AT_ONCE):
        found.append(adversarial.search(network, image, target, RADII[start : start + AT_ONCE]))
        if found[-1].smallest is not None:
            return adversarial.tighten(network, image, functools.reduce(operator.add, found))
    return None


def n_unlike(results: list[Changed], places: list[int], least_energy: float) -> int:
    """How many of some images, one of each result, are no digits by their energy."""
    return sum(
        rejection.is_unlike(result.logits[place], least_energy) for result, place in zip(results, places, strict=True)
    )


def measure(name: str, digits: Dataset) -> None:
    """Print what was found of one network."""
    model = store.open_model(store.ROOT / name)
    network = store.load(model)
    right = np.flatnonzero(evaluation.probabilities(network, digits.images).argmax(axis=1) == digits.labels)
    searches = [smallest_change(network, digits.images[i], int(digits.labels[i] + 1) % 10) for i in right]
    hits = [search for search in searches if search is not None]
    places = [search.smallest or 0 for search in hits]
    radii = sorted([search.radii[place] for search, place in zip(hits, places, strict=True)])
    radii += [float("inf")] * (len(right) - len(hits))
    print(LINE.format(name=name, n=len(right), found=len(hits), median=f"{100 * statistics.median_low(radii):.0f} %"))
    noisy = [int(s.noise.probabilities[place].argmax()) for s, place in zip(hits, places, strict=True)]
    turned = sum(read == s.target for read, s in zip(noisy, hits, strict=True))
    wrong = sum(read not in (s.target, (s.target - 1) % 10) for read, s in zip(noisy, hits, strict=True))
    print(NOISE.format(turned=turned, wrong=wrong))
    least = model.least_energy
    if least is not None:
        plain = inspection.activations(network, digits.images[right])["logits"]
        counts = {
            "found": n_unlike([s.found for s in hits], places, least),
            "noisy": n_unlike([s.noise for s in hits], places, least),
            "plain": int((rejection.energies(plain) < least).sum()),
        }
        print(REFUSED.format(n=len(hits), **counts))


def main() -> None:
    """Measure every network that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=int, default=200, help="how many test digits, the first ones")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    args = parser.parse_args()
    source, _ = dataset.find()
    test = dataset.load(source or dataset.BUNDLED, "test")
    print(f"{test.name}, the first {args.digits} test digits, {adversarial.N_STEPS} steps")
    for name in args.networks:
        measure(name, Dataset(test.images[: args.digits], test.labels[: args.digits], test.name))


if __name__ == "__main__":
    main()
