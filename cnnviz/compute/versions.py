"""What must be the same here and on a cluster's worker: a result that is equal to the bit needs the same code."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path

import cnnviz

PACKAGES = ("tensorflow", "keras", "numpy")


@functools.cache
def versions() -> dict[str, str]:
    """Python's minor version, the versions of PACKAGES, and this package's version with a checksum of its source."""
    installed = {"python": ".".join(platform.python_version_tuple()[:2])}
    for package in PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed[package] = "not installed"
    checksum = source_checksum(Path(cnnviz.__file__).parent)
    installed["cnnviz"] = f"{cnnviz.__version__} (source {checksum})"
    return installed


def source_checksum(folder: Path) -> str:
    """Eight hexadecimal digits that change with any Python file in a folder or below it."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{path.read_text('utf-8')}\n".encode())
    return digest.hexdigest()[:8]


def difference(worker: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """A sentence on the first package whose version differs, or ""."""
    for package, version in ours.items():
        if theirs.get(package) != version:
            return f"The worker {worker} has {package} {theirs.get(package)}, this server has {version}."
    return ""
