"""models/ on disk: a folder for each network with card.json and its weights.

Everything is written beside its final place and then moved there in one step, and checked when it is read:
a model is good only when every file has the SHA-256 its card states and the card's figures agree with each other.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz import settings
from cnnviz.bounded import Bounded
from cnnviz.files import FileError, MissingFile, read_bounded, shown
from cnnviz.network.cards import BrokenModel, Card, card_json, parse
from cnnviz.network.config import NetworkConfig
from cnnviz.network.weights import Network, Weights, check_weights, weight_arrays
from cnnviz.npz import arrays_of, largest_file, npz_bytes
from cnnviz.validation import quoted

ROOT = Path(__file__).resolve().parent.parent.parent / "models"
DEFAULTS = ("robust", "hvass")
"""What is chosen at first; the second where the first is missing or broken."""
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, OSError)
"""What comes of taking the content of a damaged file for what it should be."""
OPENED_BYTES = 200_000_000
"""So much is kept of the networks that were opened last: fifty times the tutorials' largest, or one very large one."""
MAX_FILES = 10_000
"""In one model's folder."""
MAX_NAME_BYTES = 200
"""A file system takes 255; names of drafts and of locks are longer than the model's."""


@dataclass(frozen=True)
class Model:
    """A folder under models/: its card, or the reason why it has none that can be trusted."""

    folder: Path
    card: Card | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The folder's name, as it can be shown."""
        return shown(self.folder.name)

    @property
    def least_energy(self) -> float | None:
        """The energy below which a drawing is unlike all that the finished network has learnt; None: not known."""
        return self.card.least_energy if self.card else None


def check_name(name: str) -> None:
    """Refuse a name that cannot be a model's: one that leads out of its folder, is hidden, or cannot be shown.

    Raises:
        ValueError: one sentence.
    """
    is_plain = name.isprintable() and not name.startswith(".") and not {"/", "\\"} & set(name)
    if not is_plain or not 1 <= len(name.encode()) <= MAX_NAME_BYTES:
        raise ValueError(
            "Expected a name of characters that can be printed, not longer than a file's name may be, without slashes "
            f"and not beginning with a dot. Received {quoted(name)}."
        )


def own_root() -> Path:
    """Where networks that users train are written: CNNVIZ_RUNS, or beside the shipped ones."""
    return settings.read().runs or ROOT


def models(*roots: Path) -> list[Model]:
    """Every model folder by name, each checked; names that start with a dot are unfinished work.

    Args:
        roots: where to look; by default among the shipped networks and the users' own.
    """
    places = dict.fromkeys(root.resolve() for root in roots or (ROOT, own_root()) if os.path.isdir(root))
    folders = [folder for root in places for folder in _folders_in(root)]
    return [open_model(folder) for folder in sorted(folders, key=lambda folder: folder.name)]


def _folders_in(root: Path) -> list[Path]:
    """Every folder but those of unfinished work; `os.path.isdir` raises nothing, whatever lies there."""
    try:
        names = os.listdir(root)
    except OSError:  # it went away, or may not be read: whoever writes there says so
        return []
    return [root / name for name in names if not name.startswith(".") and os.path.isdir(root / name)]


def find(name: str) -> Model | None:
    """The model of that name, or None."""
    return next((model for model in models() if model.name == name), None)


def open_model(folder: Path) -> Model:
    """Read and check one model; what is wrong stands in `reason`, nothing is raised."""
    try:
        return Model(folder, _checked_card(folder))
    except BrokenModel as error:
        return Model(folder, reason=shown(str(error)))


def load(model: Model, iteration: int | None = None) -> Network:
    """The network of one snapshot, by default the last.

    Raises:
        BrokenModel: when the model is broken or has no such snapshot.
    """
    if model.card is None:
        raise BrokenModel(model.reason)
    snapshots = [s for s in model.card.snapshots if iteration in (None, s.iteration)]
    if not snapshots:
        have = ", ".join(str(s.iteration) for s in model.card.snapshots)
        raise BrokenModel(f"{model.name}: expected a snapshot at iteration {iteration}, found {have}.")
    try:
        key = (model.folder / snapshots[-1].file, snapshots[-1].sha256, model.card.network)
        return _opened.get(key, lambda: Network(key[2], _read_weights(*key)))
    except BrokenModel as error:  # it has changed since it was checked
        raise BrokenModel(shown(str(error))) from None


_opened: Bounded[tuple[Path, str, NetworkConfig], Network] = Bounded(OPENED_BYTES, lambda network: network.n_bytes, 64)


def _read_weights(path: Path, sha256: str, config: NetworkConfig) -> dict[str, np.ndarray]:
    """The weights in a file that has this checksum and holds what the network needs, and nothing else."""
    expected = weight_arrays(config)
    try:
        content = read_bounded(path, largest_file(expected), follow_links=False)
    except MissingFile:
        raise BrokenModel(f"{path}: expected weights, found none.") from None
    except FileError as error:
        raise BrokenModel(str(error)) from None
    computed = hashlib.sha256(content).hexdigest()
    if computed != sha256:
        raise BrokenModel(f"{path}: expected SHA-256 {sha256[:12]}…, found {computed[:12]}…. The file was changed.")
    try:
        weights = arrays_of(content, expected)
        check_weights(config, weights)
    except ValueError as error:
        raise BrokenModel(f"{path}: expected the weights of the network in its card. {error}") from None
    return weights


_checking = [threading.Lock() for _ in range(64)]
"""By folder: at the server's start several ask for the same, and `lru_cache` would let each of them check it."""


def _checked_card(folder: Path) -> Card:
    files = _files_in(folder)
    with _checking[hash(folder) % len(_checking)]:
        answer = _check_folder(folder, files)
    if isinstance(answer, str):
        raise BrokenModel(answer)
    return answer


def _files_in(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Name, time, size and inode of every file of a model: what changes when one of them does."""
    files = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                files.append((entry.name, about.st_mtime_ns, about.st_size, about.st_ino))
                if len(files) > MAX_FILES:
                    raise BrokenModel(f"{folder}: expected a model, at most {MAX_FILES:,} files, found more.")
    except OSError as error:
        raise BrokenModel(f"{folder}: expected a folder that can be read. {error.strerror}.") from None
    return tuple(sorted(files))


@functools.lru_cache(maxsize=2048)
def _check_folder(folder: Path, files: tuple[tuple[str, int, int, int], ...]) -> Card | str:
    """Check card and files once for each state of the folder; a string is the reason why not.

    A string, since `lru_cache` keeps what is returned, not what is raised.
    """
    if "card.json" not in (name for name, *_ in files):
        return f"{folder / 'card.json'}: expected a card, found none. The model was not written to its end."
    try:
        card = parse(folder / "card.json")
        for snapshot in card.snapshots:
            _read_weights(folder / snapshot.file, snapshot.sha256, card.network)
    except BrokenModel as error:
        return str(error)
    return card


def write(folder: Path, card: Card, weights: Mapping[int, Weights], *, replace: bool = False) -> Model:
    """Write a model whole or not at all.

    Args:
        folder: the new folder; its parent is made where it is missing.
        card: its figures; the snapshots' `sha256` is filled in here.
        weights: the arrays of every snapshot, by iteration.
        replace: take the place of a folder that is there, as a run that went on does.

    Raises:
        FileExistsError: when the folder is already there and is not to be replaced.
        ValueError: when its name cannot be a model's.
    """
    check_name(folder.name)
    if folder.exists() and not replace:
        raise FileExistsError(f"{folder} is already there; nothing is overwritten.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        snapshots = []
        for snapshot in card.snapshots:
            content = npz_bytes(weights[snapshot.iteration])
            (draft / snapshot.file).write_bytes(content)
            snapshots.append(dataclasses.replace(snapshot, sha256=hashlib.sha256(content).hexdigest()))
        text = card_json(dataclasses.replace(card, name=folder.name, snapshots=tuple(snapshots)))
        (draft / "card.json").write_text(text, "utf-8")
        draft.chmod(0o755)
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return open_model(folder)


def _put_in_place(draft: Path, folder: Path) -> None:
    """Rename a folder; the one in its place goes, or comes back when that fails."""
    old = draft.with_name(f"{draft.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def delete(folder: Path) -> None:
    """Take a model away in one step; one that is not there is no error."""
    if folder.is_dir():
        gone = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        folder.rename(gone / folder.name)
        shutil.rmtree(gone, ignore_errors=True)


def delete_file(path: Path) -> None:
    """Take a file away, and the drafts of it that processes left which were killed while they wrote."""
    path.unlink(missing_ok=True)
    for name in os.listdir(path.parent):
        if name.startswith(f".{path.name}."):
            (path.parent / name).unlink(missing_ok=True)
