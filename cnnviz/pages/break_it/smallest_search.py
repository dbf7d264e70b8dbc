"""What is asked of the workers for adversarial examples of a network, and what is shown while one waits."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.analysis import adversarial
from cnnviz.analysis.adversarial import RADII, Search
from cnnviz.network.weights import Network
from cnnviz.ui import lookups
from cnnviz.ui.entry import Entry


class Words:
    """What is said while one waits."""

    searching = "{name}: changing the digit by up to 50\u00a0% of full ink; {done} of {n} parts are done"
    tightening = "{name}: looking for smaller changes"


N_PARTS = 4
"""A search is made in so many parts: other pages' long work goes on between them, and a bar shows how far it is."""


@dataclass(frozen=True)
class Chosen:
    """A network that is looked at, and the digit that it reads without any change."""

    entry: Entry
    iteration: int
    network: Network
    read: int


def look(entry: Entry, iteration: int, network: Network, image: np.ndarray) -> Chosen:
    """A network with what it reads."""
    probs = lookups.activations(network, image[None, :, :, None])["softmax"][0]
    return Chosen(entry, iteration, network, int(probs.argmax()))


def search(chosen: Chosen, image: np.ndarray, target: int, n_steps: int) -> Search | None:
    """What is found of a network, all sizes; shows its progress while it computes. None where nothing is to be done."""
    if chosen.read == target:
        return None
    name, network = chosen.entry.name, chosen.network
    key = (network.key, image.tobytes(), target, n_steps)
    parts = [tuple(map(float, radii)) for radii in np.array_split(RADII, N_PARTS)]
    try:
        found: list[Search] = lookups.results(
            ("adversarial", *key),
            lambda: [(adversarial.search, network, image, target, radii, n_steps) for radii in parts],
            lambda done: Words.searching.format(name=name, done=done, n=N_PARTS),
        )
        whole = functools.reduce(operator.add, found)
        if n_steps > 1:
            [whole] = lookups.results(
                ("adversarial, closer", *key),
                lambda: [(adversarial.tighten, network, image, whole, n_steps)],
                lambda _: Words.tightening.format(name=name),
            )
    except ValueError as error:  # what it computes are no numbers
        st.error(str(error), icon=":material/error:")
        st.stop()
    return whole
