"""What a person has chosen, as JSON and back: only keys that are worth keeping, only values of their kind.

A record may be of an earlier version, or be changed by hand: what does not fit is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from cnnviz.ui import state
from cnnviz.ui.changes import Changes
from cnnviz.ui.state import Key

MAX_VALUES = 500
MAX_TEXT = 20_000
MAX_ITEMS = 2_000
TUPLE, CHANGES = "tuple", "changes"
_SCALARS = (bool, int, float, str)


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """The choices among what a session remembers, for JSON."""
    choices: dict[str, Any] = {}
    for name, value in values.items():
        if not state.is_kept(name) or len(choices) == MAX_VALUES:
            continue
        try:
            choices[name] = _encode(value)
        except (TypeError, ValueError):  # e.g. a network that is not finished: it is not worth keeping
            continue
    return choices


def decoded(record: Any) -> dict[str, Any]:
    """The choices of a record, by key; those that cannot be read are left out."""
    choices: dict[str, Any] = {}
    if not isinstance(record, dict):
        return choices
    for name, content in list(record.items())[:MAX_VALUES]:
        try:
            value = _decode(content)
        except (TypeError, ValueError, KeyError, AttributeError):
            continue
        if isinstance(name, str) and state.is_kept(name) and _fits(name, value):
            choices[name] = value
    return choices


def _encode(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, _SCALARS) and not (isinstance(value, str) and len(value) > MAX_TEXT)):
        return value
    if isinstance(value, (list, tuple)) and len(value) <= MAX_ITEMS:
        items = [_encode(item) for item in value]
        return {TUPLE: items} if isinstance(value, tuple) else items
    if isinstance(value, Changes):
        return {CHANGES: [_pairs(getattr(value, field.name)) for field in dataclasses.fields(value)]}
    raise TypeError(type(value))


def _pairs(value: Any) -> list[Any]:
    """A dictionary or a set as a list."""
    items = value.items() if isinstance(value, dict) else sorted(value)
    return [_encode(item) for item in items]


def _decode(content: Any) -> Any:
    if content is None or isinstance(content, _SCALARS):
        return content
    if isinstance(content, list):
        return [_decode(item) for item in content]
    if TUPLE in content:
        return tuple(_decode(item) for item in content[TUPLE])
    random, noise, kernels, off, unread = ([_decode(item) for item in items] for items in content[CHANGES])
    changes = Changes(set(random), dict(noise), dict(kernels), dict(off), set(unread))
    if not _is_sound(changes):
        raise ValueError("changes")
    return changes


def _is_sound(changes: Changes) -> bool:
    spots = (*changes.kernels, *changes.unread)
    texts = (*changes.random, *changes.noise, *changes.off, *changes.kernels.values())
    return (
        all(isinstance(spot, tuple) and [type(part) for part in spot] == [str, int, int] for spot in spots)
        and all(isinstance(text, str) for text in texts)
        and all(type(amount) in (int, float) for amount in changes.noise.values())
        and all(isinstance(off, list) and all(type(n) is int for n in off) for off in changes.off.values())
    )


def _fits(name: str, value: Any) -> bool:
    """True when a value is of the kind of its key's default; of keys that come from a function less is known."""
    key: Key[Any] | None = state.KEYS.get(name)
    if key is None:
        return isinstance(value, Changes) == name.startswith(state.CHANGES_OF)
    default = key.default
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, (list, tuple)):
        return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    if isinstance(default, (int, str)):
        return type(value) is type(default)
    return not isinstance(value, Changes)
