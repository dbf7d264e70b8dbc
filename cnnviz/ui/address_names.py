"""What belongs into an address: the keys of each place by a short name, and their values as text and back."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cnnviz.data.dataset import Split
from cnnviz.data.parts import Spot
from cnnviz.drawing.short_strokes import MAX_TEXT
from cnnviz.ui import kept, state
from cnnviz.ui.changes import Changes
from cnnviz.ui.state import DigitKeys, DrawPage, Key, Session

MAX_QUERY = 8_000
MAX_CHANGES_BYTES = 100_000
NET, STEPS, SOURCE, DIGIT, OWN, INK = "net", "steps", "source", "digit", "own", "ink"
SCREEN, EMBED, ROOM = "screen", "embed", "room"
"""Beginnings of names that others write: Present itself, in the browser, and Streamlit; the code of a room."""
HIDEABLE = ("digit", "network", "time", "menu", "share", "report", "words", "theme", "present")
CLASSES: dict[str, tuple[type, ...]] = {
    "draw": (DrawPage,),
    "layers": (state.LayersPage, state.FiltersPart, state.FeatureMapsPart, state.CalculationPart),
    "kernels": (state.KernelsPage,),
    "why": (state.WhyPage, state.MapPart),
    "mistakes": (state.MistakesPage,),
    "break_it": (state.BreakItPage,),
    "train": (state.TrainPage, state.ComparePart, state.ExperimentsPart),
    "data": (state.DataPage,),
    "classroom": (state.ClassroomPage,),
}
"""Whose keys belong into the address of a place."""
BEGINNINGS: dict[str, dict[str, tuple[str, Any]]] = {
    "layers": {
        "channel": ("channel of ", None),
        "shown": ("layers of ", ()),
        "slides-over": ("channel shown of ", 0),
        "off": (state.SWITCHED_OFF_OF, ()),
    },
    "why": {"layer-of": ("liked layer of ", ""), "filter-of": ("liked filter of ", 0)},
    "kernels": {"numbers": ("laboratory text kernel ", "")},
    "break_it": {
        "changed": ("stress ", 0.0),
        "broken": (state.CHANGES_OF, Changes()),
        "layer-of": ("broken layer of ", ""),
    },
    "train": {"side": ("compared ", ""), "values": ("sweep ", "")},
}
"""Of keys that a function makes, by place and name in the address: how the key begins, and a value like its."""
OF_SESSION = (
    *(NET, STEPS, SOURCE, DIGIT, INK, ROOM, DrawPage.squares.address, DrawPage.below.number.address),
    *(key.address for key in (Session.hidden, Session.present, Session.lesson, Session.lesson_step)),
)
"""What an address may say at every place."""
WITH_DRAWING = (DrawPage.way, DrawPage.thin_pen, DrawPage.steps, DrawPage.pen_px)
"""What decides on which digit a drawing makes: goes with it to every place."""


def keys_of(place: str) -> dict[str, Key[Any]]:
    """The keys of a place that have a name of their own, by their name in the address."""
    keys: dict[str, Key[Any]] = {}
    for page in CLASSES.get(place, ()):
        for value in vars(page).values():
            several = [value.which, value.split, value.number] if isinstance(value, DigitKeys) else [value]
            keys |= {key.address: key for key in several if isinstance(key, Key) and key.address}
    return keys


def key_of(place: str, name: str) -> tuple[Key[Any], Any]:
    """The key of a place that a name in its address stands for, and a value like its.

    Raises:
        LookupError: when there is none.
    """
    key = ({key.address: key for key in WITH_DRAWING} | keys_of(place)).get(name)
    if key is not None:
        return key, key.default
    address, _, rest = name.partition(".")
    beginning, like = BEGINNINGS[place][address]
    return Key(beginning + rest, like), like


def checked(key: Key[Any], like: Any, text: str) -> Any:
    """What a text stands for as the value of a key.

    Raises:
        ValueError, LookupError: when it is none.
    """
    value = value_of(like, text)
    if key.name not in kept.decoded(kept.encoded({key.name: value})):
        raise ValueError(key.name)
    return value


def unfit(place: str, params: Mapping[str, str]) -> list[str]:
    """Names in an address that are not known at a place, or have no such value, as far as no session is needed."""
    return [name for name, text in params.items() if not _fits(place, name, text)]


def _fits(place: str, name: str, text: str) -> bool:
    try:
        if name == DIGIT and text != OWN:
            spot_of(text)
        elif name not in OF_SESSION:
            checked(*key_of(place, name), text)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return False
    return True


def text_of(value: Any) -> str | None:
    """A value in an address; None for what cannot stand there."""
    if isinstance(value, Changes):
        content = json.dumps(kept.encoded({state.CHANGES_OF: value})[state.CHANGES_OF], separators=(",", ":"))
        return None if value == Changes() else packed(content.encode())
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item).replace("%", "%25").replace(",", "%2C") for item in value)
    return str(value) if isinstance(value, (int, float, str)) and len(str(value)) <= MAX_TEXT else None


def spot_text(split: Split, number: int) -> str:
    """An image of the data, e.g. "7" for a test image, "train-2" for a training image."""
    return str(number) if split == "test" else f"{split}-{number}"


def spot_of(text: str) -> Spot:
    """What a text of `spot_text` stands for; whether there is such an image is not looked at.

    Raises:
        ValueError: when it stands for none.
    """
    found = re.fullmatch(r"(?:(train|validation)-)?(-?\d{1,9})", text)
    if found is None:
        raise ValueError(text)
    splits: dict[str | None, Split] = {None: "test", "train": "train", "validation": "validation"}
    return splits[found[1]], int(found[2])


def packed(content: bytes) -> str:
    """Compressed, as letters, digits, - and _."""
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def value_of(like: Any, text: str) -> Any:
    """What a text of `text_of` stands for, where the value is like some other one.

    Raises:
        ValueError, LookupError: when it stands for no such value.
    """
    value: Any = text
    if isinstance(like, bool):
        value = {"0": False, "1": True}[text]
    elif isinstance(like, (int, float)):
        value = type(like)(text)
    elif isinstance(like, (list, tuple)):
        value = tuple(map(unquote, text.split(","))) if text else ()
    elif isinstance(like, Changes):
        content = json.loads(unpacked(text, MAX_CHANGES_BYTES))
        value = kept.decoded({state.CHANGES_OF: content})[state.CHANGES_OF]
    elif like is None and re.fullmatch(r"-?\d{1,9}", text):
        value = int(text)
    elif like is None and re.fullmatch(r"\d{1,4}(,\d{1,4})+", text):
        value = tuple(int(number) for number in text.split(","))
    return value


def unpacked(text: str, most: int) -> bytes:
    """What was packed.

    Raises:
        ValueError: when it is something else, or longer than `most`.
    """
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True), most)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("too long, or cut off")
    return content
