"""The records of training runs: everything but their arrays, which stay files.

A record can be held by a lease: one server drives the run until the lease ends or is given back.  Leases are compared
and set in one statement, by the database's clock, so that two servers never hold one at the same time.  A server that
does not drive a run leaves in its record what a person wants of it, a wish; the last one counts.
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


@dataclass(frozen=True)
class Standing:
    """Who has to do with a record, without what it holds.

    Attributes:
        name: of the run.
        status: as in the record.
        changed_at: when it was written last, by the database's clock.
        writer: who wrote it; None: nobody knows.
        holder: who has its lease, or had the last one that was not given back; None for none.
        is_free: nobody has its lease now.
        wish: what is wanted of the run, JSON; None: nothing.
    """

    name: str
    status: str
    changed_at: float
    writer: str | None
    holder: str | None
    is_free: bool
    wish: str | None


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
                row = self._row(record, holder) | {"position": behind.scalar_subquery()} | lease
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
            connection.execute(table.update().where(*where).values(self._row(record, holder)))

    def _free_for(self, holder: str) -> Any:
        table = tables.runs
        return sqlalchemy.or_(
            table.c.lease_holder.is_(None), table.c.lease_holder == holder, table.c.lease_until <= now(self.engine)
        )

    def _row(self, record: RunRecord, writer: str | None) -> dict[str, Any]:
        return {
            "name": record.name,
            "owner": record.owner,
            "status": record.status,
            "content": json.dumps(record.content),
            "changed_at": now(self.engine),
            "writer": writer,
        }

    def all(self, *names: str) -> list[RunRecord]:
        """Every record, or those of some names that are there, the oldest first."""
        table = tables.runs
        query = sqlalchemy.select(table.c.name, table.c.owner, table.c.status, table.c.content)
        if names:
            query = query.where(table.c.name.in_(names))
        with transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(table.c.position)).all()
        return [RunRecord(row.name, row.owner, row.status, json.loads(row.content)) for row in rows]

    def standings(self) -> list[Standing]:
        """Who has to do with each record, the oldest first."""
        c = tables.runs.c
        is_free = sqlalchemy.or_(c.lease_holder.is_(None), c.lease_until <= now(self.engine))
        query = sqlalchemy.select(
            *(c.name, c.status, c.changed_at, c.writer, c.lease_holder, is_free.label("is_free"), c.wish)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(c.position)).all()
        return [
            Standing(row.name, row.status, row.changed_at, row.writer, row.lease_holder, bool(row.is_free), row.wish)
            for row in rows
        ]

    def leave_wish(self, name: str, wish: str) -> None:
        """Leave what is wanted of a run, JSON, in place of what was wanted before."""
        table = tables.runs
        with transaction(self.engine) as connection:
            connection.execute(table.update().where(table.c.name == name).values(wish=wish))

    def take_wish(self, name: str, wish: str) -> bool:
        """Take a wish away; False when it is not the one that is there, e.g. taken already."""
        table = tables.runs
        with transaction(self.engine) as connection:
            taken = table.update().where(table.c.name == name, table.c.wish == wish).values(wish=None)
            return bool(connection.execute(taken).rowcount)

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

    def renew(self, holder: str, seconds: float) -> set[str]:
        """Renew every lease of a holder that nobody else has taken; gives the names of the runs."""
        table = tables.runs
        with transaction(self.engine) as connection:
            until = now(self.engine) + seconds
            renewed = table.update().where(table.c.lease_holder == holder).values(lease_until=until)
            return set(connection.execute(renewed.returning(table.c.name)).scalars())

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
