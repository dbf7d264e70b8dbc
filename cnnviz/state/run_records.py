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

    def add(self, *records: RunRecord, holder: str | None = None, seconds: float = 0.0) -> bool:
        """Write new records behind all others, in their order and in one transaction.

        Args:
            records: with names of their own.
            holder: who has their leases from the start; None: nobody.
            seconds: how long.

        Returns:
            False, and nothing is written, when a name is taken.
        """
        table = tables.runs
        behind = sqlalchemy.select(sqlalchemy.func.coalesce(sqlalchemy.func.max(table.c.position), 0) + 1)
        lease = {"lease_holder": holder, "lease_until": now(self.engine) + seconds} if holder else {}
        insert = load(f"sqlalchemy.dialects.{self.engine.dialect.name}").insert(table)
        with transaction(self.engine) as connection:
            for record in records:
                row = self._row(record) | {"position": behind.scalar_subquery()} | lease
                statement = insert.values(row).on_conflict_do_nothing(index_elements=["name"])
                # A driver need not know how many rows a conflict left out, so the names that were written come back.
                if connection.execute(statement.returning(table.c.name)).first() is None:
                    connection.rollback()
                    return False
        return True

    def save(self, record: RunRecord, holder: str | None = None) -> None:
        """Write a record in place of the one with its name; nothing is written when that was deleted.

        Args:
            record: the new one.
            holder: who writes; nothing is written while another one has the lease.  None: whoever has it.
        """
        table = tables.runs
        where = [table.c.name == record.name, *([self._free_for(holder)] if holder else [])]
        with transaction(self.engine) as connection:
            connection.execute(table.update().where(*where).values(self._row(record)))

    def _free_for(self, holder: str) -> Any:
        table = tables.runs
        return sqlalchemy.or_(
            table.c.lease_holder.is_(None), table.c.lease_holder == holder, table.c.lease_until <= now(self.engine)
        )

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
        table, free = tables.runs, self._free_for(holder)
        held = {"lease_holder": holder, "lease_until": now(self.engine) + seconds}
        with transaction(self.engine) as connection:
            done = connection.execute(table.update().where(table.c.name == name, free).values(held))
        return bool(done.rowcount)

    def holder(self, name: str) -> str | None:
        """Who has the lease of a run, or had the last one that was not given back."""
        query = sqlalchemy.select(tables.runs.c.lease_holder).where(tables.runs.c.name == name)
        with transaction(self.engine) as connection:
            holder: str | None = connection.execute(query).scalar()
        return holder

    def renew(self, holder: str, seconds: float) -> None:
        """Renew every lease of a holder."""
        table = tables.runs
        with transaction(self.engine) as connection:
            until = now(self.engine) + seconds
            connection.execute(table.update().where(table.c.lease_holder == holder).values(lease_until=until))

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens when another one holds it."""
        table = tables.runs
        mine = (table.c.name == name, table.c.lease_holder == holder)
        with transaction(self.engine) as connection:
            connection.execute(table.update().where(*mine).values(lease_holder=None, lease_until=None))

    def release_all(self, holder: str) -> None:
        """Give every lease of a holder back."""
        table = tables.runs
        with transaction(self.engine) as connection:
            free = table.update().where(table.c.lease_holder == holder).values(lease_holder=None, lease_until=None)
            connection.execute(free)
