"""The test digits and the patches that excite the filters of a layer most: searched once a server, for two pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.analysis import receptive_field, top_images
from cnnviz.analysis.top_images import TopImages
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.ui import lookups, server


class Words:
    """What is said while the digits are searched."""

    searching = "Searching {n:,} test digits for what excites {layer}: {done:,} done"
    dead = "Even the greatest is not above 0, so the ReLU behind it lets nothing through: the filter is dead."


PIECE = 1000
N_TOP = 9
"""Of each filter; fewer where a class has drawn fewer."""


def search(network: Network, digits: Dataset, layer: str) -> TopImages:
    """The digits that excite each filter of a layer most, all of them searched; shows its progress."""
    key, n = (network.key, digits.key, layer), len(digits)
    maxima_key, places_key = ("strongest number in each image", *key), ("top images", *key)
    known = server.jobs().results(places_key)
    if known is None:
        parts = lookups.results(
            maxima_key,
            lambda: [
                (top_images.map_maxima, network, digits, layer, start, start + PIECE) for start in range(0, n, PIECE)
            ],
            lambda done: Words.searching.format(n=n, layer=layer, done=min(n, done * PIECE)),
        )
        known = lookups.results(
            places_key,
            lambda: [(top_images.locate_top_images, network, digits, layer, np.concatenate(parts), min(N_TOP, n))],
            lambda done: Words.searching.format(n=n, layer=layer, done=n),
        )
        server.jobs().discard(maxima_key)  # a number for each image and filter; what is kept is small
    top: TopImages = known[0]
    return top


def boxes(network: Network, layer: str, top: TopImages, filter_: int) -> list[receptive_field.Box]:
    """What the strongest numbers of a filter see of their images; parts may lie beyond the edge."""
    places = zip(top.rows[filter_], top.columns[filter_], strict=True)
    return [
        receptive_field.receptive_fields(network.config, layer, int(row), int(column))[-1].unclipped
        for row, column in places
    ]


def cut_out(test: Dataset, chosen: np.ndarray, seen: Sequence[receptive_field.Box]) -> np.ndarray:
    """Patches of images, float32 (n, height, width); the padding beyond the edge is 0, as the network has it."""
    pairs = zip(chosen, seen, strict=True)
    return np.stack([np.nan_to_num(receptive_field.extract_patch(test.images[i, :, :, 0], box)) for i, box in pairs])


def is_dead(network: Network, top: TopImages, filter_: int) -> bool:
    """Whether no digit brings a filter above 0, so that the ReLU behind it lets nothing through."""
    return network.config.activation == "relu" and bool(top.activations[filter_, 0] <= 0)
