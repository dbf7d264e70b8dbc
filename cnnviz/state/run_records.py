"""The records of training runs: everything but their arrays, which stay files.

A record can be held by a lease: one server drives the run until the lease ends or is given back.  Leases are compared
and set in one statement, by the database's clock, so that two servers never hold one at the same time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnviz.lazy import LazyModule, load
from cnnviz.state.database import now, transaction

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

sqlalchemy: Any = LazyModule("sqlalchemy")
tables: Any = LazyModule("cnnviz.state.tables")


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Attributes:
        name: unique among runs and models.
        owner: `sessions.fingerprint` of the token of who began it; "" when nobody is known.
        status: as `training.run.Status`.
        content: plan and results, anything that JSON can hold.
    """

    name: str
    owner: str
    status: str
    content: dict[str, Any]


class RunRecords:
    """The table of runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, record: RunRecord) -> bool:
        """Write a new record behind all others; False, and nothing is written, when the name is taken."""
        table = tables.runs
        behind = sqlalchemy.select(sqlalchemy.func.coalesce(sqlalchemy.func.max(table.c.position), 0) + 1)
        row = self._row(record) | {"position": behind.scalar_subquery()}
        dialect = load(f"sqlalchemy.dialects.{self.engine.dialect.name}")
        statement = dialect.insert(table).values(row).on_conflict_do_nothing(index_elements=["name"])
        statement = statement.returning(table.c.name)  # a driver need not know how many rows a conflict left out
        with transaction(self.engine) as connection:
            return connection.execute(statement).first() is not None

    def save(self, record: RunRecord) -> None:
        """Write a record in place of the one with its name; nothing is written when that was deleted."""
        table = tables.runs
        with transaction(self.engine) as connection:
            connection.execute(table.update().where(table.c.name == record.name).values(self._row(record)))

    def _row(self, record: RunRecord) -> dict[str, Any]:
        return {
            "name": record.name,
            "owner": record.owner,
            "status": record.status,
            "content": json.dumps(record.content),
            "changed_at": now(self.engine),
        }

    def all(self) -> list[RunRecord]:
        """Every record, the oldest first."""
        table = tables.runs
        query = sqlalchemy.select(table.c.name, table.c.owner, table.c.status, table.c.content)
        with transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(table.c.position)).all()
        return [RunRecord(row.name, row.owner, row.status, json.loads(row.content)) for row in rows]

    def delete(self, name: str) -> None:
        """Forget a run."""
        table = tables.runs
        with transaction(self.engine) as connection:
            connection.execute(table.delete().where(table.c.name == name))

    def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew the lease of a run.

        Args:
            name: of the run.
            holder: who asks, e.g. a random name of this server's process.
            seconds: how long it holds unless it is renewed.

        Returns:
            True when the holder has it now; False while another one has it, or when there is no such run.
        """
        table = tables.runs
        free = sqlalchemy.or_(
            table.c.lease_holder.is_(None), table.c.lease_holder == holder, table.c.lease_until <= now(self.engine)
        )
        held = {"lease_holder": holder, "lease_until": now(self.engine) + seconds}
        with transaction(self.engine) as connection:
            done = connection.execute(table.update().where(table.c.name == name, free).values(held))
        return bool(done.rowcount)

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens when another one holds it."""
        table = tables.runs
        mine = (table.c.name == name, table.c.lease_holder == holder)
        with transaction(self.engine) as connection:
            connection.execute(table.update().where(*mine).values(lease_holder=None, lease_until=None))
