"""What seeds of the presets have read of MNIST's test digits: recorded figures, to judge another run of the plan by."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.network.presets import PRESETS, Plan

CORRECT: dict[tuple[str, int], tuple[int, ...]] = {
    ("hvass", 10_000): (9857, 9882, 9874, 9876),  # models/README.md: every seed that was tried
    ("linear", 10_000): (9154, 9150, 9131),
    ("dense", 10_000): (9709, 9707, 9697),
    ("fast", 540): (
        *(9860, 9864, 9865, 9866, 9866, 9867, 9870, 9873, 9874, 9874, 9874, 9876, 9877, 9877, 9879, 9880, 9881, 9881),
        *(9881, 9883, 9883, 9884, 9884, 9888, 9889, 9892, 9895, 9896, 9898, 9902),
    ),  # benchmarks/equal_settings.py
}
"""Test digits read right of 10,000, one number a seed, by preset and training steps."""


def correct_of(plan: Plan) -> tuple[int, ...]:
    """What is recorded of seeds of a plan, whichever seed it has itself; () where nothing is."""
    for (name, iterations), correct in CORRECT.items():
        preset = PRESETS[name]
        if (plan.network, plan.recipe) == (preset.network, replace(preset.recipe, iterations=iterations)):
            return correct
    return ()
