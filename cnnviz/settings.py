"""What the environment sets; read when it is used, not when a module is imported, so that tests can set it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cnnviz.validation import validated


@validated
@dataclass(frozen=True)
class Settings:
    """The variables that cnnviz knows; None for one that is not set, or empty.

    No value is refused here: what cannot be used is said where it is used, by the folder or address that fails, and
    does not stand in the way of the others.

    Attributes:
        data: CNNVIZ_DATA, a folder with the four MNIST files, or "bundled" for scikit-learn's digits.
        runs: CNNVIZ_RUNS, a folder for the networks that users train, instead of `models/`.
        scheduler: CNNVIZ_SCHEDULER, the address of a Dask scheduler that takes long work, e.g. tcp://host:8786.
        mnist_url: CNNVIZ_MNIST_URL, a school's own copy of MNIST, instead of the public mirrors; ends with a slash.
        database: CNNVIZ_DATABASE, SQLAlchemy's address of the database, instead of SQLite in the runs folder.
        teacher: CNNVIZ_TEACHER, the passphrase by which a browser becomes the teacher's.
        max_active_per_person: CNNVIZ_MAX_ACTIVE_PER_PERSON, runs of one person that may be under way at once; an
            experiment counts as one.
        max_kept_per_person: CNNVIZ_MAX_KEPT_PER_PERSON, runs that one person may have on the list.
        max_active, max_kept: CNNVIZ_MAX_ACTIVE, CNNVIZ_MAX_KEPT, the same of all persons together.
        refused: a sentence for every number that is none; it counts as not set.
    """

    data: str | None = None
    runs: Path | None = None
    scheduler: str | None = None
    mnist_url: str | None = None
    database: str | None = None
    teacher: str | None = field(default=None, repr=False)
    max_active_per_person: int = 3
    max_kept_per_person: int = 100
    max_active: int = 20
    max_kept: int = 500
    refused: tuple[str, ...] = ()


NUMBERS = ("max_active_per_person", "max_kept_per_person", "max_active", "max_kept")
MAX_NUMBER = 1_000_000


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as they are now.

    Args:
        environment: instead of the process's own.
    """
    values = os.environ if environment is None else environment
    runs, address = values.get("CNNVIZ_RUNS"), values.get("CNNVIZ_MNIST_URL")
    given = {name: text for name in NUMBERS if (text := values.get(f"CNNVIZ_{name.upper()}"))}
    numbers = {name: int(text) for name, text in given.items() if _is_number(text)}
    return Settings(
        data=values.get("CNNVIZ_DATA") or None,
        runs=Path(runs) if runs else None,
        scheduler=values.get("CNNVIZ_SCHEDULER") or None,
        mnist_url=f"{address.rstrip('/')}/" if address else None,
        database=values.get("CNNVIZ_DATABASE") or None,
        teacher=values.get("CNNVIZ_TEACHER") or None,
        refused=tuple(
            f"CNNVIZ_{name.upper()}: expected a whole number from 1 to {MAX_NUMBER:,}. Received {text[:60]!r}; "
            f"{getattr(Settings, name):,} is used."
            for name, text in given.items()
            if name not in numbers
        ),
        **numbers,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= MAX_NUMBER
