"""Keep which notes and coins the agent and the office counted of a deposit.

Revision ID: 0091
Revises: 0090
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade():
    """Add both counts; empty where only the sum was typed."""
    for name in ("counts", "recounts"):
        op.add_column(
            "deposits",
            sa.Column(name, postgresql.JSONB(), server_default="{}", nullable=False),
        )


def downgrade():
    """Drop them; the sums stay."""
    for name in ("recounts", "counts"):
        op.drop_column("deposits", name)
