"""Pseudonyms of two words, so that nobody in a room gives a name."""

from __future__ import annotations

FIRST = (
    *("Amber", "Blue", "Brave", "Bright", "Calm", "Clever", "Cosy", "Curious", "Eager", "Early"),
    *("Fair", "Fast", "Gentle", "Golden", "Green", "Happy", "Honest", "Indigo", "Jolly", "Keen"),
    *("Kind", "Lively", "Lucky", "Mild", "Neat", "Noble", "Orange", "Patient", "Polite", "Proud"),
    *("Purple", "Quick", "Quiet", "Red", "Silver", "Steady", "Sunny", "Warm", "Wise", "Young"),
)
SECOND = (
    *("Badger", "Beaver", "Bee", "Camel", "Crane", "Deer", "Dolphin", "Eagle", "Falcon", "Finch"),
    *("Fox", "Gecko", "Hare", "Heron", "Ibis", "Jay", "Kiwi", "Koala", "Lark", "Lion"),
    *("Lynx", "Mole", "Newt", "Orca", "Otter", "Owl", "Panda", "Puffin", "Raven", "Robin"),
    *("Seal", "Stork", "Swan", "Tiger", "Toad", "Trout", "Vole", "Whale", "Wolf", "Wren"),
)


def all_names() -> list[str]:
    """Every pseudonym there is, more than eight for each place in a room."""
    return [f"{first} {second}" for first in FIRST for second in SECOND]
