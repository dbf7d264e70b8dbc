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
    """

    data: str | None = None
    runs: Path | None = None
    scheduler: str | None = None
    mnist_url: str | None = None
    database: str | None = None
    teacher: str | None = field(default=None, repr=False)


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as they are now.

    Args:
        environment: instead of the process's own.
    """
    values = os.environ if environment is None else environment
    runs, address = values.get("CNNVIZ_RUNS"), values.get("CNNVIZ_MNIST_URL")
    return Settings(
        data=values.get("CNNVIZ_DATA") or None,
        runs=Path(runs) if runs else None,
        scheduler=values.get("CNNVIZ_SCHEDULER") or None,
        mnist_url=f"{address.rstrip('/')}/" if address else None,
        database=values.get("CNNVIZ_DATABASE") or None,
        teacher=values.get("CNNVIZ_TEACHER") or None,
    )
