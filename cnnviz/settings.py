"""What the environment sets; read when it is used, not when a module is imported, so that tests can set it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
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
        drain_s: CNNVIZ_DRAIN_S, seconds that a server goes on after SIGTERM, while new sessions go elsewhere.
        log: CNNVIZ_LOG, "json" for one JSON object a line.
        lessons: CNNVIZ_LESSONS, a folder with a school's own lessons, beside those that come with cnnviz.
        metrics: CNNVIZ_METRICS, networks from which /metrics may be asked for, beside this machine; apart by commas.
        refused: a sentence for every value that is none of these; it counts as not set.
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
    drain_s: int = 0
    log: str | None = None
    lessons: Path | None = None
    metrics: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


MAX_NUMBER = 1_000_000
NUMBERS = {
    "max_active_per_person": (1, MAX_NUMBER),
    "max_kept_per_person": (1, MAX_NUMBER),
    "max_active": (1, MAX_NUMBER),
    "max_kept": (1, MAX_NUMBER),
    "drain_s": (0, 3600),
}
"""The least and the greatest value of each."""
LOGS = ("json",)


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as they are now.

    Args:
        environment: instead of the process's own.
    """
    values = os.environ if environment is None else environment
    runs, address, lessons = (values.get(f"CNNVIZ_{name}") for name in ("RUNS", "MNIST_URL", "LESSONS"))
    given = {name: text for name in NUMBERS if (text := values.get(f"CNNVIZ_{name.upper()}"))}
    numbers = {name: int(text) for name, text in given.items() if _is_number(text, *NUMBERS[name])}
    log, metrics = values.get("CNNVIZ_LOG"), values.get("CNNVIZ_METRICS", "")
    networks = tuple(text.strip() for text in metrics.split(",") if text.strip())
    return Settings(
        data=values.get("CNNVIZ_DATA") or None,
        runs=Path(runs) if runs else None,
        scheduler=values.get("CNNVIZ_SCHEDULER") or None,
        mnist_url=f"{address.rstrip('/')}/" if address else None,
        database=values.get("CNNVIZ_DATABASE") or None,
        teacher=values.get("CNNVIZ_TEACHER") or None,
        log=log if log in LOGS else None,
        lessons=Path(lessons) if lessons else None,
        metrics=tuple(text for text in networks if _is_network(text)),
        refused=_refused({name: text for name, text in given.items() if name not in numbers}, log, networks),
        **numbers,
    )


def _refused(numbers: Mapping[str, str], log: str | None, networks: Sequence[str]) -> tuple[str, ...]:
    """A sentence for every value that is left out: texts that are no such numbers, by setting; the other settings."""
    sentences = []
    for name, text in numbers.items():
        least, greatest = NUMBERS[name]
        expected, used = f"a whole number from {least} to {greatest:,}", f"{getattr(Settings, name):,}"
        sentences.append(f"CNNVIZ_{name.upper()}: expected {expected}. Received {text[:60]!r}; {used} is used.")
    if log and log not in LOGS:
        sentences.append(f"CNNVIZ_LOG: expected json. Received {log[:60]!r}; logs stay text.")
    for text in networks:
        if not _is_network(text):
            expected = "networks such as 10.0.0.0/8"
            sentences.append(f"CNNVIZ_METRICS: expected {expected}. Received {text[:60]!r}; it is left out.")
    return tuple(sentences)


def _is_number(text: str, least: int, greatest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8 and least <= int(text) <= greatest


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
