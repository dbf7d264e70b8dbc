"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("content", Text, nullable=False),
    Column("used_at", Float, nullable=False),
    Index("sessions_used_at", "used_at"),
)
"""What one browser has chosen and drawn: JSON; by the SHA-256 of its token, so that a copy of the table opens none."""

runs = Table(
    "runs",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("lease_holder", String(64), nullable=True),
    Column("lease_until", Float, nullable=True),
    Column("writer", String(64), nullable=True),
    Column("wish", Text, nullable=True),
)
"""Training runs: plan, status and results as JSON; who began each; in which order; which server drives it, and which
one wrote the record last; what is wanted of it by a person whom another server serves."""
