"""Plans as text: the names and values of their settings, and the settings in which several plans differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cnnviz.experiments.keras_source import float_literal
from cnnviz.network.presets import Plan
from cnnviz.percentages import NO_BREAK

_NAMES = {
    "dense": "neurons",
    "pool_first": "order",
    "activate_logits": "activation on the outputs",
    "initializer": "initial weights",
    "initial_stddev": "initial standard deviation",
    "batch_size": "batch",
    "warm_up": "warm-up",
    "augment": "augmentation",
    "shift_px": "shift",
    "optimizer": "optimiser",
    "keep_validation": "validation digits held back",
}
"""Displayed name of a field of `NetworkConfig` or `Recipe`, where it is not the field's name itself."""

_FORMATS: dict[str, Callable[[Any], str]] = {
    "pool_first": lambda first: "pooling, then activation" if first else "activation, then pooling",
    "warm_up": lambda share: f"{100 * share:g}{NO_BREAK}%",
    "dropout": lambda rate: f"{100 * rate:g}{NO_BREAK}%" if rate else "none",
    "shift_px": lambda px: f"up to {px} px" if px else "none",
    "shuffle_buffer": lambda n: f"{n:,}" if n else "all images",
}
"""How the value of a field is displayed, where its type alone does not decide it."""


def differences(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """The settings in which plans differ.

    Returns:
        for each setting that is not the same in all plans its name, e.g. "learning rate", and its value in every
        plan as text, e.g. ["0.0001", "0.001"]; empty when the plans are equal.
    """
    settings = [_settings(plan) for plan in plans]
    names = dict.fromkeys(name for values in settings for name in values)
    columns = {name: [values[name] for values in settings] for name in names}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}


def _settings(plan: Plan) -> dict[str, str]:
    """Every setting of a plan: displayed name and value as text."""
    convolutions = plan.network.convolutions
    settings = {
        "filters": comma_separated(c.filters for c in convolutions) or "none",
        "kernel size": ", ".join(f"{c.kernel_px}×{c.kernel_px}" for c in convolutions) or "none",
        "stride": comma_separated(c.stride for c in convolutions) or "none",
    }
    for part in (plan.network, plan.recipe):
        for field in dataclasses.fields(part):
            if field.name != "convolutions":
                name = _NAMES.get(field.name, field.name.replace("_", " "))
                settings[name] = _as_text(field.name, getattr(part, field.name))
    return settings | {"seed": str(plan.seed)}


def _as_text(field: str, value: Any) -> str:
    if field in _FORMATS:
        return _FORMATS[field](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, tuple):
        return comma_separated(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("_", " ")


def decimal(value: float) -> str:
    """A float in decimal notation: 0.0001, 1; very small ones with an exponent: 1e-8."""
    return float_literal(value).removesuffix(".0")


def comma_separated(values: Iterable[int]) -> str:
    """Integers in a row: "16, 36"."""
    return ", ".join(f"{value:,}" for value in values)


def capitalized(text: str) -> str:
    """The text with a capital first letter, the rest unchanged."""
    return text[:1].upper() + text[1:]
