"""What the tutorials report of their networks, to stand beside what the same recipe gives here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from cnnviz.network.presets import PRESETS, Plan


@dataclass(frozen=True)
class Reported:
    """Figures of one tutorial.

    Attributes:
        source: whose they are, as a heading.
        test: test accuracy in [0, 1] by iteration.
        training: accuracy of a training batch in [0, 1] by iteration.
        seconds: time that the whole training took; None where none is told.
    """

    source: str
    test: Mapping[int, float]
    training: Mapping[int, float] = field(default_factory=dict)
    seconds: int | None = None


REPORTED: Mapping[str, tuple[Reported, ...]] = {
    "hvass": (
        Reported(
            "M. E. H. Pedersen, first rendering",
            {0: 0.042, 1: 0.053, 100: 0.708, 1000: 0.935, 10_000: 0.987},
            seconds=12 * 60 + 42,
        ),
        Reported(
            "M. E. H. Pedersen, second rendering",
            {0: 0.109, 1: 0.130, 100: 0.666, 1000: 0.931, 10_000: 0.988},
            seconds=26,
        ),
    ),
    "deep-mnist": (
        Reported("yongyehuang", {5000: 0.9854, 10_000: 0.9921}, {0: 0.12, 1000: 0.92, 2000: 0.98}),
        Reported("Deep MNIST for experts", {10_000: 0.992}),
    ),
    "low-level": (Reported("A. Damien", {200: 0.98}),),
}
"""By preset: two renderings of tutorial 02, two of "Deep MNIST", and the raw TensorFlow 2 network."""


def preset_of(plan: Plan) -> str:
    """The preset whose figures may stand beside a run of this plan: its network and its recipe, of any length.

    Returns:
        its name; "" where there are no figures for such a run.
    """
    for name in REPORTED:
        preset = PRESETS[name]
        recipe = dataclasses.replace(plan.recipe, iterations=preset.recipe.iterations)
        if (plan.network, recipe) == (preset.network, preset.recipe):
            return name
    return ""
