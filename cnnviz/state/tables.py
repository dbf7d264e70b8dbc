"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

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

rooms = Table(
    "rooms",
    metadata,
    Column("code", String(4), primary_key=True),
    Column("teacher", String(64), nullable=False),
    Column("scene", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("ends_at", Float, nullable=False),
)
"""Rooms that are open: who opened each, by the SHA-256 of the browser's token; what is on everybody's screens, JSON;
and a number that grows with whatever changes in the room."""

members = Table(
    "members",
    metadata,
    Column("room", String(4), primary_key=True),
    Column("token_hash", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("name", String(60), nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("progress", String(200), nullable=False),
    Column("seen_at", Float, nullable=False),
    Index("members_token_hash", "token_hash"),
)
"""Who is in a room, under a pseudonym that was drawn for it; who was removed stays here, and cannot come back."""

questions = Table(
    "questions",
    metadata,
    Column("room", String(4), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    Column("status", String(10), nullable=False),
)
"""What was asked in a room, JSON, one after another; "open", "revealed" or "closed"."""

answers = Table(
    "answers",
    metadata,
    Column("room", String(4), primary_key=True),
    Column("question", Integer, primary_key=True),
    Column("token_hash", String(64), primary_key=True),
    Column("content", Text, nullable=False),
    Column("given_at", Float, nullable=False),
)
"""What each member answered, JSON; one answer a question."""

reports = Table(
    "reports",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("added_at", Float, nullable=False),
)
"""What one browser has put down to hand in, JSON, an entry a row, from the lowest position to the highest."""
