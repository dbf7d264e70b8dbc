"""What networks call no digit: written characters alphabet by alphabet, and drawn kinds that none was trained on.

    CNNVIZ_CHARACTERS=strokes.jsonl.gz python benchmarks/outliers.py [NAME ...]

The characters are lines of JSON as `synthesis.invented.read_written` takes them. Each is drawn once, with pens as for
outliers that are learnt; digit-shaped are those that `synthesis.digit_shaped` finds beside digits drawn by program.
Prints one line of JSON for each network: shares that are refused, in percent.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import unseen_kinds
from cnnviz.analysis import inspection
from cnnviz.drawing import rejection
from cnnviz.network import store
from cnnviz.network.weights import Network
from cnnviz.synthesis import digit_shaped, digits, invented

N_OF_A_KIND, N_COMPARED, CHUNK = 200, 20_000, 1000
Sets = dict[str, np.ndarray]


def written(path: Path, rng: np.random.Generator) -> tuple[Sets, Sets]:
    """Images by alphabet, uint8 (n, 28, 28); and those of them that are not digit-shaped."""
    characters = invented.read_written(path)
    images = invented.sample_images([each.strokes for each in characters], rng)
    compared = digits.sample_images(rng.permutation(np.arange(N_COMPARED) % 10), rng)
    shaped = digit_shaped.is_digit_shaped(images, compared)
    alphabets = np.array([each.alphabet for each in characters])
    every = {str(name): images[alphabets == name] for name in np.unique(alphabets)}
    return every, {name: images[(alphabets == name) & ~shaped] for name in every}


def refused(network: Network, least_energy: float, images: np.ndarray) -> float:
    """Percent that are unlike what the network has learnt."""
    logits = [
        inspection.activations(network, images[i : i + CHUNK, ..., None].astype(np.float32) / 255)["logits"]
        for i in range(0, len(images), CHUNK)
    ]
    return round(100 * float(np.mean(rejection.energies(np.concatenate(logits)) < least_energy)), 1)


def figures(network: Network, least_energy: float, sets: Sets) -> dict[str, float]:
    """Percent of each set, and of all."""
    every = sets | {"all": np.concatenate(list(sets.values()))}
    return {name: refused(network, least_energy, images) for name, images in every.items()}


def main() -> None:
    """Measure the networks that are named, by default `robust`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["robust"], help="names under models/, or folders")
    args = parser.parse_args()
    kinds = unseen_kinds.sample_images(N_OF_A_KIND, np.random.default_rng(1))
    every, unlike = written(Path(os.environ["CNNVIZ_CHARACTERS"]), np.random.default_rng(0))
    for name in args.names:
        model = store.open_model(store.ROOT / name)
        if model.card is None or model.card.least_energy is None:
            print(f"{name} has no least energy in its card: it refuses nothing by it.")
            continue
        network, least = store.load(model), model.card.least_energy
        measured = {
            "name": name,
            "written": figures(network, least, every),
            "written, not digit-shaped": figures(network, least, unlike),
            "kinds never learnt": figures(network, least, kinds),
        }
        print(json.dumps(measured, ensure_ascii=False))


if __name__ == "__main__":
    main()
