"""What a browser has put down to hand in, entry by entry; it is deleted with the browser's session.

No name is stored: as a session, a report is known by the SHA-256 of its browser's token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnviz.lazy import LazyModule, load
from cnnviz.state.database import now, transaction
from cnnviz.state.sessions import fingerprint

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

sqlalchemy: Any = LazyModule("sqlalchemy")
tables: Any = LazyModule("cnnviz.state.tables")

MAX_ENTRIES = 40
MAX_BYTES = 3_000_000
"""Of all entries of one browser, as JSON."""
TRIES = 20
"""When two tabs of a browser add an entry at once, one of them takes the next number."""


class ReportFullError(ValueError):
    """There is no room for another entry; the message is a sentence for a person."""


@dataclass(frozen=True)
class Stored:
    """An entry as it is stored: its number, which it keeps, and what it says."""

    number: int
    content: dict[str, Any]


class Reports:
    """The table of entries."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def entries(self, token: str) -> list[Stored]:
        """What a browser has put down, in its order; an entry that cannot be read is left out."""
        table = tables.reports
        query = table.select().where(table.c.token_hash == fingerprint(token))
        with transaction(self.engine) as connection:
            rows = list(connection.execute(query.order_by(table.c.position, table.c.number)))
        read = [(row.number, _read(row.content)) for row in rows]
        return [Stored(number, content) for number, content in read if content is not None]

    def add(self, token: str, content: Mapping[str, Any]) -> int:
        """Put down one more entry, behind the others.

        Returns:
            how many there are then.

        Raises:
            ReportFullError: when there are MAX_ENTRIES, or it would be more than MAX_BYTES.
        """
        text = json.dumps(content)
        insert = load(f"sqlalchemy.dialects.{self.engine.dialect.name}").insert(tables.reports)
        for _ in range(TRIES):
            with transaction(self.engine) as connection:
                count, size, number, position = self._filled(connection, token)
                _need_room(count, size + len(text))
                row = {"token_hash": fingerprint(token), "number": number + 1, "position": position + 1}
                statement = insert.values(row | {"content": text, "added_at": now(self.engine)})
                free = statement.on_conflict_do_nothing(index_elements=["token_hash", "number"])
                if connection.execute(free.returning(tables.reports.c.number)).first():
                    return count + 1
        raise ReportFullError("Others are writing into this report. Try again.")

    def change(self, token: str, number: int, content: Mapping[str, Any]) -> None:
        """Have an entry say something else; nothing happens when it is there no more.

        Raises:
            ReportFullError: when all entries would be more than MAX_BYTES.
        """
        text, table = json.dumps(content), tables.reports
        with transaction(self.engine) as connection:
            count, size, *_ = self._filled(connection, token, without=number)
            _need_room(count, size + len(text))
            connection.execute(table.update().where(*self._it(token, number)).values(content=text))

    def move_up(self, token: str, number: int) -> None:
        """Put an entry before the one that stands before it; nothing happens to the first."""
        table = tables.reports
        query = sqlalchemy.select(table.c.number, table.c.position).where(table.c.token_hash == fingerprint(token))
        with transaction(self.engine) as connection:
            rows = list(connection.execute(query.order_by(table.c.position, table.c.number)))
            at = next((i for i, row in enumerate(rows) if row.number == number), 0)
            if at:
                for one, other in ((rows[at], rows[at - 1]), (rows[at - 1], rows[at])):
                    moved = table.update().where(*self._it(token, one.number))
                    connection.execute(moved.values(position=other.position))

    def delete(self, token: str, number: int) -> None:
        """Take an entry away."""
        with transaction(self.engine) as connection:
            connection.execute(tables.reports.delete().where(*self._it(token, number)))

    def delete_all(self, token: str) -> None:
        """Take all entries of a browser away."""
        table = tables.reports
        with transaction(self.engine) as connection:
            connection.execute(table.delete().where(table.c.token_hash == fingerprint(token)))

    def _filled(self, connection: Connection, token: str, without: int | None = None) -> tuple[int, int, int, int]:
        """How many entries there are and their characters, leaving one out; the last number, and the last position."""
        c, func = tables.reports.c, sqlalchemy.func
        asked = (func.count(), func.sum(func.length(c.content)), func.max(c.number), func.max(c.position))
        query = sqlalchemy.select(*asked).where(c.token_hash == fingerprint(token))
        if without is not None:
            query = query.where(c.number != without)
        found = connection.execute(query).one()
        return (int(found[0]), int(found[1] or 0), int(found[2] or 0), int(found[3] or 0))

    def _it(self, token: str, number: int) -> tuple[Any, Any]:
        c = tables.reports.c
        return c.token_hash == fingerprint(token), c.number == number


def _need_room(count: int, size: int) -> None:
    if count >= MAX_ENTRIES:
        raise ReportFullError(f"Your report is full: it has {MAX_ENTRIES} entries. Delete one on the page Class.")
    if size > MAX_BYTES:
        most = f"{MAX_BYTES / 1e6:.0f} MB"
        raise ReportFullError(f"Your report is full: its pictures fill {most}. Delete an entry on the page Class.")


def _read(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
