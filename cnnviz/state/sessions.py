"""What a browser has chosen and drawn, kept for a day so that a reload or a restarted server finds it again.

A session is known by a random token that its browser keeps.  No name and no address is stored.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any

from cnnviz.lazy import LazyModule
from cnnviz.state.database import now, transaction, upsert

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

sqlalchemy: Any = LazyModule("sqlalchemy")
tables: Any = LazyModule("cnnviz.state.tables")

KEEP_S = 24 * 60 * 60
"""A session that was not used for so long is deleted."""
MAX_BYTES = 500_000
"""Of one session's JSON; a drawing of 20,000 points takes about 400,000."""


def new_token() -> str:
    """A token that nobody can guess: 32 random bytes, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """SHA-256 of a token, in hex: what is stored, and what a run's owner is known by."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionStore:
    """The table of sessions.

    Args:
        engine: the database.
        keep_s: a session that was not used for so many seconds is deleted by `expire`.
    """

    def __init__(self, engine: Engine, keep_s: float = KEEP_S) -> None:
        self.engine, self.keep_s = engine, keep_s

    def load(self, token: str) -> dict[str, Any] | None:
        """What a session has kept; None when it is not known, too old or unreadable."""
        table = tables.sessions
        fresh = table.c.used_at > now(self.engine) - self.keep_s
        query = sqlalchemy.select(table.c.content).where(table.c.token_hash == fingerprint(token), fresh)
        with transaction(self.engine) as connection:
            content = connection.execute(query).scalar()
        try:
            values = json.loads(content) if content else None
        except ValueError:
            return None
        return values if isinstance(values, dict) else None

    def save(self, token: str, values: dict[str, Any]) -> None:
        """Keep what a session has chosen and drawn, in place of what was kept before.

        Raises:
            ValueError: when it is more than MAX_BYTES as JSON.
        """
        content = json.dumps(values)
        if len(content) > MAX_BYTES:
            raise ValueError(f"Expected at most {MAX_BYTES:,} bytes of a session. Received {len(content):,}.")
        row = {"token_hash": fingerprint(token), "content": content, "used_at": now(self.engine)}
        with transaction(self.engine) as connection:
            connection.execute(upsert(self.engine, tables.sessions, row))

    def delete(self, token: str) -> None:
        """Forget a session, and what its browser has put down to hand in."""
        with transaction(self.engine) as connection:
            for table in (tables.sessions, tables.reports):
                connection.execute(table.delete().where(table.c.token_hash == fingerprint(token)))

    def expire(self) -> int:
        """Delete every session that was not used for `keep_s`; gives their number.

        What its browser has put down goes with it, unless it is newer: a session is written after the page has run.
        """
        table, entries = tables.sessions, tables.reports
        with transaction(self.engine) as connection:
            old = now(self.engine) - self.keep_s
            done = connection.execute(table.delete().where(table.c.used_at <= old))
            known = sqlalchemy.select(table.c.token_hash)
            gone = entries.delete().where(entries.c.added_at <= old, entries.c.token_hash.not_in(known))
            connection.execute(gone)
        return int(done.rowcount)
