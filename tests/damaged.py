"""Ways to damage a model: each must be shown as broken, and nothing else may fail."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from cnnviz.network import store
from cnnviz.network.cards import Card, card_json
from cnnviz.network.weights import weight_arrays
from cnnviz.npz import npz_bytes


def checksum(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def card_of(folder: Path) -> dict:
    return json.loads((folder / "card.json").read_text())


def write_card(folder: Path, content: dict) -> None:
    """Write a card with a checksum that is right."""
    content = {name: value for name, value in content.items() if name != "checksum"}
    (folder / "card.json").write_text(json.dumps({**content, "checksum": checksum(content)}))


def last(folder: Path) -> Path:
    """The weights of the last snapshot."""
    return folder / card_of(folder)["snapshots"][-1]["file"]


def put_weights(folder: Path, content: bytes) -> None:
    """Other bytes in place of the last snapshot's weights, with their hash in the card."""
    last(folder).write_bytes(content)
    card = card_of(folder)
    card["snapshots"][-1]["sha256"] = hashlib.sha256(content).hexdigest()
    write_card(folder, card)


def change(folder: Path, place: str, value: object) -> None:
    card = card_of(folder)
    *way, name = (int(part) if part.lstrip("-").isdigit() else part for part in place.split("."))
    at = card
    for part in way:
        at = at[part]
    at[name] = value
    write_card(folder, card)


def arrays_with(folder: Path, make) -> bytes:
    """An .npz with the network's arrays, each made from its expected shape."""
    expected = weight_arrays(store.open_model(folder).card.network)
    return npz_bytes({name: make(array.shape) for name, array in expected.items()})


def bomb(folder: Path) -> bytes:
    """Less than 1 MB that NumPy unpacks to 895 MB."""
    return bomb_of(tuple(weight_arrays(store.open_model(folder).card.network)))


@functools.cache
def bomb_of(names: tuple[str, ...]) -> bytes:
    """Such an .npz with arrays of these names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, name in enumerate(names):
            with archive.open(f"{name}.npy", "w") as entry:
                header = io.BytesIO()
                n = 895_000_000 // 4 if i == 0 else 1
                np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (n,)})
                entry.write(header.getvalue())
                for _ in range(4 * n // 1_000_000 + 1):
                    entry.write(bytes(1_000_000))
    return content.getvalue()


def replaced(path: Path, make) -> None:
    """Something else in place of a file."""
    path.unlink()
    make(path)


def link_out(path: Path) -> None:
    """The file itself, outside of the folder, and a link to it."""
    outside = path.parent.parent / f".outside-{path.parent.name}-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def swap_shape(shape):
    return np.zeros((*shape[:-1], shape[-1] + 1), np.float32)


DAMAGE = {
    "number for a hash": lambda f: change(f, "snapshots.-1.sha256", 5),
    "iteration as text": lambda f: change(f, "snapshots.-1.iteration", "200"),
    "NUL in a file's name": lambda f: change(f, "snapshots.-1.file", "weights\0.npz"),
    "file in another folder": lambda f: change(f, "snapshots.-1.file", "../../../../etc/passwd"),
    "nested without end": lambda f: (f / "card.json").write_text('{"a":' * 100_000),
    "lists without end": lambda f: (f / "card.json").write_text("[" * 100_000 + "]" * 100_000),
    "a number of a million digits": lambda f: (f / "card.json").write_text('{"checksum": ' + "9" * 900_000 + "}"),
    "bytes": lambda f: (f / "card.json").write_bytes(bytes(range(256)) * 10),
    "arrays of another shape": lambda f: put_weights(f, arrays_with(f, swap_shape)),
    "arrays of another dtype": lambda f: put_weights(f, arrays_with(f, np.zeros)),
    "infinite weights": lambda f: put_weights(f, arrays_with(f, lambda s: np.full(s, np.inf, np.float32))),
    "a bomb": lambda f: put_weights(f, bomb(f)),
    "card a device": lambda f: replaced(f / "card.json", lambda path: path.symlink_to("/dev/zero")),
    "card a pipe": lambda f: replaced(f / "card.json", os.mkfifo),
    "card a folder": lambda f: replaced(f / "card.json", Path.mkdir),
    "card a link out": lambda f: link_out(f / "card.json"),
    "card a loop": lambda f: replaced(f / "card.json", lambda path: path.symlink_to("card.json")),
    "weights a device": lambda f: replaced(last(f), lambda path: path.symlink_to("/dev/zero")),
    "weights a pipe": lambda f: replaced(last(f), os.mkfifo),
    "weights a folder": lambda f: replaced(last(f), Path.mkdir),
    "weights a link out": lambda f: link_out(last(f)),
    "no weights": lambda f: last(f).unlink(),
    "empty": lambda f: [path.unlink() for path in f.iterdir()],
}
"""Name to what is done to a good model's folder; afterwards it is broken."""


def huge_weights(folder: Path) -> None:
    """Every weight 3e38 or -3e38: finite, and whatever is computed with them is not."""

    def make(shape):
        signs = np.where(np.arange(int(np.prod(shape))) % 2, -1, 1).reshape(shape)
        return (signs * 3e38).astype(np.float32)

    put_weights(folder, arrays_with(folder, make))


def small_model(folder: Path, card: Card) -> None:
    """Another model with a card's network, its last snapshot alone, with weights 0."""
    snapshots = card.snapshots[-1:]
    weights = {name: np.zeros(array.shape, np.float32) for name, array in weight_arrays(card.network).items()}
    store.write(folder, dataclasses.replace(card, snapshots=snapshots), {snapshots[0].iteration: weights})


def many(root: Path, card: Card, n: int) -> None:
    """A folder with so many entries: files, empty folders, links, broken cards."""
    for i in range(n):
        folder = root / f"entry-{i:04d}"
        if i % 4 == 0:
            folder.write_text("no folder")
        elif i % 4 == 1:
            folder.mkdir()
        elif i % 4 == 2:
            folder.symlink_to(f"entry-{i:04d}")
        else:
            folder.mkdir()
            (folder / "card.json").write_text(card_json(card))
