"""Filters that are switched off on Layers: the network without them, and what that does to its accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnviz.analysis import weight_editing
from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.ui import accuracy, choice, lookups, state
from cnnviz.ui.state import LayersPage

Off = Mapping[str, Sequence[int]]
"""Numbers of filters by convolution layer, both in order."""


class Words:
    """What is said of the network without them."""

    accuracy = "Accuracy {before} → {after}"


def filters(config: NetworkConfig, said: Any) -> Off:
    """The filters that are there among some names as "conv1 3", which may come from a browser or an address."""
    n = {layer.name: layer.shape[-1] for layer in layers(config) if layer.kind == "convolution"}
    off: dict[str, set[int]] = {layer: set() for layer in n}
    for name in said if isinstance(said, (list, tuple)) else ():
        layer, _, number = str(name).partition(" ")
        is_number = number.isascii() and number.isdigit() and len(number) < 6
        if layer in n and is_number and int(number) < n[layer]:
            off[layer].add(int(number))
    return {layer: sorted(numbers) for layer, numbers in off.items() if numbers}


def of(network: Network, name: str) -> Off:
    """Those that are switched off of a network, by its name in the head: the same at each of its training steps."""
    return filters(network.config, state.switched_off_of(name).get())


def choose(network: Network, name: str, said: Any) -> None:
    """Remember those that are switched off from now on."""
    off = filters(network.config, said)
    key = state.switched_off_of(name)
    key.set(names(off)) if off else key.forget()


def names(off: Off) -> tuple[str, ...]:
    """As they are remembered, and as the browser calls them."""
    return tuple(f"{layer} {number}" for layer, numbers in off.items() for number in numbers)


def without(network: Network, off: Off) -> Network:
    """The network without them, the same to the bit as Break it makes it; kept until there are others."""
    if not off:
        return network
    made_of = (network.key, repr(off))
    kept = LayersPage.without.get()
    if kept is None or kept[0] != made_of:
        changed = network
        for layer, numbers in off.items():
            changed = weight_editing.without_filters(changed, layer, numbers)
        kept = (made_of, changed)
        LayersPage.without.set(kept)
    return kept[1]


def outputs_of(changed: Network, image: np.ndarray) -> dict[str, np.ndarray]:
    """Every layer's output for one image (28, 28, 1), without the batch axis."""
    return {name: output[0] for name, output in lookups.activations(changed, image[None]).items()}


def accuracy_of(network: Network, changed: Network) -> tuple[str, str] | None:
    """Before and without them, and a sentence; None while it is computed, which begins here: ask again.

    What was asked for before is cancelled.
    """
    test = choice.dataset()
    wanted = None if changed == network else (changed.key, test.key)
    before = LayersPage.evaluated.get()
    if before is not None and before != wanted:
        lookups.leave_probabilities(*before)
    LayersPage.evaluated.set(wanted)
    if wanted is None:
        return "", ""
    scores = accuracy.compare_soon(network, changed, test)
    if scores is None:
        return None
    first, second = (percent(score.accuracy) for score in scores)
    return Words.accuracy.format(before=first, after=second), accuracy.in_words(*scores)
