"""What networks call no digit: written characters alphabet by alphabet, and drawn kinds that none was trained on.

    CNNVIZ_CHARACTERS=strokes.jsonl.gz python benchmarks/outliers.py [NAME ...] [--write]

The characters are lines of JSON as `synthesis.invented.read_written` takes them. Each is drawn once, with pens as for
outliers that are learnt; digit-shaped are those that `synthesis.digit_shaped` finds beside digits drawn by program.
Prints one line of JSON for each network: shares that are refused, in percent. `--write` puts the counts into the cards.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import unseen_kinds
from cnnviz.analysis import evaluation
from cnnviz.drawing import rejection
from cnnviz.files import write_atomically
from cnnviz.network import store
from cnnviz.network.cards import Card, OutlierSet, card_json
from cnnviz.network.weights import Network
from cnnviz.synthesis import digit_shaped, digits, invented

N_OF_A_KIND, N_COMPARED = 200, 20_000
LEARNT = "written characters"
"""Is in the name of training digits that have people's characters beside them, see `synthesis.training_set`."""
OTHER = "drawings of {n} capital letters and signs"
SMALL = "drawings of {n} small letters"
WRITTEN = "characters of {n} alphabets that people wrote"
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


def is_refused(network: Network, least_energy: float, images: np.ndarray) -> np.ndarray:
    """Of every image whether it is unlike what the network has learnt; bool, shape (n,)."""
    logits = evaluation.logits(network, images[..., None].astype(np.float32) / 255)
    found: np.ndarray = rejection.energies(logits) < least_energy
    return found


def figures(network: Network, least_energy: float, sets: Sets) -> dict[str, float]:
    """Percent of each set, and of all."""
    every = sets | {"all": np.concatenate(list(sets.values()))}
    return {
        name: round(100 * float(is_refused(network, least_energy, of_it).mean()), 1) for name, of_it in every.items()
    }


def outlier_sets(card: Card, network: Network, kinds: Sets, characters: Sets) -> tuple[OutlierSet, ...]:
    """What a card can hold of it.

    Args:
        card, network: of the same model; the card has a least energy.
        kinds: images of kinds that nothing was drawn of to learn from; people's characters may be small letters too.
        characters: images of characters that people wrote, which `robust` has learnt from.
    """
    least, has_seen = card.least_energy, LEARNT in card.digits
    if least is None:
        raise ValueError(f"{card.name} has no least energy.")
    small = {name: images for name, images in kinds.items() if len(name) == 1 and name.islower()}
    other = {name: images for name, images in kinds.items() if name not in small}
    sets = ((OTHER.format(n=len(other)), other, False), (SMALL.format(n=len(small)), small, has_seen))
    found = []
    for name, images, is_learnt in (*sets, (WRITTEN.format(n=len(characters)), characters, has_seen)):
        refused = is_refused(network, least, np.concatenate(list(images.values())))
        found.append(OutlierSet(name, int(refused.sum()), len(refused), is_learnt))
    return tuple(found)


def main() -> None:
    """Measure the networks that are named, by default `robust`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["robust"], help="names under models/, or folders")
    parser.add_argument("--write", action="store_true", help="put the counts into the cards")
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
        if args.write:
            card = dataclasses.replace(model.card, outlier_sets=outlier_sets(model.card, network, kinds, every))
            write_atomically(model.folder / "card.json", card_json(card).encode())


if __name__ == "__main__":
    main()
