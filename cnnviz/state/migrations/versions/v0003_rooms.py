"""Rooms: a class that works together for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rooms",
        sa.Column("code", sa.String(4), primary_key=True),
        sa.Column("teacher", sa.String(64), nullable=False),
        sa.Column("scene", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("ends_at", sa.Float, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("room", sa.String(4), primary_key=True),
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("progress", sa.String(200), nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_index("members_token_hash", "members", ["token_hash"])
    op.create_table(
        "questions",
        sa.Column("room", sa.String(4), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("room", sa.String(4), primary_key=True),
        sa.Column("question", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("given_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    for name in ("answers", "questions", "members", "rooms"):
        op.drop_table(name)
