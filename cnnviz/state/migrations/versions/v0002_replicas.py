"""Who wrote a run's record last, and what another server wants of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both columns."""
    op.add_column("runs", sa.Column("writer", sa.String(64), nullable=True))
    op.add_column("runs", sa.Column("wish", sa.Text, nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("runs", "wish")
    op.drop_column("runs", "writer")
