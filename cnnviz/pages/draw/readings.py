"""What networks make of a drawing and of the same drawing with steps of its preparation left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnnviz.drawing.preparation import STEPS, Preparation, prepare_variants
from cnnviz.pages.draw.answer import Reading
from cnnviz.ui import refusal
from cnnviz.ui.entry import Choice


def variants(ink: np.ndarray, without: frozenset[str]) -> tuple[Preparation | None, dict[str, Preparation]]:
    """The drawing without some steps, None when there is no ink; and, by step, with that step left out as well."""
    steps = [step for step in STEPS if step not in without]
    first, *others = prepare_variants(ink, [without, *(without | {step} for step in steps)])
    return first, {step: other for step, other in zip(steps, others, strict=True) if other}


def stacked(prepared: Sequence[Preparation]) -> np.ndarray:
    """The images that a network is shown, float32 (n, 28, 28, 1)."""
    return np.stack([each.centred for each in prepared])[..., None]


def readings(prepared: Sequence[Preparation], outputs: Mapping[str, np.ndarray], chosen: Choice) -> list[Reading]:
    """What a network made of each preparation.

    Args:
        prepared: what it was shown.
        outputs: its layers' outputs, by name; "logits" and "softmax" for each, others for the first ones alone.
        chosen: which network that was.
    """
    found = []
    for i, each in enumerate(prepared):
        of_it = {name: output[i] for name, output in outputs.items() if i < len(output)}
        found.append(Reading(of_it, refusal.refuse(each, of_it, chosen.entry, chosen.iteration)))
    return found
