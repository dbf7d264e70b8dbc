"""Whether a network calls a person's digit a digit at all: one answer for every page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.drawing import rejection
from cnnviz.drawing.preparation import Preparation
from cnnviz.network.weights import Network
from cnnviz.ui import choice, lookups
from cnnviz.ui.digit import Digit
from cnnviz.ui.entry import Entry


class Words:
    """What is said beside the softmax of a drawing that is refused."""

    refused = (
        "{name} calls this drawing **no digit**; the Draw page says why. The softmax shares 100 % out among ten digits "
        "all the same."
    )


def refuse(
    preparation: Preparation, outputs: Mapping[str, np.ndarray], entry: Entry | None, iteration: int
) -> rejection.Refusal | None:
    """Say why there is no digit; what is unlike all digits is known only to a network at the end of its training.

    Args:
        preparation: the drawing on its way to the network.
        outputs: what each layer made of this one image, by name, without a batch axis.
        entry, iteration: which network that was.
    """
    return rejection.refuse(preparation, outputs, least_energy(entry, iteration))


def least_energy(entry: Entry | None, iteration: int) -> float | None:
    """The energy below which a network calls a drawing unlike all digits; None where it cannot tell."""
    at_the_end = entry is not None and bool(entry.iterations) and iteration == entry.iterations[-1]
    return entry.least_energy if entry is not None and at_the_end else None


def note(network: Network, digit: Digit) -> None:
    """Say so when the chosen network calls a person's digit no digit; nothing of a test image."""
    chosen = choice.current()
    if chosen.entry is not None:
        note_of(network, digit, chosen.entry, chosen.iteration)


def note_of(network: Network, digit: Digit, entry: Entry, iteration: int) -> None:
    """Say so when a network calls a person's digit no digit; nothing of a test image."""
    preparation = digit.preparation
    if preparation is None:
        return
    outputs = lookups.activations(network, digit.image[None, :, :, None])
    if refuse(preparation, {name: output[0] for name, output in outputs.items()}, entry, iteration):
        st.caption(Words.refused.format(name=entry.name))
